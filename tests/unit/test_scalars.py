"""Decoding of quoted and block scalars."""

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from redigest.document import Scalar
from redigest.readers.scalars import decoded
from redigest.text import FOREIGN, Text

HEX = "73e7c1f379c72bd57d32343e09790a52eec4b7190ea9af4f66916abf05676139"


def value_of(source: str, style: str) -> Text:
    """The text of the scalar that is all of a source."""
    return decoded(Text.of_file(source.encode()), Scalar(0, len(source.encode()), "", style))


DECODED = {
    "plain": ("", "r/x@y", "r/x@y"),
    "single quotes": ("'", "'r/x@y'", "r/x@y"),
    "a quote in single quotes": ("'", "'it''s ''x'''", "it's 'x'"),
    "a backslash in single quotes": ("'", r"'a\nb'", r"a\nb"),
    "lines in single quotes": ("'", "'a  \n\t b'", "a b"),
    "an empty line in single quotes": ("'", "'a\n\n b'", "a  b"),
    "nothing in single quotes": ("'", "''", ""),
    "double quotes": ('"', '"r/x@y"', "r/x@y"),
    "nothing in double quotes": ('"', '""', ""),
    "escapes": ('"', r'"a\tb\nc\rd\"e\\f\/g\ h"', 'a\tb\nc\rd"e\\f/g h'),
    "escapes by number": ('"', r'"\x40\u0040\U00000040"', "@@@"),
    "escapes of what readers do not see": ('"', r'"\x00\0\e\u00e9\U0001F600\ud83d"', FOREIGN * 6),
    "escapes of line ends by number": ('"', r'"\x09\x0a\x0d"', "\t\n\r"),
    "a broken escape": ('"', r'"\x4"', FOREIGN + "4"),
    "lines in double quotes": ('"', '"a \r\n   b"', "a b"),
    "lines that end in CR": ('"', '"a \r   b"', "a b"),
    "a line feed behind a backslash": ('"', '"a\\\n   b"', "ab"),
    "an escaped blank before a line end": ('"', '"a\\ \n   b"', "a  b"),
    "a backslash before a backslash": ('"', r'"\\x40"', r"\x40"),
    "a block": ("|", "|\n  a\n  b\n", "a\nb\n"),
    "a block with CRLF": ("|", "|\r\n  a\r\n  b\r\n", "a\r\nb\r\n"),
    "a block with CR": ("|", "|\r  a\r  b", "a\rb"),
    "a block with a header": ("|", "|2- # a comment\n   a\n  b", " a\nb"),
    "a block whose first line stands further in": ("|", "|1\n   a\n b\n", "  a\nb\n"),
    "a block with empty lines": ("|", "|+\n\n  a\n\n \n  b\n\n", "\na\n\n\nb\n\n"),
    "a block with tabs": ("|", "|\n  \ta\n  b", "\ta\nb"),
    "a folded block": (">", ">-\n  a\n   b\n", "a\n b\n"),
    "a block without lines": ("|", "|", ""),
    "letters that are not ASCII": ("'", "'é'", FOREIGN * 2),
}


@pytest.mark.parametrize(("style", "source", "value"), DECODED.values(), ids=DECODED)
def test_decodes(style: str, source: str, value: str) -> None:
    assert value_of(source, style).chars == value


@pytest.mark.parametrize(("style", "source", "value"), DECODED.values(), ids=DECODED)
def test_every_character_knows_its_byte(style: str, source: str, value: str) -> None:
    text = value_of(source, style)
    data = source.encode()
    offsets = [text.offset(index, 1) for index in range(len(value))]
    assert offsets == sorted(offset for offset in offsets if offset is not None)
    for char, offset in zip(value, offsets, strict=True):
        assert offset is not None
        written = data[offset : offset + 1]
        assert written == char.encode() or written in b"\\' \r\n" or char == FOREIGN


PLAIN = ["a", " ", "''", "sha256:", HEX, "@", "\\", '"', "{", "é"]
ESCAPES = [r"\n", r"\"", r"\\", r"\/", r"\x41", r"\u0041", r"\U0001F600", r"\0", r"\ ", r"\_", r"\L", r"\e"]
PIECES = st.sampled_from([*PLAIN, *ESCAPES])


@given(st.lists(PIECES, max_size=12))
def test_double_quotes_say_what_they_say_to_another_parser(pieces: list[str]) -> None:
    source = '"' + "".join(piece for piece in pieces if piece not in ("\\", '"', "é")) + '"'
    value = yaml.safe_load(source)
    assert value_of(source, '"').chars == "".join(char if " " <= char <= "~" or char in "\t\n\r\xa0" else FOREIGN for char in value).replace("\xa0", " ")


@given(st.lists(PIECES, max_size=12))
def test_single_quotes_say_what_they_say_to_another_parser(pieces: list[str]) -> None:
    source = f"'{''.join(piece for piece in pieces if piece != 'é')}'"
    assert value_of(source, "'").chars == yaml.safe_load(source)


@pytest.mark.parametrize("blank", [" ", "\t", "\n", " \n", "''", "\\n", "\\\n", "\r"], ids=repr)
@pytest.mark.parametrize("style", ["'", '"', "|"])
def test_takes_linear_time(style: str, blank: str) -> None:
    source = f"{style}{blank * 100_000}x{style}"
    started = time.process_time()
    value_of(source, style)
    assert time.process_time() - started < 3
