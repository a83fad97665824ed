"""BASE has moved on since the changes began, and whoever makes them chooses where that was: what a merge makes of both is judged."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clones.remotes import Content, head
from tests.run.bot import deployment
from tests.samples import ETCD, STRANGER, TOOLS, WEB, git, mapping_csv
from tests.verify.checking import Case, swapped

pytestmark = pytest.mark.needs("git")

FILES: Mapping[str, Content] = {
    "a/web.yaml": deployment(ETCD, TOOLS),
    "b/web.yaml": deployment(TOOLS),
    "made/web.yaml": deployment(WEB, name="made"),
    "README.md": f"# Deploy\n\nIt runs {ETCD.before}.\n",
    ".gitattributes": "made/* linguist-generated\n",
}
SWAPPED = swapped(FILES, ETCD, TOOLS)


def moved_on(folder: Path, later: Mapping[str, Content], *, files: Mapping[str, Content] = FILES, made: Mapping[str, Content] = SWAPPED) -> Case:
    case = Case.of(folder, files)
    case.commit(made)
    case.commit({**files, **later}, branch="main", parents=(head(case.repository),))
    return case


def merges(case: Case) -> bool:
    """Whether git merges the two without a person."""
    return git(case.repository, "merge-tree", "--write-tree", "main", "head") != b""


WRONG: Mapping[str, tuple[Mapping[str, Content], list[str]]] = {
    "a new file": ({"c/web.yaml": deployment(ETCD)}, [f"c/web.yaml:10:55: {ETCD.old} has come here"]),
    "a new file and another one": (
        {"c/web.yaml": deployment(TOOLS), "d/web.yaml": deployment(STRANGER, ETCD)},
        ["c/web.yaml:10:", "d/web.yaml:12:"],
    ),
    "one more place in a file": ({"b/web.yaml": deployment(TOOLS, name="more") + b"---\n" + deployment(TOOLS)}, ["b/web.yaml:10:"]),
    "a place of the same image in a file that was left alone": ({"made/other.yaml": "", "z.yaml": f"image: {ETCD.before}\n"}, ["z.yaml:1:"]),
    "a mark on a file that was swapped": (
        {".gitattributes": "made/* linguist-generated\nb/* linguist-generated\n"},
        [f"b/web.yaml:10:56: {TOOLS.old} became {TOOLS.new} in a place that is to be left alone: BASE has the file marked as generated in .gitattributes"],
    ),
    "a mark in a folder": ({"a/.gitattributes": "* linguist-vendored\n"}, ["a/web.yaml:10:", "a/web.yaml:12:"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_fails_for_what_a_merge_makes_of_it(name: str, tmp_path: Path) -> None:
    later, lines = WRONG[name]
    case = moved_on(tmp_path, later)
    assert merges(case)
    checked = case.verify("--report", "r.json")
    assert (checked.code, len(checked.lines)) == (1, len(lines)), checked.text
    assert all(line.startswith(begun) for line, begun in zip(checked.lines, lines, strict=True)), checked.text
    record = json.loads((tmp_path / "r.json").read_bytes())
    wrong = {(item["path"], item["line"]) for item in record["violations"] if item["rule"] == "not-live"}
    assert not [item for item in record["swaps"] if (item["path"], item["line"]) in wrong]


def test_fails_for_a_file_whose_mark_was_taken_away(tmp_path: Path) -> None:
    files = {**FILES, "made/etcd.yaml": deployment(ETCD)}
    made = {**swapped(files, ETCD, TOOLS), "made/etcd.yaml": files["made/etcd.yaml"]}
    assert moved_on(tmp_path / "good", {"later.txt": ""}, files=files, made=made).verify().code == 0
    checked = moved_on(tmp_path / "bad", {".gitattributes": ""}, files=files, made=made).verify()
    assert (checked.code, [line.partition(" ")[0] for line in checked.lines]) == (1, ["made/etcd.yaml:10:55:"]), checked.text


HONEST: Mapping[str, Mapping[str, Content]] = {
    "another file": {"later.txt": "later\n"},
    "other lines of the same files": {"b/web.yaml": b"# later\n" + deployment(TOOLS)},
    "an image that was not swapped": {"c/web.yaml": deployment(WEB, STRANGER)},
    "a swap that was made there too": {"b/web.yaml": swapped(FILES, TOOLS)["b/web.yaml"]},
    "a place that is gone": {"b/web.yaml": "a: 1\n"},
    "a new file with prose": {"NOTES.md": f"It ran {ETCD.before}.\n"},
    "a new file that is marked": {"made/etcd.yaml": deployment(ETCD)},
    "a new file that owners leave out": {"c/web.yaml": deployment(ETCD), ".redigest.yaml": "paths: {exclude: [c/**]}\n"},
    "a mark on a file that was left alone": {".gitattributes": "made/* linguist-generated\nREADME.md linguist-generated\n"},
}


@pytest.mark.parametrize("name", HONEST)
def test_passes_where_a_merge_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    checked = moved_on(tmp_path, HONEST[name]).verify()
    assert (checked.code, checked.lines) == (0, []), checked.text


def test_passes_what_was_made_anew_on_it(tmp_path: Path) -> None:
    later = {**FILES, "c/web.yaml": deployment(ETCD)}
    case = moved_on(tmp_path, later)
    case.commit(swapped(later, ETCD, TOOLS), parents=(head(case.repository),))
    assert case.verify().code == 0


def test_passes_files_that_were_marked_where_such_are_swapped(tmp_path: Path) -> None:
    case = moved_on(tmp_path, {".gitattributes": "* linguist-generated\n"})
    assert case.verify().code == 1
    assert case.verify("--generated").code == 0


@pytest.mark.parametrize("folder", ["a", "c"])
def test_lets_folders_move_alone_where_owners_have_it_so(folder: str, tmp_path: Path) -> None:
    files = {**FILES, ".redigest.yaml": "proposals: {group-by: folder}\n"}
    case = moved_on(tmp_path, {f"{folder}/more.yaml": deployment(ETCD)}, files=files, made=swapped(files, ETCD, TOOLS, only="a/"))
    assert case.verify().code == (1 if folder == "a" else 0)


def test_takes_no_mapping_that_has_come_to_it_for_a_place(tmp_path: Path) -> None:
    case = moved_on(tmp_path, {"schema1.csv": mapping_csv(), "list.txt": f"{ETCD.name},,{ETCD.old},{ETCD.new}\n"})
    git(case.repository, "worktree", "add", "--quiet", "--detach", str(tmp_path / "work"), "main")
    checked = case.verify("--mapping", "work/schema1.csv", "--mapping", "work/list.txt", mapping=False)
    assert (checked.code, checked.lines) == (0, []), checked.text
