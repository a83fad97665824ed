"""Names of repositories as forges give them, and which of them a selection takes."""

from typing import TYPE_CHECKING, Annotated

from pydantic import StringConstraints

from redigest.forges.model import Repository
from redigest.globs import compile_globs

if TYPE_CHECKING:
    from redigest.config import Selection

_PART = r"\.*[A-Za-z0-9_-][A-Za-z0-9._-]*"  # anything but dots alone

FullName = Annotated[str, StringConstraints(pattern=rf"^{_PART}(?:/{_PART})+$")]
"""A whole path that a forge gives; it becomes part of addresses and of paths on this disk."""


def is_wanted(repository: Repository, selection: "Selection") -> bool:
    """Whether a selection takes a repository."""
    if (repository.is_archived and not selection.archived) or (repository.is_fork and not selection.forks):
        return False
    if selection.topic is not None and selection.topic not in repository.topics:
        return False
    if selection.include and not compile_globs(selection.include, anchored=True).fullmatch(repository.name):
        return False
    return not compile_globs(selection.exclude, anchored=True).fullmatch(repository.name)
