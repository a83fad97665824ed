"""All rows of mapping files in a database on disk, to be sorted and compared however many they are."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

from redigest.mapping.columns import Columns, columns_of
from redigest.mapping.files import MappingFile
from redigest.mapping.rows import Note, pairs, row_of

_TABLES = """
    CREATE TABLE row (id INTEGER PRIMARY KEY, repository TEXT, tag TEXT, old BLOB, new BLOB, file INTEGER, line INTEGER);
    CREATE TABLE skipped (id INTEGER PRIMARY KEY, file INTEGER, line INTEGER, "column" INTEGER, reason TEXT);
"""
_INDEXES = """
    CREATE INDEX by_old ON row (old, new);
    CREATE INDEX by_new ON row (new);
"""
_ROW = "INSERT INTO row (repository, tag, old, new, file, line) VALUES (?, ?, ?, ?, ?, ?)"
_SKIPPED = 'INSERT INTO skipped (file, line, "column", reason) VALUES (?, ?, ?, ?)'


@contextmanager
def table_of(layouts: Iterable[tuple[MappingFile, Columns]]) -> Iterator[sqlite3.Connection]:
    """Load rows in order into the table `row`, with digests as bytes, and notes on those that are skipped into `skipped`; both name a file by its position.

    The database lasts as long as the context. Raises `UsageError` for a file that cannot be read to its end.
    """
    with closing(sqlite3.connect("")) as database:  # no name: a temporary file, which SQLite removes
        database.executescript(_TABLES)
        for number, (file, columns) in enumerate(layouts):
            _load(database, number, file, columns)
        database.executescript(_INDEXES)
        yield database


def layouts_of(files: Iterable[MappingFile]) -> tuple[tuple[MappingFile, Columns], ...]:
    """Work out the columns of each distinct file; raise `UsageError` for one that has neither rows nor a header, or does not say which digest is which."""
    return tuple((file, columns_of(file)) for file in dict.fromkeys(files))


def _load(database: sqlite3.Connection, number: int, file: MappingFile, columns: Columns) -> None:
    for entry in pairs(file, columns):
        if isinstance(entry, Note):
            database.execute(_SKIPPED, (number, entry.line, entry.column, entry.reason))
        else:
            row = row_of(file.name, entry, columns)
            database.execute(_ROW, (row.repository, row.tag, bytes.fromhex(entry.old), bytes.fromhex(entry.new), number, row.line))
