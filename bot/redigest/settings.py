"""What a run depends on besides the repositories, as one fingerprint, so that a later run can tell whether it would do the same."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from redigest import __version__
from redigest.mapping.files import MappingFile

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The fingerprint of all settings, and the ids that mapping files have as Git blobs (gitformat-pack(5), for SHA-1 and for SHA-256)."""

    settings: str
    blobs: frozenset[str]


def fingerprint(
    *, mappings: Iterable[MappingFile], rules: Iterable[Traversable], files: Iterable[Path], folders: Iterable[Path], others: Mapping[str, object]
) -> Fingerprint:
    """Read the mapping files, the rules and other files once, list `folders`, and take in what else counts. Raises `OSError`."""
    total = hashlib.sha256(json.dumps([__version__, dict(others)], sort_keys=True, default=str).encode())
    blobs: set[str] = set()
    for file in mappings:
        content, ids = _read(file.path)
        total.update(content)
        blobs |= ids
    for folder in rules:
        for rule in sorted((entry for entry in folder.iterdir() if entry.is_file()), key=lambda entry: entry.name):
            total.update(hashlib.sha256(rule.name.encode() + b"\0" + rule.read_bytes()).digest())
    for path in files:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    for path in folders:
        for entry in sorted(path.rglob("*")):
            total.update(f"{entry}\0{entry.lstat().st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
    return Fingerprint(total.hexdigest(), frozenset(blobs))


def _read(path: Path) -> tuple[bytes, frozenset[str]]:
    """The hash of a file, and the ids that it has as a blob; it is read once and never held as a whole."""
    header = f"blob {path.stat().st_size}\0".encode()
    content, ids = hashlib.sha256(), (hashlib.sha1(header, usedforsecurity=False), hashlib.sha256(header))
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            content.update(chunk)
            for each in ids:
                each.update(chunk)
    return content.digest(), frozenset(each.hexdigest() for each in ids)
