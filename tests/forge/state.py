"""The state of the fake forge: repositories, and proposals whose state follows from what the repositories hold."""

import itertools
import json
import stat
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.forge import bare
from tests.forge.app import App
from tests.forge.bare import Identity
from tests.forge.model import Access, Comment, Kind, Label, Milestone, Proposal, Team, User
from tests.samples import git

_HOOK = Path(__file__).with_name("receive_hook.py")


@dataclass(slots=True, eq=False)
class Repository:
    """A repository of the forge over a bare one at `path`."""

    forge: "State"
    id: int
    name: str
    path: Path
    default_branch: str
    is_archived: bool = False
    is_fork: bool = False
    is_private: bool = True
    topics: tuple[str, ...] = ()
    labels: dict[str, Label] = field(default_factory=dict)
    milestones: list[Milestone] = field(default_factory=list)
    pulls: list[Proposal] = field(default_factory=list)
    protected: set[str] = field(default_factory=set)
    has_checks: bool = False
    """Whether proposals wait for checks or a pipeline, as auto-merge needs."""
    allows_auto_merge: bool = True
    allows_drafts: bool = True
    merge_methods: tuple[str, ...] = ("merge", "squash", "rebase")
    size: int | None = None
    """What the API says, in kB; without it something that fits."""
    takes_workflows: bool = True
    _words: str | None = None

    @property
    def owner(self) -> str:
        """What stands before the last part of the name."""
        return self.name.rpartition("/")[0]

    @property
    def short_name(self) -> str:
        return self.name.rpartition("/")[2]

    def branches(self) -> dict[str, str]:
        """Every branch with its commit."""
        return bare.heads(self.path)

    def head(self, branch: str) -> str | None:
        """The commit of a branch."""
        return self.branches().get(branch)

    def files(self, branch: str) -> dict[str, bytes]:
        """The files of a branch with their contents."""
        return bare.files(self.path, f"refs/heads/{branch}")

    def log(self, branch: str) -> list[tuple[str, str, str]]:
        """The commits of a branch, the newest first: sha, mail address of the author, subject."""
        return [(one.sha, one.author[1], one.subject) for one in bare.commits(self.path, f"refs/heads/{branch}")]

    def commit(
        self,
        files: Mapping[str, bytes | None],
        *,
        branch: str = "main",
        author: Identity = bare.SOMEONE,
        message: str = "Change files",
        committer: Identity | None = None,
        parent: str | None = None,
    ) -> str:
        """Commit as a person would; a file that is `None` is deleted. A branch that is new begins at `parent`, else at the default branch."""
        there = self.branches()
        start = parent or there.get(self.default_branch)
        if branch not in there and start is not None:
            git(self.path, "update-ref", f"refs/heads/{branch}", start)
        when = int(self.forge.now().timestamp())
        return bare.commit(self.path, branch, files, message=message, author=author, committer=committer, when=when)

    def delete_branch(self, branch: str) -> None:
        git(self.path, "update-ref", "-d", f"refs/heads/{branch}")

    def protect(self, branch: str) -> None:
        """Refuse pushes to a branch."""
        self.protected.add(branch)
        self._hook()

    def refuse_pushes(self, words: str | None) -> None:
        """Refuse every push with the words of a hook; `None` ends that."""
        self._words = words
        self._hook()

    def refuse_workflows(self) -> None:
        """Refuse pushes of commits that change a workflow, as GitHub does for tokens without the scope."""
        self.takes_workflows = False
        self._hook()

    def archive(self) -> None:
        self.is_archived = True

    def proposals(self) -> list[Proposal]:
        """Every proposal as it is now, the oldest first."""
        with self.forge.lock:
            self.settle()
            return list(self.pulls)

    def proposal(self, number: int) -> Proposal | None:
        return next((one for one in self.proposals() if one.number == number), None)

    def add_milestone(self, title: str, *, is_open: bool = True) -> Milestone:
        made = Milestone(self.forge.next_id(), len(self.milestones) + 1, title, is_open)
        self.milestones.append(made)
        return made

    def add_label(self, name: str, color: str = "ededed", description: str = "") -> Label:
        made = self.labels[name.casefold()] = Label(self.forge.next_id(), name, color, description)
        return made

    def settle(self) -> None:
        """Follow what pushes have done to proposals that are open."""
        there = self.branches()
        for proposal in self.pulls:
            if proposal.state == "open":
                self._follow(proposal, there)

    def _follow(self, proposal: Proposal, there: Mapping[str, str]) -> None:
        head, base = there.get(proposal.branch), there.get(proposal.base)
        if head is None or base is None:
            if self.forge.kind == "github":
                self.forge.close_proposal(proposal)
            return
        if (head, base) == (proposal.head, proposal.base_head):
            return
        base_moved = base != proposal.base_head
        if head != proposal.head:
            proposal.head = head
            proposal.updated = self.forge.now()
            self.publish(proposal)
        proposal.base_head = base
        if bare.is_ancestor(self.path, head, base):
            self._end(proposal, base if base_moved else None)

    def _end(self, proposal: Proposal, merged: str | None) -> None:
        """A proposal whose commits its base has: by a push to the base it is merged, by one to its branch GitHub closes it."""
        if merged is not None:
            self.forge.close_proposal(proposal, merged=merged)
        elif self.forge.kind == "github":
            self.forge.close_proposal(proposal)

    def publish(self, proposal: Proposal) -> None:
        """Show the head under the reference that forges keep for it."""
        reference = f"refs/pull/{proposal.number}/head" if self.forge.kind == "github" else f"refs/merge-requests/{proposal.number}/head"
        git(self.path, "update-ref", reference, proposal.head)

    def _hook(self) -> None:
        refusals = {"kind": self.forge.kind, "protected": sorted(self.protected), "words": self._words, "workflows": not self.takes_workflows}
        (self.path / "refusals.json").write_text(json.dumps(refusals))
        for name in ("pre-receive", "proc-receive") if self.forge.kind == "github" else ("pre-receive",):
            hook = self.path / "hooks" / name
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{_HOOK}" {name}\n')
            hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
        if self.forge.kind == "github":
            git(self.path, "config", "receive.procReceiveRefs", "refs/heads/")


class State:
    """Everything the forge knows; the lock is held while it answers a request of its API."""

    def __init__(self, kind: Kind, root: Path) -> None:
        self.kind = kind
        self.root = root
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.teams: dict[str, Team] = {}
        self.collaborators: set[str] = set()
        """Logins that may review and be assigned, in every repository."""
        self.repositories: dict[int, Repository] = {}
        self.moved: dict[str, int] = {}
        """Names of old, in lower case, of repositories."""
        self.group_milestones: list[Milestone] = []
        self.tokens: dict[str, Access] = {}
        self.app: App | None = None
        self.takes_one_person = False
        """Whether GitLab is of an edition that takes one assignee and one reviewer."""
        self._ids = itertools.count(1001)
        self._time = datetime(2026, 1, 5, 8, tzinfo=UTC)

    def next_id(self) -> int:
        """A number that nothing else has."""
        return next(self._ids)

    def now(self) -> datetime:
        """The time, which goes on by a second whenever it is asked for."""
        with self.lock:
            self._time += timedelta(seconds=1)
            return self._time

    def add_user(self, login: str, *, is_organisation: bool = False, is_bot: bool = False) -> User:
        """Make an account, or give the one that there is."""
        found = self.user(login)
        if found is None:
            found = self.users[login] = User(self.next_id(), login, is_organisation, is_bot)
        return found

    def user(self, login: str) -> User | None:
        """An account; forges do not tell upper from lower case."""
        return next((user for user in self.users.values() if user.login.casefold() == login.casefold()), None)

    def account(self, login: str) -> User:
        """An account that is there."""
        found = self.user(login)
        assert found is not None, login
        return found

    def add_repository(self, name: str, *, branch: str | None) -> Repository:
        """Make an empty repository, and the owner or the groups above it."""
        self._add_owners(name)
        number = self.next_id()
        path = self.root / f"{number}.git"
        bare.create(path, branch or "main")
        made = self.repositories[number] = Repository(self, number, name, path, branch or "main")
        return made

    def _add_owners(self, name: str) -> None:
        parts = name.split("/")[:-1]
        for end in range(1, len(parts) + 1):
            self.add_user("/".join(parts[:end]), is_organisation=True)

    def find(self, name: str) -> Repository | None:
        """A repository by its name of today."""
        return next((one for one in self.repositories.values() if one.name.casefold() == name.casefold()), None)

    def renamed(self, name: str) -> Repository | None:
        """A repository by a name that it has no more."""
        number = self.moved.get(name.casefold())
        return self.repositories[number] if number is not None and self.find(name) is None else None

    def move(self, old: str, new: str) -> None:
        """Give a repository another name."""
        with self.lock:
            found = self.find(old)
            assert found is not None, old
            self._add_owners(new)
            self.moved[old.casefold()] = found.id
            found.name = new

    def may_see(self, access: Access | None, repository: Repository) -> bool:
        """Whether a repository is there for the one who asks."""
        if access is not None and access.owners is not None:
            return repository.owner.casefold() in access.owners
        return not repository.is_private or (access is not None and access.sees_private)

    def make_proposal(self, repository: Repository, *, author: str, title: str, body: str, branch: str, base: str) -> Proposal:
        """Open a proposal; both branches are there."""
        there = repository.branches()
        number = max((one.number for one in repository.pulls), default=0) + 1
        now = self.now()
        made = Proposal(self.next_id(), number, author, title, body, branch, base, there[branch], there[base], now, now, texts=[body])
        repository.pulls.append(made)
        repository.publish(made)
        return made

    def rewrite(self, proposal: Proposal, *, title: str | None = None, body: str | None = None) -> None:
        """Change the texts of a proposal."""
        if title is not None:
            proposal.title = title
        if body is not None:
            proposal.body = body
            proposal.texts.append(body)
        proposal.updated = self.now()

    def write_comment(self, proposal: Proposal, body: str, *, author: str, is_system: bool = False) -> Comment:
        now = self.now()
        made = Comment(self.next_id(), body, author, now, now, is_system)
        proposal.comments.append(made)
        if not is_system:
            proposal.texts.append(body)
        return made

    def edit_comment(self, proposal: Proposal, comment: Comment, body: str) -> None:
        comment.body = body
        comment.updated = self.now()
        proposal.texts.append(body)

    def close_proposal(self, proposal: Proposal, *, merged: str | None = None) -> None:
        """End a proposal, without merging it or with the commit that did."""
        proposal.state = "merged" if merged is not None else "closed"
        proposal.merge_commit = merged
        proposal.closed = proposal.updated = self.now()
        proposal.auto_merge = None

    def merge_proposal(self, repository: Repository, proposal: Proposal, *, author: str) -> str:
        """Merge with a commit of its own. The branches must not conflict."""
        message = f"Merge {proposal.branch} into {proposal.base}"
        base = repository.branches()[proposal.base]
        identity = self.account(author).identity
        merged = bare.merge(repository.path, proposal.base, base=base, head=proposal.head, message=message, author=identity)
        proposal.base_head = merged
        self.close_proposal(proposal, merged=merged)
        if proposal.removes_branch:
            repository.delete_branch(proposal.branch)
        return merged
