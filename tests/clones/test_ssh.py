"""Remotes by SSH, with an sshd of this test where there is one, and otherwise with what stands in for `ssh`."""

import os
import pwd
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from redigest.clones.clone import Clones
from redigest.clones.references import NotFound, references
from redigest.clones.remote import Remote
from redigest.errors import RepositoryError
from tests.clones.remotes import FILES, QUICK, bare, changed, head

pytestmark = pytest.mark.needs("git")


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the arguments of every `ssh`; what it was to run there is run here."""
    folder = tmp_path / "bin"
    folder.mkdir()
    written = tmp_path / "asked"
    script = f'#!/bin/sh\nprintf "%s\\n" "$@" "SSH_AUTH_SOCK=$SSH_AUTH_SOCK" >>"{written}"\nfor last; do :; done\nexec sh -c "$last"\n'
    (folder / "ssh").write_text(script)
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/an/agent")
    return written


def test_asks_nothing_and_trusts_nobody(asked: Path, tmp_path: Path) -> None:
    target = bare(tmp_path / "deploy.git", FILES)
    remote = Remote(f"ssh://git@forge.example:2222{target}", ssh_key=tmp_path / "a key%", known_hosts=tmp_path / "known hosts")
    with Clones(tmp_path / "cache", QUICK).open(remote, "x") as clone:
        made = changed(clone, references(remote, QUICK).heads["main"], {"a.yaml": b"new"})
        clone.push(made, "bot", expected=None)
    assert head(target, "bot") == made
    lines = asked.read_text().splitlines()
    for option in (
        *("BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "ForwardAgent=no", "PermitLocalCommand=no"),
        *(f'IdentityFile="{tmp_path}/a key%%"', f'UserKnownHostsFile="{tmp_path}/known hosts"', "GlobalKnownHostsFile=/dev/null"),
    ):
        assert lines.count(option) == 3, option
    assert {"git@forge.example", "2222", "SSH_AUTH_SOCK=/an/agent"} <= set(lines)


def test_leaves_keys_to_the_agent_and_hosts_to_the_user(asked: Path, tmp_path: Path) -> None:
    target = bare(tmp_path / "deploy.git", FILES)
    references(Remote(f"ssh://forge.example{target}"), QUICK)
    assert "StrictHostKeyChecking=yes" in asked.read_text()
    assert not re.search("Identit|KnownHosts", asked.read_text())


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ("Host key verification failed.", RepositoryError, "its host key is not in the file of known hosts"),
        ("git@forge: Permission denied (publickey).", NotFound, "token or key"),
        ("ERROR: Repository not found.", NotFound, "token or key"),
        ("GitLab: The project you were looking for could not be found", NotFound, "token or key"),
        ("ssh: Could not resolve hostname forge: Name or service not known", RepositoryError, "several times"),
        ("ssh: connect to host forge port 22: Connection refused", RepositoryError, "several times"),
    ],
)
def test_a_failure_says_what_to_do(said: str, kind: type[RepositoryError], words: str, asked: Path, tmp_path: Path) -> None:
    (tmp_path / "bin/ssh").write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 255\n")
    with pytest.raises(RepositoryError, match=words) as caught:
        references(Remote("ssh://git@forge.example/acme/deploy"), QUICK)
    assert isinstance(caught.value, NotFound) is (kind is NotFound)


@pytest.mark.parametrize("name", ['a"b', "a\nb", "a$HOME"])
def test_a_file_that_ssh_cannot_be_given_is_an_error(name: str, asked: Path, tmp_path: Path) -> None:
    for remote in (Remote("ssh://forge.example/x", ssh_key=Path(name)), Remote("ssh://forge.example/x", known_hosts=Path(name))):
        with pytest.raises(RepositoryError, match="ssh cannot be given the file"):
            references(remote, QUICK)
    assert not asked.exists()


@dataclass(frozen=True, slots=True)
class Host:
    """A running sshd."""

    port: int
    key: Path
    known: Path
    other: Path
    """A key that is not let in."""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    program = shutil.which("sshd")
    assert program is not None
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where root's sshd shuts a part of itself in; a system that has not started one lacks it
    for name in ("host", "user", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    shutil.copy(tmp_path / "user.pub", tmp_path / "authorized")
    public = (tmp_path / "host.pub").read_text().split()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n")
    settings = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": tmp_path / "host",
        "PidFile": "none",
        "AuthorizedKeysFile": tmp_path / "authorized",
        "StrictModes": "no",
        "PermitRootLogin": "prohibit-password",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "UsePAM": "no",
    }
    (tmp_path / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    process = subprocess.Popen([program, "-D", "-e", "-f", str(tmp_path / "sshd_config")], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "Server listening" in line:
                break
        else:
            pytest.fail("sshd has not begun to listen")
        yield Host(port, tmp_path / "user", tmp_path / "known", tmp_path / "other")
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


@pytest.mark.needs("ssh", "ssh-keygen", "sshd")
class TestServer:
    """A real server."""

    def remote(self, host: Host, target: Path, *, key: Path | None = None, known: Path | None = None) -> Remote:
        user = pwd.getpwuid(os.geteuid()).pw_name
        return Remote(f"ssh://{user}@127.0.0.1:{host.port}{target}", ssh_key=key or host.key, known_hosts=known or host.known)

    def test_clones_and_pushes(self, host: Host, tmp_path: Path) -> None:
        target = bare(tmp_path / "deploy.git", FILES)
        remote = self.remote(host, target)
        with Clones(tmp_path / "cache", QUICK).open(remote, "x") as clone:
            made = changed(clone, references(remote, QUICK).heads["main"], {"a.yaml": b"new"})
            clone.push(made, "bot", expected=None)
        assert head(target, "bot") == made

    def test_a_stranger_is_not_let_in_and_not_trusted(self, host: Host, tmp_path: Path) -> None:
        target = bare(tmp_path / "deploy.git", FILES)
        (tmp_path / "nobody").write_text("")
        with pytest.raises(NotFound):
            references(self.remote(host, target, key=host.other), QUICK)
        with pytest.raises(RepositoryError, match="its host key is not in the file of known hosts"):
            references(self.remote(host, target, known=tmp_path / "nobody"), QUICK)
        with pytest.raises(NotFound):
            references(self.remote(host, tmp_path / "none.git"), QUICK)
