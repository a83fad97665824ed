"""Bare repositories to be cloned from and pushed to, filled without a work tree, so that a path can be any bytes."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from redigest.clones.clone import Author, Clone
from redigest.clones.command import Limits
from redigest.clones.commit_tree import CommitTree
from redigest.screen import Screen
from redigest.tree import Listing
from tests.samples import git

QUICK = Limits(command=60, attempts=3, wait=0.001, longest_wait=0.01)
"""Waits that no test notices."""

Content = str | bytes | tuple[str, str | bytes]
"""What a file holds, or its mode and that."""


def bare(path: Path, files: Mapping[str, Content] | None = None, *, branch: str = "main") -> Path:
    """Make a bare repository, with one commit on a branch if there are files."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--bare", f"--initial-branch={branch}", ".")
    git(path, "config", "http.receivepack", "true")
    git(path, "config", "uploadpack.allowFilter", "true")
    if files is not None:
        commit(path, branch, files)
    return path


def commit(path: Path, branch: str, files: Mapping[str, Content], *, message: str = "all", parents: tuple[str, ...] | None = None) -> str:
    """Put a commit with these files, and no others, on a branch, after what it has or after `parents`."""
    entries = []
    for name, content in files.items():
        mode, held = content if isinstance(content, tuple) else ("100644", content)
        written = held if mode == "160000" and isinstance(held, str) else store(path, held)
        entries.append(f"{mode} {written}\t".encode() + os.fsencode(name) + b"\0")
    index = path / "index"
    index.unlink(missing_ok=True)
    git(path, "update-index", "-z", "--index-info", stdin=b"".join(entries))
    tree = git(path, "write-tree").decode().strip()
    if parents is None:
        parents = tuple(git(path, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").decode().split())
    made = git(path, "commit-tree", tree, *(part for parent in parents for part in ("-p", parent)), "-m", message).decode().strip()
    git(path, "update-ref", f"refs/heads/{branch}", made)
    return made


def store(path: Path, content: str | bytes) -> str:
    """Store a blob."""
    return git(path, "hash-object", "-w", "--stdin", stdin=content if isinstance(content, bytes) else content.encode()).decode().strip()


def head(path: Path, branch: str = "main") -> str:
    """The commit of a branch, empty if there is none."""
    return git(path, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").decode().strip()


def content(path: Path, commit: str, name: str) -> bytes:
    """What a file holds in a commit."""
    return git(path, "cat-file", "blob", f"{commit}:{name}")


KEY = "127.0.0.1/acme/deploy"
BOT = Author("redigest", "redigest@example.com")
FILES: dict[str, Content] = {"a.yaml": "image: a@sha256:0\n", "k8s/b.sh": ("100755", "sha256:1\n"), "k8s/c.txt": "nothing\n", "link": ("120000", "a.yaml")}


def changed(clone: Clone, parent: str, files: Mapping[str, bytes]) -> str:
    """Fetch a commit and make another one on it in a clone."""
    clone.fetch([parent])
    return clone.commit(clone.write(parent, files), parent=parent, message="swap\n", author=BOT)


def listing(tree: CommitTree, pattern: str) -> Listing:
    """How many files a tree has, and those that fit a pattern, as `Tree.listing` has it."""

    class Pattern(Screen):
        def takes(self, data: bytes) -> bool:
            return any(re.search(line, data) for line in pattern.encode().splitlines())

    files = tree.blobs()
    return Listing(len(files), tuple(sorted(path for path, _ in tree.contents(sorted(files), Pattern(())))))
