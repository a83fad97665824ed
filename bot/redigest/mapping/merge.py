"""Several mapping files as one: each row once, in order of first appearance, and none of those that contradict each other."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redigest.mapping.check import Findings, faulty, skipped
from redigest.mapping.files import MappingFile
from redigest.mapping.rows import path_of
from redigest.mapping.table import layouts_of, table_of

HEADER = ("repository", "tag", "V2 schema 1 digest", "V2 schema 2 digest")
"""The columns of the announcement, which `Merged.cells` are for."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The rows that are left: their cells, to be read once, and their number. Then how many only repeated one, and those left out for a fault."""

    cells: Iterator[tuple[str, str, str, str]]
    rows: int
    repeated: int
    conflicts: Findings
    skipped: Findings


# Rows that give one schema 1 digest several schema 2 digests stay if name and tag decide, each row asked for by its own: as `MappingFiles` has it, those
# of a repository agree, or those of a repository and tag. Else all rows of the digest go, for those that are left would seem to agree.
_PREPARE = """
    CREATE TABLE disputed AS
    SELECT old, new, path(repository) AS path, tag
    FROM row WHERE old IN (SELECT old FROM row GROUP BY old HAVING min(new) <> max(new));

    CREATE TABLE undecided AS
    SELECT DISTINCT old
    FROM (SELECT old, path, tag, min(new) <> max(new) AS differs FROM disputed GROUP BY old, path, tag)
    WHERE path IS NULL
    OR ((tag IS NULL OR differs) AND (old, path) IN (SELECT old, path FROM disputed GROUP BY old, path HAVING min(new) <> max(new)));

    CREATE TABLE kept AS
    SELECT min(id) AS id, count(*) AS count FROM row WHERE old NOT IN (SELECT old FROM undecided) GROUP BY old, new, repository, tag;
"""
_COUNTS = "SELECT count(*), coalesce(sum(count - 1), 0) FROM kept"
_CELLS = """
    SELECT coalesce(repository, ''), coalesce(tag, ''), 'sha256:' || lower(hex(old)), 'sha256:' || lower(hex(new))
    FROM kept CROSS JOIN row ON row.id = kept.id
    ORDER BY kept.id
"""
_CONFLICTS = """
    SELECT row.file, row.line, first.file, first.line
    FROM (SELECT row.old, min(row.id) AS id FROM undecided CROSS JOIN row ON row.old = undecided.old GROUP BY row.old) AS one
    CROSS JOIN row AS first ON first.id = one.id
    CROSS JOIN row ON row.old = one.old AND row.new <> first.new
    ORDER BY row.id
"""


@contextmanager
def merged(files: Iterable[MappingFile]) -> Iterator[Merged]:
    """Read all files into a table on disk, which lasts as long as the context. Raises `UsageError` for a file that cannot be read or has no rows."""
    layouts = layouts_of(files)
    names = [file.name for file, _ in layouts]
    with table_of(layouts) as table:
        table.create_function("path", 1, _path, deterministic=True)
        table.executescript(_PREPARE)
        ((rows, repeated),) = table.execute(_COUNTS)
        conflicts = faulty(table, _CONFLICTS, names, "gives another schema 2 digest than {} for the same schema 1 digest; all rows of it are left out")
        yield Merged(table.execute(_CELLS), rows, repeated, conflicts, skipped(table, names))


def _path(name: str | None) -> str | None:
    return None if name is None else path_of(name)
