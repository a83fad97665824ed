"""Where repositories and lines of files are, from the configuration alone, and what git gets to be let in."""

import base64
from pathlib import Path

import pytest
import trustme

from redigest.forges import Forge, connect
from tests.forge.talking import TOKEN, VARIABLE, Kind, config

COMMIT = "1" * 40


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)


def forge(kind: Kind, url: str, **more: object) -> Forge:
    return connect(config(kind, url, **more))


@pytest.mark.parametrize(
    ("kind", "url", "host", "remote"),
    [
        ("github", "https://api.github.com", "github.com", "https://github.com/acme/deploy.git"),
        ("github", "https://ghe.example/api/v3", "ghe.example", "https://ghe.example/acme/deploy.git"),
        ("github", "https://ghe.example:8443/api/v3/", "ghe.example:8443", "https://ghe.example:8443/acme/deploy.git"),
        ("github", "https://api.acme.ghe.com", "acme.ghe.com", "https://acme.ghe.com/acme/deploy.git"),
        ("gitlab", "https://gitlab.com", "gitlab.com", "https://gitlab.com/acme/deploy.git"),
        ("gitlab", "https://corp.example/git/", "corp.example", "https://corp.example/git/acme/deploy.git"),
    ],
)
def test_knows_where_repositories_are(kind: Kind, url: str, host: str, remote: str) -> None:
    client = forge(kind, url)
    assert client.host == host
    assert client.remote("acme/deploy").url == remote


@pytest.mark.parametrize(("kind", "user"), [("github", "x-access-token"), ("gitlab", "oauth2")])
def test_lets_git_in_with_the_token_that_is_not_in_the_url(kind: Kind, user: str, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(bundle)
    remote = forge(kind, "https://ghe.example/api/v3", **{"git-url": "https://git.example", "ca-bundle": str(bundle)}).remote("acme/deploy")
    assert remote.url == "https://git.example/acme/deploy.git"
    assert remote.ca_bundle == bundle
    assert remote.authorization is not None
    scheme, _, credentials = remote.authorization.reveal().partition(" ")
    assert (scheme, base64.b64decode(credentials).decode()) == ("Basic", f"{user}:{TOKEN}")
    assert TOKEN not in repr(remote)


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_lets_git_in_with_a_key_of_ssh_and_no_token(kind: Kind, tmp_path: Path) -> None:
    keys = {"ssh-key-file": str(tmp_path / "id"), "known-hosts": str(tmp_path / "hosts")}
    remote = forge(kind, "https://ghe.example/api/v3", **{"git-url": "ssh://git@git.example:2222"}, **keys).remote("acme/deploy")
    assert (remote.url, remote.authorization) == ("ssh://git@git.example:2222/acme/deploy.git", None)
    assert (remote.ssh_key, remote.known_hosts) == (tmp_path / "id", tmp_path / "hosts")


@pytest.mark.parametrize(
    ("path", "github", "gitlab"),
    [
        ("k8s/web.yaml", "k8s/web.yaml#L12", "k8s/web.yaml#L12"),
        ("docs/README.md", "docs/README.md?plain=1#L12", "docs/README.md#L12"),
        ("NOTES.Markdown", "NOTES.Markdown?plain=1#L12", "NOTES.Markdown#L12"),
        ("a b#c?d%e.yaml", "a%20b%23c%3Fd%25e.yaml#L12", "a%20b%23c%3Fd%25e.yaml#L12"),
        ("x)](http://evil|`<!--", "x%29%5D%28http%3A//evil%7C%60%3C%21--#L12", "x%29%5D%28http%3A//evil%7C%60%3C%21--#L12"),
        ("line\nbreak\u202e", "line%0Abreak%E2%80%AE#L12", "line%0Abreak%E2%80%AE#L12"),
        ("caf\udce9/@everyone", "caf%E9/%40everyone#L12", "caf%E9/%40everyone#L12"),
        ("~a.b_c-d", "~a.b_c-d#L12", "~a.b_c-d#L12"),
    ],
)
def test_links_to_a_line_whatever_the_file_is_called(path: str, github: str, gitlab: str) -> None:
    assert forge("github", "https://api.github.com").link("acme/deploy", COMMIT, path, 12) == f"https://github.com/acme/deploy/blob/{COMMIT}/{github}"
    corp = forge("gitlab", "https://corp.example/git")
    assert corp.link("acme/apps/deploy", COMMIT, path, 12) == f"https://corp.example/git/acme/apps/deploy/-/blob/{COMMIT}/{gitlab}"
