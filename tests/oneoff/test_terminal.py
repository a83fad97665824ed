"""What a person sees on a terminal, a narrow one too, and what a file or a pipe gets."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.oneoff.command import heard
from tests.samples import ETCD, git, mapping_csv, plant, repository

pytestmark = pytest.mark.needs("git")

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
CONFIG = "mapping: [schema1.csv]\nrepositories:\n  - {path: deploy}\ncache: cache\n"
RUN = ("run", "--offline", "--dry-run")
SCAN = ("scan", "--offline", "--mapping", "schema1.csv", "deploy")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    repository(tmp_path / "deploy", {"web.yaml": f"image: {ETCD.before}\n"})
    return plant(tmp_path, {"schema1.csv": mapping_csv(), "redigest.yaml": CONFIG})


def on_terminal(folder: Path, *arguments: str, columns: int, env: dict[str, str] | None = None, is_whole: bool = False) -> str:
    """All that a terminal of some width is sent; standard output goes elsewhere, unless the terminal is to get the whole."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    unset = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
    environment = {name: value for name, value in os.environ.items() if name not in unset} | {"TERM": "xterm-256color"} | (env or {})
    command = [sys.executable, "-m", "redigest", *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stderr=theirs, stdout=theirs if is_whole else subprocess.DEVNULL) as process:
        os.close(theirs)
        said = heard(ours)
    assert process.returncode in (0, 1), said
    return said.decode()


def shown_lines(said: str) -> list[str]:
    """The lines as they were before the cursor moved or something was erased."""
    return [part for line in said.split("\n") for part in ESCAPES.sub("", line).split("\r") if part]


def test_the_bar_of_a_run_has_room_in_a_narrow_terminal(folder: Path) -> None:
    said = on_terminal(folder, *RUN, columns=40)
    bars = [line for line in shown_lines(said) if line.startswith("repositories")]
    assert bars
    assert max(map(len, bars)) <= 40
    assert "\x1b[" in said


def test_nothing_of_a_line_is_lost_in_a_narrow_terminal(folder: Path) -> None:
    narrow, wide = (shown_lines(on_terminal(folder, *SCAN, columns=columns, env={"NO_COLOR": "1"})) for columns in (40, 400))
    assert narrow == wide
    assert any("web.yaml:1:45" in line for line in narrow)


@pytest.mark.parametrize("arguments", [RUN, SCAN], ids=["run", "scan"])
def test_no_colour_and_no_bar_where_they_are_not_wanted(arguments: tuple[str, ...], folder: Path) -> None:
    for said in (
        on_terminal(folder, *arguments, columns=80, env={"NO_COLOR": "1"}),
        on_terminal(folder, *arguments, "--no-color", columns=80),
        on_terminal(folder, *arguments, columns=80, env={"TERM": "dumb"}),
        subprocess.run([sys.executable, "-m", "redigest", *arguments], cwd=folder, capture_output=True, text=True, check=False).stderr,
        subprocess.run(
            [sys.executable, "-m", "redigest", *arguments], cwd=folder, env={**os.environ, "FORCE_COLOR": "1"}, capture_output=True, text=True, check=False
        ).stderr,
    ):
        assert "etcd" in said
        assert all(line.strip() for line in said.splitlines())
        assert "\x1b" not in said
        assert "\r" not in said.replace("\r\n", "\n")


def test_an_empty_variable_asks_for_nothing(folder: Path) -> None:
    assert "\x1b[" in on_terminal(folder, *SCAN, columns=80, env={"NO_COLOR": ""})


def test_check_has_no_colour_on_a_terminal(folder: Path) -> None:
    assert on_terminal(folder, "scan", "--check", *SCAN[1:], columns=40) == ""


def test_the_table_of_a_run_counts_what_stays_where_something_does(folder: Path) -> None:
    plant(folder, {"redigest.yaml": f"{CONFIG}proposals: {{branch: bot}}\n"})
    opened = shown_lines(on_terminal(folder, "run", "--offline", columns=100))
    assert ["repository", "outcome", "digests", "unknown"] in [line.split() for line in opened]
    git(folder / "deploy", "branch", "--quiet", "-D", "bot/main")
    held = [line.split() for line in shown_lines(on_terminal(folder, "run", "--offline", columns=100))]
    place = held.index(["repository", "outcome", "digests", "kept", "unknown"])
    assert held[place + 1] == ["deploy", "1", "held", "0", "1", "0"]


def test_a_name_that_has_no_room_in_a_table_has_a_line_of_its_own(folder: Path) -> None:
    name = "a-repository-with-a-rather-long-name"
    (folder / "deploy").rename(folder / name)
    plant(folder, {"redigest.yaml": CONFIG.replace("deploy", name)})
    narrow = on_terminal(folder, "run", "--offline", "--dry-run", columns=40, env={"NO_COLOR": "1"}).splitlines()
    place = narrow.index(name)
    assert narrow[place + 1] == "  1 would-open, digests 1, unknown 0"
    wide = on_terminal(folder, "run", "--offline", "--dry-run", columns=100, env={"NO_COLOR": "1"}).splitlines()
    assert [name, "1", "would-open", "1", "0"] in [line.split() for line in wide]


@pytest.mark.parametrize("columns", [60, 80])
def test_the_demonstration_cuts_no_image_off_in_a_narrow_terminal(columns: int, tmp_path: Path) -> None:
    lines = shown_lines(on_terminal(tmp_path, "demo", columns=columns, is_whole=True))
    first = next(number for number, line in enumerate(lines) if line.split()[:2] == ["Image", "Tag"])
    rows = lines[first + 2 :]
    table = rows[: next(number for number, line in enumerate(rows) if not line.strip())]
    width = lines[first].index("Tag")
    names = "".join(line[:width].strip() for line in table)
    assert "\u2026" not in "".join(table)
    for image in ("registry.redhat.io/rhel7/etcd", "registry.redhat.io/rhel7/rhel-tools", "registry.redhat.io/rhscl/postgresql-10-rhel7"):
        assert image in names
