"""A sparse checkout, in which an image can stay behind in files that are not there: that is said."""

import json
from pathlib import Path

import pytest

from tests.oneoff.command import redigest
from tests.samples import ETCD, git, mapping_csv, plant, repository

pytestmark = pytest.mark.needs("git")

LIVE = f"image: {ETCD.before}\n"
MAPPING = ("--mapping", "../schema1.csv")


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    top = repository(tmp_path / "top", dict.fromkeys(("web.yaml", "k8s/a.yaml", "chart/b.yaml", "chart/deep/c.yaml"), LIVE))
    (top / "chart/link.yaml").symlink_to("b.yaml")
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "--message", "a link")
    return top


def told(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if "not checked out" in line]


TWO = "problem: .: 2 tracked files are not checked out (sparse checkout) and were not looked into; `git sparse-checkout disable` brings them here"
ONE = "problem: .: 1 tracked file is not checked out (sparse checkout) and was not looked into; `git sparse-checkout disable` brings it here"


@pytest.mark.parametrize("form", [("--cone", "k8s"), ("--cone", "--sparse-index", "k8s"), ("--no-cone", "/*", "!/chart/")])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("fix",), [TWO]),
        (("fix", "--quiet", "."), [TWO]),
        (("scan", "--check", "chart/..", "k8s"), [TWO]),
        (("scan", "**/*.yaml"), [TWO]),
        (("scan", "k8s", "web.yaml"), []),
        (("scan", "k8s/*.yaml"), []),
        (("scan", "--since", "HEAD"), []),
        (("scan", "--since", "base"), [ONE]),
        (("scan", "--config", "left-out.yaml"), [ONE]),
    ],
)
def test_files_that_are_not_checked_out_are_counted(arguments: tuple[str, ...], expected: list[str], form: tuple[str, ...], top: Path) -> None:
    git(top, "branch", "base")
    plant(top, {"chart/b.yaml": f"# changed\n{LIVE}", "left-out.yaml": 'paths: {exclude: ["chart/deep/**"]}'})
    git(top, "commit", "--quiet", "--all", "--message", "change")
    git(top, "sparse-checkout", "set", *form)
    plant(top, {"chart/.keep": ""})
    code, _, stderr = redigest(*arguments, *MAPPING, cwd=top)
    assert code == (1 if arguments[0] == "scan" and "--since" not in arguments else 0), stderr
    assert told(stderr) == expected


def test_a_report_has_them_among_the_problems(top: Path) -> None:
    git(top, "sparse-checkout", "set", "k8s")
    redigest("fix", "--report", "../report.json", *MAPPING, cwd=top)
    problems = json.loads((top.parent / "report.json").read_text())["problems"]
    assert [(problem["path"], "2 tracked files are not checked out" in problem["reason"]) for problem in problems] == [(".", True)]


def test_what_somebody_has_deleted_is_no_sparse_checkout(top: Path) -> None:
    (top / "chart/b.yaml").unlink()
    git(top, "update-index", "--skip-worktree", "chart/deep/c.yaml")
    assert told(redigest("scan", *MAPPING, cwd=top)[2]) == []
