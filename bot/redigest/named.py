"""The paths that a command line names."""

import re
from collections.abc import Mapping
from pathlib import Path

from redigest import git
from redigest.errors import UsageError

_PATTERN = re.compile(r"[*?[]")


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


def check_folders(paths: Mapping[Path, Path]) -> None:
    """Raise `UsageError` if one of the paths, by what `start_of` gives for them, is a folder of git or in one."""
    folders = {start if start.is_dir() else start.parent: path for start, path in paths.items()}
    for folder, path in folders.items():
        if git.is_own(folder):
            raise UsageError(f"{path}: this is in a folder that git keeps for itself, with no files of a checkout; name a checkout, or use `redigest run`")
