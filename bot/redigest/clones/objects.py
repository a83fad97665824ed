"""Objects of a bare clone: read by one process of git that waits for the next question, and written."""

import contextlib
import os
import subprocess
import tempfile
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from redigest.clones.command import Failed, Surroundings, damaged, run, running, start, stop
from redigest.screen import Screen, pattern

_TREE = 0o040000
_FILE = 0o100000
_KIND = 0o170000

_MANY = 100
"""Blobs from which on git searches faster than we do, with all processors and without handing on what it reads."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tree; `offset` is where its id begins in the bytes of the tree."""

    mode: int
    id: str
    offset: int

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file: neither a folder, nor a symbolic link, nor a submodule."""
        return self.mode & _KIND == _FILE

    @property
    def is_tree(self) -> bool:
        return self.mode & _KIND == _TREE


class Objects:
    """Reads the objects of one clone; threads take turns. To be closed."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._trees: dict[str, tuple[bytes, Mapping[bytes, Entry]]] = {}

    def read(self, kind: Literal["blob", "tree", "commit"], name: str) -> bytes:
        """The bytes of an object, as they are stored. Raises `Damaged` when it is not there or is of another kind."""
        with self._lock:
            found = self._answer(name)
        if found is None or found[0] != kind:
            raise damaged(self._repository, f"{kind} {name} is missing")
        return found[1]

    def tree(self, name: str) -> tuple[bytes, Mapping[bytes, Entry]]:
        """The bytes of a tree and its entries by name; it is read once. Raises `Damaged` as `read` does, and for one that is not well-formed."""
        if name not in self._trees:
            content = self.read("tree", name)
            try:
                self._trees[name] = content, _entries(content, len(name) // 2)
            except ValueError:
                raise damaged(self._repository, f"tree {name} is damaged") from None
        return self._trees[name]

    def tree_of(self, commit: str) -> str:
        """The id of the tree of a commit."""
        return self.read("commit", commit).partition(b"\n")[0].removeprefix(b"tree ").decode()

    def find(self, tree: str, path: bytes) -> Entry | None:
        """The entry of a tree that a path leads to, `None` where it leads nowhere."""
        *folders, last = path.split(b"/")
        for folder in folders:
            entry = self.tree(tree)[1].get(folder)
            if entry is None or not entry.is_tree:
                return None
            tree = entry.id
        return self.tree(tree)[1].get(last)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._process is not None:
                stop(self._process)
                self._process = None

    def __del__(self) -> None:
        self.close()

    def _answer(self, name: str) -> tuple[str, bytes] | None:
        """Kind and bytes of an object (git-cat-file(1), "Batch output")."""
        if self._process is None:
            self._process = start("cat-file", "--batch", repository=self._repository)
        asked, said = self._process.stdin, self._process.stdout
        if asked is None or said is None:
            raise AssertionError("the process was started with pipes")
        try:
            asked.write(f"{name}\n".encode())
            asked.flush()
            header = said.readline().split()
            if len(header) != 3:
                return None
            content = said.read(int(header[2]))
            said.read(1)
        except OSError:
            return None
        return (header[1].decode(), content) if len(content) == int(header[2]) else None


def taken(repository: Path, names: Sequence[str], screen: Screen) -> Iterator[tuple[str, bytes]]:
    """Those of several blobs that the screen takes, with their bytes.

    They should be in the order of their paths, since git is fast with similar ones one after the other. Raises `Damaged` when one is not there.
    """
    if len(names) >= _MANY:
        names = _likely(repository, names, screen)
    if not names:
        return
    with running("cat-file", "--batch", repository=repository) as process:
        asked, said = process.stdin, process.stdout
        if asked is None or said is None:
            raise AssertionError("the process was started with pipes")
        feeder = threading.Thread(target=_feed, args=(asked, names), daemon=True)
        feeder.start()
        for name in names:
            header = said.readline().split()
            if len(header) != 3 or header[1] != b"blob":
                raise damaged(repository, f"blob {name} is missing")
            content = said.read(int(header[2]))
            if said.read(1) != b"\n":
                raise damaged(repository, f"blob {name} is cut off")
            if screen.takes(content):
                yield name, content
        feeder.join()


def _likely(repository: Path, names: Sequence[str], screen: Screen) -> Sequence[str]:
    """Those of several blobs that a search by git cannot rule out; all where it cannot tell, as when it lacks the library for such expressions.

    It searches trees, so they are put into one, which is kept elsewhere; below their numbers, so that no attribute is meant for them.
    """
    with tempfile.TemporaryDirectory(prefix="redigest-") as folder:
        Path(folder, "info").mkdir()
        Path(folder, "info/alternates").write_bytes(os.fsencode(repository.absolute() / "objects") + b"\n")
        apart = Surroundings(variables={"GIT_OBJECT_DIRECTORY": folder})
        entries = "".join(f"100644 blob {name}\t{number:08}\n" for number, name in enumerate(names))
        try:
            tree = run("mktree", "--missing", repository=repository, surroundings=apart, fed=entries.encode()).decode().strip()
            options = ("-l", "-z", "-P", "--no-color", "--no-textconv", "--full-name")
            said = run("grep", *options, "-e", pattern(screen.bare_keys), tree, "--", repository=repository, surroundings=apart, is_strict=True)
        except Failed as failed:
            return () if failed.status == 1 and not failed.complaint else names
    return [names[int(found.removeprefix(f"{tree}:"))] for found in said.decode().split("\0")[:-1]]


def _feed(stream: IO[bytes], names: Iterable[str]) -> None:
    with contextlib.suppress(OSError, ValueError), stream:  # whoever reads the answers notices
        stream.write("".join(f"{name}\n" for name in names).encode())


def sizes(repository: Path, names: Collection[str]) -> Mapping[str, int]:
    """The lengths of blobs in bytes; of those that are there."""
    said = run("cat-file", "--batch-check", repository=repository, fed="".join(f"{name}\n" for name in names).encode())
    described = (line.split() for line in said.decode().splitlines())
    return {found[0]: int(found[2]) for found in described if len(found) == 3 and found[1] == "blob"}


def write_objects(repository: Path, kind: Literal["blob", "tree"], contents: Sequence[bytes]) -> Sequence[str]:
    """Store objects, byte for byte, and give their ids in the same order. Raises `Failed`."""
    with tempfile.TemporaryDirectory(prefix="redigest-") as folder:
        files = [Path(folder, str(number)) for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        said = run(
            *("hash-object", "-t", kind, "-w", "--no-filters", "--stdin-paths"),
            repository=repository,
            fed="".join(f"{file}\n" for file in files).encode(),
        )
    names = said.decode().split()
    if len(names) != len(contents):
        raise Failed(0, "git has not stored every object")
    return names


def _entries(content: bytes, length: int) -> Mapping[bytes, Entry]:
    """Read a tree object; ids have `length` bytes. Raises `ValueError` for one that is not well-formed."""
    entries: dict[bytes, Entry] = {}
    position = 0
    while position < len(content):
        space = content.index(b" ", position)
        end = content.index(b"\0", space)
        digits, name, position = content[position:space], content[space + 1 : end], end + 1 + length
        if not digits.isdigit() or position > len(content):
            raise ValueError("an entry has no mode, or is cut off")
        entries[name] = Entry(int(digits, 8), content[end + 1 : position].hex(), end + 1)
    return entries
