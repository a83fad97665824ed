"""Completion by the shells that people have: bash, zsh and fish themselves are asked, with the scripts that redigest prints for them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oneoff.command import heard
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
    plant(tmp_path, {"bin/redigest": REDIGEST, "here/web.yaml": "", "here/schema1.csv": "", "here/rules/acme.yaml": ""})
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


ZSH = """\
autoload -Uz compinit; compinit -u -D; eval "$(_REDIGEST_COMPLETE=zsh_source redigest)"
complete-and-say() { zle complete-word; print -r -- "<<$BUFFER>>"; exit }
zle -N complete-and-say; bindkey '^I' complete-and-say
"""
"""What a person types before the line: the key for completion shows what becomes of that, and ends the shell."""


@pytest.mark.needs("zsh")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("redigest ex", "redigest explain "),
        ("redigest mapping con", "redigest mapping convert "),
        ("redigest fix --di", "redigest fix --diff "),
        ("redigest scan --accept ", "redigest scan --accept tag "),
        ("redigest scan we", "redigest scan web.yaml "),
        ("redigest fix --mapping sch", "redigest fix --mapping schema1.csv "),
        ("redigest scan --rules ru", "redigest scan --rules rules/"),
        ("redigest scan --nonsense", "redigest scan --nonsense"),
    ],
)
def test_zsh_completes_a_line_as_it_is_typed(line: str, expected: str, folder: Path) -> None:
    env = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "TERM": "dumb", "TMOUT": "60"}
    ours, theirs = os.openpty()
    with subprocess.Popen(["zsh", "-f", "-i"], cwd=folder / "here", env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as zsh:
        os.close(theirs)
        os.write(ours, f"{ZSH}{line}\t".encode())
        said = heard(ours)
    assert zsh.returncode == 0
    assert re.findall(r"<<(.*?)>>", said.decode())[-1] == expected, said


@pytest.mark.needs("zsh")
def test_zsh_can_read_the_script(folder: Path) -> None:
    script = subprocess.run([folder / "bin/redigest"], env={**os.environ, "_REDIGEST_COMPLETE": "zsh_source"}, capture_output=True, check=True)
    done = subprocess.run(["zsh", "-f", "-n"], input=script.stdout, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.needs("fish")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("redigest ex", ["explain"]),
        ("redigest mapping c", ["check", "convert"]),
        ("redigest scan --acc", ["--accept"]),
        ("redigest scan --accept ", ["tag"]),
        ("redigest scan we", ["web.yaml"]),
        ("redigest fix --mapping sch", ["schema1.csv"]),
        ("redigest scan --rules ru", ["rules/"]),
        ("redigest scan --nonsense", []),
    ],
)
def test_fish_completes(line: str, expected: list[str], folder: Path) -> None:
    env = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    script = "_REDIGEST_COMPLETE=fish_source redigest | source; complete --do-complete $argv[1]"
    done = subprocess.run(["fish", "--no-config", "-c", script, line], cwd=folder / "here", env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [offer.partition("\t")[0] for offer in done.stdout.splitlines()] == expected


def test_what_it_takes_is_imported_only_to_complete(tmp_path: Path) -> None:
    code = "import sys\nfrom redigest.cli import main\nmain(['scan', '--offline'])\nsys.exit('click.shell_completion' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False).returncode == 0
