"""What a person sees of a run while it goes on, and what is left of it in the end."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from queue import SimpleQueue
from threading import Event, Thread
from types import TracebackType
from typing import Self, TypeVar

import click

from redigest import __version__, report
from redigest.cli.bars import Bars
from redigest.cli.setup import Setup, hand_over
from redigest.finished import NOTHING, Tally
from redigest.journey import Arrival
from redigest.logs import JsonLines, Level
from redigest.model import Outcome, Problem, ProposalOutcome, RepositoryLine
from redigest.report.safety import log_line, shown
from redigest.report.summary import plural
from redigest.steps import Step, Watch

_Item = TypeVar("_Item")

_STYLES = {
    ProposalOutcome.FAILED: "red",
    ProposalOutcome.HELD: "yellow",
    ProposalOutcome.OPENED: "green",
    ProposalOutcome.UPDATED: "green",
}
_LEVELS: Mapping[ProposalOutcome, Level] = {ProposalOutcome.FAILED: "error", ProposalOutcome.HELD: "warning"}


_UNITS = {Step.REPOSITORIES: "repository", Step.CLONE: "repository", Step.SCAN: "branch", Step.RESOLVE: "branch", Step.PROPOSE: "branch"}


class Progress:
    """Writes one line for each repository as it comes, says how far the run has come, and gathers what the end of the run says and reports hold."""

    def __init__(self, setup: Setup, *, is_dry: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._setup = setup
        self._is_dry = is_dry
        self._lines: list[RepositoryLine] = []
        self._trees: list[report.Searched] = []
        self._problems: list[Problem] = []
        self._tally = NOTHING
        self._has_failed_files = False
        self._tallies: dict[str, Tally] = {}
        self._bars = Bars(_UNITS, is_drawn=setup.color, say=None if setup.quiet else self._say, patience=0, clock=clock)

    @property
    def watch(self) -> Watch:
        """Is to be told of the steps of repositories."""
        return self._bars.watch

    def __enter__(self) -> Self:
        self.watch(Step.REPOSITORIES, 0, 0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.__exit__(kind, error, trace)

    def expect(self, repositories: Iterable[_Item]) -> Iterator[_Item]:
        """Give repositories one by one; a thread lists them ahead, so that it is soon known how many there are to come."""
        listed: SimpleQueue[tuple[_Item] | BaseException | None] = SimpleQueue()
        is_over = Event()

        def enlist() -> None:
            count = 0
            try:
                for repository in repositories:
                    if is_over.is_set():
                        return
                    listed.put((repository,))
                    count += 1
                self.watch(Step.REPOSITORIES, 0, count)
                listed.put(None)
            except BaseException as error:  # noqa: BLE001 -- it is raised where it is waited for
                listed.put(error)

        Thread(target=enlist, name="listing", daemon=True).start()
        try:
            while (found := listed.get()) is not None:
                if isinstance(found, BaseException):
                    raise found
                yield found[0]
        finally:
            is_over.set()

    def show(self, arrival: Arrival) -> None:
        """Write the lines of a repository that has come, and keep what the report needs."""
        for line in arrival.lines:
            self._lines.append(line)
            if not self._setup.quiet or line.outcome is ProposalOutcome.FAILED:
                self._say(_words(line), _STYLES.get(line.outcome), level=_LEVELS.get(line.outcome, "info"), repository=line.repository)
        self._tallies[arrival.lines[0].repository] = arrival.tally
        self._tally += arrival.tally
        for outcome in (tree.outcome for tree in arrival.trees):
            for problem in outcome.problems:
                self._has_failed_files |= problem.failed
                repository = arrival.lines[0].repository
                self._say(f"{shown(repository)}: {_place(problem)}: {shown(problem.reason)}", level="warning", repository=repository)
            if (self._is_dry or self._setup.verbose) and not self._setup.quiet:
                self._detail(outcome, arrival.lines[0].repository)
        self.watch(Step.REPOSITORIES, 1, 0)
        if self._setup.reports:
            self._trees += arrival.trees

    def _say(self, words: str, color: str | None = None, *, level: Level = "info", repository: str | None = None) -> None:
        """Write a line; above the bars, where there are some."""
        if isinstance(sys.stderr, JsonLines):
            sys.stderr.say(words, level=level, repository=repository)
            return
        line = log_line(words)
        if not self._bars.print(line, color):
            click.echo(click.style(line, fg=color) if color and self._setup.color else line, err=True)

    def _detail(self, outcome: Outcome, repository: str) -> None:
        """Write what is or would be changed, image by image; with `-v` also what stays, and every place."""
        from redigest.report.terminal import details

        for line in details(outcome, verbose=self._setup.verbose):
            self._say(f"  {line}", repository=repository)

    def problems(self, problems: tuple[Problem, ...]) -> None:
        """Write what was wrong with sources of digests, once for all repositories."""
        self._problems += problems
        for problem in problems:
            self._say(f"problem: {_place(problem)}: {shown(problem.reason)}", level="warning")

    def report(self, started: datetime, finished: datetime) -> None:
        """Sum up, and write the reports; they are in order of repositories, whichever came first."""
        lines = sorted(self._lines, key=lambda line: line.repository)
        counts = Counter(line.outcome for line in lines)
        words = ", ".join(f"{counts[outcome]} {outcome}" for outcome in ProposalOutcome if counts[outcome])
        kept = f"{self._tally.kept} schema 1 kept, " if self._tally.kept else ""
        counted = f"{plural(self._tally.places, 'digest')} {'to swap' if self._is_dry else 'in proposals'}, {kept}{self._tally.unknown} unknown"
        failed = [line for line in lines if line.outcome is ProposalOutcome.FAILED]
        self._table(lines)
        if failed or not self._setup.quiet:
            self._say(f"{plural(len({line.repository for line in lines}), 'repository')}{': ' if words else ''}{words}; {counted}")
        if failed:
            self._say(f"failed: {', '.join(dict.fromkeys(shown(_where(line)) for line in failed))}", level="error")
        trees = tuple(sorted(self._trees, key=lambda tree: tree.repository or ""))
        made = report.Report(trees, started, finished, __version__, tuple(lines), tuple(self._problems))
        hand_over(made, self._setup.reports)

    def _table(self, lines: Iterable[RepositoryLine]) -> None:
        """On a terminal, what came of each repository with news."""
        if sys.stderr.isatty() and not self._setup.quiet:
            from redigest.report.tables import print_repositories

            print_repositories(lines, self._tallies, stream=sys.stderr, color=self._setup.color)

    def exit_code(self, *, strict: bool) -> int:
        """3 when something failed, with `strict` 1 when digests are in force of which nothing is known, or that are schema 1 and stay."""
        if self._has_failed_files or any(line.outcome is ProposalOutcome.FAILED for line in self._lines):
            return 3
        return 1 if strict and (self._tally.unknown or self._tally.kept) else 0


def _words(line: RepositoryLine) -> str:
    stage = f" ({line.stage})" if line.stage else ""
    return shown(" ".join(filter(None, (f"{_where(line)}: {line.outcome}{stage}", line.url, f"- {line.message}" if line.message else ""))))


def _where(line: RepositoryLine) -> str:
    return f"{line.repository} {line.branch}" if line.branch else line.repository


def _place(problem: Problem) -> str:
    return shown(problem.place)
