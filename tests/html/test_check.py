"""The page of a check in a real browser: it says what is wrong and what backs each swap, to everybody, and runs nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.clones.remotes import Content
from tests.html.conftest import Open
from tests.html.test_accessible import violations
from tests.html.test_hostile import HOSTILE
from tests.samples import ETCD, TOOLS, WEB
from tests.verify.checking import BASE, Case, swapped

pytestmark = pytest.mark.needs("git", "chromium")

GOOD = swapped(BASE, ETCD, TOOLS, WEB)
BAD = {**GOOD, "evil.sh": "evil\n", "k8s/again.yaml": BASE["k8s/again.yaml"]}


def checked(folder: Path, files: Mapping[str, Content]) -> Path:
    case = Case.of(folder)
    case.commit(files)
    assert case.verify("--report", "r.html").code == (files != GOOD)
    return folder / "r.html"


def rows(page: Page, section: str) -> list[list[str]]:
    script = "(rows) => rows.map((row) => [...row.children].map((cell) => cell.innerText))"
    found: list[list[str]] = page.locator(f"#{section} tbody tr").evaluate_all(script)
    return found


def test_says_what_is_wrong_and_what_to_do(visit: Open, tmp_path: Path) -> None:
    page = visit(checked(tmp_path, BAD), viewport={"width": 1440, "height": 900})
    assert page.title() == "Check of a change: not passed"
    expect(page.locator(".lead")).to_contain_text("does not pass: 2 violations.")
    added, left = rows(page, "wrong")
    assert (added[0], added[1].splitlines()[-1], added[2].partition(",")[0]) == ("evil.sh:1:1", "a file was added", "Take the change out of the branch")
    assert (left[0], left[2]) == ("k8s/again.yaml:10:55", "Swap it here too: redigest fix does.")
    assert f"{ETCD.old} stayed here" in left[1]
    page.get_by_role("link", name="Skip to what is wrong").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#wrong")).to_be_focused()


def test_shows_the_evidence_of_each_swap(visit: Open, tmp_path: Path) -> None:
    page = visit(checked(tmp_path, GOOD), viewport={"width": 1440, "height": 900})
    assert page.title() == "Check of a change: passed"
    assert page.locator("#wrong, #kept, #problems").count() == 0
    [(where, image, digests, evidence)] = [row for row in rows(page, "swaps") if row[0].startswith("run.sh")]
    assert (where, image, evidence) == ("run.sh:2:48", WEB.name, "mapping")
    assert digests.split() == [str(WEB.old), "\u2192", str(WEB.new)]
    page.locator("#swaps summary").last.click()
    expect(page.locator("#swaps .evidence").last).to_contain_text(f"grep -inF -- {WEB.old.hex} schema1.csv")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("files", [GOOD, BAD, BASE], ids=["good", "bad", "unchanged"])
def test_axe_finds_no_violation_in_it(visit: Open, tmp_path: Path, files: Mapping[str, Content], width: int, theme: Literal["light", "dark"]) -> None:
    case = Case.of(tmp_path)
    case.commit(files)
    case.verify("--report", "r.html")
    page = visit(tmp_path / "r.html", viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=True)
    for summary in page.locator("summary").all():
        summary.click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_names_are_text(visit: Open, tmp_path: Path) -> None:
    names = [name.replace("/", "_").replace("\x00", "").replace("\ud800", "") for name in HOSTILE]
    case = Case.of(tmp_path, {f"{name}.yaml": f"image: {ETCD.before}\n" for name in names})
    case.commit({**{f"{name}.yaml": f"image: {ETCD.after}\n" for name in names}, **{f"{name}.sh": "x" for name in names}})
    assert case.verify("--report", "r.html").code == 1
    page = visit(tmp_path / "r.html")
    assert (len(rows(page, "wrong")), len(rows(page, "swaps"))) == (len(names), len(names))
    assert page.locator("script, img, iframe, main svg").count() == 0
    assert page.evaluate("[...document.links].every((each) => each.getAttribute('href').startsWith('#'))")
