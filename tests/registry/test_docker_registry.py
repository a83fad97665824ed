"""The client against Debian's docker-registry, open, with a password file and with tokens."""

import base64
import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from redigest.media_types import SCHEMA_1_SIGNED, SCHEMA_2
from redigest.model import Digest
from redigest.registry.answers import Claim, Failure, Manifest, Reason, Tags
from redigest.registry.client import RegistryClient
from tests.registry.asking import ask, at, keyring, login
from tests.registry.asking import registry as configured
from tests.registry.docker_registry import DockerRegistry, docker_registry, sha256
from tests.registry.scripted import Answer, Asked, Scripted, scripted
from tests.samples import digest

pytestmark = pytest.mark.needs("docker-registry")

CONFIG = json.dumps({"architecture": "amd64", "os": "linux", "history": [{"created": "2020-01-01T00:00:00Z"}], "rootfs": {"diff_ids": ["sha256:0"]}}).encode()
IMAGE = "team/app"


@pytest.fixture(scope="module")
def registry() -> Iterator[DockerRegistry]:
    with docker_registry() as running:
        for tag in ("1.0", "1.1", "latest"):
            running.push_image(IMAGE, tag, layers=(tag.encode(),), config=CONFIG)
        yield running


def pushed(registry: DockerRegistry, tag: str = "1.0") -> Digest:
    """The schema 2 digest of a tag, as the registry reports it to somebody else."""
    _, headers, _ = registry.request("HEAD", f"/v2/{IMAGE}/manifests/{tag}", headers={"Accept": SCHEMA_2})
    return Digest.parse(headers["docker-content-digest"])


def test_gets_a_manifest_by_tag_and_by_digest_and_its_configuration(registry: DockerRegistry) -> None:
    async def question(client: RegistryClient) -> None:
        location = at(registry.host)
        by_tag = await client.manifest(location, "1.0", accept=(SCHEMA_2,))
        assert isinstance(by_tag, Manifest)
        assert (by_tag.digest, by_tag.media_type) == (pushed(registry), SCHEMA_2)
        assert await client.manifest(location, by_tag.digest) == by_tag
        assert await client.claim(location, "1.0", accept=(SCHEMA_2,)) == Claim(by_tag.digest, SCHEMA_2)
        assert await client.blob(location, Digest.parse(json.loads(by_tag.body)["config"]["digest"])) == CONFIG

    ask(question, registry.host)


def test_knows_a_schema_1_manifest_by_its_payload(registry: DockerRegistry) -> None:
    async def question(client: RegistryClient) -> None:
        location = at(registry.host)
        converted = await client.manifest(location, "1.0", accept=(SCHEMA_1_SIGNED,))
        assert isinstance(converted, Manifest)
        assert converted.media_type == SCHEMA_1_SIGNED
        assert converted.digest != sha256(converted.body)
        assert await client.claim(location, "1.0", accept=(SCHEMA_1_SIGNED,)) == Claim(converted.digest, SCHEMA_1_SIGNED)
        assert registry.push_manifest(IMAGE, "old", converted.body, SCHEMA_1_SIGNED) == converted.digest
        again = await client.manifest(location, converted.digest)
        assert isinstance(again, Manifest)
        assert again.digest == converted.digest
        assert again.body != converted.body  # signed anew

    ask(question, registry.host)


def test_lists_tags(registry: DockerRegistry) -> None:
    found = ask(lambda client: client.tags(at(registry.host)), registry.host)
    assert isinstance(found, Tags)
    assert {"1.0", "1.1", "latest"} <= set(found.names)
    assert found.missing is None


def test_says_what_is_not_there(registry: DockerRegistry) -> None:
    async def question(client: RegistryClient) -> list[object]:
        return [
            await client.manifest(at(registry.host), "missing"),
            await client.manifest(at(registry.host), digest("missing")),
            await client.claim(at(registry.host), "missing"),
            await client.blob(at(registry.host), digest("missing")),
            await client.tags(at(registry.host, "no/such")),
        ]

    words = ["404 MANIFEST_UNKNOWN for team/app"] * 2 + ["404 for team/app", "404 BLOB_UNKNOWN for team/app", "404 NAME_UNKNOWN for no/such"]
    assert ask(question, registry.host) == [Failure(Reason.NOT_FOUND, f"{registry.host} answers {one}") for one in words]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """A registry with a password file: bot, s3cret."""
    path = tmp_path_factory.mktemp("lab") / "htpasswd"
    path.write_text("bot:$2y$04$IABdecN6mcP0dKHU4m1vgeMzVJCo7RVjGbbOv/P5Nj2UdpwROhTK2\n")
    with docker_registry({"htpasswd": {"realm": "lab-realm", "path": str(path)}}, {"Authorization": "Basic Ym90OnMzY3JldA=="}) as running:
        running.push_image(IMAGE, "1.0")
        yield running


def test_logs_in_with_a_password(locked: DockerRegistry, tmp_path: Path) -> None:
    keys = keyring(tmp_path, {f"{locked.host}/team": login()})
    assert isinstance(ask(lambda client: client.manifest(at(locked.host), "1.0"), locked.host, keyring=keys), Manifest)


def test_says_that_a_password_is_wrong_or_missing(locked: DockerRegistry, tmp_path: Path) -> None:
    wrong = ask(lambda client: client.manifest(at(locked.host), "1.0"), locked.host, keyring=keyring(tmp_path, {locked.host: login("bot", "wrong")}))
    assert wrong == Failure(Reason.UNAUTHORIZED, f"{locked.host} refuses the user name or the password")
    missing = ask(lambda client: client.manifest(at(locked.host), "1.0"), locked.host)
    assert missing == Failure(Reason.UNAUTHORIZED, f"{locked.host} wants a user name and a password, and there are none for it")


class Realm:
    """Gives tokens as the specification of token authentication says: for the public repository to everybody, for others to the bot."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        leaf = authority.issue_cert("realm.example", key_type=trustme.KeyType.ECDSA)
        authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        self.bundle = folder / "authority.pem"
        key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self.key = key
        self.certificate = load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes()).public_bytes(Encoding.DER)

    def __call__(self, asked: Asked) -> Answer:
        assert asked.path == "/token"
        assert asked.query["service"] == ["lab-registry"]
        may_all = asked.authorization == "Basic Ym90OnMzY3JldA=="
        if asked.authorization is not None and not may_all:
            return Answer(401)
        access = []
        for scope in asked.query.get("scope", []):
            kind, name, actions = scope.split(":")
            if may_all or name == "public/app":
                access.append({"type": kind, "name": name, "actions": actions.split(",")})
        return Answer(body=json.dumps({"token": self.token(access), "expires_in": 300}).encode())

    def token(self, access: Sequence[Mapping[str, object]]) -> str:
        now = int(time.time())
        header = {"typ": "JWT", "alg": "ES256", "x5c": [base64.b64encode(self.certificate).decode()]}
        claims = {
            "iss": "lab-issuer",
            "sub": "bot",
            "aud": "lab-registry",
            "exp": now + 300,
            "nbf": now - 10,
            "iat": now,
            "jti": secrets.token_hex(8),
            "access": access,
        }
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DockerRegistry, Scripted]]:
    """A registry that takes tokens, with a public and a private repository, and the realm that gives them."""
    realm = Realm(tmp_path_factory.mktemp("lab"))
    with scripted(realm) as server:
        auth = {"realm": f"{server.url}/token", "service": "lab-registry", "issuer": "lab-issuer", "rootcertbundle": str(realm.bundle)}
        everything = [{"type": "repository", "name": name, "actions": ["pull", "push"]} for name in ("public/app", "private/app")]
        with docker_registry({"token": auth}, {"Authorization": f"Bearer {realm.token(everything)}"}) as running:
            running.push_image("public/app", "1.0")
            running.push_image("private/app", "1.0")
            yield running, server


def both(tokens: tuple[DockerRegistry, Scripted], tmp_path: Path, **entry: str) -> list[object]:
    running, realm = tokens
    keys = keyring(tmp_path, {running.host: entry} if entry else {})

    async def question(client: RegistryClient) -> list[object]:
        return [await client.manifest(at(running.host, name), "1.0") for name in ("public/app", "private/app", "public/app")]

    return ask(question, configured(running.host, **{"token-realms": (realm.host,)}), keyring=keys)


def test_gets_with_an_anonymous_token_what_is_public(tokens: tuple[DockerRegistry, Scripted], tmp_path: Path) -> None:
    first, second, third = both(tokens, tmp_path)
    assert isinstance(first, Manifest)
    assert third == first
    host = tokens[0].host
    assert second == Failure(Reason.UNAUTHORIZED, f"{host} gives no access to private/app without a login, and there are no credentials for it")


def test_gets_with_a_token_for_a_login_what_is_private(tokens: tuple[DockerRegistry, Scripted], tmp_path: Path) -> None:
    assert all(isinstance(one, Manifest) for one in both(tokens, tmp_path, **login()))


def test_says_that_a_realm_refuses_a_login(tokens: tuple[DockerRegistry, Scripted], tmp_path: Path) -> None:
    first, *_ = both(tokens, tmp_path, **login("bot", "wrong"))
    assert first == Failure(Reason.UNAUTHORIZED, f"{tokens[0].host} gives no access to public/app with the credentials for it")
