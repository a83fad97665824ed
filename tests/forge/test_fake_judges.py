"""The fake forge sees what is wrong with requests, with its own replies, and with texts that forges would act on."""

from pathlib import Path

import pytest

from tests.forge import markdown
from tests.forge.asking import ask
from tests.forge.conftest import one_forge
from tests.forge.fake import FakeForge
from tests.forge.http_server import Request, json_answer
from tests.forge.validation import Judge

FILES = {"k8s/web.yaml": b"image: old\n"}
COMMIT = "mutation M($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }"


def complaints(forge: FakeForge) -> list[str]:
    """What the forge complains of, which is then forgotten so that the test does not fail for it."""
    found = list(forge.violations)
    forge.violations.clear()
    return found


@pytest.mark.parametrize(
    ("method", "path", "body", "word"),
    [
        ("POST", "/repos/acme/deploy/pulls", {"title": "T", "head": 7, "base": "main"}, "7 is not of type"),
        ("POST", "/repos/acme/deploy/labels", {"name": "x", "colour": "1d76db"}, "'colour' was unexpected"),
        ("GET", "/repos/acme/deploy/pulls?stat=all", None, "unknown parameter stat"),
        ("GET", "/repos/acme/deploy/pulls", {"state": "all"}, "a body, which"),
        ("PATCH", "/repos/acme/deploy/pulls/1", {"state": "shut"}, "'shut' is not one of"),
        ("POST", "/repos/acme/deploy/issues/1/labels", [1], "is not valid under any"),
        ("GET", "/repos/acme/deploy/nothing", None, "does not know"),
        ("POST", "/graphql", {"query": "mutation { createCommit }"}, "Cannot query field"),
        ("POST", "/graphql", {"query": "mutation {"}, "Syntax Error"),
        ("POST", "/graphql", {"query": COMMIT, "variables": {"input": {"message": {"headline": "x"}}}}, "expectedHeadOid"),
        ("POST", "/graphql", {"query": COMMIT.replace("oid", "sha")}, "Cannot query field 'sha'"),
    ],
)
def test_complains_of_a_wrong_request_to_github(github: FakeForge, method: str, path: str, body: object, word: str) -> None:
    made = github.add("acme/deploy", FILES)
    made.commit({"new": b"1"}, branch="bot/x")
    ask(github, "POST", "/repos/acme/deploy/pulls", {"title": "T", "head": "bot/x", "base": "main"})
    assert complaints(github) == []
    ask(github, method, path, body)
    assert any(word in one for one in complaints(github))


@pytest.mark.parametrize(
    ("method", "path", "body", "word"),
    [
        ("POST", "/projects/{}/labels", {"name": "x", "colour": "red"}, "unknown parameter colour"),
        ("GET", "/projects/{}/merge_requests?head=x", None, "unknown parameter head"),
        ("POST", "/projects/{}/labels", [1], "no JSON object"),
        ("GET", "/projects/{}/nothing", None, "does not know"),
    ],
)
def test_complains_of_a_wrong_request_to_gitlab(gitlab: FakeForge, method: str, path: str, body: object, word: str) -> None:
    made = gitlab.add("acme/deploy", FILES)
    ask(gitlab, method, path.format(made.id), body)
    assert any(word in one for one in complaints(gitlab))


@pytest.mark.parametrize(
    ("kind", "path", "status", "reply", "word"),
    [
        ("github", "/repos/a/b/labels/x", 200, {"id": 1, "name": "x"}, "'color' is a required property"),
        ("github", "/repos/a/b/labels", 200, [{"id": "1"}], "'1' is not of type 'integer'"),
        ("github", "/repos/a/b/labels", 418, {}, "status 418 is not described"),
        ("github", "/repos/a/b/labels", 403, {"message": "x"}, "'documentation_url' is a required property"),
        ("gitlab", "/projects/1/labels/x", 200, {"id": 1, "name": "x"}, "color is missing"),
        ("gitlab", "/projects/1/labels", 200, [{"id": True}], "reply/0/id: no integer"),
        ("gitlab", "/projects/1/labels", 201, [], "status 201 is not documented"),
        ("gitlab", "/projects/1/labels", 403, {"words": "x"}, "neither message nor error"),
    ],
)
def test_complains_of_a_wrong_reply(kind: str, path: str, status: int, reply: object, word: str) -> None:
    judge = Judge("github" if kind == "github" else "gitlab")
    found = list(judge.complaints(Request("GET", path, {}, b""), path, json_answer(status, reply)))
    assert any(word in one for one in found), found


def test_tells_of_its_own_failures(forge: FakeForge) -> None:
    made = forge.add("acme/deploy", FILES)
    made.path.rename(made.path.with_name("gone"))
    path = "/repos/acme/deploy" if forge.kind == "github" else f"/projects/{made.id}"
    assert ask(forge, "GET", path).status == 500
    assert "the fake fails" in complaints(forge)[0]


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("/close", [("close", "")]),
        ("Words\n/label ~stop ~x \r\n/MERGE\nmore", [("label", "~stop ~x"), ("merge", "")]),
        ("> /close\n\n- /close\n\n\t/close\n\n    /close\n", []),
        ("/closed\n/unknown\n/ close\nsee /close\n", []),
        ("```\n/close\n```\n", []),
        ("<details>\n/close\n</details>\n", []),
        (">>>\n/close\n>>>\n", []),
        ("~~~\n/close\n~~~\n", [("close", "")]),  # older releases know fences of backticks only
        ("````\n/close\n````\n", [("close", "")]),  # and of those exactly three
        ("```\n```\n/close\n", [("close", "")]),
        ("\u200b/close", []),
    ],
)
def test_finds_quick_actions(text: str, actions: list[tuple[str, str]]) -> None:
    found, kept = markdown.quick_actions(text)
    assert [(action.name, action.argument) for action in found] == actions
    assert (kept == text) == (not actions)


def test_gitlab_carries_quick_actions_out(gitlab: FakeForge) -> None:
    made = gitlab.add("acme/deploy", FILES)
    made.commit({"new": b"1"}, branch="bot/x")
    fields = {"title": "T", "source_branch": "bot/x", "target_branch": "main", "description": 'Text\n/label ~"a b" ~c\n/title Other\n'}
    assert ask(gitlab, "POST", f"/projects/{made.id}/merge_requests", fields).status == 201
    (one,) = made.proposals()
    assert (one.title, one.labels, one.state, one.body) == ("Other", ["a b", "c"], "open", "Text\n")
    assert ask(gitlab, "POST", f"/projects/{made.id}/merge_requests/1/notes", {"body": "/close"}).status == 202
    assert (one.state, one.comments) == ("closed", [])
    assert [action.name for action in one.quick_actions] == ["label", "title", "close"]


@pytest.mark.parametrize(
    ("text", "mentions", "references", "closes"),
    [
        ("Ask @alice and @acme/platform, not a@b.example", {"alice", "acme/platform"}, set(), set()),
        ("`@alice` `#1`\n\n```\n@alice fixes #1\n```\n\n    @alice\n", set(), set(), set()),
        ("<!-- @alice #1 -->\n\n<b>@bob</b> <!-- @carol -->", {"bob"}, set(), set()),
        ("Fixes #12, see #3 and !4, Closes: acme/deploy#5", set(), {12, 3, 4}, {12, 5}),
        ("@\u200balice &#64;bob #\u200b1", {"bob"}, set(), set()),
        ("| a |\n|---|\n| @alice |\n", {"alice"}, set(), set()),
        ("[text](https://example/@alice#1)", set(), set(), set()),
    ],
)
def test_finds_who_and_what_a_text_speaks_of(text: str, mentions: set[str], references: set[int], closes: set[int]) -> None:
    assert (markdown.mentions(text), markdown.references(text), markdown.closes(text)) == (mentions, references, closes)


def test_a_proposal_remembers_every_text(github: FakeForge) -> None:
    made = github.add("acme/deploy", FILES)
    made.commit({"new": b"1"}, branch="bot/x")
    ask(github, "POST", "/repos/acme/deploy/pulls", {"title": "T", "head": "bot/x", "base": "main", "body": "@alice"})
    ask(github, "PATCH", "/repos/acme/deploy/pulls/1", {"body": "Fixes #9"})
    ask(github, "POST", "/repos/acme/deploy/issues/1/comments", {"body": "@bob"})
    (one,) = made.proposals()
    assert (one.mentions, one.references, one.closes) == ({"alice", "bob"}, {9}, {9})


@pytest.mark.parametrize(
    "path",
    [
        "/user",
        "/users/alice",
        "/users/acme",
        "/orgs/acme",
        "/orgs/acme/repos?type=all&sort=full_name",
        "/users/alice/repos?type=owner",
        "/user/repos?affiliation=owner",
        "/rate_limit",
        "/repos/acme/deploy",
        "/repos/acme/deploy/topics",
        "/repos/acme/deploy/assignees",
        "/repos/acme/deploy/branches",
        "/repos/acme/deploy/branches/bot/x",
        "/repos/acme/deploy/git/ref/heads/bot/x",
        "/repos/acme/deploy/git/matching-refs/heads/bot",
        "/repos/acme/deploy/compare/main...bot/x",
        "/repos/acme/deploy/labels",
        "/repos/acme/deploy/labels/a%20b",
        "/repos/acme/deploy/milestones?state=all",
        "/repos/acme/deploy/pulls?state=all&head=acme:bot/x",
        "/repos/acme/deploy/pulls/1",
        "/repos/acme/deploy/pulls/1/commits",
        "/repos/acme/deploy/pulls/1/files",
        "/repos/acme/deploy/pulls/1/requested_reviewers",
        "/repos/acme/deploy/issues/1",
        "/repos/acme/deploy/issues/1/labels",
        "/repos/acme/deploy/issues/1/comments",
    ],
)
def test_github_shows_everything_as_it_is_described(github: FakeForge, path: str) -> None:
    made = github.add("acme/deploy", FILES, topics=("gitops",))
    github.add("alice/own", FILES, private=False)
    made.commit({"new": b"1"}, branch="bot/x")
    made.add_milestone("v1")
    ask(github, "POST", "/repos/acme/deploy/pulls", {"title": "T", "head": "bot/x", "base": "main", "body": "B"})
    ask(github, "PATCH", "/repos/acme/deploy/issues/1", {"milestone": 1, "labels": ["a b"], "assignees": ["alice"]})
    ask(github, "POST", "/repos/acme/deploy/pulls/1/requested_reviewers", {"reviewers": ["bob"]})
    github.say(made, 1, "Hello")
    assert ask(github, "GET", path).status == 200


def test_github_makes_and_deletes_branches(github: FakeForge) -> None:
    made = github.add("acme/deploy", FILES)
    assert ask(github, "POST", "/repos/acme/deploy/git/refs", {"ref": "refs/heads/bot/x", "sha": made.head("main")}).status == 201
    assert made.head("bot/x") == made.head("main")
    assert ask(github, "POST", "/repos/acme/deploy/git/refs", {"ref": "refs/heads/bot/x", "sha": made.head("main")}).status == 422
    assert ask(github, "POST", "/repos/acme/deploy/git/refs", {"ref": "refs/heads/bot/y", "sha": "0" * 40}).status == 422
    assert [ask(github, "DELETE", "/repos/acme/deploy/git/refs/heads/bot/x").status for _ in range(2)] == [204, 422]
    assert list(made.branches()) == ["main"]


@pytest.mark.parametrize(
    "path",
    [
        "/user",
        "/version",
        "/users?username=alice",
        "/groups/acme",
        "/groups/acme%2Fsub",
        "/groups/acme/projects?include_subgroups=true&archived=false&with_shared=false&topic=gitops&order_by=id&sort=asc",
        "/projects/acme%2Fsub%2Fdeploy",
        "/projects/{}",
        "/projects/{}/members/all?query=a",
        "/projects/{}/repository/branches?search=bot",
        "/projects/{}/repository/branches/bot%2Fx",
        "/projects/{}/labels?search=a",
        "/projects/{}/labels/a%20b",
        "/projects/{}/milestones?include_ancestors=true&state=active",
        "/projects/{}/merge_requests?state=all&source_branch=bot%2Fx&order_by=created_at&sort=desc",
        "/projects/{}/merge_requests/1",
        "/projects/{}/merge_requests/1/commits",
        "/projects/{}/merge_requests/1/diffs",
        "/projects/{}/merge_requests/1/notes?sort=asc",
    ],
)
def test_gitlab_shows_everything_as_it_is_documented(gitlab: FakeForge, path: str) -> None:
    made = gitlab.add("acme/sub/deploy", FILES, topics=("gitops",))
    made.commit({"new": b"1"}, branch="bot/x")
    made.has_checks = True
    milestone = gitlab.add_group_milestone("acme", "v1")
    people = [gitlab.account(login).id for login in ("alice", "bob")]
    fields = {"title": "Draft: T", "source_branch": "bot/x", "target_branch": "main", "labels": "a b", "milestone_id": milestone.id, "reviewer_ids": people}
    assert ask(gitlab, "POST", f"/projects/{made.id}/merge_requests", fields).status == 201
    gitlab.say(made, 1, "Hello")
    reply = ask(gitlab, "GET", path.format(made.id))
    assert (reply.status, reply.content != []) == (200, True)


def test_gitlab_makes_and_deletes_branches(gitlab: FakeForge) -> None:
    made = gitlab.add("acme/deploy", FILES)
    branches = f"/projects/{made.id}/repository/branches"
    assert [ask(gitlab, "POST", branches, {"branch": "bot/x", "ref": "main"}).status for _ in range(2)] == [201, 400]
    assert [ask(gitlab, "DELETE", f"{branches}/bot%2Fx").status for _ in range(2)] == [204, 404]
    assert list(made.branches()) == ["main"]


def test_a_test_fails_for_what_the_forge_complains_of(tmp_path: Path) -> None:
    fixture = one_forge("github", tmp_path / "forge")
    ask(next(fixture), "GET", "/nothing")
    with pytest.raises(AssertionError, match="a path that the fake does not know"):
        next(fixture)
