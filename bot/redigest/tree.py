"""The bytes of a tree of files by path: a working directory now, a commit in a bare clone later."""

import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Protocol

from redigest import git
from redigest.errors import UsageError
from redigest.globs import compile_globs


@dataclass(frozen=True, slots=True)
class Listing:
    """How many files a tree has, and the paths, in order, of those that a first search could not rule out."""

    count: int
    candidates: tuple[str, ...]
    not_entered: tuple[str, ...] = ()
    """Folders that are repositories of their own, submodules among them."""


class Tree(Protocol):
    """Files by path; a path is relative to the tree and has `/` between its parts."""

    def listing(self, pattern: str) -> Listing:
        """Every regular file, and which of them may fit `pattern`, a regular expression over bytes that Perl and Python read alike.

        Symbolic links are not followed and not listed.
        """
        ...

    def size(self, path: str) -> int:
        """The length of a file in bytes, 0 if it is gone."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of one file. Raises `OSError`."""
        ...

    def earlier_lines(self, path: str, text: str) -> Sequence[str]:
        """Lines of a file that commits have taken away or brought along with a line that holds `text`, the newest first; nothing where there is no history."""
        ...

    def derived(self, paths: Collection[str]) -> Mapping[str, str]:
        """Those of `paths` that `.gitattributes` marks as `generated` or `vendored`, with that word."""
        ...

    def prefix(self) -> str:
        """The way from the top of the repository to the root, ending in `/`; empty at the top and outside of repositories."""
        ...


_PATTERN = re.compile(r"[*?[]")
_MOST_COMMITS = 10
_MOST_LINES = 1000
_HISTORY_SECONDS = 10.0

DERIVED = {"linguist-generated": "generated", "gitlab-generated": "generated", "linguist-vendored": "vendored"}
"""Attributes by which forges leave files out of reviews and statistics, since they are made elsewhere."""


@dataclass(frozen=True, slots=True)
class WorkTree:
    """A directory on disk, or some files and folders in it."""

    root: Path
    selected: tuple[str, ...] = ()
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    """Patterns for paths that are selected as well."""
    ignored: bool = False
    """Whether files count that git ignores."""
    known: Mapping[str, str] | None = None
    """The ids of blobs by path: a file whose bytes are those of its blob is not listed."""

    @classmethod
    def at(cls, paths: Sequence[Path], *, include: tuple[str, ...] = ("**",), exclude: tuple[str, ...] = ()) -> "WorkTree":
        """Open one directory, or several files and directories by the folder that holds them all. Raises `UsageError` if one is not there.

        Only files whose path from there fits `include` and not `exclude` are listed; one that is named itself is listed even if git ignores it. What is
        not there and has `*`, `?` or `[` in its name is a pattern, which a shell would have put paths for.
        """
        starts = [_start(path) for path in paths]
        if len(paths) == 1 and starts == list(paths) and paths[0].is_dir():
            return cls(paths[0], (), include, exclude)
        absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 -- a symbolic link that is named is not followed
        held = [Path(os.path.abspath(start)) for start in starts]  # noqa: PTH100 -- likewise
        root = Path.cwd()
        if not all(path.is_relative_to(root) for path in held):
            root = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in held]))
        named = {(path.relative_to(root).as_posix(), path == start) for path, start in zip(absolute, held, strict=True)}
        selected, globs = (tuple(sorted(path for path, is_path in named if is_path == wanted)) for wanted in (True, False))
        return cls(root, selected, include, exclude, globs)

    def listing(self, pattern: str) -> Listing:
        """Raises `UsageError` for a glob that no file fits."""
        starts = self.selected or (() if self.globs else (".",))
        parts = [_search(self.root, start, pattern, ignored=self.ignored) for start in starts]
        parts += [self._fitting(glob, pattern) for glob in self.globs]
        paths, candidates, not_entered = (self._selected({path for part in parts for path in part[index]}) for index in range(3))
        if self.known is not None:
            paths = candidates = {path for path in candidates if self._is_changed(path, self.known.get(path))}
        return Listing(len(paths), tuple(sorted(candidates)), tuple(sorted(not_entered)))

    def _fitting(self, glob: str, pattern: str) -> "_Found":
        fits = compile_globs([glob], anchored=True).fullmatch
        found = _search(self.root, _start(Path(glob), self.root).as_posix(), pattern, ignored=self.ignored)
        paths, candidates, not_entered = ({path for path in part if fits(path)} for part in found)
        if not paths:
            raise UsageError(f"{glob}: no such file, and as a pattern it fits none")
        return paths, candidates, not_entered

    def _is_changed(self, path: str, blob: str | None) -> bool:
        """Whether the bytes of a file are not those of a blob; what cannot be read counts, so that reading it says why."""
        try:
            return blob is None or git.blob_id(self.read(path), blob) != blob
        except OSError:
            return True

    def _selected(self, paths: set[str]) -> set[str]:
        if self.include == ("**",) and not self.exclude:
            return paths
        included, excluded = compile_globs(self.include, anchored=True), compile_globs(self.exclude, anchored=True)
        return {path for path in paths if included.fullmatch(path) and not excluded.fullmatch(path)}

    def size(self, path: str) -> int:
        try:
            return os.lstat(f"{self.root}/{path}").st_size
        except OSError:
            return 0

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def earlier_lines(self, path: str, text: str) -> Sequence[str]:
        commits = ("log", f"--max-count={_MOST_COMMITS}", f"-S{text}", "--format=", "--patch", "--unified=0", "--no-ext-diff", "--no-textconv", "--no-color")
        said = git.answer(git.start(self.root, *commits, "--", f":(literal){path}"), seconds=_HISTORY_SECONDS) or ""
        return [line[1:] for line in said.splitlines() if line[:1] in ("-", "+") and line[:3] not in ("---", "+++")][:_MOST_LINES]

    def derived(self, paths: Collection[str]) -> Mapping[str, str]:
        marks = git.attributes(self.root, paths, DERIVED) if paths else {}
        return {path: DERIVED[name] for path, said in marks.items() for name in DERIVED if said.get(name) in ("set", "true")}

    def path_of(self, file: Path) -> str | None:
        """The path in the tree of a file on disk, `None` if it is elsewhere."""
        root, file = self.root.resolve(), file.resolve()
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else None

    def prefix(self) -> str:
        """The way from the top of the repository to the root, ending in `/`; empty at the top and outside of repositories."""
        shown = git.answer(git.start(self.root, "rev-parse", "--show-prefix"))
        return shown.removesuffix("\n") if shown is not None else ""


def _start(path: Path, root: Path = Path()) -> Path:
    """A path that is there, or for a pattern the folder below which it fits. Raises `UsageError`."""
    try:
        (root / path).stat()
    except OSError as error:
        if not _PATTERN.search(path.as_posix()):
            raise UsageError(f"{path}: {error.strerror}") from error
        parts = path.parts[: next(place for place, part in enumerate(path.parts) if _PATTERN.search(part))]
        return _start(Path(*parts), root)
    return path


def is_inside(root: Path, folder: str) -> bool:
    """Tell whether a folder is where its path says and not git's own: neither a symbolic link nor `..` nor `.git` is on the way from the root."""
    there = root.resolve() / folder
    return ".git" not in Path(folder).parts and there.resolve() == there


_Found = tuple[set[str], set[str], set[str]]
"""Files, those of them that may fit the pattern, and folders that were not entered."""


def _search(root: Path, start: str, pattern: str, *, ignored: bool) -> _Found:
    """Search the file `start`, or the files below the folder `start`; with `ignored` those too that git ignores."""
    folder = start if (root / start).is_dir() else _folder(start)
    if not is_inside(root, folder):
        return set(), set(), set()
    if folder != start:
        paths = {start} if _is_regular(f"{root}/{start}") else set()
        return paths, paths, set()
    found = _search_folder(root / start, pattern, ignored=ignored)
    if start == ".":
        return found
    paths, candidates, not_entered = ({f"{start}/{path}" for path in part} for part in found)
    return paths, candidates, not_entered


def _search_folder(root: Path, pattern: str, *, ignored: bool) -> _Found:
    """Search what git tracks or would track below a folder; everything where there is no repository or git does not trust it."""
    leaving_out = () if ignored else ("--exclude-standard",)
    searching = git.start(root, "grep", "-l", "-z", "-P", "--no-color", "--untracked", *(leaving_out or ("--no-exclude-standard",)), "-e", pattern)
    forcing = git.start(root, "ls-files", "-z", "--cached", "--ignored", "--exclude-standard")
    listing = git.start(root, "ls-files", "-z", "-t", "--stage", "--cached", "--deleted", "--others", *leaving_out)
    found, forced, listed = git.answer(searching, is_strict=True), git.answer(forcing), git.answer(listing)
    if listed is None:
        paths = set(_walk(root))
        return paths, paths, set()
    paths, not_entered = _listed(root, listed)
    likely = paths if found is None or forced is None else paths.intersection((found + forced).split("\0"))  # grep leaves out what is tracked by force
    is_real = cache(partial(is_inside, root))  # the index can name anything, and what is behind a symbolic link by now
    candidates = {path for path in likely if _is_regular(f"{root}/{path}") and is_real(_folder(path))}
    return paths - (likely - candidates), candidates, not_entered


def _listed(root: Path, listed: str) -> tuple[set[str], set[str]]:
    """The regular files that `git ls-files -t --stage --deleted` lists, and the repositories among them; git has looked which of the tracked are there."""
    paths: set[str] = set()
    gone: set[str] = set()
    repositories: set[str] = set()
    for entry in listed.split("\0"):
        if entry.startswith("? "):
            path = entry[2:]
            if path.endswith("/"):
                repositories.add(path[:-1])
            elif _is_regular(f"{root}/{path}"):
                paths.add(path)
            continue
        described, _, path = entry.partition("\t")
        if described.startswith("R "):
            if not _is_regular(f"{root}/{path}"):
                gone.add(path)
        elif described[2:8] in ("100644", "100755"):
            paths.add(path)
        elif described[2:8] == "160000" and any(Path(root, path).glob("*")):
            repositories.add(path)
    return paths - gone, repositories


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
