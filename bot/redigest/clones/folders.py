"""The folders of cached clones: one process at a time in each, and none that an earlier run has left half done."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from redigest.clones.command import Failed, run
from redigest.errors import RepositoryError

_SOUND = "redigest-sound"
"""A file in a clone; it goes when something is found missing, and the next run makes the clone anew."""

_LONGEST_NAME = 80


def name_of(key: str) -> str:
    """The name of the folder for a key: one that people can read, and a hash that tells it from every other."""
    readable = re.sub(r"[^A-Za-z0-9.-]+", "_", key)[:_LONGEST_NAME].lstrip(".-") or "clone"
    return f"{readable}-{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


@contextlib.contextmanager
def held(folder: Path, key: str) -> Iterator[Path]:
    """Hold the folder of a clone, which need not be there, as long as it takes; whoever wants the same one waits. Raises `RepositoryError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        lock = os.open(folder / f"{name_of(key)}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RepositoryError("tree", f"the cache {folder} cannot be used: {error.strerror}; choose another with cache") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder / name_of(key)
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)  # to close it is not enough: a process that was forked meanwhile holds it too
        os.close(lock)


def prepare(repository: Path, *, id_length: int) -> None:
    """Make the bare repository unless a sound one for ids of this length is there, and take away what a process that was killed has left."""
    if is_sound(repository, id_length=id_length):
        _remove_leftovers(repository)
        return
    make(repository, id_length=id_length)


def make(repository: Path, *, id_length: int) -> None:
    """Make the bare repository anew."""
    try:
        shutil.rmtree(repository, ignore_errors=True)
        if not repository.is_dir():
            repository.unlink(missing_ok=True)
        algorithm = "sha1" if id_length == 40 else "sha256"
        run("init", "--quiet", "--bare", "--template=", f"--object-format={algorithm}", "--initial-branch=none", repository=repository)
        (repository / _SOUND).write_text(algorithm, "ascii")
    except (OSError, Failed) as error:
        raise RepositoryError("tree", f"no clone can be made in {repository}: {error}; see that there is room, or choose another cache") from None


def is_sound(repository: Path, *, id_length: int) -> bool:
    """Whether there is a clone in which nothing was found missing."""
    try:
        return (repository / _SOUND).read_text("ascii") == ("sha1" if id_length == 40 else "sha256")
    except (OSError, UnicodeDecodeError):
        return False


def give_up(repository: Path) -> None:
    """Have the clone made anew when it is opened the next time."""
    (repository / _SOUND).unlink(missing_ok=True)


def _remove_leftovers(repository: Path) -> None:
    """Remove lock files and unfinished packs; nobody works here but us."""
    for folder, below, files in os.walk(repository):
        below[:] = [name for name in below if len(name) > 2]  # loose objects are written under other names
        for name in files:
            if name.endswith(".lock") or name.startswith("tmp_") or name == "gc.pid":
                Path(folder, name).unlink(missing_ok=True)
        for name in [name for name in below if name.startswith("tmp_objdir-")]:
            shutil.rmtree(Path(folder, name), ignore_errors=True)
