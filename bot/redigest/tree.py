"""The bytes of a tree of files by path: a working directory now, a commit in a bare clone later."""

import contextlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from redigest import git
from redigest.errors import UsageError
from redigest.globs import compile_globs
from redigest.listed import Asked, Found, folder_of, is_inside, is_regular
from redigest.named import Named, look, with_one_slash
from redigest.owners import protected
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
    links: tuple[tuple[str, str], ...] = ()
    """Paths that were named and are not followed, each with the reason."""


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

    def protected(self, paths: Collection[str]) -> Mapping[str, str]:
        """Those of `paths` that the owners of the repository keep from being changed, with the reason. Raises `RepositoryError`."""
        ...

    def prefix(self) -> str:
        """The way from the top of the repository to the root, ending in `/`; empty at the top and outside of repositories."""
        ...

    def from_top(self, path: str) -> str:
        """The path of a file from the top of its repository, which may be below the root; the same outside of repositories."""
        ...


_PATCHES = ("--format=", "--patch", "--unified=0", "--no-color", "--no-show-signature", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")
_MOST_COMMITS = 10
_MOST_LINES = 1000
_HISTORY_SECONDS = 10.0

DERIVED = {"linguist-generated": "generated", "gitlab-generated": "generated", "linguist-vendored": "vendored"}
"""Attributes by which forges leave files out of reviews and statistics, since they are made elsewhere."""


@dataclass(frozen=True, slots=True, order=True)
class Selected:
    """A part of a tree: a file, or a folder with what is below it, by its path from the root; with a pattern those files that fit it from there."""

    start: str = "."
    is_folder: bool = True
    pattern: str = ""

    @classmethod
    def of(cls, named: Named, root: Path) -> "Selected":
        return cls(named.place.relative_to(root).as_posix(), named.is_folder, named.pattern or "")

    @property
    def folder(self) -> str:
        """The folder, or the one that the file is in."""
        return self.start if self.is_folder else folder_of(self.start)

    def fitting(self, found: Found) -> Found:
        """What of it fits the pattern. Raises `UsageError` if that is nothing."""
        if not self.pattern:
            return found
        fits = compile_globs([self.pattern], anchored=True).fullmatch
        above = "" if self.start == "." else f"{self.start}/"
        kept = found.only(lambda path: fits(path[len(above) :]) is not None)
        if not kept.paths:
            raise UsageError(f"{above}{self.pattern}: no such file, and as a pattern it fits none; symbolic links are not followed")
        return kept


@dataclass(frozen=True, slots=True)
class WorkTree:
    """A directory on disk, or some files and folders in it."""

    root: Path
    selected: tuple[Selected, ...] = (Selected(),)
    scope: Scope = EVERYTHING
    links: tuple[tuple[str, str], ...] = ()
    """What else was named and is not followed, each with the reason."""
    ignored: bool = False
    """Whether files count that git ignores."""
    since: Since | None = None
    """Only files that have changed since then are listed."""
    _asked: dict[str, Asked] = field(default_factory=dict, repr=False, compare=False)
    """What git already works on, by the pattern."""

    @classmethod
    def at(cls, paths: Sequence[Path], *, scope: Scope = EVERYTHING) -> "WorkTree":
        """Open one directory, or several files and directories by the folder that holds them all. Raises `UsageError` if one is not there.

        Only files that the scope leaves in are listed; one that is named itself is listed even if git ignores it. What is not there and has `*`, `?` or
        `[` in its name is a pattern, which a shell would have put paths for.
        """
        paths = [with_one_slash(path) for path in paths]
        named = look(paths)
        if len(named) == 1 and named[0].is_folder and named[0].pattern is None:
            return cls(paths[0], scope=scope)
        root = Path(os.path.commonpath([each.folder for each in named]))
        with contextlib.suppress(FileNotFoundError):  # the current directory may be gone
            root = here if root.is_relative_to(here := Path.cwd()) else root
        selected = {Selected.of(each, root) for each in named if each.link is None}
        links = {each.place.relative_to(root).as_posix(): each.link.reason for each in named if each.link is not None}
        return cls(root, tuple(sorted(selected)), scope, links=tuple(sorted(links.items())))

    def changed_since(self, revision: str) -> "WorkTree":
        """The same, but for what has not changed since HEAD and a revision part, in each of the repositories around what is selected. Raises `UsageError`."""
        folders = [self.root / folder for folder in sorted(self._starts()) if is_inside(self.root, folder)]
        return replace(self, since=Since.of(revision, self.root, folders))

    def ask_ahead(self, pattern: str) -> None:
        """Have git begin with what `listing` will want to know of a directory for the same pattern, while something else goes on."""
        if any(one.start == "." for one in self.selected):
            self._asked[pattern] = Asked.about(self.root, pattern, ignored=self.ignored)

    def listing(self, pattern: str) -> Listing:
        """Raises `UsageError` for a pattern that no file fits."""
        is_kept = self.scope.over(self.root.resolve())
        found = Found.union([self._in_scope(one.fitting(self._search(one, pattern)), one, is_kept) for one in self.selected])
        paths, candidates, absent = found.paths, found.candidates, len(found.absent)
        if self.since is not None:
            paths = candidates = self.since.changed(candidates, self.read)
            absent = sum(self.since.blobs.get(path) != blob for path, blob in found.absent.items())
        repositories, unanswered = tuple(sorted(found.repositories)), tuple(sorted(found.unanswered))
        return Listing(len(paths), tuple(sorted(candidates)), repositories, unanswered=unanswered, absent=absent, links=self.links)

    def _starts(self) -> set[str]:
        """The folders that hold all that is selected."""
        return {one.folder for one in self.selected}

    def _search(self, one: Selected, pattern: str) -> Found:
        start = one.start
        if not is_inside(self.root, one.folder):
            return Found()
        if not one.is_folder:
            paths = {start} if is_regular(f"{self.root}/{start}") else set()
            return Found(paths, paths)
        if start == ".":
            return (self._asked.pop(pattern, None) or Asked.about(self.root, pattern, ignored=self.ignored)).found()
        return Asked.about(self.root / start, pattern, ignored=self.ignored).found().below(start)

    def _in_scope(self, found: Found, one: Selected, is_kept: Callable[[str, str], bool]) -> Found:
        """What the scope leaves of what was found for one of the paths that are named."""
        return found if self.scope.has_all else found.only(lambda path: is_kept(path, one.folder))

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
        folder, _, name = path.rpartition("/")
        commits = ("log", *_PATCHES, f"--max-count={_MOST_COMMITS}", f"-S{text}")
        said = git.answer(git.start(self.root / folder, *commits, "--", f":(literal){name}"), seconds=_HISTORY_SECONDS) or ""
        return [line[1:] for line in said.splitlines() if line[:1] in ("-", "+") and line[:3] not in ("---", "+++")][:_MOST_LINES]

    def derived(self, paths: Collection[str]) -> Mapping[str, str]:
        marks = git.attributes(self.root, paths, DERIVED) if paths else {}
        return {path: DERIVED[name] for path, said in marks.items() for name in DERIVED if said.get(name) in ("set", "true")}

    def protected(self, paths: Collection[str]) -> Mapping[str, str]:
        return protected(self.root, paths, self._starts())

    def path_of(self, file: Path) -> str | None:
        """The path in the tree of a file on disk, `None` if it is elsewhere."""
        root, file = self.root.resolve(), with_one_slash(file).resolve()
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else None

    def prefix(self) -> str:
        """The way from the top of the repository to the root, ending in `/`; empty at the top and outside of repositories."""
        shown = git.answer(git.start(self.root, "rev-parse", "--show-prefix"))
        return shown.removesuffix("\n") if shown is not None else ""

    def from_top(self, path: str) -> str:
        file = self.root.resolve() / path
        return file.relative_to(git.around(file.parent) or self.root.resolve()).as_posix()

    def prefix_here(self) -> str:
        """The way to the root from where `git apply` begins in the current directory: the top of the repository around that, if the root is in or below it.

        For a root elsewhere it is the way from the top of its own repository, as `prefix` has it.
        """
        top = Path((git.answer(git.start(Path(), "rev-parse", "--show-toplevel")) or "").removesuffix("\n"))
        root = self.root.resolve()
        if not (top.is_absolute() and root.is_relative_to(top)):
            return self.prefix()
        return f"{root.relative_to(top).as_posix()}/" if root != top else ""
