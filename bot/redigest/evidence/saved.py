"""A folder of saved manifests, which can hold bodies that no registry gives any more."""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from redigest.errors import UsageError
from redigest.model import Digest
from redigest.registry.answers import DigestOf, Manifest

_NAME = re.compile(r"(?:sha256[:-])?(?P<hex>[0-9a-f]{64})(?:\..*)?")
_LARGEST = 16 * 1024 * 1024
_MOST = 1_000_000


class SavedManifests:
    """Bodies by digest: files named by it (`sha256-<hex>.json`, `<hex>`, any suffix), and `manifest.json` in folders of the form `dir:` of skopeo.

    A file counts only if its content has the digest: that of the signed payload for schema 1. Symbolic links are not followed.
    """

    def __init__(self, folder: Path, digest_of: DigestOf) -> None:
        self._folder = folder
        self._digest_of = digest_of

    def get(self, digest: Digest) -> Manifest | None:
        """The body of a digest, `None` if no file has it."""
        for path in self._paths.get(digest.hex, ()):
            body = _read(path)
            if body is not None and self._digest(body) == digest:
                return Manifest(digest, "", body)
        return None

    @cached_property
    def _paths(self) -> Mapping[str, list[Path]]:
        paths: dict[str, list[Path]] = {}
        for number, path in enumerate(_files(self._folder)):
            if number >= _MOST:
                raise UsageError(f"{self._folder}: more than {_MOST:,} files; give a folder that holds manifests only")
            if name := _NAME.fullmatch(path.name):
                paths.setdefault(name["hex"], []).append(path)
            elif path.name == "manifest.json" and (body := _read(path)) is not None and (digest := self._digest(body)) is not None:
                paths.setdefault(digest.hex, []).append(path)
        return paths

    def _digest(self, body: bytes) -> Digest | None:
        try:
            return self._digest_of(body, "")
        except ValueError:
            return None


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders.sort()
        yield from (Path(root, name) for name in sorted(files))


def _read(path: Path) -> bytes | None:
    if path.is_symlink() or not path.is_file():
        return None
    try:
        with path.open("rb") as stream:
            body = stream.read(_LARGEST + 1)
    except OSError:
        return None
    return body if len(body) <= _LARGEST else None
