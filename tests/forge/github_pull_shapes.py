"""Pull requests, the issues that they also are, and their comments, as GitHub's REST API shows them."""

from tests.forge import bare
from tests.forge import github_shapes as shapes
from tests.forge.model import Comment, Proposal
from tests.forge.routing import Call
from tests.forge.state import Repository


def _common(call: Call, within: Repository, one: Proposal) -> shapes.Json:
    """What a pull request and the issue that it also is have in common."""
    titled = next((shapes.milestone(call, within, each) for each in within.milestones if each.title == one.milestone), None)
    assignees = [shapes.user(call, call.state.account(login)) for login in one.assignees]
    return {
        "id": one.id,
        "number": one.number,
        "title": one.title,
        "body": one.body or None,
        "state": "open" if one.state == "open" else "closed",
        "locked": False,
        "user": shapes.user(call, call.state.account(one.author)),
        "labels": [shapes.label(call, within, within.labels[name.casefold()]) for name in one.labels],
        "milestone": titled,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "author_association": "CONTRIBUTOR",
        "created_at": shapes.time(one.created),
        "updated_at": shapes.time(one.updated),
        "closed_at": shapes.time(one.closed),
        "html_url": f"{call.web}/{within.name}/pull/{one.number}",
    }


def short_pull(call: Call, within: Repository, one: Proposal) -> shapes.Json:
    """A pull request as lists show it."""
    api = f"{call.api}/repos/{within.name}"
    pull, issue, web = f"{api}/pulls/{one.number}", f"{api}/issues/{one.number}", f"{call.web}/{within.name}/pull/{one.number}"
    shown = shapes.short_repository(call, within)
    owner = shapes.user(call, call.state.account(within.owner))
    addresses = {
        "self": pull,
        "html": web,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{pull}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{pull}/commits",
        "statuses": f"{api}/statuses/{one.head}",
    }
    return {
        **_common(call, within, one),
        "node_id": f"PR_{one.id}",
        "url": pull,
        "diff_url": f"{web}.diff",
        "patch_url": f"{web}.patch",
        "issue_url": issue,
        "comments_url": addresses["comments"],
        "review_comments_url": addresses["review_comments"],
        "review_comment_url": addresses["review_comment"],
        "commits_url": addresses["commits"],
        "statuses_url": addresses["statuses"],
        "_links": {name: {"href": address} for name, address in addresses.items()},
        "head": {"label": f"{within.owner}:{one.branch}", "ref": one.branch, "sha": one.head, "user": owner, "repo": shown},
        "base": {"label": f"{within.owner}:{one.base}", "ref": one.base, "sha": one.base_head, "user": owner, "repo": shown},
        "draft": one.is_draft,
        "auto_merge": _auto_merge(call, one),
        "merge_commit_sha": one.merge_commit,
        "merged_at": shapes.time(one.closed) if one.state == "merged" else None,
        "requested_reviewers": [shapes.user(call, call.state.account(login)) for login in one.reviewers],
        "requested_teams": [shapes.team(call, call.state.teams[name]) for name in one.team_reviewers],
    }


def _auto_merge(call: Call, one: Proposal) -> shapes.Json | None:
    if one.auto_merge is None:
        return None
    return {"enabled_by": shapes.user(call, call.state.account(one.author)), "merge_method": one.auto_merge, "commit_title": "", "commit_message": ""}


def pull(call: Call, within: Repository, one: Proposal) -> shapes.Json:
    """A pull request alone, with what GitHub works out for it."""
    base = bare.merge_base(within.path, one.base_head, one.head)
    changed = bare.changes(within.path, base, one.head) if base is not None else []
    mergeable = bare.merged_tree(within.path, one.base_head, one.head) is not None if one.state == "open" else None
    return {
        **short_pull(call, within, one),
        "requested_teams": [shapes.short_team(call, call.state.teams[name]) for name in one.team_reviewers],
        "merged": one.state == "merged",
        "merged_by": shapes.user(call, call.state.account(one.author)) if one.state == "merged" else None,
        "mergeable": mergeable,
        "mergeable_state": {True: "blocked" if within.has_checks else "clean", False: "dirty", None: "unknown"}[mergeable],
        "rebaseable": mergeable,
        "maintainer_can_modify": False,
        "comments": len(one.comments),
        "review_comments": 0,
        "commits": len(bare.commits(within.path, f"{one.base_head}..{one.head}")),
        "additions": sum(change.additions for change in changed),
        "deletions": sum(change.deletions for change in changed),
        "changed_files": len(changed),
    }


def issue(call: Call, within: Repository, one: Proposal) -> shapes.Json:
    """The issue that a pull request also is."""
    api = f"{call.api}/repos/{within.name}"
    address = f"{api}/issues/{one.number}"
    web = f"{call.web}/{within.name}/pull/{one.number}"
    links = {"url": f"{api}/pulls/{one.number}", "html_url": web, "diff_url": f"{web}.diff", "patch_url": f"{web}.patch"}
    return {
        **_common(call, within, one),
        "node_id": f"PR_{one.id}",
        "url": address,
        "repository_url": api,
        "labels_url": address + "/labels{/name}",
        "comments_url": f"{address}/comments",
        "events_url": f"{address}/events",
        "comments": len(one.comments),
        "draft": one.is_draft,
        "pull_request": {**links, "merged_at": shapes.time(one.closed) if one.state == "merged" else None},
    }


def comment(call: Call, within: Repository, proposal: Proposal, one: Comment) -> shapes.Json:
    api = f"{call.api}/repos/{within.name}/issues"
    return {
        "id": one.id,
        "node_id": f"IC_{one.id}",
        "url": f"{api}/comments/{one.id}",
        "html_url": f"{call.web}/{within.name}/pull/{proposal.number}#issuecomment-{one.id}",
        "issue_url": f"{api}/{proposal.number}",
        "body": one.body,
        "user": shapes.user(call, call.state.account(one.author)),
        "author_association": "CONTRIBUTOR",
        "created_at": shapes.time(one.created),
        "updated_at": shapes.time(one.updated),
    }
