"""The cheap look that comes before parsing: which lines of a block hold a wanted digest, or are not like the other rows."""

from collections.abc import Iterator

from redigest.mapping.blocks import Block

_TOKENS = bytes(byte if chr(byte) in "0123456789abcdefghijklmnopqrstuvwxyz.:/_-\n" else ord(" ") for byte in bytes(range(256)).lower())
"""Lower-cases, and blanks what cannot stand beside a digest in its cell, so that `bytes.split` finds the digests; a pattern takes twice as long."""

_DIGEST_LENGTHS = (64, len("sha256:") + 64)
_ALL_BUT_QUOTES_AND_LF = bytes(byte for byte in range(256) if byte not in b'"\n')


def tokens_of(digits: frozenset[str]) -> frozenset[bytes]:
    """Give the tokens as which digests, known by their hex digits, may stand in a line."""
    return frozenset(token.encode() for each in digits for token in (each, f"sha256:{each}"))


def count_digests(lines: bytes) -> int:
    """Count what has the length of a digest, with or without the algorithm."""
    return _count(lines.translate(_TOKENS).split())


def has_open_quotes(lines: bytes) -> bool:
    """Tell whether some line has an odd number of quotes, and so may hold only a part of a record (RFC 4180, section 2, rules 6 and 7)."""
    return b'"' in lines and b'"' in lines.translate(None, _ALL_BUT_QUOTES_AND_LF).replace(b'""', b"")


def lines_of_interest(block: Block, wanted: frozenset[bytes], count: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines, with their numbers, that hold one of the tokens or another number of digests than `count`."""
    lowered = block.lines.translate(_TOKENS)
    tokens = lowered.split()
    if wanted.isdisjoint(tokens) and _count(tokens) == count * block.lines.count(b"\n"):
        return
    for number, (line, text) in enumerate(zip(lowered.split(b"\n"), block.lines.split(b"\n"), strict=True), block.line):
        tokens = line.split()
        if text and (not wanted.isdisjoint(tokens) or _count(tokens) != count):
            yield number, text


def _count(tokens: list[bytes]) -> int:
    lengths = list(map(len, tokens))
    return sum(map(lengths.count, _DIGEST_LENGTHS))
