"""Forges: places that host repositories and take proposals. One protocol, one module for each kind, imported when it is used."""

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from redigest.clones.remote import Remote
from redigest.errors import UsageError
from redigest.forges.model import Comment, Limits, Opened, Proposal, Repository, Request

if TYPE_CHECKING:
    from redigest.config import Forge as ForgeConfig
    from redigest.config import Selection

_KINDS = {
    "github": "redigest.forges.github:GitHub",
    "gitlab": "redigest.forges.gitlab:GitLab",
}


class Forge(Protocol):
    """What a run asks of a forge. Every method may raise `RepositoryError`; those that write are named for it and are called in no dry run."""

    @property
    def host(self) -> str:
        """The host of its web address, with the port if it has one, such as `github.com`; the first part of what reports call a repository."""
        ...

    @property
    def limits(self) -> Limits:
        """How long texts may be."""
        ...

    @property
    def request_word(self) -> str:
        """What people call a proposal there: `pull request` or `merge request`."""
        ...

    def remote(self, name: str) -> Remote:
        """Where a repository is cloned from, made from the configuration alone, with credentials; the forge is not asked about the repository."""
        ...

    def repository(self, name: str) -> Repository:
        """Look a repository up; one that was renamed is found under its old name."""
        ...

    def select(self, selection: "Selection") -> Iterator[Repository]:
        """The repositories of an owner or a group that the selection takes, in the order of the forge; archived ones and forks only where it wants them."""
        ...

    def proposals(self, name: str, branch: str) -> Sequence[Proposal]:
        """Every proposal, open, closed or merged, whose head is this branch of this very repository, the newest first."""
        ...

    def open(self, name: str, request: Request) -> Opened:
        """Open a proposal, making labels that are missing. One that is open already for the branch is found, and gets the title and the body."""
        ...

    def update(self, name: str, number: int, *, title: str | None = None, body: str | None = None) -> None:
        """Change the title or the body, or both in one request."""
        ...

    def close(self, name: str, number: int, *, body: str) -> None:
        """Close a proposal without merging it, and change its body in the same request."""
        ...

    def comments(self, name: str, number: int) -> Sequence[Comment]:
        """The comments under a proposal, the oldest first."""
        ...

    def comment(self, name: str, number: int, body: str) -> None:
        """Write a comment."""
        ...

    def edit_comment(self, name: str, number: int, comment: int, body: str) -> None:
        """Replace the text of a comment of ours."""
        ...

    def delete_comment(self, name: str, number: int, comment: int) -> None:
        """Delete a comment of ours."""
        ...

    def link(self, name: str, commit: str, path: str, line: int) -> str | None:
        """The web address of a line of a file at a commit; `None` where there is none."""
        ...

    def commit(self, name: str, branch: str, *, parent: str, message: str, files: Mapping[str, bytes]) -> str | None:
        """Let the forge commit new contents of files on a branch whose head is `parent`, so that it signs the commit; give the commit.

        `None` from a forge that has no such way.
        """
        ...

    def close_connections(self) -> None:
        """Let go of connections."""
        ...


def connect_each(configs: "Iterable[ForgeConfig]") -> dict[str, Forge]:
    """Make the forges by their names. Raises `UsageError` with a line for each token or key that is not there."""
    forges: dict[str, Forge] = {}
    faults: list[str] = []
    for config in configs:
        try:
            forges[config.name] = connect(config)
        except UsageError as error:
            faults.append(str(error))
    if faults:
        for forge in forges.values():
            forge.close_connections()
        raise UsageError("\n".join(faults))
    return forges


def connect(config: "ForgeConfig") -> Forge:
    """Make the forge that the configuration describes; nothing is asked yet. Raises `UsageError` for a token or key that is not there."""
    module, _, name = _KINDS[config.kind].partition(":")
    forge: Forge = getattr(importlib.import_module(module), name)(config)
    return forge
