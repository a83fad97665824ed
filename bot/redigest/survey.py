"""Finding over a whole tree: which files are read, by how many processes, and what they hold."""

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING

from redigest.find import Found
from redigest.findings import Findings, Place
from redigest.git import blob_id
from redigest.model import Problem, Sighting, Standing
from redigest.packing import Unusable, unpack
from redigest.rules import Rules
from redigest.screen import Screen, pattern
from redigest.steps import Step, Watch, counted, unwatched
from redigest.tree import Listing, Tree
from redigest.workers import File, Held, Workers, batches, held

if TYPE_CHECKING:
    from concurrent.futures import Executor

_NOT_ENTERED = "a repository of its own, which was not entered; name it as a path to look into it"
_UNANSWERED = (
    "git cannot read the repository that this is in, so files that it ignores were not left out; see whether it is installed, and what `git status` says"
)


_WORKFLOWS = ".github/workflows/"
_IN_WORKFLOW = "a workflow file of GitHub Actions, which takes a token with more rights: set `workflows: true` under `paths` to swap here too"

_SWAPPABLE = (Standing.LIVE, Standing.MENTION)
_CHANGEABLE = (*_SWAPPABLE, Standing.UNREADABLE)
"""By a person, at least."""

_TOGETHER = 64
"""Files of which what they hold is kept together."""
_LARGEST = 4 << 20
"""Packed bytes beyond which what a file holds is not kept."""
_LITTLE = 1 << 20
"""Bytes of files in a work tree below which they are looked into as fast as asked for."""
_MANY = 500
"""Files of a commit below which they are read as fast as asked for."""
_BRANCHES = 4
"""As many branches of a repository, and commits one after the other, share what is known to hold nothing."""


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

    @property
    def screen(self) -> Screen:
        return Screen(self.rules.bare_keys)

    def place(self, path: str, blob: str) -> Place:
        """What tells a file from others that may hold something else."""
        return blob, self.prefix + path


def survey(
    finder: Finder,
    *,
    generated: bool = False,
    workflows: bool = True,
    jobs: int | None = None,
    executor: "Executor | None" = None,
    watch: Watch = unwatched,
) -> Survey:
    """Find every digest in the tree; for a large one with `executor`, or without one with up to `jobs` processes (`None`: one for each processor).

    Without `generated` no digest can be swapped in a file that is marked as generated or vendored, neither where it is live nor in a comment; without
    `workflows` in none of the workflow files of GitHub Actions, which a forge lets few tokens change.
    """
    listing = finder.tree.listing(pattern(finder.rules.bare_keys))
    files = _stored(finder, listing) if listing.blobs else _remembered(_files(finder, listing.candidates), finder)
    looked_into = _keeping(held(files, Workers(finder.rules, finder.prefix, jobs, executor)), finder)
    found = {item.path: item.found for item in counted(looked_into, Step.SCAN, len(listing.candidates), watch)}
    in_order = [found[path] for path in sorted(found)]
    sightings = [sighting for each in in_order for sighting in each.sightings]
    problems = [*_of_listing(listing)]
    problems += [problem for each in in_order for problem in each.problems]
    sightings = _without_protected(finder.tree, sightings)
    if not generated:
        sightings = _without_derived(finder.tree, sightings)
    if not workflows:
        sightings = _outside_of_workflows(finder.tree, sightings)
    return Survey(tuple(sightings), tuple(problems), listing.count, sum(bool(each.sightings) for each in in_order))


def _of_listing(listing: Listing) -> Iterator[Problem]:
    """What was not looked into, or may have been looked into though it should not."""
    yield from (Problem(folder, None, _UNANSWERED) for folder in listing.unanswered)
    yield from (Problem(folder, None, _NOT_ENTERED) for folder in listing.not_entered)
    yield from (Problem(path, None, reason, failed=True) for path, reason in listing.links)
    if listing.absent:
        files, are, were, them = ("file", "is", "was", "it") if listing.absent == 1 else ("files", "are", "were", "them")
        yield Problem(
            ".",
            None,
            f"{listing.absent:,} tracked {files} {are} not checked out (sparse checkout) and {were} not looked into; "
            f"`git sparse-checkout disable` brings {them} here",
        )


def _files(finder: Finder, paths: Sequence[str], blobs: Mapping[str, str] | None = None) -> Iterator[File | Held]:
    """Files that may hold digests with their bytes, and those that cannot be read with a problem."""
    for path, data in finder.tree.contents(paths, finder.screen):
        if isinstance(data, OSError):
            yield Held(path, Found((), (Problem(path, None, f"the file cannot be read: {data.strerror}", failed=True),)))
        elif path in finder.own_files:
            yield File(path, data, is_own=True)
        else:
            yield File(path, data, blobs[path] if blobs is not None else "")


def _remembered(files: Iterable[File | Held], finder: Finder) -> Iterator[File | Held]:
    """The files with what is kept of those that earlier runs have looked into; a few are looked into sooner than asked for."""
    if finder.findings is None:
        yield from files
        return
    parts = batches(files)
    first = list(islice(parts, 2))
    if len(first) < 2 and sum(len(item.data) for batch in first for item in batch if isinstance(item, File)) < _LITTLE:
        yield from chain.from_iterable(first)
        return
    for batch in chain(first, parts):
        named = [replace(item, blob=blob_id(item.data)) if isinstance(item, File) and not item.is_own else item for item in batch]
        kept = _kept(finder.findings, finder, {item.path: item.blob for item in named if item.blob})
        for item in named:
            yield kept.get(item.path, item)


def _stored(finder: Finder, listing: Listing) -> Iterator[File | Held]:
    """The same for files whose contents have ids: of those that hold nothing, or of which it is kept what they hold, none is read."""
    findings, blobs = finder.findings, listing.blobs
    if findings is None or len(blobs) < _MANY:
        yield from _files(finder, listing.candidates)
        return
    empty = findings.empty(listing.store)
    left = [path for path in listing.candidates if blobs[path] not in empty]
    kept = _kept(findings, finder, {path: blobs[path] for path in left if path not in finder.own_files})
    yield from kept.values()
    left = [path for path in left if path not in kept]
    news = {blobs[path] for path in left}
    for item in _files(finder, left, blobs):
        news.discard(blobs[item.path])
        yield item
    if news:
        every = empty | news
        findings.keep_empty(listing.store, every if len(every) < _BRANCHES * len(blobs) else every.intersection(blobs.values()))


def _kept(findings: Findings, finder: Finder, blobs: Mapping[str, str]) -> Mapping[str, Held]:
    """What is kept of files, by path; what is not what we keep is as if it were not there."""
    packed = findings.get([finder.place(path, blob) for path, blob in blobs.items()])
    known: dict[str, Held] = {}
    for path, blob in blobs.items():
        content = packed.get(finder.place(path, blob))
        if content is not None:
            with contextlib.suppress(Unusable):
                known[path] = Held(path, unpack(content, path))
    return known


def _keeping(looked_into: Iterable[Held], finder: Finder) -> Iterator[Held]:
    """What files hold; the next run shall know it."""
    news: dict[Place, bytes] = {}
    for item in looked_into:
        yield item
        if finder.findings is not None and item.blob and len(item.packed) <= _LARGEST:
            news[finder.place(item.path, item.blob)] = item.packed
            if len(news) >= _TOGETHER:
                finder.findings.keep(news)
                news = {}
    if news and finder.findings is not None:
        finder.findings.keep(news)


def _without_protected(tree: Tree, sightings: list[Sighting]) -> list[Sighting]:
    reasons = tree.protected({sighting.path for sighting in sightings if sighting.standing in _CHANGEABLE})
    return [
        replace(sighting, standing=Standing.PROTECTED, reason=reasons[sighting.path])
        if sighting.standing in _CHANGEABLE and sighting.path in reasons
        else sighting
        for sighting in sightings
    ]


def _without_derived(tree: Tree, sightings: list[Sighting]) -> list[Sighting]:
    marks = tree.derived({sighting.path for sighting in sightings if sighting.standing in _SWAPPABLE})
    return [
        replace(sighting, standing=Standing.DERIVED, reason=f"the file is marked as {marks[sighting.path]} in .gitattributes, so its source has to change")
        if sighting.standing in _SWAPPABLE and sighting.path in marks
        else sighting
        for sighting in sightings
    ]


def _outside_of_workflows(tree: Tree, sightings: list[Sighting]) -> list[Sighting]:
    is_workflow = cache(lambda path: tree.from_top(path).startswith(_WORKFLOWS))
    return [
        replace(sighting, standing=Standing.PROTECTED, reason=_IN_WORKFLOW) if sighting.standing in _SWAPPABLE and is_workflow(sighting.path) else sighting
        for sighting in sightings
    ]
