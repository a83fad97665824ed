import dataclasses
import subprocess
from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.pipeline import scan
from redigest.scope import Scope
from redigest.tree import Listing, WorkTree
from tests.samples import git, git_after, open_folder, plant, repository, search, unprivileged

pytestmark = pytest.mark.needs("git")

PATTERN = "sha256|digest:"
HIT, MISS = "image: a@sha256:0\n", "nothing\n"


def listing(*paths: Path, include: tuple[str, ...] = ("**",), exclude: tuple[str, ...] = ()) -> Listing:
    return WorkTree.at(paths, scope=Scope(include, exclude)).listing(PATTERN)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return repository(tmp_path / "checkout", {"a.yaml": HIT, "k8s/b.yaml": HIT, "k8s/c.txt": MISS, "digest.env": "digest: 1"})


def test_lists_all_files_outside_of_a_repository(tmp_path: Path) -> None:
    plant(tmp_path, {"b/a": MISS, "a/b": HIT, ".hidden/.x": HIT, "b.yaml": MISS, ".git/config": HIT, "b/.git/config": HIT})
    assert listing(tmp_path) == Listing(4, (".hidden/.x", "a/b", "b.yaml", "b/a"), unanswered=(".", "b"))


def test_lets_git_search_a_repository(checkout: Path) -> None:
    assert listing(checkout) == Listing(4, ("a.yaml", "digest.env", "k8s/b.yaml"))
    assert listing(checkout / "k8s") == Listing(2, ("b.yaml",))


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert listing(tmp_path) == Listing(0, ())
    git(tmp_path, "init", "--quiet")
    assert listing(tmp_path) == Listing(0, ())


def test_takes_what_is_not_tracked_yet_and_leaves_what_is_ignored(checkout: Path) -> None:
    plant(checkout, {".gitignore": "build\n*.log\n", "new.yaml": HIT, "build/out.yaml": HIT, "k8s/x.log": HIT})
    assert listing(checkout) == Listing(6, (".gitignore", "a.yaml", "digest.env", "k8s/b.yaml", "new.yaml"))  # a few new ones are not searched


@pytest.mark.parametrize("more", [{f"new/{number}": MISS for number in range(1001)}, {"large": MISS * (1 << 17)}])
def test_searches_what_is_not_tracked_yet_where_it_is_much(more: dict[str, str], checkout: Path) -> None:
    plant(checkout, {".gitignore": "*.log\n", "new.yaml": HIT, "a.log": HIT, **more})
    git(checkout, "add", "--force", "a.log")
    assert listing(checkout) == Listing(7 + len(more), ("a.log", "a.yaml", "digest.env", "k8s/b.yaml", "new.yaml"))


def test_finds_the_same_when_git_was_asked_ahead(checkout: Path) -> None:
    tree = WorkTree.at([checkout])
    tree.ask_ahead(PATTERN)
    assert tree.listing(PATTERN) == listing(checkout)
    plant(checkout, {"k8s/c.txt": HIT})
    assert tree.listing(PATTERN).candidates == ("a.yaml", "digest.env", "k8s/b.yaml", "k8s/c.txt")
    assert tree == WorkTree.at([checkout])


def test_takes_what_is_tracked_though_it_is_ignored(tmp_path: Path) -> None:
    repository(tmp_path, {".gitignore": "build\n", "build/out.yaml": HIT})
    assert listing(tmp_path) == Listing(2, ("build/out.yaml",))


def test_takes_what_has_changed_and_leaves_what_is_gone(checkout: Path) -> None:
    plant(checkout, {"k8s/c.txt": HIT, "a.yaml": MISS})
    (checkout / "digest.env").unlink()
    assert listing(checkout) == Listing(3, ("k8s/b.yaml", "k8s/c.txt"))


def test_counts_what_a_sparse_checkout_leaves_out_by_itself(checkout: Path) -> None:
    git(checkout, "sparse-checkout", "set", "--no-cone", "/*.yaml")
    assert listing(checkout) == Listing(1, ("a.yaml",), absent=3)


def test_takes_what_is_not_merged(checkout: Path) -> None:
    git(checkout, "checkout", "--quiet", "-b", "other")
    for branch in ("other", "main"):
        git(checkout, "checkout", "--quiet", branch)
        plant(checkout, {"k8s/c.txt": f"sha256: {branch}\n"})
        git(checkout, "commit", "--quiet", "--all", "--message", branch)
    subprocess.run(["git", "merge", "--quiet", "other"], cwd=checkout, check=False, capture_output=True)
    assert listing(checkout) == Listing(4, ("a.yaml", "digest.env", "k8s/b.yaml", "k8s/c.txt"))


@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_takes_a_file_that_the_index_has_as_something_else(mode: str, checkout: Path) -> None:
    git(checkout, "update-index", "--add", "--cacheinfo", f"{mode},{git(checkout, 'rev-parse', 'HEAD').decode().strip()},web.yaml")
    plant(checkout, {"web.yaml": "sha256"})
    assert "web.yaml" in listing(checkout).candidates


def test_takes_what_git_was_told_to_take_for_unchanged(checkout: Path) -> None:
    git(checkout, "update-index", "--assume-unchanged", "k8s/c.txt")
    git(checkout, "update-index", "--skip-worktree", "a.yaml")
    plant(checkout, {"k8s/c.txt": HIT})
    assert listing(checkout).candidates == ("a.yaml", "digest.env", "k8s/b.yaml", "k8s/c.txt")


@pytest.mark.parametrize(
    "setting",
    [
        "color.ui=always",
        "color.grep=always",
        "grep.fullName=true",
        "grep.lineNumber=true",
        "grep.patternType=perl",
        "submodule.recurse=true",
        "core.quotePath=true",
    ],
)
def test_no_setting_of_git_hides_a_digest(setting: str, checkout: Path) -> None:
    expected = listing(checkout), listing(checkout / "k8s")
    git(checkout, "config", *setting.split("="))
    assert (listing(checkout), listing(checkout / "k8s")) == expected


def test_no_attribute_of_git_hides_a_digest(checkout: Path) -> None:
    expected = listing(checkout).candidates
    plant(checkout, {".gitattributes": "*.yaml -diff\n*.env binary\nk8s/** export-ignore working-tree-encoding=UTF-16\n"})
    git(checkout, "add", ".gitattributes")
    assert listing(checkout).candidates == expected


def test_an_environment_for_another_repository_changes_nothing(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = listing(checkout), WorkTree.at([checkout / "k8s"]).prefix()
    other = repository(tmp_path / "other", {"other.yaml": HIT})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    assert (listing(checkout), WorkTree.at([checkout / "k8s"]).prefix()) == expected == (Listing(4, ("a.yaml", "digest.env", "k8s/b.yaml")), "k8s/")


@pytest.mark.parametrize(("variable", "unanswered"), [("PATH", (".",)), ("GIT_CEILING_DIRECTORIES", ())])
def test_lists_all_files_where_git_gives_no_answer(variable: str, unanswered: tuple[str, ...], checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, str(checkout))
    assert listing(checkout / "k8s") == Listing(2, ("b.yaml", "c.txt"), unanswered=unanswered)


@pytest.mark.parametrize("paths", [[], ["out"], ["*.yaml"], ["k8s", "a.yaml"]])
def test_says_where_git_cannot_tell_what_is_ignored(paths: list[str], checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(checkout, {".gitignore": "out\n", "out/a.yaml": HIT, "k8s/b.yaml": HIT})
    monkeypatch.chdir(checkout)
    (checkout / ".git/HEAD").write_text("nothing that git can read")
    told = scan(WorkTree.at([Path(path) for path in paths or ["."]]), search()).problems
    assert ["git cannot read the repository" in problem.reason for problem in told] == [True]
    assert scan(dataclasses.replace(WorkTree.at([Path()]), ignored=True), search()).problems == ()


def test_a_checkout_of_another_person_is_read_as_any_other(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(checkout, {".gitignore": "out\n", "out/a.yaml": HIT})
    expected = listing(checkout), WorkTree.at([checkout / "k8s"]).prefix()
    monkeypatch.setenv("PATH", git_after(checkout.parent / "bin", "export GIT_TEST_ASSUME_DIFFERENT_OWNER=1"))
    assert subprocess.run(["git", "status"], cwd=checkout, capture_output=True, check=False).returncode == 128, "git does not take it for another person's"
    assert (listing(checkout), WorkTree.at([checkout / "k8s"]).prefix()) == expected
    assert "out/a.yaml" not in listing(checkout).candidates


def test_several_paths_are_listed_from_the_current_directory(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    assert listing(Path("k8s"), Path("a.yaml")) == Listing(3, ("a.yaml", "k8s/b.yaml"))
    assert listing(Path(), Path("k8s/../a.yaml"), Path("k8s")) == listing(Path())
    assert listing(Path("a.yaml"), checkout / "k8s/b.yaml").candidates == ("a.yaml", "k8s/b.yaml")


def test_paths_elsewhere_are_listed_from_the_folder_that_holds_them_all(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, {"here/x": "", "there/y.yaml": HIT})
    monkeypatch.chdir(tmp_path / "here")
    tree = WorkTree.at([Path("../checkout/k8s"), Path("../there")])
    assert tree.root == tmp_path
    assert tree.listing(PATTERN) == Listing(3, ("checkout/k8s/b.yaml", "there/y.yaml"))
    assert WorkTree.at([Path("../there/y.yaml")]).root == tmp_path / "there"


def test_a_file_that_is_named_is_listed_even_if_git_ignores_it(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(checkout, {".gitignore": "*.log\n", "x.log": HIT})
    monkeypatch.chdir(checkout)
    assert listing(Path("x.log")) == Listing(1, ("x.log",))


def test_each_folder_that_is_named_is_asked_of_its_own_repository(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        repository(checkout / name, {"a.yaml": HIT, ".gitignore": "b.yaml"})
        plant(checkout / name, {"b.yaml": HIT})
    monkeypatch.chdir(checkout)
    assert listing(Path("one"), Path("two")).candidates == ("one/a.yaml", "two/a.yaml")
    assert listing(Path("one/a.yaml")).candidates == ("one/a.yaml",)


def test_lists_what_is_included_and_not_excluded(checkout: Path) -> None:
    assert listing(checkout, include=("**/*.yaml",)) == Listing(2, ("a.yaml", "k8s/b.yaml"))
    assert listing(checkout, exclude=("k8s/**", "*.env")) == Listing(1, ("a.yaml",))
    assert listing(checkout / "a.yaml", exclude=("**",)) == Listing(0, ())


@pytest.mark.parametrize("name", ["missing", "missing/below", "a.yaml/below", "x" * 300, "dangling"])
def test_a_path_that_is_not_there_is_a_mistake(name: str, checkout: Path) -> None:
    (checkout / "dangling").symlink_to("nowhere")
    with pytest.raises(UsageError, match=name):
        WorkTree.at([checkout, checkout / name])


@pytest.mark.parametrize(("below", "prefix"), [("", ""), ("k8s", "k8s/"), ("a b/ü\nx/\udcff", "a b/ü\nx/\udcff/")])
def test_the_prefix_leads_from_the_top_of_the_repository(below: str, prefix: str, checkout: Path) -> None:
    (checkout / below).mkdir(parents=True, exist_ok=True)
    assert WorkTree.at([checkout / below]).prefix() == prefix


def test_there_is_no_prefix_outside_of_a_repository(tmp_path: Path) -> None:
    assert WorkTree.at([tmp_path]).prefix() == ""


def test_knows_which_files_on_disk_are_its_own(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(checkout)
    tree = WorkTree.at([tmp_path / "link"])
    assert tree.path_of(checkout / "k8s/b.yaml") == "k8s/b.yaml"
    assert tree.path_of(tmp_path / "link/not/there.csv") == "not/there.csv"
    assert tree.path_of(tmp_path / "schema1.csv") is None


def test_gives_bytes_and_sizes(checkout: Path) -> None:
    tree = WorkTree.at([checkout])
    assert tree.read("a.yaml") == HIT.encode()
    with pytest.raises(OSError, match="No such file"):
        tree.read("gone.yaml")


@pytest.mark.parametrize("is_repository", [True, False])
def test_what_cannot_be_read_is_not_ruled_out(*, is_repository: bool) -> None:
    files = {"a.yaml": HIT, "closed.yaml": MISS, "closed/b.yaml": HIT}
    with open_folder() as folder:
        tree = repository(folder / "tree", files) if is_repository else plant(folder / "tree", files)
        (tree / "closed.yaml").chmod(0)
        (tree / "closed").chmod(0)
        with unprivileged(tree):
            found = listing(tree)
    assert set(found.candidates) == {"a.yaml", "closed.yaml", "closed/b.yaml" if is_repository else "closed"}
