"""New trees: those of a commit with other contents of some files, every other byte of them as it was."""

import os
from collections.abc import Mapping
from pathlib import Path

from redigest.clones.objects import Entry, Objects, write_objects
from redigest.errors import RepositoryError


def write(repository: Path, objects: Objects, base: str, changes: Mapping[str, bytes]) -> str:
    """Store a tree that is `base` with new contents for files that it has, and give its id; modes are kept. Raises `RepositoryError`, `Failed`."""
    paths = {os.fsencode(path): content for path, content in changes.items()}
    for path in paths:
        entry = objects.find(base, path)
        if entry is None or not entry.is_file:
            raise RepositoryError("commit", f"{os.fsdecode(path)}: there is no such regular file in the tree that was to be changed")
    fresh = dict(zip(paths, write_objects(repository, "blob", list(paths.values())), strict=True))
    for depth in range(max((path.count(b"/") for path in paths), default=-1), -1, -1):
        folders: dict[bytes, dict[bytes, str]] = {}
        for path in [path for path in fresh if path.count(b"/") == depth]:
            folder, _, name = path.rpartition(b"/")
            folders.setdefault(folder, {})[name] = fresh.pop(path)
        contents = [_with(objects, base, folder, names) for folder, names in folders.items()]
        written = write_objects(repository, "tree", contents)
        if depth == 0:
            return written[0]
        fresh |= zip(folders, written, strict=True)
    return base


def _with(objects: Objects, base: str, folder: bytes, names: Mapping[bytes, str]) -> bytes:
    """The bytes of the tree of a folder with other ids for some of its entries."""
    found = objects.find(base, folder) if folder else Entry(0, base, 0)
    if found is None:
        raise AssertionError("the files below the folder have been found")
    content, entries = objects.tree(found.id)
    spliced = bytearray(content)
    for name, written in names.items():
        start = entries[name].offset
        spliced[start : start + len(written) // 2] = bytes.fromhex(written)
    return bytes(spliced)
