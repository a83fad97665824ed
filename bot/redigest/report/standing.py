"""How far the swap is, in numbers: of a whole report, for each registry and for each group; and what stays as it is, by reason."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from redigest.model import Result
from redigest.report import Report, Searched, summary
from redigest.report.grouping import Groups, ImageSection, by_fate, by_image, reason, registry_of, title_of
from redigest.report.grouping import by_reason as sections_of
from redigest.report.summary import Fate, fate

IN_FORCE = (Fate.CHANGED, Fate.CURRENT, Fate.REMAINING, Fate.UNKNOWN)
"""What counts for the progress."""

_OPEN_ORDER = (Fate.CURRENT, Fate.CHANGED, Fate.REMAINING, Fate.UNKNOWN)
"""The order in a bar where nothing is changed yet: first what is well, then what is not."""

_WIDTH = 1000.0
_NARROWEST = 6.0
"""Of a bar, and of a segment that must not vanish in it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar that is 1000 wide."""

    fate: Fate
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """The digests in force under one name, by what became of them; `is_done` tells that those to change are changed."""

    name: str
    counts: Mapping[Fate, int]
    is_done: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def percent(self) -> int:
        """How much needs no change any more, rounded down, so that 100 means all."""
        well = self.counts[Fate.CURRENT] + (self.counts[Fate.CHANGED] if self.is_done else 0)
        return 100 * well // self.total if self.total else 100

    @property
    def segments(self) -> Sequence[Segment]:
        """Those that are not empty, side by side."""
        order = IN_FORCE if self.is_done else _OPEN_ORDER
        widths = {each: max(_NARROWEST, _WIDTH * self.counts[each] / self.total) for each in order if self.counts[each]}
        scale = _WIDTH / sum(widths.values()) if widths else 1.0
        segments: list[Segment] = []
        start = 0.0
        for each, width in widths.items():
            segments.append(Segment(each, start, width * scale))
            start += width * scale
        return segments


@dataclass(frozen=True, slots=True)
class Stay:
    """The images that stay as they are for one reason."""

    reason: str
    places: int
    images: Sequence[ImageSection]


@dataclass(frozen=True, slots=True)
class Left:
    """What was looked at and left alone for one reason: how many places there are in each file, with the title of its tree."""

    reason: str
    places: int
    files: Sequence[tuple[str | None, str, int]]


def whole(report: Report) -> Bar:
    """All digests in force."""
    return _bar("", Counter(fate(result) for _, result in _results(report)), is_done=is_done(report))


def by_registry(report: Report) -> Sequence[Bar]:
    """A bar for each registry."""
    return _bars(report, lambda _, result: registry_of(result.sighting.name))


def by_group(report: Report) -> Sequence[Bar]:
    """A bar for each group of repositories, or for each folder at the top of the one tree."""
    named = Groups.of(report.trees)
    return _bars(report, lambda tree, result: named.name(tree, result.sighting.path))


def by_repository(report: Report) -> Sequence[Bar]:
    """A bar for each repository."""
    return _bars(report, lambda tree, _: tree.repository or "")


def by_branch(report: Report) -> Mapping[tuple[str | None, str | None], Bar]:
    """A bar for each branch that was searched, by repository and branch; one without digests in force has an empty one."""
    done = is_done(report)
    return {
        (tree.repository, tree.outcome.branch): _bar(tree.repository or "", Counter(map(fate, tree.outcome.results)), is_done=done) for tree in report.trees
    }


def is_done(report: Report) -> bool:
    """Whether what is to be changed is changed, and not only found."""
    return summary.is_done(result for _, result in _results(report))


def labels(report: Report) -> Mapping[Fate, str]:
    """What each fate is called."""
    changed = ("in proposals" if report.repositories is not None else "swapped") if is_done(report) else "to swap"
    return {Fate.CHANGED: changed, Fate.CURRENT: "current", Fate.REMAINING: "remains", Fate.UNKNOWN: "unknown", Fate.IGNORED: "left alone"}


def staying(report: Report, of: Fate) -> Sequence[Stay]:
    """What has a fate, by reason; the reason with the most places first."""
    results = [result for _, result in _results(report) if fate(result) is of]
    return [Stay(section.reason, len(section.results), by_image(section.results)) for section in sections_of(results)]


def left_alone(report: Report) -> Sequence[Left]:
    """What is not in force, by reason and file; the reason with the most places first."""
    files: dict[str, Counter[tuple[str | None, str]]] = defaultdict(Counter)
    for tree in report.trees:
        for result in by_fate(tree.outcome)[Fate.IGNORED]:
            files[reason(result)][title_of(tree), result.sighting.path] += 1
    left = [Left(why, counts.total(), [(title, path, count) for (title, path), count in counts.items()]) for why, counts in files.items()]
    return sorted(left, key=lambda each: (-each.places, each.reason))


def _results(report: Report) -> Iterable[tuple[Searched, Result]]:
    return ((tree, result) for tree in report.trees for result in tree.outcome.results)


def _bars(report: Report, name: Callable[[Searched, Result], str]) -> Sequence[Bar]:
    """The bars that have something to show; the one with the most that is not well first."""
    counts: dict[str, Counter[Fate]] = defaultdict(Counter)
    for tree, result in _results(report):
        if (found := fate(result)) in IN_FORCE:
            counts[name(tree, result)][found] += 1
    done = is_done(report)
    bars = [_bar(each, counted, is_done=done) for each, counted in counts.items()]
    return sorted(bars, key=lambda bar: (-bar.counts[Fate.REMAINING] - bar.counts[Fate.UNKNOWN], -bar.total, bar.name))


def _bar(name: str, counts: Mapping[Fate, int], *, is_done: bool) -> Bar:
    return Bar(name, {each: counts[each] for each in IN_FORCE}, is_done)
