"""The fake forge sees what is wrong with requests, with its own replies, and with texts that forges would act on."""

import pytest

from tests.forge import markdown
from tests.forge.asking import ask
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
        ("POST", "/repos/acme/deploy/labels", {"name": "x", "colour": "1d76db"}, "unknown field colour"),
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


def test_tells_of_its_own_failures(forge: FakeForge, monkeypatch: pytest.MonkeyPatch) -> None:
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
