"""What every endpoint of the GitHub dialect does first and last: find the repository for the one who asks, and cut lists into pages."""

from collections.abc import Callable, Sequence

from tests.forge import github_shapes as shapes
from tests.forge.http_server import Answer, json_answer
from tests.forge.model import Proposal
from tests.forge.routing import Call, Item, Refusal, links, page
from tests.forge.state import Repository

_LONGEST = {"title": 256, "body": 65_536}


def not_found() -> Refusal:
    return Refusal(404, shapes.error("Not Found", 404))


def invalid(resource: str, field: str, code: str, message: str | None = None) -> Refusal:
    """Refuse a field, with the words for it where GitHub has some."""
    entry = {"resource": resource, "code": code, "field": field}
    return Refusal(422, shapes.validation_error(entry if message is None else {**entry, "message": message}))


def custom(resource: str, message: str) -> Refusal:
    """Refuse for a reason that is no single field's."""
    return Refusal(422, shapes.validation_error({"resource": resource, "code": "custom", "message": message}))


def readable(call: Call, owner: str, name: str) -> Repository:
    """A repository that the one who asks may see; one that was renamed sends on to its number."""
    found = call.state.find(f"{owner}/{name}")
    moved = call.state.renamed(f"{owner}/{name}") if found is None else None
    repository = found or moved
    if repository is None or not call.state.may_see(call.access, repository):
        raise not_found()
    if moved is not None:
        rest = call.request.path.removeprefix(call.prefix).split("/", 4)[4:]
        location = "/".join([f"{call.api}/repositories/{moved.id}", *rest])
        is_read = call.request.method in {"GET", "HEAD"}
        status, words = (301, "Moved Permanently") if is_read else (307, "Temporary Redirect")
        query = call.request.target.partition("?")[2]
        location += f"?{query}" if query else ""
        raise Refusal(status, {"message": words, "url": location, "documentation_url": "https://docs.github.com/rest"}, {"Location": location})
    return repository


def writable(call: Call, owner: str, name: str) -> Repository:
    """A repository that the one who asks may write to."""
    repository = readable(call, owner, name)
    if call.access is None:
        raise Refusal(401, shapes.error("Requires authentication", 401))
    if not call.access.may_write:
        raise Refusal(403, shapes.error("Resource not accessible by personal access token", 403))
    if repository.is_archived:
        raise Refusal(403, shapes.error("Repository was archived so is read-only.", 403))
    return repository


def proposal(repository: Repository, number: str) -> Proposal:
    """A pull request of this number."""
    found = repository.proposal(int(number)) if number.isascii() and number.isdigit() else None
    if found is None:
        raise not_found()
    return found


def check_length(resource: str, field: str, text: str | None) -> None:
    """Refuse a text that is too long; GitHub counts characters."""
    longest = _LONGEST[field]
    if text is not None and len(text) > longest:
        raise invalid(resource, field, "custom", f"{field} is too long (maximum is {longest} characters)")


def listed(call: Call, items: Sequence[Item], shape: Callable[[Item], object], *, key: str | None = None) -> Answer:
    """One page of a list, with the header Link; `key` is where it stands beside a count."""
    shown, number, _, pages = page(call.request, items, usual=30)
    link = links(call.request, number=number, pages=pages)
    content = [shape(one) for one in shown]
    headers = {"Link": link} if link else {}
    return json_answer(200, content if key is None else {"total_count": len(items), key: content}, headers)
