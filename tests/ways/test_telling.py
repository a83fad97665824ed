"""What the action tells of large and of hostile reports."""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from redigest.github_action import telling
from redigest.github_action.commands import annotation, output
from redigest.model import Action, Current, Outcome, Problem, ProposalOutcome, RepositoryLine, Result, Sighting, Standing, Unknown, Verdict
from redigest.report import Report, Searched
from redigest.report.safety import visible
from tests.samples import ETCD
from tests.ways.runner import Job, read_outputs

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def result(action: Action, *, path: str = "web.yaml", line: int = 3, verdict: Verdict = ETCD.swap) -> Result:
    reason = verdict.reason if isinstance(verdict, Unknown) else None
    return Result(Sighting(path, 40, line, 5, str(ETCD.old), ETCD.old, None, "image", ETCD.name, None, Standing.LIVE), verdict, action, reason)


def report(*results: Result, problems: tuple[Problem, ...] = (), lines: tuple[RepositoryLine, ...] | None = None) -> Report:
    """Of a run if there are `lines` of one."""
    tree = Searched("github.com/acme/other" if lines is not None else None, Outcome(results, () if lines is not None else problems, 1, 1))
    return Report((tree,), NOW, NOW, "1", lines, problems if lines is not None else ())


def line(outcome: ProposalOutcome, **more: str) -> RepositoryLine:
    return RepositoryLine("github.com/acme/deploy", "main", None, outcome, **more)


def test_counts_what_is_swapped_and_what_remains() -> None:
    kept = result(Action.KEPT, verdict=Unknown("conflict", is_schema_1=True))
    others = [result(Action.KEPT, verdict=verdict) for verdict in (Unknown("not known"), Current(()))]
    comment = replace(result(Action.KEPT), sighting=replace(kept.sighting, standing=Standing.MENTION))
    of = report(*map(result, (Action.SWAPPED, Action.UNPINNED, Action.WOULD_SWAP, Action.KEPT)), kept, *others, comment)
    told = telling.outputs(of, {".json": Path("/tmp/report.json")})
    assert (told["swapped"], told["remaining"]) == ("2", "3")
    assert (told["report-json"], told["report-html"], told["proposals"]) == ("/tmp/report.json", "", "[]")


def test_annotates_no_file_of_another_repository() -> None:
    found = (result(Action.WOULD_SWAP), result(Action.SWAPPED), result(Action.KEPT))
    assert list(telling.annotations(report(*found, lines=()))) == []
    assert len(list(telling.annotations(report(*found)))) == 1


@pytest.mark.parametrize("name", [os.fsdecode(b"caf\xe9.yaml"), "\x1b[31m.yaml", "a\u202eb.yaml", "a\n::error::b.yaml"], ids=ascii)
def test_names_no_file_by_what_steers_or_hides(name: str) -> None:
    problem = Problem(path=name, line=3, reason="is odd")
    said = list(telling.annotations(report(result(Action.WOULD_SWAP, path=name), problems=(problem,))))
    assert said == [f"::error title=redigest::{visible(name)}:3:5: {said[0].partition(':3:5: ')[2]}", f"::warning title=redigest::{visible(name)}: is odd"]
    assert all(line.isprintable() for line in said)


def test_a_problem_of_a_run_stands_beside_no_file_of_the_checkout() -> None:
    problem = Problem(path="github.com/acme/deploy:k8s/web.yaml", line=3, reason="is odd")
    said = "redigest::github.com/acme/deploy:k8s/web.yaml: is odd"
    assert list(telling.annotations(report(problems=(problem,), lines=()))) == [f"::warning title={said}"]
    assert list(telling.annotations(report(problems=(problem,)))) == [f"::warning file=github.com/acme/deploy%3Ak8s/web.yaml,line=3,title={said}"]


def test_says_how_many_digests_are_of_unknown_kind_by_the_most_common_reasons() -> None:
    found = [result(Action.KEPT, verdict=Unknown(f"reason {number * number // 10}")) for number in range(12)]
    kept = result(Action.KEPT, verdict=Unknown("conflict", is_schema_1=True))
    reasons = [f"{count} digest{'s are' if count > 1 else ' is'} of unknown kind: reason {number}" for count, number in ((4, 0), (1, 1), (1, 10))]
    words = [*reasons, "6 more digests are of unknown kind; the report says why"]
    for of in (report(*found, kept), report(*found, kept, lines=())):
        assert list(telling.annotations(of)) == [f"::warning title=redigest::{said}" for said in words]
    said = [f"::error title=redigest::{said}" for said in (*words, "1 schema 1 digest is kept; the report says why")]
    assert list(telling.annotations(report(*found, kept, lines=()), is_strict=True)) == said


def test_a_strict_check_shows_every_digest_for_which_it_fails_once() -> None:
    kept: tuple[Verdict, ...] = (Unknown("not known"), Unknown("conflict", is_schema_1=True), Current(()))
    found = [result(Action.KEPT, line=number, verdict=verdict) for number, verdict in enumerate(kept, 1)]
    swaps = (result(Action.WOULD_SWAP, line=8), result(Action.WOULD_UNPIN, line=9, verdict=Unknown("no equivalent", is_schema_1=True)))
    said = list(telling.annotations(report(*found, *swaps), is_strict=True))
    assert [re.findall(r"^::error .*line=(\d+),col=5", one) for one in said] == [["8"], ["9"], ["1"], ["2"]]


def test_annotates_no_more_than_is_shown() -> None:
    problems = tuple(Problem(path=f"{number}.yaml", line=None, reason="is odd") for number in range(30))
    failed = line(ProposalOutcome.FAILED, stage="commit", message="refused")
    check, run = report(*[result(Action.WOULD_SWAP)] * 30, problems=problems), report(problems=problems, lines=(failed,) * 30)
    for said in map(list, map(telling.annotations, (check, run))):
        assert [sum(one.startswith(f"::{level} ") for one in said) for level in ("error", "warning")] == [10, 10]
    assert next(telling.annotations(run)) == "::error title=redigest::github.com/acme/deploy main: failed (commit): refused"


@pytest.mark.parametrize("value", ["", "a\nb", "a\n\nname<<x\n1\nx", "x=1"])
def test_no_value_of_an_output_begins_another(value: str) -> None:
    assert read_outputs(output("a", value) + output("b", "2")) == {"a": value, "b": "2"}


def test_a_message_stays_one_command_at_its_place() -> None:
    said = annotation("error", "100%\r\n::warning::owned", path="a,line=9::b:c%.yaml", line=3)
    assert said == "::error file=a%2Cline=9%3A%3Ab%3Ac%25.yaml,line=3,title=redigest::100%25%0D%0A::warning::owned"
    assert Job(log=said).annotations == [said]
