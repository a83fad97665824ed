"""Files of `KEY=value` lines: dotenv, kustomize's params.env, build arguments, properties."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from redigest.document import Mapping, Role, Scalar, Spot
from redigest.readers.literals import LINE, comment_start, located, past, scalar_between
from redigest.text import Text

_COMMENT_MARK = re.compile(r"[ \t]*+[#;]")
_KEY = re.compile(r"[ \t]*+(?:export[ \t]++)?([\w./-]++)[ \t]*+(?:=|:(?=[ \t]))[ \t]*+")
_QUOTED = re.compile(r""""(?:[^"\\]++|\\.|)*+"(?=[ \t]*+(?:[#\r\n]|\Z))|'[^'\r\n]*+'(?=[ \t]*+(?:[#\r\n]|\Z))""", re.DOTALL)


def read(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield, in order, one spot for each of `digests`, which are ascending indexes in `text`; the parent holds all assignments of the file."""
    statements = tuple(_statements(text.chars))
    parent = Mapping(0, len(text.chars), tuple(statement.entry for statement in statements if statement.entry))
    placed = 0
    for statement in statements:
        end = bisect_left(digests, statement.line.end, placed)
        for (role, scalar), inside in groupby(digests[placed:end], key=statement.around):
            for value, at in located(text, scalar, inside):
                if role is Role.VALUE and statement.entry is not None:
                    yield Spot(role, value, at, (statement.entry[0].value,), parent)
                else:
                    yield Spot(role, value, at)
        placed = end


@dataclass(frozen=True, slots=True)
class _Statement:
    """A line, or the lines of an assignment whose value goes over several; `entry` is its key and value."""

    line: Scalar
    entry: tuple[Scalar, Scalar] | None = None
    comment: Scalar | None = None

    def around(self, index: int) -> tuple[Role, Scalar]:
        """The part of the statement in which the character at `index` stands."""
        if self.entry is not None and self.entry[1].start <= index < self.entry[1].end:
            return Role.VALUE, self.entry[1]
        if self.comment is not None and self.comment.start <= index:
            return Role.COMMENT, self.comment
        return Role.TEXT, self.line


def _statements(chars: str) -> Iterator[_Statement]:
    position = 0
    while line := LINE.search(chars, position):
        statement = _statement(chars, *line.span())
        position = max(line.end(), statement.line.end)
        yield statement


def _statement(chars: str, start: int, end: int) -> _Statement:
    """Read the line from `start` to `end`, and those after it that belong to its value."""
    if mark := _COMMENT_MARK.match(chars, start, end):
        comment = scalar_between(chars, mark.end() - 1, end)
        return _Statement(comment, comment=comment)
    key = _KEY.match(chars, start, end)
    if key is None:
        return _Statement(scalar_between(chars, start, end))
    if quoted := _QUOTED.match(chars, key.end()):
        value = scalar_between(chars, *quoted.span(), quoted.group()[0])
        end = past(LINE, chars, value.end, len(chars))
    else:
        value = scalar_between(chars, key.end(), comment_start(chars, key.end(), end))
    hash_sign = chars.find("#", value.end, end)
    return _Statement(
        scalar_between(chars, start, end),
        entry=(scalar_between(chars, *key.span(1)), value),
        comment=scalar_between(chars, hash_sign, end) if hash_sign >= 0 else None,
    )
