"""JSON, also a stream of values one after another, with comments and trailing commas (RFC 8259, and JSONC as editors write it)."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from redigest.document import Mapping, Node, Note, Role, Scalar, Spot
from redigest.document import Sequence as Items
from redigest.readers.nodes import MAXIMUM_DEPTH, Unreadable, is_escaped, spots
from redigest.readers.scalars import readable
from redigest.text import FOREIGN, Text, line_extent

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<string>"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*")
      | (?P<mark>[{}\[\]:,])
      | (?P<comment>//[^\r\n]*|/\*.*?\*/)
      | (?P<literal>[^\s{}\[\]:,"'/\#]+)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")
_MEANINGS = {"n": "\n", "t": "\t", "r": "\r", "b": FOREIGN, "f": FOREIGN}


def read(text: Text, digests: Sequence[int]) -> Iterator[Spot | Note]:
    """Yield a spot for each digest in a key, a value or a comment. Raises `Unreadable` at the first character that is not JSON."""
    stream = compose(text.chars)
    wanted = sorted({*digests, *stream.escaped})
    placed: set[int] = set()
    for value in stream.values:
        for spot in spots(value, text, wanted):
            index = spot.value.in_parent(spot.at, 1)
            if index is not None:
                placed.add(index)
            yield spot
    for index in digests:
        if index not in placed:
            role = Role.COMMENT if stream.is_commented(index) else Role.TEXT
            start, end = line_extent(text.chars, index)
            yield Spot(role, text.slice(start, end), index - start)


@dataclass(frozen=True, slots=True)
class Stream:
    """The values of a stream, the extents of its comments in order, and the starts of the strings that hold a digest only once they are decoded."""

    values: tuple[Node, ...]
    comments: tuple[tuple[int, int], ...]
    escaped: tuple[int, ...]

    def is_commented(self, index: int) -> bool:
        """Tell whether the character at `index` stands in a comment."""
        before = bisect_right(self.comments, index, key=itemgetter(0)) - 1
        return before >= 0 and index < self.comments[before][1]


def compose(chars: str) -> Stream:
    """Build the nodes of every value in the text. Raises `Unreadable` where it is not JSON."""
    comments: list[tuple[int, int]] = []
    escaped: list[int] = []
    stream = _Open(0, "")
    stack = [stream]
    position = 0
    while position < len(chars):
        match = _TOKEN.match(chars, position)
        if match is None:
            raise Unreadable("not JSON", position)
        kind, token, start, position = match.lastgroup, match.group(), position, match.end()
        if kind in ("string", "literal"):
            scalar = _scalar(token, start)
            stack[-1].take(scalar)
            if is_escaped(chars, scalar):
                escaped.append(start)
        elif kind == "mark":
            _mark(token, start, stack)
        elif kind == "comment":
            comments.append((start, position))
    if len(stack) > 1:
        raise Unreadable("a bracket is never closed", stack[-1].start)
    return Stream(tuple(stream.children), tuple(comments), tuple(escaped))


class _Open:
    """An object or an array whose end has not come yet; the stream, whose values nothing separates, is the outermost."""

    __slots__ = ("bracket", "children", "expects", "start")

    def __init__(self, start: int, bracket: str) -> None:
        self.start = start
        self.bracket = bracket
        self.children: list[Node] = []
        self.expects = "item"

    def take(self, node: Node) -> None:
        if self.expects != "item":
            raise Unreadable("a comma is missing", node.start)
        self.children.append(node)
        if self.bracket:
            is_key = self.bracket == "{" and len(self.children) % 2 == 1
            self.expects = ":" if is_key else ","

    def punctuate(self, mark: str, at: int) -> None:
        if self.expects != mark:
            raise Unreadable(f"unexpected {mark!r}", at)
        self.expects = "item"

    def closed(self, bracket: str, at: int) -> Node:
        if (self.bracket == "{") != (bracket == "}") or self.expects == ":" or (self.bracket == "{" and len(self.children) % 2):
            raise Unreadable(f"unexpected {bracket!r}", at)
        if self.bracket == "[":
            return Items(self.start, at + 1, tuple(self.children))
        return Mapping(self.start, at + 1, tuple(zip(self.children[::2], self.children[1::2], strict=True)))


def _mark(mark: str, at: int, stack: list[_Open]) -> None:
    if mark in "{[":
        if len(stack) > MAXIMUM_DEPTH:
            raise Unreadable(f"values nest deeper than {MAXIMUM_DEPTH} levels", at)
        stack.append(_Open(at, mark))
    elif len(stack) == 1:
        raise Unreadable(f"unexpected {mark!r}", at)
    elif mark in "}]":
        node = stack.pop().closed(mark, at)
        stack[-1].take(node)
    else:
        stack[-1].punctuate(mark, at)


def _scalar(token: str, start: int) -> Scalar:
    if not token.startswith('"'):
        return Scalar(start, start + len(token), token)
    value = token[1:-1]
    if "\\" in value:
        value = _ESCAPED.sub(_meaning, value)
    return Scalar(start, start + len(token), value, '"')


def _meaning(escape: re.Match[str]) -> str:
    kind = escape.group()[1]
    if kind == "u" and len(escape.group()) == 6:
        return readable(int(escape.group()[2:], 16))
    return _MEANINGS.get(kind, kind)
