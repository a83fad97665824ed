"""Where a report may be written, and how."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.report import files
from tests.oneoff.command import redigest
from tests.samples import ETCD, git, harvest, mapping_csv, open_folder, plant, unprivileged

MAPPING = ("--mapping", "../schema1.csv")
VICTIM = "precious\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository whose links lead to a file and a folder beside it, and into the folder of git."""
    tree = tmp_path / "deploy"
    plant(tmp_path, {"schema1.csv": mapping_csv(), "victim": VICTIM, "beside/kept.json": VICTIM, "deploy/web.yaml": f"image: {ETCD.before}\n"})
    git(tree, "init", "--quiet")
    (tree / "redigest.sarif").symlink_to("../victim")
    (tree / "out").symlink_to("../beside")
    (tree / "dangling.json").symlink_to("../made.json")
    (tree / "hooks").symlink_to(".git/hooks")
    (tree / "sub").mkdir()
    return tree


@pytest.mark.parametrize("verb", ["scan", "fix"])
@pytest.mark.parametrize(
    "name", ["redigest.sarif", "out/new.json", "out/kept.json", "dangling.json", "hooks/x.json", "sub/../out/new.md", "../deploy/out/../x.md"]
)
def test_writes_through_no_link_that_a_repository_brings(verb: str, name: str, tree: Path) -> None:
    before = harvest(tree.parent)
    code, _, said = redigest(verb, ".", *MAPPING, "--report", name, cwd=tree)
    assert (code, harvest(tree.parent)) == (2, before)
    assert "is a symbolic link, which a repository can bring, so no report is written through it; name another file" in said


def test_writes_through_no_link_of_a_tree_that_is_elsewhere(tree: Path) -> None:
    before = harvest(tree.parent)
    arguments = ("deploy/sub", "deploy/web.yaml", "--mapping", "schema1.csv", "--report", "deploy/redigest.sarif")
    assert redigest("scan", *arguments, cwd=tree.parent)[0] == 2
    (tree.parent / "way").symlink_to("deploy")
    assert redigest("scan", "deploy/sub", "--mapping", "schema1.csv", "--report", "way/redigest.sarif", cwd=tree.parent)[0] == 2
    assert harvest(tree.parent) == before


def test_a_run_writes_through_no_link_of_its_own_or_of_a_repository_on_disk(tree: Path) -> None:
    plant(tree, {"redigest.yaml": "repositories: []\n"})
    plant(tree.parent, {"redigest.yaml": "repositories:\n  - {path: deploy}\n"})
    for folder, name in ((tree, "redigest.sarif"), (tree.parent, "deploy/redigest.sarif")):
        code, _, said = redigest("run", "--report", name, cwd=folder)
        assert (code, "is a symbolic link" in said) == (2, True), said
    assert (tree.parent / "victim").read_text() == VICTIM


@pytest.mark.parametrize("name", [".git/x.json", "sub/../.git/hooks/x.md", ".GIT/x.json"])
def test_writes_nothing_into_the_folder_of_git(name: str, tree: Path) -> None:
    (tree / ".GIT").mkdir()
    code, _, said = redigest("scan", *MAPPING, "--report", name, cwd=tree)
    assert (code, f"redigest: {name}: this is in the folder of git" in said) == (2, True), said


def test_follows_the_links_of_a_person(tree: Path) -> None:
    (tree.parent / "reports").mkdir()
    (tree.parent / "mine").symlink_to("reports")
    (tree.parent / "latest.json").symlink_to("reports/2026.json")
    (tree.parent / "null.json").symlink_to("/dev/null")
    (tree.parent / "standard.json").symlink_to("/dev/stdout")
    names = ("mine/a.md", "latest.json", "null.json", "standard.json")
    code, said, _ = redigest("scan", *MAPPING, *(part for name in names for part in ("--report", f"../{name}")), cwd=tree)
    assert (code, said) == (1, (tree.parent / "reports" / "2026.json").read_text())
    assert (tree.parent / "reports" / "a.md").is_file()
    assert (tree.parent / "latest.json").is_symlink()
    assert Path("/dev/null").is_char_device()


def test_writes_into_a_pipe_that_somebody_reads(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    files.check(pipe)
    files.write(pipe, "{}\n")
    reader.join()
    assert (read, stat.S_ISFIFO(pipe.stat().st_mode)) == (["{}\n"], True)


def test_replaces_a_report_and_keeps_its_mode(tmp_path: Path) -> None:
    old, other = tmp_path / "report.json", tmp_path / "other.json"
    old.write_text("old")
    old.chmod(0o640)
    os.link(old, other)
    files.write(old, "new")
    assert (old.read_text(), stat.S_IMODE(old.stat().st_mode), other.read_text()) == ("new", 0o640, "old")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.json", "report.json"]


def test_gives_a_new_report_the_mode_that_other_programs_give(tmp_path: Path) -> None:
    files.write(tmp_path / "report.json", "{}\n")
    (tmp_path / "other").write_text("")
    assert (tmp_path / "report.json").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_keeps_the_old_report_where_there_is_no_room_for_a_new_one(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(VICTIM)
    program = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
    program += "; from pathlib import Path; from redigest.report import files; files.write(Path('report.json'), 'new' * 100)"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "report.json: the report cannot be written (File too large); name another file" in done.stderr
    assert harvest(tmp_path) == {"report.json": VICTIM.encode()}


def test_writes_a_file_in_a_folder_that_is_closed() -> None:
    with open_folder() as folder:
        report = plant(folder, {"closed/report.json": "longer than the new one", "shut/report.json": ""}) / "closed" / "report.json"
        report.parent.chmod(0o555)
        (folder / "shut").chmod(0)
        with unprivileged(folder):
            files.check(report)
            files.write(report, "new")
            for other in (folder / "closed" / "other.json", folder / "shut" / "report.json"):
                with pytest.raises(UsageError, match="cannot be written there"):
                    files.check(other)
        assert report.read_text() == "new"


def test_gives_up_on_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("b.json")
    (tmp_path / "b.json").symlink_to("a.json")
    with pytest.raises(UsageError, match="symbolic link"):
        files.check(tmp_path / "a.json")
