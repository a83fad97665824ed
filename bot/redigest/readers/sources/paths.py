"""Where a literal of a program source stands: its path, and the named values beside it."""

import re
from bisect import bisect_left
from operator import attrgetter

from redigest.document import Mapping, Path, Scalar, near
from redigest.readers.literals import scalar_between
from redigest.readers.sources.languages import Language
from redigest.readers.sources.lexer import Bracket, Literal
from redigest.readers.sources.names import Name, name_before, statement_name

_DEPTH = 50
"""How many of the brackets around a literal its path leads through, the nearest ones; nobody writes more, and each digest costs as many steps."""

_HEADER_REACH = 500
_WORD = r'(?:"[^"\r\n]*+"|[\w.-]++)'
_HEADER = re.compile(rf"[ \t]*+({_WORD}(?:[ \t]++{_WORD}|)*+)[ \t]*+")
_HEADER_WORD = re.compile(_WORD)
_CALLEE_REVERSED = re.compile(r"[\w.]{0,80}+")


class Paths:
    """The ways to the literals of one text; remembers what it has found out about names, which are asked for again and again."""

    def __init__(self, chars: str, language: Language) -> None:
        self._chars = chars
        self._language = language
        self._operators = dict(language.groups)
        self._names: dict[Literal, Name | None] = {}
        self._scalars: dict[Literal, Scalar] = {}
        self._steps: dict[Bracket, Path] = {}

    def scalar(self, literal: Literal) -> Scalar:
        """What a literal says; of quotes of several characters the extent has the innermost one."""
        if literal not in self._scalars:
            is_decoded = literal.quote is not None and literal.quote.is_decoded
            end = literal.inside if literal.end is None else literal.end
            self._scalars[literal] = scalar_between(self._chars, literal.inside - 1, end + 1, '"' if is_decoded else "'")
        return self._scalars[literal]

    def path(self, literal: Literal) -> Path:
        """The name to the left, and in a language of data the way to it from the top.

        Of more brackets than anybody writes the outer ones are left out.
        """
        name = self._name(literal)
        if not self._language.has_paths:
            name = name or statement_name(self._chars, literal.start, self._language.naming)
            return name.parts[-1:] if name else ()
        outwards: list[str | int] = []
        node: Literal | Bracket = literal
        for _ in range(_DEPTH):
            outwards.extend(reversed(self._steps_to(node)))
            if node.holder is None:
                break
            if node.holder.mark == "[":
                outwards.append(node.position)
            node = node.holder
        return tuple(reversed(outwards))

    def parent(self, literal: Literal) -> Mapping | None:
        """The values near the literal that the same bracket holds under names which differ from its own in the last part only."""
        operators = self._operators.get(literal.holder.mark, ())
        own = self._name(literal)
        prefix = own.parts[:-1] if own else ()
        literals = literal.holder.literals
        position = bisect_left(literals, literal.start, key=attrgetter("start"))
        entries = []
        for other in near(literals, position):
            name = self._name(other)
            if name is not None and name.operator in operators and name.parts[:-1] == prefix and other.end is not None:
                entries.append((Scalar(name.start, name.end, name.parts[-1]), self.scalar(other)))
        return Mapping(entries[0][0].start, entries[-1][1].end, tuple(entries)) if entries else None

    def _name(self, literal: Literal) -> Name | None:
        if literal not in self._names:
            self._names[literal] = name_before(self._chars, literal.start, self._language.naming)
        return self._names[literal]

    def _steps_to(self, node: Literal | Bracket) -> Path:
        """The steps that a literal or a bracket adds to those of the bracket around it."""
        if isinstance(node, Literal):
            name = self._name(node) or self._statement_name(node)
            return name.parts if name else ()
        if node not in self._steps:
            self._steps[node] = self._steps_into(node)
        return self._steps[node]

    def _steps_into(self, bracket: Bracket) -> Path:
        if bracket.holder is None:
            return bracket.path
        start = bracket.start
        if bracket.mark == "(" and (callee := _CALLEE_REVERSED.match(self._chars[max(0, start - 80) : start][::-1])):
            start -= callee.end()
        if name := name_before(self._chars, start, self._language.naming) or self._statement_name(bracket):
            return name.parts
        return self._header_before(start) if bracket.mark == "{" else ()

    def _statement_name(self, node: Literal | Bracket) -> Name | None:
        """The name for the whole of a statement, asked for by the outermost of the nodes in it."""
        if node.holder is None or node.holder.mark not in ("", "{"):
            return None
        return statement_name(self._chars, node.start, self._language.naming, inside=node.holder.start + len(node.holder.mark))

    def _header_before(self, start: int) -> Path:
        """The type and the labels of a block, from the start of the line or from the bracket before them."""
        floor = max(0, start - _HEADER_REACH)
        begins = max(floor, *(self._chars.rfind(mark, floor, start) + 1 for mark in "\r\n{}"))
        header = _HEADER.fullmatch(self._chars, begins, start)
        return tuple(word.strip('"') for word in _HEADER_WORD.findall(header[1])) if header else ()
