"""Clones over HTTP: fetched, read, written, pushed."""

from pathlib import Path

import pytest

from redigest.clones.clone import BranchMoved, Clone
from redigest.clones.references import references
from tests.clones.remotes import BOT, QUICK, changed, commit, content, head, listing
from tests.clones.smart_server import SmartServer
from tests.samples import git

pytestmark = pytest.mark.needs("git")


def test_reads_writes_and_pushes_a_commit(clone: Clone, server: SmartServer, target: Path) -> None:
    base = references(server.remote(), QUICK).heads["main"]
    made = changed(clone, base, {"k8s/b.sh": b"sha256:2\n"})
    tree = clone.tree(base)
    assert (listing(tree, "sha256").count, listing(tree, "sha256").candidates) == (3, ("a.yaml", "k8s/b.sh"))
    assert (tree.read("a.yaml"), tree.size("k8s/b.sh")) == (b"image: a@sha256:0\n", 9)
    clone.push(made, "redigest/schema-2", expected=None)
    assert head(target, "redigest/schema-2") == made
    assert git(target, "diff-tree", "-r", "--raw", base, made).decode().split()[:2] == [":100755", "100755"]
    assert git(target, "diff-tree", "-r", "--name-only", base, made) == b"k8s/b.sh\n"
    assert content(target, made, "k8s/b.sh") == b"sha256:2\n"
    assert git(target, "show", "--no-patch", "--format=%an %ae %cn %ce %B", made).decode().split() == ["redigest", BOT.email, "redigest", BOT.email, "swap"]
    git(target, "fsck", "--strict")


def test_leaves_a_branch_that_moved(clone: Clone, target: Path) -> None:
    base = head(target)
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
    assert not head(target, "ours")
