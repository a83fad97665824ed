"""A file of SQLite in the cache folder: whatever becomes of it, work goes on without it."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

Value = bytes | str | int
Row = tuple[object, ...]


class Database:
    """One table for several threads and several processes; `schema` makes it where it is missing.

    Where there is no file, or it cannot be used, the table is in memory for as long as this is open, or with `in_memory=False` nowhere.
    `loss` says what that means for the next run; `patience` is how many seconds another process that writes is waited for.
    `warnings` says what went wrong with the file, which is never a reason to fail.
    """

    def __init__(self, file: Path | None, schema: str, *, loss: str, patience: float = 10.0, in_memory: bool = True) -> None:
        self.warnings: list[str] = []
        self._lock = threading.Lock()
        self._file = file
        self._schema = schema
        self._loss = loss
        self._patience = patience
        self._in_memory = in_memory
        self._connection = self._connect()

    def execute(self, statement: str, *values: Value) -> Sequence[Row]:
        """What a statement gives; nothing where that went wrong."""
        return self._with(lambda connection: connection.execute(statement, values).fetchall())

    def write(self, statement: str, rows: Iterable[Sequence[Value]]) -> None:
        """Do a statement for each of several rows, for all of them or for none."""

        def write(connection: sqlite3.Connection) -> Sequence[Row]:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                connection.executemany(statement, rows)
            return ()

        self._with(write)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _with(self, act: Callable[[sqlite3.Connection], Sequence[Row]]) -> Sequence[Row]:
        with self._lock:
            if self._connection is None:
                return ()
            try:
                return act(self._connection)
            except sqlite3.OperationalError as error:  # locked for long, or the disk is full
                self._warn(f"cannot be used for a moment ({error})")
            except sqlite3.DatabaseError as error:
                self._connection.close()
                self._connection = self._anew(error)
        return ()

    def _connect(self) -> sqlite3.Connection | None:
        if self._file is None:
            return self._in_its_place()
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self._opened(self._file)
        except sqlite3.OperationalError as error:
            return self._without(error)
        except sqlite3.DatabaseError as error:
            return self._anew(error)
        except OSError as error:
            return self._without(error)

    def _anew(self, error: sqlite3.DatabaseError) -> sqlite3.Connection | None:
        """Set the damaged file aside, and begin a new one."""
        if self._file is None:
            return self._in_its_place()
        aside = self._file.with_suffix(".damaged")
        try:
            self._file.replace(aside)
            for journal in ("-wal", "-shm"):
                self._file.with_name(self._file.name + journal).unlink(missing_ok=True)
            connection = self._opened(self._file)
        except (OSError, sqlite3.Error) as second:
            return self._without(second)
        self._warn(f"was damaged ({error}); it was set aside as {aside.name}, and a new one was begun")
        return connection

    def _without(self, error: Exception) -> sqlite3.Connection | None:
        self._warn(f"cannot be used ({error}); {self._loss}")
        return self._in_its_place()

    def _in_its_place(self) -> sqlite3.Connection | None:
        return self._opened(":memory:") if self._in_memory else None

    def _opened(self, file: Path | str) -> sqlite3.Connection:
        connection = sqlite3.connect(file, timeout=self._patience, isolation_level=None, check_same_thread=False)
        try:
            with contextlib.suppress(sqlite3.OperationalError):  # another process is doing the same, and SQLite does not wait for it here
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(self._schema)
            _check(connection, self._schema)
        except BaseException:
            connection.close()
            raise
        return connection

    def _warn(self, message: str) -> None:
        warning = f"the cache {self._file} {message}"
        if warning not in self.warnings:
            self.warnings.append(warning)


def _check(connection: sqlite3.Connection, schema: str) -> None:
    """Refuse a file that holds anything but our table: a view or a trigger could do anything, for ever."""
    if connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall() != [(schema.replace("IF NOT EXISTS ", ""),)]:
        raise sqlite3.DatabaseError("it holds other tables")
