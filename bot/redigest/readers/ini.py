"""Files of sections and `key = value` lines: INI, Git's configuration, systemd units and with them Quadlet's, which name images."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from redigest.document import Mapping, Path, Role, Scalar, Spot, near
from redigest.readers.literals import LINE, located, past, scalar_between
from redigest.text import Text

_INDENTATION = re.compile(r"[ \t]*+")
_HEADER = re.compile(r"\[([^\]]*+)\]")
_KEY = re.compile(r"([^=:]++)(?:=|:(?=[ \t]|\Z))[ \t]*+")
_QUOTED = re.compile(r"""("(?:[^"\\]++|\\.|)*+"|'[^']*+')[ \t]*+""")
_ONE_LINE_END = ("\n", "\r\n", "\r")


def read(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield, in order, one spot for each of `digests`, which are ascending indexes in `text`.

    What follows a key is a value. A line that belongs to the value of the one before (indented further than its key, or after a backslash) is code.
    The parent holds the entries of the section that stand near.
    """
    placed = 0
    for line in tuple(_lines(text.chars)):
        end = bisect_left(digests, line.whole.end, placed)
        for (role, scalar), inside in groupby(digests[placed:end], key=line.around):
            path, parent = (line.path, line.parent()) if role in (Role.VALUE, Role.CODE) else ((), None)
            around = ((parent, len(path) - 1),) if parent else ()
            for value, at in located(text, scalar, inside):
                yield Spot(role, value, at, path, parent, around)
        placed = end


@dataclass(frozen=True, slots=True)
class _Section:
    """A section, or with `None` for a name what stands before the first one; its entries are in order."""

    name: str | None = None
    entries: list[tuple[Scalar, Scalar]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line; `part` is the comment or value in it, `entry` the position of the entry that it belongs to."""

    whole: Scalar
    role: Role
    part: Scalar
    section: _Section
    entry: int

    def around(self, index: int) -> tuple[Role, Scalar]:
        """What the character at `index` stands in."""
        return (self.role, self.part) if self.part.start <= index < self.part.end else (Role.TEXT, self.whole)

    @property
    def path(self) -> Path:
        key = self.section.entries[self.entry][0].value
        return (key,) if self.section.name is None else (self.section.name, key)

    def parent(self) -> Mapping:
        """The entries that stand near; to be asked for once everything is read."""
        entries = tuple(near(self.section.entries, self.entry))
        return Mapping(entries[0][0].start, entries[-1][1].end, entries)


def _lines(chars: str) -> Iterator[_Line]:
    section, column, last = _Section(), -1, 0
    is_continued = False
    for match in LINE.finditer(chars):
        start, end = match.span()
        content = past(_INDENTATION, chars, start, end)
        whole = scalar_between(chars, start, end)
        is_next = chars[last:start] in _ONE_LINE_END
        role, part = Role.TEXT, whole
        if chars.startswith(("#", ";"), content):
            role = Role.COMMENT
        elif content < end and column >= 0 and ((is_continued and is_next) or content - start > column):
            role, part, is_continued = Role.CODE, Scalar(start, end, match.group()), chars.endswith("\\", start, end)
        elif header := _HEADER.match(chars, content, end):
            section, column = _Section(header[1]), -1
        elif entry := _entry(chars, content, end):
            section.entries.append(entry)
            role, part, column, is_continued = Role.VALUE, entry[1], content - start, chars.endswith("\\", start, end)
        elif content < end:
            column = -1
        yield _Line(whole, role, part, section, len(section.entries) - 1)
        last = end


def _entry(chars: str, start: int, end: int) -> tuple[Scalar, Scalar] | None:
    key = _KEY.match(chars, start, end)
    if key is None:
        return None
    quoted = _QUOTED.fullmatch(chars, key.end(), end)
    value = scalar_between(chars, *quoted.span(1), chars[key.end()]) if quoted else scalar_between(chars, key.end(), end)
    return scalar_between(chars, *key.span(1)), value
