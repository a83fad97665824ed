"""Holds requests and replies of the GitLab dialect against what GitLab documents of its REST API, version 4.

The tables are our own, after https://docs.gitlab.com/api/rest/ and the pages of each resource: they name what clients may send,
and the attributes that every reply has.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tests.forge.http_server import Answer, Request
from tests.forge.routing import expression

_PAGES = "page per_page pagination order_by sort"
_FURNISHING = (
    "assignee_id assignee_ids reviewer_ids description labels milestone_id remove_source_branch allow_collaboration squash approvals_before_merge merge_after"
)

# An attribute with its type: a type of JSON, another table, or a list of one in brackets; with a question mark it may be null.
_TABLES = {
    "user": "id:integer username:string name:string state:string locked:boolean avatar_url:string? web_url:string",
    "current user": "id:integer username:string name:string state:string avatar_url:string? web_url:string created_at:string email:string bot:boolean"
    " two_factor_enabled:boolean external:boolean can_create_project:boolean",
    "member": "id:integer username:string name:string state:string access_level:integer expires_at:string? web_url:string",
    "version": "version:string revision:string",
    "group": "id:integer name:string path:string full_name:string full_path:string description:string? visibility:string parent_id:integer?"
    " avatar_url:string? web_url:string created_at:string",
    "namespace": "id:integer name:string path:string kind:string full_path:string parent_id:integer? web_url:string",
    "project": "id:integer description:string? name:string name_with_namespace:string path:string path_with_namespace:string created_at:string"
    " default_branch:string? tag_list:[string] topics:[string] ssh_url_to_repo:string http_url_to_repo:string web_url:string readme_url:string?"
    " avatar_url:string? forks_count:integer star_count:integer last_activity_at:string namespace:namespace empty_repo:boolean archived:boolean"
    " visibility:string merge_method:string issues_enabled:boolean merge_requests_enabled:boolean creator_id:integer shared_with_groups:array"
    " permissions:object _links:object",
    "label": "id:integer name:string description:string? description_html:string? text_color:string color:string subscribed:boolean priority:integer?"
    " is_project_label:boolean",
    "milestone": "id:integer iid:integer title:string description:string? state:string created_at:string updated_at:string due_date:string?"
    " start_date:string? expired:boolean web_url:string",
    "commit": "id:string short_id:string title:string message:string parent_ids:[string] author_name:string author_email:string authored_date:string"
    " committer_name:string committer_email:string committed_date:string created_at:string web_url:string",
    "branch": "name:string commit:commit merged:boolean protected:boolean developers_can_push:boolean developers_can_merge:boolean can_push:boolean"
    " default:boolean web_url:string",
    "diff": "old_path:string new_path:string a_mode:string b_mode:string new_file:boolean renamed_file:boolean deleted_file:boolean diff:string",
    "note": "id:integer type:string? body:string attachment:string? author:user created_at:string updated_at:string system:boolean noteable_id:integer"
    " noteable_iid:integer noteable_type:string project_id:integer resolvable:boolean confidential:boolean? internal:boolean?",
    "commands": "commands_changes:object summary:array",
    "references": "short:string relative:string full:string",
    "pipeline": "id:integer iid:integer project_id:integer sha:string ref:string status:string source:string created_at:string updated_at:string"
    " web_url:string",
    "merge request": "id:integer iid:integer project_id:integer title:string description:string? state:string created_at:string updated_at:string"
    " merged_by:user? merge_user:user? merged_at:string? closed_by:user? closed_at:string? target_branch:string source_branch:string"
    " user_notes_count:integer upvotes:integer downvotes:integer author:user assignees:[user] assignee:user? reviewers:[user] source_project_id:integer?"
    " target_project_id:integer labels:[string] draft:boolean work_in_progress:boolean milestone:milestone? merge_when_pipeline_succeeds:boolean"
    " merge_status:string detailed_merge_status:string sha:string? merge_commit_sha:string? squash_commit_sha:string? discussion_locked:boolean?"
    " should_remove_source_branch:boolean? force_remove_source_branch:boolean? references:references web_url:string time_stats:object squash:boolean"
    " task_completion_status:object has_conflicts:boolean blocking_discussions_resolved:boolean",
}
_TABLES["whole merge request"] = (
    f"{_TABLES['merge request']} subscribed:boolean changes_count:string? latest_build_started_at:string? latest_build_finished_at:string?"
    " first_deployed_to_production_at:string? pipeline:pipeline? head_pipeline:pipeline? diff_refs:object merge_error:string? user:object"
    " first_contribution:boolean"
)

_PROJECT = "/projects/{project}"
_MERGE_REQUESTS = f"{_PROJECT}/merge_requests"
_ONE = f"{_MERGE_REQUESTS}/{{number}}"
_LIST_PARAMETERS = (
    "state milestone labels created_after created_before updated_after updated_before view author_id author_username assignee_id reviewer_id"
    " reviewer_username scope my_reaction_emoji source_branch target_branch search in wip draft iids not with_labels_details with_merge_status_recheck"
)
_PROJECTS_PARAMETERS = (
    "archived visibility search simple owned starred topic with_issues_enabled with_merge_requests_enabled with_shared include_subgroups min_access_level"
    " with_custom_attributes with_security_reports"
)
_MERGING = "merge_commit_message squash_commit_message squash should_remove_source_branch merge_when_pipeline_succeeds auto_merge sha"

# A request with the table of its reply, a list of it in brackets, and the parameters that it may have.
_OPERATIONS = {
    "GET /user": ("current user", ""),
    "GET /version": ("version", ""),
    "GET /users": ("[user]", f"username search active blocked external exclude_external {_PAGES}"),
    "GET /groups/{group}": ("group", "with_custom_attributes with_projects"),
    "GET /groups/{group}/projects": ("[project]", f"{_PROJECTS_PARAMETERS} {_PAGES}"),
    f"GET {_PROJECT}": ("project", "license statistics with_custom_attributes"),
    f"GET {_PROJECT}/members/all": ("[member]", f"query user_ids show_seat_info state {_PAGES}"),
    f"GET {_PROJECT}/repository/branches": ("[branch]", f"search regex {_PAGES}"),
    f"GET {_PROJECT}/repository/branches/{{branch}}": ("branch", ""),
    f"POST {_PROJECT}/repository/branches": ("branch", "branch ref"),
    f"DELETE {_PROJECT}/repository/branches/{{branch}}": ("", ""),
    f"GET {_PROJECT}/labels": ("[label]", f"with_counts include_ancestor_groups search archived {_PAGES}"),
    f"GET {_PROJECT}/labels/{{label}}": ("label", "include_ancestor_groups"),
    f"POST {_PROJECT}/labels": ("label", "name color description priority archived"),
    f"GET {_PROJECT}/milestones": ("[milestone]", f"iids state title search include_parent_milestones include_ancestors updated_before updated_after {_PAGES}"),
    f"GET {_MERGE_REQUESTS}": ("[merge request]", f"{_LIST_PARAMETERS} {_PAGES}"),
    f"POST {_MERGE_REQUESTS}": ("whole merge request", f"source_branch target_branch title target_project_id allow_maintainer_to_push {_FURNISHING}"),
    f"GET {_ONE}": ("whole merge request", "render_html include_diverged_commits_count include_rebase_in_progress"),
    f"PUT {_ONE}": ("whole merge request", f"title target_branch state_event discussion_locked add_labels remove_labels {_FURNISHING}"),
    f"GET {_ONE}/commits": ("[commit]", _PAGES),
    f"GET {_ONE}/diffs": ("[diff]", f"unidiff {_PAGES}"),
    f"PUT {_ONE}/merge": ("whole merge request", _MERGING),
    f"GET {_ONE}/notes": ("[note]", f"activity_filter {_PAGES}"),
    f"POST {_ONE}/notes": ("note", "body created_at internal merge_request_diff_head_sha"),
    f"PUT {_ONE}/notes/{{note}}": ("note", "body confidential"),
    f"DELETE {_ONE}/notes/{{note}}": ("", ""),
}
_SUCCESS = {"GET": 200, "PUT": 200, "POST": 201, "DELETE": 204}
_TYPES: Mapping[str, type | tuple[type, ...]] = {"integer": int, "string": str, "boolean": bool, "array": list, "object": dict}


@dataclass(frozen=True, slots=True)
class _Operation:
    method: str
    reply: str
    parameters: frozenset[str]


def complaints(request: Request, path: str, answer: Answer) -> Iterator[str]:
    """Say what is wrong with a request to this path, and with the answer to it."""
    operation = _find(request.method, path)
    if operation is None:
        yield "the documentation has no such operation"
        return
    sent = {name.removesuffix("[]").partition("[")[0] for name in request.query} | set(request.fields)
    yield from (f"unknown parameter {name}" for name in sorted(sent - operation.parameters))
    if request.body and not isinstance(request.json, dict):
        yield "request: no JSON object"
    content = json.loads(answer.body) if isinstance(answer.body, bytes) and answer.body else None
    if answer.status >= 300:
        if not isinstance(content, dict) or not {"message", "error"} & set(content):
            yield f"reply {answer.status}: neither message nor error"
    elif answer.status == 202 and operation.method == "POST":
        yield from _wrong("commands", content, "reply")
    elif answer.status != _SUCCESS[operation.method]:
        yield f"status {answer.status} is not documented"
    else:
        yield from _wrong(operation.reply, content, "reply") if operation.reply else ()


def _wrong(kind: str, value: object, where: str) -> Iterator[str]:
    """What is wrong with a value that should be of a kind as tables name them."""
    if kind.endswith("?"):
        if value is not None:
            yield from _wrong(kind[:-1], value, where)
    elif kind.startswith("["):
        if not isinstance(value, list):
            yield f"{where}: no list"
            return
        for number, one in enumerate(value):
            yield from _wrong(kind[1:-1], one, f"{where}/{number}")
    elif kind in _TYPES:
        if not isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, bool)):
            yield f"{where}: no {kind}"
    elif not isinstance(value, dict):
        yield f"{where}: no {kind}"
    else:
        for name, wanted in _attributes(kind):
            if name not in value:
                yield f"{where}: {name} is missing"
            else:
                yield from _wrong(wanted, value[name], f"{where}/{name}")


@cache
def _attributes(kind: str) -> list[tuple[str, str]]:
    return [(name, wanted) for name, _, wanted in (entry.partition(":") for entry in _TABLES[kind].split())]


@cache
def _find(method: str, path: str) -> _Operation | None:
    wanted = "GET" if method == "HEAD" else method
    for name, (reply, parameters) in _OPERATIONS.items():
        offered, _, template = name.partition(" ")
        if offered == wanted and expression(template).fullmatch(path):
            return _Operation(offered, reply, frozenset(parameters.split()))
    return None
