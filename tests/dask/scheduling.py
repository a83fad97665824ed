"""A scheduler of Dask and its workers, processes of their own on loopback."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from distributed import Client

_ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Dask:
    """A scheduler that runs, its address as redigest takes it, and its workers by their addresses."""

    scheduler: "subprocess.Popen[str]"
    place: str
    workers: dict[str, "subprocess.Popen[str]"] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.place.replace("tcp", "dask", 1)

    def start_worker(self, **environment: str) -> str:
        """Start a worker with one thread, and give its address once the scheduler knows it."""
        process = _start("dask_worker", self.place, *("--nthreads", "1", "--no-nanny"), environment=environment)
        worker = _said(process, r"Start worker at: +(\S+)")
        self.workers[worker] = process
        with self.client() as client:
            client.wait_for_workers(len(self.workers), timeout=60)
        return worker

    def kill_worker(self, worker: str) -> None:
        """Kill a worker, and wait until it is gone."""
        _kill(self.workers.pop(worker))

    def kill_scheduler(self) -> None:
        _kill(self.scheduler)

    @contextmanager
    def client(self) -> Iterator[Client]:
        with Client(self.place, set_as_default=False) as client:
            yield client


@contextmanager
def dask(*, workers: int = 0) -> Iterator[Dask]:
    """Run a scheduler with some workers; what is left of them in the end is killed."""
    scheduler = _start("dask_scheduler", "--port", "0")
    running = Dask(scheduler, "")
    try:
        running.place = _said(scheduler, r"Scheduler at: +(\S+)")
        for _ in range(workers):
            running.start_worker()
        yield running
    finally:
        for process in (*running.workers.values(), scheduler):
            _kill(process)


def _start(program: str, *arguments: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    path = f"{_ROOT / 'bot'}{os.pathsep}{_ROOT}"
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{program}", "--host", "127.0.0.1", "--no-dashboard", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **(environment or {})},
    )


def _said(process: "subprocess.Popen[str]", pattern: str) -> str:
    """What a process says of itself on standard error, which is read to its end from then on."""
    assert process.stderr is not None
    for line in process.stderr:
        if (match := re.search(pattern, line)) is not None:
            threading.Thread(target=_drain, args=[process.stderr], daemon=True).start()
            return match[1]
    raise AssertionError(f"{process.args!r} ended with {process.wait()}")


def _drain(stream: IO[str]) -> None:
    with stream:
        stream.read()


def _kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
