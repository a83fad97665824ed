"""GitLab's objects as its REST API documents them."""

from datetime import datetime
from urllib.parse import quote

from tests.forge import bare
from tests.forge.bare import Change, Commit
from tests.forge.model import Comment, Label, Milestone, Proposal, User
from tests.forge.routing import Call
from tests.forge.state import Repository

Json = dict[str, object]

_EPOCH = "2026-01-01T00:00:00.000Z"
_STATES = {"open": "opened", "closed": "closed", "merged": "merged"}


def time(when: datetime | None) -> str | None:
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z") if when is not None else None


def user(call: Call, one: User) -> Json:
    return {
        "id": one.id,
        "username": one.login,
        "public_email": None,
        "name": one.login.capitalize(),
        "state": "active",
        "locked": False,
        "avatar_url": f"{call.web}/uploads/-/system/user/avatar/{one.id}/avatar.png",
        "web_url": f"{call.web}/{one.login}",
    }


def current_user(call: Call, one: User) -> Json:
    """A user as it sees itself."""
    absent = ("bio", "location", "organization", "job_title", "pronouns", "commit_email", "confirmed_at", "last_sign_in_at", "current_sign_in_at")
    return {
        **user(call, one),
        **dict.fromkeys(absent),
        "created_at": _EPOCH,
        "bot": one.is_bot,
        "email": one.identity[1],
        "two_factor_enabled": True,
        "can_create_group": False,
        "can_create_project": False,
        "external": False,
        "private_profile": False,
    }


def group(call: Call, one: User) -> Json:
    name = one.login.rpartition("/")[2]
    return {
        "id": one.id,
        "name": name,
        "path": name,
        "full_name": one.login.replace("/", " / "),
        "full_path": one.login,
        "description": "",
        "visibility": "private",
        "parent_id": _parent(call, one),
        "avatar_url": None,
        "web_url": f"{call.web}/groups/{one.login}",
        "created_at": _EPOCH,
        "request_access_enabled": True,
        "lfs_enabled": True,
    }


def _parent(call: Call, one: User) -> int | None:
    parent = call.state.user(one.login.rpartition("/")[0])
    return parent.id if parent is not None else None


def project(call: Call, one: Repository) -> Json:
    owner = call.state.account(one.owner)
    web = f"{call.web}/{one.name}"
    api = f"{call.api}/projects/{one.id}"
    namespace = {
        "id": owner.id,
        "name": owner.login.rpartition("/")[2],
        "path": owner.login.rpartition("/")[2],
        "kind": "group" if owner.is_organisation else "user",
        "full_path": owner.login,
        "parent_id": _parent(call, owner),
        "avatar_url": None,
        "web_url": f"{call.web}/groups/{owner.login}",
    }
    may_write = call.access is not None and call.access.may_write
    shown: Json = {
        "id": one.id,
        "description": None,
        "name": one.short_name,
        "name_with_namespace": one.name.replace("/", " / "),
        "path": one.short_name,
        "path_with_namespace": one.name,
        "created_at": _EPOCH,
        "default_branch": one.default_branch,
        "tag_list": list(one.topics),
        "topics": list(one.topics),
        "ssh_url_to_repo": f"git@127.0.0.1:{one.name}.git",
        "http_url_to_repo": f"{web}.git",
        "web_url": web,
        "readme_url": None,
        "avatar_url": None,
        "forks_count": 0,
        "star_count": 0,
        "last_activity_at": _EPOCH,
        "namespace": namespace,
        "_links": {"self": api, "merge_requests": f"{api}/merge_requests", "repo_branches": f"{api}/repository/branches", "labels": f"{api}/labels"},
        "empty_repo": not one.branches(),
        "archived": one.is_archived,
        "visibility": "private" if one.is_private else "public",
        "issues_enabled": True,
        "merge_requests_enabled": True,
        "creator_id": owner.id,
        "import_status": "none",
        "merge_method": "merge",
        "squash_option": "default_off",
        "only_allow_merge_if_pipeline_succeeds": False,
        "remove_source_branch_after_merge": True,
        "shared_with_groups": [],
        "permissions": {"project_access": {"access_level": 30 if may_write else 10, "notification_level": 3}, "group_access": None},
    }
    return {**shown, "forked_from_project": {"id": 1, "path_with_namespace": "upstream/of-it"}} if one.is_fork else shown


def label(_call: Call, one: Label) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description or None,
        "description_html": "",
        "text_color": "#FFFFFF",
        "color": one.color if one.color.startswith("#") else f"#{one.color}",
        "archived": False,
        "subscribed": False,
        "priority": None,
        "is_project_label": True,
    }


def milestone(call: Call, within: Repository, one: Milestone) -> Json:
    owner = {"group_id": call.state.account(one.group).id} if one.group is not None else {"project_id": within.id}
    where = f"groups/{one.group}" if one.group is not None else within.name
    return {
        "id": one.id,
        "iid": one.number,
        **owner,
        "title": one.title,
        "description": "",
        "state": "active" if one.is_open else "closed",
        "created_at": _EPOCH,
        "updated_at": _EPOCH,
        "due_date": None,
        "start_date": None,
        "expired": False,
        "web_url": f"{call.web}/{where}/-/milestones/{one.number}",
    }


def branch(call: Call, within: Repository, name: str, sha: str) -> Json:
    is_protected = name in within.protected
    return {
        "name": name,
        "commit": commit(call, within, bare.commits(within.path, "-1", sha)[0]),
        "merged": False,
        "protected": is_protected,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": not is_protected,
        "default": name == within.default_branch,
        "web_url": f"{call.web}/{within.name}/-/tree/{quote(name)}",
    }


def commit(call: Call, within: Repository, one: Commit) -> Json:
    return {
        "id": one.sha,
        "short_id": one.sha[:8],
        "title": one.subject,
        "message": one.message,
        "parent_ids": list(one.parents),
        "author_name": one.author[0],
        "author_email": one.author[1],
        "authored_date": _EPOCH,
        "committer_name": one.committer[0],
        "committer_email": one.committer[1],
        "committed_date": _EPOCH,
        "created_at": _EPOCH,
        "trailers": {},
        "web_url": f"{call.web}/{within.name}/-/commit/{one.sha}",
    }


def change(one: Change) -> Json:
    return {
        "old_path": one.path,
        "new_path": one.path,
        "a_mode": "0" if one.status == "A" else "100644",
        "b_mode": "0" if one.status == "D" else "100644",
        "new_file": one.status == "A",
        "renamed_file": False,
        "deleted_file": one.status == "D",
        "diff": "",
    }


def merge_request(call: Call, within: Repository, one: Proposal) -> Json:
    """A merge request as lists show it."""
    titled = next((each for each in (*within.milestones, *call.state.group_milestones) if each.title == one.milestone), None)
    assignees, reviewers = ([user(call, call.state.account(login)) for login in logins] for logins in (one.assignees, one.reviewers))
    author = user(call, call.state.account(one.author))
    is_merged = one.state == "merged"
    reference = f"!{one.number}"
    has_conflicts = one.state == "open" and bare.merged_tree(within.path, one.base_head, one.head) is None
    return {
        "id": one.id,
        "iid": one.number,
        "project_id": within.id,
        "title": one.title,
        "description": one.body,
        "state": _STATES[one.state],
        "created_at": time(one.created),
        "updated_at": time(one.updated),
        "merged_by": author if is_merged else None,
        "merge_user": author if is_merged else None,
        "merged_at": time(one.closed) if is_merged else None,
        "closed_by": author if one.state == "closed" else None,
        "closed_at": time(one.closed) if one.state == "closed" else None,
        "target_branch": one.base,
        "source_branch": one.branch,
        "user_notes_count": sum(not comment.is_system for comment in one.comments),
        "upvotes": 0,
        "downvotes": 0,
        "author": author,
        "assignees": assignees,
        "assignee": assignees[0] if assignees else None,
        "reviewers": reviewers,
        "source_project_id": within.id,
        "target_project_id": within.id,
        "labels": sorted(one.labels),
        "draft": one.is_draft,
        "work_in_progress": one.is_draft,
        "imported": False,
        "milestone": milestone(call, within, titled) if titled is not None else None,
        "merge_when_pipeline_succeeds": one.auto_merge is not None,
        "merge_status": "cannot_be_merged" if has_conflicts else "can_be_merged",
        "detailed_merge_status": _detail(within, one, has_conflicts=has_conflicts),
        "sha": one.head,
        "merge_commit_sha": one.merge_commit,
        "squash_commit_sha": None,
        "discussion_locked": None,
        "should_remove_source_branch": None,
        "force_remove_source_branch": one.removes_branch,
        "reference": reference,
        "references": {"short": reference, "relative": reference, "full": f"{within.name}{reference}"},
        "web_url": f"{call.web}/{within.name}/-/merge_requests/{one.number}",
        "time_stats": {"time_estimate": 0, "total_time_spent": 0, "human_time_estimate": None, "human_total_time_spent": None},
        "squash": False,
        "squash_on_merge": False,
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_conflicts": has_conflicts,
        "blocking_discussions_resolved": True,
        "approvals_before_merge": None,
    }


def _detail(within: Repository, one: Proposal, *, has_conflicts: bool) -> str:
    if one.state != "open":
        return "not_open"
    if one.is_draft:
        return "draft_status"
    if has_conflicts:
        return "conflict"
    return "ci_still_running" if within.has_checks else "mergeable"


def whole_merge_request(call: Call, within: Repository, one: Proposal) -> Json:
    """A merge request alone, with what GitLab works out for it."""
    base = bare.merge_base(within.path, one.base_head, one.head)
    changed = bare.changes(within.path, base, one.head) if base is not None else []
    running = {"id": one.id, "sha": one.head, "ref": one.branch, "status": "running", "source": "push", "created_at": _EPOCH, "updated_at": _EPOCH}
    pipeline = {**running, "project_id": within.id, "iid": 1, "web_url": f"{call.web}/{within.name}/-/pipelines/{one.id}"} if within.has_checks else None
    return {
        **merge_request(call, within, one),
        "subscribed": True,
        "changes_count": str(len(changed)) if changed else None,
        "latest_build_started_at": None,
        "latest_build_finished_at": None,
        "first_deployed_to_production_at": None,
        "pipeline": pipeline,
        "head_pipeline": pipeline,
        "diff_refs": {"base_sha": base, "head_sha": one.head, "start_sha": one.base_head},
        "merge_error": None,
        "user": {"can_merge": call.access is not None and call.access.may_write},
        "first_contribution": False,
    }


def note(call: Call, within: Repository, proposal: Proposal, one: Comment) -> Json:
    return {
        "id": one.id,
        "type": None,
        "body": one.body,
        "attachment": None,
        "author": user(call, call.state.account(one.author)),
        "created_at": time(one.created),
        "updated_at": time(one.updated),
        "system": one.is_system,
        "noteable_id": proposal.id,
        "noteable_type": "MergeRequest",
        "noteable_iid": proposal.number,
        "project_id": within.id,
        "resolvable": False,
        "confidential": False,
        "internal": False,
        "imported": False,
        "commands_changes": {},
    }
