"""The byte search that comes first: which files hold something that looks like a digest, and where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

PREFIX = "sha256:"
HEX_LENGTH = 64

_SHORTEST_MISS = 48
"""A shorter run after `sha256:` is a truncated digest as people write them in prose, not a near miss."""

_DIGEST = re.compile(rf"sha256:[0-9A-Fa-f]{{{_SHORTEST_MISS},}}")
_BARE = re.compile(r"(?<![0-9A-Za-z:])[0-9a-f]{64}(?![0-9A-Za-z])")
_DIGEST_IN_BYTES = re.compile(_DIGEST.pattern.encode())
_BARE_IN_BYTES = re.compile(_BARE.pattern.encode())
_BROKEN = re.compile(r"sha256(?:\\|:[0-9a-f]{0,63}\\)")
_BROKEN_IN_BYTES = re.compile(_BROKEN.pattern.encode())
_SPLIT_IN_BYTES = re.compile(rb"@sha256(?!:)")
_TAG_IN_BYTES = re.compile(rb"sha256-[0-9a-f]{64}(?![0-9A-Za-z])")
"""The form of a digest in a tag, which has no colon: cosign's for signatures, and the referrers tag schema of the OCI distribution specification."""
UTF_16 = {b"\xff\xfe": 0, b"\xfe\xff": 1}
"""Byte order marks of UTF-16, each with the place of the low byte in a code unit."""
_PREFIX_IN_UTF_16 = PREFIX.encode("utf-16-be")[1:]
"""The bytes that both byte orders have in common."""
_DIGITS = re.compile(r"[0-9A-Fa-f]*")


def pattern(bare_keys: Sequence[str]) -> str:
    """Regular expressions over bytes, one a line as `git grep -e` takes them, that every file fits one of which `has_digest` takes.

    Perl and Python read them alike. UTF-16 is told by its mark. Each stands alone and begins with letters: as branches of one expression, they make git take
    twice as long.
    """
    return "\n".join(["sha256", *map(_bare_behind, bare_keys), r"\A(?:\xff\xfe|\xfe\xff)"])


def _bare_behind(key: str) -> str:
    return rf"""{re.escape(key)}["' ]*:[ \t]*["']?[0-9a-f]{{64}}"""


def has_digest(data: bytes, bare_keys: Sequence[str] = ()) -> bool:
    """Tell whether a file is worth reading: it holds a digest, a digest broken by a backslash, or bare hex where `has_bare` looks for it."""
    if data[:2] in UTF_16 and _PREFIX_IN_UTF_16 in data:
        return True
    if b"sha256" not in data:
        return _has_bare_behind(data, bare_keys)
    return bool(_DIGEST_IN_BYTES.search(data) or _BROKEN_IN_BYTES.search(data)) or has_bare(data, bare_keys)


def has_bare(data: bytes, bare_keys: Sequence[str]) -> bool:
    """Tell whether a file holds 64 bare hex digits behind one of `bare_keys` or `sha256-`, or together with a repository that ends in `@sha256`."""
    if _has_bare_behind(data, bare_keys):
        return True
    if b"sha256-" in data and _TAG_IN_BYTES.search(data):
        return True
    return bool(b"@sha256" in data and _SPLIT_IN_BYTES.search(data) and _BARE_IN_BYTES.search(data))


def _has_bare_behind(data: bytes, bare_keys: Sequence[str]) -> bool:
    return any(_bare_behind_in_bytes(key).search(data) for key in bare_keys)


@cache
def _bare_behind_in_bytes(key: str) -> re.Pattern[bytes]:
    """The expression for one key: a search for a fixed beginning is ten times as fast as one for several."""
    return re.compile(_bare_behind(key).encode())


@dataclass(frozen=True, slots=True)
class Screen:
    """The byte search with the keys of bare hex that rules ask for."""

    bare_keys: Sequence[str]

    def takes(self, data: bytes) -> bool:
        """Tell whether a file is worth reading."""
        return has_digest(data, self.bare_keys)


def has_broken(chars: str, start: int, end: int) -> bool:
    """Tell whether a backslash stands in what may be a digest between two indexes, so that `hits` does not show it."""
    return _BROKEN.search(chars, start, end) is not None


def hits(chars: str, *, bare: bool = True) -> list[int]:
    """Indexes, ascending, of everything that looks like a digest: at `sha256:` and, with `bare`, at the first digit of 64 bare hex digits."""
    named = [match.start() for match in _DIGEST.finditer(chars)]
    if not bare:
        return named
    return sorted([*named, *(match.start() for match in _BARE.finditer(chars))])


def digits_at(chars: str, at: int) -> tuple[int, str]:
    """The index of the first hex digit of the hit at `at`, and all the hex digits (of either case) that follow."""
    start = at + len(PREFIX) if chars.startswith(PREFIX, at) else at
    match = _DIGITS.match(chars, start)
    return start, match.group() if match else ""
