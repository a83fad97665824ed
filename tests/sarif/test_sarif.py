"""The SARIF report: held against the schema of OASIS and the bounds of GitHub, and its fixes applied as an editor would."""

import gzip
import json
import logging
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from jsonschema import Draft4Validator

from redigest import pipeline
from redigest.model import Action, Current, Outcome, Problem, ProposalOutcome, RepositoryLine, Result, Sighting, Standing, Swap, Unknown
from redigest.report import Report, Searched, sarif
from redigest.report.findings import KINDS, Finding, Kind, Level
from redigest.tree import WorkTree
from tests.samples import ETCD, STRANGER, TOOLS, harvest, plant, search
from tests.unit.report_outcomes import NEW, OLD, OTHER, SWAP, TAG, everything, everywhere, kept, outcome, report, result

SCHEMA = Path(__file__).parent / "schemas/sarif-schema-2.1.0.json"
MOMENT = datetime(2022, 7, 11, 8, 30, tzinfo=UTC)


@cache
def validator() -> Draft4Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft4Validator.check_schema(schema)
    return Draft4Validator(schema)


def parsed(text: str) -> Sequence[Mapping[str, Any]]:
    """The runs of a log that is valid."""
    assert text.isascii()
    log = json.loads(text)
    assert [error.message for error in validator().iter_errors(log)] == []
    runs: Sequence[Mapping[str, Any]] = log["runs"]
    return runs


def run_of(of: Outcome, *, prefix: str = "") -> Mapping[str, Any]:
    (run,) = parsed(sarif.render(Report.of(of, MOMENT, MOMENT, "1.2.3", prefix=prefix)))
    return run


def notices(run: Mapping[str, Any]) -> list[str]:
    return [notice["message"]["text"] for notice in run["invocations"][0]["toolExecutionNotifications"]]


def test_the_schema_refuses_what_is_not_sarif() -> None:
    log = json.loads(sarif.render(report(everything())))
    del log["runs"][0]["tool"]
    assert [error.message for error in validator().iter_errors(log)] == ["'tool' is a required property"]


@pytest.mark.parametrize("is_done", [True, False])
def test_everything_is_valid(*, is_done: bool) -> None:
    run = run_of(everything(is_done=is_done))
    assert run["tool"]["driver"]["version"] == "1.2.3"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [kind.id for kind in KINDS]
    assert all(run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_an_empty_outcome_is_valid() -> None:
    run = run_of(outcome())
    assert (run["results"], notices(run), run["invocations"][0]["executionSuccessful"]) == ([], [], True)


SCHEMA_1 = Unknown("two mappings disagree", is_schema_1=True)


@pytest.mark.parametrize(
    ("found", "rule", "level", "has_fix"),
    [
        pytest.param(result(action=Action.WOULD_SWAP), "schema1-digest", "error", True, id="to swap"),
        pytest.param(result(action=Action.SWAPPED), None, None, False, id="swapped"),
        pytest.param(result(action=Action.WOULD_UNPIN, verdict=Swap(OLD, NEW, (TAG,))), "schema1-without-equivalent", "error", True, id="to unpin"),
        pytest.param(kept("two mappings disagree", verdict=SCHEMA_1), "schema1-without-equivalent", "error", False, id="schema 1 and no equivalent"),
        pytest.param(kept("it cannot move", verdict=SWAP), "schema1-kept", "warning", False, id="cannot move"),
        pytest.param(kept("escaped", verdict=SWAP, standing=Standing.UNREADABLE), "schema1-kept", "warning", False, id="escaped"),
        pytest.param(kept("generated", verdict=SWAP, standing=Standing.DERIVED), "schema1-kept", "warning", False, id="generated"),
        pytest.param(kept("a workflow", verdict=SWAP, standing=Standing.PROTECTED), "schema1-kept", "warning", False, id="protected"),
        pytest.param(kept("no rule", verdict=SWAP, standing=Standing.UNPLACED), "schema1-kept", "warning", False, id="without a place"),
        pytest.param(kept("a comment", verdict=SWAP, standing=Standing.MENTION), "schema1-mention", "note", False, id="a comment"),
        pytest.param(kept("a comment", verdict=SCHEMA_1, standing=Standing.MENTION), "schema1-mention", "note", False, id="a comment without equivalent"),
        pytest.param(result(standing=Standing.MENTION, action=Action.WOULD_SWAP), "schema1-mention", "note", True, id="a comment to swap"),
        pytest.param(kept("nobody knows", verdict=Unknown("nobody knows")), "unknown-digest", "note", False, id="unknown"),
        pytest.param(kept("a comment", verdict=Unknown("nobody knows"), standing=Standing.MENTION), None, None, False, id="an unknown comment"),
        pytest.param(kept("fine", verdict=Current(())), None, None, False, id="current"),
        pytest.param(kept("a checksum", verdict=Unknown("not asked"), standing=Standing.NOT_AN_IMAGE), None, None, False, id="a checksum"),
    ],
)
def test_the_rule_says_what_is_wrong(found: Result, rule: str | None, level: str | None, *, has_fix: bool) -> None:
    run = run_of(outcome(found))
    assert [(each["ruleId"], each["level"], "fixes" in each) for each in run["results"]] == ([(rule, level, has_fix)] if rule else [])
    assert len(notices(run)) == (rule is None), "what is no finding is counted"


def test_problems_of_files_are_findings_and_others_are_notices() -> None:
    run = run_of(
        outcome(
            problems=(
                Problem("a.yaml", 3, "not YAML", failed=True),
                Problem("b", None, "read as text"),
                Problem("schema1.csv", 7, "no digest", is_outside=True, column=4),
            )
        ),
        prefix="k8s/",
    )
    assert [(each["ruleId"], each["level"], each["locations"][0]["physicalLocation"]) for each in run["results"]] == [
        ("file-problem", "error", {"artifactLocation": {"uri": "k8s/a.yaml", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 3, "startColumn": 1}}),
        ("file-problem", "warning", {"artifactLocation": {"uri": "k8s/b", "uriBaseId": "%SRCROOT%"}}),
    ]
    assert notices(run) == ["schema1.csv:7:4: no digest"]
    assert not run["invocations"][0]["executionSuccessful"]


TREE: Mapping[str, str | bytes] = {
    "plain.yaml": f"image: {ETCD.before}\n",
    "deep/two on one line.yaml": f"a: {{b: '{ETCD.before}', image: \"{TOOLS.before}\"}}\n",
    "crlf.yaml": f"x: 1\r\nimage: {ETCD.before}\r\nimage2: {TOOLS.before}",
    "bom.yaml": f"\ufeffimage: {ETCD.before}\n",
    "wide.yaml": f"\U0001f600é: {{image: {ETCD.before}}}\n",
    "latin.yaml": b"# \xe9\xff\nimage: " + ETCD.before.encode() + b"\n",
    os.fsdecode(b"caf\xe9 %41.yaml"): f"image: {ETCD.before}\n",
    "a:b#c?d.yaml": f"image: {ETCD.before}\n",
    "left.yaml": f"# {ETCD.before}\nimage: {STRANGER.before}\n",
}


def applied(run: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What an editor makes of the fixes: by their bytes, and the same by lines and columns in characters."""
    changed = dict(files)
    changes = [
        (change, part) for each in run["results"] for fix in each.get("fixes", []) for change in fix["artifactChanges"] for part in change["replacements"]
    ]
    for change, part in sorted(changes, key=lambda item: -item[1]["deletedRegion"]["byteOffset"]):
        path, region, text = os.fsdecode(unquote_to_bytes(change["artifactLocation"]["uri"])), part["deletedRegion"], part["insertedContent"]["text"]
        data = changed[path]
        start, end = region["byteOffset"], region["byteOffset"] + region["byteLength"]
        line = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")[region["startLine"] - 1].decode("utf-8", "replace")
        assert line[region["startColumn"] - 1 : region["endColumn"] - 1].encode() == data[start:end]
        changed[path] = data[:start] + text.encode() + data[end:]
    return changed


def test_the_fixes_do_what_fix_does(tmp_path: Path) -> None:
    plant(tmp_path, TREE)
    tree = WorkTree.at([tmp_path])
    run = run_of(pipeline.scan(tree, search()))
    before = harvest(tmp_path)
    made = applied(run, before)
    pipeline.fix(tree, search())
    assert made == harvest(tmp_path) != before
    assert sorted({each["ruleId"] for each in run["results"]}) == ["schema1-digest", "schema1-mention", "unknown-digest"]


def test_the_fix_of_an_unpinned_reference_leaves_the_tag() -> None:
    text = f"image: etcd:3@{OTHER}\n".encode()
    offset = text.index(OTHER.hex.encode())
    found = Result(
        Sighting("web.yaml", offset, 1, offset + 1, str(OTHER), OTHER, None, "image", "etcd", "3", Standing.LIVE, None, is_tagged=True),
        Unknown("nothing fits", is_schema_1=True),
        Action.WOULD_UNPIN,
        "nothing fits",
    )
    assert applied(run_of(outcome(found)), {"web.yaml": text}) == {"web.yaml": b"image: etcd:3\n"}


def test_fingerprints_stay_when_lines_move_and_differ_within_a_file(tmp_path: Path) -> None:
    def prints(text: str) -> list[str]:
        plant(tmp_path, {"web.yaml": text})
        return [each["partialFingerprints"]["redigest/v1"] for each in run_of(pipeline.scan(WorkTree.at([tmp_path]), search()))["results"]]

    pair = f"image: {ETCD.before}\n---\nimage: {ETCD.before}\n"
    before, after = prints(pair), prints(f"# new\n\n{pair}")
    assert before == after
    assert len(set(before)) == 2


@pytest.mark.parametrize("text", ["[x](javascript:alert(1))", "{0} {{1}}", "<script>", "a\nb\x1b[31m\u202e", "\udcff", "%SRCROOT%/../..", "]( [](", "\\"])
def test_foreign_text_means_nothing(text: str) -> None:
    run = run_of(everywhere(text), prefix="")
    assert run["results"]
    for each in run["results"]:
        message = each["message"]["text"]
        assert message.isprintable()
        assert "](" not in message
        assert "{" not in message.replace("{{", "")
        assert os.fsdecode(unquote_to_bytes(each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])) == text


def test_what_github_has_no_room_for_is_left_out_and_said(caplog: pytest.LogCaptureFixture) -> None:
    many = [kept("nobody knows", verdict=Unknown("nobody knows"), line=number + 1) for number in range(sarif.MOST_RESULTS)]
    worse = [result(path="z.yaml", line=number + 1, action=Action.WOULD_SWAP) for number in range(10)]
    with caplog.at_level(logging.WARNING, logger="redigest"):
        text = sarif.render(report(outcome(*many, *worse)))
    (run,) = json.loads(text)["runs"]  # the schema would take a while
    assert len(run["results"]) == sarif.MOST_RESULTS == 25_000
    assert sum(each["ruleId"] == "schema1-digest" for each in run["results"]) == 10
    assert notices(run) == ["10 of 25010 findings had no room here and were left out, the least bad first; a report in JSON has them all."]
    assert caplog.messages == ["the SARIF report leaves out 10 findings; a report in JSON has them all"]


def test_the_file_is_no_larger_than_there_is_room_for() -> None:
    noise = [Finding(KINDS[number % len(KINDS)], os.urandom(500).hex(), "wrong") for number in range(600)]
    for room in (100_000, 1000):
        text = sarif.write([sarif.Checked("redigest/", noise, KINDS)], version="1.2.3", started=MOMENT, finished=MOMENT, most_bytes=room)
        (run,) = parsed(text)
        assert "had no room here" in notices(run)[-1]
        if room > 1000:
            assert len(gzip.compress(text.encode())) <= room
            assert 100 < len(run["results"]) < 200
            assert {each["ruleId"] for each in run["results"]} == {"schema1-digest", "schema1-without-equivalent"}
        else:
            assert run["results"] == [], "the rules alone have no room, and there is no way to end but to say so"


def test_each_tree_of_a_fleet_has_a_run_that_says_which_commit_it_is_of() -> None:
    heads = {"main": "a" * 40, "release-1": "b" * 40}
    trees = [Searched("github.com/acme/web", Outcome((result(),), (), 1, 1, branch, head)) for branch, head in heads.items()]
    trees.append(Searched("gitlab.corp.example:8443/a/b", Outcome((result(),), (), 1, 1, "main", "c" * 40)))
    lines = (
        RepositoryLine("github.com/acme/web", "main", "a" * 40, ProposalOutcome.OPENED),
        RepositoryLine("github.com/acme/gone", None, None, ProposalOutcome.FAILED, stage="sources", message="there is no such repository"),
    )
    made = Report(tuple(trees), MOMENT, MOMENT, "1.2.3", lines, (Problem("registries", None, "no answer", is_outside=True),))
    *runs, rest = parsed(sarif.render(made))
    assert [run["automationDetails"]["id"] for run in runs] == [
        "redigest/github.com/acme/web/main/",
        "redigest/github.com/acme/web/release-1/",
        "redigest/gitlab.corp.example:8443/a/b/main/",
    ]
    assert runs[1]["versionControlProvenance"] == [{"repositoryUri": "https://github.com/acme/web", "branch": "release-1", "revisionId": "b" * 40}]
    assert runs[2]["versionControlProvenance"][0]["repositoryUri"] == "https://gitlab.corp.example:8443/a/b"
    assert [each["ruleId"] for run in runs for each in run["results"]] == ["schema1-digest"] * 3, "a proposal changes nothing in the commit that was looked at"
    assert notices(rest) == ["github.com/acme/gone: failed (sources): there is no such repository", "registries: no answer"]
    assert not rest["invocations"][0]["executionSuccessful"]


@pytest.mark.parametrize("count", [20, 21])
def test_a_file_with_more_runs_than_github_takes_says_so(count: int, caplog: pytest.LogCaptureFixture) -> None:
    names = [f"github.com/acme/{number}" for number in range(count)]
    trees = tuple(Searched(name, outcome(result(action=Action.WOULD_SWAP))) for name in names)
    lines = tuple(RepositoryLine(name, "main", "a" * 40, ProposalOutcome.WOULD_OPEN) for name in names)
    with caplog.at_level(logging.WARNING):
        runs = parsed(sarif.render(Report(trees, MOMENT, MOMENT, "1.2.3", lines)))
    assert len(runs) == count
    said = ["21 runs are in this file, and GitHub takes 20; write one for each repository, or smaller ones with --shard."]
    assert [notice for run in runs for notice in notices(run)] == (said if count > 20 else [])
    assert [record.getMessage() for record in caplog.records] == ([f"the SARIF report is too large for GitHub: {said[0]}"] if count > 20 else [])


def test_another_command_writes_findings_of_its_own() -> None:
    kind = Kind("not-a-swap", "NotASwap", Level.ERROR, "Something other than a digest has changed", "A byte outside of a digest differs.", "Look at it.")
    checked = sarif.Checked("redigest/verify/", [Finding(kind, "web.yaml", "Mode changed from 100644 to 100755.")], (kind,))
    (run,) = parsed(sarif.write([checked], version="1.2.3", started=MOMENT, finished=MOMENT))
    assert (run["results"][0]["ruleId"], run["tool"]["driver"]["rules"][0]["id"]) == ("not-a-swap", "not-a-swap")
