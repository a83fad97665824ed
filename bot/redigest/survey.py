"""Finding over a whole tree: which files are read, by how many processes, and what they hold."""

import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from redigest import screen
from redigest.errors import RepositoryError
from redigest.find import Found, find, unread
from redigest.model import Problem, Sighting, Standing
from redigest.rules import Rules
from redigest.tree import Tree

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_BATCH_BYTES = 1 << 20
_POOL_BYTES = 4 << 20
"""Bytes of files with digests below which starting processes costs more than it saves."""
_AHEAD = 16
"""Batches that are read before the first of them has been looked into."""


_NOT_ENTERED = "a repository of its own, which was not entered; name it as a path to look into it"


_WORKFLOWS = ".github/workflows/"
_IN_WORKFLOW = "a workflow file of GitHub Actions, which takes a token with more rights: set `workflows: true` under `paths` to swap here too"

_SWAPPABLE = (Standing.LIVE, Standing.MENTION)


@dataclass(frozen=True, slots=True)
class Survey:
    """Every digest of a tree, in order of path and offset, and what a person should know of the files."""

    sightings: tuple[Sighting, ...]
    problems: tuple[Problem, ...]
    files_screened: int
    files_with_digests: int


@dataclass(frozen=True, slots=True)
class File:
    """A file that may hold digests, with its bytes: it can be looked into where the tree is not, in another process or on another machine."""

    path: str
    data: bytes
    is_own: bool


@dataclass(frozen=True, slots=True)
class Finder:
    """What reads the files of one tree, and what it takes to look into them."""

    tree: Tree
    rules: Rules
    prefix: str
    own_files: Collection[str]

    def read(self, path: str) -> File | Found:
        """A file with its bytes, or what is known of it once they are read: nothing without a digest, and a problem where it cannot be read."""
        try:
            data = self.tree.read(path)
        except OSError as error:
            return Found((), (Problem(path, None, f"the file cannot be read: {error.strerror}", failed=True),))
        return File(path, data, path in self.own_files) if screen.has_digest(data, self.rules.bare_keys) else Found(())


def look_into(files: Sequence[File | Found], rules: Rules, prefix: str) -> list[Found]:
    """What each of several files holds, in their order; what is known already stays as it is."""
    return [_found_in(file, rules, prefix) if isinstance(file, File) else file for file in files]


def _found_in(file: File, rules: Rules, prefix: str) -> Found:
    if file.is_own:
        return unread(file.path, file.data, reason="a mapping file or a report of this run", standing=Standing.NOT_AN_IMAGE)
    return find(file.path, file.data, rules, prefix=prefix)


def survey(finder: Finder, *, generated: bool = False, workflows: bool = True, jobs: int | None = None, executor: "Executor | None" = None) -> Survey:
    """Find every digest in the tree; for a large one with `executor`, or without one with up to `jobs` processes (`None`: one for each processor).

    Without `generated` no digest can be swapped in a file that is marked as generated or vendored, neither where it is live nor in a comment; without
    `workflows` in none of the workflow files of GitHub Actions, which a forge lets few tokens change.
    """
    listing = finder.tree.listing(screen.pattern(finder.rules.bare_keys))
    sightings: list[Sighting] = []
    problems = [Problem(path, None, _NOT_ENTERED) for path in listing.not_entered]
    with_digests = 0
    for found in _find(finder, listing.candidates, jobs or os.cpu_count() or 1, executor):
        with_digests += bool(found.sightings)
        sightings += found.sightings
        problems += found.problems
    if not generated:
        sightings = _without_derived(finder.tree, sightings)
    if not workflows:
        sightings = [_unless_in_workflow(sighting, finder.prefix) for sighting in sightings]
    return Survey(tuple(sightings), tuple(problems), listing.count, with_digests)


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


def _find(finder: Finder, paths: Sequence[str], jobs: int, executor: "Executor | None") -> Iterator[Found]:
    batches = _batches(map(finder.read, paths))
    if (jobs == 1 and executor is None) or sum(map(finder.tree.size, paths)) < _POOL_BYTES:
        for batch in batches:
            yield from look_into(batch, finder.rules, finder.prefix)
        return
    if executor is not None:
        yield from _find_in(executor, finder, batches)
        return
    from concurrent.futures import ProcessPoolExecutor  # imported here: it takes a while, and small trees need none

    with ProcessPoolExecutor(jobs) as pool:
        yield from _find_in(pool, finder, batches)


def _find_in(pool: "Executor", finder: Finder, batches: Iterable[Sequence[File | Found]]) -> Iterator[Found]:
    """Have batches looked into by others, a few at a time: what waits there for its turn is held in memory. Raises `RepositoryError`."""
    waiting: deque[Future[list[Found]]] = deque()
    from concurrent.futures import BrokenExecutor

    try:
        for batch in batches:
            waiting.append(pool.submit(look_into, batch, finder.rules, finder.prefix))
            if len(waiting) >= _AHEAD:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenExecutor as error:
        raise RepositoryError("find", f"the workers that look into files are gone ({error}); see that they run and have memory, and run again") from error
    finally:
        for future in waiting:
            future.cancel()


def _batches(files: Iterable[File | Found]) -> Iterator[Sequence[File | Found]]:
    """Files in order, cut so that each batch comes to about as many bytes."""
    batch: list[File | Found] = []
    total = 0
    for file in files:
        batch.append(file)
        total += len(file.data) if isinstance(file, File) else 0
        if total >= _BATCH_BYTES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
