"""What flows between the proposals and a forge: repositories, the state of proposals, and what is written."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as its forge knows it today; `name` is its full path, the new one if it was renamed."""

    name: str
    default_branch: str | None
    is_archived: bool = False
    is_fork: bool = False
    is_empty: bool = False
    """It has no branch yet."""
    topics: frozenset[str] = frozenset()


class Status(StrEnum):
    """What has become of a proposal."""

    OPEN = "open"
    CLOSED = "closed"
    """Closed without being merged."""
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull or merge request as the forge shows it. `head` is the commit of its branch, `None` where the forge does not say."""

    number: int
    url: str
    branch: str
    base: str
    title: str
    body: str
    status: Status
    labels: frozenset[str] = frozenset()
    head: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a new proposal is made from."""

    branch: str
    base: str
    title: str
    body: str
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    milestone: str | None = None
    is_draft: bool = False
    auto_merge: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A proposal that was opened, or found open and brought up to date; `warnings` say what of the request could not be had."""

    proposal: Proposal
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment under a proposal; `is_own` when the account that we use has written it."""

    id: int
    body: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """How long texts may be, in characters."""

    title: int
    body: int
    comment: int
