"""The registries of the announcement, and public places that a registry names, behind a proxy on this machine."""

import hashlib
from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.model import Digest
from redigest.registry.answers import Failure, Manifest, Reason
from redigest.registry.client import RegistryClient
from tests.registry.asking import ask, at, keyring, login, registry
from tests.registry.public import public
from tests.registry.scripted import Answer, Asked, Script, routes

BODY = b'{"schemaVersion": 2}'
DIGEST = Digest(hashlib.sha256(BODY).hexdigest())
BASIC = "Basic Ym90OnMzY3JldA=="


def behind_token(realm: str, token: str = "given") -> Script:
    """A registry that gives its manifest for this token."""

    def script(asked: Asked) -> Answer:
        if asked.authorization == f"Bearer {token}":
            return Answer(body=BODY)
        return Answer(401, {"WWW-Authenticate": f'Bearer realm="{realm}",service="lab"'})

    return script


def give(asked: Asked) -> Answer:
    return Answer(body=b'{"token": "given"}')


def for_login(asked: Asked) -> Answer:
    return give(asked) if asked.authorization == BASIC else Answer(401)


def test_logs_in_to_red_hat_at_the_realm_that_it_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sites = {"registry.redhat.io": behind_token("https://sso.redhat.com/auth"), "sso.redhat.com": for_login}
    with public(monkeypatch, tmp_path, sites) as reached:
        keys = keyring(tmp_path, {"registry.redhat.io": login()})
        found = ask(lambda client: client.manifest(at("registry.redhat.io"), DIGEST), keyring=keys)
    assert found == Manifest(DIGEST, "", BODY)
    assert [one.authorization for one in reached.asked("sso.redhat.com")] == [BASIC]
    assert [one.authorization for one in reached.asked("registry.redhat.io")] == [None, "Bearer given"]
    assert set(reached.connected) == {"registry.redhat.io:443", "sso.redhat.com:443"}


def test_asks_the_open_twin_without_a_login_where_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def question(client: RegistryClient) -> Manifest | Failure:
        return await client.manifest(await client.where_to_ask(at("registry.redhat.io")), DIGEST)

    with public(monkeypatch, tmp_path, {"registry.access.redhat.com": lambda _: Answer(body=BODY)}) as reached:
        assert ask(question) == Manifest(DIGEST, "", BODY)
    assert reached.connected == ["registry.access.redhat.com:443"]


def test_stays_with_the_registry_where_there_is_a_login(tmp_path: Path) -> None:
    keys = keyring(tmp_path, {"registry.redhat.io": login()})
    assert ask(lambda client: client.where_to_ask(at("registry.redhat.io")), keyring=keys) == at("registry.redhat.io")
    assert ask(lambda client: client.where_to_ask(at("registry.access.redhat.com"))) == at("registry.access.redhat.com")


def test_asks_docker_hub_where_it_is_and_as_it_is_named_in_the_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sites = {"registry-1.docker.io": behind_token("https://auth.docker.io/token"), "auth.docker.io": for_login}
    with public(monkeypatch, tmp_path, sites) as reached:
        keys = keyring(tmp_path, {"https://index.docker.io/v1/": login()})
        found = ask(lambda client: client.manifest(at("docker.io", "library/busybox"), "1.0"), "docker.io", keyring=keys)
    assert found == Manifest(DIGEST, "", BODY)
    assert {one.path for one in reached.asked("registry-1.docker.io")} == {"/v2/library/busybox/manifests/1.0"}


def test_asks_a_public_foreign_realm_without_the_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sites = {"r.example": behind_token("https://elsewhere.example/token"), "elsewhere.example": give}
    with public(monkeypatch, tmp_path, sites) as reached:
        keys = keyring(tmp_path, {"r.example": login(), "elsewhere.example": login("other", "f0reign")})
        assert isinstance(ask(lambda client: client.manifest(at("r.example"), DIGEST), "r.example", keyring=keys), Manifest)
    assert [one.authorization for one in reached.asked("elsewhere.example")] == [None]
    assert BASIC not in reached.server.everything


def test_says_that_the_login_was_not_sent_to_a_foreign_realm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sites = {"r.example": behind_token("https://elsewhere.example/token"), "elsewhere.example": for_login}
    with public(monkeypatch, tmp_path, sites) as reached:
        keys = keyring(tmp_path, {"r.example": login()})
        failure = ask(lambda client: client.manifest(at("r.example"), DIGEST), "r.example", keyring=keys)
    words = "r.example wants a login, and its credentials were not sent to elsewhere.example: name that under token-realms if it may have them"
    assert failure == Failure(Reason.UNAUTHORIZED, words)
    assert BASIC not in reached.server.everything


def test_follows_a_blob_to_another_place_without_the_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def blobs(asked: Asked) -> Answer:
        found = behind_token("https://r.example/token")(asked)
        return Answer(302, {"Location": "https://cdn.example/b?signature=x"}) if found.status == 200 else found

    sites = {"r.example": lambda asked: give(asked) if asked.path == "/token" else blobs(asked), "cdn.example": lambda _: Answer(body=BODY)}
    with public(monkeypatch, tmp_path, sites) as reached:
        assert ask(lambda client: client.blob(at("r.example"), DIGEST), "r.example") == BODY
    assert [(one.target, one.authorization) for one in reached.asked("cdn.example")] == [("/b?signature=x", None)]


@pytest.mark.parametrize(
    "place", ["http://cdn.example/b", "https://127.0.0.1/b", "http://127.0.0.1:1/b", "https://[::1]/b", "https://u:p@cdn.example/b", "file:///etc/passwd"]
)
def test_follows_no_redirect_into_the_house_or_to_plain_http(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str) -> None:
    with public(monkeypatch, tmp_path, {"r.example": lambda _: Answer(302, {"Location": place})}) as reached:
        failure = ask(lambda client: client.blob(at("r.example"), DIGEST), "r.example")
    assert failure == Failure(Reason.VIOLATION, "r.example sends us on to a place that is not a public HTTPS address")
    assert reached.connected == ["r.example:443"]


def test_does_not_answer_a_challenge_of_the_place_that_it_was_sent_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sites = {
        "r.example": lambda _: Answer(302, {"Location": "https://cdn.example/b"}),
        "cdn.example": lambda _: Answer(401, {"WWW-Authenticate": 'Basic realm="cdn"'}),
    }
    with public(monkeypatch, tmp_path, sites) as reached:
        failure = ask(
            lambda client: client.blob(at("r.example"), DIGEST), "r.example", keyring=keyring(tmp_path, {"r.example": login(), "cdn.example": login()})
        )
    assert failure == Failure(Reason.UNAUTHORIZED, "r.example answers 401 for team/app")
    assert BASIC not in reached.server.everything


def test_takes_a_name_for_no_address_that_only_looks_like_an_internationalized_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with public(monkeypatch, tmp_path, {"r.example": behind_token("https://xn--0.example/token")}):
        failure = ask(lambda client: client.manifest(at("r.example"), DIGEST), "r.example")
    assert failure == Failure(Reason.VIOLATION, "the registry names an address that is no URL")


def test_says_that_a_certificate_is_not_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with public(monkeypatch, tmp_path, {"r.example": routes({})}):
        monkeypatch.delenv("SSL_CERT_FILE")
        failure = ask(lambda client: client.manifest(at("r.example"), DIGEST), "r.example")
    assert failure == Failure(Reason.UNREACHABLE, "the certificate of r.example is not trusted: name those of its authority with ca-bundle")


def test_trusts_the_certificates_of_the_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with public(monkeypatch, tmp_path, {"r.example": lambda _: Answer(body=BODY)}):
        monkeypatch.delenv("SSL_CERT_FILE")
        configured = registry("r.example", **{"ca-bundle": tmp_path / "authority.pem"})
        assert isinstance(ask(lambda client: client.manifest(at("r.example"), DIGEST), configured), Manifest)


def test_says_that_the_proxy_does_not_lead_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with public(monkeypatch, tmp_path, {"r.example": routes({})}):
        failure = ask(lambda client: client.manifest(at("other.example"), DIGEST), "other.example")
    assert failure == Failure(Reason.UNREACHABLE, "other.example cannot be reached through the proxy")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "ftp://bot:s3cret@127.0.0.1:1", "http://bot:s3cret@[::1"])
def test_refuses_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(UsageError, match="the proxy that the environment names cannot be used") as caught:
        ask(lambda client: client.manifest(at("r.example"), DIGEST), "r.example")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_refuses_certificates_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)
    with pytest.raises(UsageError, match=r"the certificates for r\.example cannot be read: "):
        ask(lambda client: client.manifest(at("r.example"), DIGEST), registry("r.example", **{"ca-bundle": bundle}))
