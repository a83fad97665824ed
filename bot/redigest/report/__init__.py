"""Reports in files: which suffix gets which writer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from redigest.model import Outcome, Problem, RepositoryLine
from redigest.report import files

Link = Callable[[str, int], str | None]
"""The web address of a line of a file, `None` where it has none."""


def no_link(_path: str, _line: int) -> None:
    """Where files have no web address."""


@dataclass(frozen=True, slots=True)
class Searched:
    """One tree that was searched; `repository` is `None` outside of `run`.

    `prefix` is the way to the tree from the top of its repository, for reports in which paths begin there.
    """

    repository: str | None
    outcome: Outcome
    prefix: str = ""
    link: Link = no_link

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of the tree; where there are several trees, a path says which one by the repository before it and a colon."""
        if self.repository is None:
            return self.outcome.problems
        return tuple(replace(problem, path=f"{self.repository}:{problem.path}") for problem in self.outcome.problems)


@dataclass(frozen=True, slots=True)
class Report:
    """What a report is made from: outcomes, when the work on them began and ended (aware times), and the version of the tool.

    `repositories` are the lines of a run, `None` for a report that is of no run. `problems` belong to no tree.
    """

    trees: tuple[Searched, ...]
    started: datetime
    finished: datetime
    version: str
    repositories: tuple[RepositoryLine, ...] | None = None
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, outcome: Outcome, started: datetime, finished: datetime, version: str, *, prefix: str = "") -> "Report":
        """The report on one tree."""
        return cls((Searched(None, outcome, prefix),), started, finished, version)

    @property
    def outcome(self) -> Outcome:
        """All outcomes as one, for counting; the results and the problems of each tree follow those of the one before."""
        outcomes = [tree.outcome for tree in self.trees]
        return Outcome(
            results=tuple(result for outcome in outcomes for result in outcome.results),
            problems=(*self.problems, *(problem for tree in self.trees for problem in tree.problems)),
            files_screened=sum(outcome.files_screened for outcome in outcomes),
            files_with_digests=sum(outcome.files_with_digests for outcome in outcomes),
        )


Writer = Callable[[Report], str]


def _json(report: Report) -> str:
    from redigest.report import json

    return json.render(report)


def _markdown(report: Report) -> str:
    from redigest.report import markdown

    return markdown.render(report)


def _sarif(report: Report) -> str:
    from redigest.report import sarif

    return sarif.render(report)


def _code_quality(report: Report) -> str:
    from redigest.report import code_quality

    return code_quality.render(report)


def _html(report: Report) -> str:
    from redigest.report import html

    return html.render(report)


WRITERS: Mapping[str, Writer] = {
    ".gl.json": _code_quality,
    ".json": _json,
    ".md": _markdown,
    ".html": _html,
    ".sarif": _sarif,
}
"""The first suffix that fits counts."""


def writer(path: Path) -> Writer:
    """Choose the writer by the suffix of a file name. Raises `UsageError` for a suffix that has none."""
    return files.writer_for(path, WRITERS)


def write(report: Report, path: Path) -> None:
    """Write a report in the form that the suffix of `path` asks for. Raises `UsageError` where there is none or the file cannot be written."""
    files.write(path, writer(path)(report))
