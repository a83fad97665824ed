"""GitHub's objects as its REST API shows them, with everything that its description requires."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from tests.forge import bare
from tests.forge.bare import Change, Commit
from tests.forge.model import Comment, Label, Milestone, Proposal, Team, User
from tests.forge.routing import Call
from tests.forge.state import Repository

Json = dict[str, object]

_USER_URLS = {
    "events_url": "/events{/privacy}",
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "organizations_url": "/orgs",
    "received_events_url": "/received_events",
    "repos_url": "/repos",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
}
_REPOSITORY_URLS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_COUNTS = ("forks", "forks_count", "open_issues", "open_issues_count", "stargazers_count", "watchers", "watchers_count")
_EPOCH = "2026-01-01T00:00:00Z"


def time(when: datetime | None) -> str | None:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when is not None else None


def user(call: Call, one: User) -> Json:
    api = f"{call.api}/users/{quote(one.login)}"
    return {
        "login": one.login,
        "id": one.id,
        "node_id": f"U_{one.id}",
        "avatar_url": f"{call.web}/avatars/u/{one.id}",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{call.web}/{quote(one.login)}",
        "type": "Organization" if one.is_organisation else "Bot" if one.is_bot else "User",
        "site_admin": False,
        **{name: api + rest for name, rest in _USER_URLS.items()},
    }


def whole_user(call: Call, one: User, *, is_self: bool) -> Json:
    """A user as `/users/NAME` shows it, and as `/user` does to itself."""
    more: Json = dict.fromkeys(("bio", "blog", "company", "email", "hireable", "location", "name"))
    more |= dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
    more |= {"created_at": _EPOCH, "updated_at": _EPOCH}
    if is_self:
        more |= dict.fromkeys(("collaborators", "disk_usage", "owned_private_repos", "private_gists", "total_private_repos"), 0)
        more["two_factor_authentication"] = True
    return {**user(call, one), **more}


def repository(call: Call, one: Repository) -> Json:
    """A repository with what any description of one requires."""
    api = f"{call.api}/repos/{one.name}"
    web = f"{call.web}/{one.name}"
    owner = call.state.account(one.owner)
    size = one.size if one.size is not None else 12 * len(one.branches())
    may_write = call.access is not None and call.access.may_write
    return {
        "id": one.id,
        "node_id": f"R_{one.id}",
        "name": one.short_name,
        "full_name": one.name,
        "owner": user(call, owner),
        "private": one.is_private,
        "visibility": "private" if one.is_private else "public",
        "html_url": web,
        "description": None,
        "fork": one.is_fork,
        "url": api,
        **{name: api + rest for name, rest in _REPOSITORY_URLS.items()},
        "clone_url": f"{web}.git",
        "git_url": f"git://{call.request.headers.get('host')}/{one.name}.git",
        "ssh_url": f"git@127.0.0.1:{one.name}.git",
        "svn_url": web,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        **dict.fromkeys(_COUNTS, 0),
        "network_count": 0,
        "subscribers_count": 0,
        "size": size,
        "default_branch": one.default_branch,
        "topics": list(one.topics),
        "archived": one.is_archived,
        "disabled": False,
        **dict.fromkeys(("has_issues", "has_projects", "has_downloads", "has_wiki"), True),
        "has_pages": False,
        "has_discussions": False,
        "pushed_at": _EPOCH,
        "created_at": _EPOCH,
        "updated_at": _EPOCH,
        "permissions": {"admin": False, "maintain": False, "push": may_write, "triage": may_write, "pull": True},
        "allow_merge_commit": "merge" in one.merge_methods,
        "allow_squash_merge": "squash" in one.merge_methods,
        "allow_rebase_merge": "rebase" in one.merge_methods,
        "allow_auto_merge": one.allows_auto_merge,
        "delete_branch_on_merge": False,
    }


def short_repository(call: Call, one: Repository) -> Json:
    """A repository as lists of organisations and users show it."""
    left_out = {"allow_merge_commit", "allow_squash_merge", "allow_rebase_merge", "allow_auto_merge", "network_count", "subscribers_count"}
    return {name: value for name, value in repository(call, one).items() if name not in left_out}


def label(call: Call, within: Repository, one: Label) -> Json:
    return {
        "id": one.id,
        "node_id": f"LA_{one.id}",
        "url": f"{call.api}/repos/{within.name}/labels/{quote(one.name)}",
        "name": one.name,
        "color": one.color,
        "default": False,
        "description": one.description,
    }


def milestone(call: Call, within: Repository, one: Milestone) -> Json:
    api = f"{call.api}/repos/{within.name}/milestones/{one.number}"
    return {
        "id": one.id,
        "node_id": f"MI_{one.id}",
        "number": one.number,
        "title": one.title,
        "state": "open" if one.is_open else "closed",
        "description": None,
        "creator": user(call, call.state.account(within.owner)),
        "open_issues": 0,
        "closed_issues": 0,
        "url": api,
        "html_url": f"{call.web}/{within.name}/milestone/{one.number}",
        "labels_url": f"{api}/labels",
        "created_at": _EPOCH,
        "updated_at": _EPOCH,
        "closed_at": None if one.is_open else _EPOCH,
        "due_on": None,
    }


def team(call: Call, one: Team) -> Json:
    api = f"{call.api}/organizations/{one.organisation}/team/{one.id}"
    return {
        "id": one.id,
        "node_id": f"T_{one.id}",
        "name": one.slug,
        "slug": one.slug,
        "description": None,
        "privacy": "closed",
        "permission": "pull",
        "type": "organization",
        "url": api,
        "html_url": f"{call.web}/orgs/{one.organisation}/teams/{one.slug}",
        "members_url": api + "/members{/member}",
        "repositories_url": f"{api}/repos",
        "parent": None,
    }


def _common(call: Call, within: Repository, one: Proposal) -> Json:
    """What a pull request and the issue that it also is have in common."""
    titled = next((milestone(call, within, each) for each in within.milestones if each.title == one.milestone), None)
    assignees = [user(call, call.state.account(login)) for login in one.assignees]
    return {
        "id": one.id,
        "number": one.number,
        "title": one.title,
        "body": one.body or None,
        "state": "open" if one.state == "open" else "closed",
        "locked": False,
        "user": user(call, call.state.account(one.author)),
        "labels": [label(call, within, within.labels[name.casefold()]) for name in one.labels],
        "milestone": titled,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "author_association": "CONTRIBUTOR",
        "created_at": time(one.created),
        "updated_at": time(one.updated),
        "closed_at": time(one.closed),
        "html_url": f"{call.web}/{within.name}/pull/{one.number}",
    }


def short_pull(call: Call, within: Repository, one: Proposal) -> Json:
    """A pull request as lists show it."""
    api = f"{call.api}/repos/{within.name}"
    pull, issue, web = f"{api}/pulls/{one.number}", f"{api}/issues/{one.number}", f"{call.web}/{within.name}/pull/{one.number}"
    shown = short_repository(call, within)
    owner = user(call, call.state.account(within.owner))
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
        "merged_at": time(one.closed) if one.state == "merged" else None,
        "requested_reviewers": [user(call, call.state.account(login)) for login in one.reviewers],
        "requested_teams": [team(call, call.state.teams[name]) for name in one.team_reviewers],
    }


def _auto_merge(call: Call, one: Proposal) -> Json | None:
    if one.auto_merge is None:
        return None
    return {"enabled_by": user(call, call.state.account(one.author)), "merge_method": one.auto_merge, "commit_title": "", "commit_message": ""}


def pull(call: Call, within: Repository, one: Proposal) -> Json:
    """A pull request alone, with what GitHub works out for it."""
    base = bare.merge_base(within.path, one.base_head, one.head)
    changed = bare.changes(within.path, base, one.head) if base is not None else []
    mergeable = bare.merged_tree(within.path, one.base_head, one.head) is not None if one.state == "open" else None
    return {
        **short_pull(call, within, one),
        "merged": one.state == "merged",
        "merged_by": user(call, call.state.account(one.author)) if one.state == "merged" else None,
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


def issue(call: Call, within: Repository, one: Proposal) -> Json:
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
        "pull_request": {**links, "merged_at": time(one.closed) if one.state == "merged" else None},
    }


def comment(call: Call, within: Repository, proposal: Proposal, one: Comment) -> Json:
    api = f"{call.api}/repos/{within.name}/issues"
    return {
        "id": one.id,
        "node_id": f"IC_{one.id}",
        "url": f"{api}/comments/{one.id}",
        "html_url": f"{call.web}/{within.name}/pull/{proposal.number}#issuecomment-{one.id}",
        "issue_url": f"{api}/{proposal.number}",
        "body": one.body,
        "user": user(call, call.state.account(one.author)),
        "author_association": "CONTRIBUTOR",
        "created_at": time(one.created),
        "updated_at": time(one.updated),
    }


def reference(call: Call, within: Repository, branch: str, sha: str) -> Json:
    api = f"{call.api}/repos/{within.name}/git"
    return {
        "ref": f"refs/heads/{branch}",
        "node_id": f"REF_{within.id}_{branch}",
        "url": f"{api}/refs/heads/{quote(branch)}",
        "object": {"sha": sha, "type": "commit", "url": f"{api}/commits/{sha}"},
    }


def commit(call: Call, within: Repository, one: Commit) -> Json:
    api = f"{call.api}/repos/{within.name}"
    author, committer = ({"name": name, "email": mail, "date": _EPOCH} for name, mail in (one.author, one.committer))
    return {
        "sha": one.sha,
        "node_id": f"C_{one.sha}",
        "url": f"{api}/commits/{one.sha}",
        "html_url": f"{call.web}/{within.name}/commit/{one.sha}",
        "comments_url": f"{api}/commits/{one.sha}/comments",
        "author": None,
        "committer": None,
        "parents": [{"sha": sha, "url": f"{api}/commits/{sha}"} for sha in one.parents],
        "commit": {
            "url": f"{api}/git/commits/{one.sha}",
            "author": author,
            "committer": committer,
            "message": one.message,
            "comment_count": 0,
            "tree": {"sha": one.tree, "url": f"{api}/git/trees/{one.tree}"},
            "verification": {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None},
        },
    }


def change(call: Call, within: Repository, commit: str, one: Change) -> Json:
    path = quote(one.path)
    return {
        "sha": one.sha,
        "filename": one.path,
        "status": {"A": "added", "D": "removed"}.get(one.status, "modified"),
        "additions": one.additions,
        "deletions": one.deletions,
        "changes": one.additions + one.deletions,
        "blob_url": f"{call.web}/{within.name}/blob/{commit}/{path}",
        "raw_url": f"{call.web}/{within.name}/raw/{commit}/{path}",
        "contents_url": f"{call.api}/repos/{within.name}/contents/{path}?ref={commit}",
    }


def error(message: str, status: int, *errors: Mapping[str, str] | str) -> Json:
    """An error as GitHub words it."""
    found: Json = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return {**found, "errors": list(errors)} if errors else found


def validation_error(*errors: Mapping[str, str]) -> Json:
    return error("Validation Failed", 422, *errors)
