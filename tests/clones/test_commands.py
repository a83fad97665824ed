"""What git is given when it is run, and what cannot reach it."""

import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from redigest.clones import access
from redigest.clones.clone import Clone, Clones
from redigest.clones.command import Failed, Limits, Surroundings, run, start, stop
from redigest.clones.references import references
from redigest.clones.remote import Remote
from redigest.errors import RepositoryError
from redigest.secret import Secret
from tests.clones.remotes import BOT, FILES, KEY, QUICK, bare, changed, commit, head, listing
from tests.clones.smart_server import TOKEN, Answer, Asked, SmartServer, basic, serve
from tests.samples import git, harvest, repository

pytestmark = pytest.mark.needs("git")


def go_all_the_way(clones: Clones, remote: Remote) -> None:
    """Use everything that a clone can do."""
    base = references(remote, QUICK).heads["main"]
    with clones.open(remote, KEY) as clone:
        made = changed(clone, base, {"a.yaml": b"image: a@sha256:1\n"})
        tree = clone.tree(made)
        assert listing(tree, "sha256").candidates == ("a.yaml", "k8s/b.sh")
        assert tree.read("a.yaml") == b"image: a@sha256:1\n"
        assert tree.derived(["a.yaml"]) == {}
        assert clone.subjects(base, 5) == ["all"]
        assert clone.facts(made).author == clone.facts(made).committer == BOT
        clone.push(made, "bot", expected=None)
        assert clone.merges_cleanly(made, base)
        clone.delete("bot", expected=made)


POISON = {
    "GIT_DIR": "{elsewhere}/.git",
    "GIT_WORK_TREE": "{elsewhere}",
    "GIT_INDEX_FILE": "{elsewhere}/.git/index",
    "GIT_COMMON_DIR": "{elsewhere}/.git",
    "GIT_OBJECT_DIRECTORY": "{elsewhere}/.git/objects",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "{elsewhere}/.git/objects",
    "GIT_CEILING_DIRECTORIES": "/",
    "GIT_NAMESPACE": "other",
    "GIT_SHALLOW_FILE": "/none",
    "GIT_GRAFT_FILE": "/none",
    "GIT_REPLACE_REF_BASE": "refs/heads/",
    "GIT_EXEC_PATH": "{trap}",
    "GIT_TEMPLATE_DIR": "{trap}",
    "GIT_SSH_COMMAND": "{trap}/run",
    "GIT_SSH": "{trap}/run",
    "GIT_PROXY_COMMAND": "{trap}/run",
    "GIT_EXTERNAL_DIFF": "{trap}/run",
    "GIT_EDITOR": "{trap}/run",
    "GIT_PAGER": "{trap}/run",
    "PAGER": "{trap}/run",
    "EDITOR": "{trap}/run",
    "GIT_ASKPASS": "{trap}/run",
    "SSH_ASKPASS": "{trap}/run",
    "GIT_CONFIG": "{trap}/config",
    "GIT_CONFIG_GLOBAL": "{trap}/config",
    "GIT_CONFIG_SYSTEM": "{trap}/config",
    "GIT_CONFIG_PARAMETERS": "'core.hooksPath={trap}' 'url.ext::{trap}/run.insteadOf=http'",
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "core.fsmonitor",
    "GIT_CONFIG_VALUE_0": "{trap}/run",
    "GIT_CONFIG_KEY_1": "url.ext::{trap}/run .insteadOf",
    "GIT_CONFIG_VALUE_1": "http",
    "GIT_CONFIG_NOSYSTEM": "0",
    "GIT_ALLOW_PROTOCOL": "ext:file",
    "GIT_PROTOCOL_FROM_USER": "1",
    "GIT_TRACE": "{trap}/trace",
    "GIT_TRACE_PACKET": "{trap}/trace",
    "GIT_TRACE_CURL": "{trap}/trace",
    "GIT_TRACE_SETUP": "{trap}/trace",
    "GIT_CURL_VERBOSE": "1",
    "GIT_TRACE_REDACT": "0",
    "GIT_TRACE2": "{trap}/trace",
    "GIT_TRACE2_EVENT": "{trap}/trace",
    "GIT_SSL_NO_VERIFY": "1",
    "GIT_HTTP_USER_AGENT": "poison",
    "GIT_AUTHOR_NAME": "somebody else",
    "GIT_AUTHOR_EMAIL": "else@example.com",
    "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z",
    "GIT_DEFAULT_HASH": "sha256",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_ICASE_PATHSPECS": "1",
    "GIT_ATTR_SOURCE": "refs/heads/none",
    "GIT_DIFF_OPTS": "--unified=9",
    "GIT_MERGE_VERBOSITY": "5",
    "GIT_PREFIX": "k8s/",
    "HOME": "{trap}",
    "XDG_CONFIG_HOME": "{trap}",
    "LC_ALL": "de_DE.UTF-8",
    "LANGUAGE": "de",
    "BASH_FUNC_git%%": "() { touch {trap}/sprung; }",
    "BASH_ENV": "{trap}/run",
    "ENV": "{trap}/run",
}


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder whose programs leave a mark when they are run, and whose settings name them."""
    folder = tmp_path / "trap"
    folder.mkdir()
    for name in ("run", "pre-push", "reference-transaction", "git-remote-http", "git-remote-https"):
        (folder / name).write_text(f"#!/bin/sh\ntouch '{folder}/sprung'\nexit 1\n")
        (folder / name).chmod(0o755)
    lines = ("[core]", f"hooksPath = {folder}", f"fsmonitor = {folder}/run", f"sshCommand = {folder}/run", f'[url "ext::{folder}/run "]', "insteadOf = http")
    (folder / "config").write_text("\n".join(lines))
    shutil.copy(folder / "config", folder / ".gitconfig")
    (folder / "git").mkdir()
    shutil.copy(folder / "config", folder / "git/config")
    (folder / ".netrc").write_text("machine 127.0.0.1 login x password stolen\n")
    return folder


def test_nothing_of_the_environment_reaches_git(trap: Path, clones: Clones, server: SmartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = repository(tmp_path / "elsewhere", {"a": "b"})
    before = harvest(elsewhere / ".git")
    references(server.remote(), QUICK)  # when it is imported, GitPython asks for the version of git in the environment as it is
    with monkeypatch.context() as patch:
        patch.chdir(elsewhere)
        for name, value in POISON.items():
            patch.setenv(name, value.replace("{trap}", str(trap)).replace("{elsewhere}", str(elsewhere)))
        go_all_the_way(clones, server.remote())
    assert sorted(path.name for path in trap.iterdir()) == [".gitconfig", ".netrc", "config", "git", "git-remote-http", "git-remote-https", *_REST]
    assert harvest(elsewhere / ".git") == before
    assert {asked.authorization for asked in server.asked} == {basic(TOKEN).reveal()}


_REST = ["pre-push", "reference-transaction", "run"]


def test_the_trap_springs_for_those_who_are_not_careful(trap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = bare(tmp_path / "remote.git", {"a": "b"})
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(trap / "config"))
    subprocess.run(["git", "push", "--quiet", root.as_uri(), f"{head(root)}:refs/heads/x"], cwd=root, check=False, capture_output=True)
    assert (trap / "sprung").exists()


def test_what_people_need_to_reach_the_network_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("https_proxy", "no_proxy", "SSL_CERT_DIR", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    shown = _environment(Surroundings())
    assert {shown.get(name) for name in ("https_proxy", "no_proxy", "SSL_CERT_DIR", "TMPDIR")} == {str(tmp_path)}
    assert "SSH_AUTH_SOCK" not in shown
    assert _environment(Surroundings(kept=frozenset({"SSH_AUTH_SOCK"})))["SSH_AUTH_SOCK"] == "/agent"


def _environment(surroundings: Surroundings) -> dict[str, str]:
    process = start("hash-object", "--stdin-paths", repository=None, surroundings=surroundings)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{__file__}\n".encode())
        process.stdin.flush()
        process.stdout.readline()  # now it is git that runs
        entries = Path(f"/proc/{process.pid}/environ").read_bytes()
    finally:
        stop(process)
    return dict(os.fsdecode(entry).split("=", 1) for entry in entries.split(b"\0") if entry)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in which every argument of every git and of its programs for HTTP is written down, on the way to the real ones."""
    written = tmp_path / "arguments"
    real = shutil.which("git")
    folder = tmp_path / "watch"
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >>'{written}'\nps -ww -A -o args= >>'{written}'\nexec '{real}' \"$@\"\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return written


def test_the_token_is_in_no_argument_and_no_file(watched: Path, clones: Clones, server: SmartServer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    seen: list[bytes] = []

    def look(_: Asked) -> Answer | None:
        seen.extend(map(_command, _processes()))
        return None

    server.fault = look
    go_all_the_way(clones, server.remote())
    arguments = watched.read_bytes() + b"\n".join(seen)
    for program in (b"ls-remote", b"fetch", b"push", b"remote-http"):
        assert program in arguments, "the watch does not see what this test is about"
    secrets = [TOKEN.encode(), basic(TOKEN).reveal().encode(), basic(TOKEN).reveal()[6:].encode()]
    files = b"".join(path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file())
    for secret in secrets:
        assert secret not in arguments
        assert secret not in files
        assert secret.decode() not in caplog.text


@pytest.mark.parametrize("status", [400, 401, 403, 418, 500])
@pytest.mark.parametrize("header", ["Basic {0}", "Bearer {1}", "token {1}", "{1}"])
def test_the_token_is_in_no_error(header: str, status: int, server: SmartServer) -> None:
    written = header.format(basic(TOKEN).reveal()[6:], TOKEN)
    server.fault = lambda asked: Answer(status, {"Content-Type": "text/plain"}, f"echo {asked.authorization} and {TOKEN} end".encode())
    with pytest.raises(RepositoryError) as caught:
        references(Remote(server.remote().url, Secret(written)), QUICK)
    shown = repr((str(caught.value), caught.value.args, caught.value.__cause__))
    assert "echo" in shown or status not in (400, 418), "the words of the server are not cited, so that this shows nothing"
    assert written not in shown
    assert TOKEN not in shown


@pytest.mark.parametrize("text", ["Basic x\r\nHost: elsewhere", "Basic x\ny", "Basic \0"])
def test_a_token_with_a_line_break_is_refused(text: str, server: SmartServer) -> None:
    with pytest.raises(RepositoryError, match="cannot stand in a header"):
        references(Remote(server.remote().url, Secret(text)), QUICK)
    assert server.asked == []


def test_the_token_goes_to_its_repository_alone(server: SmartServer, target: Path) -> None:
    bare(server.root / "other.git", {"x": "y"})
    remote = server.remote()
    url = server.remote("other.git").url
    with pytest.raises(Failed, match=r"Authentication failed|could not read"):
        run("ls-remote", "--", url, repository=None, surroundings=access.surroundings(remote))
    assert [asked.authorization for asked in server.asked] == [None]


def test_a_submodule_is_not_fetched(clones: Clones, server: SmartServer, target: Path, tmp_path: Path) -> None:
    modules = f'[submodule "m"]\n\tpath = m\n\turl = {server.url}/other.git\n'
    base = commit(target, "main", {".gitmodules": modules, "m": ("160000", "1" * 40), "a": "sha256"})
    with clones.open(server.remote(), KEY) as clone:
        made = changed(clone, base, {"a": b"SHA256"})
        clone.push(made, "bot", expected=None)
        assert clone.merges_cleanly(made, base)
    assert {asked.target.split("/")[1] for asked in server.asked} == {"deploy.git"}
    assert git(target, "ls-tree", made, "m").startswith(b"160000 commit " + b"1" * 40)


def test_a_replaced_object_is_not_taken_for_the_real_one(clone: Clone, target: Path, tmp_path: Path) -> None:
    clone.fetch([head(target)])
    (folder,) = (path for path in (tmp_path / "cache").iterdir() if path.is_dir())
    old = git(folder, "rev-parse", f"{head(target)}:a.yaml").decode().strip()
    new = git(folder, "hash-object", "-w", "--stdin", stdin=b"replaced").decode().strip()
    git(folder, "replace", old, new)
    assert clone.tree(head(target)).read("a.yaml") == b"image: a@sha256:0\n"


def test_a_command_that_takes_too_long_is_ended_with_all_it_has_started(server: SmartServer, clones: Clones, target: Path) -> None:
    over = threading.Event()
    commands: list[bytes] = []

    def wait(asked: Asked) -> Answer | None:
        if asked.method == "POST":
            commands.extend(command for path in _processes() if server.url.encode() in (command := _command(path)))
            over.wait(30)
        return None

    server.fault = wait
    try:
        with (
            pytest.raises(RepositoryError, match="has not ended in"),
            Clones(clones._folder, Limits(command=1.0, attempts=1)).open(server.remote(), KEY) as slow,
        ):
            slow.fetch([head(target)])
        assert commands
        deadline = time.monotonic() + 20  # what was killed may need a moment to be gone
        while (there := [path for path in _processes() if server.url.encode() in _command(path)]) and time.monotonic() < deadline:
            pass
        assert not there
    finally:
        over.set()
    server.fault = lambda asked: None
    with clones.open(server.remote(), KEY) as clone:
        clone.fetch([head(target)])


def _processes() -> Iterator[Path]:
    return Path("/proc").glob("[0-9]*/cmdline")


def _command(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_git_that_is_missing_or_too_old_is_said_so(tmp_path: Path) -> None:
    environment = {"PATH": f"{tmp_path}{os.pathsep}{tmp_path}/bin", "PYTHONPATH": os.pathsep.join(sys.path)}
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/env").symlink_to(str(shutil.which("env")))
    for said, words in ((None, "install it"), ("git version 2.31.9", "2.31.9 cannot be kept")):
        if said is not None:
            (tmp_path / "git").write_text(f"#!/bin/sh\necho {said}\n")
            (tmp_path / "git").chmod(0o755)
        done = subprocess.run([sys.executable, "-c", _ASK], env=environment, capture_output=True, text=True, check=False)
        assert words in done.stdout, done.stderr


_ASK = """
from redigest.clones.command import run
from redigest.errors import UsageError
try:
    run("version", repository=None)
except UsageError as error:
    print(error)
"""


_FETCH = """
import json, sys
from pathlib import Path
from redigest.clones.clone import Clones
from redigest.clones.remote import Remote
from tests.clones.smart_server import basic
folder, url, token, key, commit = json.loads(sys.argv[1])
with Clones(Path(folder)).open(Remote(url, basic(token)), key) as clone:
    clone.fetch([commit])
"""


def test_an_interrupted_run_leaves_nothing_that_blocks_the_next_one(server: SmartServer, clones: Clones, target: Path) -> None:
    over, has_asked = threading.Event(), threading.Event()

    def wait(asked: Asked) -> Answer | None:
        if asked.method == "POST":
            has_asked.set()
            over.wait(30)
        return None

    server.fault = wait
    given = json.dumps([str(clones._folder), server.remote().url, TOKEN, KEY, head(target)])
    process = subprocess.Popen([sys.executable, "-c", _FETCH, given], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, stderr=subprocess.PIPE)
    try:
        assert has_asked.wait(30)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert b"KeyboardInterrupt" in said
        assert not [path for path in _processes() if server.url.encode() in _command(path)]
    finally:
        over.set()
        process.kill()
        process.wait()
    server.fault = lambda asked: None
    with clones.open(server.remote(), KEY) as clone:
        clone.fetch([head(target)])


@pytest.mark.parametrize("status", [None, 429, 503])
def test_a_fetch_that_is_cut_off_is_tried_again(status: int | None, server: SmartServer, clone: Clone, target: Path) -> None:
    faults = iter([Answer(status, is_late=True)])
    server.fault = lambda asked: next(faults, None) if b"want" in asked.body else None
    clone.fetch([head(target)])
    assert clone.tree(head(target)).size("a.yaml") == 18


def test_certificates_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = tmp_path / "a bundle.pem"
    authority.cert_pem.write_to_path(str(bundle))
    root = bare(tmp_path / "remotes/deploy.git", FILES)
    bare(tmp_path / "remotes/empty.git")
    with serve(tmp_path / "remotes", tls=context) as server:
        known = replace(server.remote(), ca_bundle=bundle)
        assert references(known, QUICK).heads == {"main": head(root)}
        assert references(replace(known, url=f"{server.url}/empty.git"), QUICK).heads == {}
        asked = len(server.asked)
        with pytest.raises(RepositoryError, match="its certificate is not trusted: name those of its authority with ca-bundle"):
            references(server.remote(), QUICK)
        with pytest.raises(RepositoryError, match="ca-bundle holds no certificates"):
            references(replace(known, ca_bundle=tmp_path / "none"), QUICK)
        assert len(server.asked) == asked, "the token has not been sent"
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        assert references(server.remote(), QUICK).default == "main"
