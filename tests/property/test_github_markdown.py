"""What GitHub's own parser makes of foreign text: nothing. It has bounds of its own, such as on the length of a fence."""

from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from redigest.report.safety import block, code, prose, shown, table

PIECES = [
    "`",
    "`" * 16,
    "`" * 17,
    "`" * 81,
    "`" * 256,
    "`" * 300,
    "|",
    "\\",
    "<b>",
    "<!--",
    "-->",
    "@ann",
    "www.evil.example",
    "https://evil.example",
    "[a](b)",
    "[^1]",
    "~~a~~",
    " ",
    "\n",
    "x",
]
foreign = st.one_of(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join), st.text(min_size=1))

RUNS = ["`" * length for length in (1, 3, 16, 17, 80, 81, 255, 256, 300)]


class Page(HTMLParser):
    """A page that was rendered: its elements, and the text outside and inside of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.plain = ""
        self.codes: list[str] = []
        self._is_code = False
        self.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag == "code":
            self._is_code = True
            self.codes.append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_code = self._is_code and tag != "code"

    def handle_comment(self, data: str) -> None:
        self.elements.append("comment")

    def handle_data(self, data: str) -> None:
        if self._is_code:
            self.codes[-1] += data
        else:
            self.plain += data


@given(foreign)
def test_a_code_span_holds_all_of_it(text: str) -> None:
    page = Page(f"before {code(text)} after")
    assert (page.elements, page.plain) == (["p", "code"], "before  after\n")
    if "`" * 17 not in text and "<!--" not in text:
        assert page.codes == [shown(text)]


@given(foreign, foreign)
def test_a_table_keeps_its_cells(one: str, two: str) -> None:
    page = Page("\n".join(table(("A", "B"), [(code(one), code(two))] * 2)))
    assert page.elements == ["table", "thead", "tr", "th", "th", "tbody", *["tr", "td", "code", "td", "code"] * 2]
    assert page.plain.split() == ["A", "B"]
    assert page.codes == page.codes[:2] * 2


@given(st.lists(foreign, min_size=1, max_size=3))
def test_a_code_block_holds_all_of_it(texts: list[str]) -> None:
    page = Page("\n".join([*block(texts, "sh"), "", "after"]))
    assert page.elements == ["pre", "code", "p"]
    assert page.plain.split() == ["after"]


@given(foreign)
def test_prose_has_nothing_but_words_outside_of_code(text: str) -> None:
    page = Page(f"x {prose(text)}")
    assert set(page.elements) <= {"p", "code"}
    assert not set("@#<>[]*_&|~$\\`") & set(page.plain)


@pytest.mark.parametrize("run", RUNS, ids=len)
@pytest.mark.parametrize("inner", RUNS, ids=len)
def test_no_run_of_backticks_ends_code(run: str, inner: str) -> None:
    text = f"{run} @ann {inner} @ann {run}\n{run}\n@ann\n{inner}"
    assert "@ann" not in Page(f"- {code(text)}\n- {code(text)}").plain
    assert "@ann" not in Page("\n".join(block([text], "sh"))).plain
