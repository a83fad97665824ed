"""GitHub and GitHub Enterprise: repositories, pull requests and commits that GitHub signs."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel

from redigest.clones.remote import Remote
from redigest.errors import RepositoryError, Stage
from redigest.forges import access
from redigest.forges.failures import Failure, is_same, reported
from redigest.forges.github_api import Api, api_path
from redigest.forges.github_furnishing import furnish
from redigest.forges.model import Comment, Limits, Opened, Proposal, Repository, Request, Status
from redigest.forges.names import FullName, is_wanted

if TYPE_CHECKING:
    from redigest.config import Forge as ForgeConfig
    from redigest.config import Selection

_RENDERED = frozenset(
    {".adoc", ".asciidoc", ".creole", ".markdown", ".md", ".mdown", ".mediawiki", ".mkd", ".mkdn", ".org", ".pod", ".rdoc", ".rst", ".textile"}
)
"""Files that GitHub shows as a page, where a line has no address; `plain=1` shows their text."""

_RIGHTS = (
    "to read and write contents, issues and pull requests (a classic token: the scope repo), and to be authorised where an organisation has single sign-on"
)


class _Repository(BaseModel):
    full_name: FullName
    default_branch: str | None = None
    archived: bool = False
    fork: bool = False
    size: int = 0
    topics: tuple[str, ...] = ()


class _Named(BaseModel):
    name: str


class _Id(BaseModel):
    id: int


class _End(BaseModel):
    ref: str
    sha: str
    repo: _Id | None


class _Pull(BaseModel):
    number: int
    node_id: str
    title: str
    body: str | None = None
    state: str
    merged_at: str | None = None
    head: _End
    base: _End
    labels: tuple[_Named, ...] = ()


class _Account(BaseModel):
    login: str
    type: str = "User"


class _Comment(BaseModel):
    id: int
    body: str | None = None
    user: _Account | None = None


class _Oid(BaseModel):
    oid: str


class _Committed(BaseModel):
    commit: _Oid


class GitHub:
    """One GitHub; threads share it."""

    request_word = "pull request"
    limits = Limits(title=256, body=65_536, comment=65_536)

    def __init__(self, config: "ForgeConfig") -> None:
        self._config = config
        self._web = _web_root(config.url)
        self._api = Api(config)

    @property
    def host(self) -> str:
        return urlsplit(self._web).netloc

    def remote(self, name: str) -> Remote:
        """Where a repository is cloned from; an App needs a token for its owner first, which is asked for."""
        url = f"{self._config.git_url or self._web}/{access.quoted(name)}.git"
        if access.is_ssh(self._config):
            return access.remote(self._config, url, user="git", secret=None)
        with self._reported("sources", f"get a token for {name}"):
            return access.remote(self._config, url, user="x-access-token", secret=self._api.token(_owner(name)))

    def repository(self, name: str) -> Repository:
        with self._reported("sources", f"look up the repository {name}"):
            return self._repository(self._api.ask("GET", api_path(name), _Repository, owner=_owner(name)))

    def select(self, selection: "Selection") -> Iterator[Repository]:
        """The repositories of an organisation, of a user, or of those that an App is installed for."""
        owner = getattr(selection, "owner", "")
        with self._reported("sources", f"list the repositories of {owner}"):
            for found in self._owned_by(owner):
                repository = self._repository(found)
                if _owner(repository.name).casefold() == owner.casefold() and is_wanted(repository, selection):
                    yield repository

    def proposals(self, name: str, branch: str) -> Sequence[Proposal]:
        with self._reported("propose", f"list the pull requests of {name}"):
            return [self._proposal(name, pull) for pull in self._pulls(name, branch)]

    def open(self, name: str, request: Request) -> Opened:
        """Open a pull request; what cannot be had of labels, people and the like becomes a warning, since the pull request is there."""
        warnings: list[str] = []
        with self._reported("propose", f"open a pull request in {name}"):
            pull, is_new = self._create(name, request, warnings)
            if not is_new:
                self._edit(name, pull.number, {"title": request.title, "body": request.body})
        if is_new:
            warnings += furnish(self._api, name, request, number=pull.number, node=pull.node_id)
        proposal = replace(self._proposal(name, pull), title=request.title, body=request.body)
        return Opened(proposal, tuple(warnings))

    def update(self, name: str, number: int, *, title: str | None = None, body: str | None = None) -> None:
        fields = {key: value for key, value in (("title", title), ("body", body)) if value is not None}
        with self._reported("propose", f"edit pull request {number} of {name}"):
            self._edit(name, number, fields)

    def close(self, name: str, number: int, *, body: str) -> None:
        with self._reported("propose", f"close pull request {number} of {name}"):
            self._edit(name, number, {"state": "closed", "body": body})

    def comments(self, name: str, number: int) -> Sequence[Comment]:
        with self._reported("propose", f"list the comments of pull request {number} of {name}"):
            return self._comments(name, number)

    def comment(self, name: str, number: int, body: str) -> None:
        """Write a comment. Where it is not sure that it was written, it is looked for before it is written again."""
        path = api_path(name, "issues", number, "comments")
        with self._reported("propose", f"comment on pull request {number} of {name}"):
            try:
                self._api.tell("POST", path, owner=_owner(name), body={"body": body})
            except Failure as failure:
                if not failure.is_unsure:
                    raise
                own = [comment.body for comment in self._comments(name, number) if comment.is_own]
                if not own or not is_same(own[-1], body):
                    self._api.tell("POST", path, owner=_owner(name), body={"body": body})

    def edit_comment(self, name: str, number: int, comment: int, body: str) -> None:
        with self._reported("propose", f"edit a comment of pull request {number} of {name}"):
            self._api.tell("PATCH", api_path(name, "issues/comments", comment), owner=_owner(name), body={"body": body})

    def delete_comment(self, name: str, number: int, comment: int) -> None:
        """Delete a comment of ours; one that is gone already is no fault."""
        with self._reported("propose", f"delete a comment of pull request {number} of {name}"):
            try:
                self._api.tell("DELETE", api_path(name, "issues/comments", comment), owner=_owner(name))
            except Failure as failure:
                if failure.status != 404:
                    raise

    def link(self, name: str, commit: str, path: str, line: int) -> str:
        query = "?plain=1" if PurePosixPath(path).suffix.lower() in _RENDERED else ""
        return f"{self._web}/{access.quoted(name)}/blob/{access.quoted(commit)}/{access.quoted(path)}{query}#L{line}"

    def commit(self, name: str, branch: str, *, parent: str, message: str, files: Mapping[str, bytes]) -> str:
        """Commit by `createCommitOnBranch` of GraphQL, which refuses if the head of the branch is not `parent`."""
        try:
            additions = [{"path": path.encode().decode(), "contents": base64.b64encode(content).decode()} for path, content in files.items()]
        except UnicodeEncodeError:
            raise RepositoryError(
                "commit", f"{name} has a file whose name is not UTF-8, which the API of GitHub cannot take; set through-api to false"
            ) from None
        headline, _, rest = message.partition("\n")
        fields = {
            "branch": {"repositoryNameWithOwner": name, "branchName": branch},
            "message": {"headline": headline, "body": rest.strip("\n")},
            "fileChanges": {"additions": additions},
            "expectedHeadOid": parent,
        }
        with self._reported("commit", f"commit on branch {branch} of {name}"):
            return self._api.mutate("createCommitOnBranch", fields, "commit { oid }", _Committed, owner=_owner(name)).commit.oid

    def close_connections(self) -> None:
        self._api.close()

    def _reported(self, stage: Stage, asked: str) -> AbstractContextManager[None]:
        return reported(stage, asked, forge=self._config, rights=_RIGHTS)

    def _owned_by(self, owner: str) -> Iterator[_Repository]:
        pages = partial(self._api.pages, into=_Repository, owner=owner)
        if self._api.is_app:
            return pages("/installation/repositories", key="repositories")
        account = self._api.ask("GET", f"/users/{access.quoted(owner)}", _Account, owner=owner)
        by_name = {"sort": "full_name"}
        if account.type == "Organization":
            return pages(f"/orgs/{access.quoted(owner)}/repos", query={**by_name, "type": "all"})
        if self._api.login().casefold() == account.login.casefold():
            return pages("/user/repos", query={**by_name, "affiliation": "owner"})  # only here private ones are listed
        return pages(f"/users/{access.quoted(owner)}/repos", query={**by_name, "type": "owner"})

    def _repository(self, found: _Repository) -> Repository:
        return Repository(
            found.full_name,
            default_branch=found.default_branch,
            is_archived=found.archived,
            is_fork=found.fork,
            is_empty=not found.size and self._has_no_branch(found.full_name),
            topics=frozenset(found.topics),
        )

    def _has_no_branch(self, name: str) -> bool:
        """A size of 0 alone says little: it is counted now and then."""
        branches = self._api.pages(api_path(name, "branches"), _Named, owner=_owner(name))
        return next(branches, None) is None

    def _pulls(self, name: str, branch: str) -> list[_Pull]:
        """Those of this branch of this very repository, the newest first; a fork of the same owner can have a branch of the same name."""
        query = {"state": "all", "head": f"{_owner(name)}:{branch}", "sort": "created", "direction": "desc"}
        pulls = self._api.pages(api_path(name, "pulls"), _Pull, owner=_owner(name), query=query)
        ours = (pull for pull in pulls if pull.head.ref == branch and pull.head.repo is not None and pull.head.repo == pull.base.repo)
        return sorted(ours, key=lambda pull: pull.number, reverse=True)

    def _proposal(self, name: str, pull: _Pull) -> Proposal:
        closed = Status.MERGED if pull.merged_at is not None else Status.CLOSED
        return Proposal(
            number=pull.number,
            url=f"{self._web}/{access.quoted(name)}/pull/{pull.number}",
            branch=pull.head.ref,
            base=pull.base.ref,
            title=pull.title,
            body=pull.body or "",
            status=Status.OPEN if pull.state == "open" else closed,
            labels=frozenset(label.name for label in pull.labels),
            head=pull.head.sha,
        )

    def _create(self, name: str, request: Request, warnings: list[str]) -> tuple[_Pull, bool]:
        """Create a pull request, or find the one that is open already; tell whether it is of this moment."""
        fields = {"title": request.title, "head": request.branch, "base": request.base, "body": request.body, "draft": request.is_draft}
        create = partial(self._api.ask, "POST", api_path(name, "pulls"), _Pull, owner=_owner(name))
        try:
            return create(body=fields), True
        except Failure as failure:
            if failure.status != 422 and not failure.is_unsure:
                raise
            found = [pull for pull in self._pulls(name, request.branch) if pull.state == "open" and pull.base.ref == request.base]
            if found:
                return found[0], failure.is_unsure
            if failure.is_unsure:
                return create(body=fields), True
            if not request.is_draft or "draft" not in failure.words.lower():
                raise
            warnings.append(f"the pull request is no draft: {failure.told}")
            return create(body={**fields, "draft": False}), True

    def _comments(self, name: str, number: int) -> list[Comment]:
        found = list(self._api.pages(api_path(name, "issues", number, "comments"), _Comment, owner=_owner(name)))
        own = self._api.login().casefold() if found else None
        return [Comment(one.id, one.body or "", is_own=one.user is not None and one.user.login.casefold() == own) for one in found]

    def _edit(self, name: str, number: int, fields: Mapping[str, str]) -> None:
        self._api.tell("PATCH", api_path(name, "pulls", number), owner=_owner(name), body=fields)


def _web_root(url: str) -> str:
    """The web address that belongs to the root of an API: `https://ghe.example/api/v3`, `https://api.github.com`, `https://api.acme.ghe.com`."""
    parts = urlsplit(url)
    if parts.path.endswith("/api/v3"):
        return url.removesuffix("/api/v3")
    return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}{parts.path}"


def _owner(name: str) -> str:
    return name.partition("/")[0]
