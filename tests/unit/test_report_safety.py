import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from redigest.report.safety import block, code, html, log_line, prose, shown, table, visible

MARKDOWN = MarkdownIt("commonmark").enable("table")

ANY = st.text(st.one_of(st.characters(), st.characters(categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), st.sampled_from("`|\\<!->@#*_[]() \n\r&;~$x1")))


def children(line: str) -> Sequence[Token]:
    return [child for token in MARKDOWN.parse(line) for child in token.children or ()]


def tamed(text: str) -> str:
    return re.sub("`{17,}", lambda run: f"\\x60{{{len(run[0])}}}", text).replace("<!--", "\\u003c!--")


def as_code(text: str) -> str:
    """What the reader of a code span must get."""
    return tamed(shown(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("registry.example/größe:1", "registry.example/größe:1"),
        ("one two", "one two"),
        ("a\nb\tc", "a\\x0ab\\x09c"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x7f\x9b", "\\x7f\\x9b"),
        ("safe\u202egpj", "safe\\u202egpj"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("a\u00a0b", "a\\xa0b"),
        ("a\u3164b\ufe0f", "a\\u3164b\\ufe0f"),
        ("\U000e0041", "\\U000e0041"),
        ("\udcff.yaml", "\\xff.yaml"),
        ("\ud800", "\\ud800"),
    ],
)
def test_shows_what_has_no_ink_as_an_escape(text: str, expected: str) -> None:
    assert visible(text) == expected


@given(ANY)
def test_visible_text_is_printable_and_can_be_written_as_utf_8(text: str) -> None:
    assert visible(text).isprintable()
    assert visible(text).encode().decode() == visible(text)
    assert visible(visible(text)) == visible(text)


def test_cuts_what_nobody_would_read() -> None:
    assert shown("a" * 1000) == "a" * 1000
    assert shown("a" * 100_000) == "a" * 1000 + "..."
    assert shown("\u202e" * 1000) == "\\u202e" * 166 + "..."
    assert shown("word", 3) == "wor..."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two three", "one two..."),
        ("one two", "one two"),
        ("one  two", "one two"),
        ("a" * 20, "`aaaaaaaaaa...` ..."),
        ("#1 two", "`#1` two"),
    ],
)
def test_cuts_prose_between_words(text: str, expected: str) -> None:
    assert prose(text, 10).replace(" ...", "...") == expected.replace(" ...", "...")


@given(ANY, st.integers(1, 50))
def test_shown_text_keeps_to_its_length(text: str, longest: int) -> None:
    assert len(shown(text, longest)) <= longest + len("...")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("registry.example:5000/etcd:3.2", "<code>registry.example:5000/etcd:3.2</code>"),
        ('<b>@ann & "x"', "<code>&#60;b&#62;&#64;ann &#38; &#34;x&#34;</code>"),
        ("a\n/close\u202e", "<code>a&#92;x0a/close&#92;u202e</code>"),
        ("größe", "<code>gr&#246;&#223;e</code>"),
        ("GH-1", "<code>GH&#45;1</code>"),
        ("", "<code>(empty)</code>"),
    ],
)
def test_writes_html_that_holds_nothing_but_text(text: str, expected: str) -> None:
    assert html(text) == expected


@given(ANY)
def test_a_code_span_gives_its_text_back(text: str) -> None:
    before, span, after = children(f"before {code(text or 'x')} after")
    assert (before.content, after.content) == ("before ", " after")
    assert (span.type, span.content) == ("code_inline", as_code(text or "x"))


def test_an_empty_text_is_said_to_be_empty() -> None:
    assert code("") == "(empty)"


def test_counts_backticks_that_would_need_a_fence_too_long_for_a_forge() -> None:
    assert code(f"a{'`' * 16}b") == f"{'`' * 17}a{'`' * 16}b{'`' * 17}"
    assert code(f"a{'`' * 81}b{'`' * 17}") == "`a\\x60{81}b\\x60{17}`"
    assert block(["`" * 256], "sh") == ["```sh", "\\x60{256}", "```"]


@given(st.lists(st.tuples(ANY.filter(bool), ANY.filter(bool)), min_size=1, max_size=3))
def test_a_table_has_the_cells_that_were_put_in(rows: list[tuple[str, str]]) -> None:
    tokens = MARKDOWN.parse("\n".join(table(("One", "Two"), [tuple(map(code, row)) for row in rows])))
    assert [token.type for token in tokens].count("td_open") == 2 * len(rows)
    assert tokens[-1].type == "table_close"
    spans = [child.content for token in tokens for child in token.children or () if child.type == "code_inline"]
    assert spans == [as_code(cell) for row in rows for cell in row]


@given(st.lists(ANY, min_size=1, max_size=3))
def test_a_code_block_ends_where_it_is_meant_to(texts: list[str]) -> None:
    fence, *rest = MARKDOWN.parse("\n".join(block(texts, "sh")))
    lines = [line for text in texts for line in text.split("\n")]
    assert rest == []
    assert [line.removeprefix(" /") for line in fence.content.split("\n")] == [
        tamed(visible(line)).removeprefix("/").removeprefix(" /") for line in [*lines, ""]
    ]
    assert not any(line.startswith("/") for line in "\n".join(block(texts, "sh")).split("\n"))


@given(ANY)
def test_prose_keeps_its_words_and_can_mean_nothing_else(text: str) -> None:
    found = children(f"x {prose(text)}")
    assert {child.type for child in found} <= {"text", "code_inline"}
    assert not set("@#<>[]*_&|~$\\`") & set("".join(child.content for child in found if child.type == "text"))
    expected = tamed(" ".join(["x", *map(visible, text.split())]))
    assert "".join(child.content for child in found) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the tag exists, and it has a schema 2 manifest.", "the tag exists, and it has a schema 2 manifest."),
        ("row 17 of schema1.csv: rhel7/etcd", "row 17 of `schema1.csv`: `rhel7/etcd`"),
        ('the registry said "MANIFEST_UNKNOWN".', 'the registry said "`MANIFEST_UNKNOWN`".'),
        ("see #123 and GH-123, @everyone", "see `#123` and `GH-123`, `@everyone`"),
        ("at www.example.com", "at `www.example.com`"),
        ("fixed in deadbeef, a facade", "fixed in `deadbeef`, a facade"),
        ("DEADBEEFS", "DEADBEEFS"),
        ("two\n/close", "two `/close`"),
        ("", ""),
    ],
)
def test_prose_puts_only_what_is_no_word_into_code(text: str, expected: str) -> None:
    assert prose(text) == expected


def test_no_line_of_a_code_block_is_a_quick_action() -> None:
    assert block(["echo ````\n/close"], "sh") == ["`````sh", "echo ````", " /close", "`````"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("k8s/web.yaml:1:2: 12::3", "k8s/web.yaml:1:2: 12::3"),
        ("::error::x", "./::error::x"),
        ("   ::error::x", "   ./::error::x"),
        (":error", ":error"),
        ("a ##[error]b ##[group]", r"a #\x23[error]b #\x23[group]"),
        ("###[x", r"##\x23[x"),
        ("::##[x", r"./::#\x23[x"),
        ("## [x] #[y]", "## [x] #[y]"),
        ("", ""),
    ],
)
def test_a_line_for_people_is_no_order(text: str, line: str) -> None:
    assert log_line(text) == line
    assert log_line(line) == line
