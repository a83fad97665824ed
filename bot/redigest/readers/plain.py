"""Files in no format that another reader knows: every digest is seen, and understood only in a list of images."""

import re
from collections.abc import Iterator, Sequence

from redigest.document import Role, Spot
from redigest.readers.literals import comment_start, past
from redigest.text import Text, line_extent

_LIST = re.compile(r"(?:[ \t]*+(?:[\w./:@=-]++[ \t]*+)?(?:(?<!\S)\#[^\r\n]*+)?(?:[\r\n]++|\Z)|)*+")
"""No more than a word on each line, in which `=` may stand before where an image is to go, and comments."""
_BLANKS = re.compile(r"[ \t]*+")


def read(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield a spot for each digest in text of which nothing is known."""
    return _spots(text, digests, Role.TEXT)


def read_prose(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield a spot for each digest in text for people."""
    return _spots(text, digests, Role.PROSE)


def read_list(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield a spot for each digest in what its name says to be a list of images, as programs that mirror or preload them read it, if it has that form."""
    return _items(text, digests) if _LIST.fullmatch(text.chars) else read(text, digests)


def _items(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    for index in digests:
        start, end = line_extent(text.chars, index)
        comment = comment_start(text.chars, start, end)
        if index >= comment:
            yield Spot(Role.COMMENT, text.slice(comment, end), index - comment)
        else:
            start = past(_BLANKS, text.chars, start, comment)
            yield Spot(Role.VALUE, text.slice(start, comment), index - start)


def _spots(text: Text, digests: Sequence[int], role: Role) -> Iterator[Spot]:
    for index in digests:
        start, end = line_extent(text.chars, index)
        yield Spot(role, text.slice(start, end), index - start)
