"""The bytes of a mapping file as blocks of whole lines: unpacked, without a byte order mark, with one kind of line end."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from redigest.errors import UsageError

_BLOCK = 1 << 16
"""Bytes read at a time: few enough that to look at every line of a block with a hit costs little."""

_LONGEST_LINE = 1 << 17
"""A file with a longer line, in bytes, is refused: one that never ends a line would fill the memory. It is also the csv module's limit for a cell."""

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Block(NamedTuple):
    """Whole lines, each ended by LF (the last one of the file perhaps by nothing); the first of them has the number `line`, from 1."""

    line: int
    lines: bytes


def blocks(path: Path) -> Iterator[Block]:
    """Stream the file; LF, CRLF and CR end a line alike. Raises `UsageError` for a file that cannot be read to its end or is UTF-16."""
    line, rest = 1, b""
    with _opened(path) as stream:
        try:
            for chunk in iter(lambda: stream.read(_BLOCK), b""):
                text = rest + (_without_mark(path, chunk) if line == 1 and not rest else chunk)
                held = b"\r" if text.endswith(b"\r") else b""  # its LF may come with the next chunk
                text = _with_lf(text.removesuffix(held))
                _check_length(path, line, text)
                end = text.rfind(b"\n") + 1
                rest = text[end:] + held
                if end:
                    yield Block(line, text[:end])
                    line += text.count(b"\n", 0, end)
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            message = f"the gzip data is damaged or cut off here ({problem}); fetch the file again"
            raise UsageError.at(str(path), line=line, message=message) from problem
        except OSError as problem:
            message = f"cannot be read any further: {problem.strerror or problem}"
            raise UsageError.at(str(path), line=line, message=message) from problem
    if rest:
        yield Block(line, _with_lf(rest))


def is_gzip(path: Path) -> bool:
    """Tell by the first bytes whether the file is packed; raise `OSError` where it cannot be read."""
    with path.open("rb") as stream:
        return stream.read(len(_GZIP)) == _GZIP


def _opened(path: Path) -> BinaryIO:
    """Open the file for reading, unpacked. It is read more than once, so a pipe will not do."""
    try:
        if path.exists() and not path.is_file():
            raise UsageError.at(str(path), message="not a regular file; name the mapping file itself, and save the output of a pipe to a file first")
        return cast(BinaryIO, gzip.open(path)) if is_gzip(path) else path.open("rb")
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise UsageError.at(str(path), message=f"the mapping file cannot be read: {reason}; check its name and its permissions") from problem


def _without_mark(path: Path, start: bytes) -> bytes:
    if start.startswith(_UTF_16):
        raise UsageError.at(str(path), line=1, message="the file is UTF-16; convert it first: `iconv -f UTF-16 -t UTF-8`")
    return start.removeprefix(_BOM)


def _check_length(path: Path, line: int, text: bytes) -> None:
    """Refuse a first line that is too long; those behind it are shorter than what is read at a time."""
    if len(text) > _LONGEST_LINE and text.find(b"\n", 0, _LONGEST_LINE + 1) < 0:
        message = f"the line is longer than {_LONGEST_LINE:,} bytes; give a mapping file, which is CSV text with one image a line"
        raise UsageError.at(str(path), line=line, message=message)


def _with_lf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text
