"""Accounts and repositories of the GitHub dialect, with their branches, labels and milestones."""

import time
from functools import partial

from tests.forge import bare
from tests.forge import github_shapes as shapes
from tests.forge.github_access import invalid, listed, not_found, readable, writable
from tests.forge.http_server import Answer, json_answer
from tests.forge.model import Access, Label
from tests.forge.routing import Call, Refusal, Router
from tests.forge.state import Repository
from tests.samples import git

ROUTER = Router()


def _authenticated(call: Call) -> Access:
    if call.access is None:
        raise Refusal(401, shapes.error("Requires authentication", 401))
    return call.access


@ROUTER.route("GET", "/user")
def _self(call: Call) -> Answer:
    access = _authenticated(call)
    if access.owners is not None:
        raise Refusal(403, shapes.error("Resource not accessible by integration", 403))
    return json_answer(200, shapes.whole_user(call, access.user, is_self=True))


@ROUTER.route("GET", "/users/{login}")
def _user(call: Call, login: str) -> Answer:
    found = call.state.user(login)
    if found is None:
        raise not_found()
    return json_answer(200, shapes.whole_user(call, found, is_self=False))


@ROUTER.route("GET", "/orgs/{login}")
def _organisation(call: Call, login: str) -> Answer:
    found = call.state.user(login)
    if found is None or not found.is_organisation:
        raise not_found()
    return json_answer(200, shapes.organisation(call, found))


def _shown(call: Call, *, owner: str | None = None, private: bool = True) -> list[Repository]:
    """Repositories that are listed, in the order that was asked for."""
    found = [
        one
        for one in call.state.repositories.values()
        if call.state.may_see(call.access, one) and (owner is None or one.owner.casefold() == owner.casefold()) and (private or not one.is_private)
    ]
    if call.request.query.get("sort") == "full_name":
        return sorted(found, key=lambda one: one.name, reverse=call.request.query.get("direction") == "desc")
    return sorted(found, key=lambda one: one.id, reverse=True)


@ROUTER.route("GET", "/orgs/{login}/repos")
def _of_organisation(call: Call, login: str) -> Answer:
    found = call.state.user(login)
    if found is None or not found.is_organisation:
        raise not_found()
    return listed(call, _shown(call, owner=login), partial(shapes.short_repository, call))


@ROUTER.route("GET", "/users/{login}/repos")
def _of_user(call: Call, login: str) -> Answer:
    if call.state.user(login) is None:
        raise not_found()
    return listed(call, _shown(call, owner=login, private=False), partial(shapes.short_repository, call))


@ROUTER.route("GET", "/user/repos")
def _own(call: Call) -> Answer:
    access = _authenticated(call)
    if access.owners is not None:
        raise Refusal(403, shapes.error("Resource not accessible by integration", 403))
    only_own = call.request.query.get("affiliation") == "owner" or call.request.query.get("type") == "owner"
    return listed(call, _shown(call, owner=access.user.login if only_own else None), partial(shapes.short_repository, call))


@ROUTER.route("GET", "/installation/repositories")
def _installed(call: Call) -> Answer:
    if _authenticated(call).owners is None:
        raise Refusal(403, shapes.error("You must authenticate with an installation access token in order to list repositories for an installation.", 403))
    return listed(call, _shown(call), partial(shapes.short_repository, call), key="repositories")


@ROUTER.route("GET", "/rate_limit")
def _rate_limit(call: Call) -> Answer:
    limit = {"limit": 5000, "used": 1, "remaining": 4999, "reset": int(time.time()) + 3600}
    return json_answer(200, {"resources": {"core": limit, "search": limit, "graphql": limit}, "rate": limit})


@ROUTER.route("GET", "/repos/{owner}/{name}")
def _repository(call: Call, owner: str, name: str) -> Answer:
    return json_answer(200, shapes.repository(call, readable(call, owner, name)))


@ROUTER.route("GET", "/repos/{owner}/{name}/topics")
def _topics(call: Call, owner: str, name: str) -> Answer:
    return json_answer(200, {"names": list(readable(call, owner, name).topics)})


@ROUTER.route("GET", "/repos/{owner}/{name}/assignees")
def _assignees(call: Call, owner: str, name: str) -> Answer:
    readable(call, owner, name)
    return listed(call, [call.state.account(login) for login in sorted(call.state.collaborators)], partial(shapes.user, call))


@ROUTER.route("GET", "/repos/{owner}/{name}/branches")
def _branches(call: Call, owner: str, name: str) -> Answer:
    found = readable(call, owner, name)

    def shape(branch: tuple[str, str]) -> shapes.Json:
        address = f"{call.api}/repos/{found.name}/commits/{branch[1]}"
        return {"name": branch[0], "commit": {"sha": branch[1], "url": address}, "protected": branch[0] in found.protected}

    return listed(call, list(found.branches().items()), shape)


@ROUTER.route("GET", "/repos/{owner}/{name}/branches/{branch*}")
def _branch(call: Call, owner: str, name: str, branch: str) -> Answer:
    found = readable(call, owner, name)
    sha = found.head(branch)
    if sha is None:
        raise Refusal(404, shapes.error("Branch not found", 404))
    api = f"{call.api}/repos/{found.name}/branches/{branch}"
    return json_answer(
        200,
        {
            "name": branch,
            "commit": shapes.commit(call, found, bare.commits(found.path, "-1", sha)[0]),
            "_links": {"self": api, "html": f"{call.web}/{found.name}/tree/{branch}"},
            "protected": branch in found.protected,
            "protection": {"enabled": branch in found.protected},
            "protection_url": f"{api}/protection",
        },
    )


@ROUTER.route("GET", "/repos/{owner}/{name}/git/ref/heads/{branch*}")
def _reference(call: Call, owner: str, name: str, branch: str) -> Answer:
    found = readable(call, owner, name)
    there = found.branches()
    if not there:
        raise Refusal(409, shapes.error("Git Repository is empty.", 409))
    if branch not in there:
        raise not_found()
    return json_answer(200, shapes.reference(call, found, branch, there[branch]))


@ROUTER.route("GET", "/repos/{owner}/{name}/git/matching-refs/heads/{start*}")
def _matching(call: Call, owner: str, name: str, start: str) -> Answer:
    found = readable(call, owner, name)
    return json_answer(200, [shapes.reference(call, found, branch, sha) for branch, sha in found.branches().items() if branch.startswith(start)])


@ROUTER.route("POST", "/repos/{owner}/{name}/git/refs")
def _make_reference(call: Call, owner: str, name: str) -> Answer:
    found = writable(call, owner, name)
    branch = (call.text("ref") or "").removeprefix("refs/heads/")
    sha = call.text("sha") or ""
    if branch in found.branches():
        raise Refusal(422, shapes.error("Reference already exists", 422))
    if sha not in git(found.path, "rev-list", "--all").decode().split():
        raise Refusal(422, shapes.error("Object does not exist", 422))
    git(found.path, "update-ref", f"refs/heads/{branch}", sha)
    return json_answer(201, shapes.reference(call, found, branch, sha))


@ROUTER.route("DELETE", "/repos/{owner}/{name}/git/refs/heads/{branch*}")
def _delete_reference(call: Call, owner: str, name: str, branch: str) -> Answer:
    found = writable(call, owner, name)
    if branch not in found.branches():
        raise Refusal(422, shapes.error("Reference does not exist", 422))
    if branch in found.protected:
        raise Refusal(422, shapes.error("Cannot delete a protected branch", 422))
    found.delete_branch(branch)
    return Answer(204)


@ROUTER.route("GET", "/repos/{owner}/{name}/labels")
def _labels(call: Call, owner: str, name: str) -> Answer:
    found = readable(call, owner, name)
    return listed(call, list(found.labels.values()), partial(shapes.label, call, found))


def _label_called(found: Repository, name: str) -> Label:
    if name.casefold() not in found.labels:
        raise not_found()
    return found.labels[name.casefold()]


@ROUTER.route("GET", "/repos/{owner}/{name}/labels/{label}")
def _label(call: Call, owner: str, name: str, label: str) -> Answer:
    found = readable(call, owner, name)
    return json_answer(200, shapes.label(call, found, _label_called(found, label)))


@ROUTER.route("POST", "/repos/{owner}/{name}/labels")
def _make_label(call: Call, owner: str, name: str) -> Answer:
    found = writable(call, owner, name)
    label = call.text("name") or ""
    if not label or len(label) > 50:
        raise invalid("Label", "name", "missing_field" if not label else "invalid")
    if label.casefold() in found.labels:
        raise invalid("Label", "name", "already_exists")
    color = call.text("color") or "ededed"
    if len(color) != 6:
        raise invalid("Label", "color", "invalid")
    return json_answer(201, shapes.label(call, found, found.add_label(label, color, call.text("description") or "")))


@ROUTER.route("GET", "/repos/{owner}/{name}/milestones")
def _milestones(call: Call, owner: str, name: str) -> Answer:
    found = readable(call, owner, name)
    state = call.request.query.get("state", "open")
    wanted = [one for one in found.milestones if state == "all" or one.is_open == (state == "open")]
    return listed(call, wanted, partial(shapes.milestone, call, found))


@ROUTER.route("GET", "/repos/{owner}/{name}/compare/{range*}")
def _compare(call: Call, owner: str, name: str, range: str) -> Answer:  # noqa: A002, the path calls it so
    found = readable(call, owner, name)
    there = found.branches()
    one, _, other = range.partition("...")
    base, head = (there.get(end.rpartition(":")[2], end) for end in (one, other))
    try:
        ahead, behind = bare.commits(found.path, f"{base}..{head}"), bare.commits(found.path, f"{head}..{base}")
    except AssertionError:
        raise not_found() from None
    ancestor = bare.merge_base(found.path, base, head)
    if ancestor is None:
        raise Refusal(404, shapes.error("No common ancestor between the two.", 404))
    status = {(False, False): "identical", (True, False): "ahead", (False, True): "behind", (True, True): "diverged"}[bool(ahead), bool(behind)]
    shown = {sha: shapes.commit(call, found, bare.commits(found.path, "-1", sha)[0]) for sha in {base, ancestor}}
    web, api = f"{call.web}/{found.name}/compare/{range}", f"{call.api}/repos/{found.name}/compare/{range}"
    return json_answer(
        200,
        {
            "url": api,
            "html_url": web,
            "permalink_url": web,
            "diff_url": f"{web}.diff",
            "patch_url": f"{web}.patch",
            "base_commit": shown[base],
            "merge_base_commit": shown[ancestor],
            "status": status,
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [shapes.commit(call, found, each) for each in reversed(ahead)],
            "files": [shapes.change(call, found, head, each) for each in bare.changes(found.path, ancestor, head)],
        },
    )
