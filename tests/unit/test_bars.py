"""How far the steps of a command have come, told on a terminal and elsewhere."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterable

import pytest

from redigest.cli.bars import Bars
from redigest.steps import Step, counted, unwatched

UNITS = {Step.SCAN: "file", Step.RESOLVE: "digest", Step.PROPOSE: "branch"}


def ticking(*seconds: float) -> Callable[[], float]:
    """A clock that says one time after the other."""
    times = iter(seconds)
    return lambda: next(times)


def test_says_of_the_first_step_that_is_not_done_how_far_it_is() -> None:
    said: list[str] = []
    bars = Bars(UNITS, is_drawn=False, say=said.append, clock=ticking(0, 0, 31, 40, 70, 71, 131))
    bars.watch(Step.SCAN, 0, 10)
    bars.watch(Step.SCAN, 4, 0)
    bars.watch(Step.SCAN, 4, 0)
    bars.watch(Step.SCAN, 2, 0)
    bars.watch(Step.RESOLVE, 0, 3)
    bars.watch(Step.RESOLVE, 1, 0)
    assert said == ["4 of 10 files, about 46 s left", "1 of 3 digests, about 2 min left"]


def test_leaves_out_steps_that_a_command_does_not_show() -> None:
    said: list[str] = []
    bars = Bars({Step.SCAN: "file"}, is_drawn=False, say=said.append, clock=ticking(0, 100))
    bars.watch(Step.REWRITE, 1, 9)
    assert said == []


@pytest.mark.parametrize(("count", "expected"), [(3, 3), (1, 3), (0, 3), (0, 0)])
def test_all_that_was_expected_is_done_in_the_end(count: int, expected: int) -> None:
    told: list[tuple[int, int]] = []
    assert list(counted(range(count), Step.SCAN, expected, lambda _, done, due: told.append((done, due)))) == list(range(count))
    assert sum(done for done, _ in told) == sum(due for _, due in told) == expected


def test_tells_of_an_item_only_once_it_is_worked_on() -> None:
    done = 0

    def watch(_step: Step, more: int, _due: int) -> None:
        nonlocal done
        done += more

    assert [done for _ in counted("abc", Step.SCAN, 3, watch)] == [0, 1, 2]
    assert done == 3
    assert list(counted("abc", Step.SCAN, 3, unwatched)) == ["a", "b", "c"]


DRAWING = """
import itertools
from redigest.cli.bars import Bars
from redigest.steps import Step

with Bars({units}, is_drawn=True, say=print, clock=itertools.count(step={seconds}).__next__) as bars:
    bars.watch(Step.SCAN, 0, 1200)
    bars.watch(Step.PROPOSE, 0, 2)
    bars.watch(Step.SCAN, 300, 0)
    bars.watch(Step.SCAN, 300, 0)
"""


def drawn(seconds: float, columns: int = 100) -> str:
    ours, theirs = pty.openpty()
    script = DRAWING.format(units='{Step.SCAN: "file", Step.PROPOSE: "branch"}', seconds=seconds)
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns)}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdin=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b"".join(_read(ours)).decode()
    os.close(ours)
    assert process.returncode == 0, said
    return said


def _read(terminal: int) -> Iterable[bytes]:
    try:
        while part := os.read(terminal, 1 << 16):
            yield part
    except OSError:  # on Linux this is how a terminal ends
        pass


@pytest.mark.parametrize("columns", [40, 100])
def test_draws_a_bar_for_each_step_with_its_count(columns: int) -> None:
    said = drawn(1.0, columns)
    assert "600/1200" in said
    assert "0/2" in said
    assert said.rindex("scan") < said.rindex("propose")


def test_draws_nothing_for_what_is_done_soon() -> None:
    assert drawn(0.01) == ""
