"""What the owners of checkouts protect by their files `.redigest.yaml`."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from redigest import git
from redigest.listed import folder_of

NARROWING = ".redigest.yaml"


def protected(root: Path, paths: Collection[str], named: Iterable[str]) -> Mapping[str, str]:
    """Those of `paths` below `root` that the owners of their repository leave to nobody, with the reason.

    Raises `RepositoryError` for a file that cannot be understood, also where it is around one of the folders that were `named` and nothing was found.
    """
    root = root.resolve()
    tops = {folder: git.around(root / folder) for folder in {*map(folder_of, paths), *named}}
    protections = {top: protection for top in set(filter(None, tops.values())) if (protection := _protection(top)) is not None}
    found: dict[str, str] = {}
    for path in paths if protections else ():
        top = tops[folder_of(path)]
        if top in protections and (reason := protections[top]((root / path).relative_to(top).as_posix())) is not None:
            found[path] = reason
    return found


def _protection(top: Path) -> Callable[[str], str | None] | None:
    if not os.path.lexists(top / NARROWING):
        return None
    from redigest.narrowing import narrowing_at  # imported here, for few repositories have such a file

    return narrowing_at(top).protection()
