"""The JSON report, version 1; `redigest.report.model` says what it holds."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import assert_never

from redigest.model import Current, Evidence, Problem, Result, Standing, Swap, Unknown
from redigest.report import Report
from redigest.report.grouping import in_order
from redigest.report.safety import visible
from redigest.report.summary import summarise

_ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
"""Made once: `json.dumps` makes an encoder at each call."""

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def render(report: Report) -> str:
    """Write the report as ASCII, with one line for each sighting, each problem and each line of a run."""
    outcome = report.outcome
    head = one_line(
        {
            "version": 1,
            "tool": {"name": "redigest", "version": report.version},
            "started": _time(report.started),
            "finished": _time(report.finished),
            "summary": asdict(summarise(outcome)),
        }
    ).removesuffix("}")
    sightings = array(_sighting(result, tree.repository) for tree in report.trees for result in in_order(tree.outcome))
    problems = array(map(_problem, outcome.problems))
    repositories = f',\n"repositories": {array(map(asdict, report.repositories))}' if report.repositories is not None else ""
    return f'{head},\n"sightings": {sightings},\n"problems": {problems}{repositories}}}\n'


def array(records: Iterable[Mapping[str, object]]) -> str:
    """Write records as a JSON array in ASCII, each on a line of its own."""
    lines = ",\n".join(map(one_line, records))
    return f"[\n{lines}\n]" if lines else "[]"


def one_line(record: Mapping[str, object]) -> str:
    """Write a record as JSON in ASCII, on one line."""
    text = _ENCODE(record)
    return text if text.isascii() else _NOT_ASCII.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    """A surrogate that stands alone (an undecodable byte of a file name) is no Unicode text: RFC 8259, section 8.2. It is written out."""
    char = match.group()
    return json.dumps(visible(char) if "\ud800" <= char <= "\udfff" else char)[1:-1]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sighting(result: Result, repository: str | None) -> dict[str, object]:
    sighting = result.sighting
    return {
        "repository": repository,
        "path": sighting.path,
        "line": sighting.line,
        "column": sighting.column,
        "offset": sighting.offset,
        "digest": sighting.text,
        "image": sighting.name,
        "tag": sighting.tag,
        "rule": sighting.rule,
        "place": sighting.place,
        "verdict": _verdict(result),
        "action": result.action,
        "replacement": str(result.verdict.new) if isinstance(result.verdict, Swap) else None,
        "evidence": [_evidence(item) for item in result.verdict.evidence],
        "reason": result.reason,
    }


def _verdict(result: Result) -> str:
    if result.sighting.standing is Standing.NOT_AN_IMAGE:
        return "not-an-image"
    match result.verdict:
        case Swap():
            return "swap"
        case Current():
            return "current"
        case Unknown():
            return "unknown"
        case _:
            assert_never(result.verdict)


def _evidence(item: Evidence) -> dict[str, object]:
    return {"kind": item.kind, "detail": item.detail, "check": item.check}


def _problem(problem: Problem) -> dict[str, object]:
    return {"path": problem.path, "line": problem.line, "reason": problem.words}
