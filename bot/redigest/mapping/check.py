"""The faults of mapping files: repeated, contradicting and chained rows, and rows that are skipped."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redigest.mapping.columns import Columns
from redigest.mapping.conflicts import CONFLICTS, gather_undecided
from redigest.mapping.files import MappingFile
from redigest.mapping.rows import Note, Row, no_row, plain
from redigest.mapping.table import layouts_of, table_of
from redigest.model import Digest

_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Findings:
    """How many rows have one kind of fault, and notes on the first thousand of them in order of file and line."""

    count: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column of a file was taken for what, from 1, and `None` for none; `header` is the line that says it, `None` where no line does."""

    file: str
    repository: int | None
    tag: int | None
    schema1: int
    schema2: int
    header: int | None

    def __str__(self) -> str:
        taken = (("repository", self.repository), ("tag", self.tag), ("schema 1 digest", self.schema1), ("schema 2 digest", self.schema2))
        columns = ", ".join(f"{name} in column {number}" if number else f"no {name}" for name, number in taken)
        if self.header:
            return f"{plain(self.file)}: {columns}; line {self.header} is the header that says so"
        return f"{plain(self.file)}: {columns}; no header says so, so the digests are taken in the order of the announcement, schema 1 first"


@dataclass(frozen=True, slots=True)
class MappingReport:
    """What stands in mapping files taken together.

    `layouts` has one entry for each file, in order; `empty` notes those without a row.

    `rows` counts those with two different digests, `schema1` their distinct schema 1 digests. `duplicates` say again what an earlier row says;
    `conflicts` give a schema 1 digest another schema 2 digest than its first row does, where repository and tag do not decide between them;
    `chains` have a schema 2 digest that some row lists as schema 1; `skipped` rows lack a digest or map one to itself. `samples` are rows for spot
    checks, at even distances.
    """

    layouts: tuple[Layout, ...]
    empty: tuple[Note, ...]
    rows: int
    schema1: int
    duplicates: Findings
    conflicts: Findings
    chains: Findings
    skipped: Findings
    samples: tuple[Row, ...]

    @property
    def is_clean(self) -> bool:
        return not (self.duplicates.count or self.conflicts.count or self.chains.count or self.skipped.count)


_COUNTS = "SELECT count(*), count(DISTINCT old) FROM row"

# Each gives file and line of a row and of the other row that its fault has to do with. CROSS JOIN keeps SQLite to the order that is written: from the
# few groups that have a fault to their rows, so that each row is visited once.
_DUPLICATES = """
    SELECT row.file, row.line, first.file, first.line
    FROM (SELECT old, new, min(id) AS id FROM row GROUP BY old, new HAVING count(*) > 1) AS pair
    CROSS JOIN row AS first ON first.id = pair.id
    CROSS JOIN row ON row.old = pair.old AND row.new = pair.new AND row.id <> pair.id
    ORDER BY row.id
"""
_CHAINS = """
    SELECT row.file, row.line, next.file, next.line
    FROM (SELECT old, min(id) AS id FROM row WHERE old IN (SELECT new FROM row) GROUP BY old) AS link
    CROSS JOIN row AS next ON next.id = link.id
    CROSS JOIN row ON row.new = link.old
    ORDER BY row.id
"""
_SAMPLES = "SELECT repository, tag, old, new, file, line FROM row WHERE id % ? = 1 % ? ORDER BY id LIMIT ?"
_SKIPPED = 'SELECT file, line, "column", reason FROM skipped ORDER BY id'


def check(files: Iterable[MappingFile], samples: int = 0) -> MappingReport:
    """Look for faults in all rows of all files, which are indexed on disk, and take some as samples.

    Notes on whole rows stand at column 1. Raises `UsageError` for a file that cannot be read or has neither rows nor a header.
    """
    layouts = layouts_of(files)
    names = [file.name for file, _ in layouts]
    with table_of(layouts) as table:
        gather_undecided(table)
        ((rows, schema1),) = table.execute(_COUNTS)
        return MappingReport(
            tuple(_layout(file.name, columns) for file, columns in layouts),
            no_rows(layouts),
            rows,
            schema1,
            duplicates=faulty(table, _DUPLICATES, names, "says again what {} says"),
            conflicts=faulty(
                table, CONFLICTS, names, "gives another schema 2 digest than {} for the same schema 1 digest, and repository and tag do not decide"
            ),
            chains=faulty(table, _CHAINS, names, "has a schema 2 digest that {} lists as schema 1"),
            skipped=skipped(table, names),
            samples=_samples(table, names, rows, samples),
        )


def no_rows(layouts: Iterable[tuple[MappingFile, Columns]]) -> tuple[Note, ...]:
    """Note the files that have a header and no row."""
    return tuple(filter(None, (no_row(file.name, columns) for file, columns in layouts)))


def faulty(table: sqlite3.Connection, query: str, names: Sequence[str], reason: str) -> Findings:
    """Note the rows that a query finds, each with the other row that its fault has to do with."""
    found = table.execute(query)
    return _findings(Note(names[file], line, 1, reason.format(f"{plain(names[other])}:{place}")) for file, line, other, place in found)


def skipped(table: sqlite3.Connection, names: Sequence[str]) -> Findings:
    """Note the rows that are skipped."""
    return _findings(Note(names[file], line, column, reason) for file, line, column, reason in table.execute(_SKIPPED))


def _samples(table: sqlite3.Connection, names: Sequence[str], rows: int, count: int) -> tuple[Row, ...]:
    distance = max(1, rows // max(1, count))
    taken = table.execute(_SAMPLES, (distance, distance, count))
    return tuple(Row(repository, tag, Digest(old.hex()), Digest(new.hex()), names[file], line) for repository, tag, old, new, file, line in taken)


def _layout(file: str, columns: Columns) -> Layout:
    repository, tag = (None if index is None else index + 1 for index in (columns.repository, columns.tag))
    return Layout(file, repository, tag, columns.old + 1, columns.new + 1, columns.header)


def _findings(notes: Iterable[Note]) -> Findings:
    count, listed = 0, list[Note]()
    for count, note in enumerate(notes, 1):
        if count <= _LISTED:
            listed.append(note)
    return Findings(count, tuple(listed))
