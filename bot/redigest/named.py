"""The paths that a command line names: what is there, and which way leads to it."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from redigest import git
from redigest.errors import UsageError

_PATTERN = re.compile(r"[*?[]")
_MOST_LINKS = 40
"""Symbolic links on one way, as in Linux (path_resolution(7))."""


@dataclass(frozen=True, slots=True)
class Link:
    """A path that leads over a symbolic link which a repository can bring: where the link is, what follows it, and where all of it leads."""

    place: Path
    rest: Path
    target: Path

    @property
    def reason(self) -> str:
        """Why nothing is looked into, and what to name instead: a path from the current directory, where it is in the same repository."""
        here = Path.cwd()
        is_near = self.target.is_relative_to(git.around(here) or here)
        shown = os.path.relpath(self.target) if is_near else str(self.target)
        what = "a symbolic link" if self.rest == Path() else "reached by a symbolic link"
        return f"{what}, which is not followed; name {shown} to look into it"


@dataclass(frozen=True, slots=True)
class Named:
    """A path that is named, by its place without symbolic links; `link` is one on the way that is not followed."""

    place: Path
    folder: Path
    """The folder that holds all that is meant: the place itself, or one above a file or a pattern."""
    is_pattern: bool
    link: Link | None


def look(paths: Iterable[Path]) -> tuple[Named, ...]:
    """Look what is there. Raises `UsageError` where nothing is, and for what is in a folder of git."""
    is_own, resolved = cache(git.is_own), cache(Path.resolve)  # thousands of files can be named, in few folders

    def named(path: Path) -> Named:
        start = start_of(path)
        tail = path.parts[len(start.parts) :]
        real = start.resolve() if start.is_symlink() or start.name in ("", "..") else resolved(start.parent) / start.name
        folder = real if real.is_dir() else real.parent
        place = Path(os.path.abspath(real.joinpath(*tail))) if tail else real  # noqa: PTH100 -- what is behind a star cannot be resolved
        if (link := _link(start, tail, place)) is not None:
            return Named(link.place / link.rest, link.place.parent, bool(tail), link)
        if is_own(folder):
            raise UsageError(f"{path}: this is in a folder that git keeps for itself, with no files of a checkout; name a checkout, or use `redigest run`")
        return Named(place, folder, bool(tail), None)

    return tuple(map(named, paths))


def with_one_slash(path: Path) -> Path:
    """The same path; two slashes at its beginning stay two for Python, since POSIX lets a system give them a meaning."""
    return Path(f"/{path.relative_to(path.anchor)}") if path.root == "//" else path


def start_of(path: Path, root: Path = Path()) -> Path:
    """A path that is there, or for a pattern the folder below which it fits. Raises `UsageError`."""
    try:
        (root / path).stat()
    except OSError as error:
        if not _PATTERN.search(path.as_posix()):
            raise UsageError(f"{path}: {error.strerror}") from error
        parts = path.parts[: next(place for place, part in enumerate(path.parts) if _PATTERN.search(part))]
        return start_of(Path(*parts), root)
    return path


def _link(start: Path, tail: tuple[str, ...], target: Path) -> Link | None:
    """The first symbolic link on a way, found as the system finds it, that is in a repository.

    Such links come with files that anybody may have written; others are somebody's own way to a checkout.
    """
    cwd = Path.cwd()
    if ".." not in start.parts and target == cwd.joinpath(start, *tail):  # no link is on the way, for it is the real one
        return None
    here = Path() if start.is_absolute() else cwd
    left = [*reversed(start.parts)]
    followed = 0
    while left:
        part = left.pop()
        step = here.parent if part == ".." else here / part
        if not step.is_symlink():
            here = step
            continue
        if git.around(here) is not None:
            return Link(step, Path(*reversed(left), *tail), target)
        followed += 1
        if followed > _MOST_LINKS:
            raise UsageError(f"{start}: leads over too many symbolic links; name what it leads to")
        left += reversed(step.readlink().parts)
    return None
