"""The Code Quality report of GitLab: a JSON array of findings, as its documentation gives the format."""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from redigest.report import Report
from redigest.report.findings import Finding, Level, findings, fingerprints
from redigest.report.json import array
from redigest.report.safety import shown


def render(report: Report) -> str:
    """Write the findings of a report as ASCII, each on a line of its own; in that of a run, a path has the repository before it."""
    return f"{array(_issues(report))}\n"


def write(found: Sequence[Finding]) -> str:
    """Write findings of one tree as ASCII, each on a line of its own."""
    return f"{array(_issues_of(found, ''))}\n"


def _issues(report: Report) -> Iterator[Mapping[str, object]]:
    for tree in report.trees:
        found = tuple(findings(tree.outcome, prefix=tree.prefix, is_rewritten=report.repositories is None))
        scope = "\0".join((tree.repository or "", tree.outcome.branch or ""))
        yield from _issues_of(found, scope, before=f"{tree.repository}:" if tree.repository else "")


def _issues_of(found: Sequence[Finding], scope: str, *, before: str = "") -> Iterator[Mapping[str, object]]:
    for finding, fingerprint in zip(found, fingerprints(found, scope), strict=True):
        yield {
            "description": shown(finding.message),
            "check_name": finding.kind.id,
            "fingerprint": fingerprint,
            "severity": _severity(finding),
            "location": {"path": f"{before}{finding.path}", "lines": {"begin": finding.region.line if finding.region is not None else 1}},
        }


def _severity(finding: Finding) -> str:
    match finding.severity:
        case Level.ERROR:
            return "critical"
        case Level.WARNING:
            return "minor"
        case Level.NOTE:
            return "info"
        case never:
            assert_never(never)
