"""Clones over HTTP: fetched, read, written, pushed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from redigest.clones.clone import Author, BranchMoved, Clone, Clones
from redigest.clones.references import References, references
from tests.clones.remotes import QUICK, bare, commit, content, head
from tests.clones.smart_server import SmartServer, serve
from tests.samples import git

pytestmark = pytest.mark.needs("git")

KEY = "127.0.0.1/acme/deploy"
BOT = Author("redigest", "redigest@example.com")
FILES = {"a.yaml": "image: a@sha256:0\n", "k8s/b.sh": ("100755", "sha256:1\n"), "k8s/c.txt": "nothing\n", "link": ("120000", "a.yaml")}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmartServer]:
    bare(tmp_path / "remotes/deploy.git", FILES)
    with serve(tmp_path / "remotes") as running:
        yield running


@pytest.fixture
def target(server: SmartServer) -> Path:
    return server.root / "deploy.git"


@pytest.fixture
def clones(tmp_path: Path) -> Clones:
    return Clones(tmp_path / "cache", QUICK)


@pytest.fixture
def clone(clones: Clones, server: SmartServer) -> Iterator[Clone]:
    with clones.open(server.remote(), KEY) as opened:
        yield opened


def changed(clone: Clone, parent: str, files: dict[str, bytes]) -> str:
    """Fetch a commit and make another one on it."""
    clone.fetch([parent])
    return clone.commit(clone.write(parent, files), parent=parent, message="swap\n", author=BOT)


def test_lists_branches_and_the_default_one(server: SmartServer, target: Path) -> None:
    first = head(target, "main")
    second = commit(target, "release/1", {"x": "y"})
    git(target, "tag", "v1", second)
    git(target, "update-ref", "refs/pull/1/head", second)
    assert references(server.remote(), QUICK) == References({"main": first, "release/1": second}, "main")


def test_reads_writes_and_pushes_a_commit(clone: Clone, server: SmartServer, target: Path) -> None:
    base = references(server.remote(), QUICK).heads["main"]
    made = changed(clone, base, {"k8s/b.sh": b"sha256:2\n"})
    tree = clone.tree(base)
    assert (tree.listing("sha256").count, tree.listing("sha256").candidates) == (3, ("a.yaml", "k8s/b.sh"))
    assert (tree.read("a.yaml"), tree.size("k8s/b.sh")) == (b"image: a@sha256:0\n", 9)
    clone.push(made, "redigest/schema-2", expected=None)
    assert head(target, "redigest/schema-2") == made
    assert git(target, "diff-tree", "-r", "--raw", base, made).decode().split()[:2] == [":100755", "100755"]
    assert git(target, "diff-tree", "-r", "--name-only", base, made) == b"k8s/b.sh\n"
    assert content(target, made, "k8s/b.sh") == b"sha256:2\n"
    assert git(target, "show", "--no-patch", "--format=%an %ae %cn %ce %B", made).decode().split() == ["redigest", BOT.email, "redigest", BOT.email, "swap"]
    git(target, "fsck", "--strict")


def test_leaves_a_branch_that_moved(clone: Clone, target: Path) -> None:
    base = str(head(target, "main"))
    made = changed(clone, base, {"a.yaml": b"image: a@sha256:9\n"})
    theirs = commit(target, "ours", {"x": "y"})
    for expected in (None, base, made):
        with pytest.raises(BranchMoved, match="ours"):
            clone.push(made, "ours", expected=expected)
        assert head(target, "ours") == theirs
    with pytest.raises(BranchMoved):
        clone.delete("ours", expected=base)
    clone.push(made, "ours", expected=theirs)
    assert head(target, "ours") == made
    clone.delete("ours", expected=made)
    assert head(target, "ours") is None
