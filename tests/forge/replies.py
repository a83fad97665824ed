"""Answers of forges, as short as the clients can do with."""

from typing import Any

HEAD = "1" * 40


def pull(number: int = 1, **more: Any) -> dict[str, Any]:
    """A pull request of GitHub."""
    return {
        "number": number,
        "node_id": f"PR_{number}",
        "title": "Swap",
        "body": "Text",
        "state": "open",
        "merged_at": None,
        "head": {"ref": "redigest/schema-2", "sha": HEAD, "repo": {"id": 7}},
        "base": {"ref": "main", "sha": "2" * 40, "repo": {"id": 7}},
        "labels": [],
        **more,
    }


def merge_request(iid: int = 1, **more: Any) -> dict[str, Any]:
    """A merge request of GitLab."""
    return {
        "iid": iid,
        "title": "Swap",
        "description": "Text",
        "state": "opened",
        "draft": False,
        "source_branch": "redigest/schema-2",
        "target_branch": "main",
        "project_id": 7,
        "source_project_id": 7,
        "sha": HEAD,
        "labels": [],
        "assignees": [],
        "reviewers": [],
        **more,
    }


def repository(full_name: str = "acme/deploy", **more: Any) -> dict[str, Any]:
    """A repository of GitHub."""
    return {"full_name": full_name, "default_branch": "main", "archived": False, "fork": False, "size": 3, "topics": [], **more}


def project(path: str = "acme/deploy", **more: Any) -> dict[str, Any]:
    """A project of GitLab."""
    return {"path_with_namespace": path, "default_branch": "main", "archived": False, "empty_repo": False, "topics": [], **more}
