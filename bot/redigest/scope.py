"""Where the globs of a configuration begin that say which files are looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from redigest import git
from redigest.globs import takes
from redigest.listed import folder_of


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

    def over(self, root: Path) -> Callable[[str, str], bool]:
        """Make what tells whether a file is left in, by its path from `root` and the folder that was named, from there too.

        The globs begin at the folder of the configuration for files below it, unless that is in no repository and the file is in one: a configuration that
        is kept elsewhere is for many repositories. Then they begin at the top of that, and outside of repositories at the folder that was named.
        """
        is_taken = takes(self.include, self.exclude)
        configured_in = self.configured_in.resolve() if self.configured_in is not None else None
        is_of_one = configured_in is not None and git.around(configured_in) is not None

        @cache
        def cut(folder: str, named: str) -> int:
            here = root / folder
            is_below = configured_in is not None and here.is_relative_to(configured_in)
            top = None if is_below and is_of_one else git.around(here)
            origin = configured_in if configured_in is not None and is_below and top is None else top or root / named
            return len(_with_slash(origin))

        return lambda path, named: is_taken(f"{_with_slash(root)}{path}"[cut(folder_of(path), named) :])


EVERYTHING = Scope()


def _with_slash(folder: Path) -> str:
    return f"{folder.as_posix().rstrip('/')}/"
