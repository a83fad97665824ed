"""A real browser, and pages in it that tell everything that goes wrong."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Request, sync_playwright

from redigest.report import Report, write


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        yield made
        made.close()


Open = Callable[..., Page]
"""Opens a page, that of a report or a file; keyword arguments are those of `Browser.new_page`."""


def _watch(page: Page, address: str, faults: list[str]) -> None:
    def dialog(opened: Dialog) -> None:
        faults.append(f"dialog: {opened.message}")
        opened.dismiss()

    def console(message: ConsoleMessage) -> None:
        faults.append(f"console: {message.text}")

    def error(raised: Error) -> None:
        faults.append(f"error: {raised}")

    def request(made: Request) -> None:
        if made.url not in ("data:,", address):
            faults.append(f"request: {made.url}")

    page.on("dialog", dialog)
    page.on("console", console)
    page.on("pageerror", error)
    page.on("request", request)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open pages from disk. In the end none of them has complained, asked for anything, or opened a dialogue."""
    faults: list[str] = []
    opened: list[Page] = []

    def visit(file: Path, **options: Any) -> Page:
        page = browser.new_page(**options)
        opened.append(page)
        _watch(page, file.as_uri(), faults)
        page.goto(file.as_uri())
        return page

    yield visit
    for page in opened:
        page.context.close()
    assert faults == []


@pytest.fixture
def show(visit: Open, tmp_path: Path) -> Open:
    """Write reports, and open their pages."""
    numbers = itertools.count()

    def show(report: Report, **options: Any) -> Page:
        file = tmp_path / f"report-{next(numbers)}.html"
        write(report, file)
        return visit(file, **options)

    return show
