"""The rows of a mapping file: all of them, or at little cost those that have one of a few digests."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from redigest import reference
from redigest.mapping.blocks import Block, blocks
from redigest.mapping.columns import Columns, digits_in
from redigest.mapping.files import MappingFile
from redigest.mapping.records import Record, lines_of, records
from redigest.mapping.screening import has_open_quotes, lines_of_interest, tokens_of
from redigest.model import Digest

LONGEST_NAME = 255
"""Characters of the longest name of an image, by distribution/reference."""

_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]?")


@dataclass(frozen=True, slots=True)
class Row:
    """One image: `old` is its schema 1 digest, `new` the schema 2 digest that names the same image.

    `repository` is as written, with its registry; it and `tag` are `None` where the file does not say. `file` is as the user named it, `line` from 1.
    """

    repository: str | None
    tag: str | None
    old: Digest
    new: Digest
    file: str
    line: int

    @property
    def place(self) -> str:
        """Where the row stands, as `file:line`."""
        return f"{plain(self.file)}:{self.line}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know of a row; line and column, in characters, count from 1."""

    file: str
    line: int
    column: int
    reason: str

    def __str__(self) -> str:
        return f"{plain(self.file)}:{self.line}:{self.column}: {self.reason}"


class Pair(NamedTuple):
    """A record with two different digests: the 64 hex digits, in lower case, of the schema 1 and of the schema 2 digest."""

    old: str
    new: str
    record: Record


def read(file: str, found: Iterable[Block], columns: Columns, wanted: frozenset[Digest]) -> Iterator[Row | Note]:
    """Give the rows of some blocks of a file that have one of the digests, as schema 1 or as schema 2, and notes on rows that are skipped.

    A block is screened before anything is parsed, so a row without a wanted digest is looked at only if its number of digests is not that of the first
    rows. Once a quote is open where its line ends, all blocks after it are needed. Raises what `pairs` raises.
    """
    digits = frozenset(digest.hex for digest in wanted)
    if empty := no_row(file, columns):
        yield empty
    for entry in _entries(file, _screened(file, found, columns, digits), columns):
        if isinstance(entry, Note):
            yield entry
        elif entry.old in digits or entry.new in digits:
            yield row_of(file, entry, columns)


def no_row(file: str, columns: Columns) -> Note | None:
    """Note that a file has a header and no row."""
    return Note(file, columns.header or 1, 1, "the file holds no row, only this header") if columns.is_empty else None


def pairs(file: MappingFile, columns: Columns) -> Iterator[Pair | Note]:
    """Stream all rows in order, with a note for each that is skipped because it lacks a digest or maps one to itself.

    Blank rows and the header are passed over. Raises `UsageError` for a file that cannot be read to its end.
    """
    return _entries(file.name, records(file.name, lines_of(blocks(file)), columns.delimiter), columns)


def row_of(file: str, pair: Pair, columns: Columns) -> Row:
    """Give the row of a pair with all that it says."""
    cells = pair.record.cells
    repository, tag = (cells[index].strip() if index is not None and index < len(cells) else "" for index in (columns.repository, columns.tag))
    return Row(*_split_off_tag(repository, tag), Digest(pair.old), Digest(pair.new), file, pair.record.line)


def path_of(name: str) -> str:
    """Give a repository without its registry: the same images are found at registry.redhat.io, at registry.access.redhat.com and on mirrors."""
    parsed = reference.parse(name) if len(name) <= LONGEST_NAME else None
    return (parsed.repository if parsed else name).removeprefix("library/")


def plain(text: str) -> str:
    """Make text from a file fit for one line of a terminal or a report: no escape sequences, no control characters, at most 255 characters."""
    return "".join(char for char in _ESCAPE.sub("", text[:LONGEST_NAME]) if char.isprintable())


def _screened(file: str, found: Iterable[Block], columns: Columns, digits: frozenset[str]) -> Iterator[Record]:
    wanted = tokens_of(digits)
    source = iter(found)
    for block in source:
        if has_open_quotes(block.lines):  # from here on only the csv module can tell what is a row
            yield from records(file, lines_of(chain([block], source)), columns.delimiter, line=block.line)
            return
        for line, text in lines_of_interest(block, wanted, columns.digests):
            yield from records(file, [text.decode("utf-8", "replace")], columns.delimiter, line=line)


def _entries(file: str, found: Iterable[Record], columns: Columns) -> Iterator[Pair | Note]:
    for record in found:
        cells = record.cells
        old = digits_in(cells[columns.old]) if columns.old < len(cells) else None
        new = digits_in(cells[columns.new]) if columns.new < len(cells) else None
        if old and new and old != new:
            yield Pair(old, new, record)
        elif record.line != columns.header and any(cell.strip() for cell in cells):
            yield _note(file, record, columns, *((1, columns.old) if not old else (2, columns.new)))


def _note(file: str, record: Record, columns: Columns, schema: int, index: int) -> Note:
    written = plain(record.cells[index].strip()) if index < len(record.cells) else ""
    if not written:
        reason = f"the schema {schema} digest is missing"
    elif digits_in(written):
        reason = "the schema 1 and the schema 2 digest are the same"
    else:
        reason = f"`{written}` is not a sha256 digest"
    return Note(file, *record.position(index, columns.delimiter), f"{reason}; the row is skipped")


def _split_off_tag(repository: str, tag: str) -> tuple[str | None, str | None]:
    """Some files write `name:tag` in one column."""
    if not tag and ":" in repository and len(repository) <= LONGEST_NAME and (parsed := reference.parse(repository)):
        return parsed.name, parsed.tag
    return repository or None, tag or None
