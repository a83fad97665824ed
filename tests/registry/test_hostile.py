"""Registries that mean ill: bounded time and memory, a reason in words, and no credential where it does not belong."""

import asyncio
import hashlib
import itertools
import json
import logging
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from time import perf_counter

import pytest

from redigest.model import Digest
from redigest.registry.answers import Claim, Failure, Manifest, Reason, Tags
from redigest.registry.client import RegistryClient
from tests.registry.asking import QUICK, ask, at, keyring, login
from tests.registry.scripted import Answer, Asked, Scripted, routes, scripted
from tests.samples import digest

BODY = b'{"schemaVersion": 2}'
DIGEST = Digest(hashlib.sha256(BODY).hexdigest())
TAGS = "/v2/team/app/tags/list"


def manifest(server: Scripted, which: Digest | str = "1.0", **limits: float) -> Manifest | Failure:
    return ask(lambda client: client.manifest(at(server.host), which), server.host, limits=replace(QUICK, **limits))  # type: ignore[arg-type]  # some are whole


def blob(server: Scripted, **limits: float) -> bytes | Failure:
    return ask(lambda client: client.blob(at(server.host), DIGEST), server.host, limits=replace(QUICK, **limits))  # type: ignore[arg-type]  # likewise


def tags(server: Scripted, **limits: int) -> Tags | Failure:
    return ask(lambda client: client.tags(at(server.host)), server.host, limits=replace(QUICK, **limits))


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        (Answer(404), Reason.NOT_FOUND, "answers 404 for team/app"),
        (Answer(404, body=b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"m"}]}'), Reason.NOT_FOUND, "answers 404 MANIFEST_UNKNOWN for team/app"),
        (Answer(404, body=b'{"errors":[{"code":"UNSUPPORTED","message":"V2 schema 1"}]}'), Reason.UNSUPPORTED, "answers 404 UNSUPPORTED for team/app"),
        (Answer(404, body=b'{"errors":[{"code":"s3cret"}]}'), Reason.NOT_FOUND, "answers 404 for team/app"),
        (Answer(404, body=b'{"errors":{"code":1}}'), Reason.NOT_FOUND, "answers 404 for team/app"),
        (Answer(404, body=b'{"errors":[[]]}'), Reason.NOT_FOUND, "answers 404 for team/app"),
        (Answer(404, body=b"<html>"), Reason.NOT_FOUND, "answers 404 for team/app"),
        (Answer(404, body=b"x" * 1_000_000), Reason.NOT_FOUND, "answers 404 for team/app"),
        (Answer(400, body=b'{"errors":[{"code":"MANIFEST_INVALID"}]}'), Reason.REFUSED, "answers 400 MANIFEST_INVALID for team/app"),
        (Answer(403, body=b'{"errors":[{"code":"DENIED"}]}'), Reason.UNAUTHORIZED, "answers 403 DENIED for team/app"),
        (Answer(401), Reason.UNAUTHORIZED, "answers 401 for team/app"),
        (Answer(401, {"WWW-Authenticate": "Negotiate"}), Reason.UNAUTHORIZED, "answers 401 for team/app"),
        (Answer(401, {"WWW-Authenticate": 'Basic realm="x"'}), Reason.UNAUTHORIZED, "wants a user name and a password, and there are none for it"),
        (Answer(204), Reason.VIOLATION, "answers 204 for team/app"),
        (Answer(304), Reason.VIOLATION, "answers 304 for team/app"),
        (Answer(body=b"<html>sign in</html>"), Reason.VIOLATION, "answers with something else than a manifest in JSON"),
        (Answer(body=b"[]"), Reason.VIOLATION, "answers with something else than a manifest in JSON"),
        (Answer(body=b"[" * 100_000), Reason.VIOLATION, "answers with something else than a manifest in JSON"),
        (Answer(body=b'{"schemaVersion": ' + b"9" * 5000 + b"}"), Reason.VIOLATION, "answers with something else than a manifest in JSON"),
        (Answer(body=b""), Reason.VIOLATION, "answers with something else than a manifest in JSON"),
        (Answer(body=b'{"fsLayers": [], "layers": []}'), Reason.VIOLATION, "serves no valid manifest: it is two kinds of manifest at once"),
        (Answer(302, {"Location": "ftp://elsewhere/"}), Reason.VIOLATION, "sends us on to a place that is not a public HTTPS address"),
        (Answer(302, {"Location": "//gr\xf6\xdfer.example/"}), Reason.VIOLATION, "sends us on to a place that is not a public HTTPS address"),
        (Answer(307, {"Location": "/v2/team/app/manifests/1.0"}), Reason.VIOLATION, "sends us on more than 3 times"),
        (Answer(302), Reason.VIOLATION, "sends us on more than 3 times"),
    ],
)
def test_says_why_there_is_no_manifest(answer: Answer, reason: Reason, words: str) -> None:
    with scripted(lambda _: answer) as server:
        assert manifest(server) == Failure(reason, f"{server.host} {words}")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(body=BODY + b" "), f"serves another manifest under this digest: what it sends has {Digest(hashlib.sha256(BODY + b' ').hexdigest())}"),
        (
            Answer(headers={"Docker-Content-Digest": str(DIGEST)}, body=b"{}"),
            f"serves another manifest under this digest: what it sends has {Digest(hashlib.sha256(b'{}').hexdigest())}",
        ),
    ],
)
def test_takes_no_other_manifest_for_the_one_that_was_asked_for(answer: Answer, words: str) -> None:
    with scripted(lambda _: answer) as server:
        assert manifest(server, DIGEST) == Failure(Reason.VIOLATION, f"{server.host} {words}")


def test_computes_the_digest_whatever_the_registry_says() -> None:
    headers = {"Docker-Content-Digest": str(digest("another")), "Content-Type": "Application/JSON; charset=utf-8"}
    with scripted(lambda _: Answer(headers=headers, body=BODY)) as server:
        assert manifest(server) == Manifest(DIGEST, "application/json", BODY)


def test_takes_no_other_bytes_for_a_blob() -> None:
    with scripted(lambda _: Answer(body=b"other")) as server:
        assert blob(server) == Failure(Reason.VIOLATION, f"{server.host} serves other bytes than those of {DIGEST}")


@pytest.mark.parametrize(("headers", "claim"), [({"Docker-Content-Digest": str(DIGEST), "Content-Type": "a/b"}, Claim(DIGEST, "a/b")), ({}, Claim(None, ""))])
def test_gives_a_claim_for_what_it_is(headers: dict[str, str], claim: Claim) -> None:
    with scripted(lambda _: Answer(headers=headers)) as server:
        assert ask(lambda client: client.claim(at(server.host), "1.0"), server.host) == claim


@pytest.mark.parametrize("written", ["sha256:1234", "md5:" + "0" * 32, "x" * 10_000, "\xff"])
def test_takes_no_claim_that_is_no_digest(written: str) -> None:
    with scripted(lambda _: Answer(headers={"Docker-Content-Digest": written, "Content-Type": "not a type"})) as server:
        assert ask(lambda client: client.claim(at(server.host), "1.0"), server.host) == Claim(None, "")


@pytest.mark.parametrize("tag", ["", "a/b", "../x", "a?b", "a b", "-a", "a" * 129, "sha256:" + "0" * 64, "a\n"])
def test_asks_nothing_about_what_is_no_tag(tag: str) -> None:
    with scripted(routes({})) as server:
        assert manifest(server, tag) == Failure(Reason.NOT_ASKED, "not a tag that an image can have")
    assert server.asked == []


def test_asks_no_registry_that_is_not_configured() -> None:
    with scripted(routes({})) as server:
        assert ask(lambda client: client.manifest(at(server.host), "1.0")) == Failure(Reason.NOT_ASKED, f"registry not configured: {server.host}")
    assert server.asked == []


def endless(server: Scripted) -> Iterator[bytes]:
    while not server.is_over.is_set():
        yield b"x" * 65536


def test_stops_reading_an_endless_body() -> None:
    with scripted(lambda _: Answer(body=endless(server))) as server:
        tracemalloc.start()
        try:
            started = perf_counter()
            assert manifest(server) == Failure(Reason.VIOLATION, "127.0.0.1 sends more than 4096 KiB")
            assert blob(server, config=1 << 16) == Failure(Reason.VIOLATION, "127.0.0.1 sends more than 64 KiB")
            assert perf_counter() - started < 5
            assert tracemalloc.get_traced_memory()[1] < 32 << 20
        finally:
            tracemalloc.stop()


def test_unpacks_nothing() -> None:
    with scripted(lambda _: Answer(headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8b")) as server:
        assert manifest(server) == Failure(Reason.VIOLATION, "127.0.0.1 compresses its answer although it was asked not to")
    assert [one.headers["Accept-Encoding"] for one in server.asked] == ["identity"]


def test_does_not_wait_for_a_slow_drip_beyond_its_deadline() -> None:
    def drip(server: Scripted) -> Iterator[bytes]:
        while not server.is_over.wait(0.01):
            yield b" "

    with scripted(lambda _: Answer(body=drip(server))) as server:
        started = perf_counter()
        assert manifest(server, deadline=0.3) == Failure(Reason.UNREACHABLE, f"{server.host} gives no whole answer in 0.3 seconds")
        assert perf_counter() - started < 3


def test_does_not_wait_for_an_answer_that_never_comes() -> None:
    def never(_: Asked) -> Answer:
        server.is_over.wait(20)
        return Answer(body=None)

    with scripted(never) as server:
        started = perf_counter()
        failure = manifest(server, deadline=0.3)
        assert isinstance(failure, Failure)
        assert failure.reason is Reason.UNREACHABLE
        assert perf_counter() - started < 3


def test_asks_a_registry_no_more_that_has_stopped_to_answer() -> None:
    async def question(client: RegistryClient) -> list[Manifest | Failure]:
        return list(await asyncio.gather(*(client.manifest(at(server.host), "1.0") for _ in range(50))))

    with scripted(lambda _: Answer(body=None)) as server:
        failures = ask(question, server.host)
    assert all(isinstance(one, Failure) and one.reason is Reason.UNREACHABLE for one in failures)
    assert len(server.asked) <= (QUICK.failures + QUICK.connections) * QUICK.attempts
    assert failures[-1] == Failure(Reason.UNREACHABLE, f"{server.host} has not answered before, so it is not asked again")


def test_says_how_many_questions_a_registry_left_that_had_answered_before() -> None:
    async def question(client: RegistryClient) -> list[Manifest | Failure]:
        return [await client.manifest(at(server.host), tag) for tag in ("first", *"abcd")]

    with scripted(lambda asked: Answer(404 if asked.path.endswith("/first") else 500)) as server:
        *_, last = ask(question, server.host)
    assert last == Failure(Reason.UNREACHABLE, f"{server.host} has left {QUICK.failures} questions in a row without an answer, so it is not asked again")


def test_takes_a_redirect_to_what_is_no_address_for_a_fault() -> None:
    with scripted(lambda _: Answer(302, {"Location": "http://[::1/"})) as server:
        assert manifest(server) == Failure(Reason.UNREACHABLE, "127.0.0.1 breaks off in the middle, or does not speak HTTP")


def test_says_that_nothing_listens() -> None:
    with scripted(routes({})) as server:
        pass
    assert manifest(server) == Failure(Reason.UNREACHABLE, "127.0.0.1 cannot be connected to")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_tries_again_what_can_pass(status: int) -> None:
    answers = iter([Answer(status), Answer(status, {"Retry-After": "0"}), Answer(body=BODY)])
    with scripted(lambda _: next(answers)) as server:
        assert isinstance(manifest(server), Manifest)
    assert len(server.asked) == 3


def test_gives_up_after_a_few_attempts() -> None:
    with scripted(lambda _: Answer(503)) as server:
        assert manifest(server) == Failure(Reason.UNREACHABLE, "127.0.0.1 answers 503")
    assert len(server.asked) == QUICK.attempts


def test_tries_again_when_a_connection_is_dropped() -> None:
    answers = iter([Answer(body=None), Answer(body=BODY)])
    with scripted(lambda _: next(answers)) as server:
        assert isinstance(manifest(server), Manifest)


@pytest.mark.parametrize("written", ["1", format_datetime(datetime.now(UTC) + timedelta(seconds=1))], ids=["seconds", "date"])
def test_waits_as_long_as_the_server_says(written: str) -> None:
    """With waits of its own that would go beyond the deadline, it is back in time only if it does what the server says."""
    answers = iter([Answer(429, {"Retry-After": written}), Answer(body=BODY)])
    with scripted(lambda _: next(answers)) as server:
        assert isinstance(manifest(server, wait=60, longest_wait=60), Manifest)


@pytest.mark.parametrize(
    "written",
    ["3600", "999999999", format_datetime(datetime.now(UTC) + timedelta(days=9)), format_datetime(datetime(9999, 12, 31, tzinfo=UTC))],
    ids=["hour", "decades", "days as a date", "end of time as a date"],
)
def test_does_not_ask_again_when_the_server_wants_to_be_left_alone_for_long(written: str) -> None:
    with scripted(lambda _: Answer(429, {"Retry-After": written})) as server:
        assert manifest(server) == Failure(Reason.UNREACHABLE, "127.0.0.1 answers 429")
    assert len(server.asked) == 1


@pytest.mark.parametrize("written", ["", "-1", "soon", "9" * 5000, "1e9", "Fri, 99 Zzz 9999", "Thu, 01 Jan 1970 00:00:00 GMT", "\xff"])
def test_lives_with_any_wish_to_be_left_alone(written: str) -> None:
    answers = iter([Answer(503, {"Retry-After": written}), Answer(body=BODY)])
    with scripted(lambda _: next(answers)) as server:
        assert isinstance(manifest(server), Manifest)


def page(names: object, following: str | None = None) -> Answer:
    return Answer(headers={"Link": following} if following is not None else {}, body=json.dumps({"name": "team/app", "tags": names}).encode())


def test_follows_pages_of_tags_to_the_last() -> None:
    pages = {
        "": page(["b", "a"], f'<{TAGS}?last=a&n=2>; rel="next"'),
        "last=a&n=2": page(["a", "c"], f'<http://{{host}}{TAGS}?last=c>; rel="next"'),
        "last=c": page(["d"]),
    }

    def script(asked: Asked) -> Answer:
        answer = pages[asked.target.partition("?")[2]]
        return replace(answer, headers={name: value.replace("{host}", server.host) for name, value in answer.headers.items()})

    with scripted(script) as server:
        assert tags(server) == Tags(("b", "a", "c", "d"))


def test_stops_at_the_limit_of_a_list_of_ten_thousand_pages() -> None:
    numbers = itertools.count()
    with scripted(lambda _: page([f"t{(number := next(numbers))}"], f'<{TAGS}?last={number}>; rel="next"')) as server:
        assert tags(server, pages=20) == Tags(tuple(f"t{number}" for number in range(20)), f"{server.host} lists its tags on more than 20 pages")
    assert len(server.asked) == 20


def test_stops_at_the_limit_of_tags() -> None:
    with scripted(lambda _: page([f"t{number}" for number in range(500)])) as server:
        assert tags(server, tags=100) == Tags(tuple(f"t{number}" for number in range(100)), f"{server.host} lists more than 100 tags")


@pytest.mark.parametrize(
    "place",
    ["https://elsewhere.example/v2/team/app/tags/list?x", "/v2/other/app/tags/list", "//localhost/v2/team/app/tags/list", "/token", "?n=1#", "http://[/"],
)
def test_follows_no_page_to_another_place(place: str) -> None:
    with scripted(lambda asked: page(["a"], f'<{place}>; rel="next"') if asked.target == TAGS else page(["b"])) as server:
        found = tags(server)
    if place == "?n=1#":  # relative, and on the same path
        assert found == Tags(("a", "b"))
    else:
        assert found == Tags(("a",), f"{server.host} gives another address than its own for the next page of tags")
        assert len(server.asked) == 1


@pytest.mark.parametrize("link", ["", "nonsense", f"<{TAGS}?x>", f'<{TAGS}?x>; rel="prev"', "<<<>>>", "," * 50_000, ";" * 50_000, f"<{TAGS}?x>; rel"])
def test_takes_a_page_without_a_following_one_for_the_last(link: str) -> None:
    with scripted(lambda _: page(["a"], link)) as server:
        started = perf_counter()
        assert tags(server) == Tags(("a",))
        assert perf_counter() - started < 3


@pytest.mark.parametrize(("names", "found"), [(None, ()), ([], ()), (["ok", 1, None, "not ok", "../x", "a" * 200, "ok"], ("ok",))])
def test_takes_for_tags_only_what_can_be_one(names: object, found: tuple[str, ...]) -> None:
    with scripted(lambda _: page(names)) as server:
        assert tags(server) == Tags(found)


@pytest.mark.parametrize("answer", [Answer(body=b"<html>"), Answer(body=b"[]"), page("abc"), page({"a": 1})])
def test_takes_something_else_for_no_list_of_tags(answer: Answer) -> None:
    with scripted(lambda _: answer) as server:
        assert tags(server) == Failure(Reason.VIOLATION, f"{server.host} answers with something else than a list of tags in JSON")


def test_sends_a_login_to_no_other_registry(tmp_path: Path) -> None:
    """Two registries on this machine: the hostile one asks for everything, and gets what is its own."""

    async def question(client: RegistryClient) -> None:
        for location in (at(honest.host), at(hostile.host)):
            await client.manifest(location, "1.0")
            await client.blob(location, DIGEST)
            await client.tags(location)

    def basic(asked: Asked) -> Answer:
        return Answer(body=BODY) if asked.authorization else Answer(401, {"WWW-Authenticate": 'Basic realm="lab"'})

    with (
        scripted(basic) as honest,
        scripted(lambda _: Answer(401, {"WWW-Authenticate": f'Basic realm="{honest.host}", Bearer realm="{honest.url}/token"'})) as hostile,
    ):
        ask(question, honest.host, hostile.host, keyring=keyring(tmp_path, {honest.host: login()}))
    assert {one.authorization for one in honest.asked} == {None, "Basic Ym90OnMzY3JldA=="}
    assert {one.authorization for one in hostile.asked} == {None}
    assert {one.path for one in honest.asked if "token" in one.path} == set()


def test_takes_the_login_off_when_it_is_sent_on_and_leaves_it_off_on_the_way_back(tmp_path: Path) -> None:
    def basic(asked: Asked) -> Answer:
        if asked.path == "/back":
            return Answer(body=BODY)
        return Answer(307, {"Location": f"{other.url}/b"}) if asked.authorization else Answer(401, {"WWW-Authenticate": 'Basic realm="lab"'})

    with scripted(basic) as honest, scripted(lambda _: Answer(302, {"Location": f"{honest.url}/back"})) as other:
        found = ask(lambda client: client.blob(at(honest.host), DIGEST), honest.host, keyring=keyring(tmp_path, {honest.host: login(), other.host: login()}))
    assert found == BODY
    assert [one.authorization for one in other.asked] == [None]
    assert [one.authorization for one in honest.asked if one.path == "/back"] == [None]


def test_keeps_no_cookies() -> None:
    with scripted(lambda _: Answer(headers={"Set-Cookie": "spy=1"}, body=BODY)) as server:
        ask(lambda client: _twice(client, server), server.host)
    assert [one.headers["Cookie"] for one in server.asked] == [None, None]


async def _twice(client: RegistryClient, server: Scripted) -> None:
    await client.manifest(at(server.host), "1.0")
    await client.manifest(at(server.host), "1.0")


def test_shows_no_secret_in_logs_and_failures(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("hpack").propagate = True
    basic = login()["auth"]

    def echo(asked: Asked) -> Answer:
        shown = asked.authorization or ""
        if asked.path == "/token":
            return Answer(body=b'{"token": "t0ken"}')
        if shown == "Bearer t0ken":
            return Answer(404, {"Content-Type": f"text/{shown}"}, json.dumps({"errors": [{"code": shown, "message": f"{shown} {basic} s3cret"}]}).encode())
        return Answer(401, {"WWW-Authenticate": f'Bearer realm="http://{server.host}/token"'})

    with scripted(echo) as server:
        keys = keyring(tmp_path, {server.host: login()})
        failure = ask(lambda client: client.manifest(at(server.host), "1.0"), server.host, keyring=keys)
    assert "t0ken" in server.everything
    assert basic in server.everything
    assert failure == Failure(Reason.NOT_FOUND, f"{server.host} answers 404 for team/app")
    sent = [record for record in caplog.records if record.name.startswith(("redigest", "httpx", "stamina", "hpack"))]
    assert sent
    for shown in ("t0ken", basic, "s3cret"):
        assert all(shown not in record.getMessage() + repr(vars(record)) for record in sent), shown
