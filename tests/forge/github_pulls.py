"""Pull requests of the GitHub dialect, the issues that they also are, and their comments."""

from collections.abc import Mapping
from functools import partial

from tests.forge import bare
from tests.forge import github_pull_shapes as pull_shapes
from tests.forge import github_shapes as shapes
from tests.forge.github_access import check_length, custom, invalid, listed, not_found, proposal, readable, writable
from tests.forge.http_server import Answer, json_answer
from tests.forge.model import Comment, Proposal
from tests.forge.routing import Call, Refusal, Router
from tests.forge.state import Repository

ROUTER = Router()

_PULLS = "/repos/{owner}/{name}/pulls"
_PULL = "/repos/{owner}/{name}/pulls/{number}"
_ISSUE = "/repos/{owner}/{name}/issues/{number}"
_COMMENT = "/repos/{owner}/{name}/issues/comments/{comment}"


@ROUTER.route("GET", _PULLS)
def _list(call: Call, owner: str, name: str) -> Answer:
    found = readable(call, owner, name)
    query = call.request.query
    state, head, base = query.get("state", "open"), query.get("head", ""), query.get("base")
    head_owner, _, branch = head.partition(":")
    wanted = [
        one
        for one in found.proposals()
        if (state == "all" or (one.state == "open") == (state == "open"))
        and (not branch or (head_owner.casefold() == found.owner.casefold() and one.branch == branch))
        and (base is None or one.base == base)
    ]
    sort = query.get("sort", "created")
    is_upwards = query.get("direction", "desc" if sort == "created" else "asc") == "asc"
    wanted.sort(key=lambda one: one.updated if sort == "updated" else one.created, reverse=not is_upwards)
    return listed(call, wanted, partial(pull_shapes.short_pull, call, found))


@ROUTER.route("POST", _PULLS)
def _create(call: Call, owner: str, name: str) -> Answer:
    found = writable(call, owner, name)
    title, body = call.text("title"), call.text("body") or ""
    for field in ("title", "head", "base"):
        if not call.text(field):
            raise invalid("PullRequest", field, "missing_field")
    head, base = call.text("head") or "", call.text("base") or ""
    head_owner, _, branch = head.rpartition(":")
    there = found.branches()
    if branch not in there or (head_owner and head_owner.casefold() != found.owner.casefold()):
        raise invalid("PullRequest", "head", "invalid")
    if base not in there:
        raise invalid("PullRequest", "base", "invalid")
    check_length("Issue", "title", title)
    check_length("Issue", "body", body)
    if any(one.branch == branch and one.base == base and one.state == "open" for one in found.proposals()):
        raise custom("PullRequest", f"A pull request already exists for {found.owner}:{branch}.")
    if bare.is_ancestor(found.path, there[branch], there[base]):
        raise custom("PullRequest", f"No commits between {base} and {branch}")
    if bare.merge_base(found.path, there[branch], there[base]) is None:
        raise custom("PullRequest", f"The {branch} branch has no history in common with {base}")
    if call.flag("draft") and not found.allows_drafts:
        raise Refusal(422, shapes.error("Draft pull requests are not supported in this repository.", 422))
    made = call.state.make_proposal(found, author=call.login, title=title or "", body=body, branch=branch, base=base)
    made.is_draft = call.flag("draft")
    return json_answer(201, pull_shapes.pull(call, found, made), {"Location": f"{call.api}/repos/{found.name}/pulls/{made.number}"})


@ROUTER.route("GET", _PULL)
def _get(call: Call, owner: str, name: str, number: str) -> Answer:
    found = readable(call, owner, name)
    return json_answer(200, pull_shapes.pull(call, found, proposal(found, number)))


@ROUTER.route("PATCH", _PULL)
def _update(call: Call, owner: str, name: str, number: str) -> Answer:
    found = writable(call, owner, name)
    one = proposal(found, number)
    _rewrite(call, one)
    base = call.text("base")
    if base is not None and base not in found.branches():
        raise invalid("PullRequest", "base", "invalid")
    _turn(call, found, one)
    if base is not None:
        one.base, one.base_head = base, found.branches()[base]
    return json_answer(200, pull_shapes.pull(call, found, one))


def _rewrite(call: Call, one: Proposal) -> None:
    """Change title and body as far as they are given; a body of null is an empty one."""
    title, body = call.text("title"), call.text("body")
    check_length("Issue", "title", title)
    check_length("Issue", "body", body)
    if title == "":
        raise invalid("Issue", "title", "missing_field")
    if "body" in call.fields or title is not None:
        call.state.rewrite(one, title=title, body=body if body is not None or "body" not in call.fields else "")


def _turn(call: Call, found: Repository, one: Proposal) -> None:
    """Close, or open again."""
    state = call.text("state")
    if state == "closed" and one.state == "open":
        call.state.close_proposal(one)
    elif state == "open" and one.state != "open":
        head = found.head(one.branch)
        if one.state == "merged" or head is None or any(other.branch == one.branch and other.state == "open" for other in found.pulls):
            raise custom("PullRequest", f"state cannot be changed. The {one.branch} branch has been deleted." if head is None else "state cannot be changed.")
        one.state, one.closed, one.head = "open", None, head


@ROUTER.route("GET", f"{_PULL}/commits")
def _commits(call: Call, owner: str, name: str, number: str) -> Answer:
    found = readable(call, owner, name)
    one = proposal(found, number)
    made = list(reversed(bare.commits(found.path, f"{one.base_head}..{one.head}")))
    return listed(call, made, partial(shapes.commit, call, found))


@ROUTER.route("GET", f"{_PULL}/files")
def _files(call: Call, owner: str, name: str, number: str) -> Answer:
    found = readable(call, owner, name)
    one = proposal(found, number)
    base = bare.merge_base(found.path, one.base_head, one.head)
    changed = bare.changes(found.path, base, one.head) if base is not None else []
    return listed(call, changed, partial(shapes.change, call, found, one.head))


@ROUTER.route("PUT", f"{_PULL}/merge")
def _merge(call: Call, owner: str, name: str, number: str) -> Answer:
    found = writable(call, owner, name)
    one = proposal(found, number)
    if one.state != "open" or one.is_draft or found.has_checks or bare.merged_tree(found.path, one.base_head, one.head) is None:
        raise Refusal(405, shapes.error("Pull Request is not mergeable", 405))
    if call.text("sha") not in (None, one.head):
        raise Refusal(409, shapes.error("Head branch was modified. Review and try the merge again.", 409))
    merged = call.state.merge_proposal(found, one, author=call.login)
    return json_answer(200, {"sha": merged, "merged": True, "message": "Pull Request successfully merged"})


@ROUTER.route("POST", f"{_PULL}/requested_reviewers")
def _ask_for_review(call: Call, owner: str, name: str, number: str) -> Answer:
    found = writable(call, owner, name)
    one = proposal(found, number)
    people, slugs = call.texts("reviewers"), call.texts("team_reviewers")
    users = [call.state.user(login) for login in people]
    teams = [f"{found.owner}/{slug}" for slug in slugs]
    if any(user is not None and user.login == one.author for user in users):
        raise Refusal(422, shapes.error("Review cannot be requested from pull request author.", 422))
    if any(user is None or user.login not in call.state.collaborators for user in users) or any(team not in call.state.teams for team in teams):
        words = "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the"
        raise Refusal(422, shapes.error(f"{words} {found.name} repository.", 422))
    one.reviewers += [user.login for user in users if user is not None and user.login not in one.reviewers]
    one.team_reviewers += [team for team in teams if team not in one.team_reviewers]
    return json_answer(201, pull_shapes.short_pull(call, found, one))


@ROUTER.route("GET", f"{_PULL}/requested_reviewers")
def _reviewers(call: Call, owner: str, name: str, number: str) -> Answer:
    one = pull_shapes.short_pull(call, found := readable(call, owner, name), proposal(found, number))
    return json_answer(200, {"users": one["requested_reviewers"], "teams": one["requested_teams"]})


@ROUTER.route("GET", _ISSUE)
def _issue(call: Call, owner: str, name: str, number: str) -> Answer:
    found = readable(call, owner, name)
    return json_answer(200, pull_shapes.issue(call, found, proposal(found, number)))


@ROUTER.route("PATCH", _ISSUE)
def _update_issue(call: Call, owner: str, name: str, number: str) -> Answer:
    found = writable(call, owner, name)
    one = proposal(found, number)
    _rewrite(call, one)
    _turn(call, found, one)
    if "milestone" in call.fields:
        wanted = call.fields["milestone"]
        milestone = next((each for each in found.milestones if each.number == wanted), None)
        if wanted is not None and milestone is None:
            raise invalid("Issue", "milestone", "invalid")
        one.milestone = milestone.title if milestone is not None else None
    if "labels" in call.fields:
        one.labels = []
        _add_labels(found, one, _named(call.fields))
    if "assignees" in call.fields:
        one.assignees = []
        _assign(call, one)
    return json_answer(200, pull_shapes.issue(call, found, one))


def _named(fields: Mapping[str, object]) -> list[str]:
    """The names of labels, which come as strings or as objects."""
    given = fields.get("labels")
    names = [one.get("name") if isinstance(one, dict) else one for one in given] if isinstance(given, list) else []
    return [one for one in names if isinstance(one, str)]


def _add_labels(found: Repository, one: Proposal, names: list[str]) -> None:
    """Put labels on; GitHub makes those that are missing."""
    for name in names:
        label = found.labels.get(name.casefold()) or found.add_label(name)
        if label.name not in one.labels:
            one.labels.append(label.name)


@ROUTER.route("GET", f"{_ISSUE}/labels")
def _labels(call: Call, owner: str, name: str, number: str) -> Answer:
    found = readable(call, owner, name)
    return listed(call, [found.labels[each.casefold()] for each in proposal(found, number).labels], partial(shapes.label, call, found))


@ROUTER.route("POST", f"{_ISSUE}/labels")
def _label(call: Call, owner: str, name: str, number: str) -> Answer:
    found = writable(call, owner, name)
    one = proposal(found, number)
    _add_labels(found, one, _named(call.fields or {"labels": call.request.json}))
    return json_answer(200, [shapes.label(call, found, found.labels[each.casefold()]) for each in one.labels])


@ROUTER.route("DELETE", f"{_ISSUE}/labels/{{label}}")
def _unlabel(call: Call, owner: str, name: str, number: str, label: str) -> Answer:
    found = writable(call, owner, name)
    one = proposal(found, number)
    kept = [each for each in one.labels if each.casefold() != label.casefold()]
    if kept == one.labels:
        raise Refusal(404, shapes.error("Label does not exist", 404))
    one.labels = kept
    return json_answer(200, [shapes.label(call, found, found.labels[each.casefold()]) for each in kept])


@ROUTER.route("POST", f"{_ISSUE}/assignees")
def _add_assignees(call: Call, owner: str, name: str, number: str) -> Answer:
    found = writable(call, owner, name)
    one = proposal(found, number)
    _assign(call, one)
    return json_answer(201, pull_shapes.issue(call, found, one))


def _assign(call: Call, one: Proposal) -> None:
    """Assign people; GitHub passes over those who may not be, and over more than ten."""
    for login in call.texts("assignees"):
        user = call.state.user(login)
        if user is not None and user.login in {*call.state.collaborators, one.author} and user.login not in one.assignees and len(one.assignees) < 10:
            one.assignees.append(user.login)


@ROUTER.route("GET", f"{_ISSUE}/comments")
def _comments(call: Call, owner: str, name: str, number: str) -> Answer:
    found = readable(call, owner, name)
    one = proposal(found, number)
    return listed(call, one.comments, partial(pull_shapes.comment, call, found, one))


@ROUTER.route("POST", f"{_ISSUE}/comments")
def _write_comment(call: Call, owner: str, name: str, number: str) -> Answer:
    found = writable(call, owner, name)
    one = proposal(found, number)
    body = call.text("body") or ""
    if not body.strip():
        raise invalid("IssueComment", "body", "missing_field")
    check_length("IssueComment", "body", body)
    made = call.state.write_comment(one, body, author=call.login)
    return json_answer(201, pull_shapes.comment(call, found, one, made))


def _written(found: Repository, number: str) -> tuple[Proposal, Comment]:
    for one in found.proposals():
        for comment in one.comments:
            if str(comment.id) == number:
                return one, comment
    raise not_found()


@ROUTER.route("GET", _COMMENT)
def _comment(call: Call, owner: str, name: str, number: str) -> Answer:
    found = readable(call, owner, name)
    return json_answer(200, pull_shapes.comment(call, found, *_written(found, number)))


@ROUTER.route("PATCH", _COMMENT)
def _edit_comment(call: Call, owner: str, name: str, number: str) -> Answer:
    found = writable(call, owner, name)
    one, comment = _written(found, number)
    body = call.text("body") or ""
    check_length("IssueComment", "body", body)
    call.state.edit_comment(one, comment, body)
    return json_answer(200, pull_shapes.comment(call, found, one, comment))


@ROUTER.route("DELETE", _COMMENT)
def _delete_comment(call: Call, owner: str, name: str, number: str) -> Answer:
    found = writable(call, owner, name)
    one, comment = _written(found, number)
    one.comments.remove(comment)
    return Answer(204)
