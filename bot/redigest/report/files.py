"""Reports as files: by which writer, where one may be written, and how it takes the place of an older one."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from redigest.cache import whole_file
from redigest.errors import UsageError

_Writer = TypeVar("_Writer")

_MOST_LINKS = 40
"""Symbolic links on one way, as in Linux (path_resolution(7))."""

_NO_PLACE_BESIDE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY)
"""How a system says that a file can be written and not replaced: its folder is closed, or it is mounted by itself into a container."""


def writer_for(path: Path, writers: Mapping[str, _Writer]) -> _Writer:
    """Choose the writer whose suffix ends the name of a file, in either case; the first that fits counts. Raises `UsageError` where none does."""
    name = path.name.lower()
    suffix = next((suffix for suffix in writers if name.endswith(suffix)), path.suffix)
    if suffix not in writers:
        raise UsageError.at(str(path), message=f"the suffix of a report is one of {', '.join(writers)}")
    return writers[suffix]


def check(path: Path, within: Sequence[Path] = ()) -> None:
    """Before anything is changed: raise `UsageError` for a report that could not be written, for it would be lost with the explanation of what was changed.

    A repository can bring symbolic links, so none is followed in the folders `within`, in the work trees that they are in, and in that of the current
    directory; links elsewhere are somebody's own. Nothing is written into the folder of git.
    """
    place = _place(path, tuple(_tops(within)))
    if any(part.casefold() == ".git" for part in place.parts):
        raise UsageError(f"{path}: this is in the folder of git, and a report there could become a part of its configuration; name another folder")
    if os.path.isdir(path) or not os.access(path if os.path.exists(path) else path.parent, os.W_OK):  # noqa: PTH110, PTH112 -- a path raises in a closed folder
        raise UsageError(f"{path}: a report cannot be written there; name a file in a folder that exists and can be written")


def write(path: Path, text: str) -> None:
    """Write a file where `check` has found nothing wrong: one that was there is replaced as a whole, and keeps its mode. Raises `UsageError`.

    What is no regular file, such as a pipe, and what a link leads to, is written in its place.
    """
    content = text.encode()
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            path.write_bytes(content)
        else:
            _replace(path, content)
    except OSError as error:
        raise UsageError.at(str(path), message=f"the report cannot be written ({error.strerror}); name another file") from error


def _tops(folders: Sequence[Path]) -> Iterator[Path]:
    """The folders, and around each of them and the current directory the work tree that holds all others, without links in their paths."""
    for folder in folders:
        yield folder.resolve()
    for place in (Path.cwd(), *folders):
        real = place.resolve()
        around = [top for top in (real, *real.parents) if os.path.lexists(top / ".git")]
        yield from around[-1:]


def _place(path: Path, tops: Iterable[Path]) -> Path:
    """Where a path leads, found as the system finds it, one part after the other (path_resolution(7)). Raises `UsageError` for a link that is not followed."""
    left = [*reversed((Path.cwd() / path).parts)]
    here = Path()
    links = 0
    while left:
        part = left.pop()
        step = here.parent if part == ".." else here / part
        try:
            target = step.readlink()
        except OSError:  # no link, or not there
            here = step
            continue
        if links == _MOST_LINKS or any(step.is_relative_to(top) for top in tops):
            raise UsageError(f"{path}: {step} is a symbolic link, which a repository can bring, so no report is written through it; name another file")
        links += 1
        left += reversed(target.parts)
    return here


def _replace(path: Path, content: bytes) -> None:
    try:
        with whole_file(path) as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), _mode(path))
    except OSError as error:
        if error.errno not in _NO_PLACE_BESIDE or not path.is_file():
            raise
        with open(os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW), "wb") as stream:  # noqa: PTH123 -- a path cannot be opened so
            stream.write(content)


def _mode(path: Path) -> int:
    """The mode of a regular file, or the one that a new file gets."""
    try:
        return stat.S_IMODE(path.lstat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
