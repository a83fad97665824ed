"""Tags that stand near a digest: in a comment beside it, and in older commits of its line. They are words to try, and prove nothing."""

import re
from collections.abc import Iterable, Iterator, Sequence

from redigest.model import Digest, Sighting
from redigest.text import line_extent
from redigest.tree import Tree

_MOST_PLACES = 5
_MOST_TAGS = 50
_COMMENT = re.compile(r"(?:#|//|/\*|<!--)(?P<text>.*+)")
_WORD = re.compile(r"(?<![\w.:/@-])(?:[Vv]?[0-9][\w.-]{0,127}+)(?![:/@\w])")
_TAGGED = re.compile(r"[a-z0-9]:(?P<tag>[A-Za-z0-9_][\w.-]{0,127}+)(?![\w/])")


def tags_near(tree: Tree, sightings: Sequence[Sighting], digest: Digest) -> Iterator[str]:
    """Yield what may be the tag of a digest that stands at the sightings, the likeliest first, each once."""
    seen: set[str] = set()
    for tag in _candidates(tree, sightings[:_MOST_PLACES], digest):
        if tag not in seen and len(seen) < _MOST_TAGS:
            seen.add(tag)
            yield tag


def _candidates(tree: Tree, sightings: Iterable[Sighting], digest: Digest) -> Iterator[str]:
    for sighting in sightings:
        yield from _in_comments(tree, sighting)
    for sighting in sightings:
        for line in tree.earlier_lines(sighting.path, digest.hex):
            yield from _in_line(line)


def _in_comments(tree: Tree, sighting: Sighting) -> Iterator[str]:
    """The versions in the comment on the line of a digest, and in one that is the whole line above."""
    try:
        chars = tree.read(sighting.path).decode("latin-1")
    except OSError:
        return
    start, end = line_extent(chars, min(sighting.offset, len(chars)))
    above = chars[slice(*line_extent(chars, start - 1))].strip() if start else ""
    for line in (chars[start:end], above if above.startswith(("#", "//")) else ""):
        comment = _COMMENT.search(line)
        if comment is not None:
            yield from _in_line(comment["text"])
            yield from _WORD.findall(comment["text"])


def _in_line(line: str) -> Iterator[str]:
    """What stands behind the colon of a reference in a line."""
    yield from (match["tag"] for match in _TAGGED.finditer(line.replace("sha256:", " ")))
