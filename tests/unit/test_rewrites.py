"""Trees before and after: `tests/rewrites/<reader or ecosystem>/<case>/{before,expected}/`, byte for byte, with the digests of `tests/rewrites/mapping.csv`.

A file or a folder that is named `left` holds what has to stay.
"""

import re
import shutil
from pathlib import Path

import pytest

from redigest.mapping import MappingFiles
from redigest.pipeline import Search, fix
from redigest.resources import locate_rules
from redigest.rules_folders import load
from redigest.tree import WorkTree

REWRITES = Path(__file__).parents[1] / "rewrites"
CASES = sorted(path.parent for path in REWRITES.glob("*/*/before"))
RULES = load([("rules", locate_rules())])


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def search() -> Search:
    """The search of a run whose mapping file stands in the tree, where the tree has one."""
    return Search(RULES, (MappingFiles([REWRITES / "mapping.csv"]),), own_files={"mapping.csv"})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(REWRITES).as_posix())
def test_rewrites_the_tree_as_expected(case: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(case / "before", tree)
    outcome = fix(WorkTree.at([tree]), search())
    assert files_below(tree) == files_below(case / "expected")
    assert not [problem for problem in outcome.problems if problem.failed]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(REWRITES).as_posix())
def test_leaves_the_expected_tree_alone(case: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(case / "expected", tree)
    fix(WorkTree.at([tree]), search())
    assert files_below(tree) == files_below(case / "expected")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(REWRITES).as_posix())
def test_expects_what_is_named_left_to_stay(case: Path) -> None:
    expected = files_below(case / "expected")
    left = {path: data for path, data in files_below(case / "before").items() if "left" in re.split(r"[./]", path)}
    assert left == {path: expected[path] for path in left}


def test_there_are_cases_for_every_reader() -> None:
    assert {case.parent.name for case in CASES} >= {"yaml", "json", "dockerfile", "compose", "template", "dotenv", "ci", "tekton", "ansible"}
    assert len(CASES) > 10
