"""Records of finished runs: what is read is what was written, and nothing else is believed."""

import json
from pathlib import Path

import pytest

from redigest.finished import Record, Records, Tally
from redigest.model import Problem, ProposalOutcome, RepositoryLine
from tests.unit.report_outcomes import everything, outcome, result

NAME = "github.com/acme/deploy"
LINE = RepositoryLine(NAME, "main", "a" * 40, ProposalOutcome.OPENED, url="https://github.com/acme/deploy/pull/1", message="reviewer ann is not known")
FOUND = (everything(), outcome())
RECORD = Record({"main": "a" * 40, "redigest/schema-2/main": "b" * 40}, "settings", (LINE,), {"redigest/schema-2/main": 1}, Tally(5, 3, 7), 12.5)


def test_reads_back_what_it_has_written(tmp_path: Path) -> None:
    records = Records(tmp_path)
    assert records.read(NAME) is None
    records.write(NAME, RECORD, FOUND)
    assert records.read(NAME) == RECORD
    assert records.outcomes(NAME) == FOUND
    assert records.read("github.com/acme/other") is None
    assert records.outcomes("github.com/acme/other") is None


def test_looks_again_where_an_older_version_has_counted_less(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write(NAME, RECORD, FOUND)
    [file] = (tmp_path / "finished").glob("*.json")
    kept = json.loads(file.read_bytes())
    del kept["kept"]
    file.write_text(json.dumps(kept))
    assert records.read(NAME) is None


def test_keeps_findings_whose_names_are_no_text(tmp_path: Path) -> None:
    found = (outcome(result(path="latin-\udce9.yaml")),)
    Records(tmp_path).write(NAME, RECORD, found)
    assert Records(tmp_path).outcomes(NAME) == found


def test_keeps_what_was_wrong_with_a_mapping(tmp_path: Path) -> None:
    notes = (Problem("schema1.csv", 7, "no digest", is_outside=True, column=4), Problem("registries", None, "no login", is_outside=True))
    Records(tmp_path).keep_notes("settings", notes)
    assert Records(tmp_path).notes("settings") == notes
    assert Records(tmp_path).notes("others") == ()


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b'{"version": 2}', json.dumps({"version": 1, "repository": NAME, "heads": {}}).encode()])
def test_takes_a_file_that_it_cannot_read_for_none(tmp_path: Path, content: bytes) -> None:
    records = Records(tmp_path)
    records.write(NAME, RECORD, FOUND)
    [file] = (tmp_path / "finished").glob("*.json")
    file.write_bytes(content)
    assert records.read(NAME) is None


def test_keeps_others_out_and_does_without_a_place(tmp_path: Path) -> None:
    Records(tmp_path).write(NAME, RECORD, FOUND)
    assert (tmp_path / "finished").stat().st_mode & 0o077 == 0
    (tmp_path / "file").write_text("")
    Records(tmp_path / "file").write(NAME, RECORD, FOUND)
    assert Records(tmp_path / "file").read(NAME) is None
