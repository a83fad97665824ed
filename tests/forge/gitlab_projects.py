"""Users, groups and projects of the GitLab dialect, with their branches, labels and milestones."""

import re
from functools import partial

from tests.forge import gitlab_shapes as shapes
from tests.forge.gitlab_access import authenticated, is_true, listed, milestones, not_found, readable, refusal, writable
from tests.forge.http_server import Answer, json_answer
from tests.forge.model import Label, User
from tests.forge.routing import Call, Router
from tests.forge.state import Repository
from tests.samples import git

ROUTER = Router()
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}|[a-z]+")


@ROUTER.route("GET", "/user")
def _self(call: Call) -> Answer:
    return json_answer(200, shapes.current_user(call, authenticated(call).user))


@ROUTER.route("GET", "/version")
def _version(call: Call) -> Answer:
    authenticated(call)
    return json_answer(200, {"version": "19.5.0-ee", "revision": "0000000"})


@ROUTER.route("GET", "/users")
def _users(call: Call) -> Answer:
    authenticated(call)
    wanted = call.request.query.get("username")
    people = [one for one in call.state.users.values() if not one.is_organisation and (wanted is None or one.login.casefold() == wanted.casefold())]
    return listed(call, people, partial(shapes.user, call))


def _group(call: Call, name: str) -> User:
    found = call.state.user(name) or next((one for one in call.state.users.values() if str(one.id) == name), None)
    if found is None or not found.is_organisation or (call.access is None or not call.access.sees_private):
        raise not_found("Group")
    return found


@ROUTER.route("GET", "/groups/{group}")
def _show_group(call: Call, name: str) -> Answer:
    return json_answer(200, shapes.group(call, _group(call, name)))


@ROUTER.route("GET", "/groups/{group}/projects")
def _projects(call: Call, name: str) -> Answer:
    group = _group(call, name)
    query = call.request.query
    with_subgroups = is_true(query.get("include_subgroups", "false"))
    found = [
        one
        for one in call.state.repositories.values()
        if (one.owner == group.login or (with_subgroups and one.owner.startswith(f"{group.login}/")))
        and call.state.may_see(call.access, one)
        and ("archived" not in query or one.is_archived == is_true(query["archived"]))
        and ("topic" not in query or query["topic"] in one.topics)
    ]
    key = "name" if query.get("order_by") in {"name", "path"} else "id"
    found.sort(key=lambda one: (one.short_name if key == "name" else "", one.id), reverse=query.get("sort", "desc") == "desc")
    return listed(call, found, partial(shapes.project, call))


@ROUTER.route("GET", "/projects/{project}")
def _project(call: Call, project: str) -> Answer:
    return json_answer(200, shapes.project(call, readable(call, project)))


@ROUTER.route("GET", "/projects/{project}/members/all")
def _members(call: Call, project: str) -> Answer:
    readable(call, project)
    people = [call.state.account(login) for login in sorted(call.state.collaborators)]
    return listed(call, people, lambda one: {**shapes.user(call, one), "access_level": 30, "expires_at": None})


@ROUTER.route("GET", "/projects/{project}/repository/branches")
def _branches(call: Call, project: str) -> Answer:
    found = readable(call, project)
    wanted = call.request.query.get("search", "")
    there = [(name, sha) for name, sha in found.branches().items() if wanted.strip("^$") in name]
    return listed(call, there, lambda one: shapes.branch(call, found, *one))


@ROUTER.route("GET", "/projects/{project}/repository/branches/{branch}")
def _branch(call: Call, project: str, branch: str) -> Answer:
    found = readable(call, project)
    sha = found.head(branch)
    if sha is None:
        raise not_found("Branch")
    return json_answer(200, shapes.branch(call, found, branch, sha))


@ROUTER.route("POST", "/projects/{project}/repository/branches")
def _make_branch(call: Call, project: str) -> Answer:
    found = writable(call, project)
    branch, reference = call.text("branch") or "", call.text("ref") or ""
    if found.head(branch) is not None:
        raise refusal(400, "Branch already exists")
    sha = found.head(reference) or reference
    if sha not in git(found.path, "rev-list", "--all").decode().split():
        raise refusal(400, f"Failed to create branch '{branch}': invalid reference name '{reference}'")
    git(found.path, "update-ref", f"refs/heads/{branch}", sha)
    return json_answer(201, shapes.branch(call, found, branch, sha))


@ROUTER.route("DELETE", "/projects/{project}/repository/branches/{branch}")
def _delete_branch(call: Call, project: str, branch: str) -> Answer:
    found = writable(call, project)
    if found.head(branch) is None:
        raise not_found("Branch")
    if branch in found.protected:
        raise refusal(403, "Protected branch can't be removed")
    found.delete_branch(branch)
    return Answer(204)


@ROUTER.route("GET", "/projects/{project}/labels")
def _labels(call: Call, project: str) -> Answer:
    found = readable(call, project)
    wanted = call.request.query.get("search", "").casefold()
    return listed(call, [one for one in found.labels.values() if wanted in one.name.casefold()], partial(shapes.label, call))


def _label_called(found: Repository, name: str) -> Label:
    label = next((one for one in found.labels.values() if name in {one.name, str(one.id)}), None)
    if label is None:
        raise not_found("Label")
    return label


@ROUTER.route("GET", "/projects/{project}/labels/{label}")
def _label(call: Call, project: str, label: str) -> Answer:
    return json_answer(200, shapes.label(call, _label_called(readable(call, project), label)))


@ROUTER.route("POST", "/projects/{project}/labels")
def _make_label(call: Call, project: str) -> Answer:
    found = writable(call, project)
    name, color = call.text("name") or "", call.text("color") or ""
    for field, text in (("name", name), ("color", color)):
        if not text:
            raise refusal(400, {"error": f"{field} is missing"})
    if not _COLOUR.fullmatch(color):
        raise refusal(400, {"color": ["must be a valid color code"]})
    if any(one.name == name for one in found.labels.values()):
        raise refusal(409, "Label already exists")
    return json_answer(201, shapes.label(call, found.add_label(name, color, call.text("description") or "")))


@ROUTER.route("GET", "/projects/{project}/milestones")
def _milestones(call: Call, project: str) -> Answer:
    found = readable(call, project)
    query = call.request.query
    with_groups = is_true(query.get("include_ancestors", query.get("include_parent_milestones", "false")))
    wanted = [
        one
        for one in milestones(call, found)
        if (with_groups or one.group is None)
        and query.get("title", one.title) == one.title
        and query.get("state", "active" if one.is_open else "closed") == ("active" if one.is_open else "closed")
    ]
    return listed(call, wanted, partial(shapes.milestone, call, found))
