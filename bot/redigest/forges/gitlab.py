"""GitLab, gitlab.com and self-hosted: projects and merge requests."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from pydantic import BaseModel

from redigest.clones.remote import Remote
from redigest.errors import Stage
from redigest.forges import access
from redigest.forges.failures import Failure, is_same, reported
from redigest.forges.gitlab_api import Api, project_path
from redigest.forges.gitlab_furnishing import Furnishing
from redigest.forges.model import Comment, Limits, Opened, Proposal, Repository, Request, Status
from redigest.forges.names import FullName, is_wanted

if TYPE_CHECKING:
    from redigest.config import Forge as ForgeConfig
    from redigest.config import Selection

_RIGHTS = "the scope api, and the role Developer in the project"
_DRAFT = "Draft: "
_DRAFT_PREFIX = re.compile(r"\s*(?:\[draft\]|\(draft\)|draft:)\s*", re.IGNORECASE)
_STATUS = {"opened": Status.OPEN, "locked": Status.OPEN, "closed": Status.CLOSED, "merged": Status.MERGED}  # locked: while it is being merged


class _Project(BaseModel):
    path_with_namespace: FullName
    default_branch: str | None = None
    archived: bool = False
    empty_repo: bool = False
    forked_from_project: object = None
    topics: tuple[str, ...] = ()


class _Account(BaseModel):
    id: int


class _User(BaseModel):
    username: str


class _MergeRequest(BaseModel):
    iid: int
    title: str
    description: str | None = None
    state: str
    draft: bool = False
    source_branch: str
    target_branch: str
    project_id: int
    source_project_id: int | None = None
    sha: str | None = None
    labels: tuple[str, ...] = ()
    assignees: tuple[_User, ...] = ()
    reviewers: tuple[_User, ...] = ()


class _Note(BaseModel):
    id: int
    body: str | None = None
    author: _Account | None = None
    system: bool = False


class GitLab:
    """One GitLab; threads share it."""

    request_word = "merge request"
    limits = Limits(title=255, body=500_000, comment=500_000)  # it counts bytes up to 1,048,576, and a character of foreign text can have four

    def __init__(self, config: "ForgeConfig") -> None:
        self._config = config
        self._api = Api(config)
        self._own_id: int | None = None

    @property
    def host(self) -> str:
        return urlsplit(self._config.url).netloc

    def remote(self, name: str) -> Remote:
        url = f"{self._config.git_url or self._config.url}/{access.quoted(name)}.git"
        return access.remote(self._config, url, user="oauth2", secret=self._api.token)

    def repository(self, name: str) -> Repository:
        with self._reported("sources", f"look up the project {name}"):
            return _repository(self._api.get(project_path(name), _Project))

    def select(self, selection: "Selection") -> Iterator[Repository]:
        """The projects of a group, and where it wants them those of its subgroups; projects that are only shared with the group are not its own."""
        group = getattr(selection, "group", "")
        query: dict[str, object] = {
            "include_subgroups": getattr(selection, "subgroups", False),
            "with_shared": False,
            "order_by": "id",
            "sort": "asc",
        }
        if not selection.archived:
            query["archived"] = False
        if selection.topic is not None:
            query["topic"] = selection.topic
        with self._reported("sources", f"list the projects of the group {group}"):
            for found in self._api.pages(f"/groups/{quote(group, safe='')}/projects", _Project, query=query):
                repository = _repository(found)
                if is_wanted(repository, selection):
                    yield repository

    def proposals(self, name: str, branch: str) -> Sequence[Proposal]:
        with self._reported("propose", f"list the merge requests of {name}"):
            return [self._proposal(name, found) for found in self._merge_requests(name, branch)]

    def open(self, name: str, request: Request) -> Opened:
        """Open a merge request; labels, people and the like that cannot be had become warnings."""
        furnishing = Furnishing(self._api, name)
        with self._reported("propose", f"open a merge request in {name}"):
            found, is_new = self._create(name, request, furnishing)
            if not is_new:
                self._edit(name, found.iid, title=request.title, body=request.body)
        if is_new and request.auto_merge:
            furnishing.merge_later(found.iid, self._config.write_pause)
        proposal = replace(self._proposal(name, found), title=request.title, body=request.body)
        return Opened(proposal, tuple(furnishing.warnings))

    def update(self, name: str, number: int, *, title: str | None = None, body: str | None = None) -> None:
        with self._reported("propose", f"edit merge request {number} of {name}"):
            self._edit(name, number, title=title, body=body)

    def close(self, name: str, number: int, *, body: str) -> None:
        with self._reported("propose", f"close merge request {number} of {name}"):
            self._api.put(_path(name, number), {"state_event": "close", "description": body})

    def comments(self, name: str, number: int) -> Sequence[Comment]:
        """What people and we have written; what GitLab notes of itself is left out."""
        with self._reported("propose", f"list the comments of merge request {number} of {name}"):
            return self._comments(name, number)

    def comment(self, name: str, number: int, body: str) -> None:
        """Write a comment. Where it is not sure that it was written, it is looked for before it is written again."""
        with self._reported("propose", f"comment on merge request {number} of {name}"):
            try:
                self._api.post(_path(name, number, "notes"), {"body": body}, _Note)
            except Failure as failure:
                if not failure.is_unsure:
                    raise
                own = [comment.body for comment in self._comments(name, number) if comment.is_own]
                if not own or not is_same(own[-1], body):
                    self._api.post(_path(name, number, "notes"), {"body": body}, _Note)

    def edit_comment(self, name: str, number: int, comment: int, body: str) -> None:
        with self._reported("propose", f"edit a comment of merge request {number} of {name}"):
            self._api.put(_path(name, number, "notes", comment), {"body": body})

    def delete_comment(self, name: str, number: int, comment: int) -> None:
        """Delete a comment of ours; one that is gone already is no fault."""
        with self._reported("propose", f"delete a comment of merge request {number} of {name}"):
            try:
                self._api.delete(_path(name, number, "notes", comment))
            except Failure as failure:
                if failure.status != 404:
                    raise

    def link(self, name: str, commit: str, path: str, line: int) -> str:
        return f"{self._config.url}/{access.quoted(name)}/-/blob/{access.quoted(commit)}/{access.quoted(path)}#L{line}"

    def commit(self, name: str, branch: str, *, parent: str, message: str, files: Mapping[str, bytes]) -> None:  # noqa: ARG002, GitLab signs nothing for us
        """Give `None`: GitLab has no way to commit that is tied to a parent."""
        return

    def close_connections(self) -> None:
        self._api.close()

    def _reported(self, stage: Stage, asked: str) -> AbstractContextManager[None]:
        return reported(stage, asked, forge=self._config, rights=_RIGHTS)

    def _merge_requests(self, name: str, branch: str) -> list[_MergeRequest]:
        """Those of this branch of this very project, the newest first; a fork can have a branch of the same name."""
        query = {"state": "all", "source_branch": branch, "order_by": "created_at", "sort": "desc"}
        found = self._api.pages(project_path(name, "merge_requests"), _MergeRequest, query=query)
        ours = (one for one in found if one.source_branch == branch and one.source_project_id == one.project_id)
        return sorted(ours, key=lambda one: one.iid, reverse=True)

    def _proposal(self, name: str, found: _MergeRequest) -> Proposal:
        return Proposal(
            number=found.iid,
            url=f"{self._config.url}/{access.quoted(name)}/-/merge_requests/{found.iid}",
            branch=found.source_branch,
            base=found.target_branch,
            title=_DRAFT_PREFIX.sub("", found.title, count=1) if found.draft else found.title,
            body=found.description or "",
            status=_STATUS.get(found.state, Status.CLOSED),
            labels=frozenset(found.labels),
            head=found.sha,
        )

    def _create(self, name: str, request: Request, furnishing: Furnishing) -> tuple[_MergeRequest, bool]:
        """Create a merge request, or find the one that is open already; tell whether it is of this moment."""
        fields = {
            "source_branch": request.branch,
            "target_branch": request.base,
            "title": self._title(request.title, is_draft=request.is_draft),
            "description": request.body,
            "remove_source_branch": True,
            **furnishing.fields(request),
        }
        path = project_path(name, "merge_requests")
        try:
            created = self._api.post(path, fields, _MergeRequest)
        except Failure as failure:
            if failure.status != 409 and not failure.is_unsure:
                raise
            found = [one for one in self._merge_requests(name, request.branch) if one.state == "opened" and one.target_branch == request.base]
            if found:
                return found[0], failure.is_unsure
            if not failure.is_unsure:
                raise
            created = self._api.post(path, fields, _MergeRequest)
        furnishing.compare(user.username for user in (*created.reviewers, *created.assignees))
        return created, True

    def _edit(self, name: str, number: int, *, title: str | None, body: str | None) -> None:
        """Change texts. A draft is one by its title, and stays one."""
        fields = {"description": body} if body is not None else {}
        if title is not None:
            is_draft = self._api.get(_path(name, number), _MergeRequest).draft
            fields["title"] = self._title(title, is_draft=is_draft)
        self._api.put(_path(name, number), fields)

    def _title(self, title: str, *, is_draft: bool) -> str:
        return f"{_DRAFT}{title}"[: self.limits.title] if is_draft else title

    def _comments(self, name: str, number: int) -> list[Comment]:
        notes = list(self._api.pages(_path(name, number, "notes"), _Note, query={"order_by": "created_at", "sort": "asc"}))
        if notes and self._own_id is None:
            self._own_id = self._api.get("/user", _Account).id
        return [Comment(note.id, note.body or "", is_own=note.author is not None and note.author.id == self._own_id) for note in notes if not note.system]


def _path(name: str, number: int, *more: str | int) -> str:
    return project_path(name, "merge_requests", number, *more)


def _repository(found: _Project) -> Repository:
    return Repository(
        found.path_with_namespace,
        default_branch=found.default_branch,
        is_archived=found.archived,
        is_fork=found.forked_from_project is not None,
        is_empty=found.empty_repo,
        topics=frozenset(found.topics),
    )
