"""What was once learnt of registries and never changes: the bodies of manifests and configs by their digest, kept on disk between runs."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from redigest.database import Database
from redigest.model import Digest

_SCHEMA = "CREATE TABLE IF NOT EXISTS body (digest BLOB PRIMARY KEY, media_type TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID"
_FILE = "facts-1.sqlite"
"""Its name has the version of the schema, so that another version leaves it alone."""


class Facts:
    """Bodies by digest; safe for several threads and several processes. Without a folder nothing outlives the run."""

    def __init__(self, folder: Path | None) -> None:
        file = folder / _FILE if folder is not None else None
        self._database = Database(file, _SCHEMA, loss="what registries say is not kept for the next run")

    @property
    def warnings(self) -> Sequence[str]:
        """What went wrong with the file: a fact that cannot be kept is asked for again, and never a reason to fail."""
        return self._database.warnings

    def get(self, digest: Digest) -> tuple[str, bytes] | None:
        """The media type and the body of a digest, `None` if they are not kept. A body that has not this digest any more is forgotten."""
        rows = self._database.execute("SELECT media_type, body FROM body WHERE digest = ?", bytes.fromhex(digest.hex))
        for media_type, body in rows:
            if isinstance(media_type, str) and isinstance(body, bytes) and hashlib.sha256(body).hexdigest() == digest.hex:
                return media_type, body
            self._database.execute("DELETE FROM body WHERE digest = ?", bytes.fromhex(digest.hex))
        return None

    def keep(self, digest: Digest, media_type: str, body: bytes) -> None:
        """Keep a body, whose digest the caller has verified."""
        self._database.execute("INSERT OR IGNORE INTO body VALUES (?, ?, ?)", bytes.fromhex(digest.hex), media_type, body)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
