"""What the action tells of large and of hostile reports."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from redigest.github_action import telling
from redigest.github_action.commands import annotation, output
from redigest.model import Action, ProposalOutcome
from redigest.report.findings import DOUBT
from redigest.report.model import Document, Problem, Repository, Sighting, Summary, Tool
from redigest.report.safety import visible
from tests.samples import ETCD
from tests.ways.runner import Job, read_outputs

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def sighting(action: Action, *, path: str = "web.yaml", repository: str | None = None) -> Sighting:
    return Sighting(
        repository=repository,
        path=path,
        line=3,
        column=5,
        offset=40,
        digest=str(ETCD.old),
        image=ETCD.name,
        tag=None,
        rule=None,
        place="image",
        verdict="swap",
        action=action,
        replacement=str(ETCD.new),
        evidence=(),
        reason=None,
    )


def document(*sightings: Sighting, problems: tuple[Problem, ...] = (), repositories: tuple[Repository, ...] | None = None, left_alone: int = 0) -> Document:
    counts = Summary(
        files_screened=1, files_with_digests=1, sightings=len(sightings), swapped=0, current=0, unknown=0, ignored=left_alone, problems=len(problems)
    )
    tool = Tool(name="redigest", version="1")
    return Document(version=1, tool=tool, started=NOW, finished=NOW, summary=counts, sightings=sightings, problems=problems, repositories=repositories)


def line(outcome: ProposalOutcome, **more: str) -> Repository:
    return Repository.model_validate(
        {"repository": "github.com/acme/deploy", "branch": "main", "head": None, "outcome": outcome, "url": None, "stage": None, "message": None, **more}
    )


def doubt(path: str, reason: str, *, line: int = 1) -> telling.Doubt:
    return telling.Doubt(path, line, f"{ETCD.name} is pinned by {ETCD.old}, {DOUBT}{reason}.", is_of_unknown_kind=True)


def test_counts_what_is_swapped_and_what_remains() -> None:
    of = document(*map(sighting, (Action.SWAPPED, Action.UNPINNED, Action.WOULD_SWAP, Action.KEPT, Action.KEPT)), left_alone=1)
    told = telling.outputs(of, {".json": Path("/tmp/report.json")})
    assert (told["swapped"], told["remaining"]) == ("2", "2")
    assert (told["report-json"], told["report-html"], told["proposals"]) == ("/tmp/report.json", "", "[]")


def test_annotates_no_file_of_another_repository() -> None:
    elsewhere = sighting(Action.WOULD_SWAP, repository="github.com/acme/other")
    assert list(telling.annotations(document(elsewhere, sighting(Action.SWAPPED), sighting(Action.KEPT)))) == []


@pytest.mark.parametrize("name", [os.fsdecode(b"caf\xe9.yaml"), "\x1b[31m.yaml", "a\u202eb.yaml", "a\n::error::b.yaml"], ids=ascii)
def test_names_no_file_by_what_steers_or_hides(name: str) -> None:
    problem = Problem(path=name, line=3, reason="is odd")
    said = list(telling.annotations(document(sighting(Action.WOULD_SWAP, path=name), problems=(problem,))))
    assert said == [f"::error title=redigest::{visible(name)}:3:5: {said[0].partition(':3:5: ')[2]}", f"::warning title=redigest::{visible(name)}: is odd"]
    assert all(line.isprintable() for line in said)


def test_a_problem_of_a_run_stands_beside_no_file_of_the_checkout() -> None:
    problem = Problem(path="github.com/acme/deploy:k8s/web.yaml", line=3, reason="is odd")
    said = "redigest::github.com/acme/deploy:k8s/web.yaml: is odd"
    assert list(telling.annotations(document(problems=(problem,), repositories=()))) == [f"::warning title={said}"]
    assert list(telling.annotations(document(problems=(problem,)))) == [f"::warning file=github.com/acme/deploy%3Ak8s/web.yaml,line=3,title={said}"]


def test_says_how_many_digests_are_of_unknown_kind_by_the_most_common_reasons() -> None:
    found = [doubt(f"{number}.yaml", f"reason {number * number // 10}") for number in range(12)]
    said = list(telling.annotations(document(), found))
    reasons = [f"{count} digest{'s are' if count > 1 else ' is'} of unknown kind: reason {number}" for count, number in ((4, 0), (1, 1), (1, 2))]
    assert said == [f"::warning title=redigest::{words}" for words in (*reasons, "6 more digests are of unknown kind; the report says why")]
    known = [telling.Doubt("a.yaml", 1, "An image is pinned by the schema 1 digest x, which stays: why.", is_of_unknown_kind=False)]
    assert list(telling.annotations(document(), known)) == []


def test_shows_no_digest_twice() -> None:
    due = sighting(Action.WOULD_UNPIN)
    said = list(telling.annotations(document(due), [doubt(due.path, "why", line=due.line), doubt(due.path, "why", line=9)], is_strict=True))
    assert [re.findall(r"line=\d+", line) for line in said] == [["line=3"], ["line=9"]]


def test_annotates_no_more_than_is_shown_and_failures_first() -> None:
    problems = tuple(Problem(path=f"{number}.yaml", line=None, reason="is odd") for number in range(30))
    failed = line(ProposalOutcome.FAILED, stage="commit", message="refused")
    said = list(telling.annotations(document(*[sighting(Action.WOULD_SWAP)] * 30, problems=problems, repositories=(failed,))))
    assert said[0] == "::error title=redigest::github.com/acme/deploy main: failed (commit): refused"
    assert [sum(one.startswith(f"::{level} ") for one in said) for level in ("error", "warning")] == [10, 10]


@pytest.mark.parametrize("value", ["", "a\nb", "a\n\nname<<x\n1\nx", "x=1"])
def test_no_value_of_an_output_begins_another(value: str) -> None:
    assert read_outputs(output("a", value) + output("b", "2")) == {"a": value, "b": "2"}


def test_a_message_stays_one_command_at_its_place() -> None:
    said = annotation("error", "100%\r\n::warning::owned", path="a,line=9::b:c%.yaml", line=3)
    assert said == "::error file=a%2Cline=9%3A%3Ab%3Ac%25.yaml,line=3,title=redigest::100%25%0D%0A::warning::owned"
    assert Job(log=said).annotations == [said]
