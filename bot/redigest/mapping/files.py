"""What a mapping file is called, and where its bytes are."""

from dataclasses import dataclass
from pathlib import Path

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A mapping file: `name` is how a person named it, by path or URL, and how it is cited; `path` is where it can be read."""

    name: str
    path: Path

    @classmethod
    def local(cls, path: Path) -> "MappingFile":
        """A file on this disk, read where it is."""
        return cls(str(path), path)

    @property
    def is_packed(self) -> bool:
        """Whether it is gzipped, by its first bytes. Raises `OSError`."""
        with self.path.open("rb") as stream:
            return stream.read(len(_GZIP)) == _GZIP
