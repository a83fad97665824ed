"""GitHub's objects as its REST API shows them, with everything that its description requires."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from tests.forge.bare import Change, Commit
from tests.forge.model import Label, Milestone, Team, User
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


def organisation(call: Call, one: User) -> Json:
    """An account as `/orgs/NAME` shows it."""
    api = f"{call.api}/orgs/{quote(one.login)}"
    as_user = user(call, one)
    return {
        **{name: as_user[name] for name in ("login", "id", "node_id", "avatar_url", "html_url", "type")},
        "url": api,
        **{f"{name}_url": f"{api}/{name}" for name in ("events", "hooks", "issues", "repos")},
        "members_url": api + "/members{/member}",
        "public_members_url": api + "/public_members{/member}",
        **dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0),
        **dict.fromkeys(("has_organization_projects", "has_repository_projects"), True),
        "description": None,
        "archived_at": None,
        "created_at": _EPOCH,
        "updated_at": _EPOCH,
    }


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
    """A repository as lists show it."""
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


def short_team(call: Call, one: Team) -> Json:
    """A team as a pull request shows it."""
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
    }


def team(call: Call, one: Team) -> Json:
    """A team as lists of pull requests show it."""
    return {**short_team(call, one), "parent": None}


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
