"""What files were found to hold, kept by their content between runs, so that each content is looked into once."""

import hashlib
import json
import sys
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from redigest import __version__
from redigest.rules import Rules

if TYPE_CHECKING:
    from redigest.database import Database

_SCHEMA = "CREATE TABLE IF NOT EXISTS found (key BLOB PRIMARY KEY, used INTEGER NOT NULL, content BLOB NOT NULL)"
_FILE = "found-1.sqlite"
"""Its name has the version of the schema, so that another version leaves it alone."""

_MOST_BYTES = 256 << 20
_PATIENCE = 2.0
"""Seconds to wait for another process that writes; to find anew hardly takes longer."""
_AT_ONCE = 500
"""Keys in one question: older builds of SQLite take 999 values."""
_DAY = 86_400

Place = tuple[str, str]
"""The id that the bytes of a file have as a Git blob, and its path from the top of its repository, which rules and formats go by."""


class Findings:
    """What is kept in a folder under these rules and this very program; safe for several threads and several processes.

    The file is opened once something is asked or kept, and never a reason to fail. What is kept comes out as bytes that are to be checked: others may
    write in the folder. With more than `most` bytes, the half that was not used for the longest time goes.
    """

    def __init__(self, folder: Path, rules: Rules, *, most: int = _MOST_BYTES) -> None:
        self._folder = folder
        self._rules = rules
        self._most = most
        self._opening = threading.Lock()

    def get(self, places: Sequence[Place]) -> Mapping[Place, bytes]:
        """What was packed for each of the places, where it is kept."""
        by_key = {self._key(*place): place for place in places}
        return {by_key[key]: content for key, content in self._contents(list(by_key)).items()}

    def keep(self, packed: Mapping[Place, bytes]) -> None:
        """Keep what was packed for places."""
        self._write((self._key(*place), content) for place, content in packed.items())

    def empty(self, repository: str) -> frozenset[str]:
        """Ids of blobs of a repository that are known to hold no digest."""
        content = next(iter(self._contents([self._key(repository)]).values()), b"")
        ids = content[1:]
        length = content[0] if content else 1
        if length not in (20, 32) or len(ids) % length:
            return frozenset()
        text = ids.hex()
        return frozenset(text[at : at + 2 * length] for at in range(0, len(text), 2 * length))

    def keep_empty(self, repository: str, ids: Collection[str]) -> None:
        """Keep the ids of blobs of a repository that hold no digest, in place of those that were kept; all have the same length."""
        if ids:
            length = len(next(iter(ids))) // 2
            self._write([(self._key(repository), bytes([length]) + bytes.fromhex("".join(sorted(ids))))])

    def close(self) -> None:
        """Close the file, if it was opened."""
        if "_database" in self.__dict__:
            self._database.close()

    def _contents(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        today = _today()
        found: dict[bytes, bytes] = {}
        unused: list[bytes] = []
        for start in range(0, len(keys), _AT_ONCE):
            asked = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(asked))
            for key, used, content in self._opened.execute(f"SELECT key, used, content FROM found WHERE key IN ({marks})", *asked):  # noqa: S608 -- marks
                if isinstance(key, bytes) and isinstance(content, bytes):
                    found[key] = content
                    if used != today:
                        unused.append(key)
        if unused:
            self._opened.write("UPDATE found SET used = ? WHERE key = ?", ((today, key) for key in unused))
        return found

    def _write(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        database, today = self._opened, _today()
        database.write("INSERT OR REPLACE INTO found VALUES (?, ?, ?)", ((key, today, content) for key, content in entries))
        ((taken,),) = database.execute("SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size") or (
            (0,),
        )
        if isinstance(taken, int) and taken > self._most:
            database.execute("DELETE FROM found WHERE key IN (SELECT key FROM found ORDER BY used LIMIT (SELECT 1 + count(*) / 2 FROM found))")

    @property
    def _opened(self) -> "Database":
        with self._opening:
            return self._database

    @cached_property
    def _database(self) -> "Database":
        from redigest.database import Database  # imported here: it takes a while, and small trees need none

        return Database(self._folder / _FILE, _SCHEMA, loss="what files hold is found anew by the next run", patience=_PATIENCE, in_memory=False)

    def _key(self, *parts: str) -> bytes:
        return hashlib.sha256("\0".join((self._version, *parts)).encode("utf-8", "surrogateescape")).digest()[:20]

    @cached_property
    def _version(self) -> str:
        """A fingerprint of all that decides what a file holds, but for its bytes and its path."""
        from importlib.metadata import PackageNotFoundError, version

        def installed(name: str) -> str:
            try:
                return version(name)
            except PackageNotFoundError:
                return ""

        parsers = [installed("ruamel.yaml"), installed("ruamel.yaml.clib")]
        total = hashlib.sha256(json.dumps([__version__, sys.version, parsers, repr(self._rules.rules)]).encode())
        package = Path(__file__).parent
        for module in sorted(package.rglob("*.py")):  # a developer changes them without a new version
            total.update(f"\0{module.relative_to(package)}\0".encode() + module.read_bytes())
        return total.hexdigest()


def _today() -> int:
    return int(time.time()) // _DAY
