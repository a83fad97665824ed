"""Java properties (java.util.Properties, "load(Reader)"): keys and values, which a backslash continues on the next line."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from redigest.document import Mapping, Role, Scalar, Spot, near
from redigest.repetition import some
from redigest.text import FOREIGN, Piece, Text, line_extent

# It begins at the start of a line only: a line of blanks is none, and would else be tried from each of its blanks.
_ENTRY = some(r"[^\\\r\n]++|\\(?:\r\n|.|\Z)")
_LOGICAL_LINE = re.compile(rf"(?<![^\r\n])[ \t\f]*+(?:(?P<comment>[#!][^\r\n]*+)|(?P<entry>{_ENTRY}))", re.DOTALL)
_KEY = re.compile(r"((?:[^\\=: \t\f\r\n]++|\\(?:\r\n|.)|)*+)[ \t\f]*+[=:]?[ \t\f]*+", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:(?P<line>\r\n?|\n)[ \t\f]*+|u(?P<unit>[0-9a-fA-F]{4})|(?P<char>.))", re.DOTALL)
_MEANINGS = {"n": "\n", "t": "\t", "r": "\r", "f": " "}


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key, whose dots lead to its `path`, from `start`, and its value, decoded, from `inside` to `end`."""

    path: tuple[str, ...]
    start: int
    inside: int
    end: int
    value: str


def read(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield, in order, one spot for each of `digests`, which are ascending indexes in `text`; a value is decoded, its continued lines joined.

    The dots in a key lead through names, as all the frameworks read it that have such keys; the parent holds what stands near under the same ones.
    """
    entries: list[_Entry] = []
    found: list[tuple[Role, Text, int, int]] = []
    placed = 0
    for line in _LOGICAL_LINE.finditer(text.chars):
        end = bisect_left(digests, line.end(), placed)
        if line["entry"]:
            key = _KEY.match(text.chars, line.start("entry"), line.end())
            start = key.end() if key else line.start("entry")
            value = _decoded(text, start, line.end())
            entries.append(_Entry(tuple(_plain(key[1]).split(".")) if key else ("",), line.start("entry"), start, line.end(), value.chars))
            found += [(Role.VALUE, value, index, len(entries) - 1) for index in digests[placed:end]]
        else:
            comment = text.slice(line.start(), line.end())
            found += [(Role.COMMENT, comment, index, -1) for index in digests[placed:end]]
        placed = end
    for role, value, index, position in found:
        at = _index_in(value, index)
        if role is Role.VALUE and at is not None:
            yield Spot(role, value, at, entries[position].path, _beside(entries[position], near(entries, position)))
        elif role is Role.COMMENT and at is not None:
            yield Spot(role, value, at)
        else:
            start, end = line_extent(text.chars, index)
            yield Spot(Role.TEXT, text.slice(start, end), index - start)


def _beside(entry: _Entry, near: Sequence[_Entry]) -> Mapping:
    """The entries whose keys differ from that of this one in the last part only."""
    same = [other for other in near if other.path[:-1] == entry.path[:-1]]
    pairs = tuple((Scalar(other.start, other.inside, other.path[-1]), Scalar(other.inside, other.end, other.value)) for other in same)
    return Mapping(same[0].start, same[-1].end, pairs)


def _decoded(text: Text, start: int, end: int) -> Text:
    """The text that a value says, with one character for each escape and none for a line that goes on."""
    chars: list[str] = []
    pieces: list[Piece] = []
    length = 0
    position = start
    for escape in _ESCAPE.finditer(text.chars, start, end):
        meaning = "" if escape["line"] else _meaning(escape)
        for origin, part in ((position, text.chars[position : escape.start()]), (escape.end() - 1, meaning)):
            if part:
                pieces.append(Piece(length, origin))
                chars.append(part)
                length += len(part)
        position = escape.end()
    if position < end or not pieces:
        pieces.append(Piece(length, position))
        chars.append(text.chars[position:end])
    return text.part("".join(chars), pieces)


def _meaning(escape: re.Match[str]) -> str:
    if escape["unit"]:
        char = chr(int(escape["unit"], 16))
        return char if char.isascii() and char.isprintable() else FOREIGN
    return _MEANINGS.get(escape["char"], escape["char"])


def _plain(key: str) -> str:
    return _ESCAPE.sub(lambda escape: "" if escape["line"] else _meaning(escape), key)


def _index_in(value: Text, index: int) -> int | None:
    """The index in a value of what stands at `index` in its parent; `None` where that is no part of it."""
    number = bisect_right(value.pieces, index, key=_origin) - 1
    if number < 0:
        return None
    at = index - value.pieces[number].origin + value.pieces[number].start
    end = value.pieces[number + 1].start if number + 1 < len(value.pieces) else len(value.chars)
    return at if at < end else None


def _origin(piece: Piece) -> int:
    return piece.origin
