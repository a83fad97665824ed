"""A branch that changes very much is judged in a time in proportion to that."""

import contextlib
import time
from pathlib import Path

import pytest

from redigest.clones.commit_tree import CommitTree
from redigest.verification.judgement import Head, Terms, judge
from tests.clones.remotes import bare, head, store
from tests.samples import ETCD, git, search

pytestmark = pytest.mark.needs("git")


def test_takes_no_longer_than_in_proportion_for_files_that_were_added(tmp_path: Path) -> None:
    repository = bare(tmp_path / "deploy.git", {"a.yaml": f"image: {ETCD.before}\n" * 2_000})
    blob = store(repository, "evil\n")
    tree = git(repository, "ls-tree", "main") + b"".join(f"100644 blob {blob}\tevil{number}\n".encode() for number in range(20_000))
    made = git(repository, "mktree", stdin=tree).decode().strip()
    with contextlib.closing(CommitTree(repository, head(repository))) as base:
        before = time.process_time()
        judgement = judge(base, Head(repository, made), Terms(search()))
        assert time.process_time() - before < 4
    assert len(judgement.violations) == 20_000
