from pathlib import Path

import pytest

from redigest.registry.endpoints import Endpoint, Location, endpoints, is_public, locate
from tests.registry.asking import registry


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("registry.redhat.io/rhel7/etcd", "registry.redhat.io/rhel7/etcd"),
        ("Registry.Redhat.IO/rhel7/etcd", "registry.redhat.io/rhel7/etcd"),
        ("registry.corp.example:5000/a/b/c", "registry.corp.example:5000/a/b/c"),
        ("localhost/a", "localhost/a"),
        ("busybox", "docker.io/library/busybox"),
        ("bitnami/redis", "docker.io/bitnami/redis"),
        ("docker.io/busybox", "docker.io/library/busybox"),
        ("index.docker.io/library/busybox", "docker.io/library/busybox"),
        ("registry-1.docker.io/bitnami/redis", "docker.io/bitnami/redis"),
    ],
)
def test_finds_the_repository_that_a_name_means(written: str, name: str) -> None:
    location = locate(written)
    assert location is not None
    assert location.name == name


@pytest.mark.parametrize(
    "written", ["", "UPPER/case", "registry.redhat.io/", "a/../b", "a b", "registry.redhat.io/a:tag", "a@sha256:" + "0" * 64, "a?x=1", "a%2fb"]
)
def test_finds_no_repository_in_what_is_no_name(written: str) -> None:
    assert locate(written) is None


@pytest.mark.parametrize(
    ("host", "repository"), [("a.example", "b/../c"), ("a.example", "b?c"), ("a.example/b", "c"), ("a.example", ""), ("", "a"), ("A.example", "b")]
)
def test_builds_no_location_that_cannot_go_into_a_url(host: str, repository: str) -> None:
    with pytest.raises(ValueError, match="not the name of a repository"):
        Location(host, repository)


def test_knows_the_open_twin_of_the_registry_that_wants_a_login() -> None:
    assert Location("registry.redhat.io", "rhel7/etcd").open_twin == Location("registry.access.redhat.com", "rhel7/etcd")
    assert Location("registry.access.redhat.com", "rhel7/etcd").open_twin is None


def test_asks_only_the_registries_of_the_announcement_without_being_told() -> None:
    assert set(endpoints()) == {"registry.redhat.io", "registry.access.redhat.com"}


@pytest.mark.parametrize(
    ("more", "host", "origin"),
    [
        ({}, "registry.corp.example:5000", "https://registry.corp.example:5000"),
        ({"plain-http": True}, "registry.corp.example:5000", "http://registry.corp.example:5000"),
        ({}, "Registry.corp.example", "https://registry.corp.example"),
        ({}, "docker.io", "https://registry-1.docker.io"),
        ({}, "127.0.0.1:5000", "http://127.0.0.1:5000"),
        ({}, "localhost:5000", "http://localhost:5000"),
        ({}, "[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_speaks_plain_http_only_on_loopback_or_where_configured(more: dict[str, object], host: str, origin: str) -> None:
    assert Endpoint.configured(registry(host, **more)).origin == origin


def test_speaks_tls_on_loopback_where_certificates_are_named() -> None:
    assert Endpoint.configured(registry("127.0.0.1:5000", **{"ca-bundle": Path("ca.pem")})).origin == "https://127.0.0.1:5000"


@pytest.mark.parametrize(
    ("host", "realm", "trusted"),
    [
        ("registry.redhat.io", "https://sso.redhat.com/auth/realms/rhcc/protocol/redhat-docker-v2/auth", True),
        ("registry.redhat.io", "https://registry.redhat.io/auth/realms/rhcc/protocol/redhat-docker-v2/auth", True),
        ("registry.redhat.io", "https://registry.redhat.io:443/auth", True),
        ("registry.redhat.io", "http://sso.redhat.com/auth", False),
        ("registry.redhat.io", "http://registry.redhat.io/auth", False),
        ("registry.redhat.io", "https://sso.redhat.com.evil.example/auth", False),
        ("registry.redhat.io", "https://sso.redhat.com@evil.example/auth", False),
        ("registry.redhat.io", "https://evil.example/?sso.redhat.com", False),
        ("registry.redhat.io", "https://sso.redhat.com:8443/auth", False),
        ("registry.redhat.io", "https://evil.example\\@sso.redhat.com/auth", False),
        ("registry.redhat.io", "https://auth.docker.io/token", False),
        ("registry.redhat.io", "file:///etc/passwd", False),
        ("registry.redhat.io", "https://[::1/", False),
        ("registry.redhat.io", "", False),
        ("docker.io", "https://auth.docker.io/token", True),
        ("registry.corp.example", "https://auth.corp.example/token", True),
        ("registry.corp.example", "https://AUTH.corp.example/token", True),
        ("registry.corp.example", "http://auth.corp.example/token", False),
        ("registry.corp.example", "https://sso.redhat.com/auth", False),
        ("127.0.0.1:5000", "http://127.0.0.1:5000/token", True),
        ("127.0.0.1:5000", "http://127.0.0.1:5001/token", False),
    ],
)
def test_sends_credentials_to_the_realms_on_the_list_only(host: str, realm: str, *, trusted: bool) -> None:
    known = endpoints([registry("docker.io"), registry("registry.corp.example", **{"token-realms": ("auth.corp.example",)}), registry("127.0.0.1:5000")])
    assert known[host].trusts_realm(realm) is trusted


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://cdn.quay.io/blob?x=1", True),
        ("https://cdn.quay.io:8443/blob", True),
        ("http://cdn.quay.io/blob", False),
        *((f"https://{host}/", False) for host in ("localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "1.0x7f", "[::1]")),
        *((f"https://{host}/", False) for host in ("10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "8.8.8.8", "intranet", "vault.corp.internal")),
        *((f"https://{host}/", False) for host in ("kubernetes.default.svc", "a.svc.cluster.local", "a.localhost", "localhost.localdomain", "localhost.")),
    ],
)
def test_tells_public_addresses_from_those_inside(url: str, *, public: bool) -> None:
    assert is_public(url) is public


def test_follows_to_loopback_only_from_loopback() -> None:
    known = endpoints([registry("127.0.0.1:5000")])
    assert known["127.0.0.1:5000"].may_redirect_to("http://127.0.0.1:6000/blob")
    assert not known["registry.redhat.io"].may_redirect_to("http://127.0.0.1:6000/blob")
    assert not known["registry.redhat.io"].may_redirect_to("https://localhost/blob")
    assert not known["registry.redhat.io"].may_redirect_to("http://cdn.quay.io/blob")
    assert known["registry.redhat.io"].may_redirect_to("https://cdn.quay.io/blob")
