"""Files are looked into: right here where they are few, by several processes where they come to many bytes."""

import os
import pickle
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from redigest.errors import RepositoryError
from redigest.find import Found, find, unread
from redigest.model import Standing
from redigest.packing import pack, unpack
from redigest.rules import Rules

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_BATCH_BYTES = 1 << 20
_POOL_BYTES = 4 << 20
"""Bytes of files below which starting processes costs more than it saves."""
_AHEAD = 16
"""Batches that are read before the first of them has been looked into."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that may hold digests, with its bytes: it can be looked into where the tree is not, in another process or on another machine.

    `blob` is the id of the bytes; it is of use to whoever keeps what they hold.
    """

    path: str
    data: bytes
    blob: str = ""
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """What a file holds; `packed` as well, together with its `blob`, where that is to be kept."""

    path: str
    found: Found
    blob: str = ""
    packed: bytes = b""


@dataclass(frozen=True, slots=True)
class Workers:
    """Who looks into files: `executor`, or without one up to `jobs` processes (`None`: one for each processor)."""

    rules: Rules
    prefix: str
    jobs: int | None = None
    executor: "Executor | None" = None


def look_into(files: Sequence[File], rules: bytes, prefix: str) -> list[bytes]:
    """What each of several files holds, packed, in their order; `rules` are those of `pickled`."""
    return [pack(_found_in(file, _unpickled(rules), prefix)) for file in files]


def pickled(rules: Rules) -> bytes:
    """Rules as bytes, which a process unpickles once: with each batch they would be made anew, and work out anew which of them are for which file."""
    return pickle.dumps(rules)


@lru_cache(maxsize=2)
def _unpickled(rules: bytes) -> Rules:
    loaded = pickle.loads(rules)  # noqa: S301 -- our own process sent it, by a way that pickles everything
    if not isinstance(loaded, Rules):
        raise TypeError("these are no rules")
    return loaded


def _found_in(file: File, rules: Rules, prefix: str) -> Found:
    if file.is_own:
        return unread(file.path, file.data, reason="a mapping file or a report of this run", standing=Standing.NOT_AN_IMAGE)
    return find(file.path, file.data, rules, prefix=prefix)


def held(files: Iterable[File | Held], workers: Workers) -> Iterator[Held]:
    """What each file holds, in their order; what is known already stays as it is. Raises `RepositoryError` where the workers are gone."""
    parts = batches(files)
    first: list[Sequence[File | Held]] = []
    total = 0
    while total < _POOL_BYTES and (part := next(parts, None)):
        first.append(part)
        total += sum(len(file.data) for file in _unknown(part))
    every = chain(first, parts)
    if total < _POOL_BYTES or (workers.jobs == 1 and workers.executor is None):
        for item in chain.from_iterable(every):
            yield item if isinstance(item, Held) else _looked_into(item, workers)
        return
    if workers.executor is not None:
        yield from _held_by(workers.executor, every, workers)
        return
    from concurrent.futures import ProcessPoolExecutor  # imported here: it takes a while, and small trees need none

    with ProcessPoolExecutor(workers.jobs or os.cpu_count() or 1) as pool:
        yield from _held_by(pool, every, workers)


def _looked_into(file: File, workers: Workers) -> Held:
    found = _found_in(file, workers.rules, workers.prefix)
    return Held(file.path, found, file.blob, pack(found) if file.blob else b"")


def _held_by(pool: "Executor", parts: Iterable[Sequence[File | Held]], workers: Workers) -> Iterator[Held]:
    """Have batches looked into by others, a few at a time: what waits there for its turn is held in memory."""
    waiting: deque[tuple[Sequence[File | Held], Future[list[bytes]]]] = deque()
    from concurrent.futures import BrokenExecutor

    rules = pickled(workers.rules)
    try:
        for batch in parts:
            waiting.append((batch, pool.submit(look_into, _unknown(batch), rules, workers.prefix)))
            if len(waiting) >= _AHEAD:
                yield from _next(waiting)
        while waiting:
            yield from _next(waiting)
    except BrokenExecutor as error:
        raise RepositoryError("find", f"the workers that look into files are gone ({error}); see that they run and have memory, and run again") from error
    finally:
        for _, future in waiting:
            future.cancel()


def _next(waiting: "deque[tuple[Sequence[File | Held], Future[list[bytes]]]]") -> Iterator[Held]:
    batch, future = waiting.popleft()
    return _known(batch, future.result())


def _unknown(batch: Iterable[File | Held]) -> list[File]:
    return [item for item in batch if isinstance(item, File)]


def _known(batch: Iterable[File | Held], packed: Iterable[bytes]) -> Iterator[Held]:
    """A batch with what its files hold, in order."""
    looked_into = iter(packed)
    for item in batch:
        if isinstance(item, Held):
            yield item
        else:
            content = next(looked_into)
            yield Held(item.path, unpack(content, item.path, most=0), item.blob, content)


def batches(files: Iterable[File | Held]) -> Iterator[Sequence[File | Held]]:
    """Files in order, cut so that each batch comes to about as many bytes."""
    batch: list[File | Held] = []
    total = 0
    for file in files:
        batch.append(file)
        total += len(file.data) if isinstance(file, File) else 0
        if total >= _BATCH_BYTES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
