"""Merge requests of the GitLab dialect, their notes, and the quick actions that texts carry out."""

import re
from functools import partial

from tests.forge import bare, markdown
from tests.forge import gitlab_shapes as shapes
from tests.forge.gitlab_access import authenticated, is_true, listed, merge_request, milestones, not_found, readable, refusal, writable
from tests.forge.http_server import Answer, json_answer
from tests.forge.model import Comment, Proposal
from tests.forge.routing import Call, Refusal, Router
from tests.forge.state import Repository

ROUTER = Router()

_ALL = "/projects/{project}/merge_requests"
_ONE = "/projects/{project}/merge_requests/{number}"
_NOTE = "/projects/{project}/merge_requests/{number}/notes/{note}"
_DRAFT = re.compile(r"\s*(?:\[draft\]|\(draft\)|draft:|draft -)\s*", re.IGNORECASE)
_LONGEST = {"title": 255, "description": 1_048_576}
_LONGEST_NOTE = 1_000_000
_STATES = {"opened": "open", "closed": "closed", "merged": "merged"}


@ROUTER.route("GET", _ALL)
def _list(call: Call, project: str) -> Answer:
    found = readable(call, project)
    query = call.request.query
    state = query.get("state", "all")
    wanted = [
        one
        for one in found.proposals()
        if (state == "all" or one.state == _STATES.get(state))
        and query.get("source_branch", one.branch) == one.branch
        and query.get("target_branch", one.base) == one.base
    ]
    by_update = query.get("order_by") == "updated_at"
    wanted.sort(key=lambda one: one.updated if by_update else one.created, reverse=query.get("sort", "desc") == "desc")
    return listed(call, wanted, partial(shapes.merge_request, call, found))


@ROUTER.route("POST", _ALL)
def _create(call: Call, project: str) -> Answer:
    found = writable(call, project)
    fields = {name: call.text(name) or "" for name in ("title", "source_branch", "target_branch")}
    if missing := [name for name, value in fields.items() if not value]:
        raise Refusal(400, {"error": ", ".join(f"{name} is missing" for name in missing)})
    branch, base = fields["source_branch"], fields["target_branch"]
    there = found.branches()
    if branch == base:
        raise refusal(409, ["You can't use same project/branch for source and target"])
    if branch not in there or base not in there:
        side, name = ("Source", branch) if branch not in there else ("Target", base)
        raise refusal(422, [f'{side} branch "{name}" does not exist'])
    _check_lengths(call)
    other = next((one for one in found.proposals() if one.branch == branch and one.base == base and one.state == "open"), None)
    if other is not None:
        raise refusal(409, [f"Another open merge request already exists for this source branch: !{other.number}"])
    made = call.state.make_proposal(found, author=call.login, title=fields["title"], body="", branch=branch, base=base)
    made.texts.clear()
    _change(call, found, made)
    return json_answer(201, shapes.whole_merge_request(call, found, made))


@ROUTER.route("GET", _ONE)
def _get(call: Call, project: str, number: str) -> Answer:
    found = readable(call, project)
    return json_answer(200, shapes.whole_merge_request(call, found, merge_request(found, number)))


@ROUTER.route("PUT", _ONE)
def _update(call: Call, project: str, number: str) -> Answer:
    found = writable(call, project)
    one = merge_request(found, number)
    if not call.fields:
        raise Refusal(400, {"error": "at least one parameter must be provided"})
    if "title" in call.fields and not call.text("title"):
        raise Refusal(400, {"error": "title is empty"})
    _check_lengths(call)
    base = call.text("target_branch")
    if base is not None and base in found.branches():
        one.base, one.base_head = base, found.branches()[base]
    _change(call, found, one)
    match call.text("state_event"):
        case "close" if one.state == "open":
            call.state.close_proposal(one)
        case "reopen":
            _reopen(found, one)
        case None | "close":
            pass
        case _:
            raise Refusal(400, {"error": "state_event does not have a valid value"})
    return json_answer(200, shapes.whole_merge_request(call, found, one))


def _check_lengths(call: Call) -> None:
    for field, longest in _LONGEST.items():
        text = call.text(field)
        if text is not None and len(text) > longest:
            raise refusal(400, {field: [f"is too long (maximum is {longest} characters)"]})


def _reopen(found: Repository, one: Proposal) -> None:
    head = found.head(one.branch)
    if one.state == "closed" and head is not None:
        one.state, one.closed, one.head = "open", None, head


def _change(call: Call, found: Repository, one: Proposal) -> None:
    """Set what is given; orders in the description are carried out and leave it."""
    title, body = call.text("title"), call.text("description")
    actions: tuple[markdown.QuickAction, ...] = ()
    kept = body
    if body is not None:
        actions, kept = markdown.quick_actions(body)
    call.state.rewrite(one, title=title, body=kept)
    one.is_draft = _DRAFT.match(one.title) is not None
    if "remove_source_branch" in call.fields:
        one.removes_branch = is_true(call.fields["remove_source_branch"])
    _change_labels(call, found, one)
    for field, people in (("assignee_ids", one.assignees), ("reviewer_ids", one.reviewers)):
        if field in call.fields:
            people[:] = _people(call, field)
    if "milestone_id" in call.fields:
        wanted = next((each for each in milestones(call, found) if each.id == call.fields["milestone_id"]), None)
        one.milestone = wanted.title if wanted is not None else None
    _carry_out(call, found, one, actions)


def _change_labels(call: Call, found: Repository, one: Proposal) -> None:
    if "labels" in call.fields:
        one.labels = []
    for name in (*call.texts("labels"), *call.texts("add_labels")):
        _put_on(found, one, name)
    removed = set(call.texts("remove_labels"))
    one.labels = [name for name in one.labels if name not in removed]


def _put_on(found: Repository, one: Proposal, name: str) -> None:
    """Put a label on; GitLab makes one that is missing."""
    label = next((each for each in found.labels.values() if each.name == name), None) or found.add_label(name, "#6699cc")
    if label.name not in one.labels:
        one.labels.append(label.name)


def _people(call: Call, field: str) -> list[str]:
    """The users of these numbers that are members; GitLab passes over the others, and in its free edition over all but one."""
    given = call.fields[field]
    numbers = given if isinstance(given, list) else []
    found = [one.login for number in numbers for one in call.state.users.values() if one.id == number and one.login in {*call.state.collaborators, call.login}]
    return found[:1] if call.state.takes_one_person else found


def _carry_out(call: Call, found: Repository, one: Proposal, actions: tuple[markdown.QuickAction, ...]) -> None:
    for action in actions:
        one.quick_actions.append(action)
        match action.name:
            case "close" if one.state == "open":
                call.state.close_proposal(one)
            case "reopen":
                _reopen(found, one)
            case "title" if action.argument:
                one.title = action.argument
            case "draft":
                one.is_draft = not one.is_draft
            case "label" | "labels":
                for name in re.findall(r'~"([^"]+)"|~(\S+)', action.argument):
                    _put_on(found, one, name[0] or name[1])
            case "assign":
                one.assignees += [login for login in re.findall(r"@(\S+)", action.argument) if call.state.user(login) is not None]
            case "merge" if one.state == "open":
                call.state.merge_proposal(found, one, author=call.login)
            case _:
                pass


@ROUTER.route("GET", f"{_ONE}/commits")
def _commits(call: Call, project: str, number: str) -> Answer:
    found = readable(call, project)
    one = merge_request(found, number)
    return listed(call, bare.commits(found.path, f"{one.base_head}..{one.head}"), partial(shapes.commit, call, found))


@ROUTER.route("GET", f"{_ONE}/diffs")
def _diffs(call: Call, project: str, number: str) -> Answer:
    found = readable(call, project)
    one = merge_request(found, number)
    base = bare.merge_base(found.path, one.base_head, one.head)
    return listed(call, bare.changes(found.path, base, one.head) if base is not None else [], shapes.change)


@ROUTER.route("PUT", f"{_ONE}/merge")
def _merge(call: Call, project: str, number: str) -> Answer:
    found = writable(call, project)
    one = merge_request(found, number)
    waits = any(is_true(call.fields.get(name)) for name in ("merge_when_pipeline_succeeds", "auto_merge"))
    if one.state != "open" or one.is_draft or found.head(one.branch) is None or (found.has_checks and not waits):
        raise refusal(405, "405 Method Not Allowed")
    if bare.merged_tree(found.path, one.base_head, one.head) is None:
        raise refusal(422, "Branch cannot be merged")
    if call.text("sha") not in (None, one.head):
        raise refusal(409, f"SHA does not match HEAD of source branch: {one.head}")
    if found.has_checks:
        if not found.allows_auto_merge:
            raise refusal(405, "405 Method Not Allowed")
        one.auto_merge = "merge"
    else:
        call.state.merge_proposal(found, one, author=call.login)
    return json_answer(200, shapes.whole_merge_request(call, found, one))


@ROUTER.route("GET", f"{_ONE}/notes")
def _notes(call: Call, project: str, number: str) -> Answer:
    found = readable(call, project)
    one = merge_request(found, number)
    notes = sorted(one.comments, key=lambda comment: comment.created, reverse=call.request.query.get("sort", "desc") == "desc")
    return listed(call, notes, partial(shapes.note, call, found, one))


def _said(call: Call) -> str:
    body = call.text("body")
    if body is None:
        raise Refusal(400, {"error": "body is missing"})
    if len(body) > _LONGEST_NOTE:
        raise refusal(400, {"note": [f"is too long (maximum is {_LONGEST_NOTE} characters)"]})
    return body


@ROUTER.route("POST", f"{_ONE}/notes")
def _write(call: Call, project: str, number: str) -> Answer:
    found = writable(call, project)
    one = merge_request(found, number)
    actions, kept = markdown.quick_actions(_said(call))
    _carry_out(call, found, one, actions)
    if actions and not kept.strip():
        return json_answer(202, {"commands_changes": {action.name: action.argument for action in actions}, "summary": ["Applied."]})
    if not kept.strip():
        raise refusal(400, {"note": ["can't be blank"]})
    made = call.state.write_comment(one, kept, author=call.login)
    return json_answer(201, shapes.note(call, found, one, made))


def _own(call: Call, one: Proposal, note: str) -> Comment:
    """A note that the one who asks has written; those of others take a maintainer."""
    comment = next((each for each in one.comments if str(each.id) == note), None)
    if comment is None:
        raise not_found("Note")
    if comment.author != authenticated(call).user.login or comment.is_system:
        raise refusal(403, "403 Forbidden")
    return comment


@ROUTER.route("PUT", _NOTE)
def _edit(call: Call, project: str, number: str, note: str) -> Answer:
    found = writable(call, project)
    one = merge_request(found, number)
    comment = _own(call, one, note)
    actions, kept = markdown.quick_actions(_said(call))
    _carry_out(call, found, one, actions)
    call.state.edit_comment(one, comment, kept)
    return json_answer(200, shapes.note(call, found, one, comment))


@ROUTER.route("DELETE", _NOTE)
def _delete(call: Call, project: str, number: str, note: str) -> Answer:
    one = merge_request(writable(call, project), number)
    one.comments.remove(_own(call, one, note))
    return Answer(204)
