"""What differs between two trees, read from their objects: no setting, attribute or filter has a say in it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from redigest.clones.objects import Entry, Objects
from redigest.verification.violations import Fault, Violation

_KIND = 0o170000
_KINDS = {0o040000: "a folder", 0o100000: "a file", 0o120000: "a symbolic link", 0o160000: "a submodule"}


@dataclass(frozen=True, slots=True)
class Change:
    """A regular file that has its name and its mode and other contents; the ids are those of its blobs."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder with other contents; the prefix of its entries ends in `/`, and the ids are those of its trees."""

    prefix: bytes
    before: str
    after: str


def changes(objects: Objects, before: str, after: str) -> Iterator[Change | Violation]:
    """Every difference between two trees: contents of files as changes, and all others as violations; a folder that is new or gone is one."""
    folders = [_Folder(b"", before, after)] if before != after else []
    while folders:
        for difference in _differences(objects, folders.pop()):
            if isinstance(difference, _Folder):
                folders.append(difference)
            else:
                yield difference


def _differences(objects: Objects, folder: _Folder) -> Iterator[Change | Violation | _Folder]:
    old_bytes, old = objects.tree(folder.before)
    new_bytes, new = objects.tree(folder.after)
    has_same_names = True
    for name in sorted(old.keys() | new.keys()):
        path, before, after = folder.prefix + name, old.get(name), new.get(name)
        if before is None or after is None or before.mode != after.mode:
            has_same_names = False
            yield _violation(path, _in_words(before, after))
        elif before.id != after.id:
            yield _changed(path, before, after)
    if has_same_names and _with_ids(old_bytes, old, new) != new_bytes:
        yield _violation(folder.prefix[:-1] or b".", "the folder is stored in another form: its entries are in another order, or one of them stands twice")


def _changed(path: bytes, before: Entry, after: Entry) -> Change | Violation | _Folder:
    if before.is_tree:
        return _Folder(path + b"/", before.id, after.id)
    if before.is_file:
        return Change(os.fsdecode(path), before.id, after.id)
    return _violation(path, f"{_kind(before)} leads elsewhere")


def _in_words(before: Entry | None, after: Entry | None) -> str:
    if before is not None and after is not None:
        if before.mode & _KIND == after.mode & _KIND:
            return f"the mode was changed from {before.mode:06o} to {after.mode:06o}"
        return f"{_kind(before)} became {_kind(after)}"
    if after is not None:
        return f"{_kind(after)} was added"
    return f"{_kind(before)} was deleted"


def _kind(entry: Entry | None) -> str:
    return _KINDS.get(entry.mode & _KIND if entry else 0, "something that is no file")


def _with_ids(content: bytes, entries: Mapping[bytes, Entry], new: Mapping[bytes, Entry]) -> bytes:
    """The bytes of a tree with the ids of another one that has the same names."""
    spliced = bytearray(content)
    for name, entry in entries.items():
        spliced[entry.offset : entry.offset + len(entry.id) // 2] = bytes.fromhex(new[name].id)
    return bytes(spliced)


def _violation(path: bytes, message: str) -> Violation:
    return Violation(os.fsdecode(path), 1, 1, Fault.FILE, message)
