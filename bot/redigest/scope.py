"""Where the globs of a configuration begin that say which files are looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from redigest import git
from redigest.globs import compile_paths


@dataclass(frozen=True, slots=True)
class Scope:
    """Which files a configuration leaves in, and the folder that it is in."""

    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    configured_in: Path | None = None

    @property
    def has_all(self) -> bool:
        """Whether no file is left out."""
        return self.include == ("**",) and not self.exclude

    def keeps(self, root: Path, folder: Path) -> Callable[[str], bool]:
        """Make what tells whether a path from `root`, of a file in or below the `folder` that was named, is left in; both are without symbolic links."""
        included, excluded = compile_paths(self.include), compile_paths(self.exclude)
        here, cut = _with_slash(root), len(_with_slash(self._origin(folder)))

        def is_kept(path: str) -> bool:
            path = f"{here}{path}"[cut:]
            return included.fullmatch(path) is not None and excluded.fullmatch(path) is None

        return is_kept

    def _origin(self, folder: Path) -> Path:
        """Where the globs begin for a folder that was named, itself or a folder around it.

        A configuration counts for the folder that it is in, unless that is around a repository and in none, as one is that is kept for many repositories.
        """
        top = git.around(folder)
        configured_in = self.configured_in.resolve() if self.configured_in is not None else None
        if configured_in is not None and folder.is_relative_to(configured_in) and (top is None or git.around(configured_in) is not None):
            return configured_in
        return top or folder


EVERYTHING = Scope()


def _with_slash(folder: Path) -> str:
    return f"{folder.as_posix().rstrip('/')}/"
