"""What the action tells of a report: outputs for later steps, and annotations of files."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from redigest.github_action.commands import annotation
from redigest.model import Outcome, Problem, ProposalOutcome, RepositoryLine, Result, Swap
from redigest.report import Report
from redigest.report.findings import Finding, findings
from redigest.report.grouping import by_fate, by_reason, in_order
from redigest.report.safety import shown, visible
from redigest.report.summary import DONE, DUE, Fate, fate, plural

_MOST_ANNOTATIONS = 10
"""GitHub shows so many of each level for a step."""
_MOST_REASONS = 3


def outputs(report: Report, files: Mapping[str, Path]) -> Mapping[str, str]:
    """The outputs of the action by name. `files` are those of reports by suffix; one that was not written has no path."""
    results = report.outcome.results
    proposals = [
        {"repository": line.repository, "branch": line.branch, "outcome": line.outcome, "url": line.url}
        for line in (report.repositories or ())
        if line.url is not None
    ]
    return {
        "swapped": str(sum(result.action in DONE for result in results)),
        "remaining": str(sum(result.action in DUE or fate(result) is Fate.REMAINING for result in results)),
        "proposals": json.dumps(proposals),
        "report-json": str(files.get(".json", "")),
        "report-html": str(files.get(".html", "")),
    }


def annotations(report: Report, *, is_strict: bool = False) -> Iterator[str]:
    """Commands for what a person has to see: digests that are to be swapped, where it is the checkout that was searched, problems, and failures.

    Of digests of unknown kind they say how many there are and why; where such fail the step, `is_strict`, each that stays is an error at its line.
    """
    is_here = report.repositories is None
    outcome = report.outcome
    prefix = report.trees[0].prefix if is_here else ""
    failures = [annotation("error", _failure(line)) for line in (report.repositories or ()) if line.outcome is ProposalOutcome.FAILED]
    due = [_due(result, prefix) for result in in_order(outcome) if is_here and result.action in DUE]
    if is_strict and is_here:
        stay = [
            _at_its_line(finding)
            for finding in findings(replace(outcome, results=tuple(result for result in outcome.results if result.is_open), problems=()), prefix=prefix)
        ]
    else:
        stay = [annotation("error" if is_strict else "warning", words) for words in _by_reason(outcome, is_strict=is_strict)]
    problems = [_problem(problem, prefix, is_here=is_here) for problem in outcome.problems]
    for found in ([*failures, *due, *stay], problems) if is_strict else ([*failures, *due], [*stay, *problems]):
        yield from islice(found, _MOST_ANNOTATIONS)


def _by_reason(outcome: Outcome, *, is_strict: bool) -> Iterator[str]:
    """How many digests are of unknown kind, in a sentence for each of the most common reasons, and where that `is_strict` how many are schema 1 and stay."""
    fates = by_fate(outcome)
    sections = by_reason(fates[Fate.UNKNOWN])
    for section in sections[:_MOST_REASONS]:
        yield shown(f"{_are(len(section.results), 'digest')} of unknown kind: {section.reason}")
    if rest := sum(len(section.results) for section in sections[_MOST_REASONS:]):
        yield f"{_are(rest, 'more digest')} of unknown kind; the report says why"
    if is_strict and (kept := len(fates[Fate.REMAINING])):
        yield f"{_are(kept, 'schema 1 digest')} kept; the report says why"


def _are(count: int, noun: str) -> str:
    return f"{plural(count, noun)} {'is' if count == 1 else 'are'}"


def _at_its_line(finding: Finding) -> str:
    line, column = (finding.region.line, finding.region.column) if finding.region is not None else (1, 1)
    return _beside(finding.path, line, column, finding.message)


def _due(result: Result, prefix: str) -> str:
    sighting = result.sighting
    instead = f"; the schema 2 digest of the image is {result.verdict.new}" if isinstance(result.verdict, Swap) else ""
    message = f"{sighting.text} of {sighting.name or 'an image'} is a schema 1 digest, which can no longer be pulled{instead}"
    return _beside(prefix + sighting.path, sighting.line, sighting.column, message)


def _beside(path: str, line: int, column: int, message: str) -> str:
    """An error at its place in a file, which is named in the message where the command may not name it."""
    if not _can_be_named(path):
        return annotation("error", shown(f"{visible(path)}:{line}:{column}: {message}"))
    return annotation("error", shown(message), path=path, line=line, column=column)


def _can_be_named(path: str) -> bool:
    """Whether a command may name a file: neither bytes that are no UTF-8, which would name another one, nor characters that steer a terminal or hide."""
    return visible(path) == path


def _problem(problem: Problem, prefix: str, *, is_here: bool) -> str:
    """A warning beside the file where the checkout was searched; a run names files of clones, which the page of the workflow does not have."""
    path = problem.path if problem.is_outside else prefix + problem.path
    message = shown(f"{path}: {problem.words}")
    return annotation("warning", message, path=path, line=problem.line) if is_here and _can_be_named(path) else annotation("warning", message)


def _failure(line: RepositoryLine) -> str:
    where = f"{line.repository} {line.branch}" if line.branch else line.repository
    stage = f" ({line.stage})" if line.stage else ""
    return shown(f"{where}: failed{stage}: {line.message or 'see the log'}")
