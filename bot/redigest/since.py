"""What has changed since a revision, in each of the repositories that hold a part of a tree."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from redigest import git


@dataclass(frozen=True, slots=True)
class Since:
    """The files of a tree as they were in the commits where HEAD and a revision part."""

    blobs: Mapping[str, str]
    """The ids of their contents by path."""
    places: tuple[tuple[Path, str], ...]
    """Folders in which git was asked, one for each repository, with what their paths begin with in the tree."""

    @classmethod
    def of(cls, revision: str, root: Path, folders: Iterable[Path]) -> "Since":
        """Ask the repository of each of the folders, which lie below `root`. Raises `UsageError`."""
        here = root.resolve()
        tops = dict.fromkeys(git.top(folder) for folder in folders)
        places = tuple((root, "") if here.is_relative_to(top) else (top, f"{top.relative_to(here).as_posix()}/") for top in tops)
        blobs = {f"{prefix}{path}": blob for folder, prefix in places for path, blob in git.blobs_since(folder, revision).items()}
        return cls(blobs, places)

    def changed(self, paths: Iterable[str], read: Callable[[str], bytes]) -> set[str]:
        """Those of `paths` that are new or have other contents; what cannot be read counts, so that reading it says why.

        A file whose bytes were converted when git wrote it, such as its ends of lines, is unchanged where git takes it for that.
        """
        different = {path for path in paths if not self._has_its_bytes(path, read)}
        if different.isdisjoint(self.blobs):
            return different
        staged = {f"{prefix}{path}": blob for folder, prefix in self.places for path, blob in git.untouched(folder).items()}
        return {path for path in different if path not in self.blobs or staged.get(path) != self.blobs[path]}

    def _has_its_bytes(self, path: str, read: Callable[[str], bytes]) -> bool:
        blob = self.blobs.get(path)
        try:
            return blob is not None and git.blob_id(read(path), like=blob) == blob
        except OSError:
            return False
