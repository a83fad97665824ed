"""The cheap look that comes before parsing: which lines of a block hold a wanted digest, or are not like the other rows."""

from collections.abc import Iterator
from itertools import pairwise

from redigest.mapping.blocks import Block

_TOKENS = bytes(byte if chr(byte) in "0123456789abcdefghijklmnopqrstuvwxyz.:/_-\n" else ord(" ") for byte in bytes(range(256)).lower())
"""Lower-cases, and blanks what cannot stand beside a digest in its cell, so that `bytes.split` finds the digests; a pattern takes twice as long."""

_FEW = 8
"""Digests that are looked for one by one in a block; with more it is faster to look at every line."""

_DIGEST_LENGTHS = (64, len("sha256:") + 64)
_ALL_BUT_QUOTES_AND_LF = bytes(byte for byte in range(256) if byte not in b'"\n')


def tokens_of(digits: frozenset[str]) -> frozenset[bytes]:
    """Give the tokens as which digests, known by their hex digits, may stand in a line."""
    return frozenset(token.encode() for each in digits for token in (each, f"sha256:{each}"))


def count_digests(lines: bytes) -> int:
    """Count what has the length of a digest, with or without the algorithm."""
    return _count(lines.translate(_TOKENS).split())


def heads_of_digests(lines: bytes, length: int) -> list[bytes]:
    """Give the first hex digits, so many of them, of all that `count_digests` counts; of what only has that length, other characters."""
    return [token[-64 : length - 64] for token in lines.translate(_TOKENS).split() if len(token) in _DIGEST_LENGTHS]


def is_regular(block: Block, count: int, *, digests: int) -> bool:
    """Tell whether a block with `count` digests can have `digests` of them in every line, each of which has an end."""
    return block.lines.endswith(b"\n") and count == digests * block.lines.count(b"\n")


def has_open_quotes(lines: bytes) -> bool:
    """Tell whether some line has an odd number of quotes, and so may hold only a part of a record (RFC 4180, section 2, rules 6 and 7)."""
    return b'"' in lines and b'"' in lines.translate(None, _ALL_BUT_QUOTES_AND_LF).replace(b'""', b"")


def lines_of_interest(block: Block, wanted: frozenset[bytes], digests: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines, with their numbers, that hold one of the tokens, and of a block that is not regular those with another number of digests."""
    lowered = block.lines.translate(_TOKENS)
    tokens = lowered.split()
    present = wanted.intersection(tokens)
    if is_regular(block, _count(tokens), digests=digests) and len(present) <= _FEW:
        yield from _lines_with(present, lowered, block)
        return
    for number, (line, text) in enumerate(zip(lowered.split(b"\n"), block.lines.split(b"\n"), strict=True), block.line):
        tokens = line.split()
        if text and (not present.isdisjoint(tokens) or _count(tokens) != digests):
            yield number, text


def _lines_with(present: frozenset[bytes], lowered: bytes, block: Block) -> Iterator[tuple[int, bytes]]:
    starts = sorted({lowered.rfind(b"\n", 0, at) + 1 for token in present for at in _places(token, lowered)})
    number = block.line
    for before, start in pairwise((0, *starts)):
        number += lowered.count(b"\n", before, start)
        yield number, block.lines[start : lowered.index(b"\n", start)]


def _places(token: bytes, lowered: bytes) -> Iterator[int]:
    at = lowered.find(token)
    while at >= 0:
        yield at
        at = lowered.find(token, at + len(token))


def _count(tokens: list[bytes]) -> int:
    lengths = list(map(len, tokens))
    return sum(map(lengths.count, _DIGEST_LENGTHS))
