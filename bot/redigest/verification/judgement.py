"""The judgement on a change: the pipeline makes its own plan for the base, and every byte that differs must be an edit of that plan."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from pathlib import Path
from typing import Literal

from redigest import pipeline
from redigest.apply import Refused, rewrite
from redigest.clones.commit_tree import CommitTree
from redigest.clones.objects import Objects, sizes
from redigest.model import Decision, Digest, Edit, Plan, Problem, Standing, Verdict
from redigest.pipeline import Draft, Search
from redigest.plan import without
from redigest.proposals.partition import partition, place_of
from redigest.resolve import NO_CONTEXT, Context, DigestSource, Question
from redigest.verification import later
from redigest.verification.changes import Change, changes
from redigest.verification.lines import Compared, compare
from redigest.verification.violations import Fault, Violation

_HEX = re.compile(rb"[0-9a-f]{64}")
_MOST_GROWTH = 1 << 20
"""Bytes by which a file can grow and still be read to see where."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a change is judged: what is looked for, and what moves together (`by` folder within each folder alone, as in its own proposal).

    `forbidden` says why nothing may be changed at all, `None` where something may. `later` is BASE, where that has moved on since the changes began.
    """

    search: Search
    by: Literal["repository", "folder"] = "repository"
    depth: int = 1
    forbidden: str | None = None
    later: CommitTree | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of a check, in order of path and position: what is wrong, what nobody could be asked about, and the swaps that are as they should be."""

    violations: tuple[Violation, ...]
    undecided: tuple[Violation, ...]
    swaps: tuple[Decision, ...]
    problems: tuple[Problem, ...]
    files: int
    """How many files differ in their contents."""
    kept: tuple[Decision, ...] = ()
    """The places in force whose digest was swapped elsewhere and that nothing can be swapped in, such as a digest that is broken over two lines."""
    touched: frozenset[str] = frozenset()
    """The paths of the files that differ, and of those that hold a digest which was swapped."""


@dataclass(frozen=True, slots=True)
class Head:
    """The tree that is judged, by its id, the repository that has it and the base, and what is wrong beyond what the tree can show."""

    repository: Path
    tree: str
    violations: tuple[Violation, ...] = ()


def judge(base: CommitTree, head: Head, terms: Terms) -> Judgement:
    """Hold a tree against a plan of our own for the commit `base`. Raises `RepositoryError`, `UsageError`."""
    with closing(Objects(head.repository)) as objects:
        return _judge(base, objects, head, terms)


def _judge(base: CommitTree, objects: Objects, head: Head, terms: Terms) -> Judgement:
    differences = list(changes(objects, objects.tree_of(base.commit), head.tree))
    changed = [difference for difference in differences if isinstance(difference, Change)]
    violations = [*head.violations, *(difference for difference in differences if isinstance(difference, Violation))]
    olds = {change.path: objects.read("blob", change.before) for change in changed}
    draft = _draft(base, terms, olds.values())
    decisions = {path: tuple(group) for path, group in groupby(draft.plan.decisions, key=lambda decision: decision.sighting.path)}
    lengths = sizes(head.repository, {change.after for change in changed})
    compared: dict[str, Compared] = {}
    for change in changed:
        old = olds[change.path]
        if lengths.get(change.after, 0) > len(old) + _MOST_GROWTH:
            grown = Violation(change.path, 1, 1, Fault.OTHER_BYTES, f"the file has {lengths[change.after]:,} bytes, and it had {len(old):,}")
            compared[change.path] = Compared((), (grown,), decisions.get(change.path, ()))
            continue
        compared[change.path] = _compared(draft, change.path, old, objects.read("blob", change.after), decisions.get(change.path, ()))
    made = [decision for found in compared.values() for decision in found.made]
    spoilt = [decision for found in compared.values() for decision in found.spoilt]
    if terms.later is not None:
        protected = later.protected(terms.later, made, terms.search)
        violations += protected.values()
        spoilt += protected
        made = [decision for decision in made if decision not in protected]
        violations += later.left_behind(terms.later, draft.survey.sightings, made, terms.search, by=terms.by, depth=terms.depth)
    remaining = _remaining(draft.plan, spoilt, {violation.path for violation in violations})
    violations += [violation for found in compared.values() for violation in found.violations]
    violations += _left_behind(remaining, made, terms)
    ordered = sorted(violations, key=lambda violation: (violation.path, violation.line, violation.column, violation.message))
    return Judgement(
        violations=tuple(violation for violation in ordered if violation.fault is not Fault.UNDECIDED),
        undecided=tuple(violation for violation in ordered if violation.fault is Fault.UNDECIDED),
        swaps=tuple(sorted(made, key=place_of)),
        problems=draft.problems,
        files=len(changed),
        kept=tuple(_kept(remaining, made)),
        touched=frozenset(olds).union(_holders(draft.plan, made)),
    )


class _Asked:
    """A source that is asked about the digests of changed files alone: nobody's answer about another one can count."""

    def __init__(self, source: DigestSource, digests: Collection[Digest]) -> None:
        self._source = source
        self._digests = digests

    @property
    def problems(self) -> Sequence[Problem]:
        return self._source.problems

    def answer(self, questions: Collection[Question], context: Context = NO_CONTEXT, /) -> Mapping[Question, Verdict]:
        wanted = [question for question in questions if question.digest in self._digests]
        return self._source.answer(wanted, context) if wanted else {}


def _draft(base: CommitTree, terms: Terms, contents: Iterable[bytes]) -> Draft:
    digests = frozenset(Digest(found.decode("ascii")) for content in contents for found in _HEX.findall(content))
    sources = [_Asked(source, digests) for source in terms.search.sources]
    draft = pipeline.prepare(base, replace(terms.search, sources=sources))
    if terms.forbidden is None:
        return draft
    planned = {edit.old for edits in draft.plan.edits().values() for edit in edits}
    return replace(draft, plan=without(draft.plan, dict.fromkeys(planned, terms.forbidden)))


def _compared(draft: Draft, path: str, old: bytes, new: bytes, decisions: Sequence[Decision]) -> Compared:
    """As `compare` has it; a file in which nothing else was changed must pass the checks of a rewrite too."""
    found = compare(path, old, new, decisions)
    if found.violations:
        return found
    edits: list[Edit] = [decision.edit for decision in found.made if decision.edit is not None]
    before = [decision.sighting for decision in decisions]
    try:
        is_same = rewrite(path, old, edits, before=before, rules=draft.finder.rules, prefix=draft.finder.prefix) == new
    except Refused as refused:
        return Compared((), (Violation(path, 1, 1, Fault.OTHER_BYTES, str(refused)),), tuple(decisions))
    if not is_same:
        raise AssertionError("a file that differs by the edits of the plan alone is what they make of it")
    return found


def _remaining(plan: Plan, spoilt: Sequence[Decision], gone: Collection[str]) -> Plan:
    """The plan without what there are violations about already: places that were changed in another way, and whatever is at or below some paths."""
    places = set(map(place_of, spoilt))
    return Plan(tuple(item for item in plan.decisions if place_of(item) not in places and not _is_below(item.sighting.path, gone)))


def _left_behind(plan: Plan, made: Sequence[Decision], terms: Terms) -> list[Violation]:
    """The live places that still have a digest which was changed elsewhere."""
    done = set(map(place_of, made))
    violations: list[Violation] = []
    for group in partition(plan, terms.by, depth=terms.depth):
        moved = {decision.edit.old: decision for decision in reversed(group.decisions) if decision.edit is not None and place_of(decision) in done}
        for decision in group.decisions:
            sighting, edit = decision.sighting, decision.edit
            if edit is None or edit.old not in moved or place_of(decision) in done or not sighting.is_live:
                continue
            elsewhere = moved[edit.old].sighting
            message = f"{edit.old} stayed here and was changed at {elsewhere.path}:{elsewhere.line}; an image moves in all its places or in none"
            violations.append(Violation(sighting.path, sighting.line, sighting.column, Fault.LEFT_BEHIND, message, sighting.offset))
    return violations


def _kept(plan: Plan, made: Sequence[Decision]) -> Iterable[Decision]:
    """The places that redigest itself leaves as they are where it swaps their digest elsewhere."""
    moved = {decision.edit.old for decision in made if decision.edit is not None}
    for decision in plan.decisions:
        if decision.edit is None and decision.sighting.digest in moved and decision.sighting.standing in (Standing.LIVE, Standing.UNREADABLE):
            yield decision


def _holders(plan: Plan, made: Sequence[Decision]) -> Iterable[str]:
    """The paths of the files that hold a digest which was swapped."""
    moved = {decision.sighting.digest for decision in made}
    return (decision.sighting.path for decision in plan.decisions if decision.sighting.digest in moved)


def _is_below(path: str, gone: Collection[str]) -> bool:
    """Whether a path is among others, which can be many, or below one."""
    return any(above in gone for above in accumulate(path.split("/"), "{}/{}".format))
