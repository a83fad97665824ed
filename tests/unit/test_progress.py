"""What is seen of a run while it goes on: how many repositories are done, and an estimate."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from redigest.cli.progress import Progress
from redigest.cli.setup import Setup
from redigest.journey import Arrival
from redigest.model import ProposalOutcome, RepositoryLine
from redigest.plan import Policy
from redigest.scope import EVERYTHING
from tests.samples import git, plant


def progress(clock: Callable[[], float], *, quiet: bool = False) -> Progress:
    setup = Setup(
        mappings=(),
        rule_folders=(),
        policy=Policy(),
        accept_tag=False,
        generated=False,
        scope=EVERYTHING,
        jobs=None,
        reports=(),
        color=False,
        quiet=quiet,
        verbose=0,
        flags={},
        config=None,
    )
    return Progress(setup, is_dry=False, clock=clock)


def arrive(shown: Progress, number: int) -> None:
    shown.show(Arrival((RepositoryLine(f"acme/{number}", "main", None, ProposalOutcome.NOTHING_TO_DO),)))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (10, "2 of 30 repositories, about 7 min left"),  # after 30 seconds, in which two were done: 28 more take 420 seconds
        (40, "1 of 30 repositories, about 39 min left"),
        (1000, "1 of 30 repositories, about 16.1 h left"),
    ],
)
def test_says_now_and_then_how_far_it_has_come(capsys: pytest.CaptureFixture[str], seconds: int, words: str) -> None:
    now = iter(range(0, 31 * seconds, seconds))  # it looks at the clock as it begins, when all are listed, and for each that is done
    shown = progress(lambda: float(next(now)))
    assert list(shown.expect(range(30))) == list(range(30))
    for number in range(3):
        arrive(shown, number)
    said = [line for line in capsys.readouterr().err.splitlines() if "left" in line]
    assert said[0] == words


def test_gives_no_estimate_before_it_knows_how_many_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    now = iter((0.0, 31.0))
    arrive(progress(lambda: next(now)), 0)
    assert capsys.readouterr().err.splitlines()[-1] == "1 repository so far, and more are being listed"


@pytest.mark.parametrize(("quiet", "step"), [(True, 100.0), (False, 0.1)])
def test_says_nothing_when_it_is_asked_to_or_when_all_goes_fast(capsys: pytest.CaptureFixture[str], *, quiet: bool, step: float) -> None:
    now = iter(step * number for number in range(20))
    shown = progress(lambda: next(now), quiet=quiet)
    list(shown.expect(range(10)))
    for number in range(10):
        arrive(shown, number)
    assert "left" not in capsys.readouterr().err


def test_lists_ahead_of_the_work_and_ends_as_the_listing_ends() -> None:
    def listing() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the listing broke off")

    expected = progress(lambda: 0.0).expect(listing())
    assert (next(expected), next(expected)) == (1, 2)
    with pytest.raises(ValueError, match="broke off"):
        next(expected)


@pytest.mark.needs("git")
def test_shows_a_bar_with_the_number_of_repositories_on_a_terminal(tmp_path: Path) -> None:
    for name in "abc":
        plant(tmp_path / name, {"README.md": "# Nothing to swap\n"})
        git(tmp_path / name, "init", "--quiet", "--initial-branch=main")
        git(tmp_path / name, "add", ".")
        git(tmp_path / name, "commit", "--quiet", "--message=Begin")
    config = {"cache": "cache", "repositories": [{"path": name} for name in "abc"]}
    (tmp_path / "redigest.yaml").write_text(yaml.safe_dump(config))
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen([sys.executable, "-m", "redigest", "run"], cwd=tmp_path, env=environment, stdin=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b"".join(iter(lambda: _read(ours), b"")).decode()
    os.close(ours)
    assert process.returncode == 0, said
    assert re.search(r"repositories .*[0-3]/3", said), said


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # on Linux this is how a terminal ends
        return b""


def test_whatever_ends_the_listing_ends_the_run() -> None:
    def listed() -> Iterator[int]:
        yield 1
        raise SystemExit(5)

    with pytest.raises(SystemExit):
        list(progress(lambda: 0).expect(listed()))
