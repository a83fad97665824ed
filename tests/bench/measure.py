"""What a command costs: wall time, processor time, and the memory that it and its children hold together."""

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

_LONGEST_PAUSE = 5
"""Milliseconds between two looks at the memory, once a command has run for as long; at first they come sooner, for those that end at once."""

_DONE = (0, 1, 3)
"""Searches exit with 1 when they found nothing, redigest with 1 when it found something and with 3 when it left some files."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall and processor time (user and system, children that were waited for included) in seconds; peak memory in bytes, of all processes together and of
    the largest one."""

    wall: float
    processor: float
    memory: int
    largest: int


def redigest() -> list[str]:
    """The installed command of the environment that runs this, or the module where there is none."""
    script = Path(sys.executable).with_name("redigest")
    return [str(script)] if script.exists() else [sys.executable, "-m", "redigest"]


def cost(command: Sequence[str], *, folder: Path, done: Collection[int] = _DONE) -> Cost:
    """Run a command in a folder, without input, and throw away what it prints.

    The peak memory is that of the process tree on Linux, and that of its largest process elsewhere. Raises `RuntimeError`, with the end of the
    output, for an exit code that is not among `done`: the work was not done.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # what is installed has its bytecode
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        seen = _watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in done:
            output.seek(max(0, output.tell() - 2000))
            raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}\n{output.read().decode(errors='replace')}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(wall, usage.ru_utime + usage.ru_stime, seen or usage.ru_maxrss * unit, usage.ru_maxrss * unit)


def in_turn(commands: Mapping[str, Sequence[str]], *, runs: int, folder: Path, after: Callable[[], object] = lambda: None) -> dict[str, list[Cost]]:
    """Give what each command takes in each round; a spell in which the machine is busy falls on all of them. The first round is not counted.

    `after` is called when a command has ended, and puts back what it may have changed.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            taken = cost(command, folder=folder)
            after()
            if number:
                costs[name].append(taken)
    return costs


@dataclass(frozen=True, slots=True)
class Target:
    """What a command may take: a multiple of the wall time of another one (`floor`), seconds, or bytes in one process."""

    command: str
    limit: float
    floor: str | None = None
    unit: Literal["times", "s", "MB"] = "times"

    def said(self, costs: Mapping[str, Sequence[Cost]]) -> str:
        """Whether the median of what was measured keeps to the target, in a line."""
        value = median(self._values(costs))
        beside = f" `{self.floor}`" if self.floor else ""
        kept = "pass" if value <= self.limit else "miss"
        return f"{kept}: `{self.command}` {value:,.2f} {self.unit}{beside}, target {self.limit:g}"

    def _values(self, costs: Mapping[str, Sequence[Cost]]) -> Iterator[float]:
        for number, taken in enumerate(costs[self.command]):
            match self.unit:
                case "times":
                    yield taken.wall / costs[self.floor or self.command][number].wall
                case "s":
                    yield taken.wall
                case "MB":
                    yield taken.largest / 1e6


def table(costs: Mapping[str, Sequence[Cost]]) -> str:
    """Make a Markdown table: medians, with the least and the greatest wall time, and the ratio of the median wall time to that of the first command."""
    first = next(iter(costs))
    lines = [f"| command | wall time | least to greatest | ratio to `{first}` | processor time | peak memory |", "|---|--:|--:|--:|--:|--:|"]
    unit = median(taken.wall for taken in costs[first])
    for name, runs in costs.items():
        walls = [taken.wall for taken in runs]
        processor, memory = median(taken.processor for taken in runs), median(taken.memory for taken in runs) / 1e6
        spread = f"{min(walls):.3f} to {max(walls):.3f} s"
        lines.append(f"| `{name}` | {median(walls):.3f} s | {spread} | {median(walls) / unit:.2f} | {processor:.3f} s | {memory:.0f} MB |")
    return "\n".join(lines) + "\n"


def _watch(pid: int) -> int:
    """Wait for the end of a process; give the peak memory of its tree in bytes, 0 where it cannot be had.

    Looks add up high-water marks, so a peak between two of them is not lost. What processes share counts for each of them, so the sum is an upper
    bound. `ru_maxrss` would not do: it knows only the largest process, and begins at the size of the one that forked it.
    """
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return 0
    peak = 0
    handle = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        pause = 1
        while True:
            peak = max(peak, _held(pid))
            if poll.poll(pause):
                return peak
            pause = min(2 * pause, _LONGEST_PAUSE)
    finally:
        os.close(handle)


def _held(pid: int, *, by_parent: int = 0) -> int:
    """The high-water marks of a process and of all below it that are alive, added up, in bytes.

    A child that has not begun its own program yet has the memory of its parent (vfork(2)), and the same mark to the byte: it counts for nothing.
    """
    own = _high_water(pid)
    held = own if own != by_parent else 0
    with contextlib.suppress(OSError):  # it ends while we look
        for task in Path(f"/proc/{pid}/task").iterdir():
            held += sum(_held(int(child), by_parent=own) for child in _read(task / "children").split())
    return held


def _high_water(pid: int) -> int:
    """The most memory that a process has held so far, in bytes (proc_pid_status(5), VmHWM); 0 once it is gone."""
    _, _, rest = _read(Path(f"/proc/{pid}/status")).partition("VmHWM:")
    return int(rest.split(maxsplit=1)[0]) * 1024 if rest else 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended
        return ""
