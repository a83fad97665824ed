"""The hooks for pre-commit, run by pre-commit itself from a clone of this repository."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.samples import ETCD, STRANGER, git, mapping_csv, plant, repository

pytestmark = pytest.mark.needs("git")

CHECKOUT = Path(__file__).parents[2]
PARTS = ("bot", "rules", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
LIVE = f"image: {ETCD.before}\n"

CONFIG = """
repos:
  - repo: {hooks}
    rev: v1
    hooks:
      - id: redigest
        args: [--mapping, schema1.csv]
      - id: redigest-check
        stages: [manual]
        args: [--mapping, schema1.csv]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own, and in it a repository with the hooks as they are in this checkout."""
    folder = tmp_path_factory.mktemp("home")
    hooks = folder / "hooks"
    hooks.mkdir()
    for part in PARTS:
        source = CHECKOUT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, hooks / part)
    for cache in [*hooks.rglob("__pycache__")]:
        shutil.rmtree(cache)
    git(hooks, "init", "--quiet")
    git(hooks, "add", "--all")
    git(hooks, "commit", "--quiet", "--message", "hooks")
    git(hooks, "tag", "v1")
    return folder


@pytest.fixture
def project(home: Path, tmp_path: Path) -> Path:
    files = {"schema1.csv": mapping_csv(), ".pre-commit-config.yaml": CONFIG.format(hooks=home / "hooks"), "old.yaml": LIVE}
    return repository(tmp_path / "project", files)


def pre_commit(home: Path, project: Path, *arguments: str) -> tuple[int, str]:
    """Run pre-commit; what its environments need is taken from those that run the tests, so that nothing is fetched."""
    offline = {
        "HOME": str(home),
        "PRE_COMMIT_HOME": str(home / "cache"),
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PRE_COMMIT_COLOR": "never",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments], cwd=project, env={**os.environ, **offline}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_swaps_in_the_files_of_a_commit_and_in_no_others(home: Path, project: Path) -> None:
    plant(
        project,
        {
            "new file.yaml": LIVE,
            "--report=x.md": LIVE,
            "-dash/a.yaml": LIVE,
            "other.yaml": f"image: {STRANGER.before}\n",
            "tool.bin": b"\0" + ETCD.before.encode(),
        },
    )
    git(project, "add", "--all")
    code, said = pre_commit(home, project, "run")
    assert code == 1, said
    assert "files were modified by this hook" in said
    assert (project / "new file.yaml").read_text() == f"image: {ETCD.after}\n"
    assert (project / "old.yaml").read_text() == LIVE
    assert not (project / "x.md").exists()
    git(project, "add", "--all")
    code, said = pre_commit(home, project, "run")
    assert code == 0, said


def test_checks_without_writing(home: Path, project: Path) -> None:
    code, said = pre_commit(home, project, "run", "--hook-stage", "manual", "--all-files", "redigest-check")
    assert code == 1, said
    assert f"old.yaml:1:45: {ETCD.name} is pinned by the schema 1 digest {ETCD.old}" in said
    assert (project / "old.yaml").read_text() == LIVE


def test_the_hooks_can_be_tried(home: Path, project: Path) -> None:
    code, said = pre_commit(home, project, "try-repo", str(home / "hooks"), "redigest-check", "--files", "schema1.csv")
    assert code == 0, said
