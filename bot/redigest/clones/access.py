"""What git is told so that it gets into a remote, and nowhere else."""

import os
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from redigest.clones.command import Surroundings
from redigest.clones.remote import Remote
from redigest.errors import RepositoryError
from redigest.urls import fault_in

_SSH = re.compile(r"ssh://(?:[A-Za-z_][A-Za-z0-9_.-]*@)?(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/[^\s?#]+")
_FILE = re.compile(r"file:///[^\s?#]+")

_SSH_OPTIONS = (
    *("BatchMode=yes", "StrictHostKeyChecking=yes", "PasswordAuthentication=no", "KbdInteractiveAuthentication=no"),
    *("ClearAllForwardings=yes", "ForwardAgent=no", "PermitLocalCommand=no", "ConnectTimeout=30", "ServerAliveInterval=30"),
)

_TAME = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.alternateRefsCommand=true", "receive.autogc=false", "receive.denyCurrentBranch=refuse")
"""Settings for the other side of a remote on this disk, whose own settings and hooks are those of whoever made it."""


def surroundings(remote: Remote) -> Surroundings:
    """The protocol, the settings and the variables for a remote. Raises `RepositoryError` for a URL of any other kind."""
    scheme = remote.url.partition("://")[0]
    if scheme in ("https", "http") and fault_in(remote.url) is None and "?" not in remote.url and "#" not in remote.url:
        return _http(remote, scheme)
    if scheme == "ssh" and _SSH.fullmatch(remote.url):
        return Surroundings(scheme, {"core.sshCommand": _ssh(remote), "ssh.variant": "ssh"}, kept=frozenset({"SSH_AUTH_SOCK"}))
    if scheme == "file" and _FILE.fullmatch(remote.url):
        return Surroundings(scheme)
    raise RepositoryError("tree", "a repository is reached by https://, ssh://, file:/// or, on this machine, http://, and no password stands in the URL")


def other_side(remote: Remote, program: str) -> tuple[str, ...]:
    """The option that has git run its other side, `upload-pack` or `receive-pack`, without hooks and programs of the target; empty where that is not ours."""
    if not remote.url.startswith("file:"):
        return ()
    settings = " ".join(f"-c {setting}" for setting in _TAME)
    return (f"--{program}=GIT_ALLOW_PROTOCOL=none git {settings} {program}",)


def is_http(remote: Remote) -> bool:
    """Whether the remote is reached by HTTP, with or without TLS."""
    return remote.url.startswith(("https:", "http:"))


def _http(remote: Remote, scheme: str) -> Surroundings:
    settings = {}
    if remote.authorization is not None:
        if not remote.authorization.reveal().isprintable():
            raise RepositoryError("tree", "the credentials hold a character that cannot stand in a header of HTTP; set them anew")
        settings[f"http.{remote.url}.extraHeader"] = f"Authorization: {remote.authorization.reveal()}"
    bundle = remote.ca_bundle or os.environ.get("SSL_CERT_FILE")
    if bundle:
        settings[f"http.{remote.url}.sslCAInfo"] = str(bundle)
    if scheme == "http":
        settings[f"http.{remote.url}.proxy"] = ""  # it is the loopback of this machine, as the check of the URL has seen
    return Surroundings(scheme, settings, secret=remote.authorization)


def _ssh(remote: Remote) -> str:
    options = list(_SSH_OPTIONS)
    if remote.ssh_key is not None:
        options += ["IdentitiesOnly=yes", f"IdentityFile={_quoted(remote.ssh_key)}"]
    if remote.known_hosts is not None:
        options += [f"UserKnownHostsFile={_quoted(remote.known_hosts)}", "GlobalKnownHostsFile=/dev/null"]
    return shlex.join(["ssh", *(part for option in options for part in ("-o", option))])


def _quoted(path: Path) -> str:
    """Write a path as ssh_config(5) wants it, where a percent sign begins a token."""
    text = str(path.absolute())
    if '"' in text or "$" in text or not text.isprintable():
        raise RepositoryError("tree", f"ssh cannot be given the file {text!r}: a quote, a dollar sign or a control character is in its name")
    return f'"{text.replace("%", "%%")}"'


def host_of(remote: Remote) -> str:
    """The host as errors name it; for a repository on this disk its path."""
    return urlsplit(remote.url).netloc.rpartition("@")[2] or remote.url
