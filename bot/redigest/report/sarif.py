"""The SARIF report (OASIS, version 2.1.0 with errata 01), within what GitHub's code scanning takes."""

import gzip
import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from redigest.model import Problem, ProposalOutcome, RepositoryLine
from redigest.report import Report, Searched
from redigest.report.findings import KINDS, Finding, Fix, Kind, Level, Region, findings, fingerprints, unlisted, worst
from redigest.report.json import array, one_line
from redigest.report.safety import shown, visible
from redigest.report.summary import plural

_LOG = logging.getLogger(__name__)

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"

MOST_RESULTS = 25_000
"""GitHub refuses a file with more results in one run."""
MOST_RUNS = 20
"""GitHub refuses a file with more."""
MOST_BYTES = 10_000_000
"""GitHub refuses a larger file; what counts is its size as gzip."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be said of the work itself: it is no finding in a file."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What one SARIF run is made from: what was found in one tree, and what to say of the work on it.

    `id` is the category under which a later run takes the place of this one. `repository` is an absolute URI.
    """

    id: str
    findings: Sequence[Finding]
    kinds: Sequence[Kind]
    notices: Sequence[Notice] = ()
    is_successful: bool = True
    repository: str | None = None
    branch: str | None = None
    head: str | None = None


def render(report: Report) -> str:
    """Write the findings of a report, one SARIF run for each tree, as ASCII."""
    return write([*_checked(report)], version=report.version, started=report.started, finished=report.finished)


def write(checked: Sequence[Checked], *, version: str, started: datetime, finished: datetime, most_bytes: int = MOST_BYTES) -> str:
    """Write a log as ASCII with one line for each result; results that GitHub has no room for are left out, the least bad first, and the log says so.

    No run is left out, since others than GitHub read the file; that it has too many is said.
    """
    if len(checked) > MOST_RUNS:
        words = f"{len(checked)} runs are in this file, and GitHub takes {MOST_RUNS}; write one for each repository, or smaller ones with --shard."
        _LOG.warning("the SARIF report is too large for GitHub: %s", words)
        first, *others = checked
        checked = [replace(first, notices=(*first.notices, Notice(Level.WARNING, words))), *others]
    most = MOST_RESULTS
    while True:
        runs = ",\n".join(_run(each, most, version=version, started=started, finished=finished) for each in checked)
        text = f'{{"$schema": "{SCHEMA}",\n"version": "2.1.0",\n"runs": [{runs}]}}\n'
        excess = _excess(text, most_bytes)
        if not most or excess <= 1:
            break
        longest = max(len(each.findings) for each in checked)
        most = int(min(most, longest) / excess * 0.9)
    left_out = sum(max(0, len(each.findings) - most) for each in checked)
    if left_out:
        _LOG.warning("the SARIF report leaves out %s; a report in JSON has them all", plural(left_out, "finding"))
    return text


def _excess(text: str, most_bytes: int) -> float:
    """How many times as large as it may be a text is, once it is compressed."""
    return len(text) / most_bytes if len(text) <= most_bytes else len(gzip.compress(text.encode(), compresslevel=6)) / most_bytes


def _checked(report: Report) -> Iterator[Checked]:
    if report.repositories is None:
        for tree in report.trees:
            yield _of_tree(tree, is_rewritten=True, problems=report.problems)
        return
    yield from (_of_tree(tree, is_rewritten=False) for tree in report.trees)
    failed = [line for line in report.repositories if line.outcome is ProposalOutcome.FAILED]
    if failed or report.problems or not report.trees:
        notices = [*map(_failure, failed), *map(_notice, report.problems)]
        yield Checked("redigest/run/", (), KINDS, notices, is_successful=not failed)


def _of_tree(tree: Searched, *, is_rewritten: bool, problems: Sequence[Problem] = ()) -> Checked:
    outcome = tree.outcome
    counts = unlisted(outcome, is_rewritten=is_rewritten)
    told = ", ".join(f"{count} {why}" for why, count in sorted(counts.items()))
    total = sum(counts.values())
    notices = [Notice(Level.NOTE, f"{plural(total, 'digest')} {'is' if total == 1 else 'are'} no finding: {told}.")] if counts else []
    notices += map(_notice, (*problems, *(problem for problem in outcome.problems if problem.is_outside)))
    return Checked(
        "".join(f"{part}/" for part in ("redigest", tree.repository, outcome.branch) if part),
        tuple(findings(outcome, prefix=tree.prefix, is_rewritten=is_rewritten)),
        KINDS,
        notices,
        is_successful=not any(problem.failed for problem in outcome.problems),
        repository=_address(tree.repository) if tree.repository else None,
        branch=outcome.branch,
        head=outcome.head,
    )


def _address(repository: str) -> str:
    """The URI of a repository, by what reports call it: a host and a path, or the path of one on this disk."""
    path = Path(repository)
    return path.absolute().as_uri() if path.exists() else f"https://{quote(os.fsencode(repository), safe='/:')}"


def _notice(problem: Problem) -> Notice:
    return Notice(Level.ERROR if problem.failed else Level.WARNING, f"{problem.place}: {problem.reason}")


def _failure(line: RepositoryLine) -> Notice:
    where = f"{line.repository} {line.branch}" if line.branch else line.repository
    return Notice(Level.ERROR, f"{where}: failed{f' ({line.stage})' if line.stage else ''}: {line.message}")


def _run(checked: Checked, most: int, *, version: str, started: datetime, finished: datetime) -> str:
    listed = worst(checked.findings, most)
    counted = Counter(finding.kind.id for finding in checked.findings)
    notices = [*checked.notices]
    if left_out := len(checked.findings) - len(listed):
        words = (
            f"{left_out} of {plural(len(checked.findings), 'finding')} had no room here and were left out, the least bad first; a report in JSON has them all."
        )
        notices.append(Notice(Level.WARNING, words))
    head = {
        "tool": {"driver": {"name": "redigest", "version": version, "rules": [*map(_rule, checked.kinds)]}},
        "automationDetails": {"id": visible(checked.id)},
        "invocations": [
            {
                "executionSuccessful": checked.is_successful,
                "startTimeUtc": _time(started),
                "endTimeUtc": _time(finished),
                "toolExecutionNotifications": [{"level": each.level, "message": {"text": _plain(each.text)}} for each in notices],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the repository, or the folder that was searched outside of one."}}},
        "properties": {"findings": dict(sorted(counted.items()))},
    }
    if checked.repository is not None:
        source = {"repositoryUri": checked.repository, "branch": checked.branch and visible(checked.branch), "revisionId": checked.head}
        head["versionControlProvenance"] = [{name: value for name, value in source.items() if value is not None}]
    index = {kind.id: place for place, kind in enumerate(checked.kinds)}
    prints = tuple(fingerprints(checked.findings))
    results = array(_result(finding := checked.findings[place], index[finding.kind.id], prints[place]) for place in listed)
    return f'{one_line(head).removesuffix("}")},\n"results": {results}}}'


def _rule(kind: Kind) -> Mapping[str, object]:
    described = {
        "id": kind.id,
        "name": kind.name,
        "shortDescription": {"text": f"{kind.title}."},
        "fullDescription": {"text": kind.meaning},
        "help": {"text": f"{kind.meaning} {kind.advice}".replace("`", ""), "markdown": f"{kind.meaning}\n\n{kind.advice}\n"},
        "defaultConfiguration": {"level": kind.level},
        "properties": {"tags": ["containers", "maintainability"], "problem.severity": "recommendation" if kind.level is Level.NOTE else kind.level},
    }
    return described | ({"helpUri": kind.url} if kind.url else {})


def _result(finding: Finding, rule: int, fingerprint: str) -> Mapping[str, object]:
    artifact = {"uri": _encoded(finding.path), "uriBaseId": _ROOT}
    physical: dict[str, object] = {"artifactLocation": artifact}
    if finding.region is not None:
        physical["region"] = _region(finding.region)
    location: dict[str, object] = {"physicalLocation": physical}
    if finding.place:
        location["logicalLocations"] = [{"fullyQualifiedName": visible(finding.place)}]
    result: dict[str, object] = {
        "ruleId": finding.kind.id,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": _plain(finding.message)},
        "locations": [location],
        "partialFingerprints": {"redigest/v1": fingerprint},
    }
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix, artifact)]
    if finding.details:
        result["properties"] = dict(finding.details)
    return result


def _fix(fix: Fix, artifact: Mapping[str, str]) -> Mapping[str, object]:
    replacement = {"deletedRegion": _region(fix.region), "insertedContent": {"text": fix.text}}
    return {"description": {"text": fix.words}, "artifactChanges": [{"artifactLocation": artifact, "replacements": [replacement]}]}


def _region(region: Region) -> Mapping[str, int]:
    """Section 3.30: characters of a line, and the same as bytes where they are known."""
    described = {"startLine": region.line, "startColumn": region.column}
    if region.length is not None:
        described["endColumn"] = region.column + region.length
        if region.offset is not None:
            described |= {"byteOffset": region.offset, "byteLength": region.length}
    return described


def _encoded(path: str) -> str:
    """A path as a relative URI (RFC 3986, section 4.2), byte for byte."""
    return quote(os.fsencode(path), safe="/")


def _plain(text: str) -> str:
    """Foreign text in a plain text message: no link (section 3.11.6), no placeholder (section 3.11.5)."""
    return shown(text).replace("](", "] (").replace("{", "{{").replace("}", "}}")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
