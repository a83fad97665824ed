"""Values as they stand in a line, in quotes or plain; shared by the readers that go line by line."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from redigest.document import Scalar
from redigest.text import FOREIGN, Piece, Text

LINE = re.compile(r"[^\r\n]++")
"""A line that is not empty, without its end."""

_COMMENT = re.compile(r"(?<!\S)#")
_ESCAPE = re.compile(r"\\(?:x(?P<byte>[0-9a-fA-F]{2})|u(?P<unit>[0-9a-fA-F]{4})|(?P<char>.))", re.DOTALL)
_MEANINGS = {"n": "\n", "t": "\t", "r": "\r"}


def scalar_between(chars: str, start: int, end: int, style: str = "") -> Scalar:
    """Make the scalar from `start` to `end`, which include the quotes if `style` names one; a plain one loses the blanks around it."""
    if not style:
        value = chars[start:end].rstrip()
        end = start + len(value)
        value = value.lstrip()
        return Scalar(end - len(value), end, value)
    value = chars[start + 1 : end - 1]
    if style == '"' and "\\" in value:
        value, _ = _unescaped(chars, start + 1, end - 1)
    return Scalar(start, end, value, style)


def comment_start(chars: str, start: int, end: int) -> int:
    """Index of the first `#` from `start` on that begins a comment, which is one after a blank; `end` where there is none."""
    match = _COMMENT.search(chars, start, end)
    return match.start() if match else end


def past(pattern: re.Pattern[str], chars: str, start: int, end: int) -> int:
    """Index past what the pattern takes from `start` on, at most `end`; `start` where it takes nothing."""
    match = pattern.match(chars, start, end)
    return match.end() if match else start


def located(text: Text, scalar: Scalar, digests: Iterable[int]) -> Iterator[tuple[Text, int]]:
    """Yield, for each of `digests`, which are indexes in `text` inside the scalar, what the scalar says (one text for all) and the index in it."""
    value = _inside(text, scalar)
    for index in digests:
        piece = value.pieces[bisect_right(value.pieces, index, key=_origin) - 1]
        yield value, index - piece.origin + piece.start


def _inside(text: Text, scalar: Scalar) -> Text:
    """The text of what a scalar says; only backslashes in double quotes change it."""
    if not scalar.style:
        return text.slice(scalar.start, scalar.end)
    start, end = scalar.start + 1, scalar.end - 1
    if scalar.style == '"' and text.chars.find("\\", start, end) >= 0:
        return text.part(*_unescaped(text.chars, start, end))
    return text.slice(start, end)


def _unescaped(chars: str, start: int, end: int) -> tuple[str, list[Piece]]:
    """Put one character for each escape, with the last character of the escape as its origin, so that what follows is in one piece with it."""
    parts: list[str] = []
    pieces = [Piece(0, start)]
    length = 0
    position = start
    for escape in _ESCAPE.finditer(chars, start, end):
        length += escape.start() - position
        pieces.append(Piece(length, escape.end() - 1))
        length += 1
        parts += (chars[position : escape.start()], _meaning(escape))
        position = escape.end()
    parts.append(chars[position:end])
    return "".join(parts), pieces


def _meaning(escape: re.Match[str]) -> str:
    if char := escape["char"]:
        return _MEANINGS.get(char, char)
    code = int(escape["byte"] or escape["unit"], 16)
    return chr(code) if chr(code).isascii() and chr(code).isprintable() else FOREIGN


def _origin(piece: Piece) -> int:
    return piece.origin
