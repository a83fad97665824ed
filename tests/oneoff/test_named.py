"""What is named and has no files to look into: folders of git, and symbolic links."""

from pathlib import Path

import pytest

from tests.oneoff.command import redigest
from tests.samples import ETCD, git, harvest, mapping_csv, plant, repository

pytestmark = pytest.mark.needs("git")

LIVE = f"image: {ETCD.before}\n"
SWAPPED = f"image: {ETCD.after}\n"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository with a submodule, a worktree and a bare clone beside it, and in each folder of git a file with a digest."""
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    top = repository(tmp_path / "top", {"k8s/a.yaml": LIVE, "web.yaml": LIVE})
    git(tmp_path, "clone", "--quiet", "--bare", "top", "bare.git")
    git(top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "bare.git"), "sub")
    git(top, "worktree", "add", "--quiet", "--detach", "../beside")
    git(top, "worktree", "add", "--quiet", "--detach", ".git/inner")
    for folder in (top / ".git", top / ".git/modules/sub", tmp_path / "bare.git"):
        plant(folder, {"notes.yaml": LIVE, "info/notes.yaml": LIVE})
    return top


@pytest.mark.parametrize(
    ("arguments", "cwd"),
    [
        (("fix",), ".git"),
        (("fix", "."), ".git/info"),
        (("fix", "notes.yaml"), ".git"),
        (("fix", ".git"), "."),
        (("fix", "k8s", ".git/notes.yaml"), "."),
        (("fix", ".git/info/*.yaml"), "."),
        (("fix", "."), ".git/modules/sub"),
        (("fix", "../../k8s", "."), ".git/info"),
        (("fix",), "../bare.git"),
        (("fix", "."), "../bare.git/refs"),
        (("fix", "../bare.git"), "."),
        (("fix", "bare.git/notes.yaml"), ".."),
        (("fix", "bare.git/**/*.yaml", "top"), ".."),
        (("scan",), ".git"),
        (("scan", "--check", "--all"), "../bare.git"),
        (("fix", "--diff"), "../bare.git"),
    ],
)
def test_a_folder_of_git_has_no_files(arguments: tuple[str, ...], cwd: str, top: Path) -> None:
    before = harvest(top.parent)
    code, stdout, stderr = redigest(*arguments, "--mapping", top.parent / "schema1.csv", cwd=top / cwd)
    assert (code, stdout) == (2, ""), stderr
    assert "this is in a folder that git keeps for itself, with no files of a checkout; name a checkout, or use `redigest run`" in stderr
    assert harvest(top.parent) == before


@pytest.mark.parametrize(("path", "cwd"), [("sub", "."), (".", "sub"), (".", "../beside"), ("beside", ".."), (".", ".git/inner"), (".git/inner", ".")])
def test_a_checkout_has_files_wherever_its_folder_of_git_is(path: str, cwd: str, top: Path) -> None:
    code, _, stderr = redigest("fix", path, "--mapping", top.parent / "schema1.csv", cwd=top / cwd)
    assert code == 0, stderr
    assert (top / cwd / path / "web.yaml").read_text() == SWAPPED


@pytest.mark.parametrize("path", [".", "sub", "sub/web.yaml"])
def test_what_passes_for_a_bare_repository_in_a_tree_stops_nothing(path: str, tmp_path: Path) -> None:
    top = repository(tmp_path / "top", {"sub/web.yaml": LIVE})
    git(top, "init", "--quiet", "--bare", "sub")
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    assert redigest("fix", path, "--mapping", "../schema1.csv", cwd=top)[0] == 0
    assert (top / "sub/web.yaml").read_text() == SWAPPED


def test_a_folder_that_is_in_no_repository_has_files(tmp_path: Path) -> None:
    tree = plant(tmp_path / "tree", {"HEAD": "x", "objects/web.yaml": LIVE})
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    assert redigest("fix", "objects", "--mapping", "../schema1.csv", cwd=tree)[0] == 0
    assert (tree / "objects/web.yaml").read_text() == SWAPPED
