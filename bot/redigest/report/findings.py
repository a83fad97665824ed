"""What is wrong in files, as the reports of checkers have it: findings of a few kinds, each at a place, some with their fix."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from redigest.model import Action, Evidence, Outcome, Problem, Result, Standing, Swap, Unknown
from redigest.report.grouping import in_order, reason
from redigest.report.sections import ANNOUNCEMENT
from redigest.report.summary import DONE, UNPINNING, Fate, fate


class Level(StrEnum):
    """How bad a finding is, the worst first, as SARIF names it (section 3.27.10)."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is wrong, whatever the place. `id` never changes, since people refer to it.

    `name` is one word in Pascal case, `title` a line without a full stop, `meaning` says what it means, and `advice`, in Markdown, what to do about it.
    """

    id: str
    name: str
    level: Level
    title: str
    meaning: str
    advice: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """Characters of one line: `line` and `column` count from 1, columns in characters; without `length` up to the end of the line.

    `offset` counts bytes from the start of the file, for characters of one byte each; `None` where they are not.
    """

    line: int
    column: int = 1
    length: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """Text for the place of a region, and what it does in words."""

    region: Region
    text: str
    words: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in one file.

    `path` is that of the file from the top of its repository. `message` is a sentence, and may hold foreign text. `identity` is what the finding is known by
    in a later run, when lines have moved; findings that have it in common are counted. `details` are for programs.
    """

    kind: Kind
    path: str
    message: str
    region: Region | None = None
    level: Level | None = None
    """`None` for that of its kind."""
    identity: tuple[str, ...] = ()
    place: str | None = None
    """Where it stands in the document, in words."""
    fix: Fix | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def severity(self) -> Level:
        return self.level or self.kind.level


_DEPRECATED = (
    "Since 11 July 2022 Red Hat's registries answer a pull by a schema 1 digest with 404, and container runtimes have dropped schema 1, "
    "so what uses it fails to deploy, to restart and to scale."
)

SWAPPABLE = Kind(
    "schema1-digest",
    "Schema1Digest",
    Level.ERROR,
    "An image is pinned by a schema 1 digest that has an equivalent",
    f"The image is pinned by the digest of a Docker V2 schema 1 manifest, and there is evidence of which schema 2 digest names the same image. {_DEPRECATED}",
    "Run `redigest fix` to swap the digest in all places of the image; it changes no other byte. `redigest explain` shows the evidence.",
    ANNOUNCEMENT,
)
WITHOUT_EQUIVALENT = Kind(
    "schema1-without-equivalent",
    "Schema1WithoutEquivalent",
    Level.ERROR,
    "An image is pinned by a schema 1 digest without a known equivalent",
    f"The image is pinned by the digest of a Docker V2 schema 1 manifest, and no schema 2 digest is known that could be put in its place. {_DEPRECATED}",
    "Name a mapping file or a registry that knows the image. Where a tag stands beside the digest, `redigest fix --unpin` takes the digest away. "
    "Otherwise choose a newer version of the image by hand.",
    ANNOUNCEMENT,
)
KEPT = Kind(
    "schema1-kept",
    "Schema1Kept",
    Level.WARNING,
    "A schema 1 digest stays where it stands",
    f"The digest is that of a Docker V2 schema 1 manifest, and it is not swapped here; the message says why. {_DEPRECATED}",
    "Change it by hand, or change what the message names: the source of a generated file, or a rule that names the place.",
    ANNOUNCEMENT,
)
UNKNOWN = Kind(
    "unknown-digest",
    "UnknownDigest",
    Level.NOTE,
    "Nothing tells whether a digest is schema 1",
    "The image is pinned by a digest that no mapping lists and no registry that was asked can tell anything about.",
    "Where the image can still be pulled, `skopeo inspect --raw docker://NAME@DIGEST | jq .schemaVersion` prints 1 or 2. "
    "`redigest explain` shows what was asked and answered.",
    ANNOUNCEMENT,
)
MENTION = Kind(
    "schema1-mention",
    "Schema1Mention",
    Level.NOTE,
    "A comment or prose names a schema 1 digest",
    "The digest of a Docker V2 schema 1 manifest stands in a comment or in prose, where nothing pulls by it. A reader who does gets an error.",
    "Run `redigest fix --mentions` to swap it here too, or leave it.",
    ANNOUNCEMENT,
)
PROBLEM = Kind(
    "file-problem",
    "FileProblem",
    Level.WARNING,
    "A file could not be worked on as its name says",
    "The file could not be read or changed, or it was read line by line since it is not what its name says.",
    "The message says what is wrong with the file. Digests in it may have been overlooked, or stay as they were.",
)

KINDS = (SWAPPABLE, WITHOUT_EQUIVALENT, KEPT, UNKNOWN, MENTION, PROBLEM)
"""The kinds of findings in trees."""


def findings(outcome: Outcome, *, prefix: str = "", is_rewritten: bool = False) -> Iterator[Finding]:
    """What is wrong in a tree, in order of path and offset, and then its problems.

    `prefix` is the way to the tree from the top of its repository. In a tree that `is_rewritten`, what was swapped is no longer wrong.
    """
    for result in in_order(outcome):
        kind = None if is_rewritten and result.action in DONE else _kind(result)
        if kind is not None:
            yield _of_result(result, kind, prefix)
    for problem in outcome.problems:
        if not problem.is_outside:
            yield _of_problem(problem, prefix)


def unlisted(outcome: Outcome, *, is_rewritten: bool = False) -> Mapping[str, int]:
    """How many digests of a tree are no finding, by why."""
    counts: Counter[str] = Counter()
    for result in outcome.results:
        if is_rewritten and result.action in DONE:
            counts["swapped"] += 1
        elif _kind(result) is None:
            counts["current" if fate(result) is Fate.CURRENT else "left alone"] += 1
    return counts


def fingerprints(found: Iterable[Finding], scope: str = "") -> Iterator[str]:
    """What tells each finding from all others of its scope (a repository, say) and stays the same when lines move: 64 hex digits."""
    seen: Counter[str] = Counter()
    for finding in found:
        known_by = finding.identity or (finding.message,)
        name = "\0".join((scope, finding.kind.id, finding.path, *known_by))
        seen[name] += 1
        yield hashlib.sha256(f"{name}\0{seen[name]}".encode("utf-8", "surrogatepass")).hexdigest()


def _kind(result: Result) -> Kind | None:
    """What is wrong with a digest; `None` where nothing is, or nothing is known to be."""
    match fate(result):
        case Fate.CURRENT:
            return None
        case Fate.UNKNOWN:
            return UNKNOWN
        case Fate.REMAINING:
            return WITHOUT_EQUIVALENT if isinstance(result.verdict, Unknown) else KEPT
        case Fate.CHANGED if result.sighting.is_live:
            return WITHOUT_EQUIVALENT if result.action in UNPINNING else SWAPPABLE
        case Fate.CHANGED | Fate.IGNORED:
            return _kind_where_not_live(result)
        case never:
            assert_never(never)


def _kind_where_not_live(result: Result) -> Kind | None:
    is_schema_1 = isinstance(result.verdict, Swap) or (isinstance(result.verdict, Unknown) and result.verdict.is_schema_1)
    if not is_schema_1 or result.sighting.standing is Standing.NOT_AN_IMAGE:
        return None
    return MENTION if result.sighting.standing is Standing.MENTION else KEPT


def _of_result(result: Result, kind: Kind, prefix: str) -> Finding:
    sighting = result.sighting
    name = f"{sighting.name}:{sighting.tag}" if sighting.name and sighting.tag else sighting.name
    return Finding(
        kind,
        prefix + sighting.path,
        f"{name or 'An image whose name is not known'} {_words(result, kind)}",
        _region(result),
        identity=(sighting.text, sighting.name or "", sighting.place),
        place=sighting.place or None,
        fix=_fix(result),
        details={
            "image": sighting.name,
            "tag": sighting.tag,
            "digest": sighting.text,
            "replacement": str(result.verdict.new) if isinstance(result.verdict, Swap) else None,
            "rule": sighting.rule,
            "place": sighting.place,
            "action": result.action,
            "reason": result.reason,
            "evidence": [_evidence(item) for item in result.verdict.evidence],
        },
    )


def _words(result: Result, kind: Kind) -> str:
    """What is wrong, as the rest of a sentence that begins with the name of the image."""
    old = f"the schema 1 digest {result.sighting.text}"
    new = f"the same image has the schema 2 digest {result.verdict.new}" if isinstance(result.verdict, Swap) else ""
    if isinstance(result.verdict, Swap) and result.verdict.is_suggestion:
        old = f"the digest {result.sighting.text}"
        new = f"its tag points to the schema 2 digest {result.verdict.new} today, and nothing proves that it is the same image"
    if kind is SWAPPABLE:
        kinds = ", ".join(dict.fromkeys(item.kind for item in result.verdict.evidence))
        return f"is pinned by {old}; {new} (evidence: {kinds})."
    if kind is UNKNOWN:
        return f"is pinned by {result.sighting.text}, and nothing tells whether that is schema 1: {reason(result)}."
    if result.action in UNPINNING:
        return f"is pinned by {old}, which has no known equivalent; the tag can stand without it."
    if result.action is not Action.KEPT:
        return f"is mentioned with {old}; {new}."
    verb = "is mentioned with" if kind is MENTION else "is pinned by"
    return f"{verb} {old}, which stays: {reason(result)}{f'; {new}' if new else ''}."


def _region(result: Result) -> Region:
    sighting = result.sighting
    is_plain = sighting.digest is not None and sighting.standing not in (Standing.UNREADABLE, Standing.UNPLACED)
    return (
        Region(sighting.line, sighting.column, len(sighting.digest.hex), sighting.offset)
        if is_plain and sighting.digest
        else Region(sighting.line, sighting.column)
    )


def _fix(result: Result) -> Fix | None:
    sighting = result.sighting
    if result.action is Action.KEPT or sighting.digest is None:
        return None
    if result.action in UNPINNING:
        pin = f"@{sighting.digest}"
        before = len(pin) - len(sighting.digest.hex)
        return Fix(Region(sighting.line, sighting.column - before, len(pin), sighting.offset - before), "", "Take the digest away and stay on the tag.")
    if not isinstance(result.verdict, Swap):
        return None
    return Fix(_region(result), result.verdict.new.hex, f"Swap the digest for {result.verdict.new}.")


def _evidence(item: Evidence) -> Mapping[str, str]:
    return {"kind": item.kind, "detail": item.detail, "check": item.check}


def _of_problem(problem: Problem, prefix: str) -> Finding:
    region = Region(problem.line) if problem.line is not None else None
    level = Level.ERROR if problem.failed else None
    return Finding(PROBLEM, prefix + problem.path, f"{problem.reason[:1].upper()}{problem.reason[1:]}.", region, level)


def worst(found: Sequence[Finding], most: int) -> Sequence[int]:
    """The places of the `most` worst findings, in order."""
    rank = {level: place for place, level in enumerate(Level)}
    return sorted(sorted(range(len(found)), key=lambda place: rank[found[place].severity])[:most])
