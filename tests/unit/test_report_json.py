import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from redigest.model import Action, Current, Problem, Result, Standing, Unknown
from redigest.report import Report
from redigest.report.json import render
from redigest.report.model import Document
from tests.unit.report_outcomes import CONTAINER, ETCD, MAPPING, NEW, OLD, SWAP, everything, kept, outcome, report, result


def rendered(*results: Result, problems: tuple[Problem, ...] = ()) -> dict[str, Any]:
    text = render(report(outcome(*results, problems=problems)))
    Document.model_validate_json(text, strict=True)
    written: dict[str, Any] = json.loads(text)
    return written


def test_says_all_that_is_known_of_a_swap() -> None:
    assert rendered(result())["sightings"] == [
        {
            "repository": None,
            "path": "k8s/web.yaml",
            "line": 12,
            "column": 20,
            "offset": 1200,
            "digest": str(OLD),
            "image": ETCD,
            "tag": "3.2.22",
            "rule": "kubernetes/containers",
            "place": CONTAINER,
            "verdict": "swap",
            "action": "swapped",
            "replacement": str(NEW),
            "evidence": [{"kind": each.kind.value, "detail": each.detail, "check": each.check} for each in SWAP.evidence],
            "reason": None,
        }
    ]


@pytest.mark.parametrize(
    ("found", "verdict", "replacement"),
    [
        (result(), "swap", str(NEW)),
        (result(action=Action.WOULD_UNPIN), "swap", str(NEW)),
        (kept("schema 2", verdict=Current((MAPPING,))), "current", None),
        (kept("nobody knows it", verdict=Unknown("nobody knows it")), "unknown", None),
        (kept("a comment", verdict=SWAP, standing=Standing.MENTION), "swap", str(NEW)),
        (kept("a checksum", verdict=Unknown("not asked"), standing=Standing.NOT_AN_IMAGE), "not-an-image", None),
        (kept("escaped", verdict=Unknown("not asked"), standing=Standing.UNREADABLE), "unknown", None),
    ],
)
def test_writes_the_verdict(found: Result, verdict: str, replacement: str | None) -> None:
    (written,) = rendered(found)["sightings"]
    assert (written["verdict"], written["replacement"]) == (verdict, replacement)
    assert (written["action"], written["reason"]) == (found.action.value, found.reason)


def test_every_form_of_a_result_is_valid_by_the_published_model() -> None:
    for is_done in (True, False):
        Document.model_validate_json(render(report(everything(is_done=is_done))), strict=True)


def test_the_example_of_the_documentation_is_valid_by_the_published_model() -> None:
    example = rendered(result()) | {
        "repositories": [
            {
                "repository": "github.com/acme/deploy",
                "branch": "main",
                "head": "0" * 40,
                "outcome": "opened",
                "url": "https://github.example/1",
                "stage": None,
                "message": None,
            }
        ]
    }
    Document.model_validate_json(json.dumps(example), strict=True)


def test_the_published_schema_names_exactly_the_fields_that_are_written() -> None:
    schema = Document.model_json_schema()
    written = rendered(result(), problems=(Problem("a", 1, "b"),))
    assert {*schema["properties"]} == {*written, "repositories"}
    assert {*schema["required"]} == {*written}
    for name, record in (("Sighting", written["sightings"][0]), ("Problem", written["problems"][0]), ("Summary", written["summary"])):
        assert schema["$defs"][name]["required"] == list(record)
        assert schema["$defs"][name]["additionalProperties"] is False


def test_counts_the_whole_report() -> None:
    assert json.loads(render(report(everything())))["summary"] == {
        "files_screened": 8,
        "files_with_digests": 7,
        "sightings": 33,
        "swapped": 16,
        "current": 1,
        "unknown": 1,
        "ignored": 15,
        "problems": 2,
    }


def test_orders_by_path_then_offset() -> None:
    written = rendered(result(path="b", line=2), result(path="\udcff", line=1), result(path="b", line=1), result(path="B", line=9))
    assert [(each["path"], each["line"]) for each in written["sightings"]] == [("B", 9), ("b", 1), ("b", 2), ("\\xff", 1)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("größe/\U0001f4e6.yaml", "größe/\U0001f4e6.yaml"),
        ("latin-\udce9.yaml", "latin-\\xe9.yaml"),
        ('quote"back\\slash\n\x1b\u2028', 'quote"back\\slash\n\x1b\u2028'),
        ("half a pair \ud83d", "half a pair \\ud83d"),
    ],
)
def test_writes_every_file_name_as_valid_json(path: str, expected: str) -> None:
    text = render(report(outcome(result(path=path), problems=(Problem(path, None, "reason"),))))
    written = Document.model_validate_json(text, strict=True)
    assert text.isascii()
    assert (written.sightings[0].path, written.problems[0].path) == (expected, expected)


def test_writes_one_line_for_each_sighting() -> None:
    lines = render(report(outcome(*(result(line=line) for line in range(1, 4))))).splitlines()
    assert [json.loads(line.removesuffix(","))["line"] for line in lines if '"path"' in line] == [1, 2, 3]


def test_an_empty_outcome_is_a_whole_report() -> None:
    written = rendered()
    assert (written["sightings"], written["problems"]) == ([], [])


def test_writes_times_in_utc_and_differs_in_nothing_else() -> None:
    of = everything()
    local = timezone(timedelta(hours=2))
    started, finished = datetime(2026, 1, 2, 0, 30, tzinfo=local), datetime(2026, 1, 2, 0, 31, 2, 345_678, tzinfo=local)
    one, other = json.loads(render(Report.of(of, started, finished, "1.2.3"))), json.loads(render(report(of)))
    assert (one["started"], one["finished"]) == ("2026-01-01T22:30:00.000Z", "2026-01-01T22:31:02.345Z")
    assert {key for key in one if one[key] != other[key]} == {"started", "finished"}
