"""Replacing files on disk: all of them or none, each in one step, with its mode kept."""

import contextlib
import os
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_PREFIX = ".redigest-"


@dataclass(frozen=True, slots=True)
class _Staged:
    """The new content of a file, and which file it was made from."""

    file: Path
    status: os.stat_result

    def is_from(self, status: os.stat_result) -> bool:
        return all(getattr(self.status, name) == getattr(status, name) for name in ("st_dev", "st_ino", "st_mode", "st_size", "st_mtime_ns"))


class Staging:
    """New contents beside the old files until `commit`; leaving the context without it removes them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._staged: dict[str, _Staged] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for path in tuple(self._staged):
            self.drop(path)

    def stage(self, path: str, old: bytes, new: bytes) -> None:
        """Write the new content of a file that holds `old` beside it, replacing what was staged for it before. Raises `OSError`."""
        self.drop(path)
        target = self.root / path
        status = self._status(path)
        if not os.access(target, os.W_OK):
            raise PermissionError(f"{path} is not writable")
        if target.read_bytes() != old:
            raise OSError(f"{path} has changed meanwhile")
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=target.parent)
        self._staged[path] = _Staged(Path(name), status)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(new)
                file.flush()
                with contextlib.suppress(OSError):
                    os.fchown(descriptor, status.st_uid, status.st_gid)
                os.fchmod(descriptor, stat.S_IMODE(status.st_mode))  # after the owner, whose change clears bits of the mode
        except OSError:
            self.drop(path)
            raise

    def drop(self, path: str) -> None:
        """Forget what was staged for a file."""
        staged = self._staged.pop(path, None)
        if staged is not None:
            staged.file.unlink(missing_ok=True)

    def commit(self) -> None:
        """Put every staged file in place. If one cannot be, those that were are put back and `OSError` is raised, with the path as its `filename`."""
        backups: list[Path] = []
        with contextlib.ExitStack() as undo:
            for path, staged in tuple(self._staged.items()):
                try:
                    backups.append(self._replace(path, staged, undo))
                except OSError as error:
                    raise OSError(error.errno, error.strerror or str(error), path) from error
                del self._staged[path]
            undo.pop_all()
        for backup in backups:
            with contextlib.suppress(OSError):  # the work is done; a second name that stays is no reason to say otherwise
                backup.unlink()

    def _replace(self, path: str, staged: _Staged, undo: contextlib.ExitStack) -> Path:
        if not staged.is_from(self._status(path)):
            raise OSError(f"{path} has changed meanwhile")
        target = self.root / path
        backup = _backup(target)
        undo.callback(_restore, target, backup)
        staged.file.replace(target)
        return backup

    def _status(self, path: str) -> os.stat_result:
        target = self.root / path
        status = target.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path} is no regular file any more")
        if target.parent.resolve() != self.root.resolve() / Path(path).parent:
            raise OSError(f"a folder of {path} is a symbolic link")
        return status


def _backup(target: Path) -> Path:
    """A second name for the file as it is, or a copy where the file system has no hard links; nobody can have put a link there under that name."""
    backup = target.with_name(f"{_PREFIX}{secrets.token_hex(8)}")
    try:
        os.link(target, backup, follow_symlinks=False)
    except OSError:
        try:
            shutil.copy2(target, backup, follow_symlinks=False)
        except OSError:
            backup.unlink(missing_ok=True)
            raise
    return backup


def _restore(target: Path, backup: Path) -> None:
    backup.replace(target)
    backup.unlink(missing_ok=True)  # it is still there if both were names of one file (rename(2))
