"""The paths that a command line names: what is there, and which way leads to it."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from redigest import git
from redigest.errors import UsageError
from redigest.globs import is_glob

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
    """A path that is named: the place, without symbolic links, of all of it that is there, and the pattern that follows; `link` is one on the way."""

    place: Path
    is_folder: bool
    pattern: str | None = None
    """What files below the place have to fit, from there."""
    link: Link | None = None

    @property
    def folder(self) -> Path:
        """The place, or the folder that it is in."""
        return self.place if self.is_folder else self.place.parent


def look(paths: Iterable[Path]) -> tuple[Named, ...]:
    """Look what is there. Raises `UsageError` where nothing is, and for what is in a folder of git."""
    is_own, resolved = cache(git.is_own), cache(Path.resolve)  # thousands of files can be named, in few folders

    def named(path: Path) -> Named:
        start, behind = _split(path)
        place = start.resolve() if start.is_symlink() or start.name in ("", "..") else resolved(start.parent) / start.name
        if (link := _link(start, behind, place)) is not None:
            return Named(link.place / link.rest, is_folder=False, link=link)
        found = Named(place, place.is_dir(), os.path.normpath("/".join(behind)) if behind else None)
        if is_own(found.folder):
            raise UsageError(f"{path}: this is in a folder that git keeps for itself, with no files of a checkout; name a checkout, or use `redigest run`")
        return found

    return tuple(map(named, paths))


def with_one_slash(path: Path) -> Path:
    """The same path; two slashes at its beginning stay two for Python, since POSIX lets a system give them a meaning."""
    return Path(f"/{path.relative_to(path.anchor)}") if path.root == "//" else path


def _split(path: Path) -> tuple[Path, tuple[str, ...]]:
    """What is there of a path, and what follows, which begins with a pattern. Raises `UsageError` where that is none."""
    start, behind = path, tuple[str, ...]()
    while (fault := _fault(start)) is not None:
        if not start.name:
            raise UsageError(f"{path}: {fault}")
        start, behind = start.parent, (start.name, *behind)
    if behind and not is_glob(behind[0]):
        missing = start / behind[0] if any(map(is_glob, behind)) else path
        raise UsageError(f"{missing}: {_fault(missing)}")
    return start, behind


def _fault(path: Path) -> str | None:
    """Why a path cannot be looked at; `None` where it can."""
    try:
        path.stat()
    except OSError as error:
        return error.strerror
    return None


def _link(start: Path, behind: tuple[str, ...], place: Path) -> Link | None:
    """The first symbolic link on a way, found as the system finds it, that is in a repository: such come with files that anybody may have written.

    Others are somebody's own way to a checkout.
    """
    here = Path() if start.is_absolute() else Path.cwd()
    if ".." not in start.parts and place == here / start:  # no link is on the way, for it is the real one
        return None
    left = [*reversed(start.parts)]
    followed = 0
    while left:
        part = left.pop()
        step = here.parent if part == ".." else here / part
        if not step.is_symlink():
            here = step
            continue
        if git.around(here) is not None:
            return Link(step, Path(*reversed(left), *behind), place.joinpath(*behind))
        followed += 1
        if followed > _MOST_LINKS:
            raise UsageError(f"{start}: leads over too many symbolic links; name what it leads to")
        left += reversed(step.readlink().parts)
    return None
