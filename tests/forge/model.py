"""What the fake forge knows: accounts, labels, milestones, and proposals with their comments."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tests.forge import markdown
from tests.forge.bare import Identity

Kind = Literal["github", "gitlab"]
ProposalState = Literal["open", "closed", "merged"]


@dataclass(frozen=True, slots=True)
class User:
    """An account, of a person, of an organisation or group, or of an App."""

    id: int
    login: str
    is_organisation: bool = False
    is_bot: bool = False

    @property
    def identity(self) -> Identity:
        """The name and the address that commits made by the forge get."""
        return self.login, f"{self.id}+{self.login}@users.noreply.example"


@dataclass(frozen=True, slots=True)
class Access:
    """What a token allows; `owners` are those that an installation of an App is for."""

    user: User
    may_write: bool = True
    sees_private: bool = True
    owners: frozenset[str] | None = None
    ends: datetime | None = None
    is_app: bool = False
    """Whether it is no token, but the App itself that asks."""


@dataclass(slots=True)
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone, of a repository or of a group of GitLab."""

    id: int
    number: int
    title: str
    is_open: bool = True
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """A team of an organisation."""

    id: int
    organisation: str
    slug: str


@dataclass(slots=True)
class Comment:
    """A comment under a proposal; GitLab writes some of its own, which are `is_system`."""

    id: int
    body: str
    author: str
    created: datetime
    updated: datetime
    is_system: bool = False


@dataclass(slots=True)
class Proposal:
    """A pull or merge request. `head` is the last commit that was seen on its branch while it was open."""

    id: int
    number: int
    author: str
    title: str
    body: str
    branch: str
    base: str
    head: str
    base_head: str
    created: datetime
    updated: datetime
    state: ProposalState = "open"
    labels: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    team_reviewers: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    milestone: str | None = None
    is_draft: bool = False
    auto_merge: str | None = None
    """How it is merged once everything that is required has passed."""
    removes_branch: bool = False
    comments: list[Comment] = field(default_factory=list)
    closed: datetime | None = None
    merge_commit: str | None = None
    quick_actions: list[markdown.QuickAction] = field(default_factory=list)
    """What GitLab has taken for orders in any text."""
    texts: list[str] = field(default_factory=list)
    """Every text that was ever written into it."""

    @property
    def mentions(self) -> set[str]:
        """Whom its texts have told of it."""
        return set().union(*(markdown.mentions(text) for text in self.texts))

    @property
    def references(self) -> set[int]:
        """What its texts have linked to by number."""
        return set().union(*(markdown.references(text) for text in self.texts))

    @property
    def closes(self) -> set[int]:
        """What its texts close when it is merged."""
        return set().union(*(markdown.closes(text) for text in self.texts))
