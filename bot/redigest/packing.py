"""What a file holds as a few bytes that are nothing but data: to be sent from process to process, and to be kept."""

import json
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain
from operator import lt

from redigest.find import Found
from redigest.model import Digest, Problem, Sighting, Standing

_MOST_UNPACKED = 64 << 20
"""Bytes of text beyond which something is no longer unpacked: that of a file is about as long as the file."""
_LEVEL = 1


class Unusable(ValueError):
    """Bytes do not say what a file holds."""


class _Words:
    """Texts by number, each once, since names and reasons repeat from digest to digest."""

    def __init__(self) -> None:
        self._numbers: dict[str | None, int] = {None: -1}

    def __call__(self, text: str | None) -> int:
        return self._numbers.setdefault(text, len(self._numbers) - 1)

    def __iter__(self) -> Iterator[str]:
        return (text for text in self._numbers if text is not None)


def pack(found: Found) -> bytes:
    """Pack what a file holds; its path is left out."""
    words = _Words()
    sightings = [
        [
            *(seen.offset, seen.line, seen.column, int(seen.digest is not None), int(seen.is_tagged)),
            *map(words, (seen.text, seen.rule, seen.place, seen.name, seen.tag, seen.standing.value, seen.reason)),
        ]
        for seen in found.sightings
    ]
    problems = [[-1 if problem.line is None else problem.line, int(problem.failed), words(problem.reason)] for problem in found.problems]
    return zlib.compress(json.dumps([list(words), sightings, problems], separators=(",", ":")).encode(), _LEVEL)


def unpack(packed: bytes, path: str, *, most: int = _MOST_UNPACKED) -> Found:
    """Unpack what the file at `path` holds. Raises `Unusable` for anything that `pack` does not make, or that has more than `most` bytes (0: no limit)."""
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(packed, most)
        if not unpacking.eof or unpacking.unused_data:
            raise Unusable("it is cut off or too long")
        words, sightings, problems = json.loads(text)
        return _Unpacking(path, words).found(sightings, problems)
    except (zlib.error, ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError) as error:
        raise Unusable(str(error)) from error


class _Unpacking:
    """Makes values of numbers, and trusts none of them; equal texts become one object."""

    def __init__(self, path: str, words: Sequence[str]) -> None:
        _check(isinstance(words, list) and all(type(word) is str for word in words))
        self._path = path
        self._words: dict[int, str | None] = {-1: None, **dict(enumerate(words))}
        self._digests: dict[int, Digest] = {}
        self._standings: dict[int, Standing] = {}

    def found(self, sightings: Sequence[Sequence[int]], problems: Sequence[Sequence[int]]) -> Found:
        _check({*map(type, chain.from_iterable((*sightings, *problems)))} <= {int})
        offsets = [row[0] for row in sightings]
        _check(all(map(lt, [-1, *offsets], offsets)) and all(row[1] > 0 and row[2] > 0 for row in sightings))
        return Found(tuple(self._sighting(*row) for row in sightings), tuple(self._problem(*row) for row in problems))

    def _sighting(  # noqa: PLR0917 -- the columns of a row
        self,
        offset: int,
        line: int,
        column: int,
        has_digest: int,
        is_tagged: int,
        text: int,
        rule: int,
        place: int,
        name: int,
        tag: int,
        standing: int,
        reason: int,
    ) -> Sighting:
        words = self._words
        return Sighting(
            self._path,
            offset,
            line,
            column,
            self._text(text),
            (self._digests.get(text) or self._digest(text)) if has_digest else None,
            words[rule],
            self._text(place),
            words[name],
            words[tag],
            self._standings.get(standing) or self._standing(standing),
            words[reason],
            bool(is_tagged),
        )

    def _problem(self, line: int, failed: int, reason: int) -> Problem:
        return Problem(self._path, line if line > 0 else None, self._text(reason), failed=bool(failed))

    def _text(self, number: int) -> str:
        word = self._words[number]
        if word is None:
            raise Unusable("a text is missing")
        return word

    def _digest(self, number: int) -> Digest:
        return self._digests.setdefault(number, Digest.parse(self._text(number)))

    def _standing(self, number: int) -> Standing:
        return self._standings.setdefault(number, Standing(self._text(number)))


def _check(is_right: bool) -> None:  # noqa: FBT001 -- a condition
    if not is_right:
        raise Unusable("it is not what was packed")
