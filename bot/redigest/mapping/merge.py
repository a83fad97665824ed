"""Several mapping files as one: each row once, in order of first appearance, and none of those that contradict each other."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redigest.mapping.check import Findings, faulty, no_rows, skipped
from redigest.mapping.conflicts import CONFLICTS, gather_undecided
from redigest.mapping.files import MappingFile
from redigest.mapping.rows import Note
from redigest.mapping.table import layouts_of, table_of

HEADER = ("repository", "tag", "V2 schema 1 digest", "V2 schema 2 digest")
"""The columns of the announcement, which `Merged.cells` are for."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The rows that are left: their cells, to be read once, and their number. Then how many only repeated one, and those left out for a fault.

    `empty` are notes on files without a row.
    """

    cells: Iterator[tuple[str, str, str, str]]
    rows: int
    repeated: int
    conflicts: Findings
    skipped: Findings
    empty: tuple[Note, ...]


# All rows of a digest go whose rows contradict each other, for those that are left would seem to agree.
_KEPT = """
    CREATE TABLE kept AS
    SELECT min(id) AS id, count(*) AS count FROM row WHERE old NOT IN (SELECT old FROM undecided) GROUP BY old, new, repository, tag;
"""
_COUNTS = "SELECT count(*), coalesce(sum(count - 1), 0) FROM kept"
_CELLS = """
    SELECT coalesce(repository, ''), coalesce(tag, ''), 'sha256:' || lower(hex(old)), 'sha256:' || lower(hex(new))
    FROM kept CROSS JOIN row ON row.id = kept.id
    ORDER BY kept.id
"""


@contextmanager
def merged(files: Iterable[MappingFile]) -> Iterator[Merged]:
    """Read all files into a table on disk, which lasts as long as the context.

    Raises `UsageError` for a file that cannot be read or has neither rows nor a header.
    """
    layouts = layouts_of(files)
    names = [file.name for file, _ in layouts]
    with table_of(layouts) as table:
        gather_undecided(table)
        table.executescript(_KEPT)
        ((rows, repeated),) = table.execute(_COUNTS)
        conflicts = faulty(table, CONFLICTS, names, "gives another schema 2 digest than {} for the same schema 1 digest; all rows of it are left out")
        yield Merged(table.execute(_CELLS), rows, repeated, conflicts, skipped(table, names), no_rows(layouts))
