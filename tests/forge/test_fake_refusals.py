"""The fake forge refuses what forges refuse, in their words, and fails when it is told to."""

from collections.abc import Mapping
from pathlib import Path

import github as pygithub
import gitlab as python_gitlab
import pytest

from tests.forge.asking import Reply, address, ask, clone, hub, lab, run_git
from tests.forge.fake import READER, STRANGER, FakeForge
from tests.forge.state import Repository

FILES = {"k8s/web.yaml": b"image: old\n"}
PULL: Mapping[str, object] = {"title": "T", "head": "bot/x", "base": "main"}
REQUEST: Mapping[str, object] = {"title": "T", "source_branch": "bot/x", "target_branch": "main"}


@pytest.fixture
def ready(forge: FakeForge) -> Repository:
    return prepare(forge)


def prepare(forge: FakeForge) -> Repository:
    """Make a repository with a branch to propose."""
    made = forge.add("acme/deploy", FILES)
    made.commit({"k8s/web.yaml": b"image: new\n"}, branch="bot/x")
    return made


def root(forge: FakeForge, made: Repository) -> str:
    return f"/repos/{made.name}" if forge.kind == "github" else f"/projects/{made.id}"


def pull(forge: FakeForge, made: Repository, **more: object) -> Reply:
    return ask(forge, "POST", f"/repos/{made.name}/pulls", {**PULL, **more})


def merge_request(forge: FakeForge, made: Repository, **more: object) -> Reply:
    return ask(forge, "POST", f"/projects/{made.id}/merge_requests", {**REQUEST, **more})


def entries(reply: Reply) -> list[dict[str, str]]:
    """The details of a refusal of GitHub."""
    content = reply.content
    assert isinstance(content, dict)
    assert (reply.status, content["message"]) == (422, "Validation Failed")
    errors = content["errors"]
    assert isinstance(errors, list)
    return errors


def test_github_refuses_a_second_pull_request(github: FakeForge) -> None:
    made = prepare(github)
    assert pull(github, made).status == 201
    again = pull(github, made)
    assert entries(again) == [{"resource": "PullRequest", "code": "custom", "message": "A pull request already exists for acme:bot/x."}]
    assert len(made.proposals()) == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"head": "bot/absent"}, {"resource": "PullRequest", "code": "invalid", "field": "head"}),
        ({"head": "stranger:bot/x"}, {"resource": "PullRequest", "code": "invalid", "field": "head"}),
        ({"base": "absent"}, {"resource": "PullRequest", "code": "invalid", "field": "base"}),
        ({"head": "main"}, {"resource": "PullRequest", "code": "custom", "message": "No commits between main and main"}),
        (
            {"body": "x" * 65_537},
            {"resource": "Issue", "code": "custom", "field": "body", "message": "body is too long (maximum is 65536 characters)"},
        ),
        ({"title": "x" * 257}, {"resource": "Issue", "code": "custom", "field": "title", "message": "title is too long (maximum is 256 characters)"}),
    ],
)
def test_github_refuses_a_pull_request(github: FakeForge, fields: Mapping[str, object], expected: Mapping[str, str]) -> None:
    made = prepare(github)
    assert entries(pull(github, made, **fields)) == [expected]
    assert made.proposals() == []


def test_github_takes_the_longest_texts(github: FakeForge) -> None:
    assert pull(github, prepare(github), title="ü" * 256, body="ü" * 65_536).status == 201


def test_github_refuses_what_a_repository_does_not_allow(github: FakeForge) -> None:
    made = prepare(github)
    made.allows_drafts = False
    refused = pull(github, made, draft=True)
    assert (refused.status, b"Draft pull requests are not supported" in refused.body) == (422, True)


@pytest.mark.parametrize("fields", [{"reviewers": ["alice", "nobody"]}, {"reviewers": ["stranger"]}, {"team_reviewers": ["absent"]}])
def test_github_asks_nobody_where_one_reviewer_is_unknown(github: FakeForge, fields: Mapping[str, object]) -> None:
    made = prepare(github)
    pull(github, made)
    refused = ask(github, "POST", f"/repos/{made.name}/pulls/1/requested_reviewers", fields)
    assert (refused.status, b"Reviews may only be requested from collaborators." in refused.body) == (422, True)
    assert made.proposals()[0].reviewers == []


def test_the_author_cannot_review(github: FakeForge) -> None:
    made = prepare(github)
    pull(github, made)
    with hub(github) as client, pytest.raises(pygithub.GithubException, match="from pull request author"):
        client.get_repo(made.name).get_pull(1).create_review_request(reviewers=[github.bot])


def test_gitlab_refuses_a_second_merge_request(gitlab: FakeForge) -> None:
    made = prepare(gitlab)
    assert merge_request(gitlab, made).status == 201
    again = merge_request(gitlab, made)
    assert (again.status, again.content) == (409, {"message": ["Another open merge request already exists for this source branch: !1"]})
    assert len(made.proposals()) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"title": "x" * 256}, 400),
        ({"description": "x" * 1_048_577}, 400),
        ({"title": ""}, 400),
        ({"source_branch": "absent"}, 422),
        ({"source_branch": "main"}, 409),
    ],
)
def test_gitlab_refuses_a_merge_request(gitlab: FakeForge, fields: Mapping[str, object], status: int) -> None:
    made = prepare(gitlab)
    assert merge_request(gitlab, made, **fields).status == status
    assert made.proposals() == []


def test_gitlab_takes_the_longest_texts(gitlab: FakeForge) -> None:
    assert merge_request(gitlab, prepare(gitlab), title="ü" * 255, description="ü" * 1_048_576).status == 201


def test_gitlab_of_the_free_edition_takes_one_person(gitlab: FakeForge) -> None:
    made = prepare(gitlab)
    gitlab.takes_one_person = True
    people = [gitlab.account(login).id for login in ("alice", "bob")]
    assert merge_request(gitlab, made, reviewer_ids=people, assignee_ids=[*people, 999_999]).status == 201
    (one,) = made.proposals()
    assert (one.reviewers, one.assignees) == (["alice"], ["alice"])


def test_a_label_that_is_there_cannot_be_made(forge: FakeForge, ready: Repository) -> None:
    fields = {"name": "one", "color": "1d76db" if forge.kind == "github" else "#1d76db"}
    assert ask(forge, "POST", f"{root(forge, ready)}/labels", fields).status == 201
    again = ask(forge, "POST", f"{root(forge, ready)}/labels", fields)
    if forge.kind == "github":
        assert entries(again) == [{"resource": "Label", "code": "already_exists", "field": "name"}]
    else:
        assert (again.status, again.content) == (409, {"message": "Label already exists"})


@pytest.mark.parametrize("token", ["not-a-token", None, STRANGER])
def test_a_private_repository_is_not_there_for_others(forge: FakeForge, ready: Repository, token: str | None) -> None:
    reply = ask(forge, "GET", root(forge, ready), token=token)
    assert reply.status == (401 if token == "not-a-token" else 404)
    ready.is_private = False
    assert ask(forge, "GET", root(forge, ready), token=token).status == (401 if token == "not-a-token" else 200)


@pytest.mark.parametrize(("token", "status"), [(READER, 403), (None, 404), (STRANGER, 404)])
def test_not_everybody_may_write(forge: FakeForge, ready: Repository, token: str | None, status: int) -> None:
    path, fields = ("pulls", PULL) if forge.kind == "github" else ("merge_requests", REQUEST)
    reply = ask(forge, "POST", f"{root(forge, ready)}/{path}", dict(fields), token=token)
    assert reply.status == (401 if token is None and forge.kind == "gitlab" else status)
    assert ready.proposals() == []


def test_an_archived_repository_can_only_be_read(forge: FakeForge, ready: Repository, tmp_path: Path) -> None:
    folder = clone(forge, "acme/deploy", tmp_path)
    ready.archive()
    path, fields = ("pulls", PULL) if forge.kind == "github" else ("merge_requests", REQUEST)
    assert ask(forge, "GET", root(forge, ready)).status == 200
    assert ask(forge, "POST", f"{root(forge, ready)}/{path}", dict(fields)).status == 403
    status, said = run_git(folder, "push", "origin", "HEAD:new")
    assert (status, "403" in said, "archived" in said) == (128, True, True)


@pytest.mark.parametrize(("token", "listed", "word"), [("not-a-token", 128, "Authentication failed"), (STRANGER, 128, "not found"), (READER, 0, "403")])
def test_git_lets_in_who_may_come(forge: FakeForge, ready: Repository, tmp_path: Path, *, token: str, listed: int, word: str) -> None:
    folder = clone(forge, "acme/deploy", tmp_path)
    assert run_git(tmp_path, "ls-remote", address(forge, "acme/deploy", token))[0] == listed
    status, said = run_git(folder, "push", address(forge, "acme/deploy", token), "HEAD:new")
    assert (status, word in said) == (128, True), said
    assert "new" not in ready.branches()


def test_git_asks_who_somebody_is(forge: FakeForge, ready: Repository, tmp_path: Path) -> None:
    status, said = run_git(tmp_path, "-c", "core.askPass=true", "ls-remote", address(forge, "acme/deploy", None))
    assert (status, "Authentication failed" in said) == (128, True), said
    assert {exchange.status for exchange in forge.log} == {401}
    ready.is_private = False
    assert run_git(tmp_path, "ls-remote", address(forge, "acme/deploy", None))[0] == 0


def test_refuses_pushes_to_a_protected_branch(forge: FakeForge, ready: Repository, tmp_path: Path) -> None:
    before = ready.head("main")
    folder = clone(forge, "acme/deploy", tmp_path)
    ready.protect("main")
    status, said = run_git(folder, "push", "origin", "HEAD:main")
    words = {
        "github": ("remote: error: GH006: Protected branch update failed for refs/heads/main.", "(protected branch hook declined)"),
        "gitlab": ("remote: GitLab: You are not allowed to push code to protected branches on this project.", "(pre-receive hook declined)"),
    }[forge.kind]
    assert (status, [word in said for word in words]) == (1, [True, True]), said
    assert ready.head("main") == before
    assert run_git(folder, "push", "origin", "HEAD:bot/y")[0] == 0
    assert ready.head("bot/y") is not None


def test_refuses_pushes_with_the_words_of_a_hook(forge: FakeForge, ready: Repository, tmp_path: Path) -> None:
    folder = clone(forge, "acme/deploy", tmp_path)
    ready.refuse_pushes("Sign your commits.")
    status, said = run_git(folder, "push", "origin", "HEAD:bot/y")
    assert (status, "remote: Sign your commits." in said, "(pre-receive hook declined)" in said) == (1, True, True), said
    ready.refuse_pushes(None)
    assert run_git(folder, "push", "origin", "HEAD:bot/y")[0] == 0


def test_github_refuses_workflows(github: FakeForge, tmp_path: Path) -> None:
    made = prepare(github)
    made.refuse_workflows()
    folder = clone(github, "acme/deploy", tmp_path)
    assert run_git(folder, "push", "origin", "HEAD:bot/y")[0] == 0
    workflow = folder / ".github/workflows/ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("on: push\n")
    for arguments in (("add", "."), ("commit", "--quiet", "--message=Workflow")):
        assert run_git(folder, *arguments)[0] == 0
    status, said = run_git(folder, "push", "origin", "HEAD:bot/y", "HEAD:bot/z")
    words = "refusing to allow a Personal Access Token to create or update workflow `.github/workflows/ci.yml` without `workflow` scope"
    assert (status, said.count(words)) == (1, 2), said
    assert "bot/z" not in made.branches()


def test_does_not_merge_what_cannot_be_merged(forge: FakeForge, ready: Repository) -> None:
    made = pull(forge, ready) if forge.kind == "github" else merge_request(forge, ready)
    assert made.status == 201
    ready.commit({"k8s/web.yaml": b"image: other\n"})
    path = f"{root(forge, ready)}/pulls/1/merge" if forge.kind == "github" else f"{root(forge, ready)}/merge_requests/1/merge"
    assert ask(forge, "PUT", path, {}).status == (405 if forge.kind == "github" else 422)
    assert ready.proposals()[0].state == "open"


def test_fails_as_it_is_told(forge: FakeForge, ready: Repository) -> None:
    path = root(forge, ready)
    forge.fail("GET", f"/{ready.id}$|/deploy$", status=502, body="<html>", times=2)
    assert [ask(forge, "GET", path).status for _ in range(3)] == [502, 502, 200]
    forge.fail("POST", "/labels$", status=500, late=True)
    color = "1d76db" if forge.kind == "github" else "#1d76db"
    assert ask(forge, "POST", f"{path}/labels", {"name": "one", "color": color}).status == 500
    assert list(forge.labels(ready)) == ["one"]
    assert [exchange.status for exchange in forge.log] == [502, 502, 200, 500]


def test_holds_back_who_asks_too_often(forge: FakeForge, ready: Repository) -> None:
    forge.limit(None, ".", wait=7)
    reply = ask(forge, "GET", root(forge, ready))
    assert (reply.status, reply.headers["retry-after"]) == (403 if forge.kind == "github" else 429, "7")
    if forge.kind == "github":
        assert b"secondary rate limit" in reply.body
    assert ask(forge, "GET", root(forge, ready)).status == 200
    if forge.kind == "gitlab":
        forge.limit("GET", "/projects/", wait=0)
        with lab(forge) as client:
            assert client.projects.get(ready.name).id == ready.id


@pytest.mark.parametrize("after", [-1, 0, 20])
def test_breaks_connections_off(forge: FakeForge, ready: Repository, after: int) -> None:
    forge.drop("GET", ".", after_bytes=after)
    with pytest.raises(OSError if after < 0 else Exception, match=r"closed connection|IncompleteRead"):
        ask(forge, "GET", root(forge, ready))
    assert ask(forge, "GET", root(forge, ready)).status == 200


def test_breaks_off_a_clone_and_a_push(forge: FakeForge, ready: Repository, tmp_path: Path) -> None:
    forge.drop("POST", "/git-upload-pack$", after_bytes=100)
    assert run_git(tmp_path, "clone", address(forge, "acme/deploy"), "broken")[0] == 128
    folder = clone(forge, "acme/deploy", tmp_path)
    forge.drop("POST", "/git-receive-pack$", after_bytes=0)
    assert run_git(folder, "push", "origin", "HEAD:bot/y")[0] != 0
    assert ready.head("bot/y") is not None  # it was done all the same
    forge.drop("POST", "/git-receive-pack$", late=False, times=float("inf"))  # git asks again on a new connection
    assert run_git(folder, "push", "origin", "HEAD:bot/z")[0] != 0
    assert ready.head("bot/z") is None


def test_sends_elsewhere(forge: FakeForge, ready: Repository) -> None:
    forge.redirect("/labels$", to="http://127.0.0.1:1/labels")
    reply = ask(forge, "GET", f"{root(forge, ready)}/labels")
    assert (reply.status, reply.headers["location"]) == (302, "http://127.0.0.1:1/labels")
    forge.heal()
    assert ask(forge, "GET", f"{root(forge, ready)}/labels").status == 200


def test_notes_are_changed_by_who_wrote_them(gitlab: FakeForge) -> None:
    made = prepare(gitlab)
    merge_request(gitlab, made)
    note = gitlab.say(made, 1, "Mine")
    with lab(gitlab) as client:
        request = client.projects.get(made.id).mergerequests.get(1)
        with pytest.raises(python_gitlab.GitlabDeleteError, match="403"):
            request.notes.delete(note.id)
    assert [comment.body for comment in made.proposals()[0].comments] == ["Mine"]
