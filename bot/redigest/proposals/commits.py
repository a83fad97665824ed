"""The commits of proposals: their messages, and the seal by which one of ours is known again."""

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from redigest import reference
from redigest.model import Outcome, Swap
from redigest.report.grouping import ImageSection, by_fate, by_image
from redigest.report.summary import Fate, plural

if TYPE_CHECKING:
    from redigest.clones.clone import CommitFacts
    from redigest.config import Commit

HISTORY = 20
"""How many subjects tell whether a history has Conventional Commits."""

_CONVENTIONAL = re.compile(r"(?:build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(?:\([^()]+\))?!?: ")
"""The types that conventionalcommits.org 1.0.0 and its common lint rules know."""

_SEAL = "Redigest-Seal"
_SEALED = re.compile(rf"^{_SEAL}: ([0-9a-f]{{16}})$", re.MULTILINE)
_MOST_NAMED = 30
_ON_TRUST = "the digest that its tag points to today, which nothing proves to be the same image"


def seal(tree: str, parent: str) -> str:
    """The seal of a commit: it stands for the tree and the parent, so that it breaks when anybody changes or moves what was committed."""
    return hashlib.sha256(f"{tree} {parent}".encode()).hexdigest()[:16]


def is_sealed(facts: "CommitFacts") -> bool:
    """Whether a commit is one of ours, and just as it was made."""
    found = _SEALED.findall(facts.message)
    return len(facts.parents) == 1 and found == [seal(facts.tree, facts.parents[0])]


def message(outcome: Outcome, commit: "Commit", *, tree: str, parent: str, subjects: Sequence[str]) -> str:
    """The message of the commit that makes `tree` of `parent`; `subjects` are those of the last commits of the branch."""
    sections = by_image(by_fate(outcome)[Fate.CHANGED])
    name = reference.parse(sections[0].names[0]) if len(sections) == 1 and len(sections[0].names) == 1 else None
    subject = f"Swap the schema 1 digest of {name.repository}" if name else f"Swap {plural(len(sections), 'schema 1 image digest')}"
    prefix = commit.prefix or ("fix:" if commit.conventional and is_conventional(subjects) else None)
    if prefix is not None:
        subject = f"{prefix.rstrip()} {subject[0].lower()}{subject[1:]}"
    is_suggestion = all(isinstance(section.verdict, Swap) and section.verdict.is_suggestion for section in sections)
    named = [line for section in sections if (line := _named(section))]
    rest = len(sections) - len(named[:_MOST_NAMED])
    lines = [
        subject,
        "",
        "Registries answer 404 to a pull by the digest of a schema 1 manifest.",
        f"Each is replaced by {_ON_TRUST if is_suggestion else 'the schema 2 digest of the same image'}:",
        "",
        *named[:_MOST_NAMED],
        *([f"- and {plural(rest, 'more image')}"] if rest else []),
        "",
        *([f"Signed-off-by: {commit.name} <{commit.email}>"] if commit.sign_off else []),
        f"{_SEAL}: {seal(tree, parent)}",
    ]
    return "\n".join(lines) + "\n"


def is_conventional(subjects: Sequence[str]) -> bool:
    """Whether most subjects begin like Conventional Commits; those of merges do not count."""
    counted = [subject for subject in subjects if not subject.startswith("Merge ")]
    return 2 * sum(_CONVENTIONAL.match(subject) is not None for subject in counted) > len(counted)


def _named(section: ImageSection) -> str | None:
    """The image in words, if it has a valid name: anything else could mention people or close issues."""
    name = next((name for name in section.references if reference.parse(name) is not None), None)
    if name is None:
        return None
    return f"- {name}\n  {section.old}\n  {section.new or 'no digest'}"
