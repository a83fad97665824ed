"""How far the steps of a command have come, for a person who waits: bars on a terminal, elsewhere a line now and then."""

import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from redigest.report.summary import plural
from redigest.steps import Step

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_EVERY = 30.0
"""Seconds between two lines where there are no bars."""

_PATIENCE = 0.5
"""Seconds of work that need no bars; most commands on a tree take no longer, and drawing takes an import."""

_FRAME = 0.1
"""Seconds between two times that the bars are drawn."""


@dataclass(slots=True)
class _Row:
    """How far one step has come since a time; `unit` is what is counted."""

    unit: str
    since: float
    done: int = 0
    due: int = 0
    bar: "TaskID | None" = None

    @property
    def is_open(self) -> bool:
        return self.done != self.due

    @property
    def total(self) -> int | None:
        """How many there are, `None` as long as more are found."""
        return self.due if self.done <= self.due > 0 else None


class Bars:
    """Shows of each step in `units`, once it has begun, how many of how many are done, and about how long the rest takes.

    With `is_drawn` they are bars on standard error, which are gone in the end. They are drawn when something is told, and by no thread of their own: work
    on files forks processes; and not before `patience` is over, which is counted in seconds. Otherwise a line is said every 30 seconds, about the first
    step that is not done. `say` is `None` where nothing is to be said.
    """

    def __init__(
        self,
        units: Mapping[Step, str],
        *,
        is_drawn: bool,
        say: Callable[[str], None] | None,
        patience: float = _PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rows: dict[Step, _Row] = {}
        self._units = units
        self._is_drawn = is_drawn and say is not None
        self._say = say
        self._clock = clock
        self._patience = patience
        self._begun = self._shown = clock()
        self._bars: Progress | None = None
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            self._say = None
            if self._bars is not None:
                self._bars.stop()
                self._bars = None

    def watch(self, step: Step, done: int, due: int) -> None:
        """Count, and show it if it is time to; see `redigest.steps.Watch`."""
        if step not in self._units:
            return
        with self._lock:
            now = self._clock()
            row = self._rows.setdefault(step, _Row(self._units[step], self._begun if not self._rows else now))
            row.done += done
            row.due += due
            if self._say is None:
                return
            if self._is_drawn:
                self._draw(now)
            elif now - self._shown >= _EVERY:
                self._tell(now, self._say)

    def print(self, text: str, style: str | None) -> bool:
        """Write a line above the bars; false where none are drawn."""
        with self._lock:
            if self._bars is None:
                return False
            from rich.text import Text

            self._bars.console.print(Text(text, style=style or ""), soft_wrap=True)
            return True

    def _tell(self, now: float, say: Callable[[str], None]) -> None:
        row = next((row for row in self._rows.values() if row.is_open), None)
        if row is None or not row.done:
            return
        self._shown = now
        if row.total is None:
            say(f"{plural(row.done, row.unit)} so far, and more are being listed")
        else:
            left = (now - row.since) / row.done * (row.due - row.done)
            say(f"{row.done} of {plural(row.due, row.unit)}, about {_duration(left)} left")

    def _draw(self, now: float) -> None:
        if self._bars is None:
            if now - self._begun < self._patience:
                return
            self._bars = _bars()
            self._bars.start()
        elif now - self._shown < _FRAME and any(row.is_open for row in self._rows.values()):
            return
        self._shown = now
        for step, row in self._rows.items():
            if row.bar is None:
                row.bar = self._bars.add_task(step, total=None)
            self._bars.update(row.bar, completed=row.done, total=row.total)
        self._bars.refresh()


def _bars() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(file=sys.stderr), transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{round(seconds)} s" if seconds < 90 else f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
