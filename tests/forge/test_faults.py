"""What the clients of forges make of refusals, redirects, limits and broken answers, and where the token goes."""

import contextlib
import itertools
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from redigest.errors import RepositoryError, UsageError
from redigest.forges import connect
from redigest.forges.model import Request
from redigest.secret import Secret
from tests.forge.replies import merge_request, project, pull, repository
from tests.forge.talking import TOKEN, VARIABLE, Connect, Entry, Kind, answer, by_request, config, connecting
from tests.registry.scripted import Answer, Asked, scripted

KINDS: tuple[Kind, ...] = ("github", "gitlab")
BRANCH = "redigest/schema-2"
REQUEST = Request(branch=BRANCH, base="main", title="Swap", body="Text")

LOOK = {"github": "GET /repos/acme/deploy", "gitlab": "GET /api/v4/projects/acme%2Fdeploy"}
PULLS = {"github": "/repos/acme/deploy/pulls", "gitlab": "/api/v4/projects/acme%2Fdeploy/merge_requests"}
NOTES = {"github": "/repos/acme/deploy/issues/1/comments", "gitlab": "/api/v4/projects/acme%2Fdeploy/merge_requests/1/notes"}
FOUND = {"github": repository(), "gitlab": project()}
PROPOSED = {"github": pull(), "gitlab": merge_request()}
ME: dict[Kind, tuple[str, dict[str, object]]] = {"github": ("GET /user", {"login": "bot"}), "gitlab": ("GET /api/v4/user", {"id": 5})}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kind:
    monkeypatch.setenv(VARIABLE, TOKEN)
    chosen: Kind = request.param
    return chosen


@pytest.fixture
def client() -> Iterator[Connect]:
    with connecting() as connect:
        yield connect


def failure(attempt: Callable[[], object]) -> str:
    with pytest.raises(RepositoryError) as raised:
        attempt()
    told = str(raised.value)
    assert TOKEN not in told
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    return told


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (401, {"message": "Bad credentials"}, "Bad credentials (401); the token in FORGE_TOKEN is not accepted"),
        (403, {"message": "Not allowed"}, "Not allowed (403); the token in FORGE_TOKEN may not do this: it needs "),
        (404, {"message": "Not Found"}, "Not Found (404); there is no such thing, or the token in FORGE_TOKEN may not see it"),
        (422, {"message": ["is odd", "is long"]}, "(422); correct what it complains about"),
        (400, [1, 2], "(400); correct what it complains about"),
        (418, "a teapot", "(418); correct what it complains about"),
    ],
)
def test_says_what_was_asked_and_what_to_do(client: Connect, kind: Kind, status: int, said: object, expected: str) -> None:
    with scripted(by_request({LOOK[kind]: answer(said, status)})) as server:
        told = failure(lambda: client(kind, server.url).repository("acme/deploy"))
    assert told.startswith(f"forge corp ({server.url}): cannot look up the ")
    assert " acme/deploy: " in told
    assert expected in told


def test_repeats_foreign_words_in_one_short_line_without_the_token(client: Connect, kind: Kind) -> None:
    said = {"message": f"\x1b[31mno\u202e\n\n{TOKEN} {'x' * 5000}"}
    with scripted(by_request({LOOK[kind]: answer(said, 403)})) as server:
        told = failure(lambda: client(kind, server.url).repository("acme/deploy"))
    assert told.isprintable()
    assert "***" in told
    assert len(told) < 900


@pytest.mark.parametrize(
    "broken",
    [
        Answer(200, {"Content-Type": "text/html", "Connection": "close"}, b"<html>Sign in</html>"),
        Answer(200, {"Content-Type": "application/json", "Connection": "close"}, b"{"),
        Answer(200, {"Content-Type": "application/json", "Connection": "close"}, b""),
        answer({}),
        answer([]),
        answer(None),
        answer(repository("acme/../../etc") | project("acme/../../etc")),
        answer(repository("acme/deploy\n") | project("acme/deploy\n")),
        answer(repository("deploy") | project("deploy")),
    ],
)
def test_refuses_an_answer_that_is_none(client: Connect, kind: Kind, broken: Answer) -> None:
    with scripted(by_request({LOOK[kind]: broken})) as server:
        assert "it sends an answer that is none of its API" in failure(lambda: client(kind, server.url).repository("acme/deploy"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_sends_the_token_to_no_other_server(client: Connect, kind: Kind, status: int) -> None:
    with scripted(lambda _: answer(FOUND[kind])) as other:
        moved = answer({}, status, Location=f"{other.url}/elsewhere")
        with scripted(lambda _: moved) as server:
            forge = client(kind, server.url)
            for attempt in (
                lambda: forge.repository("acme/deploy"),
                lambda: forge.proposals("acme/deploy", BRANCH),
                lambda: forge.open("acme/deploy", REQUEST),
                lambda: forge.close("acme/deploy", 1, body=""),
                lambda: forge.comment("acme/deploy", 1, "Text"),
                lambda: forge.delete_comment("acme/deploy", 1, 1),
            ):
                failure(attempt)
    assert other.asked == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_follows_a_renamed_repository_on_the_same_server(client: Connect, kind: Kind, status: int) -> None:
    new = {"github": repository("acme/gitops"), "gitlab": project("acme/gitops")}[kind]
    place = {"github": "/repositories/7", "gitlab": "/api/v4/projects/7"}[kind]
    with scripted(by_request({LOOK[kind]: answer({}, status, Location=place), f"GET {place}": answer(new)})) as server:
        assert client(kind, server.url).repository("acme/deploy").name == "acme/gitops"


def test_keeps_the_question_when_a_list_has_moved(client: Connect, kind: Kind) -> None:
    asked: list[Asked] = []

    def listed(request: Asked) -> Answer:
        asked.append(request)
        return answer([PROPOSED[kind]])

    def moved(request: Asked) -> Answer:
        return answer({}, 301, Location=f"/moved?{request.target.partition('?')[2]}")

    with scripted(by_request({f"GET {PULLS[kind]}": moved, "GET /moved": listed})) as server:
        assert len(client(kind, server.url).proposals("acme/deploy", BRANCH)) == 1
    assert asked[0].query["state"] == ["all"]


def test_gives_up_on_a_redirect_that_goes_in_circles(client: Connect, kind: Kind) -> None:
    with scripted(
        by_request({LOOK[kind]: answer({}, 301, Location="/a"), "GET /a": answer({}, 301, Location="/b"), "GET /b": answer({}, 301, Location="/a")})
    ) as server:
        failure(lambda: client(kind, server.url).repository("acme/deploy"))
        assert len(server.asked) < 6


def test_follows_no_redirect_of_a_write(client: Connect, kind: Kind) -> None:
    table = {f"POST {PULLS[kind]}": answer({}, 301, Location="/elsewhere"), f"GET {PULLS[kind]}": answer([])}
    with scripted(by_request(table)) as server:
        told = failure(lambda: client(kind, server.url).open("acme/deploy", REQUEST))
        assert [(asked.method, asked.path) for asked in server.asked] == [("POST", PULLS[kind])]
    assert "(301); redirects are not followed here" in told


@pytest.mark.parametrize("link", ["{other}/api/v4/more?page=2", "{server}0/api/v4/more?page=2", "http://[", "//{bare}/more?page=2", "/api/v4/more?page=2"])
def test_asks_no_other_server_for_the_next_page(client: Connect, kind: Kind, link: str) -> None:
    with scripted(lambda _: answer([])) as other:

        def listed(asked: Asked) -> Answer:
            if "page" in asked.query:
                return answer([])
            url = link.format(other=other.url, server=server.url, bare=other.host)
            return answer([PROPOSED[kind]], Link=f'<{url}>; rel="next"')

        with scripted(listed) as server:
            forge = client(kind, server.url)
            with contextlib.suppress(RepositoryError):
                assert len(forge.proposals("acme/deploy", BRANCH)) == 1
    assert other.asked == []


def test_says_that_nothing_listens(client: Connect, kind: Kind) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert "it cannot be reached" in failure(lambda: client(kind, url).repository("acme/deploy"))


def test_asks_again_after_a_fault_that_passes(client: Connect, kind: Kind) -> None:
    with scripted(by_request({LOOK[kind]: [answer({}, 502), answer(FOUND[kind])]})) as server:
        assert client(kind, server.url).repository("acme/deploy").name == "acme/deploy"
        assert len(server.asked) == 2


def test_asks_again_when_an_answer_does_not_come(client: Connect, kind: Kind) -> None:
    with scripted(by_request({LOOK[kind]: [Answer(body=None), answer(FOUND[kind])]})) as server:
        assert client(kind, server.url).repository("acme/deploy").name == "acme/deploy"


def test_says_that_the_fault_is_on_the_other_side(client: Connect, kind: Kind) -> None:
    with scripted(by_request({LOOK[kind]: answer({"message": "Oops"}, 500)})) as server:
        told = failure(lambda: client(kind, server.url).repository("acme/deploy"))
        assert len(server.asked) == 4
    assert "Oops (500); the fault is on its side: try again later" in told


@pytest.mark.parametrize(("status", "headers"), [(429, {"Retry_After": "1"}), (429, {"RateLimit_Reset": "1"})])
def test_keeps_to_a_limit_and_goes_on(client: Connect, kind: Kind, status: int, headers: dict[str, str]) -> None:
    table = {f"POST {PULLS[kind]}": [answer({}, status, **headers), answer(PROPOSED[kind], 201)]}
    with scripted(by_request(table)) as server:
        assert client(kind, server.url).open("acme/deploy", REQUEST).proposal.number == 1


@pytest.mark.parametrize(
    ("said", "headers"),
    [
        ("You have exceeded a secondary rate limit", {"Retry_After": "1"}),
        ("API rate limit exceeded for user ID 1", {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "1"}),
    ],
)
def test_keeps_to_the_limits_that_github_tells_of_by_403(client: Connect, monkeypatch: pytest.MonkeyPatch, said: str, headers: dict[str, str]) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    table = {f"POST {PULLS['github']}": [answer({"message": said}, 403, **headers), answer(pull(), 201)]}
    with scripted(by_request(table)) as server:
        assert client("github", server.url).open("acme/deploy", REQUEST).proposal.number == 1


@pytest.mark.parametrize("pause", ["901", "99999999999999", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_does_not_wait_for_longer_than_a_quarter_of_an_hour(client: Connect, kind: Kind, pause: str) -> None:
    with scripted(by_request({LOOK[kind]: answer({"message": "slow down"}, 429, Retry_After=pause)})) as server:
        told = failure(lambda: client(kind, server.url).repository("acme/deploy"))
        assert len(server.asked) == 1
    assert "(429); it wants to be left alone for longer than we wait" in told


def test_does_not_wait_long_for_github_limits_that_403_tells(client: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    said = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
    with scripted(by_request({LOOK["github"]: answer(said, 403, Retry_After="3600")})) as server:
        assert "(429); it wants to be left alone" in failure(lambda: client("github", server.url).repository("acme/deploy"))


@pytest.mark.parametrize("lost", [Answer(body=None), answer({}, 502), answer({}, 504)])
def test_opens_no_second_proposal_when_the_answer_is_lost(client: Connect, kind: Kind, lost: Answer) -> None:
    table = {f"POST {PULLS[kind]}": lost, f"GET {PULLS[kind]}": answer([PROPOSED[kind]])}
    with scripted(by_request(table)) as server:
        assert client(kind, server.url).open("acme/deploy", REQUEST).proposal.number == 1
        assert [asked.method for asked in server.asked] == ["POST", "GET"]


def test_opens_a_proposal_again_that_a_fault_has_swallowed(client: Connect, kind: Kind) -> None:
    table: dict[str, Entry] = {f"POST {PULLS[kind]}": [answer({}, 502), answer(PROPOSED[kind], 201)], f"GET {PULLS[kind]}": answer([])}
    with scripted(by_request(table)) as server:
        assert client(kind, server.url).open("acme/deploy", REQUEST).proposal.number == 1
        assert [asked.method for asked in server.asked] == ["POST", "GET", "POST"]


@pytest.mark.parametrize("is_written", [True, False])
def test_writes_a_comment_once_when_the_answer_is_lost(client: Connect, kind: Kind, *, is_written: bool) -> None:
    question, me = ME[kind]
    note = {"id": 3, "body": "Text\r\n" if is_written else "Else", "user": me, "author": me}
    lost = [answer({}, 502), answer(note, 201)]
    table: dict[str, Entry] = {f"POST {NOTES[kind]}": lost, f"GET {NOTES[kind]}": answer([note]), question: answer(me)}
    with scripted(by_request(table)) as server:
        client(kind, server.url).comment("acme/deploy", 1, "Text")
        assert [asked.method for asked in server.asked].count("POST") == (1 if is_written else 2)


def test_takes_a_comment_that_is_gone_for_deleted(client: Connect, kind: Kind) -> None:
    path = {"github": "/repos/acme/deploy/issues/comments/3", "gitlab": f"{NOTES['gitlab']}/3"}[kind]
    with scripted(by_request({f"DELETE {path}": [answer({}, 502), answer({"message": "404 Not found"}, 404)]})) as server:
        client(kind, server.url).delete_comment("acme/deploy", 1, 3)
        assert len(server.asked) == 2


def test_mixes_up_no_answers_between_threads(client: Connect, kind: Kind) -> None:
    """The library for GitHub keeps the request in hand in the connection."""
    barrier = threading.Barrier(8)

    def named(asked: Asked) -> Answer:
        name = re.sub(r"%2F", "/", asked.path, flags=re.IGNORECASE).rpartition("/")[2]
        kept = answer(repository(f"acme/{name}") | project(f"acme/{name}"))
        return Answer(200, {"Content-Type": "application/json"}, kept.body)

    with scripted(named) as server:
        forge = client(kind, server.url)

        def look(number: int) -> list[str]:
            barrier.wait(timeout=30)
            return [forge.repository(f"acme/r{number}x{step}").name for step in range(25)]

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(look, range(8)))
        forge.close_connections()
    assert found == [[f"acme/r{number}x{step}" for step in range(25)] for number in range(8)]


def test_spaces_writes_of_all_threads(client: Connect, kind: Kind) -> None:
    stamps: list[float] = []
    question, me = ME[kind]

    def noted(_: Asked) -> Answer:
        stamps.append(time.monotonic())
        return answer({"id": 3, "body": "Text"}, 201)

    with scripted(by_request({f"POST {NOTES[kind]}": noted, question: answer(me)})) as server:
        forge = client(kind, server.url, **{"write-pause": 0.1})
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: forge.comment("acme/deploy", 1, "Text"), range(3)))
    assert all(later - earlier >= 0.1 for earlier, later in itertools.pairwise(stamps))


def test_logs_no_token(client: Connect, kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), scripted(by_request({LOOK[kind]: answer(FOUND[kind])})) as server:
        client(kind, server.url).repository("acme/deploy")
        assert TOKEN in server.everything
    assert caplog.text
    assert TOKEN not in caplog.text


def test_takes_no_password_from_netrc(client: Connect, kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password from-netrc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    place = {"github": "/repositories/7", "gitlab": "/api/v4/projects/7"}[kind]
    with scripted(by_request({LOOK[kind]: answer({}, 301, Location=place), f"GET {place}": answer(FOUND[kind])})) as server:
        client(kind, server.url).repository("acme/deploy")
        assert "Basic" not in server.everything


def test_trusts_the_certificates_of_the_configuration_only(client: Connect, kind: Kind, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    with scripted(by_request({LOOK[kind]: answer(FOUND[kind])}), tls=context) as server:
        assert client(kind, server.url, **{"ca-bundle": str(bundle)}).repository("acme/deploy").name == "acme/deploy"
        told = failure(lambda: client(kind, server.url).repository("acme/deploy"))
        assert len(server.asked) == 1
    assert "its certificate is not trusted" in told
    assert "ca-bundle" in told


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_refuses_a_ca_bundle_that_cannot_be_used(client: Connect, kind: Kind, tmp_path: Path, content: bytes | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)
    with pytest.raises(UsageError, match=r"ca-bundle of forge corp, .*ca\.pem, cannot be read"):
        client(kind, "https://127.0.0.1:1", **{"ca-bundle": str(bundle)})


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_says_which_variable_has_no_token(client: Connect, kind: Kind, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is None:
        monkeypatch.delenv(VARIABLE)
    else:
        monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(UsageError, match=r"forge corp takes its token from the environment variable FORGE_TOKEN, which is not set"):
        client(kind, "https://127.0.0.1:1")


@pytest.mark.parametrize("value", ["one two", "one\ntwo", "caf\u00e9"])
def test_refuses_a_token_that_is_none_without_showing_it(client: Connect, kind: Kind, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(UsageError) as raised:
        client(kind, "https://127.0.0.1:1")
    assert value not in str(raised.value)


def test_takes_a_token_with_a_line_end(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"{TOKEN}\n")
    remote = connect(config(kind, "https://127.0.0.1:1")).remote("acme/deploy")
    assert isinstance(remote.authorization, Secret)
    assert "***" in str(remote)


def test_takes_no_proposal_of_a_fork_for_its_own(client: Connect, kind: Kind) -> None:
    fork = {"ref": BRANCH, "sha": "3" * 40, "repo": {"id": 8}}
    others = {
        "github": [pull(3, head=fork), pull(4, head={**fork, "repo": None}), pull(5, head={**pull()["head"], "ref": "else"})],
        "gitlab": [merge_request(3, source_project_id=8), merge_request(4, source_project_id=None), merge_request(5, source_branch="else")],
    }
    with scripted(by_request({f"GET {PULLS[kind]}": answer([*others[kind], PROPOSED[kind]])})) as server:
        assert [one.number for one in client(kind, server.url).proposals("acme/deploy", BRANCH)] == [1]


def test_knows_itself_by_graphql_where_a_token_has_no_user(client: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the token of a workflow has none."""
    monkeypatch.setenv(VARIABLE, TOKEN)
    notes = [{"id": 1, "body": "Ours", "user": {"login": "github-actions[bot]"}}, {"id": 2, "body": "Theirs", "user": None}]
    table: dict[str, Entry] = {
        f"GET {NOTES['github']}": answer(notes),
        "GET /user": answer({"message": "Resource not accessible by integration"}, 403),
        "POST /graphql": answer({"data": {"viewer": {"login": "github-actions[bot]"}}}),
    }
    with scripted(by_request(table)) as server:
        assert [one.is_own for one in client("github", server.url).comments("acme/deploy", 1)] == [True, False]


def test_waits_for_a_pipeline_before_it_asks_gitlab_to_merge(client: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    path = f"{PULLS['gitlab']}/1"
    looks = [answer(merge_request(head_pipeline=None)), answer(merge_request(head_pipeline={"status": "running"}))]
    table: dict[str, Entry] = {f"POST {PULLS['gitlab']}": answer(merge_request(), 201), f"GET {path}": looks, f"PUT {path}/merge": answer(merge_request())}
    with scripted(by_request(table)) as server:
        opened = client("gitlab", server.url).open("acme/deploy", replace(REQUEST, auto_merge=True))
        assert b'"sha": "1111' in server.asked[-1].body
        assert server.asked[-1].path.endswith("/merge")
    assert opened.warnings == ()


def test_shows_no_token_of_an_app(client: Connect, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, encryption = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    (tmp_path / "app.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, encryption))
    table: dict[str, Entry] = {
        "GET /orgs/acme/installation": answer({"id": 9}),
        "POST /app/installations/9/access_tokens": answer({"token": TOKEN, "expires_at": "2100-01-01T00:00:00Z"}, 201),
        LOOK["github"]: answer({"message": f"no {TOKEN}"}, 403),
    }
    with caplog.at_level(logging.DEBUG), scripted(by_request(table)) as server:
        forge = client("github", server.url, app={"id": 1, "key-file": str(tmp_path / "app.pem")})
        assert "no ***" in failure(lambda: forge.repository("acme/deploy"))
    signed = server.asked[0].headers["Authorization"].partition(" ")[2]
    assert signed.count(".") == 2
    assert TOKEN not in caplog.text
    assert signed not in caplog.text
