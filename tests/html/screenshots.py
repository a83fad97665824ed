"""Take pictures of the HTML report, at the width of a phone and of a desk, in both themes: `python -m tests.html.screenshots FOLDER`."""

import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

from redigest.report import Report, write
from tests.html.reports import fleet, tree
from tests.unit.report_outcomes import everything, report

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def shoot(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    reports: dict[str, Report] = {"fleet": fleet(), "tree": tree(fleet(40)), "small": report(everything())}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        for name, made in reports.items():
            write(made, folder / f"{name}.html")
            for width in (390, 1440):
                for theme in THEMES:
                    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
                    page.goto((folder / f"{name}.html").as_uri())
                    page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=True)
                    page.close()
        browser.close()


if __name__ == "__main__":
    shoot(Path(sys.argv[1]))
