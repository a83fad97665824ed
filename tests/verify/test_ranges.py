"""Which commits are compared, and what is said where that cannot be known."""

from pathlib import Path

import pytest

from tests.clones.remotes import head, store
from tests.samples import ETCD, TOOLS, WEB, git
from tests.verify.checking import BASE, Case, said, swapped

pytestmark = pytest.mark.needs("git")

GOOD = swapped(BASE, ETCD, TOOLS, WEB)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    made = Case.of(tmp_path)
    made.commit(GOOD)
    return made


WRONG = {
    "main": "is no range of commits; write it as BASE..HEAD",
    "main..": "is no range of commits",
    "..head": "is no range of commits",
    "nothing..head": "'nothing' names no commit that is here",
    "main..nothing": "'nothing' names no commit that is here",
    "main..--output=x": "does not begin with a hyphen",
    f"main..{'1' * 40}": "names no commit that is here",
    "main:README.md..head": "names no commit that is here",
}


@pytest.mark.parametrize("revisions", WRONG)
def test_says_what_is_wrong_with_a_range(revisions: str, case: Case) -> None:
    checked = case.verify(revisions=revisions)
    assert (checked.code, WRONG[revisions] in checked.text) == (2, True), checked.text


def test_refuses_a_base_that_looks_like_an_option(case: Case) -> None:
    checked = case.verify("--", revisions="--output=x..head")
    assert (checked.code, "does not begin with a hyphen" in checked.text) == (2, True), checked.text


def test_wants_a_range_or_a_patch(case: Case) -> None:
    checked = case.verify(revisions=None)
    assert (checked.code, "BASE..HEAD" in checked.text) == (2, True)


def test_says_that_a_folder_is_in_no_repository(tmp_path: Path) -> None:
    checked = said("verify", "--offline", "--repository", str(tmp_path), "a..b")
    assert (checked.code, "is in no Git repository" in checked.text) == (2, True)


@pytest.mark.parametrize("kind", ["tags", "heads"])
def test_does_not_let_a_reference_of_the_same_name_choose_the_base(kind: str, case: Case) -> None:
    git(case.repository, "update-ref", "refs/remotes/origin/main", head(case.repository))
    assert case.verify(revisions="origin/main..head").code == 0
    evil = case.commit({**GOOD, "evil.sh": "evil\n"}, branch="evil")
    git(case.repository, "update-ref", f"refs/{kind}/origin/main", evil)
    git(case.repository, "config", "core.warnAmbiguousRefs", "false")
    checked = case.verify(revisions="origin/main..evil")
    assert (checked.code, "names more than one thing" in checked.text) == (2, True), checked.text
    assert case.verify(revisions="refs/remotes/origin/main..evil").code == 1


def test_takes_a_full_id_for_the_commit_whatever_references_are_called(case: Case) -> None:
    base = head(case.repository)
    evil = case.commit({**GOOD, "evil.sh": "evil\n"}, branch="evil")
    git(case.repository, "update-ref", f"refs/heads/{base}", evil)
    assert case.verify(revisions=f"{base}..{evil}").code == 1


def test_does_not_take_the_base_that_a_merge_brought_along_for_unchanged(case: Case) -> None:
    later = case.commit({**BASE, "fix.txt": "important\n"}, branch="main", parents=(head(case.repository),))
    case.commit(GOOD, parents=(head(case.repository, "head"), later))
    checked = case.verify()
    assert (checked.code, checked.lines) == (1, ["fix.txt:1:1: a file was deleted"])


def test_refuses_commits_that_share_no_history(case: Case) -> None:
    case.commit(GOOD, branch="orphan", parents=())
    checked = case.verify(revisions="main..orphan")
    assert (checked.code, "no commit in common" in checked.text) == (2, True)


def test_refuses_histories_that_cross(case: Case) -> None:
    one = case.commit({**BASE, "a": "a\n"}, branch="main", parents=(head(case.repository),))
    two = head(case.repository, "head")
    case.commit({**GOOD, "a": "a\n"}, branch="main", parents=(one, two))
    case.commit({**GOOD, "a": "a\n"}, branch="head", parents=(two, one))
    checked = case.verify()
    assert (checked.code, "2 latest commits in common" in checked.text) == (2, True), checked.text


def test_says_what_to_do_about_a_shallow_clone(case: Case) -> None:
    case.commit({**BASE, "later.txt": "x\n"}, branch="main", parents=(head(case.repository),))
    git(case.folder, "clone", "--quiet", "--bare", "--depth=1", "--no-single-branch", case.repository.as_uri(), "shallow.git")
    with_depth = said("verify", "--offline", "--repository", str(case.folder / "shallow.git"), "main..head")
    assert (with_depth.code, "fetch-depth: 0" in with_depth.text) == (2, True), with_depth.text
    git(case.folder / "shallow.git", "fetch", "--quiet", "--unshallow")
    assert said("verify", "--offline", "--repository", str(case.folder / "shallow.git"), "--mapping", str(case.folder / "schema1.csv"), "main..head").code == 0


def test_says_what_to_do_about_a_clone_without_files(case: Case) -> None:
    git(case.folder, "clone", "--quiet", "--bare", "--filter=blob:none", case.repository.as_uri(), "partial.git")
    checked = said("verify", "--offline", "--repository", str(case.folder / "partial.git"), "main..head")
    assert (checked.code, "fetch them whole, without --filter" in checked.text) == (3, True), checked.text


def test_sees_an_entry_that_hides_behind_another(case: Case) -> None:
    """A tree can name a file twice; programs do not agree on which of them counts."""
    tree = git(case.repository, "cat-file", "tree", "head^{tree}")
    entry = b"100644 README.md\0"
    start = tree.index(entry)
    evil = bytes.fromhex(store(case.repository, "evil\n"))
    doubled = tree[:start] + entry + evil + tree[start:]
    written = git(case.repository, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=doubled).decode().strip()
    made = git(case.repository, "commit-tree", written, "-p", head(case.repository), "-m", "x").decode().strip()
    checked = case.verify(revisions=f"main..{made}")
    assert (checked.code, checked.lines) == (1, [".:1:1: the folder is stored in another form: its entries are in another order, or one of them stands twice"])


def test_is_not_led_astray_by_replaced_objects(case: Case) -> None:
    evil = case.commit({**GOOD, "evil.sh": "evil\n"}, branch="evil")
    git(case.repository, "replace", evil, head(case.repository, "head"))
    assert case.verify(revisions=f"main..{evil}").code == 1


def test_is_not_led_astray_by_grafts(case: Case) -> None:
    """They give commits other parents (gitrepository-layout(5), `info/grafts`), and so another base."""
    old = head(case.repository)
    evil = case.commit({**BASE, "evil.sh": "evil\n"}, branch="evil")
    later = case.commit({**GOOD, "evil.sh": "evil\n"}, branch="later", parents=(evil,))
    assert case.verify(revisions=f"main..{later}").lines == ["evil.sh:1:1: a file was added"]
    (case.repository / "info").mkdir(exist_ok=True)
    (case.repository / "info/grafts").write_text(f"{old} {evil}\n{evil}\n")
    checked = case.verify(revisions=f"main..{later}")
    assert (checked.code, checked.lines) == (1, ["evil.sh:1:1: a file was added"]), checked.text


@pytest.mark.parametrize("tree", ["zz", "100644 a\0short", "9 a\0" + "1" * 20, "100644 a", "-1 a\0" + "1" * 20, " a\0" + "1" * 20])
def test_says_that_a_folder_cannot_be_read(tree: str, case: Case) -> None:
    """Other programs write trees as well, and git stores some that it cannot read."""
    written = git(case.repository, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=tree.encode()).decode().strip()
    made = git(case.repository, "hash-object", "-t", "commit", "-w", "--stdin", stdin=f"tree {written}\nparent {head(case.repository)}\n{PERSON}".encode())
    checked = case.verify(revisions=f"main..{made.decode().strip()}")
    assert (checked.code, f"tree {written} is damaged" in checked.text) == (3, True), checked.text
    assert "may be deleted" not in checked.text


PERSON = "author a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx\n"
