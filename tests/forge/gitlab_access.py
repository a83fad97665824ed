"""What every endpoint of the GitLab dialect does first and last: find the project for the one who asks, and cut lists into pages."""

from collections.abc import Callable, Sequence
from urllib.parse import quote

from tests.forge.http_server import Answer, json_answer
from tests.forge.model import Access, Milestone, Proposal
from tests.forge.routing import Call, Item, Refusal, links, page
from tests.forge.state import Repository


def refusal(status: int, message: object) -> Refusal:
    return Refusal(status, {"message": message})


def not_found(what: str) -> Refusal:
    return refusal(404, f"404 {what} Not Found")


def authenticated(call: Call) -> Access:
    """Who asks; nobody may not."""
    if call.access is None:
        raise refusal(401, "401 Unauthorized")
    return call.access


def readable(call: Call, project: str) -> Repository:
    """A project by number or path; under a path of old it sends on what reads, and refuses the rest."""
    by_number = call.state.repositories.get(int(project)) if project.isascii() and project.isdigit() else None
    found = by_number or call.state.find(project)
    moved = call.state.renamed(project) if found is None else None
    repository = found or moved
    if repository is None or not call.state.may_see(call.access, repository):
        raise not_found("Project")
    if moved is not None:
        if call.request.method not in {"GET", "HEAD"}:
            raise refusal(405, "405 Non GET methods are not allowed for moved projects")
        path = call.request.target.replace(quote(project, safe=""), str(moved.id), 1)
        raise Refusal(301, {"message": "301 Moved Permanently"}, {"Location": call.request.root + path})
    return repository


def writable(call: Call, project: str) -> Repository:
    """A project that the one who asks may write to."""
    access = authenticated(call)
    found = readable(call, project)
    if not access.may_write or found.is_archived:
        raise refusal(403, "403 Forbidden")
    return found


def merge_request(repository: Repository, number: str) -> Proposal:
    found = repository.proposal(int(number)) if number.isascii() and number.isdigit() else None
    if found is None:
        raise not_found("Merge Request")
    return found


def milestones(call: Call, found: Repository) -> list[Milestone]:
    """Those of the project, then those of the groups above it."""
    above = [one for one in call.state.group_milestones if one.group is not None and f"{found.owner}/".startswith(f"{one.group}/")]
    return [*found.milestones, *above]


def is_true(value: object) -> bool:
    """Whether a parameter means yes; GitLab takes many spellings."""
    return str(value).lower() in {"true", "1", "t", "yes"}


def listed(call: Call, items: Sequence[Item], shape: Callable[[Item], object]) -> Answer:
    """One page of a list, with the headers that clients follow."""
    shown, number, size, pages = page(call.request, items, usual=20)
    headers = {
        "X-Page": str(number),
        "X-Per-Page": str(size),
        "X-Next-Page": str(number + 1) if number < pages else "",
        "X-Prev-Page": str(number - 1) if number > 1 else "",
        "X-Total": str(len(items)),
        "X-Total-Pages": str(pages),
        "Link": links(call.request, number=number, pages=pages),
    }
    return json_answer(200, [shape(one) for one in shown], headers)
