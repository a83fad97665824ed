"""Completion by the shell that people have: bash itself is asked, with the script that redigest prints for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import plant

REDIGEST = f"#!{sys.executable}\nimport sys\nfrom redigest.cli import main\nsys.exit(main())\n"
"""As installers write it."""

SCRIPT = """
eval "$(_REDIGEST_COMPLETE=bash_source redigest)"
compopt() { printf 'option %s %s\\n' "$@"; }
COMP_WORDS=(redigest "$@")
COMP_CWORD=$#
_redigest_completion redigest
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plant(tmp_path, {"bin/redigest": REDIGEST, "here/web.yaml": "", "here/schema1.csv": ""})
    (tmp_path / "bin/redigest").chmod(0o755)
    return tmp_path


def completed(folder: Path, *words: str) -> list[str]:
    """What bash offers for the last word."""
    env = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", SCRIPT, "bash", *words], cwd=folder / "here", env=env, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def test_completes_commands(folder: Path) -> None:
    assert {"scan", "fix", "run", "mapping"} <= set(completed(folder, ""))
    assert completed(folder, "ex") == ["explain"]
    assert completed(folder, "mapping", "c") == ["check", "convert"]


def test_completes_flags(folder: Path) -> None:
    assert completed(folder, "fix", "--di") == ["--diff"]
    assert completed(folder, "scan", "--check", "--si") == ["--since"]


def test_completes_kinds_of_evidence(folder: Path) -> None:
    assert completed(folder, "scan", "--accept", "") == ["tag"]


@pytest.mark.parametrize("words", [("scan", "web"), ("fix", "--mapping", "schema"), ("scan", "--report", ""), ("mapping", "check", "sch")])
def test_leaves_files_to_the_shell(words: tuple[str, ...], folder: Path) -> None:
    assert completed(folder, *words)[0] == "option -o default"


def test_leaves_folders_to_the_shell(folder: Path) -> None:
    assert completed(folder, "scan", "--rules", "")[0] == "option -o dirnames"


def test_nothing_is_said_where_there_is_nothing_to_complete(folder: Path) -> None:
    assert completed(folder, "scan", "--nonsense") == [""]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_has_scripts_for_other_shells(shell: str, folder: Path) -> None:
    env = {**os.environ, "_REDIGEST_COMPLETE": f"{shell}_source"}
    done = subprocess.run([folder / "bin/redigest"], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "redigest" in done.stdout


def test_what_it_takes_is_imported_only_to_complete(tmp_path: Path) -> None:
    code = "import sys\nfrom redigest.cli import main\nmain(['scan', '--offline'])\nsys.exit('click.shell_completion' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False).returncode == 0
