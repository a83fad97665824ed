"""Which repository is asked: never one that a branch brought along as files."""

import contextlib
import shutil
from pathlib import Path

import pytest

from tests.clones.remotes import commit, head
from tests.run.bot import deployment
from tests.samples import ETCD, git, mapping_csv, plant, repository
from tests.verify.checking import Case, Said, said

pytestmark = pytest.mark.needs("git")

BEFORE = deployment(ETCD)
AFTER = BEFORE.replace(ETCD.old.hex.encode(), ETCD.new.hex.encode())


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A checkout of a branch that changes more than digests."""
    made = repository(tmp_path / "work", {"web.yaml": BEFORE})
    git(made, "switch", "--quiet", "--create", "head")
    plant(made, {"web.yaml": AFTER, "evil.sh": "evil\n"})
    git(made, "add", "--all")
    git(made, "commit", "--quiet", "--message", "swap")
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    return made


def planted(work: Path, *, place: str = "sub", is_bare: bool = True) -> Path:
    """Bring a repository along in which the same names mean nothing but swaps, as files that a commit can hold."""
    folder = work / place
    case = Case.of(work.parent / "made", {"web.yaml": BEFORE})
    case.commit({"web.yaml": AFTER})
    shutil.move(case.repository, folder)
    if not is_bare:
        git(folder, "config", "core.bare", "false")
        git(folder, "config", "core.worktree", "..")
    git(work, "add", "--all")
    assert git(work, "ls-files", f"{place}/HEAD")
    return folder


def verify(folder: Path, *flags: str, mapping: Path) -> Said:
    with contextlib.chdir(folder):
        return said("verify", "--offline", "--mapping", str(mapping), *flags, "main..head")


@pytest.mark.parametrize("is_bare", [True, False])
@pytest.mark.parametrize("place", ["sub", "a/b.git"])
def test_refuses_a_repository_that_is_files_of_the_work_tree(place: str, *, is_bare: bool, work: Path) -> None:
    mapping = work.parent / "schema1.csv"
    folder = planted(work, place=place, is_bare=is_bare)
    assert verify(work, mapping=mapping).code == 1
    for asked in (verify(folder, mapping=mapping), verify(folder / "refs", mapping=mapping)):
        assert (asked.code, "is a bare repository, or git's own folder" in asked.text) == (2, True), asked.text
    for asked in (verify(work, "--repository", place, mapping=mapping), verify(folder, "--repository", ".", mapping=mapping)):
        assert (asked.code, "lies in the work tree" in asked.text) == (2, True), asked.text
    assert verify(work, "--repository", f"{place}/refs", mapping=mapping).code == 2


def test_refuses_a_repository_among_the_files_of_a_linked_work_tree(work: Path) -> None:
    git(work, "worktree", "add", "--quiet", "--detach", str(work.parent / "linked"))
    folder = planted(work.parent / "linked")
    checked = verify(folder, "--repository", str(folder), mapping=work.parent / "schema1.csv")
    assert (checked.code, "lies in the work tree" in checked.text) == (2, True), checked.text


def test_takes_a_bare_repository_that_is_named(tmp_path: Path) -> None:
    case = Case.of(tmp_path, {"web.yaml": BEFORE})
    case.commit({"web.yaml": AFTER})
    assert case.verify().code == 0
    checked = verify(case.repository, mapping=tmp_path / "schema1.csv")
    assert (checked.code, "name it with --repository DIR" in checked.text) == (2, True), checked.text
    assert verify(case.repository, "--repository", ".", mapping=tmp_path / "schema1.csv").code == 0


def test_works_in_folders_linked_work_trees_and_submodules(work: Path) -> None:
    mapping = work.parent / "schema1.csv"
    git(work, "reset", "--quiet", "--hard", "main")
    plant(work, {"web.yaml": AFTER})
    git(work, "commit", "--quiet", "--all", "--message", "swap")
    git(work, "worktree", "add", "--quiet", "--detach", str(work / "linked"))
    outer = repository(work.parent / "outer", {"a.txt": "a\n"})
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", "--branch", "head", str(work), "mod")
    git(outer / "mod", "fetch", "--quiet", "origin", "main:main")
    store = repository(work.parent / "store", {"web.yaml": BEFORE})
    git(store, "init", "--quiet", "--separate-git-dir=store.git")
    git(store, "branch", "head")
    plant(work, {"deep/folder/x": ""})
    for folder in (work, work / "deep/folder", work / "linked", outer / "mod", store):
        checked = verify(folder, mapping=mapping)
        assert checked.code == 0, (folder, checked.text)
        assert verify(folder.parent, "--repository", str(folder), mapping=mapping).code == 0
    assert verify(work.parent, "--repository", str(work / ".git"), mapping=mapping).code == 0


def test_the_planted_repository_would_have_passed(tmp_path: Path, work: Path) -> None:
    """Or the tests above would show nothing."""
    folder = planted(work)
    commit(folder, "other", {"a": "a\n"})
    assert head(folder, "head")
    shutil.move(folder, tmp_path / "elsewhere.git")
    assert verify(tmp_path, "--repository", "elsewhere.git", mapping=tmp_path / "schema1.csv").code == 0
