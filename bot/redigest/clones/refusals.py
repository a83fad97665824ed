"""What git and servers say when they refuse, read and put into words that say what to do next."""

import re
from collections.abc import Callable
from typing import TypeVar

import stamina
from stamina.instrumentation import set_on_retry_hooks

from redigest.clones.command import Failed, Limits
from redigest.clones.remote import Remote
from redigest.errors import RepositoryError, Stage

set_on_retry_hooks(())  # stamina would write a line to stderr for each; the words of a failure say that it was tried again


class NotFound(RepositoryError):
    """The repository is not there, has moved, or may not be seen; the forge knows which."""


class Passing(RepositoryError):
    """Something that may be over soon: a connection that was lost, a server that is busy."""


class BranchMoved(RepositoryError):
    """A branch is not where it was when it was last looked at, so it was left alone."""


_Result = TypeVar("_Result")

_STATUS = re.compile(r"requested URL returned error: ([0-9]{3})|RPC failed; HTTP ([0-9]{3})")
_REMOTE_LINE = re.compile(r"^remote: ?(.*\S)", re.MULTILINE)
_NOT_SEEN = (401, 403, 404, 410)
_MOST_WORDS = 400

_ABSENT = re.compile(
    r"repository '.*' not found|could not read (?:Username|Password)|Authentication failed|Permission denied \(|does not appear to be a git repository"
    r"|Repository not found|repository .* does not exist|project you were looking for could not be found|No such file or directory"
)
_PASSING = re.compile(
    r"Could not resolve host|Failed to connect|Couldn't connect|Connection (?:refused|reset|timed out|closed)|Empty reply from server|Broken pipe"
    r"|Recv failure|Send failure|Operation (?:too slow|timed out)|early EOF|hung up|unexpected disconnect|RPC failed; curl|transfer closed with"
    r"|HTTP/2 stream .* was not closed|expected flush after ref listing|kex_exchange_identification"
)
_OTHERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"SSL certificate|server certificate|certificate verif"), "its certificate is not trusted: name those of its authority with ca-bundle"),
    (re.compile(r"SSL CA cert|error setting certificate|CAfile"), "the file of ca-bundle holds no certificates that can be read; correct it"),
    (
        re.compile(r"Host key verification failed|No .* host key is known"),
        "its host key is not in the file of known hosts: compare it, and add it there",
    ),
    (re.compile(r"dubious ownership"), "it belongs to another user, and git does not open it: run as its owner, or make it your own"),
    (re.compile(r"unadvertised object|not our ref"), "it does not hand out a commit that it had a moment ago: its branch was moved meanwhile; run again"),
    (
        re.compile(r"not valid: is this a git repository"),
        "it answers with no repository, but perhaps a page to sign in; check the URL and the token",
    ),
    (re.compile(r"[Uu]nsupported|transport '.*' not allowed|disabled by"), "git cannot reach it in this way; check the URL, and that git is complete"),
)


def reading(failed: Failed, remote: Remote, *, stage: Stage) -> RepositoryError:
    """Say why a remote could not be listed or fetched from: as `NotFound`, `Passing`, or plainly."""
    where, complaint = remote.url, failed.complaint
    status = _status(complaint)
    if failed.is_late:
        return RepositoryError(stage, f"{where}: {complaint}; see whether the server answers at all")
    if status is not None and 300 <= status < 400:
        return NotFound(stage, f"{where}: the repository is not here any more, the server sends elsewhere ({status}); use its new name")
    if (passing := _passing(failed, status)) is not None:
        return Passing(stage, f"{where}: {passing}, and this was so several times; run again later")
    for pattern, words in _OTHERS:
        if pattern.search(complaint):
            return RepositoryError(stage, f"{where}: {words}")
    if status in _NOT_SEEN or _ABSENT.search(complaint):
        return NotFound(stage, f"{where}: there is no such repository, or these credentials may not see it; check its name and the token or key")
    return RepositoryError(stage, f"{where}: git does not get through: {cited(complaint)}; see whether git reaches it from this machine")


def is_passing(failed: Failed) -> bool:
    """Whether a failure may be over soon, or tell nothing of what the server has done."""
    return not failed.is_late and _passing(failed, _status(failed.complaint)) is not None


def persist(act: Callable[[], _Result], limits: Limits) -> _Result:
    """Act, and act again for as long as what is raised is `Passing` and the limits allow."""
    for attempt in stamina.retry_context(
        on=Passing, attempts=limits.attempts, timeout=None, wait_initial=limits.wait, wait_max=limits.longest_wait, wait_jitter=limits.wait
    ):
        with attempt:
            return act()
    raise AssertionError("an attempt returns or raises")


def cited(complaint: str) -> str:
    """The words of a complaint in one line: what the other side said, or without that what git says."""
    remote = " ".join(line for line in _REMOTE_LINE.findall(complaint) if set(line) - set("=-* "))
    own = " ".join(line.strip() for line in complaint.splitlines() if line.strip() and not line.startswith(("remote:", "hint:", "To ")))
    words = remote or own or "without a word"
    return f'"{words if len(words) <= _MOST_WORDS else words[:_MOST_WORDS] + "..."}"'


def _passing(failed: Failed, status: int | None) -> str | None:
    if status == 429 or (status is not None and status >= 500):
        return f"the server answers {status}"
    if status is None and _PASSING.search(failed.complaint) and not _ABSENT.search(failed.complaint):
        return f"the connection fails ({cited(failed.complaint)})"
    return None


def _status(complaint: str) -> int | None:
    match = _STATUS.search(complaint)
    return int(match.group(1) or match.group(2)) if match else None
