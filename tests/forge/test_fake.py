"""The fake forge itself."""

from pathlib import Path

import github as pygithub
import gitlab as python_gitlab

from tests.forge.fake import FakeForge
from tests.samples import git


def hub(forge: FakeForge, token: str | None = None) -> pygithub.Github:
    auth = pygithub.Auth.Token(token or forge.token)
    return pygithub.Github(auth=auth, base_url=forge.api_url, seconds_between_requests=0, seconds_between_writes=0, retry=None)


def lab(forge: FakeForge, token: str | None = None) -> python_gitlab.Gitlab:
    return python_gitlab.Gitlab(forge.api_url, private_token=token or forge.token, keep_base_url=True)


def test_github_takes_a_pull_request(github: FakeForge) -> None:
    made = github.add("acme/deploy", {"k8s/web.yaml": b"image: old\n"})
    made.commit({"k8s/web.yaml": b"image: new\n"}, branch="bot/x")
    with hub(github) as client:
        found = client.get_repo("acme/deploy")
        assert found.default_branch == "main"
        pull = found.create_pull(base="main", head="bot/x", title="T", body="B")
        assert [one.number for one in found.get_pulls(head="acme:bot/x", state="all")] == [pull.number]
        pull.edit(title="U", body="C")
        pull.add_to_labels("one", "two")
        pull.create_issue_comment("hello")
        assert pull.mergeable
        pull.edit(state="closed")
    (one,) = made.proposals()
    assert (one.title, one.body, one.state, one.labels) == ("U", "C", "closed", ["one", "two"])


def test_gitlab_takes_a_merge_request(gitlab: FakeForge) -> None:
    made = gitlab.add("acme/sub/deploy", {"k8s/web.yaml": b"image: old\n"})
    made.commit({"k8s/web.yaml": b"image: new\n"}, branch="bot/x")
    with lab(gitlab) as client:
        found = client.projects.get("acme/sub/deploy")
        request = found.mergerequests.create({"source_branch": "bot/x", "target_branch": "main", "title": "T", "description": "B", "labels": ["a,b"]})
        assert [one.iid for one in found.mergerequests.list(source_branch="bot/x", state="all", get_all=True)] == [request.iid]
        request.title = "U"
        request.save()
        request.notes.create({"body": "hello"})
        request.state_event = "close"
        request.save()
    (one,) = made.proposals()
    assert (one.title, one.body, one.state, one.labels) == ("U", "B", "closed", ["a,b"])


def test_serves_git(forge: FakeForge, tmp_path: Path) -> None:
    made = forge.add("acme/deploy", {"k8s/web.yaml": b"image: old\n"})
    url = f"http://x-access-token:{forge.token}@{forge.host}/acme/deploy.git"
    git(tmp_path, "clone", "--quiet", url, "clone")
    clone = tmp_path / "clone"
    (clone / "big").write_bytes(bytes(range(256)) * 20000)
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "big")
    git(clone, "push", "--quiet", "origin", "HEAD:bot/x")
    assert made.files("bot/x")["big"] == bytes(range(256)) * 20000
