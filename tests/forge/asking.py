"""Ways to ask the fake forge: the real client libraries, git, and bare requests."""

import contextlib
import http.client
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import github as pygithub
import gitlab as python_gitlab

from tests.forge.fake import FakeForge


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> object:
        return json.loads(self.body)


def ask(forge: FakeForge, method: str, path: str, body: object = None, *, token: str | None = "") -> Reply:
    """Send one request to a path below the API, with the token of the bot, another, or `None`."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["PRIVATE-TOKEN" if forge.kind == "gitlab" else "Authorization"] = ("" if forge.kind == "gitlab" else "Bearer ") + (token or forge.token)
    prefix = "/api/v4" if forge.kind == "gitlab" else "/api" if path == "/graphql" else "/api/v3"
    with contextlib.closing(http.client.HTTPConnection(forge.host, timeout=30)) as connection:
        connection.request(method, prefix + path, None if body is None else json.dumps(body), headers)
        with connection.getresponse() as response:
            return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def hub(forge: FakeForge, auth: pygithub.Auth.Auth | None = None) -> pygithub.Github:
    """PyGithub, with no pauses and no second attempts."""
    auth = auth or pygithub.Auth.Token(forge.token)
    return pygithub.Github(auth=auth, base_url=forge.api_url, seconds_between_requests=0, seconds_between_writes=0, retry=None)


def lab(forge: FakeForge) -> python_gitlab.Gitlab:
    return python_gitlab.Gitlab(forge.api_url, private_token=forge.token, keep_base_url=True)


def run_git(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run git; give its exit status and what it says."""
    identity = ("-c", "user.name=bot", "-c", "user.email=bot@example.com")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=False, env=None)
    return done.returncode, done.stderr


def address(forge: FakeForge, name: str, token: str | None = "") -> str:
    """Where git finds a repository, with a token in it."""
    user = "" if token is None else f"x-access-token:{token or forge.token}@"
    return f"http://{user}{forge.host}/{name}.git"


def clone(forge: FakeForge, name: str, folder: Path) -> Path:
    """Clone with the token of the bot, and commit a change to push."""
    made = folder / "clone"
    status, said = run_git(folder, "clone", "--quiet", address(forge, name), str(made))
    assert status == 0, said
    (made / "new").write_text("new\n")
    for arguments in (("add", "."), ("commit", "--quiet", "--message=New")):
        assert run_git(made, *arguments)[0] == 0
    return made
