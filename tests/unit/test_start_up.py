"""What a start imports, and which programs it runs: both are what it takes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import ETCD, git_after, plant, repository

PROGRAM = "import sys\nfrom redigest.cli import main\ncode = main()\nprint(*sys.modules)\nsys.exit(code)"
NEVER = {"git", "github", "gitlab", "httpx", "jinja2", "pydantic", "requests", "rich", "stamina", "asyncio", "concurrent", "sqlite3"}
FOR_DIGESTS = {"ruamel", "redigest.readers.dockerfile", "redigest.readers.sources", "redigest.readers.make", "redigest.readers.ini", "redigest.rules_files"}


def imported(*arguments: str, cwd: Path, code: int = 0) -> set[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_the_version_is_told_without_importing_what_does_the_work(tmp_path: Path) -> None:
    modules = imported("--version", cwd=tmp_path)
    assert "redigest.cli" in modules
    assert not modules & (NEVER | FOR_DIGESTS | {"redigest.model", "redigest.rules", "redigest.cli.setup", "dataclasses", "subprocess", "json"})


@pytest.mark.needs("git")
def test_a_clean_tree_is_scanned_without_importing_what_reads_files(tmp_path: Path) -> None:
    repository(tmp_path, {"web.yaml": "image: etcd:3.2.22\n"})
    modules = imported("scan", "--offline", cwd=tmp_path)
    assert "redigest.survey" in modules
    assert not modules & (NEVER | FOR_DIGESTS | {"redigest.mapping", "redigest.evidence", "redigest.registry"})


def test_a_file_is_scanned_by_the_reader_of_its_format_alone(tmp_path: Path) -> None:
    plant(tmp_path, {"web.yaml": f"image: {ETCD.before}\n"})
    modules = imported("scan", "--offline", "web.yaml", cwd=tmp_path)
    assert "ruamel" in modules
    assert not modules & (NEVER | FOR_DIGESTS - {"ruamel"})


@pytest.mark.needs("git")
def test_a_tree_is_searched_by_one_process_of_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path / "tree", {"web.yaml": "image: etcd:3.2.22\n"})
    monkeypatch.setenv("PATH", git_after(tmp_path / "bin", f"export GIT_TRACE='{tmp_path}/trace'"))
    imported("scan", "--offline", "tree", cwd=tmp_path)
    started = re.findall(r"trace: built-in: git ([a-z-]+)", (tmp_path / "trace").read_text(encoding="utf-8"))
    assert sorted(started) == ["grep", "ls-files", "rev-parse"]
