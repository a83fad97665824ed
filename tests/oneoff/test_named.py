"""What is named and has no files to look into: folders of git, and symbolic links."""

import json
import subprocess
import sys
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


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A repository with links to a file and to a folder of it, and out of it; all links lead to a digest."""
    plant(tmp_path, {"schema1.csv": mapping_csv(), "outside/web.yaml": LIVE})
    top = plant(tmp_path / "top", {"k8s/a.yaml": LIVE, "web.yaml": LIVE})
    for name, target in {"link.yaml": "k8s/a.yaml", "linkd": "k8s", "out": "../outside", "k8s/up": "..", "twice": "linkd"}.items():
        (top / name).symlink_to(target)
    return repository(top, {})


def said_of_links(stderr: str) -> set[tuple[str, str]]:
    """What was named and is a link, each with what to name in place of it."""
    lines = [line.removeprefix("given up: ") for line in stderr.splitlines() if "symbolic link" in line]
    return {(line.partition(": ")[0], line.partition("; name ")[2].removesuffix(" to look into it")) for line in lines}


LINK, LINKD, OUT = ("link.yaml", "k8s/a.yaml"), ("linkd", "k8s"), ("out", "OUTSIDE")


@pytest.mark.parametrize(
    ("arguments", "cwd", "links", "changed"),
    [
        (("link.yaml",), ".", {LINK}, set()),
        (("linkd",), ".", {LINKD}, set()),
        (("linkd", "link.yaml"), ".", {LINK, LINKD}, set()),
        (("linkd", "web.yaml"), ".", {LINKD}, {"web.yaml"}),
        (("linkd/a.yaml",), ".", {("linkd/a.yaml", "k8s/a.yaml")}, set()),
        (("linkd/*.yaml",), ".", {("linkd/*.yaml", "k8s/*.yaml")}, set()),
        (("linkd/../web.yaml",), ".", {("linkd/../web.yaml", "web.yaml")}, set()),
        (("twice",), ".", {("twice", "k8s")}, set()),
        (("out",), ".", {OUT}, set()),
        (("out/web.yaml",), ".", {("out/web.yaml", "OUTSIDE/web.yaml")}, set()),
        (("k8s/up/web.yaml",), ".", {("k8s/up/web.yaml", "web.yaml")}, set()),
        (("up/web.yaml", "a.yaml"), "k8s", {("up/web.yaml", "../web.yaml")}, {"k8s/a.yaml"}),
        (("../linkd",), "k8s", {("linkd", ".")}, set()),
        (("top/linkd", "top/web.yaml"), "..", {("top/linkd", "top/k8s")}, {"web.yaml"}),
        ((".",), ".", set(), {"k8s/a.yaml", "web.yaml"}),
        ((".",), "linkd", set(), {"k8s/a.yaml"}),
        (("--since", "HEAD", "linkd"), ".", {LINKD}, set()),
    ],
)
def test_a_link_of_a_repository_that_is_named_is_told_of_and_not_followed(
    arguments: tuple[str, ...], cwd: str, links: set[tuple[str, str]], changed: set[str], linked: Path
) -> None:
    code, _, stderr = redigest("fix", *arguments, "--mapping", linked.parent / "schema1.csv", cwd=linked / cwd)
    assert code == (3 if links else 0), stderr
    assert said_of_links(stderr) == {(path, target.replace("OUTSIDE", str(linked.parent / "outside"))) for path, target in links}
    assert {name for name, content in harvest(linked).items() if content == SWAPPED.encode()} == changed
    assert harvest(linked.parent / "outside") == {"web.yaml": LIVE.encode()}


def test_a_report_and_a_check_tell_of_a_link(linked: Path) -> None:
    code, stdout, stderr = redigest("scan", "--check", "linkd", "--mapping", "../schema1.csv", "--report", "../report.json", cwd=linked)
    assert (code, stdout, said_of_links(stderr)) == (3, "", {LINKD})
    problems = json.loads((linked.parent / "report.json").read_text())["problems"]
    assert [(problem["path"], "symbolic link" in problem["reason"]) for problem in problems] == [("linkd", True)]


@pytest.mark.parametrize("arguments", [("TMP/way",), ("TMP/way/k8s", "TMP/way/web.yaml"), ("TMP/way/k8s", "TMP/top/web.yaml"), ("TMP/way/**/*.yaml",)])
@pytest.mark.parametrize("cwd", ["top", "elsewhere"])
def test_a_link_elsewhere_is_somebodys_own_way_to_a_checkout(cwd: str, arguments: tuple[str, ...], linked: Path) -> None:
    (linked.parent / "way").symlink_to("top")
    (linked.parent / "elsewhere").mkdir()
    named = [argument.replace("TMP", str(linked.parent)) for argument in arguments]
    code, _, stderr = redigest("fix", *named, "--mapping", linked.parent / "schema1.csv", cwd=linked.parent / cwd)
    assert (code, said_of_links(stderr)) == (0, set()), stderr
    assert harvest(linked) == {"k8s/a.yaml": SWAPPED.encode(), "web.yaml": SWAPPED.encode()}


@pytest.mark.parametrize("path", ["way", "way/web.yaml", "way/*.yaml"])
def test_outside_of_repositories_a_link_is_somebodys_own(path: str, linked: Path) -> None:
    (linked.parent / "way").symlink_to("outside")
    code, _, stderr = redigest("fix", path, "--mapping", "schema1.csv", cwd=linked.parent)
    assert (code, said_of_links(stderr)) == (0, set()), stderr
    assert harvest(linked.parent / "outside") == {"web.yaml": SWAPPED.encode()}


def test_what_is_there_is_no_pattern(tmp_path: Path) -> None:
    """A folder with brackets in its name is named, and not another one that it would fit as a pattern."""
    plant(tmp_path, {"schema1.csv": mapping_csv(), "x[1]/a.yaml": LIVE, "x1/b.yaml": LIVE, "x[1]/deep[2]/c.yml": LIVE})
    for arguments, cwd in ((("*.yaml",), "x[1]"), (("x[1]/*.yaml",), "."), ((f"{tmp_path}/x[1]/*.yaml",), "x1")):
        assert redigest("fix", *arguments, "--mapping", tmp_path / "schema1.csv", cwd=tmp_path / cwd)[0] == 0
        assert {name for name, content in harvest(tmp_path).items() if content == SWAPPED.encode()} == {"x[1]/a.yaml"}
    assert redigest("fix", "x[1]/deep[2]/*", "--mapping", "schema1.csv", cwd=tmp_path)[0] == 0
    assert (tmp_path / "x[1]/deep[2]/c.yml").read_text() == SWAPPED
    assert (tmp_path / "x1/b.yaml").read_text() == LIVE


def test_a_folder_of_checkouts_is_looked_into_as_each_of_them_is(tmp_path: Path) -> None:
    plant(tmp_path, {"schema1.csv": mapping_csv()})
    for name in ("one", "deep/two"):
        repository(tmp_path / "all" / name, {"web.yaml": LIVE, ".gitignore": "node_modules\n"})
        plant(tmp_path / "all" / name, {"node_modules/i.yaml": LIVE})
    assert redigest("fix", "all", "--mapping", "schema1.csv", cwd=tmp_path)[0] == 0
    assert {name for name, content in harvest(tmp_path / "all").items() if content == SWAPPED.encode()} == {"one/web.yaml", "deep/two/web.yaml"}
    assert redigest("fix", "all", "--all", "--mapping", "schema1.csv", cwd=tmp_path)[0] == 0
    assert (tmp_path / "all/one/node_modules/i.yaml").read_text() == SWAPPED


def test_an_absolute_path_needs_no_current_directory(tmp_path: Path) -> None:
    plant(tmp_path, {"schema1.csv": mapping_csv(), "tree/web.yaml": LIVE})
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    command = [sys.executable, "-m", "redigest", "fix", str(tmp_path / "tree/web.yaml"), "--mapping", str(tmp_path / "schema1.csv"), "--offline"]
    done = subprocess.run(["sh", "-c", script, "sh", *command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, (tmp_path / "tree/web.yaml").read_text()) == (0, SWAPPED), done.stderr
