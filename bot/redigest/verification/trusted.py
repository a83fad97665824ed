"""What the check goes by, such as the mapping, never comes from the commit that is checked: of the files in the work tree it is the base that counts."""

import os
from pathlib import Path

from redigest.clones.commit_tree import CommitTree
from redigest.errors import UsageError
from redigest.verification.revisions import Repository


class Trusted:
    """Finds the files that a person or a configuration names.

    What is in the work tree is written into `folder` as the base has it; what is elsewhere is read where it is.
    """

    def __init__(self, repository: Repository, base: CommitTree, folder: Path) -> None:
        self._top = repository.work_tree.resolve() if repository.work_tree else None
        self._base = base
        self._folder = folder

    def place_of(self, path: Path) -> str | None:
        """The path in the tree of what a path names, by its words alone below the work tree, where any folder can be a link; `None` if it is elsewhere."""
        if self._top is None:
            return None
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 -- a symbolic link in the work tree is not followed
        for above in (*reversed(absolute.parents), absolute):
            real = above.resolve()
            if real.is_relative_to(self._top):
                return (real.relative_to(self._top) / absolute.relative_to(above)).as_posix()
        return None

    def has(self, path: Path) -> bool:
        """Whether there is such a file, in the base for one in the work tree."""
        place = self.place_of(path)
        return path.is_file() if place is None else place in self._base.blobs()

    def file(self, path: Path) -> Path:
        """Where the bytes of a file can be read. Raises `UsageError` for one that is in the work tree and not in the base."""
        place = self.place_of(path)
        if place is None:
            return path
        if place not in self._base.blobs():
            raise _missing(path)
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
