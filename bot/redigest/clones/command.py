"""Every process of git that works on a clone is started here, with an environment and settings that no repository and no caller's shell can change."""

import contextlib
import logging
import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from redigest.clones.scrub import scrub
from redigest.errors import RepositoryError, UsageError
from redigest.git_environment import SETTINGS, VARIABLES, inherited
from redigest.secret import Secret

if TYPE_CHECKING:
    from git.cmd import Git

_LOG = logging.getLogger(__name__)

_REACHING = frozenset(
    {
        *("SSL_CERT_FILE", "SSL_CERT_DIR"),
        *("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    }
)
"""What of our own environment tells how servers are reached."""

_VARIABLES = {
    **VARIABLES,
    "HOME": "/dev/null",  # a folder that cannot be: no .netrc, no settings, no credentials
    "XDG_CONFIG_HOME": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
}

_SETTINGS = {
    **SETTINGS,
    "core.symlinks": "false",
    "core.attributesFile": "/dev/null",
    "core.fsync": "none",  # a clone that a power cut has spoilt is made anew
    "fetch.writeCommitGraph": "false",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1",  # bytes in a second: a server that is at work sends five bytes every five seconds to say so
    "http.lowSpeedTime": "300",
    "push.recurseSubmodules": "no",
}

_VERSION = re.compile(rb"git version ([0-9]+)\.([0-9]+)")
_OLDEST = (2, 32)
"""Older ones do not know GIT_CONFIG_GLOBAL, and would read settings all the same."""

_NO_REPOSITORY = "/dev/null"
"""Given as the repository of a command that needs none, so that git does not look for one around the current directory."""

_GRACE_SECONDS = 5.0
"""How long a process that was told to end has for taking away its lock files."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What one command of git is given beyond what all are given."""

    protocol: str = "none"
    """The one way by which it may reach another repository."""
    settings: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    """Names of further variables of our own environment that reach it."""
    secret: Secret | None = None
    """What must not stand in anything that it says."""


HERE = Surroundings()
"""The surroundings of a command that reaches nothing but the repository that it works on."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long git may take, and how often what can pass is tried again; times are in seconds."""

    command: float = 1800.0
    attempts: int = 4
    wait: float = 1.0
    longest_wait: float = 30.0


DEFAULT_LIMITS = Limits()


_running: set["subprocess.Popen[bytes]"] = set()
"""The commands that are waited for, so that an interrupted run need not wait for servers."""

_is_over = threading.Event()


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """For the threads of a run: when it ends by an exception, commands that are waited for are ended, and no other one begins."""
    _is_over.clear()
    try:
        yield
    except BaseException:
        _is_over.set()
        for process in _running.copy():
            stop(process)
        raise


class Failed(Exception):
    """A command of git has failed; `complaint` is what it wrote to its standard error, without secrets and control characters."""

    def __init__(self, status: int, complaint: str, said: bytes = b"", *, is_late: bool = False) -> None:
        super().__init__(complaint)
        self.status = status
        self.complaint = complaint
        self.said = said
        self.is_late = is_late


class Damaged(RepositoryError):
    """A clone does not hold what it has to; it is made anew when it is opened the next time. `what` says only what is wrong."""

    what = ""


def damaged(repository: Path, what: str) -> Damaged:
    """Say that a clone is of no use."""
    error = Damaged("tree", f"the cached clone {repository} is damaged ({what}); it is made anew in the next run, and may be deleted")
    error.what = what
    return error


def run(
    *arguments: str,
    repository: Path | None,
    surroundings: Surroundings = HERE,
    fed: bytes = b"",
    seconds: float = DEFAULT_LIMITS.command,
    is_strict: bool = False,
) -> bytes:
    """Run git and give what it writes to its standard output. Raises `Failed`, with `is_strict` for a mere complaint too."""
    if _is_over.is_set():
        raise RepositoryError("tree", "the run was interrupted")
    process = start(*arguments, repository=repository, surroundings=surroundings)
    _running.add(process)
    try:
        said, complaint = process.communicate(fed, timeout=seconds)
    except subprocess.TimeoutExpired:
        stop(process)
        raise Failed(-1, f"git {arguments[0]} has not ended in {seconds:g} seconds", is_late=True) from None
    except BaseException:
        stop(process)
        raise
    finally:
        _running.discard(process)
    if process.returncode or (is_strict and complaint):
        raise Failed(process.returncode, scrub(complaint, surroundings.secret), said)
    return said


@contextlib.contextmanager
def running(*arguments: str, repository: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Have git run for a while, as `start` has it; it is ended with an interrupted run."""
    if _is_over.is_set():
        raise RepositoryError("tree", "the run was interrupted")
    process = start(*arguments, repository=repository)
    _running.add(process)
    try:
        yield process
    finally:
        _running.discard(process)
        stop(process)


def start(*arguments: str, repository: Path | None, surroundings: Surroundings = HERE) -> "subprocess.Popen[bytes]":
    """Start git with all three streams as pipes, in a session of its own, which `stop` ends."""
    return _started(_git(), arguments, repository=repository, surroundings=surroundings)


def _started(git: "Git", arguments: Sequence[str], *, repository: Path | None, surroundings: Surroundings) -> "subprocess.Popen[bytes]":
    environment = _environment(repository, surroundings)
    dropped = sorted(name for name in os.environ if name not in environment)  # GitPython hands on what it is not told to hand on
    _LOG.debug("git %s", shlex.join(arguments))
    command = ["env", *(part for name in dropped for part in ("-u", name)), "git", *arguments]
    started = git.execute(command, istream=subprocess.PIPE, as_process=True, env=environment, start_new_session=True)
    process = started.proc
    if process is None:
        raise AssertionError("GitPython has started no process")
    started.proc = None  # it would end the process as soon as nobody holds what it has given
    return process


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process with all that it has started, and close its pipes."""
    for word in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, word)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_SECONDS)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _environment(repository: Path | None, surroundings: Surroundings) -> Mapping[str, str]:
    settings = _SETTINGS | dict(surroundings.settings)
    environment = {**inherited(_REACHING), **_VARIABLES}
    environment |= {"GIT_DIR": str(repository or _NO_REPOSITORY), "GIT_ALLOW_PROTOCOL": surroundings.protocol, "GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return {**environment, **inherited(surroundings.kept), **surroundings.variables}


@cache
def _git() -> "Git":
    try:
        from git.cmd import Git
    except ImportError as error:  # GitPython looks for git when it is imported
        raise UsageError("git cannot be run: install it, and see that it is found on the PATH") from error
    git = Git("/")  # the current directory may be gone, and is no concern of a command
    said, _ = _started(git, ("version",), repository=None, surroundings=HERE).communicate()
    match = _VERSION.match(said)
    if match is None or tuple(map(int, match.groups())) < _OLDEST:
        raise UsageError(f"{os.fsdecode(said).strip()} cannot be kept from the settings of its user: install git 2.32 or newer")
    return git
