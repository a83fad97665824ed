"""YAML streams: parsed document by document, and only those that hold a digest; the parser locates, it never writes."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from redigest.document import Alias, Mapping, Node, Note, Role, Scalar, Spot
from redigest.document import Sequence as Items
from redigest.readers import json, lines
from redigest.readers.nodes import MAXIMUM_DEPTH, Unreadable, check_depth, is_escaped, spots
from redigest.screen import has_broken
from redigest.text import FOREIGN, Text, line_extent

_STARTS = (re.compile(r"\n---(?=[ \t\r\n]|\Z)"), re.compile(r"\r---(?=[ \t\r\n]|\Z)"))
_ENDS = (re.compile(r"\n\.\.\.(?=[ \t\r\n]|\Z)"), re.compile(r"\r\.\.\.(?=[ \t\r\n]|\Z)"))
"""One for each line end, each with a fixed beginning, which is what makes the search fast."""
_NOTHING = re.compile(r"(?:[ \t]*+(?:[#%][^\r\n]*+)?[\r\n]++|)*+[ \t]*+(?:[#%][^\r\n]*+)?")
"""Comments and directives only, as before the first `---` of a stream."""
_PROPERTIES = re.compile(r"(?:[!&]\S*+\s++(?:#[^\r\n]*+\s++|)*+|)*+")
_UNSEEN = re.compile(r"[^\t\n\r -~]")
"""What only an escape can bring into a value."""
_PURE_LIMIT = 1 << 17
"""Characters beyond which the parser in Python, at up to ten seconds for each MB, is not worth the wait."""


def read(text: Text, digests: Sequence[int]) -> Iterator[Spot | Note]:
    """Yield a spot for each digest; a document that is not YAML is read line by line, with a note unless it is a template."""
    for start, end, inside in _documents(text.chars, digests):
        yield from _read_document(text.slice(start, end), inside, offset=start)


def read_strictly(text: Text, digests: Sequence[int]) -> list[Spot | Note]:
    """Read text that only its content says to be YAML. Raises `Unreadable` if it is not, or if it holds no more than one value."""
    documents = _documents(text.chars, digests)
    return [spot for start, end, inside in documents for spot in _read_nodes(text.slice(start, end), inside, structured=True)]


def _documents(chars: str, digests: Sequence[int]) -> Iterator[tuple[int, int, list[int]]]:
    """The extents of the documents that may hold a digest, each with the indexes in it of its digests.

    `---` at the start of a line begins a document and `...` ends one wherever it stands (YAML 1.2.2, section 9.1.2).
    """
    starts = (match.start() + 1 for pattern in _STARTS for match in pattern.finditer(chars))
    ends = (match.end() for pattern in _ENDS for match in pattern.finditer(chars))
    for start, end in pairwise([0, *sorted([*starts, *ends]), len(chars)]):
        inside = digests[bisect_left(digests, start) : bisect_left(digests, end)]
        if inside or has_broken(chars, start, end):
            yield start, end, [index - start for index in inside]


def _read_document(document: Text, digests: Sequence[int], *, offset: int) -> Iterator[Spot | Note]:
    try:
        if document.chars.lstrip()[:1] in ("{", "["):
            yield from _read_flow(document, digests)
        else:
            yield from _read_nodes(document, digests)
    except Unreadable as problem:
        if "{{" not in document.chars:
            yield Note(offset + problem.at, f"this document is not YAML ({problem.reason}) and was read line by line")
        yield from lines.read(document, digests)


def _read_flow(document: Text, digests: Sequence[int]) -> list[Spot | Note]:
    """JSON, also a stream of objects without separators, is tried first: it is what stands in most files that begin like this."""
    try:
        return list(json.read(document, digests))
    except Unreadable:
        return _read_nodes(document, digests)


def _read_nodes(document: Text, digests: Sequence[int], *, structured: bool = False) -> list[Spot | Note]:
    if _NOTHING.fullmatch(document.chars):
        return [_between(document, index) for index in digests]
    root, escaped = compose(document.chars)
    if structured and isinstance(root, Scalar):
        raise Unreadable("a single value", 0)
    found: list[Spot | Note] = []
    placed: set[int] = set()
    for spot in spots(root, document, sorted({*digests, *escaped})):
        found.append(spot)
        index = spot.value.in_parent(spot.at, 1)
        if index is not None:
            placed.add(index)
    found.extend(_between(document, index) for index in digests if index not in placed)
    return found


def _between(document: Text, index: int) -> Spot:
    """A digest that is in no node stands in a comment."""
    start, end = line_extent(document.chars, index)
    line = document.chars[start:index]
    mark = line.find("#") if line.lstrip().startswith("#") else line.rfind(" #") + 1
    begin = start + max(mark, 0)
    return Spot(Role.COMMENT, document.slice(begin, end), index - begin)


def compose(chars: str) -> tuple[Node, list[int]]:
    """Compose one document, and give the starts of the values that hold a digest only once they are decoded.

    Raises `Unreadable` where neither the parser in C nor, for a document of moderate size, the one in Python accepts it. The one in C refuses some valid
    YAML (ruamel.yaml.clib 0.2.15: a plain scalar with a colon in a flow mapping).
    """
    check_depth(chars)
    try:
        from _ruamel_yaml import CParser  # imported here: a tree without a digest needs no parser

        return _document(_compose(CParser(chars), chars))
    except Unreadable:
        raise
    except Exception as error:  # also where there is no parser in C
        if len(chars) > _PURE_LIMIT:
            raise _unreadable(error) from error
        return _compose_pure(chars)


def _compose_pure(chars: str) -> tuple[Node, list[int]]:
    import ruamel.yaml

    yaml = ruamel.yaml.YAML(typ="safe", pure=True)
    try:
        _, parser = yaml.get_constructor_parser(chars)
        return _document(_compose(parser, chars))
    except Unreadable:
        raise
    except Exception as error:  # ruamel.yaml 0.19.1 raises what it likes where text is not YAML: IndexError for a directive without a document
        raise _unreadable(error) from error


def _document(composed: tuple[Items, list[int]]) -> tuple[Node, list[int]]:
    stream, escaped = composed
    if len(stream.items) > 1:
        raise Unreadable("more than one document", stream.items[1].start)
    return (stream.items[0] if stream.items else stream), escaped


def _unreadable(error: Exception) -> Unreadable:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or type(error).__name__
    return Unreadable(str(problem), mark.index if mark is not None else 0)


def _compose(parser: Any, chars: str) -> tuple[Items, list[int]]:
    """Build nodes from the events of a document; both parsers mark events with indexes of characters."""
    from ruamel.yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

    escaped: list[int] = []
    nodes: list[Node] = []
    around: list[tuple[int, list[Node]]] = []  # of each collection whose end has not come: its start, and the nodes before it in the one around it
    for event in iter(parser.get_event, None):
        kind = type(event)
        if kind is ScalarEvent:
            if event.style == '"' or event.anchor is not None or event.ctag is not None:
                scalar = _scalar(event, chars)
                if scalar.style == '"' and is_escaped(chars, scalar):
                    escaped.append(scalar.start)
            else:
                scalar = Scalar(event.start_mark.index, event.end_mark.index, event.value, event.style or "")
            nodes.append(scalar)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            if len(around) >= MAXIMUM_DEPTH:
                raise Unreadable(f"values nest deeper than {MAXIMUM_DEPTH} levels", event.start_mark.index)
            around.append((event.start_mark.index, nodes))
            nodes = []
        elif kind is MappingEndEvent:
            start, before = around.pop()
            if nodes and isinstance(nodes[0], Mapping) and chars.startswith("{{", start):
                raise Unreadable("an action of a template that only looks like YAML", start)
            before.append(Mapping(start, event.end_mark.index, tuple(zip(nodes[::2], nodes[1::2], strict=True))))
            nodes = before
        elif kind is SequenceEndEvent:
            start, before = around.pop()
            before.append(Items(start, event.end_mark.index, tuple(nodes)))
            nodes = before
        elif kind is AliasEvent:
            nodes.append(Alias(event.start_mark.index, event.end_mark.index, event.anchor))
    return Items(0, len(chars), tuple(nodes)), escaped


def _scalar(event: Any, chars: str) -> Scalar:
    start, end, value = event.start_mark.index, event.end_mark.index, event.value
    if event.anchor is not None or event.tag is not None:
        properties = _PROPERTIES.match(chars, start, end)
        start = properties.end() if properties else start
    if event.style == '"' and not value.isprintable():
        value = _UNSEEN.sub(FOREIGN, value)
    return Scalar(start, end, value, event.style or "")
