"""A real browser, and pages in it that tell everything that goes wrong."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from redigest.report import Report, write


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        yield made
        made.close()


Open = Callable[..., Page]
"""Opens the page of a report; keyword arguments are those of `Browser.new_page`."""


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open reports from disk. In the end none of the pages has complained, asked for anything, or opened a dialogue."""
    faults: list[str] = []
    opened: list[Page] = []

    def show(report: Report, **options: object) -> Page:
        file = tmp_path / f"report-{len(opened)}.html"
        write(report, file)
        page = browser.new_page(**options)  # type: ignore[arg-type] -- keyword arguments of playwright's own types
        opened.append(page)
        page.on("console", lambda message: faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: faults.append(f"request: {request.url}") if request.url not in ("data:,", file.as_uri()) else None)
        page.goto(file.as_uri())
        return page

    yield show
    for page in opened:
        page.context.close() if page.context.pages == [page] else page.close()
    assert faults == []
