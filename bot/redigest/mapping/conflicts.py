"""Rows that contradict each other: one schema 1 digest with several schema 2 digests between which repository and tag do not decide."""

import sqlite3

from redigest.mapping.rows import path_of

# Each row is asked for by its own name and tag: as `MappingFiles` has it, those of a repository agree, or those of a repository and tag.
_UNDECIDED = """
    CREATE TABLE disputed AS
    SELECT old, new, path(repository) AS path, tag
    FROM row WHERE old IN (SELECT old FROM row GROUP BY old HAVING min(new) <> max(new));

    CREATE TABLE undecided AS
    SELECT DISTINCT old
    FROM (SELECT old, path, tag, min(new) <> max(new) AS differs FROM disputed GROUP BY old, path, tag)
    WHERE path IS NULL
    OR ((tag IS NULL OR differs) AND (old, path) IN (SELECT old, path FROM disputed GROUP BY old, path HAVING min(new) <> max(new)));
"""

# File and line of each row that differs from the first one of its digest, and those of that one. CROSS JOIN keeps SQLite to the order that is written.
CONFLICTS = """
    SELECT row.file, row.line, first.file, first.line
    FROM (SELECT row.old, min(row.id) AS id FROM undecided CROSS JOIN row ON row.old = undecided.old GROUP BY row.old) AS one
    CROSS JOIN row AS first ON first.id = one.id
    CROSS JOIN row ON row.old = one.old AND row.new <> first.new
    ORDER BY row.id
"""


def gather_undecided(table: sqlite3.Connection) -> None:
    """Make the table `undecided` of the schema 1 digests whose rows contradict each other, which `CONFLICTS` reads."""
    table.create_function("path", 1, _path, deterministic=True)
    table.executescript(_UNDECIDED)


def _path(name: str | None) -> str | None:
    return None if name is None else path_of(name)
