"""What a command costs: wall time, processor time, and the memory that it and its children hold together."""

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_INTERVAL = 5
"""Milliseconds between two looks at the memory."""

_DONE = (0, 1, 3)
"""Searches exit with 1 when they found nothing, redigest with 1 when it found something and with 3 when it left some files."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall and processor time (user and system, children that were waited for included) in seconds, peak memory in bytes."""

    wall: float
    processor: float
    memory: int


def cost(command: Sequence[str], *, folder: Path) -> Cost:
    """Run a command in a folder, without input, and throw away what it prints.

    The peak memory is that of the process tree on Linux, and that of its largest process elsewhere. Raises `RuntimeError`, with the end of the
    output, for an exit code that says that the work was not done.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # what is installed has its bytecode
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        seen = _watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in _DONE:
            output.seek(max(0, output.tell() - 2000))
            raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}\n{output.read().decode(errors='replace')}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(wall, usage.ru_utime + usage.ru_stime, seen or usage.ru_maxrss * unit)


def _watch(pid: int) -> int:
    """Wait for the end of a process; give the peak memory of its tree in bytes, 0 where it cannot be had.

    At each look the high-water marks of all living processes are added up, so a peak between two looks is not lost. What processes share counts for
    each of them, so the sum is an upper bound. `ru_maxrss` would not do: it knows only the largest process, and begins at the size of the one that
    forked it.
    """
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return 0
    peak = 0
    handle = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        while not poll.poll(_INTERVAL):
            peak = max(peak, sum(map(_high_water, _family(pid))))
    finally:
        os.close(handle)
    return peak


def _family(pid: int) -> Iterator[int]:
    """The process and all below it that are alive."""
    yield pid
    with contextlib.suppress(OSError):  # it ends while we look
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in _read(task / "children").split():
                yield from _family(int(child))


def _high_water(pid: int) -> int:
    """The most memory that a process has held so far, in bytes (proc_pid_status(5), VmHWM); 0 once it is gone."""
    _, _, rest = _read(Path(f"/proc/{pid}/status")).partition("VmHWM:")
    return int(rest.split(maxsplit=1)[0]) * 1024 if rest else 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended
        return ""
