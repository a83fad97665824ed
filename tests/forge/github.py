"""The GitHub dialect: which requests are its API, who asks, and which function answers."""

import re

from tests.forge import github_app, github_graphql, github_pulls, github_repositories
from tests.forge import github_shapes as shapes
from tests.forge.http_server import Answer, Request, json_answer
from tests.forge.model import Access
from tests.forge.routing import Call, Refusal
from tests.forge.state import Repository, State

API = "/api/v3"
GRAPHQL = "/api/graphql"
_ROUTERS = (github_pulls.ROUTER, github_repositories.ROUTER, github_app.ROUTER)
_BY_NUMBER = re.compile(r"/repositories/([0-9]+)(/.*)?")


def is_api(path: str) -> bool:
    """Whether a path belongs to the API and not to git."""
    return path == GRAPHQL or path.startswith(API + "/")


def is_write(request: Request) -> bool:
    """Whether a request changes something; new tokens for an App do not."""
    if request.path == GRAPHQL:
        return not str(request.fields.get("query", "")).lstrip().startswith(("query", "{"))
    return request.method not in {"GET", "HEAD"} and not request.path.endswith("/access_tokens")


def described(state: State, path: str) -> str:
    """The path as it stands in the description of the API: without the prefix, and with a repository by name."""
    inside = path.removeprefix(API)
    match = _BY_NUMBER.fullmatch(inside)
    found = state.repositories.get(int(match[1])) if match else None
    return f"/repos/{found.name}{match[2] or ''}" if match and found is not None else inside


def answer(state: State, request: Request, access: Access | None) -> Answer | None:
    """Answer a request to the API, `None` to one that this dialect does not know."""
    call = Call(state, request, access, API)
    if request.credential is not None and access is None:
        return json_answer(401, shapes.error("Bad credentials", 401))
    if request.path == GRAPHQL:
        return github_graphql.answer(call)
    path = described(state, request.path)
    found = next((found for router in _ROUTERS if (found := router.find(request.method, path)) is not None), None)
    if found is None:
        return None
    function, arguments = found
    try:
        return function(call, *arguments)
    except Refusal as refusal:
        return refusal.answer


def git_refusal(state: State, request: Request, access: Access | None, repository: Repository | None, *, is_push: bool) -> Answer | None:
    """What GitHub answers to git instead of letting it in; `None` lets it in."""
    if access is None and (request.credential is not None or repository is None or repository.is_private or is_push):
        return Answer(401, b"Invalid username or token. Password authentication is not supported for Git operations.\n", _CHALLENGE)
    if repository is None or not state.may_see(access, repository):
        return Answer(404, b"Repository not found.\n", _PLAIN)
    if is_push and repository.is_archived:
        return Answer(403, b"This repository was archived so it is read-only.\n", _PLAIN)
    if is_push and access is not None and not access.may_write:
        return Answer(403, f"Permission to {repository.name}.git denied to {access.user.login}.\n".encode(), _PLAIN)
    return None


_PLAIN = {"Content-Type": "text/plain; charset=UTF-8"}
_CHALLENGE = {**_PLAIN, "WWW-Authenticate": 'Basic realm="GitHub"'}
