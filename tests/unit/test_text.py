"""Characters with their origin, and lines and columns of bytes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redigest.text import FOREIGN, Piece, Text, line_extent, lines_and_columns

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("data", "chars"),
    [
        (b"", ""),
        (b"a: b\r\n\tc", "a: b\r\n\tc"),
        (BOM + b"a", "a"),
        (BOM, ""),
        (b"a" + BOM, "a" + FOREIGN * 3),
        ("é€".encode(), FOREIGN * 5),
        ("a\u2028b\x85".encode(), "a^^^b^^"),
        ("é".encode("latin-1"), FOREIGN),
        (b"\0\x01\x0b\x0c\x1b\x7f~", FOREIGN * 6 + "~"),
    ],
)
def test_a_file_has_one_readable_character_for_each_byte(data: bytes, chars: str) -> None:
    assert Text.of_file(data).chars == chars


@given(st.binary(max_size=40))
def test_an_index_leads_to_its_byte(data: bytes) -> None:
    text = Text.of_file(data)
    skipped = len(data) - len(text.chars)
    assert skipped == (3 if data.startswith(BOM) else 0)
    for index, char in enumerate(text.chars):
        assert text.offset(index, 1) == index + skipped
        assert char == FOREIGN or char.encode() == data[index + skipped : index + skipped + 1]


def test_a_run_inside_one_piece_leads_to_its_bytes_through_several_values() -> None:
    file = Text.of_file(BOM + b'x: "ab\\ncdef"')
    value = file.part("ab\ncdef", [Piece(0, 4), Piece(2, 6), Piece(3, 8)])
    inner = value.slice(3, 7)
    assert inner.chars == "cdef"
    assert inner.in_parent(1, 2) == 4
    assert inner.offset(1, 2) == 3 + 9
    assert file.data[12:14] == b"de"


@pytest.mark.parametrize(("start", "length", "offset"), [(0, 2, 0), (0, 3, None), (1, 2, None), (2, 2, 10), (3, 1, 11), (2, 3, None), (4, 1, 20), (1, 1, 1)])
def test_a_run_over_several_pieces_leads_nowhere(start: int, length: int, offset: int | None) -> None:
    file = Text.of_file(b"." * 30)
    assert file.part("abcde", [Piece(0, 0), Piece(2, 10), Piece(4, 20)]).offset(start, length) == offset


def test_shows_what_is_written_whatever_its_characters() -> None:
    file = Text.of_file(BOM + "a: clé".encode() + b"\xff")
    assert file.written(3, 7) == "clé"
    assert file.written(3, 8) == "clé\N{REPLACEMENT CHARACTER}"
    assert file.slice(3, 7).written(1, 4) == "lé"
    assert file.part("xyz", [Piece(0, 0), Piece(1, 5)]).written(0, 2) == "xy"


@pytest.mark.parametrize(
    ("chars", "line"),
    [
        ("|", ""),
        ("a|b", "ab"),
        ("x\na|b\ny", "ab"),
        ("x\r\na|b\r\ny", "ab"),
        ("x\ra|b\ry", "ab"),
        ("x\n|\ny", ""),
        ("x|\ry\n", "x"),
        ("a" * 999 + "|b", "a" * 999 + "b"),
        ("a" * 20_000 + "|" + "b" * 20_000, "a" * 1_000 + "b" * 1_000),
        ("x\n" + "a" * 999 + "|b\n", "a" * 999 + "b"),
    ],
)
def test_finds_the_line_around_an_index(chars: str, line: str) -> None:
    index = chars.index("|")
    start, end = line_extent(chars.replace("|", ""), index)
    assert chars.replace("|", "")[start:end] == line
    assert start <= index <= end


PARTS = st.lists(st.sampled_from(["a", "é", "€", "\N{GRINNING FACE}", "\n", "\r", "\r\n", "\t", "\u2028"]), max_size=30)


@given(PARTS, st.sampled_from([b"", BOM]), st.data())
def test_lines_and_columns_are_those_of_an_editor(parts: list[str], mark: bytes, draw: st.DataObject) -> None:
    data = mark + "".join(parts).encode()
    lengths = [len(mark)]
    for part in parts:
        lengths.append(lengths[-1] + len(part.encode()))
    chosen = sorted(draw.draw(st.lists(st.sampled_from(range(len(lengths))), max_size=6)))
    expected = []
    for number in chosen:
        before = "".join(parts[:number])
        expected.append((before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1))
    assert lines_and_columns(data, [lengths[number] for number in chosen]) == expected


def test_lines_and_columns_of_a_long_line_cost_little() -> None:
    data = b"x" * 4_000_000
    started = time.process_time()
    positions = lines_and_columns(data, range(0, len(data), 100))
    assert time.process_time() - started < 2
    assert positions[-1] == (1, len(data) - 99)
