"""The Code Quality report, held against what the documentation of GitLab asks for: docs.gitlab.com/ci/testing/code_quality, "Code Quality report format"."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from redigest import pipeline
from redigest.model import Outcome, ProposalOutcome, RepositoryLine
from redigest.report import Report, Searched
from redigest.report.code_quality import render
from redigest.tree import WorkTree
from tests.samples import ETCD, STRANGER, plant, search
from tests.unit.report_outcomes import everything, everywhere, report, result

MOMENT = datetime(2022, 7, 11, 8, 30, tzinfo=UTC)
TEXT = {"type": "string", "minLength": 1}
FORMAT = Draft202012Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": TEXT,
                "check_name": TEXT,
                "fingerprint": TEXT,
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "pattern": r"^(?!\./|/)."},
                        "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                    },
                },
            },
        },
    }
)

Issue = Mapping[str, Any]


def parsed(made: Report) -> Sequence[Issue]:
    text = render(made)
    assert text.isascii()
    assert not text.startswith("\ufeff")
    issues: Sequence[Issue] = json.loads(text)
    FORMAT.validate(issues)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    return issues


def scanned(root: Path, text: str) -> Sequence[Issue]:
    plant(root, {"web.yaml": text})
    return parsed(Report.of(pipeline.scan(WorkTree.at([root]), search()), MOMENT, MOMENT, "1.2.3", prefix="clusters/a b/"))


def test_says_what_is_wrong_where(tmp_path: Path) -> None:
    issues = scanned(tmp_path, f"# {ETCD.before}\nimage: {ETCD.before}\nother: {{image: {STRANGER.before}}}\n")
    assert [(issue["check_name"], issue["severity"], issue["location"]) for issue in issues] == [
        ("schema1-mention", "info", {"path": "clusters/a b/web.yaml", "lines": {"begin": 1}}),
        ("schema1-digest", "critical", {"path": "clusters/a b/web.yaml", "lines": {"begin": 2}}),
        ("unknown-digest", "info", {"path": "clusters/a b/web.yaml", "lines": {"begin": 3}}),
    ]


def test_a_finding_is_the_same_when_lines_move(tmp_path: Path) -> None:
    pair = f"image: {ETCD.before}\n---\nimage: {ETCD.before}\n"
    assert [issue["fingerprint"] for issue in scanned(tmp_path, pair)] == [issue["fingerprint"] for issue in scanned(tmp_path, f"# new\n{pair}")]


@pytest.mark.parametrize("text", ["a\nb\x1b[31m", "\udcff", '"', "\u202e"])
def test_foreign_text_is_shown_and_moves_nothing(text: str) -> None:
    assert all(issue["description"].isprintable() for issue in parsed(report(everywhere(text))))


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert render(report(Outcome((), (), 3, 0))) == "[]\n"
    assert len(parsed(report(everything(is_done=False)))) == 21


def test_the_same_finding_in_two_repositories_and_branches_is_three() -> None:
    names = (("a.example/x", "main"), ("a.example/x", "old"), ("b.example/y", "main"))
    trees = tuple(Searched(name, Outcome((result(),), (), 1, 1, branch, "a" * 40)) for name, branch in names)
    issues = parsed(Report(trees, MOMENT, MOMENT, "1.2.3", (RepositoryLine("a.example/x", "main", None, ProposalOutcome.OPENED),)))
    assert [issue["location"]["path"] for issue in issues] == ["a.example/x:k8s/web.yaml", "a.example/x:k8s/web.yaml", "b.example/y:k8s/web.yaml"]
