"""Repositories on this disk as a forge: a branch is pushed, and what a forge would show is kept as Markdown in git's own folder.

Below `.git/redigest`, or `redigest` in a bare repository, proposals are `1.md`, `2.md` and so on, and the comments under the first one `1.comment-1.md`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from redigest import git
from redigest.cache import whole_file
from redigest.clones.remote import Remote
from redigest.errors import RepositoryError
from redigest.forges.model import Comment, Limits, Opened, Proposal, Repository, Request, Status
from redigest.proposals.marker import parse

_LIMIT = 1 << 20
"""As on GitLab; a longer text is one that nobody reads."""

_HEAD = re.compile(r"<!-- (?P<status>open|closed|merged): (?P<branch>\S+) into (?P<base>\S+) -->\n# (?P<title>[^\n]*)\n\n", re.ASCII)
_COMMENT = re.compile(r"\.comment-([0-9]+)\.md")


class Local:
    """All repositories on this disk; the name of one is its path."""

    host = ""
    limits = Limits(title=255, body=_LIMIT, comment=_LIMIT)
    request_word = "proposal"

    def remote(self, name: str) -> Remote:
        """By the file protocol, so that nothing of the repository is linked into the clone."""
        return Remote(Path(name).resolve().as_uri())

    def repository(self, name: str) -> Repository:
        _folder(name)
        return Repository(name, default_branch=None)

    def select(self, selection: object) -> Iterator[Repository]:
        raise RepositoryError("sources", f"repositories on this disk are named one by one, which {selection!r} does not")

    def proposals(self, name: str, branch: str) -> Sequence[Proposal]:
        return [_shown(file, name) for file in _files(_folder(name)) if file.branch == branch]

    def open(self, name: str, request: Request) -> Opened:
        """Write the proposal into a new file; what only people can be asked for is left out, with a warning."""
        folder = _folder(name)
        files = _files(folder)
        for earlier in files:
            if earlier.branch == request.branch and earlier.status is Status.OPEN:  # else it would pass for open again, with the new branch
                merged = _shown(earlier, name).status is Status.MERGED
                replace(earlier, status=Status.MERGED if merged else Status.CLOSED).write()
        number = 1 + max((file.number for file in files), default=0)
        file = _File(folder, number, Status.OPEN, request.branch, request.base, request.title, request.body)
        file.write()
        asked = (*request.reviewers, *request.assignees)
        return Opened(_shown(file, name), (f"nobody was asked for a review: {', '.join(asked)}",) if asked else ())

    def update(self, name: str, number: int, *, title: str | None = None, body: str | None = None) -> None:
        file = _file(name, number)
        replace(file, title=title if title is not None else file.title, body=body if body is not None else file.body).write()

    def close(self, name: str, number: int, *, body: str) -> None:
        replace(_file(name, number), status=Status.CLOSED, body=body).write()

    def comments(self, name: str, number: int) -> Sequence[Comment]:
        folder = _folder(name)
        return [Comment(key, _text(folder / f"{number}.comment-{key}.md"), is_own=True) for key in _comments(folder, number)]

    def comment(self, name: str, number: int, body: str) -> None:
        folder = _folder(name)
        _save(folder / f"{number}.comment-{1 + max(_comments(folder, number), default=0)}.md", body)

    def edit_comment(self, name: str, number: int, comment: int, body: str) -> None:
        _save(_folder(name) / f"{number}.comment-{comment}.md", body)

    def delete_comment(self, name: str, number: int, comment: int) -> None:
        (_folder(name) / f"{number}.comment-{comment}.md").unlink(missing_ok=True)

    def link(self, name: str, commit: str, path: str, line: int) -> str | None:  # noqa: ARG002 -- a file on this disk has no web address
        return None

    def commit(self, name: str, branch: str, *, parent: str, message: str, files: Mapping[str, bytes]) -> str | None:  # noqa: ARG002 -- it cannot
        return None

    def close_connections(self) -> None:
        """There are none."""


@dataclass(frozen=True, slots=True)
class _File:
    """A proposal as it is kept."""

    folder: Path
    number: int
    status: Status
    branch: str
    base: str
    title: str
    body: str

    @property
    def path(self) -> Path:
        return self.folder / f"{self.number}.md"

    @classmethod
    def read(cls, folder: Path, number: int) -> "_File | None":
        """Read a proposal; `None` for a file that is none."""
        text = _text(folder / f"{number}.md")
        head = _HEAD.match(text)
        if head is None:
            return None
        return cls(folder, number, Status(head["status"]), head["branch"], head["base"], head["title"], text[head.end() :])

    def write(self) -> None:
        _save(self.path, f"<!-- {self.status}: {self.branch} into {self.base} -->\n# {self.title}\n\n{self.body.rstrip()}\n")


def _files(folder: Path) -> Sequence[_File]:
    """Every proposal, the newest first."""
    numbers = sorted((int(file.stem) for file in folder.glob("*.md") if file.stem.isdecimal()), reverse=True)
    return [file for number in numbers if (file := _File.read(folder, number)) is not None]


def _file(name: str, number: int) -> _File:
    file = _File.read(_folder(name), number)
    if file is None:
        raise RepositoryError("propose", f"{name} has no proposal {number} any more")
    return file


def _shown(file: _File, name: str) -> Proposal:
    """The proposal as it stands: merged once its commit is in the base branch, and closed once its branch is gone."""
    status, root = file.status, Path(name)
    marker = parse(file.body).marker
    head = (git.answer(git.start(root, "rev-parse", "--verify", "--quiet", f"refs/heads/{file.branch}", is_named=True)) or "").strip() or None
    if status is Status.OPEN and marker is not None:
        missing = git.answer(git.start(root, "rev-list", "--max-count=1", marker.head, f"^refs/heads/{file.base}", "--", is_named=True))
        status = Status.MERGED if missing == "" else status if head else Status.CLOSED
    return Proposal(file.number, str(file.path), file.branch, file.base, file.title, file.body, status, head=head)


def _folder(name: str) -> Path:
    """Where the proposals of a repository are kept. Raises `RepositoryError` where there is no repository."""
    try:
        found = git.answer(git.start(Path(name), "rev-parse", "--git-common-dir", is_named=True), is_strict=True)
    except OSError:
        found = None
    if not found:
        raise RepositoryError("sources", f"{name} is no Git repository that can be opened; name the folder of one, bare or with a work tree")
    return Path(name, found.removesuffix("\n"), "redigest")


def _comments(folder: Path, number: int) -> Sequence[int]:
    found = (_COMMENT.search(file.name) for file in folder.glob(f"{number}.comment-*.md"))
    return sorted(int(match[1]) for match in found if match)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _save(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        with whole_file(path) as stream:
            stream.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise RepositoryError("propose", f"{path} cannot be written: {error.strerror}") from error
