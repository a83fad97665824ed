"""What repositories, registries and forges say is text on the page: it runs nothing, asks for nothing and links nowhere it should not."""

from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, expect

from redigest.model import ProposalOutcome, RepositoryLine
from redigest.report import Report, Searched, write
from redigest.report.safety import visible
from tests.html.conftest import Open
from tests.unit.report_outcomes import everywhere, outcome, report, result

pytestmark = pytest.mark.needs("chromium")

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<!--<script>alert(1)</script>-->",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'>",
    '" autofocus onfocus=alert(1) x="',
    "`onmouseover=alert(1)`",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{7*7}} {% raw %} ${7*7} {{ self }}",
    "safe\u202egpj.\u2066exe\u200b",
    "\x1b[2J\x00\x08",
    "&lt;b&gt;&#60;",
    "\udcff\ud800",
    "x\n\n# y",
]


def everywhere_on_the_page(text: str) -> Report:
    """A report on a run that has the text in every field, and in every address."""
    lines = (RepositoryLine(text, text, text, ProposalOutcome.OPENED, text, text, text), RepositoryLine("a", None, None, ProposalOutcome.FAILED, text))
    made = report(everywhere(text))
    tree = Searched(f"github.com/{text}/deploy", replace(made.outcome, branch=text), link=lambda _path, _line: text)
    return replace(made, trees=(tree, Searched("b/c/d", outcome(result(path=f"{text}/x")))), repositories=lines)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_is_shown_and_does_nothing(show: Open, text: str) -> None:
    page = show(everywhere_on_the_page(text))
    harmless = show(everywhere_on_the_page("harmless"))
    count = "[...document.querySelectorAll('*')].filter(each => each.localName !== 'wbr').map(each => each.localName)"
    assert page.evaluate(count) == harmless.evaluate(count)
    attributes = "[...new Set([...document.querySelectorAll('*')].flatMap(each => each.getAttributeNames()))].sort()"
    assert page.evaluate(attributes) == harmless.evaluate(attributes)
    assert page.evaluate("[...document.links].filter(each => !/^(#|https:\\/\\/access\\.redhat\\.com\\/)/.test(each.getAttribute('href'))).length") == 0
    shown = visible(text)
    expect(page.locator("#rows th").filter(has_text=" ".join(shown.split()))).not_to_have_count(0)
    assert any(shown in each for each in page.locator("#rows .reference").all_text_contents())
    page.locator("#query").fill(" ".join(shown.split()))
    assert page.locator("#rows tbody > tr").count() > 0
    page.locator("body").hover()


@pytest.mark.parametrize(
    ("address", "is_link"),
    [
        ("https://github.com/acme/deploy/pull/1", True),
        ("http://gitlab.corp.example:8080/a/-/blob/c/x%20y#L1", True),
        ("javascript:alert(1)", False),
        ("JavaScript://github.com/%0aalert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("//evil.example/", False),
        (" https://evil.example", False),
        ('https://evil.example/"onclick=alert(1)', False),
        ("../demo/deploy/.git/redigest/1.md", False),
    ],
)
def test_only_addresses_of_the_web_are_links(show: Open, address: str, is_link: bool) -> None:  # noqa: FBT001 -- a column of the table
    line = RepositoryLine("github.com/acme/deploy", "main", None, ProposalOutcome.OPENED, address)
    tree = Searched("github.com/acme/deploy", replace(outcome(result()), branch="main"), link=lambda _path, _line: address)
    page = show(replace(report(outcome()), trees=(tree,), repositories=(line,)))
    for part in ("#repositories td", "#rows .places li"):
        links = page.locator(f"{part} a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
        assert links == ([address] if is_link else [])
    assert address.strip() in page.locator("#repositories").inner_text()


def test_no_script_and_no_style_but_its_own_can_be_used(browser: Browser, tmp_path: Path) -> None:
    """Were text ever to get out of its place, the policy of the page would still be there."""
    file = tmp_path / "report.html"
    write(report(outcome(result())), file)
    injected = '<p id="p" style="color: red" onclick="window.ran = 1">x</p><script>window.ran = 2</script><img src="https://evil.example/x.png">'
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("<main>", f"<main>{injected}<form action='https://evil.example/'><input name='a'></form>"), encoding="utf-8")
    page = browser.new_page()
    refused: list[str] = []
    requested: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.on("requestfinished", lambda request: requested.append(request.url))
    page.goto(file.as_uri())
    page.locator("#p").click()
    assert page.evaluate("window.ran") is None
    assert page.evaluate("getComputedStyle(document.getElementById('p')).color") == "rgb(27, 32, 36)"
    assert len([message for message in refused if "Content Security Policy" in message]) >= 3
    assert {url for url in requested if url.startswith("http")} == set()
    page.context.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """A server of one page, and the paths that it was asked for."""
    write(everywhere_on_the_page(HOSTILE[4]), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_bytes()
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_from_a_server_asks_it_for_nothing_more(browser: Browser, log: tuple[str, list[str]]) -> None:
    address, asked = log
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{address}/report.html", wait_until="networkidle")
    page.locator("#query").fill("onerror")
    assert page.locator("#rows tbody > tr").count() > 0
    page.context.close()
    assert (asked, said) == (["/report.html"], [])


def test_the_file_holds_no_address_to_load_from(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    write(report(outcome(result())), file)
    text = file.read_text(encoding="utf-8")
    assert not [word for word in ("src=", "@import", "url(", "fetch(", "XMLHttpRequest", "eval(", "innerHTML") if word in text]
    assert text.isprintable() or set(text) - {"\n"} <= {char for char in text if char.isprintable()}
