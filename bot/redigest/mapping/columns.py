"""Which column of a mapping file holds what: told by the header, or without one by the order of the announcement and by look."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from redigest.errors import UsageError
from redigest.mapping.blocks import Block, blocks
from redigest.mapping.files import MappingFile
from redigest.mapping.records import Record, lines_of, records
from redigest.mapping.screening import count_digests

_DELIMITERS = (",", ";", "\t")
_DIGEST = re.compile(r"\s*(?:sha256:)?([0-9a-f]{64})\s*", re.ASCII | re.IGNORECASE)

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"schema|digest|[a-z]+?(?=schema|digest|[^a-z]|$)|[0-9]+")
"""Words of a header in lower case; "olddigest" is two of them, and so is "v2"."""

_PAIRS = (
    (re.compile(r"\b(?:schema (?:version )?(?:v )?|s )1\b"), re.compile(r"\b(?:schema (?:version )?(?:v )?|s )2\b")),
    (re.compile(r"\bv 1\b"), re.compile(r"\bv 2\b")),
    (re.compile(r"\b(?:old|from|source|before|deprecated)\b"), re.compile(r"\b(?:new|to|target|after|replacement|equivalent)\b")),
)
"""Words for schema 1 and for schema 2, the plainest first: "V2 schema 1" speaks of schema 1."""

_REPOSITORY = (re.compile(r"\b(?:image)?repo(?:sitory)?(?:name)?\b"), re.compile(r"\b(?:image|name|imagename)\b"))
_TAG = (re.compile(r"\b(?:image)?tag(?:name)?\b"),)
_DIGEST_WORDS = (re.compile(r"\b(?:digest|manifest|hash|sha(?! 256 \w))\b"),)
_NAMES_A_DIGEST = re.compile(r"\b(?:schema|digest)\b")
_OF_A_DIGEST = (*_DIGEST_WORDS, *(pattern for pair in _PAIRS for pattern in pair))

_TAG_LOOK = re.compile(r"\s*[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\s*", re.ASCII)
_LOOKED_AT = 64
"""Rows and columns that are looked at to recognise repository and tag."""

_NAME_THEM = "name the columns repository, tag, schema1_digest and schema2_digest"


@dataclass(frozen=True, slots=True)
class Columns:
    """How to read the rows of one file; columns count from 0.

    `digests` is how many of them hold a digest of any kind; `header` is the line of the header, `None` without one. `is_empty` says that the header is all
    that the file has.
    """

    delimiter: str
    old: int
    new: int
    repository: int | None
    tag: int | None
    digests: int
    header: int | None
    is_empty: bool = False


def digits_in(cell: str) -> str | None:
    """Give the 64 hex digits, in lower case, of a cell that is a sha256 digest, with or without the algorithm."""
    match = _DIGEST.fullmatch(cell)
    return match.group(1).lower() if match else None


def columns_of(source: MappingFile) -> Columns:
    """Work out the columns from the first rows of a file, or from its header if it has nothing else.

    Raises `UsageError` if it has neither, or if it does not say which digest is which.
    """
    file = source.name
    head: Block | None = None
    last: Block | None = None
    for block in blocks(source):
        head, last = head or block, block
        if count_digests(block.lines) > 1:
            samples = {delimiter: list(_sample(file, block, delimiter)) for delimiter in _DELIMITERS}
            delimiter, sample = max(samples.items(), key=lambda item: len(_rows(item[1])))
            if rows := _rows(sample):
                before = sample[: sample.index(rows[0])] if block is head else list(_sample(file, head, delimiter))
                return _columns(file, delimiter, before, rows)
    if head is not None and head is last:
        for delimiter in _DELIMITERS:
            if header := _header_alone(file, head, delimiter):
                return header
    raise UsageError.at(file, message=f"no line is a row with two sha256 digests; give CSV text with one image a line, and {_NAME_THEM}")


def _columns(file: str, delimiter: str, before: Sequence[Record], rows: Sequence[Record]) -> Columns:
    digests = sorted({index for row in rows for index in _digest_columns(row)})
    headers = [record for record in before if _is_header(record, digests)]
    if not headers:
        return _without_header(file, delimiter, rows, digests)
    for header in headers:
        schemas = {index: _schema(header.cells[index]) for index in digests if index < len(header.cells)}
        old = [index for index, schema in schemas.items() if schema == 1]
        new = [index for index, schema in schemas.items() if schema == 2]
        if len(old) == len(new) == 1:
            names = {index: _words(cell) for index, cell in enumerate(header.cells) if index not in digests}
            return Columns(delimiter, old[0], new[0], _first(names, _REPOSITORY), _first(names, _TAG), len(digests), header.line)
    numbers = ", ".join(str(index + 1) for index in digests)
    message = f"columns {numbers} hold digests, and the header does not say which one is schema 1 and which one is schema 2; {_NAME_THEM}"
    raise UsageError.at(file, line=headers[0].line, message=message)


def _header_alone(file: str, block: Block, delimiter: str) -> Columns | None:
    """Give the columns that the only record of a file names, if it names both digests as such: what `mapping build` leaves when it fails has no row."""
    try:
        written = [record for record in records(file, lines_of([block]), delimiter) if any(map(str.strip, record.cells))]
    except UsageError:  # a quote that is not closed
        return None
    if len(written) != 1:
        return None
    names = dict(enumerate(map(_words, written[0].cells)))
    schemas = {index: _schema(written[0].cells[index]) for index, words in names.items() if _NAMES_A_DIGEST.search(words)}
    old, new = ([index for index, schema in schemas.items() if schema == number] for number in (1, 2))
    if not len(old) == len(new) == 1:
        return None
    others = {index: words for index, words in names.items() if index not in schemas}
    return Columns(delimiter, old[0], new[0], _first(others, _REPOSITORY), _first(others, _TAG), len(schemas), written[0].line, is_empty=True)


def _without_header(file: str, delimiter: str, rows: Sequence[Record], digests: Sequence[int]) -> Columns:
    if len(digests) > 2:
        line = next(row.line for row in rows if set(_digest_columns(row)) - set(digests[:2]))
        message = f"{len(digests)} columns hold digests and no header says which of them are schema 1 and schema 2; {_NAME_THEM}"
        raise UsageError.at(file, line=line, message=message)
    repository, tag = _by_look(rows[:_LOOKED_AT], digests)
    return Columns(delimiter, digests[0], digests[1], repository, tag, len(digests), None)


def _sample(file: str, block: Block, delimiter: str) -> Iterator[Record]:
    with suppress(UsageError):  # a quote that is still open where the sample ends
        yield from records(file, lines_of([block]), delimiter, line=block.line)


def _rows(sample: Iterable[Record]) -> list[Record]:
    return [record for record in sample if len(_digest_columns(record)) > 1]


def _digest_columns(record: Record) -> list[int]:
    return [index for index, cell in enumerate(record.cells) if digits_in(cell)]


def _words(cell: str) -> str:
    return " ".join(_WORD.findall(_CAMEL.sub(" ", cell).lower()))


def _is_header(record: Record, digests: Sequence[int]) -> bool:
    """Tell whether a record before the first row names a column of digests, or repository and tag and the columns of digests in words of its own."""
    if _digest_columns(record):
        return False
    names = dict(enumerate(map(_words, record.cells)))
    if _first({index: names.get(index, "") for index in digests}, _OF_A_DIGEST) is not None:
        return True
    return all(names.get(index) for index in digests) and None not in (_first(names, _REPOSITORY), _first(names, _TAG))


def _schema(cell: str) -> int | None:
    words = _words(cell)
    for first, second in _PAIRS:
        is_first, is_second = first.search(words) is not None, second.search(words) is not None
        if is_first != is_second:
            return 1 if is_first else 2
        if is_first:
            return None
    return None


def _first(names: dict[int, str], patterns: Sequence[re.Pattern[str]]) -> int | None:
    return next((index for pattern in patterns for index, words in names.items() if pattern.search(words)), None)


def _by_look(rows: Sequence[Record], digests: Sequence[int]) -> tuple[int | None, int | None]:
    """Columns of repository and tag: the one with the most slashes, and the next one in which every cell may be a tag."""
    others = [index for index in range(min(len(rows[0].cells), _LOOKED_AT)) if index not in digests]
    if not others:
        return None, None
    cells = {index: [row.cells[index] if index < len(row.cells) else "" for row in rows] for index in others}
    repository = max(others, key=lambda index: sum("/" in cell for cell in cells[index]))
    rest = [index for index in others if index > repository] + [index for index in others if index < repository]
    return repository, next((index for index in rest if all(map(_TAG_LOOK.fullmatch, cells[index]))), None)
