"""The bytes of a tree of files by path: a working directory now, a commit in a bare clone later."""

import os
import stat
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Protocol

from redigest.errors import UsageError
from redigest.globs import compile_globs


@dataclass(frozen=True, slots=True)
class Listing:
    """How many files a tree has, and the paths, in order, of those that a first search could not rule out."""

    count: int
    candidates: tuple[str, ...]


class Tree(Protocol):
    """Files by path; a path is relative to the tree and has `/` between its parts."""

    def listing(self, needles: Sequence[bytes]) -> Listing:
        """Every regular file, and which of them may hold one of the byte strings `needles`; symbolic links are not followed and not listed."""
        ...

    def size(self, path: str) -> int:
        """The length of a file in bytes, 0 if it is gone."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of one file. Raises `OSError`."""
        ...


@dataclass(frozen=True, slots=True)
class WorkTree:
    """A directory on disk, or some files and folders in it."""

    root: Path
    selected: tuple[str, ...] = ()
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()

    @classmethod
    def at(cls, paths: Sequence[Path], *, include: tuple[str, ...] = ("**",), exclude: tuple[str, ...] = ()) -> "WorkTree":
        """Open one directory, or several files and directories by the folder that holds them all. Raises `UsageError` if one is not there.

        Only files whose path from there fits `include` and not `exclude` are listed; one that is named itself is listed even if git ignores it.
        """
        for path in paths:
            try:
                path.stat()
            except OSError as error:
                raise UsageError(f"{path}: {error.strerror}") from error
        if len(paths) == 1 and paths[0].is_dir():
            return cls(paths[0], (), include, exclude)
        absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 -- a symbolic link that is named is not followed
        root = Path.cwd()
        if not all(path.is_relative_to(root) for path in absolute):
            root = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in absolute]))
        return cls(root, tuple(sorted({path.relative_to(root).as_posix() for path in absolute})), include, exclude)

    def listing(self, needles: Sequence[bytes]) -> Listing:
        paths: set[str] = set()
        candidates: set[str] = set()
        for start in self.selected or (".",):
            there, found = _search(self.root, start, needles)
            paths |= there
            candidates |= found
        included, excluded = compile_globs(self.include, anchored=True), compile_globs(self.exclude, anchored=True)
        paths = {path for path in paths if included.fullmatch(path) and not excluded.fullmatch(path)}
        return Listing(len(paths), tuple(sorted(paths & candidates)))

    def size(self, path: str) -> int:
        try:
            return os.lstat(f"{self.root}/{path}").st_size
        except OSError:
            return 0

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def path_of(self, file: Path) -> str | None:
        """The path in the tree of a file on disk, `None` if it is elsewhere."""
        root, file = self.root.resolve(), file.resolve()
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else None

    def prefix(self) -> str:
        """The way from the top of the repository to the root, ending in `/`; empty at the top and outside of repositories."""
        shown = _answer(_start_git(self.root, "rev-parse", "--show-prefix"))
        return shown.removesuffix("\n") if shown is not None else ""


def is_inside(root: Path, folder: str) -> bool:
    """Tell whether a folder is where its path says and not git's own: neither a symbolic link nor `..` nor `.git` is on the way from the root."""
    there = root.resolve() / folder
    return ".git" not in Path(folder).parts and there.resolve() == there


def _search(root: Path, start: str, needles: Sequence[bytes]) -> tuple[set[str], set[str]]:
    """The file `start`, or the files below the folder `start`, and those of them that may hold one of the needles."""
    folder = start if (root / start).is_dir() else _folder(start)
    if not is_inside(root, folder):
        return set(), set()
    if folder != start:
        paths = {start} if _is_regular(f"{root}/{start}") else set()
        return paths, paths
    paths, found = _search_folder(root / start, needles)
    if start == ".":
        return paths, found
    return {f"{start}/{path}" for path in paths}, {f"{start}/{path}" for path in found}


def _search_folder(root: Path, needles: Sequence[bytes]) -> tuple[set[str], set[str]]:
    """What git tracks or would track below a folder; everything where there is no repository or git does not trust it."""
    patterns = (option for needle in needles for option in (b"-e", needle))
    searching = _start_git(root, "grep", "-l", "-z", "-F", "--no-color", "--untracked", *patterns)
    forcing = _start_git(root, "ls-files", "-z", "--cached", "--ignored", "--exclude-standard")
    listing = _start_git(root, "ls-files", "-z", "-t", "--stage", "--cached", "--deleted", "--others", "--exclude-standard")
    found, forced, listed = _answer(searching, is_strict=True), _answer(forcing), _answer(listing)
    if listed is None:
        paths = set(_walk(root))
        return paths, paths
    paths = _regular_files(root, listed)
    likely = paths if found is None or forced is None else paths.intersection((found + forced).split("\0"))  # grep leaves out what is tracked by force
    is_real = cache(partial(is_inside, root))  # the index can name anything, and what is behind a symbolic link by now
    candidates = {path for path in likely if _is_regular(f"{root}/{path}") and is_real(_folder(path))}
    return paths - (likely - candidates), candidates


def _regular_files(root: Path, listed: str) -> set[str]:
    """The paths of the regular files that `git ls-files -t --stage --deleted` lists; of the tracked ones git has looked whether they are there."""
    paths: set[str] = set()
    gone: set[str] = set()
    for entry in listed.split("\0"):
        if entry.startswith("? "):
            path = entry[2:]
            if _is_regular(f"{root}/{path}"):
                paths.add(path)
            continue
        described, _, path = entry.partition("\t")
        if described.startswith("R "):
            if not _is_regular(f"{root}/{path}"):
                gone.add(path)
        elif described[2:8] in ("100644", "100755"):
            paths.add(path)
    return paths - gone


def _walk(root: Path) -> Iterator[str]:
    """Every file below a folder. A folder that cannot be opened is given itself, so that reading it says why."""
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(root / folder))
        except OSError:
            yield folder or "."
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_file(follow_symlinks=False):
                yield path
            elif entry.is_dir(follow_symlinks=False) and entry.name != ".git":
                folders.append(path)


_SAFE = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "grep.fullName=false", "submodule.recurse=false")
"""A checkout is not trusted: no program that its configuration names is run, and no setting changes what the answer means."""

_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE")
"""Set inside of a hook; git would answer for the repository of the hook."""


def _start_git(root: Path, *arguments: str | bytes) -> "subprocess.Popen[bytes] | None":
    """Start git where it cannot fetch: for an object that a partial clone lacks it would run `core.sshCommand` or `remote.*.uploadpack`."""
    options = (option for setting in _SAFE for option in ("-c", setting))
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE} | {"GIT_ALLOW_PROTOCOL": "none"}
    try:
        command = ["git", *options, *arguments]
        return subprocess.Popen(command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError:
        return None


def _answer(process: "subprocess.Popen[bytes] | None", *, is_strict: bool = False) -> str | None:
    """What git says; `None` if there is no git or no repository, git does not trust it, or (`is_strict`) complains."""
    if process is None:
        return None
    with process:
        said, complaint = process.communicate()
    if process.returncode not in (0, 1) or (is_strict and complaint):  # 1: git grep has found nothing
        return None
    return os.fsdecode(said)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _is_regular(path: str) -> bool:
    """Tell whether there is a regular file; what cannot be looked at counts as one, so that reading it says why."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
