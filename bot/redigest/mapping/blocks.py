"""The bytes of a mapping file as blocks of whole lines: unpacked, without a byte order mark, with one kind of line end."""

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, cast

from redigest.errors import UsageError
from redigest.mapping.files import MappingFile

_BLOCK = 1 << 16
"""Bytes read at a time: few enough that to look at every line of a block with a hit costs little."""

_LONGEST_LINE = 1 << 17
"""A file with a longer line, in bytes, is refused: one that never ends a line would fill the memory. It is also the csv module's limit for a cell."""

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Block(NamedTuple):
    """Whole lines, each ended by LF (the last one of the file perhaps by nothing).

    The first of them has the number `line`, from 1, and begins at the byte `start` of the unpacked file, from 0; what follows begins at `end`.
    """

    line: int
    lines: bytes
    start: int
    end: int

    @classmethod
    def of(cls, raw: bytes, *, line: int, start: int) -> "Block":
        """Make a block of the bytes that stand in the file; LF, CRLF and CR end a line alike."""
        text = raw.removeprefix(_BOM) if start == 0 else raw
        lines = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text
        return cls(line, lines, start, start + len(raw))


def blocks(file: MappingFile) -> Iterator[Block]:
    """Stream the file. Raises `UsageError` for one that cannot be read to its end or is UTF-16."""
    line, start, rest = 1, 0, b""
    with _opened(file) as stream:
        try:
            for chunk in iter(lambda: stream.read(_BLOCK), b""):
                raw = rest + chunk
                end = _end_of_lines(raw)
                _check(file, raw, end, line=line, start=start)
                rest = raw[end:]
                if end:
                    block = Block.of(raw[:end], line=line, start=start)
                    yield block
                    line, start = line + block.lines.count(b"\n"), block.end
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            message = f"the gzip data is damaged or cut off here ({problem}); fetch the file again"
            raise UsageError.at(file.name, line=line, message=message) from problem
        except OSError as problem:
            raise unreadable(file.name, line, problem) from problem
    if rest:
        yield Block.of(rest, line=line, start=start)


def unreadable(name: str, line: int, problem: OSError) -> UsageError:
    """Say that reading a file ends at a line."""
    return UsageError.at(name, line=line, message=f"cannot be read any further: {problem.strerror or problem}")


def _opened(file: MappingFile) -> BinaryIO:
    """Open the file for reading, unpacked. It is read more than once, so a pipe will not do."""
    try:
        if file.path.exists() and not file.path.is_file():
            raise UsageError.at(file.name, message="not a regular file; name the mapping file itself, and save the output of a pipe to a file first")
        return cast(BinaryIO, gzip.open(file.path)) if file.is_packed else file.path.open("rb")
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise UsageError.at(file.name, message=f"the mapping file cannot be read: {reason}; check its name and its permissions") from problem


def _end_of_lines(raw: bytes) -> int:
    """Where the last whole line ends; a CR at the very end may be half of a CRLF, and so ends none yet."""
    return max(raw.rfind(b"\n"), raw.rfind(b"\r", 0, len(raw) - 1)) + 1


def _check(file: MappingFile, raw: bytes, end: int, *, line: int, start: int) -> None:
    """Refuse UTF-16, and a first line that is too long; those behind it are shorter than what is read at a time."""
    if start == 0 and raw.startswith(_UTF_16):
        raise UsageError.at(file.name, line=1, message="the file is UTF-16; convert it first: `iconv -f UTF-16 -t UTF-8`")
    if len(raw) > _LONGEST_LINE and not _end_of_lines(raw[: min(end, _LONGEST_LINE + 1)]):
        message = f"the line is longer than {_LONGEST_LINE:,} bytes; give a mapping file, which is CSV text with one image a line"
        raise UsageError.at(file.name, line=line, message=message)
