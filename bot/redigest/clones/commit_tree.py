"""The tree of a commit in a bare clone."""

import errno
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from redigest.clones.command import HERE, Failed, Surroundings, damaged, run
from redigest.clones.objects import Entry, Objects, sizes, taken
from redigest.globs import takes
from redigest.screen import Screen
from redigest.tree import DERIVED, Listing

_ATTRIBUTES = ".gitattributes"


class CommitTree:
    """The files of one commit; a tree as `redigest.tree.Tree` has it. It can be handed to another process, and to several threads."""

    def __init__(
        self, repository: Path, commit: str, *, include: Sequence[str] = ("**",), exclude: Sequence[str] = (), outer: Sequence[tuple[str, ...]] = ()
    ) -> None:
        self.repository = repository
        self.commit = commit
        self.include = tuple(include)
        self.exclude = tuple(exclude)
        self._outer = tuple(outer)
        """The `include` of the trees that this one is a part of."""
        self._objects = Objects(repository)
        self._tree: str | None = None
        self._files: Mapping[str, str] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Leave the process that reads, and what was read, behind."""
        return _open, (self.repository, self.commit, self.include, self.exclude, self._outer)

    def narrowed(self, include: Sequence[str], exclude: Sequence[str]) -> "CommitTree":
        """Those of the files of this tree that fit `include` too, and not `exclude`; it is open for as long as this one."""
        tree = CommitTree(self.repository, self.commit, include=include, exclude=(*self.exclude, *exclude), outer=(*self._outer, self.include))
        tree._objects, tree._tree, tree._files = self._objects, self._tree, self._files
        return tree

    def blobs(self) -> Mapping[str, str]:
        """The ids of the contents of all regular files that are included and not excluded, by path."""
        every = self._every_file()
        if {*self._outer, self.include} == {("**",)} and not self.exclude:
            return every
        are_taken = [takes(include, self.exclude) for include in (*self._outer, self.include)]
        return {path: name for path, name in every.items() if all(is_taken(path) for is_taken in are_taken)}

    def is_other(self, path: str) -> bool:
        """Whether there is something at a path that is no regular file: a folder, a symbolic link, a submodule."""
        entry = self._any_entry(path)
        return entry is not None and not entry.is_file

    def listing(self, pattern: str) -> Listing:  # noqa: ARG002 -- as `Tree` has it
        """Every file, since `contents` reads equal ones once; what git stores for a symbolic link or a submodule is no file."""
        files = self.blobs()
        return Listing(len(files), tuple(sorted(files)), (), str(self.repository), files)

    def contents(self, paths: Sequence[str], screen: Screen) -> Iterator[tuple[str, bytes | OSError]]:
        """As `Tree` has it; each distinct content is read once."""
        files = self._every_file()
        by_blob: dict[str, list[str]] = {}
        for path in paths:
            by_blob.setdefault(files[path], []).append(path)
        for blob, content in taken(self.repository, tuple(by_blob), screen):
            for path in by_blob[blob]:
                yield path, content

    def size(self, path: str) -> int:
        """The length of a file in bytes, 0 if there is none."""
        entry = self._entry(path)
        try:
            return sizes(self.repository, [entry.id]).get(entry.id, 0) if entry is not None else 0
        except Failed as failed:
            raise damaged(self.repository, failed.complaint) from None

    def read(self, path: str) -> bytes:
        """The bytes of one file as they are stored, whatever attributes say. Raises `OSError`."""
        entry = self._entry(path)
        if entry is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return self._objects.read("blob", entry.id)

    def earlier_lines(self, path: str, text: str) -> Sequence[str]:  # noqa: ARG002 -- as `Tree` has it
        """Nothing: a shallow clone has no history."""
        return ()

    def derived(self, paths: Collection[str]) -> Mapping[str, str]:
        """As `Tree` has it, by the files `.gitattributes` of this very commit."""
        attributes = {path: name for path, name in self._every_file().items() if path.rpartition("/")[2] == _ATTRIBUTES}
        if not paths or not attributes:
            return {}
        with tempfile.TemporaryDirectory(prefix="redigest-") as folder:
            index = Surroundings(variables={"GIT_INDEX_FILE": f"{folder}/index"})
            entries = b"".join(f"100644 {name}\t".encode() + os.fsencode(path) + b"\0" for path, name in attributes.items())
            self._run("update-index", "-z", "--index-info", surroundings=index, fed=entries)
            fed = b"".join(os.fsencode(path) + b"\0" for path in paths)
            said = self._run("check-attr", "--cached", "-z", "--stdin", *DERIVED, surroundings=index, fed=fed)
        fields = os.fsdecode(said).split("\0")[:-1]
        marks = {(path, name) for path, name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=True) if value in ("set", "true")}
        return {path: next(DERIVED[name] for name in DERIVED if (path, name) in marks) for path, _ in marks}

    def protected(self, paths: Collection[str]) -> Mapping[str, str]:  # noqa: ARG002 -- as `Tree` has it
        """Nothing: who works on a commit asks for a tree that is `narrowed`."""
        return {}

    def prefix(self) -> str:
        """Empty: the tree begins at the top of its repository."""
        return ""

    def from_top(self, path: str) -> str:
        """The same path, since the tree begins at the top."""
        return path

    def close(self) -> None:
        """End the process that reads."""
        self._objects.close()

    def _entry(self, path: str) -> Entry | None:
        entry = self._any_entry(path)
        return entry if entry is not None and entry.is_file else None

    def _any_entry(self, path: str) -> Entry | None:
        if self._tree is None:
            self._tree = self._objects.tree_of(self.commit)
        return self._objects.find(self._tree, os.fsencode(path))

    def _every_file(self) -> Mapping[str, str]:
        if self._files is None:
            entries = os.fsdecode(self._run("ls-tree", "-r", "-z", "--full-tree", self.commit)).split("\0")[:-1]
            described = (entry.partition("\t") for entry in entries)
            self._files = {path: words.split()[2] for words, _, path in described if words.startswith("100")}
        return self._files

    def _run(self, *arguments: str, surroundings: Surroundings = HERE, fed: bytes = b"") -> bytes:
        try:
            return run(*arguments, repository=self.repository, surroundings=surroundings, fed=fed)
        except Failed as failed:
            raise damaged(self.repository, failed.complaint) from None


def _open(repository: Path, commit: str, include: Sequence[str], exclude: Sequence[str], outer: Sequence[tuple[str, ...]]) -> CommitTree:
    return CommitTree(repository, commit, include=include, exclude=exclude, outer=outer)
