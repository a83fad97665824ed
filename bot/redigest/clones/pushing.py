"""Moving a branch of a remote from where it was seen to a commit of ours, or away; never from anywhere else."""

import re
from pathlib import Path

from redigest.clones import access
from redigest.clones.command import Failed, Limits, run
from redigest.clones.references import HEADS, references
from redigest.clones.refusals import BranchMoved, cited, is_passing, persist, reading
from redigest.clones.remote import Remote
from redigest.clones.scrub import scrub
from redigest.errors import RepositoryError

_STALE = re.compile(r"\((?:stale info|fetch first|non-fast-forward|needs force|already exists|remote ref updated since checkout)\)")
_RACED = re.compile(r"failed to (?:lock|update ref)|cannot lock ref|reference already exists|is at [0-9a-f]+ but expected")
_REASON = re.compile(r"^!.*\[(?:remote )?rejected\] \((.*)\)$", re.MULTILINE)
_REFUSALS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"refusing to allow .* to (?:create or )?update workflow|without [`']?workflows?[`']? (?:scope|permission)"),
        "the token may not change workflow files: give it the permission `workflows`, or leave paths.workflows off",
    ),
    (
        re.compile(
            r"(?i)protected branch|GH006|GH013|repository rule violations|not allowed to (?:force )?push (?:code )?to (?:a )?protected|branch is protected"
        ),
        "the branch is protected: let the bot push to its branches, or choose another prefix with proposals.branch",
    ),
    (
        re.compile(r"(?i)archived|read[ -]only"),
        "the repository can only be read, as an archived one: leave it out, or open it again",
    ),
    (
        re.compile(r"(?i)quota|size limit|exceeds .*limit|GH001|too large|disk space|no space left"),
        "the server has no room for it: its quota or a limit for sizes is reached",
    ),
    (
        re.compile(r"(?i)checked out branch|denyCurrentBranch"),
        "the branch is checked out there, and to push would change what lies under somebody's hands: check out another one",
    ),
    (re.compile(r"shallow update not allowed"), "the server takes no push from a shallow clone: have receive.shallowUpdate set there"),
    (
        re.compile(
            r"(?i)permission to .* denied|denied to|not allowed to|insufficient permission|write access|Permission denied|unable to create temporary object"
        ),
        "these credentials may not write there: give the token or key the permission to push",
    ),
    (re.compile(r"pre-receive hook|hook declined"), "a hook of the server declines it: ask those who run it what it wants"),
)


def push(repository: Path, remote: Remote, limits: Limits, *, commit: str | None, branch: str, expected: str | None) -> None:
    """Point a branch of the remote at a commit, or without one delete it, if it is where it is `expected` to be; `None` for not there.

    Raises `BranchMoved` when it is elsewhere, and `RepositoryError`.
    """
    persist(lambda: _push(repository, remote, limits, commit=commit, branch=branch, expected=expected), limits)


def _push(repository: Path, remote: Remote, limits: Limits, *, commit: str | None, branch: str, expected: str | None) -> None:
    name = HEADS + branch
    options = ("--porcelain", "--no-verify", "--no-follow-tags", "--no-signed", f"--force-with-lease={name}:{expected or ''}")
    other_side = access.other_side(remote, "receive-pack")
    try:
        run(
            *("push", *options, *other_side, "--", remote.url, f"{commit or ''}:{name}"),
            repository=repository,
            surroundings=access.surroundings(remote),
            seconds=limits.command,
        )
    except Failed as failed:
        said = f"{scrub(failed.said, remote.authorization)}\n{failed.complaint}"
        is_lost, is_stale = failed.is_late or is_passing(failed), bool(_STALE.search(said) or _RACED.search(said))
        if (is_lost or is_stale) and references(remote, limits).heads.get(branch) == commit:
            return  # it is done, and what was lost is the answer
        if is_stale:
            raise BranchMoved("commit", f"{remote.url}: the branch {branch} is not where it was seen last, so it was left alone; run again") from None
        raise _refusal(failed, said, remote, branch) from None


def _refusal(failed: Failed, said: str, remote: Remote, branch: str) -> RepositoryError:
    match = _REASON.search(said)
    words_of_server = cited(failed.complaint if "remote: " in failed.complaint or match is None else match.group(1))
    for pattern, words in _REFUSALS:
        if pattern.search(said):
            return RepositoryError("commit", f"{remote.url}: the push to {branch} is refused, {words}. The server says {words_of_server}")
    if "returned error: 403" in said or "HTTP 403" in said:
        return RepositoryError("commit", f"{remote.url}: these credentials may read and not write (403); give the token the permission to push")
    if match is not None:
        return RepositoryError("commit", f"{remote.url}: the push to {branch} is refused: {words_of_server}; ask those who run the server")
    return reading(failed, remote, stage="commit")
