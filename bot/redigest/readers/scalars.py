"""Decoding of quoted and block scalars into texts that remember where each of their characters stands."""

import re
from collections.abc import Iterator

from redigest.document import Scalar
from redigest.text import FOREIGN, Piece, Text

_SINGLE = re.compile(r"''|(?:\r\n?|\n)[ \t]*")
_DOUBLE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|(?:\r\n?|\n)[ \t]*|.)|(?:\r\n?|\n)[ \t]*")
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|$)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", " ": " ", '"': '"', "/": "/", "\\": "\\", "\t": "\t", "0": FOREIGN, "_": " "}


def decoded(text: Text, scalar: Scalar) -> Text:
    """Make the text of what a scalar says. Characters outside printable ASCII show as `FOREIGN`; folded lines keep their breaks."""
    match scalar.style:
        case "'":
            return _replaced(text, scalar.start + 1, scalar.end - 1, pattern=_SINGLE)
        case '"':
            return _replaced(text, scalar.start + 1, scalar.end - 1, pattern=_DOUBLE)
        case "|" | ">":
            return _block(text, scalar.start, scalar.end)
        case _:
            return text.slice(scalar.start, scalar.end)


def readable(code: int) -> str:
    """The character of a code point, `FOREIGN` in place of one that readers do not see."""
    return chr(code) if 32 <= code < 127 or code in (9, 10, 13) else FOREIGN


def _replaced(text: Text, start: int, end: int, *, pattern: re.Pattern[str]) -> Text:
    """Replace every match of `pattern` between `start` and `end` by what it stands for."""
    chars: list[str] = []
    pieces: list[Piece] = []
    length = 0
    for chunk, origin in _chunks(text.chars, start, end, pattern):
        if chunk:
            pieces.append(Piece(length, origin))
            chars.append(chunk)
            length += len(chunk)
    return text.part("".join(chars), pieces or [Piece(0, start)])


def _chunks(source: str, start: int, end: int, pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    position = start
    for match in pattern.finditer(source, start, end):
        chunk = source[position : match.start()]
        yield chunk.rstrip(" \t") if match.group()[0] in "\r\n" else chunk, position
        yield _meaning(match.group()), match.start()
        position = match.end()
    yield source[position:end], position


def _meaning(escape: str) -> str:
    if escape == "''":
        return "'"
    if not escape.startswith("\\"):
        return " "
    kind = escape[1]
    if kind in "\r\n":
        return ""
    if kind in "xuU" and len(escape) > 2:
        return readable(int(escape[2:], 16))
    return _ESCAPES.get(kind, FOREIGN)


def _block(text: Text, start: int, end: int) -> Text:
    """The lines of a block scalar without their common indentation."""
    header = _LINE.match(text.chars, start, end)
    lines = [(match.start(), match.group()) for match in _LINE.finditer(text.chars, header.end() if header else start, end) if match.group()]
    margins = [len(line) - len(line.lstrip(" ")) for _, line in lines]
    indentation = min((margin for margin, (_, line) in zip(margins, lines, strict=True) if not line.isspace()), default=0)
    chars: list[str] = []
    pieces: list[Piece] = []
    length = 0
    for margin, (origin, line) in zip(margins, lines, strict=True):
        cut = min(indentation, margin)
        pieces.append(Piece(length, origin + cut))
        chars.append(line[cut:])
        length += len(line) - cut
    return text.part("".join(chars), pieces or [Piece(0, start)])
