"""Records of finished runs: what is read is what was written, and nothing else is believed."""

import json
from pathlib import Path

import pytest

from redigest.finished import Record, Records
from redigest.model import ProposalOutcome, RepositoryLine

NAME = "github.com/acme/deploy"
LINE = RepositoryLine(NAME, "main", "a" * 40, ProposalOutcome.OPENED, url="https://github.com/acme/deploy/pull/1", message="reviewer ann is not known")
RECORD = Record({"main": "a" * 40, "redigest/schema-2/main": "b" * 40}, "settings", (LINE,), {"redigest/schema-2/main": 1}, 3, 12.5)


def test_reads_back_what_it_has_written(tmp_path: Path) -> None:
    records = Records(tmp_path)
    assert records.read(NAME) is None
    records.write(NAME, RECORD)
    assert records.read(NAME) == RECORD
    assert records.read("github.com/acme/other") is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b'{"version": 2}', json.dumps({"version": 1, "repository": NAME, "heads": {}}).encode()])
def test_takes_a_file_that_it_cannot_read_for_none(tmp_path: Path, content: bytes) -> None:
    records = Records(tmp_path)
    records.write(NAME, RECORD)
    [file] = (tmp_path / "finished").iterdir()
    file.write_bytes(content)
    assert records.read(NAME) is None


def test_keeps_others_out_and_does_without_a_place(tmp_path: Path) -> None:
    Records(tmp_path).write(NAME, RECORD)
    assert (tmp_path / "finished").stat().st_mode & 0o077 == 0
    (tmp_path / "file").write_text("")
    Records(tmp_path / "file").write(NAME, RECORD)
    assert Records(tmp_path / "file").read(NAME) is None
