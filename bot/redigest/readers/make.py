"""Makefiles (GNU make manual, "What Makefiles Contain"): nothing in them is quoted, so all but the comments is code."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from redigest.document import Path, Role, Spot
from redigest.readers.literals import past
from redigest.readers.sources.names import WORD, name_before
from redigest.text import Text

_LINE = re.compile(r"([^\r\n]*+)(?:\r\n?|\n|\Z)")
_BEFORE_COMMENT = re.compile(r"(?:[^\\#]++|\\.?+|)*+")
_BEFORE_SHELL_COMMENT = re.compile(r"""(?:[^\s'"\\#]++|\\.|'[^']*+'|"(?:[^"\\]++|\\.|)*+"|(?<=\S)\#|[^#]|)*+""")
_TARGETS = r"(?:[^:=\#]++:(?![:=])[ \t]*+|)?+"
_ASSIGNMENT = re.compile(rf"[ ]*+{_TARGETS}(?:(?:export|override|private)[ \t]++|)*+([^\s:=\#?+!]++)[ \t]*+(?::{{0,3}}|[?+!])=")
_DEFINE = re.compile(r"[ ]*+(?:(?:export|override|private)[ \t]++|)*+define[ \t]++([^\s:=?+!]++)")
_END_OF_DEFINE = re.compile(r"[ ]*+endef\b")


def read(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield, in order, one spot for each of `digests`, which are ascending indexes in `text`; the path is the variable that the line belongs to."""
    placed = 0
    for line in _lines(text.chars):
        end = bisect_left(digests, line.end, placed)
        if end > placed:
            yield from _spots(line, text, digests[placed:end])
        placed = end


class _Kind(Enum):
    MAKE = auto()
    RECIPE = auto()
    """For the shell, as what `define` holds mostly is."""
    COMMENT = auto()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without its end; `comment` is the index at which a comment begins, `end` where there is none."""

    start: int
    comment: int
    end: int
    path: Path


def _lines(chars: str) -> Iterator[_Line]:
    """Yield the lines in order; one that ends in a backslash hands down its kind and its path."""
    kind, is_continued = _Kind.MAKE, False
    path: Path = ()
    defined: str | None = None
    for match in _LINE.finditer(chars):
        start, end = match.span(1)
        if defined is not None:
            kind, path = _Kind.RECIPE, (defined,)
            defined = None if _END_OF_DEFINE.match(chars, start, end) else defined
        elif definition := _DEFINE.match(chars, start, end):
            kind, path, defined = _Kind.MAKE, (), definition[1]
        elif not is_continued:
            assignment = _ASSIGNMENT.match(chars, start, end)
            kind = _Kind.RECIPE if chars.startswith("\t", start) else _Kind.MAKE
            path = (assignment[1],) if assignment else ()
        comment = _comment_start(chars, start, end, kind)
        kind = _Kind.COMMENT if kind is _Kind.MAKE and comment < end else kind
        yield _Line(start, comment, end, path)
        is_continued = (end - len(chars[start:end].rstrip("\\")) - start) % 2 == 1


def _comment_start(chars: str, start: int, end: int, kind: _Kind) -> int:
    match kind:
        case _Kind.COMMENT:
            return start
        case _Kind.RECIPE:
            return past(_BEFORE_SHELL_COMMENT, chars, start, end)
        case _Kind.MAKE:
            return past(_BEFORE_COMMENT, chars, start, end)
        case _ as unreachable:
            assert_never(unreachable)


def _spots(line: _Line, text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    code, comment = text.slice(line.start, line.end), text.slice(line.comment, line.end)
    for index in digests:
        if index >= line.comment:
            yield Spot(Role.COMMENT, comment, index - line.comment)
        else:
            word = name_before(text.chars, index, WORD)
            yield Spot(Role.CODE, code, index - line.start, line.path or (word.parts if word else ()))
