"""An index of a large mapping file: which of its blocks may hold a digest, so that the others need not be read.

It lies in the cache folder and takes one pass over the file to make. It judges nothing: the blocks that it points to are screened and read as all are.
"""

import contextlib
import gzip
import hashlib
import mmap
import os
import struct
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, pairwise
from pathlib import Path
from typing import BinaryIO

from redigest.cache import whole_file
from redigest.mapping.blocks import Block, blocks, unreadable
from redigest.mapping.files import MappingFile
from redigest.mapping.screening import has_open_quotes, heads_of_digests, is_regular
from redigest.model import Digest

SMALLEST = 8 << 20
"""Bytes of the smallest file that gets an index, as it is on disk; a smaller one is read before anybody notices."""

_LARGEST_COPY = 1 << 30
"""Bytes that a gzipped file may unpack to, to get one."""

_KEPT = 8
"""Indexes that are kept, the newest ones; each has about a tenth of the size of its file."""

_RUN = 64
"""Blocks whose entries are sorted together: so many that few runs have to be searched, and so few that sorting takes next to no memory."""

_HEAD = 12
_NUMBER_BITS = 16
"""An entry has 64 bits: the first twelve hex digits of a digest, then the number of its block within the run."""

_MAGIC = b"redigest index 1"
_STATE = 11
_TABLES = 5
_TRAILER = struct.Struct(f"=16s{_STATE + 1 + _TABLES}Q")
_CHECKSUM = struct.Struct("=I")


class Index:
    """The index of one file. Its tables: entries, where each run of them begins, where each block begins, its first line, the irregular blocks."""

    def __init__(self, name: str, content: BinaryIO, tables: Sequence[memoryview], *, all_from: int) -> None:
        self._name = name
        self._content = content
        self._entries, self._runs, self._starts, self._lines, self._irregular = tables
        self._all_from = all_from

    def blocks(self, wanted: frozenset[Digest]) -> Iterator[Block]:
        """Read the blocks, in order, that may hold one of the digests, and those that have to be looked at in any case.

        The latter have rows with more or fewer digests than others, or come after a quote that is still open where its line ends. Raises `UsageError`.
        """
        for number in self._numbers(wanted):
            start, end = self._starts[number], self._starts[number + 1]
            try:
                self._content.seek(start)
                raw = self._content.read(end - start)
            except OSError as problem:
                raise unreadable(self._name, self._lines[number], problem) from problem
            yield Block.of(raw, line=self._lines[number], start=start)

    def _numbers(self, wanted: frozenset[Digest]) -> Sequence[int]:
        count = len(self._lines)
        if len(wanted) > count:  # then hardly a block is without one
            return range(count)
        found = {number for digest in wanted for number in self._holding(int(digest.hex[:_HEAD], 16))}
        return sorted(found.union(self._irregular, range(self._all_from, count)))

    def _holding(self, head: int) -> Iterator[int]:
        for run, (start, end) in enumerate(pairwise(self._runs)):
            at = bisect_left(self._entries, head << _NUMBER_BITS, start, end)
            while at < end and self._entries[at] >> _NUMBER_BITS == head:
                yield run * _RUN + self._entries[at] % (1 << _NUMBER_BITS)
                at += 1


@contextlib.contextmanager
def opened(file: MappingFile, folder: Path, *, digests: int) -> Iterator[Index | None]:
    """Open the index of a file whose rows have so many digests, after making it if it is not there, or is stale or damaged.

    `None` for a small file, and where none can be kept: the folder cannot be written, the disk is full, the file changes while it is read. Raises
    `UsageError` for a file that cannot be read to its end.
    """
    with contextlib.ExitStack() as stack:
        index = None
        with contextlib.suppress(OSError, EOFError, zlib.error):
            if file.path.stat().st_size >= SMALLEST:
                index = _found_or_made(file, folder, digests, stack)
        yield index


def _found_or_made(file: MappingFile, folder: Path, digests: int, stack: contextlib.ExitStack) -> Index | None:
    name = folder / hashlib.sha256(os.fsencode(file.path.resolve())).hexdigest()[:32]
    path = name.with_suffix(".index")
    content = MappingFile(file.name, name.with_suffix(".csv")) if file.is_packed else file
    if (index := _found(path, file, content, digests, stack)) is not None:
        return index
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = _identity(file.path.stat())
    if content is not file:
        _unpack(file.path, content.path)
    state = (*source, *_identity(content.path.stat()), digests)
    with whole_file(path) as stream:
        _write(stream, content, state)
    _tidy(folder)
    return _found(path, file, content, digests, stack)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    """Which file in which state. What changes its content sets the last of the times, which nobody can set back.

    Two changes within a tick of that clock look alike, but no large file is read in so short a time.
    """
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _found(path: Path, file: MappingFile, content: MappingFile, digests: int, stack: contextlib.ExitStack) -> Index | None:
    """Open the index if it is there, whole, and that of the files as they are now."""
    try:
        stream = stack.enter_context(content.path.open("rb"))
        with path.open("rb") as made:
            view = memoryview(mmap.mmap(made.fileno(), 0, access=mmap.ACCESS_READ))
    except (FileNotFoundError, ValueError):  # an empty file cannot be mapped
        return None
    body = len(view) - _TRAILER.size - _CHECKSUM.size
    if body < 0 or _CHECKSUM.unpack(view[-_CHECKSUM.size :]) != (zlib.crc32(view[: -_CHECKSUM.size]),):
        return None
    magic, *numbers = _TRAILER.unpack_from(view, body)
    state, (all_from, *lengths) = numbers[:_STATE], numbers[_STATE:]
    if magic != _MAGIC or state != [*_identity(file.path.stat()), *_identity(os.fstat(stream.fileno())), digests]:
        return None
    words = view[:body].cast("Q")
    ends = accumulate(lengths, initial=0)
    return Index(file.name, stream, [words[start:end] for start, end in pairwise(ends)], all_from=all_from)


def _unpack(packed: Path, copy: Path) -> None:
    """Unpack a file. Raises `OSError`, also for one that is too large."""
    left = _LARGEST_COPY
    with gzip.open(packed) as source, whole_file(copy) as stream:
        for chunk in iter(lambda: source.read(1 << 18), b""):
            left -= len(chunk)
            if left < 0:
                raise OSError(f"{packed} unpacks to more than {_LARGEST_COPY:,} bytes")
            stream.write(chunk)


def _write(stream: BinaryIO, content: MappingFile, state: Sequence[int]) -> None:
    checksum = 0
    for part in _parts(content, state):
        checksum = zlib.crc32(part, checksum)
        stream.write(part)
    stream.write(_CHECKSUM.pack(checksum))


def _parts(content: MappingFile, state: Sequence[int]) -> Iterator[bytes]:
    """Make the tables, in the order of `Index`, then the trailer. Only the entries grow with the file, and only one run of them is held."""
    runs, starts, lines, irregular = array("Q", [0]), array("Q", [0]), array("Q"), array("Q")
    all_from: int | None = None
    stream = blocks(content)
    while run := tuple(islice(stream, _RUN)):
        entries = array("Q")
        for number, block in enumerate(run):
            heads = heads_of_digests(block.lines, _HEAD)
            entries.frombytes(_entries(heads, number))
            if not is_regular(block, len(heads), digests=state[-1]):
                irregular.append(len(lines))
            if all_from is None and has_open_quotes(block.lines):
                all_from = len(lines)
            lines.append(block.line)
            starts.append(block.end)
        if sys.byteorder == "little":
            entries.byteswap()
        runs.append(runs[-1] + len(entries))
        yield array("Q", sorted(entries)).tobytes()
    tables = (runs, starts, lines, irregular)
    yield from (table.tobytes() for table in tables)
    lengths = (runs[-1], *map(len, tables))
    yield _TRAILER.pack(_MAGIC, *state, len(lines) if all_from is None else all_from, *lengths)


def _entries(heads: Sequence[bytes], number: int) -> bytes:
    """Join each head with the number of the block, big end first; what has the length of a digest and is none is left out."""
    tail = b"%04x" % number
    try:
        return bytes.fromhex((tail.join(heads) + tail).decode()) if heads else b""
    except ValueError:
        return _entries([head for head in heads if not head.translate(None, b"0123456789abcdef")], number)


def _tidy(folder: Path) -> None:
    """Remove all but the newest indexes, and what belongs to them. Another process may do the same."""
    with contextlib.suppress(OSError):
        for index in sorted(folder.glob("*.index"), key=lambda path: path.stat().st_mtime_ns, reverse=True)[_KEPT:]:
            index.with_suffix(".csv").unlink(missing_ok=True)
            index.unlink(missing_ok=True)
