"""The rules of axe-core, in both themes and at both widths, and how fluid a large report is."""

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from redigest.report import Report
from tests.html.conftest import Open
from tests.html.reports import fleet, tree
from tests.unit.report_outcomes import everything, outcome, report

pytestmark = pytest.mark.needs("chromium")

REPORTS = {"fleet": fleet(16, repositories=8), "tree": tree(fleet(8, repositories=8)), "everything": report(everything()), "nothing": report(outcome())}

MOST_MILLISECONDS = 250.0
"""Twice what a busy machine takes for one of these; all rows laid out at once take twenty times as long."""


def violations(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).response
    assert any(rule["id"] == "color-contrast" for rule in found["passes"])
    return [(rule["id"], [node["html"] for node in rule["nodes"][:3]]) for rule in found["violations"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("name", REPORTS)
def test_axe_finds_no_violation(show: Open, name: str, width: int, theme: Literal["light", "dark"]) -> None:
    page = show(REPORTS[name], viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=True)
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme
    for summary in page.locator("summary").all()[:12]:
        summary.click()
    assert violations(page) == []


def work(page: Page, do: Callable[[], object]) -> float:
    """How many milliseconds the page works on what is done to it, in time of its own thread, so that a busy machine does not count."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        return next(1000 * float(each["value"]) for each in session.send("Performance.getMetrics")["metrics"] if each["name"] == "TaskDuration")

    before = worked()
    do()
    return worked() - before


def milliseconds(page: Page, script: str, argument: str = "") -> float:
    """How long the page works until what a script does is seen."""
    seen = f"async (argument) => {{ {script} await new Promise((done) => requestAnimationFrame(() => setTimeout(done))); }}"
    return work(page, lambda: page.evaluate(seen, argument))


SEARCH = """
    const query = document.getElementById("query");
    query.value = argument;
    query.dispatchEvent(new Event("input", { bubbles: true }));
"""
OPEN = "document.querySelectorAll('#rows tbody > tr')[Number(argument)].querySelector('td:last-child summary').click();"
FRAME = "0;"
ALL = """
    document.getElementById("all").click();
    while (document.querySelectorAll("#rows tbody > tr").length < Number(argument)) await new Promise(requestAnimationFrame);
"""
PRINT = "dispatchEvent(new Event('beforeprint'));"
PRINTED = "dispatchEvent(new Event('afterprint'));"


@pytest.fixture(scope="module")
def large() -> Report:
    return fleet(5000, repositories=1000)


def test_five_thousand_images_stay_fluid(show: Open, large: Report) -> None:
    page = show(large, viewport={"width": 1440, "height": 900})
    assert page.locator("#hits").inner_text() == "5\u202f000 images in 20\u202f142 places"
    for text in ("etcd", "etcd prod", "e", "404", ""):
        assert min(milliseconds(page, SEARCH, text + " " * times) for times in range(4)) < MOST_MILLISECONDS


def test_all_of_five_thousand_images_can_be_shown(show: Open, large: Report) -> None:
    page = show(large, viewport={"width": 1440, "height": 900})
    page.get_by_role("button", name="Show all").click()
    frames = [milliseconds(page, FRAME)]
    while page.locator("#rows tbody > tr").count() < 5000:
        frames.append(milliseconds(page, FRAME))
    assert sorted(frames)[len(frames) // 2] < MOST_MILLISECONDS, frames
    folded = page.evaluate("[...document.querySelectorAll('#rows tbody > tr')].findIndex((each) => each.querySelector('td:last-child summary'))")
    assert min(milliseconds(page, OPEN, str(folded)) for _ in range(4)) < MOST_MILLISECONDS
    assert min(milliseconds(page, SEARCH, "etcd" + " " * times) for times in range(4)) < MOST_MILLISECONDS


def test_the_whole_table_is_less_work_than_loading_the_page(show: Open, large: Report) -> None:
    page = show(large, viewport={"width": 1440, "height": 900})
    loading = min(work(page, page.reload) for _ in range(2))
    assert milliseconds(page, PRINT) < loading
    assert page.locator("#rows tbody > tr").count() == 5000
    assert page.locator("details:not([open])").count() == 0
    assert milliseconds(page, PRINTED) < loading
    assert page.locator("details[open]").count() == 0
    page.reload()
    assert milliseconds(page, ALL, "5000") < 1.5 * loading
    for part in ("Repositories", "What remains", "Images"):
        page.evaluate("scrollTo(0, 0)")
        page.get_by_role("navigation").get_by_role("link", name=part, exact=True).click()
        expect(page.get_by_role("heading", level=2, name=part)).to_be_in_viewport()
        assert page.evaluate("window.scrollY") > 0
