"""What was once learnt of registries and never changes: the bodies of manifests and configs by their digest, kept on disk between runs."""

import hashlib
import sqlite3
import threading
from pathlib import Path

from redigest.model import Digest

_SCHEMA = "CREATE TABLE IF NOT EXISTS body (digest BLOB PRIMARY KEY, media_type TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID"
_FILE = "facts-1.sqlite"
"""Its name has the version of the schema, so that another version leaves it alone."""

_PATIENCE = 10.0
"""Seconds to wait for another process that writes."""


class Facts:
    """Bodies by digest; safe for several threads and several processes. Without a folder nothing outlives the run.

    `warnings` says what went wrong with the file: a fact that cannot be kept is asked for again, and never a reason to fail.
    """

    def __init__(self, folder: Path | None) -> None:
        self.warnings: list[str] = []
        self._lock = threading.Lock()
        self._file = folder / _FILE if folder is not None else None
        self._connection = self._connect()

    def get(self, digest: Digest) -> tuple[str, bytes] | None:
        """The media type and the body of a digest, `None` if they are not kept. A body that has not this digest any more is forgotten."""
        rows = self._execute("SELECT media_type, body FROM body WHERE digest = ?", bytes.fromhex(digest.hex))
        for media_type, body in rows:
            if isinstance(media_type, str) and isinstance(body, bytes) and hashlib.sha256(body).hexdigest() == digest.hex:
                return media_type, body
            self._execute("DELETE FROM body WHERE digest = ?", bytes.fromhex(digest.hex))
        return None

    def keep(self, digest: Digest, media_type: str, body: bytes) -> None:
        """Keep a body, whose digest the caller has verified."""
        self._execute("INSERT OR IGNORE INTO body VALUES (?, ?, ?)", bytes.fromhex(digest.hex), media_type, body)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _execute(self, statement: str, *values: bytes | str) -> list[tuple[object, ...]]:
        with self._lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.OperationalError as error:  # locked for long, or the disk is full
                self._warn(f"cannot be used for a moment ({error})")
            except sqlite3.DatabaseError as error:
                self._connection.close()
                self._connection = self._anew(error)
        return []

    def _connect(self) -> sqlite3.Connection:
        if self._file is None:
            return _opened(":memory:")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return _opened(self._file)
        except sqlite3.OperationalError as error:
            return self._without(error)
        except sqlite3.DatabaseError as error:
            return self._anew(error)
        except OSError as error:
            return self._without(error)

    def _anew(self, error: sqlite3.DatabaseError) -> sqlite3.Connection:
        """Set the damaged file aside, and begin a new one."""
        if self._file is None:
            return _opened(":memory:")
        aside = self._file.with_suffix(".damaged")
        try:
            self._file.replace(aside)
            for journal in ("-wal", "-shm"):
                self._file.with_name(self._file.name + journal).unlink(missing_ok=True)
            connection = _opened(self._file)
        except (OSError, sqlite3.Error) as second:
            return self._without(second)
        self._warn(f"was damaged ({error}); it was set aside as {aside.name}, and a new one was begun")
        return connection

    def _without(self, error: Exception) -> sqlite3.Connection:
        self._warn(f"cannot be used ({error}); what registries say is not kept for the next run")
        return _opened(":memory:")

    def _warn(self, message: str) -> None:
        warning = f"the cache {self._file} {message}"
        if warning not in self.warnings:
            self.warnings.append(warning)


def _opened(file: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", _SCHEMA):
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection
