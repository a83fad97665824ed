"""What there is below a folder on disk: what git tracks or would track there, and which of that may fit a pattern."""

import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from redigest import git

_GREP = ("grep", "-l", "-z", "-P", "--no-color")
_FEW = 1000
_FEW_BYTES = 1 << 20
"""So many files, with so many bytes together, are read faster than git goes over the folders once more."""


def is_inside(root: Path, folder: str) -> bool:
    """Tell whether a folder is where its path says and not git's own: neither a symbolic link nor `..` nor `.git` is on the way from the root."""
    there = root.resolve() / folder
    return ".git" not in Path(folder).parts and there.resolve() == there


@dataclass(frozen=True, slots=True)
class Found:
    """What there is at one of the paths that are named."""

    paths: AbstractSet[str] = frozenset()
    candidates: AbstractSet[str] = frozenset()
    """Those of the files that may fit the pattern."""
    repositories: AbstractSet[str] = frozenset()
    """Folders that were not entered."""
    unanswered: AbstractSet[str] = frozenset()
    """Folders in a repository that git cannot tell about."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Tracked files that a sparse checkout leaves out, with the ids of their contents."""

    @classmethod
    def union(cls, parts: Sequence["Found"]) -> "Found":
        """All of it together."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            {path for part in parts for path in part.paths},
            {path for part in parts for path in part.candidates},
            {path for part in parts for path in part.repositories},
            {path for part in parts for path in part.unanswered},
            {path: blob for part in parts for path, blob in part.absent.items()},
        )

    def below(self, start: str) -> "Found":
        """The same, for who sees it from above the folder `start`."""

        def moved(paths: AbstractSet[str]) -> AbstractSet[str]:
            return {f"{start}/{path}" for path in paths}

        absent = {f"{start}/{path}": blob for path, blob in self.absent.items()}
        return Found(moved(self.paths), moved(self.candidates), moved(self.repositories), {start for _ in self.unanswered}, absent)

    def only(self, keeps: Callable[[str], bool]) -> "Found":
        """The files and folders among it that are kept."""

        def kept(paths: AbstractSet[str]) -> AbstractSet[str]:
            return set(filter(keeps, paths))

        absent = {path: blob for path, blob in self.absent.items() if keeps(path)}
        return Found(kept(self.paths), kept(self.candidates), kept(self.repositories), self.unanswered, absent)


@dataclass(frozen=True, slots=True)
class Asked:
    """What git works on: which tracked files below a folder fit the pattern, and which files there are, with `ignored` those too that git ignores."""

    folder: Path
    pattern: str
    ignored: bool
    searched: Callable[[], str | None]
    listed: Callable[[], str | None]

    @classmethod
    def about(cls, folder: Path, pattern: str, *, ignored: bool) -> "Asked":
        listing = ("ls-files", "-z", "-t", "-v", "--stage", "--cached", "--deleted", "--others", *(() if ignored else ("--exclude-standard",)))
        return cls(folder, pattern, ignored, git.ask(folder, *_GREP, "-e", pattern, is_strict=True), git.ask(folder, *listing))

    def found(self) -> Found:
        """What git tracks or would track below the folder; everything where there is no repository or git cannot read it."""
        listed = self.listed()
        if listed is None:
            paths, checkouts = _walk(self.folder)
            is_unanswered = not self.ignored and git.around(self.folder) is not None
            walked = Found(paths, paths, unanswered={"."} if is_unanswered else set())
            inside = (Asked.about(self.folder / checkout, self.pattern, ignored=self.ignored).found().below(checkout) for checkout in checkouts)
            return Found.union([walked, *inside])
        files = _listed(self.folder, listed)
        paths = files.tracked | files.others.keys()
        found = self._fitting(files)
        likely = paths if found is None else paths & found
        is_real = cache(partial(is_inside, self.folder))  # the index can name anything, and what is behind a symbolic link by now
        candidates = {path for path in likely if is_regular(f"{self.folder}/{path}") and is_real(folder_of(path))}
        return Found(paths - (likely - candidates), candidates, files.repositories, absent=files.absent)

    def _fitting(self, files: "_Files") -> set[str] | None:
        """The files that may fit the pattern, `None` if git cannot tell. A few that are not tracked are sooner read than searched."""
        others: Iterable[str] = files.others
        if len(files.others) > _FEW or sum(files.others.values()) > _FEW_BYTES:
            scope = ("--untracked", *(("--no-exclude-standard",) if self.ignored else ()))
            searched = git.answer(git.start(self.folder, *_GREP, *scope, "-e", self.pattern), is_strict=True)
            others = searched.split("\0") if searched is not None else others
        found = self.searched()
        return {*found.split("\0"), *others, *files.unsearched} if found is not None else None


@dataclass(frozen=True, slots=True)
class _Files:
    """The regular files of a folder, and the repositories in it."""

    tracked: set[str]
    unsearched: set[str]
    """Those of the tracked files that a search passes over, because git was told to take them for unchanged or for absent."""
    others: dict[str, int]
    """Files that are not tracked, with their lengths in bytes."""
    repositories: set[str]
    absent: dict[str, str]
    """Tracked files that a sparse checkout leaves out, with the ids of their contents."""


def _listed(root: Path, listed: str) -> _Files:
    """Read what `git ls-files -t -v --stage --deleted --others` says; git has looked which of the tracked files are there."""
    files = _Files(set(), set(), {}, set(), {})
    gone: set[str] = set()
    for entry in listed.split("\0"):
        if entry.startswith(git.AS_USUAL):
            files.tracked.add(entry[entry.index("\t") + 1 :])
            continue
        described, _, path = entry.partition("\t")
        if entry.startswith("? "):
            path = entry[2:]
            if path.endswith("/"):
                files.repositories.add(path[:-1])
            elif is_regular(f"{root}/{path}"):
                files.others[path] = _size(f"{root}/{path}")
        elif described[:1] in ("R", "r"):
            if not is_regular(f"{root}/{path}"):
                gone.add(path)
        elif described[2:8] in ("100644", "100755"):
            _take(files, described, path, is_there=is_regular(f"{root}/{path}"))
        elif described[2:8] in ("120000", "160000") and is_regular(f"{root}/{path}"):  # the index does not know yet what it has become
            files.tracked.add(path)
            files.unsearched.add(path)
        elif described[2:8] == "160000" and any(Path(root, path).glob("*")):
            files.repositories.add(path)
    files.tracked.difference_update(gone)
    return files


def _take(files: _Files, described: str, path: str, *, is_there: bool) -> None:
    """Add a regular file of the index that is not merged (`M`), or that git was told to take for unchanged, or for absent (`S`)."""
    if not is_there:
        if described[0] in ("S", "s"):
            files.absent[path] = described.split()[2]
        return
    files.tracked.add(path)
    if described[0] != "M":
        files.unsearched.add(path)


def _walk(root: Path) -> tuple[set[str], list[str]]:
    """Every file below a folder, and the folders that are tops of repositories, which are not entered.

    A folder that cannot be opened is given itself, so that reading it says why.
    """
    files: set[str] = set()
    checkouts: list[str] = []
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(root / folder))
        except OSError:
            files.add(folder or ".")
            continue
        if folder and any(entry.name == ".git" for entry in entries):
            checkouts.append(folder)
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_file(follow_symlinks=False):
                files.add(path)
            elif entry.is_dir(follow_symlinks=False) and entry.name != ".git":
                folders.append(path)
    return files, sorted(checkouts)


def folder_of(path: str) -> str:
    """The folder of a path, empty at the top."""
    return path.rpartition("/")[0]


def is_regular(path: str) -> bool:
    """Tell whether there is a regular file; what cannot be looked at counts as one, so that reading it says why."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0
