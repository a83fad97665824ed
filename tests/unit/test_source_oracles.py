"""What the readers of sources make of a text, beside what the parsers of the standard library make of it."""

import argparse
import ast
import configparser
import difflib
import hashlib
import inspect
import io
import re
import textwrap
import time
import tokenize
import tomllib
from collections.abc import Iterator
from itertools import count
from types import ModuleType

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from redigest.document import Path, Role, Spot
from redigest.screen import hits
from redigest.text import Text
from tests.sources import READERS

DIGEST = "sha256:73e7c1f379c72bd57d32343e09790a52eec4b7190ea9af4f66916abf05676139"


def numbered(lines: list[str]) -> str:
    """Join lines, and put a digest of its own in the place of each `DIGEST` and a name of its own in the place of each `NAME`."""
    number = count()

    def meaning(word: re.Match[str]) -> str:
        name = f"n{next(number)}"
        return name if word.group() == "NAME" else f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"

    return re.sub("DIGEST|NAME", meaning, "\n".join(lines))


def spots_by_digest(language: str, source: str) -> dict[str, Spot]:
    text = Text.of_file(source.encode())
    spots = list(READERS[language](text, hits(text.chars)))
    return {spot.value.chars[spot.at : spot.at + len(DIGEST)]: spot for spot in spots}


# Python


def with_digests(source: str) -> str:
    """Put a digest at the end of every comment and of every string that is not formatted."""
    lines = source.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(source).readline))):
        line, column = token.end
        if token.type == tokenize.COMMENT:
            lines[line - 1] = f"{lines[line - 1][:column]} r/x@{DIGEST}{lines[line - 1][column:]}"
        elif token.type == tokenize.STRING and "f" not in token.string[:2].lower():
            column -= 3 if token.string.endswith(('"""', "'''")) else 1
            lines[line - 1] = f"{lines[line - 1][:column]} r/x@{DIGEST}{lines[line - 1][column:]}"
    return "".join(lines)


def tokens_with_digests(source: str) -> Iterator[tuple[Role, str | None]]:
    """Give for each token with a digest the role that it should have, and for a string on one line what it says."""
    statements = {(node.lineno, node.col_offset) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if DIGEST not in token.string:
            continue
        if token.type == tokenize.COMMENT:
            yield Role.COMMENT, token.string
        elif token.start in statements:
            yield Role.PROSE, None
        elif "\n" in token.string:
            yield Role.CODE, None
        else:
            said = ast.literal_eval(token.string)
            yield Role.VALUE, said if isinstance(said, str) else said.decode("latin-1")


@pytest.mark.parametrize("module", [argparse, configparser, difflib, re, textwrap, tokenize], ids=lambda module: module.__name__)
def test_reads_python_as_python_does(module: ModuleType) -> None:
    source = with_digests(inspect.getsource(module))
    text = Text.of_file(source.encode())
    expected = list(tokens_with_digests(source))
    spots = list(READERS["python"](text, hits(text.chars)))
    assert len(expected) > 30
    assert [spot.role for spot in spots] == [role for role, _ in expected]
    for spot, (_, said) in zip(spots, expected, strict=True):
        if said is not None and said.isascii() and said.isprintable() and "\\" not in spot.value.written(0, len(spot.value.chars)):
            assert spot.value.chars == said


# TOML

TOML_LINES = [
    *("[NAME]", "[a.NAME]", "[[c]]", "[[c.d]]", "[c.NAME]", "[c.d.NAME]", ' [ "NAME.f" . g ] # "', "[[c.d.'NAME h']]"),
    *(
        'NAME = "r/x@DIGEST"',
        "NAME.i = 'r/x@DIGEST' # r/x@DIGEST",
        r'NAME = "\"\\\t r/x@DIGEST \u0041"',
        r"'NAME j' = '\r/x@DIGEST'",
        "# k = 'r/x@DIGEST'",
    ),
    *('NAME = [1, "r/x@DIGEST", [[2], ["r/x@DIGEST"]],', '  # "]"', '  { l = "r/x@DIGEST", m.n = [ "]", \'r/x@DIGEST\' ] },', "]"),
    *('NAME = """', "\"r/x@DIGEST\" '''", '"""', "NAME = '''", 'r/x@DIGEST """', "'''", 'NAME = """r/x@DIGEST"""', "", "NAME = 1979-05-27"),
]


def strings_in(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """All strings of a parsed document, with their paths."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings_in(item, (*path, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from strings_in(item, (*path, position))


@given(st.lists(st.sampled_from(TOML_LINES), max_size=30))
def test_reads_toml_as_python_does(lines: list[str]) -> None:
    source = numbered(lines)
    try:
        parsed = tomllib.loads(source)
    except tomllib.TOMLDecodeError:
        reject()
    said = {found: (path, value) for path, value in strings_in(parsed) for found in re.findall("sha256:[0-9a-f]{64}", value)}
    for found, spot in spots_by_digest("toml", source).items():
        if found not in said:
            assert spot.role is Role.COMMENT
            continue
        path, value = said[found]
        assert spot.path == path
        if spot.role is Role.VALUE:
            assert spot.value.chars == value
        elif "\\" not in spot.value.chars:
            assert spot.value.chars in value.splitlines()


# INI

INI_LINES = [
    *("[NAME]", "[NAME n]", "NAME = r/x@DIGEST", "NAME=r/x:1@DIGEST", "NAME: r/x@DIGEST", " NAME = a", "  NAME b = DIGEST # r/x@DIGEST", "NAME ="),
    *("  r/x@DIGEST", "    a = r/x@DIGEST", "", "# r/x@DIGEST", "  ; r/x@DIGEST"),
]


@given(st.lists(st.sampled_from(INI_LINES), max_size=20))
def test_reads_ini_as_python_does(lines: list[str]) -> None:
    source = numbered(["[NAME]", *lines])
    parser = configparser.RawConfigParser(delimiters=("=", ": "))
    try:
        parser.read_string(source)
    except configparser.Error:
        reject()
    entries = [((section, key), value) for section in parser.sections() for key, value in parser.items(section)]
    said = {found: entry for entry in entries for found in re.findall("sha256:[0-9a-f]{64}", entry[1])}
    for found, spot in spots_by_digest("ini", source).items():
        if found not in said:
            assert spot.role in (Role.COMMENT, Role.TEXT)
            continue
        path, value = said[found]
        first, *rest = value.splitlines()
        assert spot.path == path
        assert spot.value.chars == first if spot.role is Role.VALUE else spot.value.chars.strip() in rest


# What no parser tells

FRAGMENTS = [
    *(
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t",
        "\\",
        "'",
        '"',
        "`",
        "'''",
        '"""',
        "r",
        "f",
        "$",
        "@",
        "#",
        "//",
        "/*",
        "*/",
        "<#",
        "#>",
        "--",
        "[[",
        "]]",
        "=begin",
        "=end",
        "{-",
        "-}",
        "--[=[",
        "]=]",
        "__END__",
    ),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "${",
        "$(",
        "#{",
        ",",
        "=",
        ":",
        ":=",
        "?=",
        "=>",
        ".",
        ";",
        "/",
        "a",
        "image = ",
        "<<EOF",
        "<<-EOF",
        "EOF",
        "\nEOF\n",
    ),
    *("define A\n", "endef", "[a.b]\n", "[[c]]\n", "\n'@", "\u00e9", "x41", "u0041", "return "),
    *(f"r/x@{DIGEST}", DIGEST, DIGEST.upper(), DIGEST.removeprefix("sha256:")),
]


@settings(max_examples=500)
@given(
    st.sampled_from(sorted(READERS)),
    st.sampled_from(["", "\ufeff"]),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=3)), max_size=40),
)
def test_places_every_digest_once_and_where_it_stands(language: str, mark: str, fragments: list[str]) -> None:
    text = Text.of_file("".join([mark, *fragments]).encode())
    digests = [match.start() for match in re.finditer("sha256:[0-9a-f]{64}|(?<![0-9A-Za-z:])[0-9a-f]{64}", text.chars)]
    spots = list(READERS[language](text, digests))
    for spot, index in zip(spots, digests, strict=True):
        length = len(DIGEST) if text.chars.startswith("sha256:", index) else 64
        assert spot.value.chars[spot.at : spot.at + length] == text.chars[index : index + length]
        assert spot.value.offset(spot.at, length) == text.offset(index, length)


HOSTILE = {
    "quotes that are never closed": ("shell", "'DIGEST\n" * 2_999),
    "quotes of a line that are never closed": ("go", '"DIGEST\n' * 3_000),
    "three quotes that are never closed": ("python", '""" ' + "''' DIGEST\n" * 2_999),
    "block comments that are never closed": ("go", "/*" * 100_000 + "DIGEST"),
    "comments in comments": ("rust", "/*" * 100_000 + "*/" * 100_000 + "DIGEST"),
    "comments in comments that are never closed": ("rust", "/*" * 100_000 + "*/DIGEST"),
    "comments closed once too rarely": ("rust", "/* /* */ DIGEST\n" * 3_000),
    "marks of comments that share a character": ("rust", "/**/DIGEST\n" * 3_000 + "/*" * 50_000),
    "lines that seem to end the code": ("ruby", "__END__ " * 20_000 + "\n __END__" * 10_000 + "DIGEST"),
    "long comments that are never closed": ("lua", "--[==[" * 50_000 + "DIGEST"),
    "heredocs that never end": ("shell", "<<A DIGEST\n" * 3_000),
    "heredocs that seem to end": ("shell", "<<A\n A\nDIGEST\n" * 3_000),
    "heredocs on one line": ("hcl", "<<A " * 50_000 + "\nDIGEST\n" + "A\n" * 50_000),
    "expansions in one another": ("hcl", '"${DIGEST' * 3_000),
    "expansions one after another": ("hcl", '"' + '${"DIGEST"} DIGEST' * 1_500 + '"'),
    "brackets": ("hcl", "[{(" * 30_000 + '"DIGEST",' * 1_000),
    "brackets that do not fit": ("hcl", "{" * 50_000 + "]" * 50_000 + '"DIGEST",' * 1_000),
    "brackets with names": ("toml", "a = [{b = " * 10_000 + '"DIGEST",' * 1_000),
    "patterns that are never closed": ("javascript", "=/[" * 60_000 + "DIGEST"),
    "escapes": ("go", '"' + '\\"' * 100_000 + 'DIGEST"'),
    "escapes before quotes": ("make", '\t"' + '\\"' * 100_000 + "DIGEST"),
    "blanks": ("shell", " " * 200_000 + "DIGEST"),
    "blanks before an operator": ("python", ("a" + " " * 200 + '= "DIGEST"') * 1_000),
    "one line of literals": ("python", 'a="DIGEST",' * 3_000),
    "one literal": ("go", "`" + "DIGEST\n" * 3_000 + "`"),
    "one line in a literal": ("go", "`\n" + "DIGEST " * 3_000 + "`"),
    "one comment": ("hcl", "/*" + "DIGEST\n" * 3_000 + "*/"),
    "one group": ("starlark", "f(" + 'a = "DIGEST",\n' * 3_000 + ")"),
    "one section": ("ini", "a=DIGEST\n" * 3_000),
    "one value": ("ini", "a=\n" + " DIGEST\n" * 3_000),
    "one assignment": ("make", "A = \\\n" + "DIGEST \\\n" * 3_000),
    "tables": ("toml", "[[a]]\n[a.b]\nc = 'DIGEST'\n" * 2_000),
    "keys of a table": ("toml", f"[{'a.' * 100_000}b]\nc = 'DIGEST'\n"),
    "lines": ("shell", "a\n" * 100_000 + "DIGEST"),
}


@pytest.mark.parametrize(("language", "source"), HOSTILE.values(), ids=HOSTILE)
def test_takes_linear_time(language: str, source: str) -> None:
    text = Text.of_file(source.replace("DIGEST", f"r/x@{DIGEST}").encode())
    digests = hits(text.chars)
    start = time.process_time()
    assert sum(1 for _ in READERS[language](text, digests)) == len(digests)
    assert time.process_time() - start < 5, "each of these takes a fraction of a second when read once"
