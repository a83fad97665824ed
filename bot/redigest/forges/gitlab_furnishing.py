"""What a merge request is created with besides texts and branches: labels, people, a milestone, auto-merge. What cannot be had becomes a warning."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from pydantic import BaseModel

from redigest.forges.failures import Failure
from redigest.forges.gitlab_api import Api, project_path
from redigest.forges.model import Request

_LABEL_COLOUR = "#1d76db"
_LOOKS = 10
"""So often a new merge request is looked at for its pipeline, which GitLab makes a little later."""

_WAITING = frozenset({"created", "waiting_for_resource", "preparing", "pending", "running", "scheduled"})
"""The states of a pipeline that is still to succeed."""


class _User(BaseModel):
    id: int
    username: str


class _Milestone(BaseModel):
    id: int
    title: str


class _Pipeline(BaseModel):
    status: str


class _Checked(BaseModel):
    sha: str | None = None
    head_pipeline: _Pipeline | None = None


class _Anything(BaseModel):
    pass


class Furnishing:
    """Finds what a request names in one project; `warnings` say what could not be had."""

    def __init__(self, api: Api, name: str) -> None:
        self._api = api
        self._name = name
        self._people: list[tuple[str, str]] = []
        self.warnings: list[str] = []

    def fields(self, request: Request) -> dict[str, object]:
        """The fields to create a merge request with; labels that are missing are made, all in one colour."""
        fields: dict[str, object] = {}
        if request.labels:
            with self._warned("a label could not be made"):
                for label in request.labels:
                    self._see_to(label)
            fields["labels"] = list(request.labels)
        if assignees := self._ids(request.assignees, "be assigned"):
            fields["assignee_ids"] = assignees
        if reviewers := self._ids(request.reviewers, "be asked for a review"):
            fields["reviewer_ids"] = reviewers
        if request.milestone is not None and (milestone := self._milestone(request.milestone)) is not None:
            fields["milestone_id"] = milestone
        return fields

    def compare(self, accepted: Iterable[str]) -> None:
        """Hold the people that were accepted against those that were sent: some editions of GitLab take one person of a kind only, and say nothing."""
        there = {name.casefold() for name in accepted}
        self.warnings += [f"{name} could not {what}: GitLab has passed over it" for name, what in self._people if name.casefold() not in there]

    def merge_later(self, number: int, pause: float) -> None:
        """Let GitLab merge once the pipeline succeeds.

        Without a pipeline that is still to succeed GitLab would merge at once, so then it is not asked; a new one is waited for, `pause` seconds each time.
        """
        path = project_path(self._name, "merge_requests", number)
        with self._warned("auto-merge could not be enabled"):
            for _ in range(_LOOKS):
                found = self._api.get(path, _Checked)
                if found.head_pipeline is not None:
                    break
                time.sleep(pause)
            else:
                self.warnings.append("auto-merge could not be enabled: there is no pipeline to wait for")
                return
            if found.head_pipeline.status not in _WAITING:
                self.warnings.append(f"auto-merge could not be enabled: the pipeline is over already ({found.head_pipeline.status})")
                return
            self._api.put(f"{path}/merge", {"merge_when_pipeline_succeeds": True, "sha": found.sha})

    def _see_to(self, label: str) -> None:
        labels = project_path(self._name, "labels")
        try:
            self._api.get(f"{labels}/{quote(label, safe='')}", _Anything)
        except Failure as missing:
            if missing.status != 404:
                raise
            try:
                self._api.post(labels, {"name": label, "color": _LABEL_COLOUR}, _Anything)
            except Failure as failure:
                if failure.status != 409:  # somebody else was faster
                    raise

    def _ids(self, names: Sequence[str], what: str) -> list[int]:
        found = []
        for name in names:
            with self._warned(f"{name} could not {what}"):
                users = self._api.pages("/users", _User, query={"username": name})
                user = next((user for user in users if user.username.casefold() == name.casefold()), None)
                if user is None:
                    self.warnings.append(f"{name} could not {what}: GitLab has no such user")
                else:
                    found.append(user.id)
                    self._people.append((name, what))
        return found

    def _milestone(self, title: str) -> int | None:
        """The milestone of this title in the project, or in a group above it; on the way up the first."""
        with self._warned(f"the milestone {title} could not be set"):
            query = {"title": title, "state": "active", "include_ancestors": True}
            found = [one for one in self._api.pages(project_path(self._name, "milestones"), _Milestone, query=query) if one.title == title]
            if found:
                return found[0].id
            self.warnings.append(f"the milestone {title} could not be set: neither the project nor a group above it has an active one of this title")
        return None

    @contextmanager
    def _warned(self, words: str) -> Iterator[None]:
        try:
            yield
        except Failure as failure:
            self.warnings.append(f"{words}: {failure.told}")
