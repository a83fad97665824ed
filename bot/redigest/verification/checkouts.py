"""The work trees of the repository that is checked: what lies in them anybody may have made."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from redigest.errors import UsageError
from redigest.verification.revisions import Repository


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a work tree something lies: its top, and the path below it, `.` for the top."""

    top: Path
    below: str


class Checkouts:
    """Tells what lies in a work tree of one repository: in the one that was opened, or in another one that has the same branches."""

    def __init__(self, repository: Repository) -> None:
        self._common = _common(repository.folder)
        self._top = repository.work_tree.resolve() if repository.work_tree else None
        self._tops = cache(self._has)

    def place_of(self, path: Path) -> Place | None:
        """Where a path leads by its words alone below the top of a work tree, where any folder can be a link; `None` if that is elsewhere."""
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 -- a symbolic link in the work tree is not followed
        found: Place | None = None
        for above in (*reversed(absolute.parents), absolute):
            if found is not None and above.is_symlink():
                break
            real = above.resolve()
            top = next(filter(self._tops, (real, *real.parents)), None)
            if top is not None:
                found = Place(top, (real.relative_to(top) / absolute.relative_to(above)).as_posix())
        return found

    def check_writable(self, path: Path) -> None:
        """Raise `UsageError` for a file that would be written through a symbolic link of the work tree, or into git's own folder."""
        real = path.parent.resolve()
        place = self.place_of(path)
        is_of_git = ".git" in real.parts or real.is_relative_to(self._common)
        if is_of_git or (place is not None and place.top.joinpath(place.below).parent != real):
            raise UsageError(f"{path}: this leads through a symbolic link of the work tree, or into git's own folder; name a file in another folder")

    def _has(self, top: Path) -> bool:
        return top == self._top or _common_of(top / ".git") == self._common


def _common_of(entry: Path) -> Path | None:
    """The folder that all work trees of a repository share, from the entry `.git` of one of them (gitrepository-layout(5)); `None` where there is none."""
    try:
        if entry.is_dir():
            return _common(entry)
        pointer = os.fsdecode(entry.read_bytes())
    except OSError:
        return None
    return _common(entry.parent / pointer.removeprefix("gitdir:").strip()) if pointer.startswith("gitdir:") else None


def _common(folder: Path) -> Path:
    try:
        return (folder / os.fsdecode((folder / "commondir").read_bytes()).strip()).resolve()
    except OSError:
        return folder.resolve()
