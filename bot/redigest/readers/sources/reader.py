"""Program sources and scripts, by language: the string literal, comment or command that each digest stands in."""

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter

from redigest.document import Role, Spot
from redigest.readers.literals import located
from redigest.readers.sources.languages import LANGUAGES
from redigest.readers.sources.lexer import Lines, Literal, Region, place
from redigest.readers.sources.names import WORD, name_before
from redigest.readers.sources.paths import Paths
from redigest.text import Text

_LINE_END = re.compile(r"[\r\n]")
_STRING_PREFIX = re.compile(r"[ \t]*+[A-Za-z]{0,2}+")
_STATEMENT_END = re.compile(r"[ \t]*+(?:[;#\r\n]|\Z)")


def read(name: str, text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield, in order, one spot for each of `digests`, which are ascending indexes in `text`, in the language called `name`.

    A literal on one line is a value, decoded. Of longer literals, of heredocs and of comments the value is what lies in them of one line.
    The parent holds the named values near it in the same call, object, block or table.
    """
    reading = _Reading(name, text)
    inside: dict[Region, list[int]] = {}
    for index, region in place(text.chars, digests, name, reading.lines):
        is_open = isinstance(region, Literal) and region.end is None
        inside.setdefault(None if is_open else region, []).append(index)
    found = [pair for region, indexes in inside.items() for pair in zip(indexes, reading.spots(region, indexes), strict=True)]
    return map(itemgetter(1), sorted(found, key=itemgetter(0)))


class _Reading:
    """A text in one language."""

    def __init__(self, name: str, text: Text) -> None:
        self.lines = Lines(text.chars)
        self._text = text
        self._language = LANGUAGES[name]
        self._paths = Paths(text.chars, self._language)

    def spots(self, region: Region, digests: Sequence[int]) -> Iterator[Spot]:
        """Yield spots for the digests in one region, in order."""
        if region is None:
            return self._in_code(digests)
        if not isinstance(region, Literal):
            return (Spot(Role.COMMENT, value, at) for value, at in self._by_line(digests, region.start, region.end))
        return self._in_literal(region, len(self._text.chars) if region.end is None else region.end, digests)

    def _in_code(self, digests: Sequence[int]) -> Iterator[Spot]:
        for value, at in self._by_line(digests, 0, len(self._text.chars)):
            if self._language.is_run:
                name = name_before(value.chars, at, WORD)
                yield Spot(Role.CODE, value, at, name.parts if name else ())
            else:
                yield Spot(Role.TEXT, value, at)

    def _in_literal(self, literal: Literal, end: int, digests: Sequence[int]) -> Iterator[Spot]:
        path, parent, role = self._paths.path(literal), self._paths.parent(literal), Role.CODE
        if self._is_docstring(literal, end):
            path, role = (), Role.PROSE
        elif literal.quote is not None and not _LINE_END.search(self._text.chars, literal.inside, end):
            role = Role.VALUE
        is_whole = role is Role.VALUE
        values = located(self._text, self._paths.scalar(literal), digests) if is_whole else self._by_line(digests, literal.inside, end)
        around = ((parent, len(path) - 1),) if parent and path else ()
        for value, at in values:
            yield Spot(role, value, at, path, parent, around)

    def _is_docstring(self, literal: Literal, end: int) -> bool:
        """Tell whether a literal is a statement of its own, in no bracket and on no line that goes on."""
        if not self._language.has_docstrings or literal.quote is None or literal.holder.mark:
            return False
        chars = self._text.chars
        line, _ = self.lines.around(literal.start)
        is_continued = chars.endswith(("\\\n", "\\\r\n", "\\\r"), 0, line)
        is_first = _STRING_PREFIX.fullmatch(chars, line, literal.start) is not None
        return is_first and not is_continued and _STATEMENT_END.match(chars, end + len(literal.quote.close)) is not None

    def _by_line(self, digests: Sequence[int], start: int, end: int) -> Iterator[tuple[Text, int]]:
        """Yield for each digest what lies of its line between two indexes (one text for all on that line), and the index in it."""
        value, first, past = self._text, 0, 0
        for index in digests:
            if index >= past:
                first, past = self.lines.around(index)
                first, past = max(first, start), min(past, end)
                value = self._text.slice(first, past)
            yield value, index - first
