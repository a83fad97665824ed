"""The bytes of a tree of files by path: a working directory now, a commit in a bare clone later."""

import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Protocol

from redigest import git
from redigest.errors import UsageError
from redigest.globs import compile_globs
from redigest.scope import EVERYTHING, Scope
from redigest.screen import Screen
from redigest.since import Since


@dataclass(frozen=True, slots=True)
class Listing:
    """How many files a tree has, and the paths, in order, of those that a first search could not rule out."""

    count: int
    candidates: tuple[str, ...]
    not_entered: tuple[str, ...] = ()
    """Folders that are repositories of their own, submodules among them."""
    store: str = ""
    """What tells the place where contents have ids from others, empty where they have none."""
    blobs: Mapping[str, str] = field(default_factory=dict)
    """The ids of the contents of the candidates by path, where they are known without reading."""
    unanswered: tuple[str, ...] = ()
    """Folders in a repository that git cannot tell about, so that what it would ignore is listed too."""
    absent: int = 0
    """How many tracked files a sparse checkout leaves out."""


class Tree(Protocol):
    """Files by path; a path is relative to the tree and has `/` between its parts."""

    def listing(self, pattern: str) -> Listing:
        """Every regular file, and which of them may fit `pattern`, a regular expression over bytes that Perl and Python read alike.

        Symbolic links are not followed and not listed.
        """
        ...

    def contents(self, paths: Sequence[str], screen: Screen) -> Iterator[tuple[str, bytes | OSError]]:
        """Those files at `paths` that the screen takes with their bytes, or with the reason why they cannot be read; in any order."""
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
_GREP = ("grep", "-l", "-z", "-P", "--no-color")
_PATCHES = ("--format=", "--patch", "--unified=0", "--no-color", "--no-show-signature", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")
_FEW = 1000
_FEW_BYTES = 1 << 20
"""So many files, with so many bytes together, are read faster than git goes over the folders once more."""
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
    scope: Scope = EVERYTHING
    globs: tuple[str, ...] = ()
    """Patterns for paths that are selected as well."""
    ignored: bool = False
    """Whether files count that git ignores."""
    since: Since | None = None
    """Only files that have changed since then are listed."""
    _asked: "dict[str, _Asked]" = field(default_factory=dict, repr=False, compare=False)
    """What git already works on, by the pattern."""

    @classmethod
    def at(cls, paths: Sequence[Path], *, scope: Scope = EVERYTHING) -> "WorkTree":
        """Open one directory, or several files and directories by the folder that holds them all. Raises `UsageError` if one is not there.

        Only files that the scope leaves in are listed; one that is named itself is listed even if git ignores it. What is not there and has `*`, `?` or
        `[` in its name is a pattern, which a shell would have put paths for.
        """
        paths = [_with_one_slash(path) for path in paths]
        starts = [_start(path) for path in paths]
        if len(paths) == 1 and starts == list(paths) and paths[0].is_dir():
            return cls(paths[0], (), scope)
        absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 -- a symbolic link that is named is not followed
        held = [Path(os.path.abspath(start)) for start in starts]  # noqa: PTH100 -- likewise
        root = Path.cwd()
        if not all(path.is_relative_to(root) for path in held):
            root = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in held]))
        named = {(path.relative_to(root).as_posix(), path == start) for path, start in zip(absolute, held, strict=True)}
        selected, globs = (tuple(sorted(path for path, is_path in named if is_path == wanted)) for wanted in (True, False))
        return cls(root, selected, scope, globs)

    def changed_since(self, revision: str) -> "WorkTree":
        """The same, but for what has not changed since HEAD and a revision part, in each of the repositories around what is selected. Raises `UsageError`."""
        starts = [*(self.selected or (() if self.globs else (".",))), *(_start(Path(glob), self.root).as_posix() for glob in self.globs)]
        folders = {start if (self.root / start).is_dir() else _folder(start) for start in starts}
        return replace(self, since=Since.of(revision, self.root, [self.root / folder for folder in sorted(folders) if is_inside(self.root, folder)]))

    def ask_ahead(self, pattern: str) -> None:
        """Have git begin with what `listing` will want to know of a directory for the same pattern, while something else goes on."""
        if not self.selected and not self.globs:
            self._asked[pattern] = _Asked.about(self.root, pattern, ignored=self.ignored)

    def listing(self, pattern: str) -> Listing:
        """Raises `UsageError` for a glob that no file fits."""
        parts = [self._in_scope(self._search(start, pattern), start) for start in self.selected or (() if self.globs else (".",))]
        parts += [self._in_scope(self._fitting(glob, pattern), _start(Path(glob), self.root).as_posix()) for glob in self.globs]
        found = _Found.union(parts)
        paths, candidates, absent = found.paths, found.candidates, len(found.absent)
        if self.since is not None:
            paths = candidates = self.since.changed(candidates, self.read)
            absent = sum(self.since.blobs.get(path) != blob for path, blob in found.absent.items())
        return Listing(len(paths), tuple(sorted(candidates)), tuple(sorted(found.repositories)), unanswered=tuple(sorted(found.unanswered)), absent=absent)

    def _search(self, start: str, pattern: str) -> "_Found":
        """Search the file `start`, or the files below the folder `start`."""
        folder = start if (self.root / start).is_dir() else _folder(start)
        if not is_inside(self.root, folder):
            return _Found()
        if folder != start:
            paths = {start} if _is_regular(f"{self.root}/{start}") else set()
            return _Found(paths, paths)
        if start == ".":
            return (self._asked.pop(pattern, None) or _Asked.about(self.root, pattern, ignored=self.ignored)).found()
        return _Asked.about(self.root / start, pattern, ignored=self.ignored).found().below(start)

    def _fitting(self, glob: str, pattern: str) -> "_Found":
        fits = compile_globs([glob], anchored=True).fullmatch
        found = self._search(_start(Path(glob), self.root).as_posix(), pattern).only(lambda path: fits(path) is not None)
        if not found.paths:
            raise UsageError(f"{glob}: no such file, and as a pattern it fits none")
        return found

    def _in_scope(self, found: "_Found", start: str) -> "_Found":
        """What the scope leaves of what was found for one of the paths that are named."""
        if self.scope.has_all:
            return found
        root = self.root.resolve()
        return found.only(self.scope.keeps(root, root / (start if (self.root / start).is_dir() else _folder(start))))

    def contents(self, paths: Sequence[str], screen: Screen) -> Iterator[tuple[str, bytes | OSError]]:
        for path in paths:
            try:
                data = self.read(path)
            except OSError as error:
                yield path, error
                continue
            if screen.takes(data):
                yield path, data

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def earlier_lines(self, path: str, text: str) -> Sequence[str]:
        commits = ("log", *_PATCHES, f"--max-count={_MOST_COMMITS}", f"-S{text}")
        said = git.answer(git.start(self.root, *commits, "--", f":(literal){path}"), seconds=_HISTORY_SECONDS) or ""
        return [line[1:] for line in said.splitlines() if line[:1] in ("-", "+") and line[:3] not in ("---", "+++")][:_MOST_LINES]

    def derived(self, paths: Collection[str]) -> Mapping[str, str]:
        marks = git.attributes(self.root, paths, DERIVED) if paths else {}
        return {path: DERIVED[name] for path, said in marks.items() for name in DERIVED if said.get(name) in ("set", "true")}

    def path_of(self, file: Path) -> str | None:
        """The path in the tree of a file on disk, `None` if it is elsewhere."""
        root, file = self.root.resolve(), _with_one_slash(file).resolve()
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else None

    def prefix(self) -> str:
        """The way from the top of the repository to the root, ending in `/`; empty at the top and outside of repositories."""
        shown = git.answer(git.start(self.root, "rev-parse", "--show-prefix"))
        return shown.removesuffix("\n") if shown is not None else ""

    def prefix_here(self) -> str:
        """The way to the root from where `git apply` begins in the current directory: the top of the repository around that, if the root is in or below it.

        For a root elsewhere it is the way from the top of its own repository, as `prefix` has it.
        """
        top = Path((git.answer(git.start(Path(), "rev-parse", "--show-toplevel")) or "").removesuffix("\n"))
        root = self.root.resolve()
        if not (top.is_absolute() and root.is_relative_to(top)):
            return self.prefix()
        return f"{root.relative_to(top).as_posix()}/" if root != top else ""


def _with_one_slash(path: Path) -> Path:
    """The same path; two slashes at its beginning stay two for Python, since POSIX lets a system give them a meaning."""
    return Path(f"/{path.relative_to(path.anchor)}") if path.root == "//" else path


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


@dataclass(frozen=True, slots=True)
class _Found:
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
    def union(cls, parts: Sequence["_Found"]) -> "_Found":
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

    def below(self, start: str) -> "_Found":
        """The same, for who sees it from above the folder `start`."""

        def moved(paths: AbstractSet[str]) -> AbstractSet[str]:
            return {f"{start}/{path}" for path in paths}

        absent = {f"{start}/{path}": blob for path, blob in self.absent.items()}
        return _Found(moved(self.paths), moved(self.candidates), moved(self.repositories), {start for _ in self.unanswered}, absent)

    def only(self, keeps: Callable[[str], bool]) -> "_Found":
        """The files and folders among it that are kept."""

        def kept(paths: AbstractSet[str]) -> AbstractSet[str]:
            return set(filter(keeps, paths))

        absent = {path: blob for path, blob in self.absent.items() if keeps(path)}
        return _Found(kept(self.paths), kept(self.candidates), kept(self.repositories), self.unanswered, absent)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What git works on: which tracked files below a folder fit the pattern, and which files there are, with `ignored` those too that git ignores."""

    folder: Path
    pattern: str
    ignored: bool
    searched: Callable[[], str | None]
    listed: Callable[[], str | None]

    @classmethod
    def about(cls, folder: Path, pattern: str, *, ignored: bool) -> "_Asked":
        listing = ("ls-files", "-z", "-t", "-v", "--stage", "--cached", "--deleted", "--others", *(() if ignored else ("--exclude-standard",)))
        return cls(folder, pattern, ignored, git.ask(folder, *_GREP, "-e", pattern, is_strict=True), git.ask(folder, *listing))

    def found(self) -> _Found:
        """What git tracks or would track below the folder; everything where there is no repository or git cannot read it."""
        listed = self.listed()
        if listed is None:
            paths = set(_walk(self.folder))
            return _Found(paths, paths, unanswered={"."} if not self.ignored and git.around(self.folder) is not None else set())
        files = _listed(self.folder, listed)
        paths = files.tracked | files.others.keys()
        found = self._fitting(files)
        likely = paths if found is None else paths & found
        is_real = cache(partial(is_inside, self.folder))  # the index can name anything, and what is behind a symbolic link by now
        candidates = {path for path in likely if _is_regular(f"{self.folder}/{path}") and is_real(_folder(path))}
        return _Found(paths - (likely - candidates), candidates, files.repositories, absent=files.absent)

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
            elif _is_regular(f"{root}/{path}"):
                files.others[path] = _size(f"{root}/{path}")
        elif described[:1] in ("R", "r"):
            if not _is_regular(f"{root}/{path}"):
                gone.add(path)
        elif described[2:8] in ("100644", "100755"):
            _take(files, described, path, is_there=_is_regular(f"{root}/{path}"))
        elif described[2:8] in ("120000", "160000") and _is_regular(f"{root}/{path}"):  # the index does not know yet what it has become
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


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0
