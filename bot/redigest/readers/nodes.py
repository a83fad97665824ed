"""From a document of nodes to the spots in which its digests stand; shared by the readers that make documents."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from redigest.document import Alias, Mapping, Node, Path, Role, Scalar, Spot
from redigest.document import Sequence as Items
from redigest.readers.scalars import decoded
from redigest.screen import hits
from redigest.text import FOREIGN, Text

Around = tuple[tuple[Mapping, int], ...]

MAXIMUM_DEPTH = 200
"""Deeper nesting is no document that a person or a program meant; the parsers in C end the interpreter at a few ten thousand."""

_BRACKET = re.compile(r"[\[\]{}]")


class Unreadable(Exception):
    """The text is not of the format that the reader knows; `at` is the character at which that shows."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


def check_depth(chars: str) -> None:
    """Raise `Unreadable` where brackets nest deeper than `MAXIMUM_DEPTH`, before a parser sees them."""
    if chars.count("[") + chars.count("{") <= MAXIMUM_DEPTH:
        return
    depth = 0
    for bracket in _BRACKET.finditer(chars):
        if bracket.group() in "[{":
            depth += 1
            if depth > MAXIMUM_DEPTH:
                raise Unreadable(f"brackets nest deeper than {MAXIMUM_DEPTH} levels", bracket.start())
        elif depth:
            depth -= 1


def is_escaped(chars: str, scalar: Scalar) -> bool:
    """Tell whether a quoted value holds a digest that a search in the file does not show, since a backslash stands in it."""
    if "sha256:" not in scalar.value or chars.find("\\", scalar.start, scalar.end) < 0:
        return False
    return len(hits(scalar.value, bare=False)) != len(hits(chars[scalar.start : scalar.end], bare=False))


def spots(root: Node, text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield, in order, a spot for each of `digests` that stands in a key or a value of the document.

    `digests` holds ascending indexes in `text`; those between the nodes (in comments) are left to the caller. Every digest that a value holds once it is
    decoded is yielded, so one that is escaped in the file is too if any index inside its value is given.
    """
    return _spots(root, text=text, digests=digests, path=(), around=(), role=Role.VALUE)


def _spots(node: Node, *, text: Text, digests: Sequence[int], path: Path, around: Around, role: Role) -> Iterator[Spot]:
    match node:
        case Scalar():
            value = decoded(text, node)
            parent = around[-1][0] if around else None
            for at in hits(value.chars):
                yield Spot(role, value, at, path, parent, around)
        case Mapping(entries=entries):
            around = (*around, (node, len(path)))
            for key, value_node in entries:
                step = _step(text, key)
                if inside := _inside(key, digests):
                    yield from _spots(key, text=text, digests=inside, path=(*path, step), around=around, role=Role.KEY)
                if inside := _inside(value_node, digests):
                    yield from _spots(value_node, text=text, digests=inside, path=(*path, step), around=around, role=role)
        case Items(items=items):
            for index, item in enumerate(items):
                if inside := _inside(item, digests):
                    yield from _spots(item, text=text, digests=inside, path=(*path, index), around=around, role=role)
        case Alias():
            return


def _step(text: Text, key: Node) -> str:
    """A key as it is written, for a path."""
    if not isinstance(key, Scalar):
        return "?"
    if key.value.isprintable() and FOREIGN not in key.value:
        return key.value
    return text.written(key.start, key.end).strip("\"'")


def _inside(node: Node, digests: Sequence[int]) -> Sequence[int]:
    first = bisect_left(digests, node.start)
    if first == len(digests) or digests[first] >= node.end:
        return ()
    return digests[first : bisect_left(digests, node.end)]
