"""The faults of mapping files: repeated, contradicting and chained rows, and rows that are skipped."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from redigest.mapping.rows import Note, Pair, pairs, plain

_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Findings:
    """How many rows have one kind of fault, and notes on the first thousand of them in order of file and line."""

    count: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class MappingReport:
    """What stands in mapping files taken together.

    `rows` counts those with two different digests, `schema1` their distinct schema 1 digests. `duplicates` say again what an earlier row says;
    `conflicts` give a schema 1 digest another schema 2 digest than its first row does; `chains` have a schema 2 digest that some row lists as
    schema 1; `skipped` rows lack a digest or map one to itself.
    """

    rows: int
    schema1: int
    duplicates: Findings
    conflicts: Findings
    chains: Findings
    skipped: Findings

    @property
    def is_clean(self) -> bool:
        return not (self.duplicates.count or self.conflicts.count or self.chains.count or self.skipped.count)


_TABLES = """
    CREATE TABLE row (id INTEGER PRIMARY KEY, old BLOB, new BLOB, file INTEGER, line INTEGER);
    CREATE TABLE skipped (id INTEGER PRIMARY KEY, file INTEGER, line INTEGER, "column" INTEGER, reason TEXT);
"""
_INDEXES = """
    CREATE INDEX by_old ON row (old, new);
    CREATE INDEX by_new ON row (new);
"""
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
_CONFLICTS = """
    SELECT row.file, row.line, first.file, first.line
    FROM (SELECT old, min(id) AS id FROM row GROUP BY old HAVING min(new) <> max(new)) AS one
    CROSS JOIN row AS first ON first.id = one.id
    CROSS JOIN row ON row.old = one.old AND row.new <> first.new
    ORDER BY row.id
"""
_CHAINS = """
    SELECT row.file, row.line, next.file, next.line
    FROM (SELECT old, min(id) AS id FROM row WHERE old IN (SELECT new FROM row) GROUP BY old) AS link
    CROSS JOIN row AS next ON next.id = link.id
    CROSS JOIN row ON row.new = link.old
    ORDER BY row.id
"""
_SKIPPED = 'SELECT file, line, "column", reason FROM skipped ORDER BY id'


def check(paths: Iterable[Path]) -> MappingReport:
    """Look for faults in all rows of all files, which are indexed on disk; raise `UsageError` for a file that cannot be read or has no rows.

    Notes on whole rows stand at column 1.
    """
    files = tuple(dict.fromkeys(paths))
    with closing(sqlite3.connect("")) as database:  # no name: a temporary file, which SQLite removes
        database.executescript(_TABLES)
        for number, path in enumerate(files):
            _load(database, number, path)
        database.executescript(_INDEXES)

        def faulty(query: str, reason: str) -> Findings:
            found = database.execute(query)
            return _findings(Note(str(files[file]), line, 1, reason.format(f"{plain(str(files[other]))}:{place}")) for file, line, other, place in found)

        ((rows, schema1),) = database.execute(_COUNTS)
        return MappingReport(
            rows,
            schema1,
            duplicates=faulty(_DUPLICATES, "says again what {} says"),
            conflicts=faulty(_CONFLICTS, "gives another schema 2 digest than {} for the same schema 1 digest"),
            chains=faulty(_CHAINS, "has a schema 2 digest that {} lists as schema 1"),
            skipped=_findings(Note(str(files[file]), line, column, reason) for file, line, column, reason in database.execute(_SKIPPED)),
        )


def _load(database: sqlite3.Connection, number: int, path: Path) -> None:
    for entry in pairs(path):
        match entry:
            case Pair(old, new, record):
                row = (bytes.fromhex(old), bytes.fromhex(new), number, record.line)
                database.execute("INSERT INTO row (old, new, file, line) VALUES (?, ?, ?, ?)", row)
            case Note(_, line, column, reason):
                database.execute('INSERT INTO skipped (file, line, "column", reason) VALUES (?, ?, ?, ?)', (number, line, column, reason))


def _findings(notes: Iterable[Note]) -> Findings:
    count, listed = 0, list[Note]()
    for count, note in enumerate(notes, 1):
        if count <= _LISTED:
            listed.append(note)
    return Findings(count, tuple(listed))
