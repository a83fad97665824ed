"""`redigest fix --diff | git apply`, as the documentation pipes it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oneoff.command import redigest
from tests.samples import ETCD, TOOLS, git, harvest, mapping_csv, plant, repository

pytestmark = pytest.mark.needs("git")

FILES: dict[str, str | bytes] = {
    "plain.yaml": f"image: {ETCD.before}\n",
    "with space/a b.yaml": f"image: {ETCD.before}\n",
    'say "web".yaml': f"image: {ETCD.before}\n",
    "tab\tand\\backslash.yaml": f"image: {ETCD.before}\n",
    os.fsdecode(b"latin \xe9.yaml"): f"image: {ETCD.before}\n",
    "dépôt/中文.yaml": f"image: {ETCD.before}\n",
    "crlf.yaml": f"a: 1\r\nimage: {ETCD.before}\r\nb: 2\r\n",
    "open.yaml": f"a: 1\nimage: {ETCD.before}",
    "bom.yaml": b"\xef\xbb\xbfimage: " + ETCD.before.encode() + b" # \xff\n",
    "apps/-R.yaml": f"images:\n- image: {ETCD.before}\n- image: {TOOLS.before}\n",
}


def piped(root: Path, cwd: str, *flags: str) -> None:
    """Run the pipe with a shell; the mapping is outside of the repository."""
    line = f'{sys.executable} -m redigest fix --diff --offline --quiet --mapping "{root.parent}/schema1.csv" {" ".join(flags)} | git apply'
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=root / cwd, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    return repository(tmp_path / "top", FILES)


def swapped(root: Path) -> set[str]:
    """The files that differ from what was committed; each by digests alone."""
    before = {name: content if isinstance(content, bytes) else content.encode() for name, content in FILES.items()}
    after = harvest(root)
    assert after.keys() == before.keys()
    for name, content in after.items():
        whole = before[name].replace(ETCD.old.hex.encode(), ETCD.new.hex.encode()).replace(TOOLS.old.hex.encode(), TOOLS.new.hex.encode())
        assert content in (before[name], whole)
    return {name for name in after if after[name] != before[name]}


@pytest.mark.parametrize("autocrlf", ["false", "input"])
def test_git_applies_all_of_it(autocrlf: str, top: Path) -> None:
    git(top, "config", "core.autocrlf", autocrlf)
    piped(top, ".")
    assert swapped(top) == FILES.keys()


def test_from_a_folder_below_its_files_change(top: Path) -> None:
    piped(top, "apps")
    assert swapped(top) == {"apps/-R.yaml"}
    piped(top, "with space", ".")
    assert swapped(top) == {"apps/-R.yaml", "with space/a b.yaml"}


def test_a_pattern_and_a_revision_choose_what_is_in_it(top: Path) -> None:
    piped(top, ".", "'*/*.yaml'")
    assert swapped(top) == {"apps/-R.yaml", "with space/a b.yaml", "dépôt/中文.yaml"}
    git(top, "commit", "--quiet", "--all", "--message", "some")
    plant(top, {name: FILES[name] for name in ("apps/-R.yaml", "with space/a b.yaml")})
    piped(top, ".", "--since", "HEAD", "apps", "open.yaml")
    assert swapped(top) == {"apps/-R.yaml", "dépôt/中文.yaml"}


@pytest.mark.parametrize("flags", [("libs/sub",), ("libs/sub", "crlf.yaml"), ("libs/sub/plain.yaml", "libs/sub/apps"), ("'libs/sub/**/*.yaml'",)])
def test_a_repository_inside_is_changed_and_none_of_its_names_around_it(flags: tuple[str, ...], top: Path) -> None:
    repository(top / "libs/sub", {"plain.yaml": FILES["plain.yaml"], "apps/-R.yaml": FILES["apps/-R.yaml"]})
    before = harvest(top)
    piped(top, ".", *flags)
    changed = {name for name, content in harvest(top).items() if content != before[name]}
    assert changed >= {"libs/sub/plain.yaml", "libs/sub/apps/-R.yaml"}
    assert changed - {"crlf.yaml", "libs/sub/plain.yaml", "libs/sub/apps/-R.yaml"} == set()


def test_inside_of_a_repository_inside_its_files_change(top: Path) -> None:
    sub = repository(top / "libs/sub", {"plain.yaml": FILES["plain.yaml"], "apps/-R.yaml": FILES["apps/-R.yaml"]})
    (top / "libs/schema1.csv").write_text(mapping_csv())
    piped(sub, "apps")
    assert git(sub, "diff", "--name-only") == b"apps/-R.yaml\n"
    piped(sub, ".", ".", "plain.yaml")
    assert git(sub, "diff", "--name-only") == b"apps/-R.yaml\nplain.yaml\n"
    assert git(top, "diff", "--name-only") == b""


@pytest.mark.parametrize("cwd", [".", "apps", ".."])
def test_a_patch_of_a_repository_elsewhere_is_for_there(cwd: str, top: Path) -> None:
    other = repository(top.parent / "other", {"plain.yaml": FILES["plain.yaml"], "apps/-R.yaml": FILES["apps/-R.yaml"]})
    _, patch, said = redigest("fix", "--diff", other / "apps", "--mapping", top.parent / "schema1.csv", cwd=top / cwd)
    git(other, "apply", stdin=os.fsencode(patch))
    assert (git(other, "diff", "--name-only"), git(top, "diff", "--name-only")) == (b"apps/-R.yaml\n", b""), said


@pytest.mark.parametrize(
    ("cwd", "path", "expected"),
    [
        (".", "libs/sub", {"libs/sub/plain.yaml"}),
        ("apps", "../libs/sub", {"libs/sub/plain.yaml"}),
        ("libs/sub", ".", {"plain.yaml"}),
        (".", "apps", {"apps/-R.yaml"}),
        ("..", "top/libs/sub", {"plain.yaml"}),
    ],
)
def test_reports_for_forges_name_files_from_the_repository_around_the_current_directory(cwd: str, path: str, expected: set[str], top: Path) -> None:
    repository(top / "libs/sub", {"plain.yaml": FILES["plain.yaml"]})
    reports = (top.parent / "r.sarif", top.parent / "r.gl.json", top.parent / "r.json")
    flags = [part for report in reports for part in ("--report", report)]
    assert redigest("scan", path, *flags, "--mapping", top.parent / "schema1.csv", cwd=top / cwd)[0] == 1
    sarif, code_quality, plain = (json.loads(report.read_text()) for report in reports)
    assert {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in sarif["runs"][0]["results"]} == expected
    assert {entry["location"]["path"] for entry in code_quality} == expected
    assert {sighting["path"] for sighting in plain["sightings"]} <= {"plain.yaml", "-R.yaml"}, "paths in JSON begin at what is named"
