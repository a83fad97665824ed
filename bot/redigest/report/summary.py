"""What became of each sighting, counted, and the sentence that says so."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from redigest.model import Action, Current, Outcome, Result, Swap, Unknown

UNPINNING = (Action.UNPINNED, Action.WOULD_UNPIN)
DONE = (Action.SWAPPED, Action.UNPINNED)
DUE = (Action.WOULD_SWAP, Action.WOULD_UNPIN)


class Fate(Enum):
    """What became of a sighting; each has exactly one."""

    CHANGED = auto()
    """It is or would be swapped or unpinned, wherever it stands."""
    REMAINING = auto()
    """It is in force and schema 1, and it stays: a doubt forbids the change, or it cannot be changed where it stands."""
    CURRENT = auto()
    """It is live and needs no change."""
    UNKNOWN = auto()
    """It is live, and nothing tells its kind."""
    IGNORED = auto()
    """It is not live."""


def fate(result: Result) -> Fate:
    """Tell what became of a sighting."""
    if result.action is not Action.KEPT:
        return Fate.CHANGED
    if result.is_left_over:
        return Fate.REMAINING
    if not result.sighting.is_live:
        return Fate.IGNORED
    match result.verdict:
        case Swap():
            return Fate.REMAINING
        case Current():
            return Fate.CURRENT
        case Unknown():
            return Fate.UNKNOWN
        case _:
            assert_never(result.verdict)


def is_done(results: Iterable[Result]) -> bool:
    """Whether something was changed and nothing is still to be: a dry run can meet what an earlier run has changed."""
    actions = {result.action for result in results}
    return not actions.isdisjoint(DONE) and actions.isdisjoint(DUE)


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of a report, named as in its JSON form."""

    files_screened: int
    files_with_digests: int
    sightings: int
    swapped: int
    current: int
    unknown: int
    ignored: int
    problems: int


def summarise(outcome: Outcome) -> Summary:
    """Count the sightings of an outcome, each once."""
    fates = Counter(map(fate, outcome.results))
    without_equivalent = sum(result.is_unknown and fate(result) is Fate.REMAINING for result in outcome.results)
    return Summary(
        files_screened=outcome.files_screened,
        files_with_digests=outcome.files_with_digests,
        sightings=len(outcome.results),
        swapped=fates[Fate.CHANGED],
        current=fates[Fate.CURRENT],
        unknown=fates[Fate.UNKNOWN] + without_equivalent,
        ignored=fates[Fate.IGNORED] + fates[Fate.REMAINING] - without_equivalent,
        problems=len(outcome.problems),
    )


def in_words(outcome: Outcome, *, is_proposed: bool = False) -> str:
    """Say the counts in one line: every digest is counted once, and rare things are named only where there are some.

    `is_proposed` says that what was changed stands in proposals.
    """
    fates = Counter(map(fate, outcome.results))
    actions = Counter(result.action for result in outcome.results)
    unpinned = sum(actions[action] for action in UNPINNING)
    done = is_done(outcome.results)
    swapped, without_pin = ("in proposals", "unpinned in proposals") if done and is_proposed else ("swapped", "unpinned") if done else ("to swap", "to unpin")
    counts = [
        f"{plural(fates[Fate.CHANGED] - unpinned, 'digest')} {swapped}",
        f"{unpinned} {without_pin}" if unpinned else "",
        f"{plural(fates[Fate.REMAINING], 'schema 1 digest')} kept" if fates[Fate.REMAINING] else "",
        f"{fates[Fate.CURRENT]} current",
        f"{fates[Fate.UNKNOWN]} unknown",
        f"{fates[Fate.IGNORED]} left alone",
        plural(len(outcome.problems), "problem") if outcome.problems else "",
    ]
    screened = f"{plural(outcome.files_screened, 'file')} screened, {outcome.files_with_digests} with digests"
    return f"{screened}: {', '.join(filter(None, counts))}"


def plural(count: int, noun: str) -> str:
    """Put a number before a noun: `1 place`, `2 places`."""
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{count} {noun if count == 1 else many}"
