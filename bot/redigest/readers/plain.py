"""Files in no format that another reader knows: every digest is seen, none is understood."""

from collections.abc import Iterator, Sequence

from redigest.document import Role, Spot
from redigest.text import Text, line_extent


def read(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield a spot for each digest in text of which nothing is known."""
    return _spots(text, digests, Role.TEXT)


def read_prose(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield a spot for each digest in text for people."""
    return _spots(text, digests, Role.PROSE)


def _spots(text: Text, digests: Sequence[int], role: Role) -> Iterator[Spot]:
    for index in digests:
        start, end = line_extent(text.chars, index)
        yield Spot(role, text.slice(start, end), index - start)
