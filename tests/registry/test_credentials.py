import asyncio
import base64
import json
import os
import pickle
import select
import stat
from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.registry.credentials import Credential, IdentityToken, Keyring, Login
from redigest.registry.endpoints import Location, locate
from redigest.secret import Secret
from tests.registry.asking import keyring, login


def find(keys: Keyring, name: str) -> Credential | None:
    location = locate(name)
    assert location is not None
    return asyncio.run(keys.find(location))


def user(keys: Keyring, name: str) -> str | None:
    found = find(keys, name)
    assert not isinstance(found, IdentityToken)
    return found.user if found is not None else None


def store(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A credential helper that keeps what it was asked, and answers with the file beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "docker-credential-lab"
    program.write_text(f'#!/bin/sh\ncat > "{folder}/asked"\necho "$@" >> "{folder}/arguments"\ncat "{folder}/answer"\nexit $(cat "{folder}/code")\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (folder / "code").write_text("0")
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder


NAME = "registry.corp.example:5000/team/app/web"


@pytest.mark.parametrize(
    ("key", "name", "found"),
    [
        ("registry.corp.example:5000", NAME, True),
        ("registry.corp.example:5000/team", NAME, True),
        ("registry.corp.example:5000/team/app/web", NAME, True),
        ("https://registry.corp.example:5000", NAME, True),
        ("https://registry.corp.example:5000/v2/", NAME, True),
        ("Registry.corp.example:5000", NAME, True),
        ("registry.corp.example:5000/tea", NAME, False),
        ("registry.corp.example", NAME, False),
        ("corp.example:5000", NAME, False),
        ("https://index.docker.io/v1/", "busybox", True),
        ("docker.io", "bitnami/redis", True),
        ("docker.io/bitnami", "bitnami/redis", True),
        ("docker.io/bitnami", "busybox", False),
        ("https://index.docker.io/v1/", NAME, False),
    ],
)
def test_finds_credentials_by_host_and_prefix(tmp_path: Path, key: str, name: str, *, found: bool) -> None:
    assert (find(keyring(tmp_path, {key: login()}), name) is not None) is found


def test_takes_the_longest_prefix(tmp_path: Path) -> None:
    keys = keyring(tmp_path, {"r.example": login("host"), "r.example/team/app": login("app"), "r.example/team": login("team")})
    assert user(keys, "r.example/team/app/web") == "app"
    assert user(keys, "r.example/team/application") == "team"
    assert user(keys, "r.example/other") == "host"


def test_prefers_an_entry_under_the_name_to_one_under_a_url(tmp_path: Path) -> None:
    assert user(keyring(tmp_path, {"r.example": login("name"), "https://r.example/v1/": login("url")}), "r.example/a") == "name"


@pytest.mark.parametrize(
    ("entry", "credential"),
    [
        (login("12345|robot", "a:b:c"), Login("12345|robot", Secret("a:b:c"))),
        ({"auth": base64.b64encode("bot:größer".encode()).decode()}, Login("bot", Secret("größer"))),
        ({"username": "bot", "password": "p"}, Login("bot", Secret("p"))),
        ({"identitytoken": "refresh", **login("<token>", "")}, IdentityToken(Secret("refresh"))),
        ({}, None),
        ({"auth": ""}, None),
    ],
)
def test_reads_entries(tmp_path: Path, entry: dict[str, str], credential: Credential | None) -> None:
    keys = keyring(tmp_path, {"r.example": entry})
    assert find(keys, "r.example/a") == credential
    assert keys.notes == ()


@pytest.mark.parametrize("auth", ["not base64!", base64.b64encode(b"no colon").decode(), base64.b64encode(b"\xff:\xff").decode()])
def test_notes_an_entry_that_cannot_be_read_and_repeats_nothing_of_it(tmp_path: Path, auth: str) -> None:
    keys = keyring(tmp_path, {"r.example": {"auth": auth}})
    assert find(keys, "r.example/a") is None
    (note,) = keys.notes
    assert note.endswith("the entry for r.example cannot be read, so it is not used")


def test_sends_a_login_as_rfc_7617_says() -> None:
    assert Login("Aladdin", Secret("open sesame")).basic().reveal() == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"{" * 100_000, b'{"auths": []}', b'{"credHelpers": 1}', b'{"credsStore": {}}', b"\xff", b" " * (5 << 20)]
)
def test_refuses_a_named_file_that_is_none_of_credentials(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"secret\.json: "):
        Keyring.of_file(path)


def test_refuses_a_named_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.json: the credentials in it cannot be read: No such file"):
        Keyring.of_file(tmp_path / "missing.json")


def test_reads_the_files_of_the_user_in_the_order_of_the_manual(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    places = {
        tmp_path / "run/containers/auth.json": {"auths": {"r.example": login("runtime")}},
        tmp_path / "home/.config/containers/auth.json": {"auths": {"r.example": login("containers")}},
        tmp_path / "home/.docker/config.json": {"auths": {"r.example": login("docker")}},
        tmp_path / "home/.dockercfg": {"r.example": login("old")},
    }
    for path, content in places.items():
        store(path, content)
    found = []
    for path in places:
        found.append(user(Keyring.of_user(environment), "r.example/a"))
        path.unlink()
    assert found == ["runtime", "containers", "docker", "old"]
    assert user(Keyring.of_user(environment), "r.example/a") is None


def test_looks_where_variables_of_the_environment_say(tmp_path: Path) -> None:
    store(tmp_path / "settings/containers/auth.json", {"auths": {"a.example": login("settings")}})
    store(tmp_path / "docker/config.json", {"auths": {"a.example": login("docker"), "b.example": login("docker")}})
    environment = {"HOME": "/nowhere", "XDG_RUNTIME_DIR": "/nowhere", "XDG_CONFIG_HOME": str(tmp_path / "settings"), "DOCKER_CONFIG": str(tmp_path / "docker")}
    keys = Keyring.of_user(environment)
    assert (user(keys, "a.example/a"), user(keys, "b.example/a")) == ("settings", "docker")
    only = Keyring.of_user({**environment, "REGISTRY_AUTH_FILE": str(store(tmp_path / "only.json", {"auths": {"c.example": login("only")}}))})
    assert (user(only, "c.example/a"), user(only, "a.example/a")) == ("only", None)


def test_notes_a_broken_file_of_the_user_and_goes_on_to_the_next(tmp_path: Path) -> None:
    (tmp_path / ".config/containers").mkdir(parents=True)
    (tmp_path / ".config/containers/auth.json").write_text("{")
    store(tmp_path / ".docker/config.json", {"auths": {"r.example": login("docker")}})
    keys = Keyring.of_user({"HOME": str(tmp_path), "XDG_RUNTIME_DIR": "/nowhere"})
    assert user(keys, "r.example/a") == "docker"
    (note,) = keys.notes
    assert note.endswith("auth.json: a file of credentials is a JSON object of at most 4 MiB, and this is none, so it is not used")


def test_asks_the_helper_of_a_host_before_the_store_and_the_entries(tmp_path: Path, helper: Path) -> None:
    (helper / "answer").write_text('{"ServerURL": "r.example", "Username": "helped", "Secret": "s"}')
    keys = keyring(tmp_path, {"r.example": login("entry")}, credHelpers={"r.example": "lab"}, credsStore="missing")
    assert find(keys, "r.example/a") == Login("helped", Secret("s"))
    assert ((helper / "asked").read_text(), (helper / "arguments").read_text()) == ("r.example", "get\n")
    assert keys.notes == ()


def test_asks_the_store_for_docker_hub_by_its_old_name_and_once(tmp_path: Path, helper: Path) -> None:
    (helper / "answer").write_text('{"ServerURL": "x", "Username": "<token>", "Secret": "refresh"}')
    keys = keyring(tmp_path, {}, credsStore="lab")

    async def both() -> list[Credential | None]:
        return list(await asyncio.gather(keys.find(Location("docker.io", "library/busybox")), keys.find(Location("docker.io", "bitnami/redis"))))

    assert asyncio.run(both()) == [IdentityToken(Secret("refresh"))] * 2
    assert ((helper / "asked").read_text(), (helper / "arguments").read_text()) == ("https://index.docker.io/v1/", "get\n")


@pytest.mark.parametrize(
    ("name", "answer", "code", "note"),
    [
        ("lab", "credentials not found in native keychain\n", "1", None),
        ("lab", '{"ServerURL": "r.example", "Username": "", "Secret": ""}', "0", None),
        ("lab", "hunter2", "3", "docker-credential-lab ended with 3"),
        ("lab", "hunter2", "0", "docker-credential-lab gave no answer that can be read"),
        ("missing", "", "0", "docker-credential-missing cannot be run: No such file or directory"),
        ("../lab", "", "0", "the name of a credential helper is not one"),
        ("-lab", "", "0", "the name of a credential helper is not one"),
        ("lab get; touch here", "", "0", "the name of a credential helper is not one"),
    ],
)
def test_goes_on_to_the_entries_when_a_helper_has_nothing(tmp_path: Path, helper: Path, *, name: str, answer: str, code: str, note: str | None) -> None:
    (helper / "answer").write_text(answer)
    (helper / "code").write_text(code)
    keys = keyring(tmp_path, {"r.example": login("entry")}, credsStore=name)
    assert user(keys, "r.example/a") == "entry"
    assert keys.notes == (() if note is None else (f"{note}, so no credentials for r.example come from it",))


def test_ends_a_helper_that_does_not_answer_with_all_that_it_started(tmp_path: Path, helper: Path) -> None:
    os.mkfifo(helper / "alive")
    (helper / "docker-credential-lab").write_text(f'#!/bin/sh\nsleep 600 > "{helper}/alive" &\nwait\n')
    keys = Keyring.of_file(store(tmp_path / "secret.json", {"credsStore": "lab"}), helper_seconds=0.5)
    alive = os.open(helper / "alive", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert find(keys, "r.example/a") is None
        assert select.select([alive], [], [], 10)[0]  # at its end, when nobody is left who could write
        assert os.read(alive, 1) == b""
    finally:
        os.close(alive)
    assert keys.notes == ("docker-credential-lab gave no answer in 0.5 seconds, so no credentials for r.example come from it",)


def test_shows_no_secret() -> None:
    secret = Secret("hunter2")
    for shown in (repr(secret), str(secret), f"{secret}", repr(Login("bot", secret)), repr(IdentityToken(secret)), repr([secret])):
        assert "hunter2" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_shows_no_secret_of_a_keyring(tmp_path: Path) -> None:
    entry = login()
    assert entry["auth"] not in repr(keyring(tmp_path, {"r.example": entry})._files)
