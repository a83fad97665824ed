"""Finding over a whole tree: which files are read, by how many processes, and what they hold."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from redigest import screen
from redigest.find import Found
from redigest.findings import Findings, Place, blob_id
from redigest.model import Problem, Sighting, Standing
from redigest.packing import Unusable, unpack
from redigest.rules import Rules
from redigest.tree import Tree
from redigest.workers import File, Held, Workers, batches, held

if TYPE_CHECKING:
    from concurrent.futures import Executor

_NOT_ENTERED = "a repository of its own, which was not entered; name it as a path to look into it"


_WORKFLOWS = ".github/workflows/"
_IN_WORKFLOW = "a workflow file of GitHub Actions, which takes a token with more rights: set `workflows: true` under `paths` to swap here too"

_SWAPPABLE = (Standing.LIVE, Standing.MENTION)

_TOGETHER = 64
"""Files of which it is asked together what is kept of them."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Every digest of a tree, in order of path and offset, and what a person should know of the files."""

    sightings: tuple[Sighting, ...]
    problems: tuple[Problem, ...]
    files_screened: int
    files_with_digests: int


@dataclass(frozen=True, slots=True)
class Finder:
    """What reads the files of one tree, and what it takes to look into them; `findings` are kept from earlier runs."""

    tree: Tree
    rules: Rules
    prefix: str
    own_files: Collection[str]
    findings: Findings | None = None

    def read(self, path: str) -> File | Held:
        """A file with its bytes, or what is known of it once they are read: nothing without a digest, and a problem where it cannot be read."""
        try:
            data = self.tree.read(path)
        except OSError as error:
            return Held(path, Found((), (Problem(path, None, f"the file cannot be read: {error.strerror}", failed=True),)))
        return File(path, data, is_own=path in self.own_files) if screen.has_digest(data, self.rules.bare_keys) else Held(path, Found(()))


def survey(finder: Finder, *, generated: bool = False, workflows: bool = True, jobs: int | None = None, executor: "Executor | None" = None) -> Survey:
    """Find every digest in the tree; for a large one with `executor`, or without one with up to `jobs` processes (`None`: one for each processor).

    Without `generated` no digest can be swapped in a file that is marked as generated or vendored, neither where it is live nor in a comment; without
    `workflows` in none of the workflow files of GitHub Actions, which a forge lets few tokens change.
    """
    listing = finder.tree.listing(screen.pattern(finder.rules.bare_keys))
    files = _remembered(map(finder.read, listing.candidates), finder)
    sightings: list[Sighting] = []
    problems = [Problem(path, None, _NOT_ENTERED) for path in listing.not_entered]
    with_digests = 0
    for found in _keeping(held(files, Workers(finder.rules, finder.prefix, jobs, executor)), finder):
        with_digests += bool(found.sightings)
        sightings += found.sightings
        problems += found.problems
    if not generated:
        sightings = _without_derived(finder.tree, sightings)
    if not workflows:
        sightings = [_unless_in_workflow(sighting, finder.prefix) for sighting in sightings]
    return Survey(tuple(sightings), tuple(problems), listing.count, with_digests)


def _remembered(files: Iterator[File | Held], finder: Finder) -> Iterator[File | Held]:
    """The files, in order, with what is kept of those that earlier runs have looked into; a few files are looked into sooner than asked for."""
    if finder.findings is None:
        yield from files
        return
    parts = batches(files)
    first = list(islice(parts, 2))
    if len(first) < 2:
        yield from chain.from_iterable(first)
        return
    for batch in chain(first, parts):
        named = [replace(item, blob=blob_id(item.data)) if isinstance(item, File) and not item.is_own else item for item in batch]
        kept = finder.findings.get([place for item in named if (place := _place(item, finder.prefix))])
        for item in named:
            packed = kept.get(place) if (place := _place(item, finder.prefix)) else None
            yield _unpacked(packed, item.path) or item if packed is not None else item


def _unpacked(packed: bytes, path: str) -> Held | None:
    """What was kept of a file, `None` if it is not what we keep."""
    try:
        return Held(path, unpack(packed, path))
    except Unusable:
        return None


def _place(item: File | Held, prefix: str) -> Place | None:
    """What tells a file from others that hold something else, `None` for one that was not looked into or is not to be kept."""
    return (item.blob, prefix + item.path) if item.blob else None


def _keeping(looked_into: Iterable[Held], finder: Finder) -> Iterator[Found]:
    """What files hold; the next run shall know it."""
    news: dict[Place, bytes] = {}
    for item in looked_into:
        yield item.found
        if finder.findings is not None and (place := _place(item, finder.prefix)):
            news[place] = item.packed
            if len(news) >= _TOGETHER:
                finder.findings.keep(news)
                news = {}
    if news and finder.findings is not None:
        finder.findings.keep(news)


def _without_derived(tree: Tree, sightings: list[Sighting]) -> list[Sighting]:
    marks = tree.derived({sighting.path for sighting in sightings if sighting.standing in _SWAPPABLE})
    return [
        replace(sighting, standing=Standing.DERIVED, reason=f"the file is marked as {marks[sighting.path]} in .gitattributes, so its source has to change")
        if sighting.standing in _SWAPPABLE and sighting.path in marks
        else sighting
        for sighting in sightings
    ]


def _unless_in_workflow(sighting: Sighting, prefix: str) -> Sighting:
    if sighting.standing not in _SWAPPABLE or not f"{prefix}{sighting.path}".startswith(_WORKFLOWS):
        return sighting
    return replace(sighting, standing=Standing.PROTECTED, reason=_IN_WORKFLOW)
