"""The GitLab dialect: which requests are its API, who asks, and which function answers."""

from tests.forge import gitlab_merge_requests, gitlab_projects
from tests.forge.http_server import Answer, Request, json_answer
from tests.forge.model import Access
from tests.forge.routing import Call, Refusal
from tests.forge.state import Repository, State

API = "/api/v4"
_ROUTERS = (gitlab_merge_requests.ROUTER, gitlab_projects.ROUTER)
_CHALLENGE = {"Content-Type": "text/plain", "WWW-Authenticate": 'Basic realm="GitLab"'}
_PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


def is_api(path: str) -> bool:
    """Whether a path belongs to the API and not to git."""
    return path.startswith(API + "/")


def is_write(request: Request) -> bool:
    """Whether a request changes something."""
    return request.method not in {"GET", "HEAD"}


def described(_state: State, path: str) -> str:
    """The path as it stands in the documentation of the API: without the prefix."""
    return path.removeprefix(API)


def answer(state: State, request: Request, access: Access | None) -> Answer | None:
    """Answer a request to the API, `None` to one that this dialect does not know."""
    if request.credential is not None and access is None:
        return json_answer(401, {"message": "401 Unauthorized"})
    path = described(state, request.path)
    found = next((found for router in _ROUTERS if (found := router.find(request.method, path)) is not None), None)
    if found is None:
        return None
    function, arguments = found
    try:
        return function(Call(state, request, access, API), *arguments)
    except Refusal as refusal:
        return refusal.answer


def git_refusal(state: State, request: Request, access: Access | None, repository: Repository | None, *, is_push: bool) -> Answer | None:
    """What GitLab answers to git instead of letting it in; `None` lets it in."""
    if access is None and (request.credential is not None or repository is None or repository.is_private or is_push):
        words = b"HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token.\n"
        return Answer(401, words, _CHALLENGE)
    if repository is None or not state.may_see(access, repository):
        return Answer(404, b"The project you were looking for could not be found or you don't have permission to view it.\n", _PLAIN)
    if is_push and repository.is_archived:
        return Answer(403, b"You can't push code to an archived project.\n", _PLAIN)
    if is_push and access is not None and not access.may_write:
        return Answer(403, b"You are not allowed to push code to this project.\n", _PLAIN)
    return None
