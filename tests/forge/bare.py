"""What is asked of a bare repository, and done in one, without a work tree."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.samples import git

Identity = tuple[str, str]
"""A name and a mail address."""

SOMEONE: Identity = ("Someone", "someone@example")


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit; `when` is in seconds since 1970."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Identity
    committer: Identity
    when: int
    message: str

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Change:
    """A file that two commits do not share; `status` is a letter of git: A, D, M or T."""

    path: str
    status: str
    sha: str
    additions: int
    deletions: int


def create(path: Path, branch: str) -> None:
    """Make an empty repository that takes pushes over HTTP."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--bare", f"--initial-branch={branch}", ".")
    settings = {"http.receivepack": "true", "uploadpack.allowFilter": "true", "uploadpack.allowAnySHA1InWant": "true", "gc.auto": "0"}
    with (path / "config").open("a") as config:
        for name, value in settings.items():
            section, _, key = name.partition(".")
            config.write(f"[{section}]\n\t{key} = {value}\n")
        config.write("[receive]\n\thideRefs = refs/pull\n\thideRefs = refs/merge-requests\n\tautogc = false\n")


def heads(path: Path) -> dict[str, str]:
    """Every branch with its commit, in the order of names."""
    lines = git(path, "for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads/").decode().splitlines()
    return {name: sha for sha, _, name in (line.partition(" ") for line in lines)}


def commit(
    path: Path, branch: str, files: Mapping[str, bytes | None], *, message: str, author: Identity = SOMEONE, committer: Identity | None = None, when: int
) -> str:
    """Put a commit on a branch, which is made if there is none; a file that is `None` is deleted."""
    reference = f"refs/heads/{branch}"
    parent = heads(path).get(branch)
    text = message.encode()
    stream = [f"commit {reference}\n".encode()]
    for role, (name, mail) in (("author", author), ("committer", committer or author)):
        stream.append(f"{role} {name} <{mail}> {when} +0000\n".encode())
    stream.append(b"data %d\n%b\n" % (len(text), text))
    if parent is not None:
        stream.append(f"from {parent}\n".encode())
    for name, content in files.items():
        quoted = b'"' + os.fsencode(name).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
        stream.append(b"D " + quoted + b"\n" if content is None else b"M 100644 inline %b\ndata %d\n%b\n" % (quoted, len(content), content))
    git(path, "fast-import", "--quiet", stdin=b"".join(stream))
    return heads(path)[branch]


def files(path: Path, commit: str) -> dict[str, bytes]:
    """Every file of a commit with its content."""
    listed = [line.partition(b"\t") for line in git(path, "ls-tree", "-r", "-z", commit).split(b"\0") if line]
    blobs = [(os.fsdecode(name), entry.split()[2]) for entry, _, name in listed if entry.split()[1] == b"blob"]
    contents = git(path, "cat-file", "--batch", stdin=b"".join(sha + b"\n" for _, sha in blobs))
    found, position = {}, 0
    for name, _ in blobs:
        end = contents.index(b"\n", position)
        size = int(contents[position:end].split()[2])
        found[name] = contents[end + 1 : end + 1 + size]
        position = end + size + 2
    return found


def commits(path: Path, *revisions: str) -> list[Commit]:
    """The commits of a range, the newest first."""
    form = "%H%x00%T%x00%P%x00%an%x00%ae%x00%cn%x00%ce%x00%ct%x00%B"
    found = []
    for entry in git(path, "log", "-z", f"--format=tformat:{form}%x01", *revisions, "--").decode("utf-8", "replace").split("\x01"):
        if fields := entry.strip("\0"):
            sha, tree, parents, name, mail, other, other_mail, when, message = fields.split("\0", 8)
            found.append(Commit(sha, tree, tuple(parents.split()), (name, mail), (other, other_mail), int(when), message.rstrip("\n")))
    return found


def changes(path: Path, before: str, after: str) -> list[Change]:
    """The files that differ, in the order of names."""
    raw = git(path, "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", before, after).split(b"\0")
    counts = git(path, "diff-tree", "-r", "-z", "--numstat", "--no-renames", before, after).split(b"\0")
    numbers = {os.fsdecode(name): (added, removed) for added, removed, name in (line.split(b"\t", 2) for line in counts if line)}
    found = []
    for entry, name in zip(raw[0:-1:2], raw[1::2], strict=True):
        _, _, _, sha, status = entry.decode().split()
        added, removed = (int(number) if number.isdigit() else 0 for number in numbers[os.fsdecode(name)])
        found.append(Change(os.fsdecode(name), status, sha, added, removed))
    return found


def merge_base(path: Path, one: str, other: str) -> str | None:
    """The best common ancestor, `None` of histories that have none."""
    return _asked(path, "merge-base", one, other)


def is_ancestor(path: Path, one: str, other: str) -> bool:
    """Whether the history of the second commit has the first one."""
    return merge_base(path, one, other) == one


def merged_tree(path: Path, base: str, head: str) -> str | None:
    """The tree that merging would give, `None` where the two conflict."""
    return _asked(path, "merge-tree", "--write-tree", base, head)


def merge(path: Path, branch: str, *, base: str, head: str, message: str, author: Identity) -> str:
    """Put a merge commit on a branch. The two must not conflict."""
    tree = merged_tree(path, base, head)
    assert tree is not None, f"{branch} conflicts with {head}"
    named = ("-c", f"user.name={author[0]}", "-c", f"user.email={author[1]}")
    made = git(path, *named, "commit-tree", tree, "-p", base, "-p", head, "-m", message).decode().strip()
    git(path, "update-ref", f"refs/heads/{branch}", made, base)
    return made


def _asked(path: Path, *arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], cwd=path, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.strip() if done.returncode == 0 else None
