import gzip
import hashlib
import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.mapping import MappingFiles, Note
from redigest.mapping.index import SMALLEST
from redigest.model import Current, Digest, Swap, Unknown, Verdict
from redigest.resolve import Question
from tests.bench.measure import cost
from tests.samples import digest

COUNT = 48_000
HEADER = "repository,tag,schema1_digest,schema2_digest"


def row(number: int) -> str:
    return f"registry.redhat.io/rhel7/image-{number % 1000},1.{number},{old(number)},{new(number)}"


def old(number: int) -> Digest:
    return digest(f"old {number}")


def new(number: int) -> Digest:
    return digest(f"new {number}")


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return [HEADER, *map(row, range(COUNT))]


def write(path: Path, lines: Iterable[str], *, end: str = "\n") -> Path:
    content = "".join(line + end for line in lines).encode()
    assert len(content) >= SMALLEST
    path.write_bytes(content)
    return path


def ask(path: Path, cache: Path | None, *digests: Digest) -> tuple[list[Verdict | None], tuple[Note, ...]]:
    files = MappingFiles([path], cache=cache)
    questions = [Question(each, None, None) for each in digests]
    answers = files.answer(questions)
    return [answers.get(question) for question in questions], files.notes


def indexes(cache: Path) -> list[Path]:
    return sorted((cache / "mappings").glob("*.index"))


def state(cache: Path) -> dict[str, tuple[int, int]]:
    return {path.name: (path.stat().st_ino, path.stat().st_size) for path in (cache / "mappings").iterdir()}


ASKED = (old(0), old(COUNT - 1), new(17), digest("nobody"), *map(old, range(100, COUNT, 997)))
MANY = tuple(map(old, range(0, COUNT, 200)))


@pytest.mark.parametrize("asked", [ASKED, MANY], ids=["a few", "more than there are blocks"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_answers_from_the_index_as_without_one(tmp_path: Path, lines: list[str], end: str, asked: tuple[Digest, ...]) -> None:
    path = write(tmp_path / "schema1.csv", ["\ufeff" + lines[0], *lines[1:]], end=end)
    plain = ask(path, None, *asked)
    assert [type(verdict) for verdict in plain[0][:2]] == [Swap, Swap]
    made = ask(path, tmp_path / "cache", *asked)
    assert len(indexes(tmp_path / "cache")) == 1
    before = state(tmp_path / "cache")
    assert made == ask(path, tmp_path / "cache", *asked) == plain
    assert state(tmp_path / "cache") == before


def test_answers_from_a_gzipped_file_as_without_an_index(tmp_path: Path, lines: list[str]) -> None:
    content = gzip.compress("\n".join([*lines, *map(row, range(COUNT, 4 * COUNT))]).encode(), compresslevel=1)
    assert len(content) >= SMALLEST
    path = tmp_path / "schema1.csv.gz"
    path.write_bytes(content)
    plain = ask(path, None, *ASKED)
    assert ask(path, tmp_path / "cache", *ASKED) == plain
    before = state(tmp_path / "cache")
    assert sorted(Path(name).suffix for name in before) == [".csv", ".index"]
    assert ask(path, tmp_path / "cache", *ASKED) == plain
    assert state(tmp_path / "cache") == before
    swap = plain[0][0]
    assert isinstance(swap, Swap)
    assert swap.evidence[0].check == f"zgrep -inF -- {old(0).hex} {path}"
    next((tmp_path / "cache/mappings").glob("*.csv")).write_bytes(b"a copy that somebody changed")
    assert ask(path, tmp_path / "cache", *ASKED) == plain


def test_keeps_no_index_of_a_small_file(tmp_path: Path) -> None:
    path = tmp_path / "schema1.csv"
    path.write_text(f"{HEADER}\n{row(1)}\n")
    assert isinstance(ask(path, tmp_path / "cache", old(1))[0][0], Swap)
    assert not (tmp_path / "cache").exists()


def test_finds_a_chain_and_a_conflict_through_the_index(tmp_path: Path, lines: list[str]) -> None:
    chained = f"rhel7/chained,1,{new(3)},{new(4)}"
    path = write(tmp_path / "schema1.csv", [*lines, chained, f"rhel7/other,1,{old(5)},{new(6)}"])
    for _ in range(2):
        (chain, conflict, _), _ = ask(path, tmp_path / "cache", old(3), old(5), old(7))
        assert isinstance(chain, Unknown)
        assert chain.reason.endswith(f"which {path}:{COUNT + 2} lists as a schema 1 digest")
        assert isinstance(conflict, Unknown)
        assert f"{path}:7; " in conflict.reason
        assert f"{path}:{COUNT + 3}" in conflict.reason


def test_notes_skipped_rows_that_are_far_from_what_was_asked_for(tmp_path: Path, lines: list[str]) -> None:
    path = write(tmp_path / "schema1.csv", [*lines[:20_000], f"rhel7,1,{digest('alone')},", *lines[20_000:]])
    plain = ask(path, None, old(1))
    assert [note.line for note in plain[1]] == [20_001]
    assert ask(path, tmp_path / "cache", old(1)) == ask(path, tmp_path / "cache", old(1)) == plain


def test_reads_everything_after_a_quote_that_is_open_at_the_end_of_its_line(tmp_path: Path, lines: list[str]) -> None:
    hidden = ['"', row(COUNT), f'",1,{digest("quoted")},{digest("its new one")}']
    path = write(tmp_path / "schema1.csv", [*lines[:30_000], *hidden, *lines[30_000:]])
    asked = (old(0), old(COUNT), digest("quoted"), old(COUNT - 1))
    plain = ask(path, None, *asked)
    assert [type(verdict) for verdict in plain[0]] == [Swap, type(None), Swap, Swap]
    assert ask(path, tmp_path / "cache", *asked) == ask(path, tmp_path / "cache", *asked) == plain


def test_is_not_misled_by_what_only_has_the_length_of_a_digest(tmp_path: Path, lines: list[str]) -> None:
    names = ["x" * 64, "registry.example/" + "y" * 54, "sha256:" + "g" * 64, "0" * 64]
    odd = [f"{name},1,{digest(f'odd {name}')},{digest(f'even {name}')}" for name in names]
    path = write(tmp_path / "schema1.csv", [*lines[:100], *odd, *lines[100:]])
    asked = (*(digest(f"odd {name}") for name in names), old(99), old(100))
    plain = ask(path, None, *asked)
    assert all(isinstance(verdict, Swap) for verdict in plain[0])
    assert ask(path, tmp_path / "cache", *asked) == ask(path, tmp_path / "cache", *asked) == plain


def changed_in_place(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def changed_with_its_old_times(path: Path, content: bytes) -> None:
    status = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced(path: Path, content: bytes) -> None:
    other = path.with_name("other.csv")
    other.write_bytes(content)
    other.replace(path)


@pytest.mark.parametrize("change", [changed_in_place, changed_with_its_old_times, replaced])
def test_never_believes_an_index_of_what_the_file_was(tmp_path: Path, lines: list[str], change: object) -> None:
    assert callable(change)
    path, cache = write(tmp_path / "schema1.csv", lines), tmp_path / "cache"
    assert [type(verdict) for verdict in ask(path, cache, old(9), digest("later"))[0]] == [Swap, type(None)]
    content = path.read_bytes().replace(old(9).hex.encode(), digest("later").hex.encode())
    change(path, content)
    assert [type(verdict) for verdict in ask(path, cache, old(9), digest("later"))[0]] == [type(None), Swap]
    assert len(indexes(cache)) == 1


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    return content[:1000] + bytes([content[1000] ^ 1]) + content[1001:]


def zeroed(content: bytes) -> bytes:
    return bytes(len(content))


def longer(content: bytes) -> bytes:
    return content + b"\0" * 8


@pytest.mark.parametrize("damage", [cut, flipped, zeroed, longer, lambda _: b"", lambda _: b"x"], ids=["cut", "flipped", "zeroed", "longer", "empty", "x"])
def test_makes_a_damaged_index_anew(tmp_path: Path, lines: list[str], damage: object) -> None:
    assert callable(damage)
    path, cache = write(tmp_path / "schema1.csv", lines), tmp_path / "cache"
    plain = ask(path, cache, *ASKED)
    (index,) = indexes(cache)
    good = index.read_bytes()
    index.write_bytes(damage(good))
    assert ask(path, cache, *ASKED) == plain
    assert index.read_bytes() == good


@pytest.mark.parametrize("obstacle", ["a file in its place", "a folder in place of the index"])
def test_reads_the_whole_file_where_no_index_can_be_kept(tmp_path: Path, lines: list[str], obstacle: str) -> None:
    path, cache = write(tmp_path / "schema1.csv", lines), tmp_path / "cache"
    if obstacle == "a file in its place":
        cache.write_text("not a folder")
    else:
        (cache / "mappings" / hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:32]).with_suffix(".index").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    assert ask(path, cache, *ASKED) == ask(path, None, *ASKED)
    assert sorted(tmp_path.rglob("*")) == before


def test_keeps_nothing_of_a_file_that_cannot_be_read_to_its_end(tmp_path: Path, lines: list[str]) -> None:
    path = write(tmp_path / "schema1.csv", [*lines, "x" * 200_000])
    with pytest.raises(UsageError, match=f"{COUNT + 2}: the line is longer than"):
        ask(path, tmp_path / "cache", old(0))
    assert list((tmp_path / "cache/mappings").iterdir()) == []


def test_keeps_the_newest_indexes(tmp_path: Path, lines: list[str]) -> None:
    first = write(tmp_path / "0.csv", lines)
    ask(first, tmp_path / "cache", old(0))
    (oldest,) = indexes(tmp_path / "cache")
    for number in range(1, 9):
        path = tmp_path / f"{number}.csv"
        path.hardlink_to(first)
        ask(path, tmp_path / "cache", old(0))
    assert len(indexes(tmp_path / "cache")) == 8
    assert oldest not in indexes(tmp_path / "cache")


def test_several_at_once_all_get_the_answer(tmp_path: Path, lines: list[str]) -> None:
    path, cache = write(tmp_path / "schema1.csv", lines), tmp_path / "cache"
    plain = ask(path, None, *ASKED)
    answers: list[object] = []
    begin = threading.Barrier(4)

    def work() -> None:
        begin.wait()
        answers.append(ask(path, cache, *ASKED))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [plain] * 4
    assert [Path(name).suffix for name in state(cache)] == [".index"]


def test_the_same_digest_in_every_row_costs_no_more_than_reading_them(tmp_path: Path) -> None:
    path = write(tmp_path / "schema1.csv", [HEADER, *[row(1)] * COUNT])
    for _ in range(2):
        (verdict,), _ = ask(path, tmp_path / "cache", new(1))
        assert isinstance(verdict, Current)
        assert verdict.evidence[0].detail.endswith(f"{COUNT - 1:,} more rows agree")


ASK = """
import sys
from pathlib import Path
from redigest.mapping import MappingFiles
from redigest.model import Digest
from redigest.resolve import Question
question = Question(Digest(sys.argv[3]), None, None)
sys.exit(question not in MappingFiles([Path(sys.argv[1])], cache=Path(sys.argv[2])).answer([question]) and 5)
"""


def test_memory_stays_small_while_an_index_is_made(tmp_path: Path, lines: list[str]) -> None:
    path = write(tmp_path / "schema1.csv", [*lines, *map(row, range(COUNT, 6 * COUNT))])
    assert path.stat().st_size > 50_000_000
    small = tmp_path / "small.csv"
    small.write_text(f"{HEADER}\n{row(0)}\n")
    without, making = (cost([sys.executable, "-c", ASK, str(file), "cache", old(0).hex], folder=tmp_path).memory for file in (small, path))
    assert len(indexes(tmp_path / "cache")) == 1
    assert making - without < 30_000_000
