"""What the check goes by, such as the mapping, never comes from the commit that is checked: of the files in the work tree it is the base that counts."""

from pathlib import Path

from redigest.clones.commit_tree import CommitTree
from redigest.errors import UsageError
from redigest.verification.checkouts import Checkouts

_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
"""How what Git LFS commits in the place of a file begins (git-lfs, docs/spec.md, "The Pointer")."""


class Trusted:
    """Finds the files that a person or a configuration names.

    What is in a work tree of the repository is written into `folder` as the base has it; what is elsewhere is read where it is.
    """

    def __init__(self, checkouts: Checkouts, base: CommitTree, folder: Path) -> None:
        self._checkouts = checkouts
        self._base = base
        self._folder = folder

    def place_of(self, path: Path) -> str | None:
        """The path in the tree of what a path names, `None` if it is in no work tree of the repository."""
        found = self._checkouts.place_of(path)
        return found.below if found is not None else None

    def has(self, path: Path) -> bool:
        """Whether there is such a file, in the base for one in the work tree. Raises `UsageError` for what is there and no regular file."""
        place = self.place_of(path)
        if place is not None and self._base.is_other(place):
            raise UsageError(f"{path} is no regular file in the base, such as a symbolic link, and is not followed; commit the file itself")
        return path.is_file() if place is None else place in self._base.blobs()

    def file(self, path: Path) -> Path:
        """Where the bytes of a file can be read. Raises `UsageError` for one that is in the work tree and not in the base, or kept in Git LFS."""
        place = self.place_of(path)
        if place is None:
            return path
        if not self.has(path):
            raise _missing(path)
        if self._base.read(place).startswith(_POINTER):
            raise UsageError(f"{path} is a pointer of Git LFS in the base, which does not hold the file itself; name a copy outside of the work tree")
        return self._written(place)

    def folder(self, path: Path) -> Path:
        """Where the files of a folder can be read. Raises `UsageError` as `file` does."""
        place = self.place_of(path)
        if place is None:
            return path
        below = [name for name in self._base.blobs() if place == "." or name.startswith(f"{place}/")]
        if not below:
            raise _missing(path)
        for name in below:
            self._written(name)
        return self._folder / place

    def _written(self, place: str) -> Path:
        file = self._folder / place
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self._base.read(place))
        return file


def _missing(path: Path) -> UsageError:
    return UsageError(
        f"{path} is in the work tree, whose files anybody may have changed, and the base has none: commit it there, or name one that is elsewhere"
    )
