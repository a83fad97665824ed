import csv
import gzip
import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.mapping import HEADER, Findings, MappingFile, MappingFiles, merged
from redigest.model import Digest, Swap, Unknown
from redigest.resolve import Question

A, B, C, D = (Digest(digit * 64) for digit in "abcd")
NAMED = "repository,tag,schema1_digest,schema2_digest"


def plant(folder: Path, files: Mapping[str, str]) -> list[Path]:
    for name, content in files.items():
        (folder / name).write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return [folder / name for name in files]


def merge(*paths: Path) -> tuple[list[tuple[str, str, str, str]], int, Findings, Findings]:
    with merged(map(MappingFile.local, paths)) as result:
        rows = list(result.cells)
        assert len(rows) == result.rows
        return rows, result.repeated, result.conflicts, result.skipped


def rows(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def test_every_row_once_in_order_of_first_appearance_with_the_columns_of_the_announcement(tmp_path: Path) -> None:
    first = rows("schema 2 digest;schema 1 digest;tag;repository;note", f"{D.hex.upper()};{C};2;rhel7/b;x", f"{B};{A};1;rhel7/a;y", f"{B};{A};1;rhel7/a;z")
    second = rows(f"rhel7/a,1,{A},{B}", f"rhel7/a,,{A},{B}", f",,{A},{B}", f"rhel7/c:3,,{C},{D}")
    found, repeated, conflicts, skipped = merge(*plant(tmp_path, {"1.csv": first, "2.csv.gz": second}))
    assert found == [
        ("rhel7/b", "2", str(C), str(D)),
        ("rhel7/a", "1", str(A), str(B)),
        ("rhel7/a", "", str(A), str(B)),
        ("", "", str(A), str(B)),
        ("rhel7/c", "3", str(C), str(D)),
    ]
    assert (repeated, conflicts.count, skipped.count) == (2, 0, 0)


def test_rows_that_contradict_each_other_are_listed_and_all_left_out(tmp_path: Path) -> None:
    files = {"1.csv": rows(NAMED, f"rhel7/a,1,{A},{B}", f"rhel7/b,1,{C},{D}"), "2.csv": rows(NAMED, f"rhel7/a,1,{A},{D}", f"rhel7/z,1,{A},{B}")}
    first, second = plant(tmp_path, files)
    found, _, conflicts, _ = merge(first, second)
    assert found == [("rhel7/b", "1", str(C), str(D))]
    assert [str(note) for note in conflicts.notes] == [
        f"{second}:2:1: gives another schema 2 digest than {first}:2 for the same schema 1 digest; all rows of it are left out"
    ]


UNDECIDED = {
    "the same repository and tag": (f"rhel7/a,1,{A},{B}", f"registry.redhat.io/rhel7/a,1,{A},{C}"),
    "the same repository and no tag": (f"rhel7/a,1,{A},{B}", f"rhel7/a,,{A},{C}"),
    "no repository": (f"rhel7/a,1,{A},{B}", f",1,{A},{C}"),
}
DECIDED = {
    "by repository": (f"rhel7/a,1,{A},{B}", f"rhel7/b,1,{A},{C}"),
    "by repository without tags": (f"rhel7/a,,{A},{B}", f"rhel7/b,,{A},{C}"),
    "by tag": (f"rhel7/a,1,{A},{B}", f"rhel7/a,2,{A},{C}"),
}


@pytest.mark.parametrize("lines", UNDECIDED.values(), ids=UNDECIDED)
def test_what_name_and_tag_do_not_decide_is_a_conflict(tmp_path: Path, lines: tuple[str, ...]) -> None:
    (path,) = plant(tmp_path, {"1.csv": rows(NAMED, *lines, f"rhel7/x,1,{D},{B}")})
    found, _, conflicts, _ = merge(path)
    assert found == [("rhel7/x", "1", str(D), str(B))]
    assert [note.line for note in conflicts.notes] == [3]


@pytest.mark.parametrize("lines", DECIDED.values(), ids=DECIDED)
def test_what_name_and_tag_decide_stays_and_answers_as_before(tmp_path: Path, lines: tuple[str, ...]) -> None:
    (path,) = plant(tmp_path, {"1.csv": rows(NAMED, *lines)})
    found, _, conflicts, _ = merge(path)
    assert conflicts.count == 0
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *found])
    (one,) = plant(tmp_path, {"merged.csv": text.getvalue()})
    questions = [Question(A, name, tag) for name, tag, *_ in found]
    for verdicts in (MappingFiles([path]).answer(questions), MappingFiles([one]).answer(questions)):
        assert [verdict.new for verdict in verdicts.values() if isinstance(verdict, Swap)] == [B, C]
    assert isinstance(MappingFiles([one]).answer([Question(A, None, None)])[Question(A, None, None)], Unknown)


def test_skipped_rows_are_listed(tmp_path: Path) -> None:
    (path,) = plant(tmp_path, {"1.csv": rows(NAMED, f"rhel7/a,1,{A},{B}", f"rhel7/b,1,{C},")})
    found, _, _, skipped = merge(path, path)
    assert len(found) == 1
    assert [note.line for note in skipped.notes] == [3]


def test_a_file_without_rows_is_noted(tmp_path: Path) -> None:
    paths = plant(tmp_path, {"1.csv": rows(NAMED, f"rhel7/a,1,{A},{B}"), "2.csv": rows(NAMED)})
    with merged(map(MappingFile.local, paths)) as result:
        assert (result.rows, list(map(str, result.empty))) == (1, [f"{paths[1]}:1:1: the file holds no row, only this header"])


def test_nothing_is_merged_with_what_is_no_mapping(tmp_path: Path) -> None:
    good, bad = plant(tmp_path, {"1.csv": rows(NAMED, f"rhel7/a,1,{A},{B}"), "2.csv": "nothing\n"})
    with pytest.raises(UsageError, match=r"2\.csv: no line is a row"):
        merge(good, bad)


def test_a_conflict_of_many_rows_takes_linear_time(tmp_path: Path) -> None:
    """Each of them against each other one would not end while anybody waits."""
    lines = [f"rhel7/{number % 9},{number},{A},sha256:{number:064x}" for number in range(20_000)]
    (path,) = plant(tmp_path, {"1.csv": rows(NAMED, *lines)})
    assert len(merge(path)[0]) == 20_000
    (path,) = plant(tmp_path, {"1.csv": rows(NAMED, *lines, f"rhel7/1,1,{A},{B}")})
    found, _, conflicts, _ = merge(path)
    assert (found, conflicts.count, len(conflicts.notes)) == ([], 20_000, 1000)
