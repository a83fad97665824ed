"""How the client logs in, against a server that keeps what arrives."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from redigest.registry.answers import Failure, Manifest, Reason
from redigest.registry.client import RegistryClient
from redigest.registry.credentials import Keyring
from redigest.registry.endpoints import Endpoint, Location
from redigest.registry.exchange import Exchange, Reply
from redigest.registry.tokens import Authorization
from redigest.secret import Secret
from tests.registry.asking import NOBODY, QUICK, ask, at, keyring, login, registry
from tests.registry.scripted import Answer, Asked, Scripted, scripted

MANIFEST = b'{"schemaVersion": 2}'
BASIC = "Basic Ym90OnMzY3JldA=="
"""The login of these tests, as it is sent."""


@dataclass
class Lab:
    """A registry that takes tokens, and the realm that gives them; what a test changes is how they misbehave."""

    realm: str = ""
    error: str | None = None
    scopes: str | None = None
    """What the challenge asks for, besides the scope of the repository."""
    life: object = 300
    spent: set[str] = field(default_factory=set)
    """Tokens that the registry no longer takes."""
    token_answer: Answer | None = None
    crowd: threading.Barrier | None = None
    """Holds the first challenges back until so many are due."""
    given: list[str] = field(default_factory=list)
    server: Scripted = field(init=False)

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            return self._token(asked)
        assert asked.path.startswith("/v2/")
        if self.crowd is not None and asked.authorization is None:
            self.crowd.wait(10)
        repository = asked.path.removeprefix("/v2/").rpartition("/manifests/")[0]
        shown = (asked.authorization or "").removeprefix("Bearer ")
        wanted = {f"repository:{repository}:pull", *(self.scopes or "").split()}
        if shown in self.given and shown not in self.spent and wanted <= set(shown.split("!")[1].split("&")):
            return Answer(body=MANIFEST)
        scope = " ".join(sorted(wanted if shown or self.scopes is None else wanted - set(self.scopes.split())))
        error = f',error="{self.error}"' if self.error and shown else ""
        return Answer(401, {"WWW-Authenticate": f'Bearer realm="{self.realm}",service="lab",scope="{scope}"{error}'}, b'{"errors":[]}')

    def _token(self, asked: Asked) -> Answer:
        if self.token_answer is not None:
            return self.token_answer
        scopes = asked.query.get("scope") or parse_qs(asked.body.decode())["scope"][0].split()
        token = f"t{len(self.given)}!{'&'.join(scopes)}"
        self.given.append(token)
        return Answer(body=json.dumps({"access_token": token, "expires_in": self.life}).encode())

    def asked(self, path: str) -> list[Asked]:
        return [one for one in self.server.asked if one.path.startswith(path)]


@pytest.fixture
def lab() -> Iterator[Lab]:
    made = Lab()
    with scripted(made) as server:
        made.server = server
        made.realm = f"{server.url}/token"
        yield made


def get(lab: Lab, keys: Keyring = NOBODY, **more: object) -> Manifest | Failure:
    return ask(lambda client: client.manifest(at(lab.server.host), "1.0"), registry(lab.server.host, **more), keyring=keys)


def test_gets_a_token_without_a_login_where_there_are_no_credentials(lab: Lab) -> None:
    assert isinstance(get(lab), Manifest)
    (token,) = lab.asked("/token")
    assert token.query == {"service": ["lab"], "scope": ["repository:team/app:pull"]}
    assert [one.authorization for one in lab.server.asked] == [None, None, f"Bearer {lab.given[0]}"]


def test_shows_the_login_to_the_realm_only(lab: Lab, tmp_path: Path) -> None:
    assert isinstance(get(lab, keyring(tmp_path, {lab.server.host: login()})), Manifest)
    assert [one.authorization for one in lab.asked("/token")] == [BASIC]
    assert [one.authorization for one in lab.asked("/v2/")] == [None, f"Bearer {lab.given[0]}"]
    assert not any("s3cret" in one.target or BASIC[6:] in one.target for one in lab.server.asked)


def test_trades_an_identity_token_in_the_body_of_a_request(lab: Lab, tmp_path: Path) -> None:
    assert isinstance(get(lab, keyring(tmp_path, {lab.server.host: {"identitytoken": "ident1ty"}})), Manifest)
    (token,) = lab.asked("/token")
    assert (token.method, token.target, token.authorization) == ("POST", "/token", None)
    assert b"grant_type=refresh_token" in token.body
    assert b"refresh_token=ident1ty" in token.body


def several(lab: Lab, *repositories: str, together: bool = False) -> list[Manifest | Failure]:
    async def question(client: RegistryClient) -> list[Manifest | Failure]:
        questions = (client.manifest(at(lab.server.host, one), "1.0") for one in repositories)
        return list(await asyncio.gather(*questions)) if together else [await one for one in questions]

    return ask(question, lab.server.host)


def test_uses_a_token_again_and_asks_ahead_for_another_repository(lab: Lab) -> None:
    assert all(isinstance(one, Manifest) for one in several(lab, "a", "a", "b"))
    assert [one.query["scope"] for one in lab.asked("/token")] == [["repository:a:pull"], ["repository:b:pull"]]
    assert len(lab.asked("/v2/")) == 4  # the first was a question without a token


def test_gets_one_token_for_questions_that_are_asked_together(lab: Lab) -> None:
    lab.crowd = threading.Barrier(QUICK.connections)
    assert all(isinstance(one, Manifest) for one in several(lab, *["a"] * 12, together=True))
    assert len(lab.given) == 1


def test_renews_a_token_once_that_the_registry_no_longer_takes(lab: Lab) -> None:
    lab.error = "invalid_token"

    async def question(client: RegistryClient) -> list[Manifest | Failure]:
        location = at(lab.server.host)
        first = await client.manifest(location, "1.0")
        lab.spent.update(lab.given)
        return [first, await client.manifest(location, "1.0")]

    assert all(isinstance(one, Manifest) for one in ask(question, lab.server.host))
    assert len(lab.given) == 2


def test_gives_up_when_a_new_token_is_not_taken_either(lab: Lab) -> None:
    lab.error = "invalid_token"
    lab.spent = {f"t{number}!repository:team/app:pull" for number in range(9)}
    assert get(lab) == Failure(Reason.UNAUTHORIZED, f"{lab.server.host} gives no access to team/app without a login, and there are no credentials for it")
    assert len(lab.given) == 1


def test_adds_a_scope_that_was_missing(lab: Lab) -> None:
    lab.error, lab.scopes = "insufficient_scope", "repository:shared/layers:pull"
    assert isinstance(get(lab), Manifest)
    assert [one.query["scope"] for one in lab.asked("/token")] == [
        ["repository:team/app:pull"],
        ["repository:shared/layers:pull", "repository:team/app:pull"],
    ]


def test_asks_for_no_right_to_write(lab: Lab) -> None:
    lab.error, lab.scopes = "insufficient_scope", "repository:team/app:pull,push repository:team/app:push registry:catalog:*"
    failure = get(lab)
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.UNAUTHORIZED
    assert {scope for one in lab.asked("/token") for scope in one.query["scope"]} == {"repository:team/app:pull"}


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        (Answer(401), Reason.UNAUTHORIZED, "{host} gives no access to team/app with the credentials for it"),
        (Answer(403), Reason.UNAUTHORIZED, "{host} gives no access to team/app with the credentials for it"),
        (Answer(404), Reason.REFUSED, "127.0.0.1 answers 404 when it is asked for a token"),
        (Answer(302, {"Location": "/elsewhere"}), Reason.REFUSED, "127.0.0.1 answers 302 when it is asked for a token"),
        (Answer(body=b"<html>"), Reason.VIOLATION, "127.0.0.1 answers with something else than JSON when it is asked for a token"),
        (Answer(body=b"{}"), Reason.VIOLATION, "127.0.0.1 gives no usable token"),
        (Answer(body=b'{"token": ["a"]}'), Reason.VIOLATION, "127.0.0.1 gives no usable token"),
        (Answer(body=b'{"token": "a\\r\\nX-Injected: 1"}'), Reason.VIOLATION, "127.0.0.1 gives no usable token"),
        (Answer(body=b'{"token": "gr\\u00f6\\u00dfer"}'), Reason.VIOLATION, "127.0.0.1 gives no usable token"),
        (Answer(body=b'{"token": "' + b"a" * (1 << 20) + b'"}'), Reason.VIOLATION, "127.0.0.1 sends more than 1024 KiB"),
        (Answer(503), Reason.UNREACHABLE, "127.0.0.1 answers 503"),
        (Answer(body=None), Reason.UNREACHABLE, "127.0.0.1 breaks off in the middle, or does not speak HTTP"),
    ],
)
def test_says_what_is_wrong_with_a_realm(lab: Lab, tmp_path: Path, answer: Answer, reason: Reason, words: str) -> None:
    lab.token_answer = answer
    assert get(lab, keyring(tmp_path, {lab.server.host: login()})) == Failure(reason, words.format(host=lab.server.host))


@pytest.mark.parametrize("life", [None, "soon", -5, 0, 1e400, 10**30, float("nan"), True])
def test_lives_with_any_life_of_a_token(lab: Lab, life: object) -> None:
    lab.life = life
    assert all(isinstance(one, Manifest) for one in several(lab, "a", "a"))
    assert len(lab.given) == 1


@pytest.mark.parametrize(("life", "after", "tokens"), [(1, 49, 1), (1, 51, 2), (300, 289, 1), (300, 291, 2), (10**9, 3589, 1), (10**9, 3591, 2)])
def test_takes_a_token_to_live_a_minute_at_least_and_an_hour_at_most(lab: Lab, life: int, after: float, tokens: int) -> None:
    lab.life = life
    now = 0.0
    endpoint = Endpoint.configured(registry(lab.server.host))

    async def nobody(_: Location) -> None:
        return None

    async def run() -> None:
        nonlocal now
        async with Exchange(endpoint, QUICK) as exchange:
            authorization = Authorization(endpoint, exchange, find=nobody, largest_token=1000, clock=lambda: now)

            async def send(shown: Secret | None) -> Reply:
                return await exchange.request("GET", f"{endpoint.origin}/v2/team/app/manifests/1.0", limit=1000, authorization=shown)

            assert (await authorization.send(at(lab.server.host), send)).status == 200
            now = after
            assert (await authorization.send(at(lab.server.host), send)).status == 200

    asyncio.run(run())
    assert len(lab.given) == tokens


def test_asks_nothing_of_a_foreign_realm_that_is_not_public(lab: Lab, tmp_path: Path) -> None:
    with scripted(lambda asked: Answer()) as foreign:
        for realm in (
            f"{foreign.url}/token",
            f"http://localhost:{foreign.host.partition(':')[2]}/token",
            "https://10.0.0.1/token",
            "http://auth.example/token",
            "token",
            "",
        ):
            lab.realm = realm
            failure = get(lab, keyring(tmp_path, {lab.server.host: login(), foreign.host: login("other", "f0reign")}))
            assert isinstance(failure, Failure)
            assert failure.reason is Reason.UNAUTHORIZED
            assert failure.words.endswith("so nothing is asked there: if it is the right one, name its host under token-realms")
    assert foreign.asked == []
    assert "s3cret" not in lab.server.everything
    assert BASIC not in lab.server.everything


def test_shows_the_login_to_a_realm_that_the_configuration_names(lab: Lab, tmp_path: Path) -> None:
    with scripted(lab) as realm:
        lab.realm = f"{realm.url}/token"
        found = get(lab, keyring(tmp_path, {lab.server.host: login()}), **{"token-realms": (realm.host,)})
    assert isinstance(found, Manifest)
    assert [one.authorization for one in realm.asked] == [BASIC]
    assert "s3cret" not in lab.server.everything
    assert BASIC not in lab.server.everything
