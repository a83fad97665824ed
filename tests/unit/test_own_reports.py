"""A report that was left in a tree is known as one by its content, and what it names stands for nothing."""

from pathlib import Path

import pytest

from redigest.find import find
from redigest.model import ProposalOutcome, RepositoryLine, Standing
from redigest.report import WRITERS, Report, Searched
from tests.oneoff.command import redigest
from tests.samples import ETCD, RULES, TOOLS, harvest, mapping_csv, plant
from tests.unit.report_outcomes import everything, report

ONE = report(everything())
NAME = "github.com/acme/web"
LINES = (RepositoryLine(NAME, "main", "a" * 40, ProposalOutcome.OPENED),)
MANY = Report((Searched(NAME, everything()),), ONE.started, ONE.finished, "1.2.3", LINES)


@pytest.mark.parametrize("made", [ONE, MANY], ids=["tree", "fleet"])
@pytest.mark.parametrize("has_cr", [False, True])
@pytest.mark.parametrize("suffix", WRITERS)
def test_knows_every_report_that_it_writes(suffix: str, made: Report, *, has_cr: bool) -> None:
    data = WRITERS[suffix](made).encode()
    found = find(f"out/redigest{suffix}", data.replace(b"\n", b"\r\n") if has_cr else data, RULES)
    assert len(found.sightings) > 2
    assert {(sighting.standing, sighting.reason) for sighting in found.sightings} == {(Standing.NOT_AN_IMAGE, "a report of redigest")}
    assert found.problems == ()


@pytest.mark.parametrize("suffix", [".md", ".html", ".sarif"])
def test_believes_a_beginning_only_in_a_file_of_its_kind(suffix: str) -> None:
    data = WRITERS[suffix](ONE).encode()
    for path in ("web.yaml", "deploy.sh", f"report{suffix}.txt"):
        assert {sighting.reason for sighting in find(path, data, RULES).sightings} != {"a report of redigest"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", f"# Image digests\n\nWe use {ETCD.before}\n"),
        ("verify.md", f"# redigest verify\n\nA check. {ETCD.before}\n"),
        ("index.html", f'<!DOCTYPE html><meta name="generator" content="redigestion"><title>Image digests</title>{ETCD.before}\n'),
        ("other.sarif", f'{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "redigest"}}}}, "x": "{ETCD.before}"}}]}}\n'),
        ("lint.json", f'[{{"description": "{ETCD.before}", "check_name": "lint", "fingerprint": "0", "severity": "minor"}}]\n'),
    ],
)
def test_takes_nothing_else_for_a_report(path: str, text: str) -> None:
    [sighting] = find(path, text.encode(), RULES).sightings
    assert sighting.reason != "a report of redigest"


def test_finds_nothing_in_the_reports_of_an_earlier_scan(tmp_path: Path) -> None:
    plant(tmp_path, {"schema1.csv": mapping_csv(), "deploy/web.yaml": f"image: {ETCD.before}\n# {TOOLS.before}\n"})
    reports = [part for suffix in WRITERS for part in ("--report", f"deploy/redigest{suffix}")]
    assert redigest("scan", "deploy", "--mapping", "schema1.csv", *reports, cwd=tmp_path)[0] == 1
    before = harvest(tmp_path)
    code, said, _ = redigest("scan", "deploy", "--check", "--strict", "--mapping", "schema1.csv", "--report", "new.gl.json", cwd=tmp_path)
    assert (code, [line.split(":")[0] for line in said.splitlines()]) == (1, ["deploy/web.yaml"])
    assert "deploy/redigest" not in (tmp_path / "new.gl.json").read_text()
    assert redigest("fix", "deploy", "--mentions", "--mapping", "schema1.csv", cwd=tmp_path)[0] == 0
    after = harvest(tmp_path)
    assert {path for path in before if after[path] != before[path]} == {"deploy/web.yaml"}
