"""What a pull request gets once it is there: labels, people, a milestone, auto-merge. What cannot be had becomes a warning."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from urllib.parse import quote

from pydantic import BaseModel

from redigest.forges.failures import Failure
from redigest.forges.github_api import Api, api_path
from redigest.forges.model import Request

_LABEL_COLOUR = "1d76db"
_TEAM = "team:"
_METHODS = (("allow_merge_commit", "MERGE"), ("allow_squash_merge", "SQUASH"), ("allow_rebase_merge", "REBASE"))


class _Account(BaseModel):
    login: str


class _Assigned(BaseModel):
    assignees: tuple[_Account, ...] = ()


class _Milestone(BaseModel):
    number: int
    title: str


class _Merging(BaseModel):
    allow_merge_commit: bool | None = None
    allow_squash_merge: bool | None = None
    allow_rebase_merge: bool | None = None


class _Anything(BaseModel):
    pass


def furnish(api: Api, name: str, request: Request, *, number: int, node: str) -> tuple[str, ...]:
    """Add what the request names to pull request `number`, whose GraphQL id is `node`; give what could not be had, in words."""
    furnishing = _Furnishing(api, name, number)
    furnishing.label(request.labels)
    furnishing.assign(request.assignees)
    furnishing.ask_for_review(request.reviewers)
    if request.milestone is not None:
        furnishing.put_under(request.milestone)
    if request.auto_merge:
        furnishing.merge_later(node)
    return tuple(furnishing.warnings)


class _Furnishing:
    def __init__(self, api: Api, name: str, number: int) -> None:
        self._owner = name.partition("/")[0]
        self._name = name
        self._issue = api_path(name, "issues", number)
        self._pull = api_path(name, "pulls", number)
        self._api = api
        self._tell = partial(api.tell, owner=self._owner)
        self.warnings: list[str] = []

    def label(self, labels: Sequence[str]) -> None:
        """Set the labels, and make those that are missing, all in one colour."""
        if labels:
            with self._warned("the labels could not be set"):
                for label in labels:
                    self._see_to(label)
                self._tell("POST", f"{self._issue}/labels", body={"labels": list(labels)})

    def assign(self, logins: Sequence[str]) -> None:
        if logins:
            with self._warned("nobody could be assigned"):
                assigned = self._api.ask("POST", f"{self._issue}/assignees", _Assigned, owner=self._owner, body={"assignees": list(logins)})
                there = {account.login.casefold() for account in assigned.assignees}
                self.warnings += [
                    f"{login} could not be assigned: GitHub passes over those who may not be" for login in logins if login.casefold() not in there
                ]

    def ask_for_review(self, reviewers: Sequence[str]) -> None:
        """Ask all at once, and one by one where GitHub knows one of them not, since then it asks nobody."""
        if not reviewers:
            return
        try:
            self._ask_reviewers(reviewers)
        except Failure as failure:
            if failure.status != 422 or len(reviewers) == 1:
                self.warnings.append(f"{', '.join(reviewers)} could not be asked for a review: {failure.told}")
                return
            for reviewer in reviewers:
                with self._warned(f"{reviewer} could not be asked for a review"):
                    self._ask_reviewers([reviewer])

    def put_under(self, title: str) -> None:
        """Set the milestone of this title, if it is open."""
        with self._warned(f"the milestone {title} could not be set"):
            milestones = self._api.pages(api_path(self._name, "milestones"), _Milestone, owner=self._owner, query={"state": "open"})
            found = next((milestone for milestone in milestones if milestone.title == title), None)
            if found is None:
                self.warnings.append(f"the milestone {title} could not be set: the repository has no open one of this title")
            else:
                self._tell("PATCH", self._issue, body={"milestone": found.number})

    def merge_later(self, node: str) -> None:
        """Let GitHub merge once all requirements are met, in the first way that the repository allows; it refuses where there are none to wait for."""
        with self._warned("auto-merge could not be enabled"):
            merging = self._api.ask("GET", api_path(self._name), _Merging, owner=self._owner)
            ways = [way for setting, way in _METHODS if getattr(merging, setting)] or ["MERGE"]
            fields = {"pullRequestId": node, "mergeMethod": ways[0]}
            self._api.mutate("enablePullRequestAutoMerge", fields, "clientMutationId", _Anything, owner=self._owner)

    def _see_to(self, label: str) -> None:
        labels = api_path(self._name, "labels")
        try:
            self._api.ask("GET", f"{labels}/{quote(label, safe='')}", _Anything, owner=self._owner)
        except Failure as missing:
            if missing.status != 404:
                raise
            try:
                self._tell("POST", labels, body={"name": label, "color": _LABEL_COLOUR})
            except Failure as failure:
                if failure.status != 422:  # somebody else was faster
                    raise

    def _ask_reviewers(self, reviewers: Sequence[str]) -> None:
        teams = [reviewer.removeprefix(_TEAM).rpartition("/")[2] for reviewer in reviewers if reviewer.startswith(_TEAM) or "/" in reviewer]
        people = [reviewer for reviewer in reviewers if not reviewer.startswith(_TEAM) and "/" not in reviewer]
        self._tell("POST", f"{self._pull}/requested_reviewers", body={"reviewers": people, "team_reviewers": teams})

    @contextmanager
    def _warned(self, words: str) -> Iterator[None]:
        try:
            yield
        except Failure as failure:
            self.warnings.append(f"{words}: {failure.told}")
