import gzip
import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redigest.errors import UsageError
from redigest.mapping import Findings, MappingFile, MappingFiles, MappingReport, Note, build
from redigest.mapping import check as check_files
from redigest.model import Current, Digest, EvidenceKind, Problem, Swap, Unknown, Verdict
from redigest.resolve import Question, resolve

A, B, C, D = (Digest(digit * 64) for digit in "abcd")
ROW = f"rhel7/etcd,3.2.22,{A},{B}"
OF_THE_ROW = "sha256:aaaaaaaaaaaa… of rhel7/etcd tag 3.2.22 as schema 1 and sha256:bbbbbbbbbbbb… as its schema 2 digest"
HEADER = "repository,tag,schema1_digest,schema2_digest"


def mapping(folder: Path, content: str | bytes, name: str = "schema1.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def ask(paths: Path | Sequence[Path], digest: Digest, name: str | None = None, tag: str | None = None) -> Verdict | None:
    question = Question(digest, name, tag)
    return MappingFiles([paths] if isinstance(paths, Path) else paths).answer([question]).get(question)


def check(paths: Sequence[Path]) -> MappingReport:
    return check_files(map(MappingFile.local, paths))


def detail(verdict: Verdict | None) -> str:
    assert isinstance(verdict, Swap | Current)
    (evidence,) = verdict.evidence
    assert evidence.kind is EvidenceKind.MAPPING
    return evidence.detail


def reason(verdict: Verdict | None) -> str:
    assert isinstance(verdict, Unknown)
    assert verdict.is_schema_1
    return verdict.reason


def rows(*lines: str) -> str:
    return "\n".join(lines) + "\n"


WRITTEN = {
    "as the announcement has it, with a header": (rows("Repository,Tag,V2 schema 1 digest,V2 schema 2 digest", ROW), 2),
    "without a header": (rows(ROW), 1),
    "without an end to the last line": (ROW, 1),
    "semicolons": (ROW.replace(",", ";"), 1),
    "tabs": (ROW.replace(",", "\t"), 1),
    "CRLF": (f"{HEADER}\r\n{ROW}\r\n", 2),
    "CR": (f"{HEADER}\r{ROW}\r", 2),
    "a byte order mark": (b"\xef\xbb\xbf" + rows(HEADER, ROW).encode(), 2),
    "quotes": (rows(",".join(f'"{cell}"' for cell in ROW.split(","))), 1),
    "spaces around cells": (rows(f'rhel7/etcd , "3.2.22",  {A} ,\t{B} '), 1),
    "bare hex": (rows(f"rhel7/etcd,3.2.22,{A.hex},{B.hex}"), 1),
    "upper case": (rows(f"rhel7/etcd,3.2.22,SHA256:{A.hex.upper()},{B.hex.upper()}"), 1),
    "blank lines": (f"\n\n{HEADER}\n , ,,\n\n{ROW}\n\n", 6),
    "a title above the header": (rows("Mapping of old digests", HEADER, ROW), 3),
    "a title of several cells above the header": (rows("Which,image,digest,digest", HEADER, ROW), 3),
    "extra columns": (rows("id,repository,released,tag,schema1,schema2,size", f'7,rhel7/etcd,2019,3.2.22,{A},{B},"1,5"'), 2),
    "an extra column of digests": (rows(f"{HEADER},config digest", f"{ROW},{C}"), 2),
    "an extra column without a header": (rows(f"7,rhel7/etcd,3.2.22,{A},{B},yes"), 1),
    "tag before repository without a header": (rows(f"3.2.22,rhel7/etcd,{A},{B}"), 1),
    "other columns in other places": (rows("Schema2Digest;tagName;Schema1Digest;repositoryName", f"{B};3.2.22;{A};rhel7/etcd"), 2),
    "name and tag in one column": (rows("image,old,new", f"rhel7/etcd:3.2.22,{A},{B}"), 2),
    "bytes that are no UTF-8 beside it": (rows(HEADER, "?,?,?,?", ROW).replace("?", "\xff").encode("latin-1"), 3),
    "a quoted cell with a line break, a digest and quotes in it": (
        rows(f"comment,{HEADER}", f'"said ""\n{C},x,{A},{D}\n""",{ROW}'),
        2,
    ),
    "a row after a quoted cell with line breaks": (rows(f"comment,{HEADER}", f'"\n\n",x,y,{C},{D}', f"z,{ROW}"), 5),
    "a quote that means inches": (rows(f'5" disk,y,{C},{D}', ROW, f'6" disk,y,{D},{C}'), 2),
    "rows that lack a digest before it": (rows(HEADER, "rhel7,1,,", f"rhel7,2,{C},", ROW), 4),
    "a row that lacks a digest first": (rows(f"rhel7,1,{C},to follow", ROW), 2),
    "a row of truncated digests first": (rows("rhel7,1,sha256:abc,sha256:def", ROW), 2),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize(("content", "line"), WRITTEN.values(), ids=WRITTEN)
def test_reads_a_row_however_it_is_written(tmp_path: Path, content: str | bytes, line: int, *, packed: bool) -> None:
    written = content.encode() if isinstance(content, str) else content
    path = mapping(tmp_path, gzip.compress(written) if packed else written)
    verdict = ask(path, A)
    assert isinstance(verdict, Swap)
    assert (verdict.old, verdict.new) == (A, B)
    assert detail(verdict) == f"{path}:{line} lists {OF_THE_ROW}"


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
def test_takes_two_columns_for_old_and_new(tmp_path: Path, mark: str) -> None:
    path = mapping(tmp_path, mark + rows(f"{A},{B}"))
    assert detail(ask(path, A, "rhel7/etcd")) == f"{path}:1 lists sha256:aaaaaaaaaaaa… as schema 1 and sha256:bbbbbbbbbbbb… as its schema 2 digest"


@pytest.mark.parametrize(
    ("schema2", "schema1"),
    [
        ("V2 schema 2 digest", "V2 schema 1 digest"),
        ("schema2_digest", "schema1_digest"),
        ("manifest_schema2_digest", "manifest_schema1_digest"),
        ("v2s2", "v2s1"),
        ("V2S2 Digest", "V2S1 Digest"),
        ("schemaVersion2", "schemaVersion1"),
        ("Docker V2 Schema2", "Docker V2 Schema1"),
        ("SCHEMA-2", "SCHEMA-1"),
        ("s2", "s1"),
        ("digest_v2", "digest_v1"),
        ("new", "old"),
        ("NewImage", "OldImage"),
        ("newdigest", "olddigest"),
        ("to", "from"),
        ("equivalent schema 2 digest of the old image", "schema 1 digest to replace by a new one"),
    ],
)
def test_tells_the_digests_apart_by_the_words_of_the_header(tmp_path: Path, schema2: str, schema1: str) -> None:
    path = mapping(tmp_path, rows(f"{schema2},{schema1}", f"{B},{A}"))
    verdict = ask(path, A)
    assert isinstance(verdict, Swap)
    assert verdict.new == B


NOT_TOLD_APART = "columns 3, 4 hold digests, and the header does not say which one is schema 1"
REFUSED = {
    "two columns of the same name": (rows("repository,tag,digest,digest", ROW), ":1: " + NOT_TOLD_APART),
    "names that say nothing of digests": (rows("repository,tag,first,second", ROW), ":1: " + NOT_TOLD_APART),
    "only one column is told": (rows("repository,tag,schema 2 digest,other", ROW), ":1: " + NOT_TOLD_APART),
    "only one column has a name": (rows("repository,tag,schema 2 digest", ROW), ":1: " + NOT_TOLD_APART),
    "one column speaks of both": (rows("repository,tag,schema 1 or schema 2,schema 2", ROW), ":1: " + NOT_TOLD_APART),
    "below a title": (rows("Mapping", "", "repository,tag,digest,digest", ROW), ":3: " + NOT_TOLD_APART),
    "two columns are schema 2": (
        rows("schema 1 digest,schema 2 digest,schema 2 list digest", f"{A},{B},{C}"),
        ":1: columns 1, 2, 3 hold digests, and the header does not say",
    ),
    "three columns and no header": (rows(f"{A},{B},", f"{A},{B},{C}"), ":2: 3 columns hold digests and no header says"),
    "an empty file": ("", ": no line is a row with two sha256 digests"),
    "a header alone that does not say which digest is which": (rows("repository,tag,digest,digest"), ": no line is a row with two sha256 digests"),
    "a header alone that names no digests": (rows("repository,tag,old,new"), ": no line is a row with two sha256 digests"),
    "a header alone that names one digest": (rows("repository,tag,schema1_digest"), ": no line is a row with two sha256 digests"),
    "a header twice": (rows(HEADER, HEADER), ": no line is a row with two sha256 digests"),
    "a header and text": (rows(HEADER, "to follow"), ": no line is a row with two sha256 digests"),
    "a header and a quote that is not closed": (rows(HEADER, '"rhel7,1'), ": no line is a row with two sha256 digests"),
    "a header and much that is no row": (rows(HEADER, *["x,y,,"] * 20_000), ": no line is a row with two sha256 digests"),
    "rows with one digest": (rows(HEADER, f"x,y,{A},", f"x,y,{B},"), ": no line is a row with two sha256 digests"),
    "digests that stand apart": (f"See {A}\nand {B}.\n", ": no line is a row with two sha256 digests"),
    "a quote that is not closed": (rows(HEADER, ROW, f'"rhel7,1,{C},{D}', ROW), ":3: a quote that is opened in this row is not closed"),
    "a quote that is not closed for long": (
        rows(HEADER, ROW, f'"rhel7,1,{C},{D}', *([ROW] * 1000)),
        ":3: a quote that is opened in this row is not closed (field larger",
    ),
    "UTF-16": (rows(HEADER, ROW).encode("utf-16"), ":1: the file is UTF-16; convert it first"),
    "a line that does not end": (rows(HEADER, ROW) + "x" * 131_073, ":3: the line is longer than 131,072 bytes"),
    "a line that ends too late": (rows(HEADER, ROW, "x" * 131_073, ROW), ":3: the line is longer than 131,072 bytes"),
    "gzip data that is cut off": (gzip.compress(rows(ROW, os.urandom(50_000).hex()).encode())[:-20], ":2: the gzip data is damaged or cut off"),
    "gzip data with a wrong checksum": (gzip.compress(ROW.encode())[:-8] + bytes(8), ":1: the gzip data is damaged or cut off"),
    "gzip data that is damaged": (b"\x1f\x8b\x08\0\0\0\0\0\0\xff nothing", ":1: the gzip data is damaged or cut off"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_a_file_that_does_not_say_what_is_what(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = mapping(tmp_path, content)
    for use in (lambda: ask(path, A), lambda: check([path])):
        with pytest.raises(UsageError) as caught:
            use()
        assert str(caught.value).startswith(f"{path}:")
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing.csv", "cannot be read: No such file or directory"), (".", "not a regular file"), ("a\0b", "cannot be read: embedded null byte")],
)
def test_refuses_what_is_no_readable_file(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ask(tmp_path / name, A)


def test_never_waits_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="not a regular file; name the mapping file itself, and save the output of a pipe"):
        ask(tmp_path / "pipe", A)


SKIPPED = {
    "no schema 2 digest": (f"rhel7,7.1,{C},", 1, len(f"rhel7,7.1,{C},") + 1, "the schema 2 digest is missing"),
    "no schema 1 digest": (f"rhel7,7.1,,{C}", 1, 11, "the schema 1 digest is missing"),
    "too few cells": ("rhel7,7.1", 1, 10, "the schema 1 digest is missing"),
    "too short": (f"rhel7,7.1,{C.hex[1:]},{D}", 1, 11, f"`{C.hex[1:]}` is not a sha256 digest"),
    "too long": (f"rhel7,7.1,{C},{D}d", 1, 83, f"`{D}d` is not a sha256 digest"),
    "another algorithm": (f"rhel7,7.1,md5:{A.hex},{D}", 1, 11, f"`md5:{A.hex}` is not a sha256 digest"),
    "behind a quoted delimiter": ('"a,b",7.1,x,', 1, 11, "`x` is not a sha256 digest"),
    "behind a quoted line break": (f'"a\nb",7.1,x,{D}', 2, 8, "`x` is not a sha256 digest"),
    "escape sequences": ("rhel7,7.1,\x1b[31mx\x07,", 1, 11, "`x` is not a sha256 digest"),
    "the same digest twice": (f"rhel7,7.1,{A},{A}", 1, 83, "the schema 1 and the schema 2 digest are the same"),
}


@pytest.mark.parametrize(("row", "line", "column", "why"), SKIPPED.values(), ids=SKIPPED)
def test_notes_a_row_that_it_skips(tmp_path: Path, row: str, line: int, column: int, why: str) -> None:
    path = mapping(tmp_path, rows(HEADER, ROW, row, f"rhel7/other,1,{D},{C}"))
    note = Note(str(path), 2 + line, column, f"{why}; the row is skipped")
    files = MappingFiles([path])
    answers = files.answer([Question(A, None, None)])
    assert files.notes == (note,)
    assert files.problems == (Problem(str(path), note.line, note.reason, is_outside=True, column=column),)
    assert [verdict.new for verdict in answers.values() if isinstance(verdict, Swap)] == [B]
    assert check([path]).skipped == Findings(1, (note,))
    assert check([path]).rows == 2


def test_notes_nothing_on_a_file_of_good_rows(tmp_path: Path) -> None:
    files = MappingFiles([mapping(tmp_path, rows(HEADER, ROW, "", f"rhel7,1,{C},{D}"))])
    files.answer([Question(A, None, None), Question(C, None, None)])
    assert files.notes == ()


def test_notes_a_skipped_row_far_from_the_row_that_was_asked_for(tmp_path: Path) -> None:
    others = [f"rhel7,1,{Digest(f'{number:064x}')},{B}" for number in range(1000)]
    files = MappingFiles([mapping(tmp_path, rows(HEADER, ROW, *others, f"rhel7,1,{C},", *others))])
    files.answer([Question(A, None, None)])
    assert [note.line for note in files.notes] == [1003]


def test_counts_skipped_rows_past_the_hundredth(tmp_path: Path) -> None:
    files = MappingFiles([mapping(tmp_path, rows(HEADER, ROW, *["rhel7,1,,"] * 250, ROW))])
    files.answer([Question(A, None, None)])
    assert [note.line for note in files.notes] == [*range(3, 103), 252]
    assert files.notes[-1].reason == "150 more rows up to this one are skipped; `redigest mapping check` tells why"


DECIDED = {
    "by repository": ("registry.redhat.io/rhel7/etcd", None, B),
    "by repository at the other host of Red Hat": ("registry.access.redhat.com/rhel7/etcd", "9", B),
    "by repository without a host": ("rhel7/etcd", None, B),
    "by the short name of an official image": ("httpd", None, C),
    "by the long name of an official image": ("docker.io/library/httpd", None, C),
    "by tag within the repository": ("rhel7/many", "2", D),
}


@pytest.mark.parametrize(("name", "tag", "new"), DECIDED.values(), ids=DECIDED)
def test_name_and_tag_decide_between_rows_that_differ(tmp_path: Path, name: str, tag: str | None, new: Digest) -> None:
    verdict = ask(mapping(tmp_path, CONFLICT), A, name, tag)
    assert isinstance(verdict, Swap)
    assert verdict.new == new
    assert "give another one for another repository or tag" in detail(verdict)


CONFLICT = rows(
    HEADER,
    f"registry.redhat.io/rhel7/etcd,1,{A},{B}",
    f"docker.io/library/httpd,1,{A},{C}",
    f"rhel7/many,1,{A},{C}",
    f"rhel7/many,2,{A},{D}",
    f"rhel7/same-tag,3,{A},{C}",
    f"rhel7/same-tag,3,{A},{D}",
)


@pytest.mark.parametrize(
    ("name", "tag"),
    [(None, None), (None, "2"), ("mirror.example/copies/etcd", "1"), ("rhel7/many", None), ("rhel7/many", "3"), ("rhel7/same-tag", "3")],
)
def test_rows_that_differ_and_are_not_decided_are_a_conflict(tmp_path: Path, name: str | None, tag: str | None) -> None:
    path = mapping(tmp_path, CONFLICT)
    assert reason(ask(path, A, name, tag)) == (
        "conflict: sha256:aaaaaaaaaaaa… has several schema 2 digests, and name and tag do not decide: "
        f"sha256:bbbbbbbbbbbb… in {path}:2; "
        f"sha256:cccccccccccc… in {path}:3, {path}:4, {path}:6; "
        f"sha256:dddddddddddd… in {path}:5, {path}:7"
    )


def test_files_that_differ_are_a_conflict(tmp_path: Path) -> None:
    first, second = mapping(tmp_path, ROW, "1.csv"), mapping(tmp_path, rows(f"{A},{C}"), "2.csv")
    assert f"{first}:1; sha256:cccccccccccc… in {second}:1" in reason(ask([first, second], A))


def test_a_conflict_of_many_rows_names_a_few(tmp_path: Path) -> None:
    path = mapping(tmp_path, rows(*[ROW] * 1234, f"{ROW[:-64]}{C.hex}"))
    assert f"{path}:4, {path}:5 and 1,229 more rows; sha256:cccccccccccc… in {path}:1235" in reason(ask(path, A))


def test_a_missing_tag_does_not_decide(tmp_path: Path) -> None:
    path = mapping(tmp_path, rows(HEADER, f"rhel7,,{A},{B}", f"rhel7,1,{A},{C}"))
    assert "name and tag do not decide" in reason(ask(path, A, "rhel7"))


@pytest.mark.parametrize("name", ["rhel7/etcd", "mirror.example:5000/copies/of/etcd", "not a name", None])
def test_the_digest_alone_is_the_key_of_rows_that_agree(tmp_path: Path, name: str | None) -> None:
    verdict = ask(mapping(tmp_path, rows(ROW, f"rhel7/alias,1,{A},{B}")), A, name, "other")
    assert isinstance(verdict, Swap)
    assert verdict.new == B


@pytest.mark.parametrize(("digest", "short"), [(A, "a"), (B, "b")])
def test_refuses_a_chain_in_either_order(tmp_path: Path, digest: Digest, short: str) -> None:
    links = (f"rhel7,1,{A},{B}", f"rhel7,2,{B},{C}")
    for lines in (links, links[::-1]):
        path = mapping(tmp_path, rows(HEADER, *lines))
        why = reason(ask(path, digest))
        assert why.startswith("conflict: ")
        assert f"{path}:2" in why
        assert f"{path}:3" in why
        assert f"sha256:{short * 12}…" in why


def test_refuses_a_chain_across_files(tmp_path: Path) -> None:
    first, second = mapping(tmp_path, rows(f"{A},{B}"), "1.csv"), mapping(tmp_path, gzip.compress(rows(f"{B},{C}").encode()), "2.csv")
    assert reason(ask([first, second], A)) == (
        f"conflict: {first}:1 replaces sha256:aaaaaaaaaaaa… by sha256:bbbbbbbbbbbb…, which {second}:1 lists as a schema 1 digest"
    )


def test_a_schema_2_digest_is_current(tmp_path: Path) -> None:
    path = mapping(tmp_path, rows(HEADER, f"rhel7/alias,1,{A},{B}", f"rhel7/etcd,3.2,{C},{B}"))
    verdict = ask(path, B, "rhel7/etcd", "3.2")
    assert isinstance(verdict, Current)
    assert detail(verdict) == f"{path}:3 lists sha256:bbbbbbbbbbbb… of rhel7/etcd tag 3.2 as a schema 2 digest; 1 more row agrees"


def test_leaves_out_what_no_row_has(tmp_path: Path) -> None:
    path = mapping(tmp_path, rows(f"{HEADER},note", f"{ROW},{C}", f"rhel7,1,{A},{A},"))
    assert ask(path, C) is None
    assert ask(path, D) is None
    assert MappingFiles([path]).answer([]) == {}
    assert MappingFiles([]).answer([Question(A, None, None)]) == {}


def test_is_a_source_of_digests(tmp_path: Path) -> None:
    question = Question(A, "rhel7/etcd", None)
    verdict = resolve([question], [MappingFiles([mapping(tmp_path, ROW)])])[question]
    assert isinstance(verdict, Swap)


def test_cites_the_row_of_the_image_and_counts_those_that_agree(tmp_path: Path) -> None:
    path = mapping(tmp_path, rows(f"rhel7/alias,1,{A},{B}", f"rhel7/etcd,1,{A},{B}", f"registry.redhat.io/rhel7/etcd,2,{A},{B}"))
    assert detail(ask(path, A, "mirror.example/rhel7/etcd", "2")).startswith(f"{path}:3 lists sha256:aaaaaaaaaaaa… of registry.redhat.io/")
    assert detail(ask(path, A, "rhel7/etcd")).endswith(f"{'b' * 12}… as its schema 2 digest; 2 more rows agree")
    assert detail(ask([path, path], A)).endswith("; 2 more rows agree")


def test_cites_no_control_characters(tmp_path: Path) -> None:
    path = mapping(tmp_path, rows(HEADER, f"rhel7/\x1b[31m\x1b]0;etcd\x07\u202e,\x9b3.2\0\x7f{'x' * 1000},{A},{B}"))
    assert f"of rhel7/]0;etcd tag 3.2{'x' * 249} as schema 1" in detail(ask(path, A))


@pytest.mark.needs("grep", "zgrep")
@pytest.mark.parametrize("name", ["schema1.csv", "it's; $(touch oops) \n.csv", "-v"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_the_check_can_be_pasted_and_finds_the_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, packed: bool) -> None:
    monkeypatch.chdir(tmp_path)
    content = rows(HEADER, ROW.upper()).encode()
    Path(name).write_bytes(gzip.compress(content) if packed else content)
    verdict = ask(Path(name), A)
    assert isinstance(verdict, Swap)
    shell = subprocess.run(["/bin/sh", "-c", verdict.evidence[0].check], capture_output=True, text=True, check=True)
    assert shell.stdout == f"2:{ROW.upper()}\n"
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_counts_lines_across_blocks(tmp_path: Path, end: str) -> None:
    digests = [Digest(f"{number:064x}") for number in range(2000)]
    lines = [f"repository/with-a-name-of-some-length-{number % 7},{'1' * (number % 11)},{old},{B}" for number, old in enumerate(digests)]
    path = mapping(tmp_path, end.join([HEADER, *lines]))
    questions = [Question(digest, None, None) for digest in digests]
    answers = MappingFiles([path]).answer(questions)
    assert [detail(answers[question]).partition(" ")[0] for question in questions] == [f"{path}:{number + 2}" for number in range(2000)]


@pytest.mark.parametrize("start", ["", "x"])
def test_counts_a_line_end_in_two_blocks_once(tmp_path: Path, start: str) -> None:
    path = mapping(tmp_path, start + "\r\n" * 70_000 + ROW)
    assert detail(ask(path, A)).startswith(f"{path}:70001 lists")


def test_reads_a_quoted_line_break_far_from_the_header(tmp_path: Path) -> None:
    others = [f"rhel7,1,{Digest(f'{number:064x}')},{B}" for number in range(1000)]
    path = mapping(tmp_path, rows(HEADER, *others, f'"\n{ROW}\n",1,{C},{D}', *others, ROW))
    assert detail(ask(path, A)) == f"{path}:2005 lists {OF_THE_ROW}"


def test_finds_the_first_row_far_from_the_header(tmp_path: Path) -> None:
    path = mapping(tmp_path, rows("schema 2 digest,schema 1 digest", *[f",{C}"] * 2000, f"{B},{A}"))
    assert detail(ask(path, A)).startswith(f"{path}:2002 lists")


LONG = {
    "quotes": '",' * 60_000,
    "cells": "x;" * 60_000,
    "a header": "repository,tag," + "schemaschem" * 9_000,
    "white space": f"rhel7,1,{' ' * 100_000},{B}",
    "escape sequences": "rhel7,1," + "\x1b[" * 50_000,
    "hex digits": "ab" * 65_536,
}


@pytest.mark.parametrize("line", LONG.values(), ids=LONG)
def test_takes_linear_time(tmp_path: Path, line: str) -> None:
    """A quadratic reading of lines that are as long would not end while anybody waits."""
    path = mapping(tmp_path, rows(line, ROW, line))
    assert isinstance(ask(path, A), Swap)


def test_check_counts_and_names_every_fault(tmp_path: Path) -> None:
    first = mapping(tmp_path, rows(HEADER, ROW, ROW.replace(str(B), str(C)), f"rhel7,2,{A},{B}", f"rhel7,3,{B},"), "1.csv")
    second = mapping(tmp_path, rows(f"rhel7,4,{C},{D}", f"rhel7,5,{D},{A}"), "2.csv")
    report = check([first, second, first])
    assert (report.rows, report.schema1) == (5, 3)
    assert [str(note) for note in report.duplicates.notes] == [f"{first}:4:1: says again what {first}:2 says"]
    assert [str(note) for note in report.conflicts.notes] == [
        f"{first}:3:1: gives another schema 2 digest than {first}:2 for the same schema 1 digest, and repository and tag do not decide",
    ]
    assert [str(note) for note in report.chains.notes] == [
        f"{first}:3:1: has a schema 2 digest that {second}:1 lists as schema 1",
        f"{second}:1:1: has a schema 2 digest that {second}:2 lists as schema 1",
        f"{second}:2:1: has a schema 2 digest that {first}:2 lists as schema 1",
    ]
    assert [str(note) for note in report.skipped.notes] == [f"{first}:5:81: the schema 2 digest is missing; the row is skipped"]
    assert not report.is_clean


def test_check_takes_for_a_conflict_what_is_one_for_a_swap(tmp_path: Path) -> None:
    decided = mapping(tmp_path, rows(f"rhel7/etcd,1,{A},{B}", f"rhel7/etcd,2,{A},{C}"), "1.csv")
    assert check([decided]).is_clean
    question = Question(A, "registry.redhat.io/rhel7/etcd", "2")
    verdict = MappingFiles([decided]).answer([question])[question]
    assert isinstance(verdict, Swap)
    assert verdict.new == C


def test_check_says_which_column_is_what_and_how_it_knows(tmp_path: Path) -> None:
    named = mapping(tmp_path, rows("Old and new", "schema2;id;schema1;image", f"{B};7;{A};rhel7/etcd"), "1.csv")
    unnamed, bare = mapping(tmp_path, ROW, "2.csv"), mapping(tmp_path, f"{A},{B}", "3.csv")
    by_order = "no header says so, so the digests are taken in the order of the announcement, schema 1 first"
    assert list(map(str, check([named, unnamed, bare]).layouts)) == [
        f"{named}: repository in column 4, no tag, schema 1 digest in column 3, schema 2 digest in column 1; line 2 is the header that says so",
        f"{unnamed}: repository in column 1, tag in column 2, schema 1 digest in column 3, schema 2 digest in column 4; {by_order}",
        f"{bare}: no repository, no tag, schema 1 digest in column 1, schema 2 digest in column 2; {by_order}",
    ]


HEADERS = {
    "that of the announcement": HEADER,
    "that of `mapping build`": ",".join(build.HEADER),
    "semicolons and quotes": '"image";"old digest";"new digest"',
    "tabs and no end of line": "schema2 digest\tschema1 digest",
    "blank lines and a byte order mark": f"\ufeff\n\n{HEADER}\n , \n",
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_takes_a_header_alone_for_a_mapping_without_rows(tmp_path: Path, header: str, *, packed: bool) -> None:
    path = mapping(tmp_path, gzip.compress(header.encode()) if packed else header)
    line = 3 if "\n\n" in header else 1
    source = MappingFiles([path], cache=tmp_path / "cache")
    assert source.answer([Question(A, None, None)]) == {}
    assert [str(note) for note in source.notes] == [f"{path}:{line}:1: the file holds no row, only this header"]
    report = check([path])
    assert (report.rows, report.empty, report.is_clean) == (0, source.notes, True)
    assert report.layouts[0].header == line


def test_a_mapping_without_rows_keeps_no_other_from_answering(tmp_path: Path) -> None:
    source = MappingFiles([mapping(tmp_path, rows(HEADER), "1.csv"), mapping(tmp_path, rows(HEADER, ROW), "2.csv")])
    question = Question(A, None, None)
    assert isinstance(source.answer([question])[question], Swap)


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    path = mapping(tmp_path, rows(HEADER, ROW, ROW), os.fsdecode(b"\xff\x1b[31m {0}.csv"))
    assert str(check([path]).duplicates.notes[0]) == f"{tmp_path}/ {{0}}.csv:3:1: says again what {tmp_path}/ {{0}}.csv:2 says"
    assert detail(ask(path, A)).startswith(f"{tmp_path}/ {{0}}.csv:2 lists")


def test_check_finds_nothing_in_good_files(tmp_path: Path) -> None:
    report = check([mapping(tmp_path, rows(HEADER, ROW, f"rhel7/alias,1,{C},{B}"))])
    assert (report.rows, report.schema1, report.is_clean) == (2, 2, True)


def test_check_lists_a_thousand_of_more_faults(tmp_path: Path) -> None:
    report = check([mapping(tmp_path, rows(*[ROW] * 3000))])
    assert report.duplicates.count == 2999
    assert [note.line for note in report.duplicates.notes] == list(range(2, 1002))


CELLS = {"repository": "rhel7/etcd", "tag": "3.2.22", "schema 1 digest": str(A), "schema 2 digest": B.hex, "size": "12", "list digest": str(C)}


@given(st.permutations(list(CELLS)), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_order_of_named_columns_does_not_matter(tmp_path_factory: pytest.TempPathFactory, names: list[str], delimiter: str, end: str) -> None:
    folder = tmp_path_factory.mktemp("mapping")
    path = mapping(folder, delimiter.join(names) + end + delimiter.join(CELLS[name] for name in names))
    assert detail(ask(path, A)) == f"{path}:2 lists {OF_THE_ROW}"


TOKENS = [ROW, HEADER, str(A), str(B), "\n", "\r", ",", ";", "\t", '"', "\0"]
PIECES = st.binary(max_size=8) | st.sampled_from(TOKENS).map(str.encode)


@given(st.lists(PIECES).map(b"".join), st.booleans(), st.integers(0, 20))
def test_nothing_but_a_usage_error_is_raised(tmp_path_factory: pytest.TempPathFactory, content: bytes, packed: bool, cut: int) -> None:  # noqa: FBT001
    written = gzip.compress(content)[: -cut or None] if packed else content
    path = mapping(tmp_path_factory.getbasetemp(), written, "random.csv")
    for use in (lambda: ask(path, A, "rhel7/etcd"), lambda: check([path])):
        with suppress(UsageError):
            use()
