"""What the action tells of a report: outputs for later steps, and annotations of files."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from redigest.github_action.commands import Level, annotation
from redigest.model import Action, ProposalOutcome
from redigest.report.findings import DOUBT, UNKNOWN, WITHOUT_EQUIVALENT
from redigest.report.model import Document, Problem, Repository, Sighting
from redigest.report.safety import shown, visible
from redigest.report.summary import plural

_DONE = (Action.SWAPPED, Action.UNPINNED)
_DUE = (Action.WOULD_SWAP, Action.WOULD_UNPIN)

_MOST_ANNOTATIONS = 10
"""GitHub shows so many of each level for a step."""
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Doubt:
    """A digest in force for which nothing better is known; `is_of_unknown_kind` unless it is known to be schema 1."""

    path: str
    line: int
    message: str
    is_of_unknown_kind: bool


def doubts(report: bytes) -> tuple[Doubt, ...]:
    """Read them from a report in the form of Code Quality: that in JSON does not tell digests in force from those in comments."""
    kinds = {UNKNOWN.id: True, WITHOUT_EQUIVALENT.id: False}
    return tuple(
        Doubt(one["location"]["path"], one["location"]["lines"]["begin"], one["description"], kinds[one["check_name"]])
        for one in json.loads(report)
        if one["check_name"] in kinds
    )


def outputs(document: Document, reports: Mapping[str, Path]) -> Mapping[str, str]:
    """The outputs of the action by name. `reports` are files by suffix; one that was not written has no path."""
    swapped = sum(sighting.action in _DONE for sighting in document.sightings)
    proposals = [
        {"repository": line.repository, "branch": line.branch, "outcome": line.outcome, "url": line.url} for line in _lines(document) if line.url is not None
    ]
    return {
        "swapped": str(swapped),
        "remaining": str(_known_to_be_schema_1(document) - swapped),
        "proposals": json.dumps(proposals),
        "report-json": str(reports.get(".json", "")),
        "report-html": str(reports.get(".html", "")),
    }


def annotations(document: Document, doubtful: Sequence[Doubt] = (), *, is_strict: bool = False) -> Iterator[str]:
    """Commands for what a person has to see: digests that are to be swapped, where it is the checkout that was searched, problems, and failures.

    Of digests that nothing is known of they say how many there are and why; where such fail the step, `is_strict`, each is an error at its line.
    """
    is_here = document.repositories is None
    failures = [annotation("error", _failure(line)) for line in _lines(document) if line.outcome is ProposalOutcome.FAILED]
    due = [sighting for sighting in document.sightings if sighting.repository is None and sighting.action in _DUE]
    if is_strict and is_here:
        told = {(sighting.path, sighting.line) for sighting in due}
        unknown = [_at_its_line(doubt) for doubt in doubtful if (doubt.path, doubt.line) not in told]
    else:
        unknown = [annotation("error" if is_strict else "warning", words) for words in _by_reason(doubtful)]
    problems = [_problem(problem, is_here=is_here) for problem in document.problems]
    errors = [*failures, *map(_due, due), *(unknown if is_strict else ())]
    for found in (errors, [*(() if is_strict else unknown), *problems]):
        yield from islice(found, _MOST_ANNOTATIONS)


def _by_reason(doubtful: Sequence[Doubt]) -> Iterator[str]:
    """How many digests are of unknown kind, in a sentence for each of the most common reasons."""
    reasons = Counter(doubt.message.partition(DOUBT)[2].removesuffix(".") for doubt in doubtful if doubt.is_of_unknown_kind).most_common()
    for reason, count in reasons[:_MOST_REASONS]:
        yield shown(f"{plural(count, 'digest')} {'is' if count == 1 else 'are'} of unknown kind: {reason}")
    if rest := sum(count for _, count in reasons[_MOST_REASONS:]):
        yield f"{plural(rest, 'more digest')} {'is' if rest == 1 else 'are'} of unknown kind; the report says why"


def _at_its_line(doubt: Doubt) -> str:
    if not _can_be_named(doubt.path):
        return annotation("error", shown(f"{visible(doubt.path)}:{doubt.line}: {doubt.message}"))
    return annotation("error", shown(doubt.message), path=doubt.path, line=doubt.line)


def _known_to_be_schema_1(document: Document) -> int:
    """Digests that were swapped, would be, or are kept for a doubt: all that are neither current, nor unknown, nor left alone."""
    counts = document.summary
    return counts.sightings - counts.current - counts.unknown - counts.ignored


def _lines(document: Document) -> tuple[Repository, ...]:
    return document.repositories or ()


def _due(sighting: Sighting) -> str:
    level: Level = "error"
    instead = f"; the schema 2 digest of the image is {sighting.replacement}" if sighting.replacement is not None else ""
    message = f"{sighting.digest} of {sighting.image or 'an image'} is a schema 1 digest, which can no longer be pulled{instead}"
    if not _can_be_named(sighting.path):
        return annotation(level, shown(f"{visible(sighting.path)}:{sighting.line}:{sighting.column}: {message}"))
    return annotation(level, shown(message), path=sighting.path, line=sighting.line, column=sighting.column)


def _can_be_named(path: str) -> bool:
    """Whether a command may name a file: neither bytes that are no UTF-8, which would name another one, nor characters that steer a terminal or hide."""
    return visible(path) == path


def _problem(problem: Problem, *, is_here: bool) -> str:
    """A warning beside the file where the checkout was searched; a run names files of clones, which the page of the workflow does not have."""
    message = shown(f"{problem.path}: {problem.reason}")
    return annotation("warning", message, path=problem.path, line=problem.line) if is_here and _can_be_named(problem.path) else annotation("warning", message)


def _failure(line: Repository) -> str:
    where = f"{line.repository} {line.branch}" if line.branch else line.repository
    stage = f" ({line.stage})" if line.stage else ""
    return shown(f"{where}: failed{stage}: {line.message or 'see the log'}")
