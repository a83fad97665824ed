"""The characters of a file as readers see them, one for each byte, and where in the file each of them stands."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

FOREIGN = "^"
"""Stands in for every byte that is not printable ASCII: no format gives it a meaning and no image reference contains it."""

_SHADOW = bytes(byte if 32 <= byte < 127 or byte in b"\t\n\r" else ord(FOREIGN) for byte in range(256))
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters that stand side by side in the parent: it begins at `start` here and at `origin` there."""

    start: int
    origin: int


@dataclass(frozen=True, slots=True)
class Text:
    """Readable characters with their origin.

    The text of a file has one character for each byte after a UTF-8 byte order mark, whatever the encoding (every byte outside printable ASCII shows as
    `FOREIGN`), so an index is a byte offset. The text of a value inside a file (a block scalar, a JSON string) is decoded and remembers, piece by piece,
    where it stands in its parent.
    """

    chars: str
    pieces: tuple[Piece, ...]
    parent: "Text | None" = None
    data: bytes = b""
    """The bytes of the file, in the text of the file itself."""

    @classmethod
    def of_file(cls, data: bytes) -> "Text":
        """Make the text of a whole file that is ASCII, UTF-8 or any other encoding whose first 128 characters are those of ASCII."""
        skipped = len(_BOM) if data.startswith(_BOM) else 0
        return cls(data[skipped:].translate(_SHADOW).decode("ascii"), (Piece(0, skipped),), None, data)

    def part(self, chars: str, pieces: Sequence[Piece]) -> "Text":
        """Make the text of a value that stands in this one; `pieces` are in order and the first starts at 0."""
        return Text(chars, tuple(pieces), self)

    def slice(self, start: int, end: int) -> "Text":
        """Make the text of the characters from `start` to `end`, undecoded."""
        return self.part(self.chars[start:end], (Piece(0, start),))

    def in_parent(self, start: int, length: int) -> int | None:
        """Index in the parent (for the text of a file: byte offset) of the run of `length` characters at `start`; `None` if it is not in one piece there."""
        index = bisect_right(self.pieces, start, key=_start) - 1
        if index + 1 < len(self.pieces) and self.pieces[index + 1].start < start + length:
            return None
        return start + self.pieces[index].origin - self.pieces[index].start

    def offset(self, start: int, length: int) -> int | None:
        """Byte offset in the file of the run of `length` characters at `start`; `None` if the run is not in one piece there."""
        position: int | None = start
        text: Text | None = self
        while text is not None and position is not None:
            position = text.in_parent(position, length)
            text = text.parent
        return position

    def written(self, start: int, end: int) -> str:
        """What stands in the file between two indexes, whatever its characters; the readable form where it is not in one piece there."""
        offset = self.offset(start, end - start)
        if offset is None:
            return self.chars[start:end]
        text = self
        while text.parent is not None:
            text = text.parent
        return text.data[offset : offset + end - start].decode("utf-8", "replace")


def _start(piece: Piece) -> int:
    return piece.start


_LINE_REACH = 1000


def line_extent(chars: str, index: int) -> tuple[int, int]:
    """First and past-the-last index of the line around `index`, without its line end; a lone CR ends a line as well.

    Of a longer line only 1,000 characters on each side are given, so that the cost of many digests in one line stays linear.
    """
    floor, ceiling = max(0, index - _LINE_REACH), min(len(chars), index + _LINE_REACH)
    start = max(floor, chars.rfind("\n", floor, index) + 1, chars.rfind("\r", floor, index) + 1)
    ends = [end for end in (chars.find("\n", index, ceiling), chars.find("\r", index, ceiling)) if end >= 0]
    return start, min(ends, default=ceiling)


def lines_and_columns(data: bytes, offsets: Sequence[int]) -> list[tuple[int, int]]:
    """Line and column, from 1, of each of the ascending byte offsets; a column counts characters, and only LF begins a new line, as grep and git count."""
    found: list[tuple[int, int]] = []
    line, line_start, seen, column = 1, 0, 0, 1
    for offset in offsets:
        newlines = data.count(b"\n", seen, offset)
        if newlines:
            line += newlines
            line_start = data.rfind(b"\n", seen, offset) + 1
            seen, column = line_start, 1
        if seen == line_start and data.startswith(_BOM) and line_start == 0:
            seen = min(len(_BOM), offset)
        column += len(data[seen:offset].decode("utf-8", "replace"))
        seen = offset
        found.append((line, column))
    return found
