"""Which trees are compared: a range of commits in a repository on this disk, named by whoever runs the check."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from redigest import git
from redigest.clones.command import Failed, Surroundings, run
from redigest.clones.references import is_object_id
from redigest.clones.refusals import cited
from redigest.errors import UsageError

_RANGE = re.compile(r"(?P<base>.+?)\.{2,3}(?P<head>[^.].*)", re.DOTALL)
_TELLING = Surroundings(settings={"core.warnAmbiguousRefs": "true"})
"""A tag can have the name of a branch, and whoever may push it would choose the base."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository on this disk: git's own folder, and the work tree, `None` where there is none."""

    folder: Path
    work_tree: Path | None


@dataclass(frozen=True, slots=True)
class Range:
    """Commits by their ids: `named` is the base as the caller named it, `base` the last one that both sides have, `head` is checked; `None` for a patch."""

    named: str
    base: str
    head: str | None


def opened(named: Path | None) -> Repository:
    """Find the repository that a folder is in, `None` for the current directory.

    A commit can hold what git takes for a bare repository, with objects and references of whoever made it. Therefore one counts only where it is named
    itself, and never inside the work tree of another one. Raises `UsageError`.
    """
    path = named or Path()
    try:
        found = git.answer(git.start(path, "rev-parse", "--absolute-git-dir", is_named=True), is_strict=True)
        top = git.answer(git.start(path, "rev-parse", "--show-toplevel", is_named=True))
    except OSError:
        found = top = None
    if not found:
        raise UsageError(f"{path} is in no Git repository that can be opened; name one with --repository DIR, and see that it belongs to you")
    folder, real = Path(found.removesuffix("\n")), path.resolve()
    if folder in (real, *real.parents) and (named is None or folder != real):
        raise UsageError(f"{path} is in {folder}, which is a bare repository, or git's own folder; if that is the one to check, name it with --repository DIR")
    if (outer := _outer(folder)) is not None:
        raise UsageError(f"{folder} lies in the work tree {outer} of another repository, whose files anybody may have made; name that with --repository DIR")
    return Repository(folder, Path(top.removesuffix("\n")) if top else None)


def _outer(folder: Path) -> Path | None:
    """The work tree of another repository that git's own folder lies in; no commit can hold anything called `.git`."""
    if ".git" in folder.parts:
        return None
    for above in folder.parents:
        if os.path.lexists(above / ".git"):
            owned = git.answer(git.start(above, "rev-parse", "--absolute-git-dir"))
            return None if owned and folder.is_relative_to(owned.removesuffix("\n")) else above
    return None


def range_of(repository: Repository, written: str) -> Range:
    """Read `BASE..HEAD`; what counts is what HEAD changes since the last commit that it shares with BASE. Raises `UsageError`."""
    match = _RANGE.fullmatch(written)
    if match is None:
        raise UsageError(f"{written!r} is no range of commits; write it as BASE..HEAD, such as origin/main..HEAD")
    named, head = commit(repository, match["base"]), commit(repository, match["head"])
    return Range(named, _shared(repository, named, head, written), head)


def commit(repository: Repository, name: str) -> str:
    """The id of the commit that a revision names. Raises `UsageError`."""
    if name.startswith("-") or "\0" in name:
        raise UsageError(f"{name!r} is no name of a commit, which does not begin with a hyphen")
    try:
        said = run(
            *("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}"),
            repository=repository.folder,
            surroundings=_TELLING,
            is_strict=not is_object_id(name),
        )
    except Failed as failed:
        if "is ambiguous" in failed.complaint:
            raise UsageError(f"{name!r} names more than one thing; write it in full, such as refs/remotes/origin/main, or give the id of the commit") from None
        raise UsageError(f"{name!r} names no commit that is here ({cited(failed.complaint)}); fetch it, or correct the name") from None
    return said.decode("ascii").strip()


def _shared(repository: Repository, named: str, head: str, written: str) -> str:
    try:
        found = run("merge-base", "--all", named, head, repository=repository.folder).decode("ascii").split()
    except Failed as failed:
        if failed.status != 1 or failed.complaint:
            raise UsageError(f"{written}: the commits cannot be compared ({cited(failed.complaint)}); fetch their whole history") from None
        found = []
    if found == [named]:
        return named
    if run("rev-parse", "--is-shallow-repository", repository=repository.folder).strip() == b"true":
        raise UsageError(f"{written}: this clone is shallow, so it is not known where the two part; fetch the history (`fetch-depth: 0`, GIT_DEPTH: 0)")
    if not found:
        raise UsageError(f"{written}: the two have no commit in common; name the branch that HEAD was made from")
    if len(found) > 1:
        raise UsageError(f"{written}: the two have {len(found)} latest commits in common, so it is not known what HEAD changes; make it anew on BASE")
    return found[0]
