"""The HTML report in a real browser: what a person sees, searches, filters, copies and prints."""

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from redigest.model import Action, Current, Outcome, ProposalOutcome, RepositoryLine, Standing, Unknown
from redigest.report import Report, Searched
from redigest.report.summary import Fate, fate
from tests.html.conftest import Open
from tests.html.reports import FINISHED, STARTED, fleet, tree
from tests.unit.report_outcomes import ETCD, FOURTH, NEW, OLD, OTHER, everything, kept, outcome, report, result

pytestmark = pytest.mark.needs("chromium")

SHOWN_AT_FIRST = 50
PARTS = "all => all.map(each => [each.getAttribute('class'), each.width.baseVal.value, getComputedStyle(each).stroke])"
PAPER = 680
"""Pixels between the margins of A4."""


def rows(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("#rows tbody > tr > th").all_text_contents()]  # a row beyond the window has no inner text


def hits(page: Page) -> str:
    return page.locator("#hits").inner_text().replace("\u202f", " ")


def test_says_in_words_and_numbers_how_far_it_is(show: Open) -> None:
    page = show(report(everything()))
    assert page.locator(".lead").inner_text() == "19 digests in force: 16 swapped, 1 current, 1 schema 1 and kept, and 1 of unknown kind."
    assert page.locator(".legend li").all_inner_texts() == ["16 swapped", "1 current", "1 remains", "1 unknown"]
    registries = page.locator("#progress table").nth(0).locator("tbody tr")
    assert registries.filter(has_text="registry.redhat.io").locator("td").all_inner_texts() == ["88 %", "15", "1", "1", "1", "18"]
    assert page.locator("rect.changed").count() >= 2


def test_every_image_has_its_digests_result_evidence_and_places(show: Open) -> None:
    page = show(report(everything()))
    row = page.locator("#rows tbody > tr").filter(has_text="14 places")
    assert row.locator("th").inner_text() == f"{ETCD}:3.2.22"
    assert row.locator("button.digest").evaluate_all("all => all.map(each => each.dataset.digest)") == [str(OLD), str(NEW)]
    assert row.locator(".chip").inner_text() == "swapped"
    assert row.locator("summary").all_inner_texts() == ["mapping, recomputed", "14 places in 3 files"]
    row.locator("summary").nth(1).click()
    assert row.locator(".places li").count() == 14
    expect(row.get_by_text("clusters/1.yaml:2", exact=True)).to_be_visible()


def test_checksums_are_counted_by_file_and_are_no_images(show: Open) -> None:
    page = show(report(everything()))
    assert "poetry.lock" not in page.locator("#images").inner_text()
    section = page.locator("#remains .stays > li").filter(has_text="a checksum in a lock file")
    section.locator("summary").click()
    assert section.locator("li").all_inner_texts() == ["poetry.lock 13 places"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("mirror.corp", 1),
        ("MIRROR.CORP", 1),
        (str(FOURTH), 2),
        (FOURTH.short, 2),
        ("clusters/2.yaml:3", 1),
        ("no source of evidence", 1),
        ("etcd  web.yaml", 4),
        ("nothing of the kind", 0),
    ],
)
def test_search_finds_all_words_in_whatever_case(show: Open, typed: str, expected: int) -> None:
    page = show(report(everything()))
    page.locator("#query").fill(typed)
    assert len(rows(page)) == expected
    assert hits(page).startswith(f"{expected} image" if expected else "No image of 7 fits")


def test_filters_narrow_each_other_and_are_cleared(show: Open) -> None:
    page = show(report(everything()))
    page.get_by_role("checkbox", name="remains").check()
    page.get_by_role("checkbox", name="unknown").check()
    assert len(rows(page)) == 2
    page.get_by_label("Reason").select_option("no source of evidence knows this digest")
    assert hits(page) == "1 image of 7 in 1 place"
    page.get_by_label("Registry").select_option("mirror.corp.example:5000")
    assert hits(page) == "No image of 7 fits"
    page.get_by_role("button", name="Clear").click()
    assert hits(page) == "7 images in 20 places"
    page.get_by_label("Evidence").select_option("recomputed")
    assert len(rows(page)) == 3
    page.get_by_label("Evidence").select_option("any")
    page.get_by_label("Folder").select_option("clusters")
    assert hits(page) == "1 image of 7 in 14 places"


def test_the_order_can_be_that_of_names_or_places(show: Open) -> None:
    page = show(fleet())
    by_result = rows(page)
    page.get_by_label("Order").select_option("name")
    assert rows(page) == sorted(rows(page)) != by_result
    page.get_by_label("Order").select_option("most places")
    counts = page.locator("#rows tbody > tr").evaluate_all("all => all.map(each => Number(each.dataset.places))")
    assert counts == sorted(counts, reverse=True)
    page.get_by_label("Order").select_option("result")
    assert rows(page) == by_result


@pytest.mark.parametrize(
    ("link", "expected"), [("mirror.corp.example:5000", 1), ("no source of evidence knows this digest", 1), ("1 remains", 1), ("16 swapped", 3)]
)
def test_what_charts_and_reasons_name_leads_to_its_images(show: Open, link: str, expected: int) -> None:
    page = show(report(everything()))
    page.get_by_role("link", name=link, exact=True).first.click()
    assert len(rows(page)) == expected
    expect(page.locator("#images")).to_be_in_viewport()


def test_more_images_come_on_demand_and_the_focus_goes_to_the_first_of_them(show: Open) -> None:
    page = show(fleet(130))
    assert len(rows(page)) == SHOWN_AT_FIRST
    page.get_by_role("button", name="Show 50 more of 80").press("Enter")
    assert len(rows(page)) == 2 * SHOWN_AT_FIRST
    assert page.evaluate("[...document.querySelectorAll('#rows tbody > tr')].indexOf(document.activeElement.closest('tr'))") == SHOWN_AT_FIRST
    page.get_by_role("button", name="Show all").click()
    assert len(rows(page)) == 130
    expect(page.locator("#more")).to_be_hidden()


def test_the_keyboard_is_enough(show: Open) -> None:
    page = show(report(everything()))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the images"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "images"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "query"
    page.keyboard.type("mirror.corp")
    page.keyboard.press("Enter")
    assert len(rows(page)) == 1
    assert page.evaluate("document.activeElement.id") == "query"
    page.keyboard.press("Escape")
    assert (page.locator("#query").input_value(), len(rows(page))) == ("", 7)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert 0 < len(rows(page)) < 7
    page.locator("#rows summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#rows details[open]").count() == 1


def test_no_single_character_is_a_shortcut(show: Open) -> None:
    """WCAG 2.1.4."""
    page = show(report(everything()))
    before = page.locator("body").inner_text()
    for key in "/?abcdefghijklmnopqrstuvwxyz0123456789":
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.tagName") == "BODY", key
    assert page.locator("body").inner_text() == before
    assert page.locator("[accesskey], [aria-keyshortcuts]").count() == 0


def test_a_digest_is_whole_on_focus_and_in_the_clipboard(show: Open) -> None:
    page = show(report(outcome(result())), permissions=["clipboard-read", "clipboard-write"])
    button = page.locator("button.digest").first
    expect(button.locator(".brief")).to_have_text(OLD.short)
    expect(button.locator(".whole")).to_be_hidden()
    page.get_by_role("button", name="Clear").focus()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    expect(button.locator(".whole")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#copied")).to_have_text(f"Copied {OLD}")
    assert page.evaluate("navigator.clipboard.readText()") == str(OLD)


def test_the_number_of_hits_is_told_to_screen_readers(show: Open) -> None:
    page = show(report(everything()))
    assert page.locator("#images").aria_snapshot().count("- status: 7 images in 20 places") == 1
    page.locator("#query").fill("mirror")
    assert "- status: 1 image of 7 in 1 place" in page.locator("#images").aria_snapshot()


@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_is_wider_than_the_screen_and_the_table_stays_a_table(show: Open, width: int) -> None:
    page = show(fleet(30), viewport={"width": width, "height": 800})
    for summary in page.locator("#rows summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    tree_of = page.locator("table.images").aria_snapshot()
    assert "- rowheader" in tree_of
    assert "- cell" in tree_of


def test_all_is_there_without_javascript(show: Open) -> None:
    page = show(fleet(130), java_script_enabled=False)
    assert len(rows(page)) == 130
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.get_by_text("Without JavaScript all images are shown")).to_be_visible()
    expect(page.locator("code.digest").first).to_have_text(re.compile(r"^sha256:[0-9a-f]{64}$"))


def test_paper_has_every_image_that_fits_with_all_of_its_places(show: Open) -> None:
    page = show(fleet(130))
    page.emulate_media(media="print")
    expect(page.locator("#rows tbody > tr")).to_have_count(130)
    assert page.locator("details:not([open])").count() == 0
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator(".digest .whole").first).to_be_visible()
    page.emulate_media(media="screen")
    expect(page.locator("details[open]")).to_have_count(0)
    page.emulate_media(media="null")
    small, large = page.pdf(), show(fleet(260)).pdf()
    assert page_count(large) > 1.5 * page_count(small) > 8


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_is_white_and_nothing_on_it_is_cut(show: Open, theme: Literal["light", "dark"]) -> None:
    page = show(fleet(30), viewport={"width": PAPER, "height": 900}, color_scheme=theme)
    page.emulate_media(media="print", color_scheme=theme)
    ink, ground = page.evaluate("(({ color, backgroundColor }) => [color, backgroundColor])(getComputedStyle(document.documentElement))")
    assert (ink, ground) == ("rgb(27, 32, 36)", "rgb(255, 255, 255)")
    assert page.evaluate("document.documentElement.scrollWidth") == PAPER
    beyond = f"[...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > {PAPER} + 1).map((each) => each.outerHTML)"
    assert page.evaluate(beyond) == []
    for controls in (page.locator("form, nav, #more").all(), page.locator("#rows thead").all()):
        assert not any(each.is_visible() for each in controls)
    for heads in page.locator(".bars thead, .lines thead").all():
        assert heads.is_visible()
        assert heads.bounding_box()["height"] > 5  # type: ignore[index]  # it is visible, so it has a box


def page_count(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_repositories_stand_with_their_outcome_and_what_failed_first(show: Open) -> None:
    page = show(fleet())
    lines = page.locator("#repositories tbody tr")
    assert lines.nth(0).locator("th, td").all_inner_texts()[:3] == ["github.com/data/lake", "main", "failed (tree)"]
    assert "archived" in lines.nth(1).inner_text()
    links = lines.locator("a").evaluate_all("all => all.map(each => [each.href, each.textContent])")
    assert links
    assert all(address == text and re.fullmatch(r"https://github\.com/\w+/[\w-]+/pull/\d+", address) for address, text in links)


def test_repositories_have_the_counts_of_their_branches_once(show: Open) -> None:
    of = fleet()
    counts = {(tree.repository, tree.outcome.branch): Counter(map(fate, tree.outcome.results)) for tree in of.trees}
    opened = next(line for line in of.repositories or () if line.outcome is ProposalOutcome.OPENED)
    again = replace(opened, outcome=ProposalOutcome.UNCHANGED, url="https://github.com/acme/again/pull/9")
    table = show(replace(of, repositories=(*(of.repositories or ()), again))).locator("#repositories table")
    assert table.locator("thead th").all_inner_texts()[4:] == ["In proposals", "Remains", "Unknown"]
    seen = []
    for row in table.locator("tbody tr").all():
        repository, branch, _, _, *numbers = row.locator("th, td").all_inner_texts()
        if (repository, branch) in counts and (repository, branch) not in seen:
            assert numbers == [str(counts[repository, branch][each]) for each in (Fate.CHANGED, Fate.REMAINING, Fate.UNKNOWN)]
            seen.append((repository, branch))
        else:
            assert numbers == ["", "", ""]
    assert sorted(seen) == sorted(counts)


def test_places_are_linked_where_the_forge_has_an_address(show: Open) -> None:
    page = show(fleet())
    [address] = page.locator(".places a").evaluate_all("all => all.slice(0, 1).map(each => each.href)")
    assert re.fullmatch(rf"https://github\.com/\w+/[\w-]+/blob/{'c0ffee' * 6}c0ff/[\w./-]+#L\d+", address)
    assert show(tree(fleet())).locator(".places a").count() == 0


@pytest.mark.needs("git")
def test_the_demonstration_writes_reports_and_keeps_one(browser: Browser, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "redigest", "demo", "--keep", "kept", "--report", "one.html", "--report", "two.json")
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "kept/report.html is the report" in said.splitlines()[-1]
    for name in ("one.html", "kept/report.html"):
        page = browser.new_page()
        page.goto((tmp_path / name).as_uri())
        assert page.locator(".lead").inner_text() == "8 digests in force: 7 swapped in proposals and 1 of unknown kind."
        assert hits(page) == "5 images in 9 places"
        assert page.locator("#repositories tbody tr").locator("th, td").all_inner_texts()[-3:] == ["7", "0", "1"]
        page.close()
    assert json.loads((tmp_path / "two.json").read_text())["summary"]["swapped"] == 7


def test_owners_are_the_groups_of_a_fleet_and_folders_those_of_a_tree(show: Open) -> None:
    of = fleet()
    page = show(of)
    owners = {
        "/".join((each.repository or "").split("/")[:2]) for each in of.trees if any(one.sighting.standing is Standing.LIVE for one in each.outcome.results)
    }
    assert set(page.locator("#progress table").nth(1).locator("tbody th").all_inner_texts()) == owners
    folders = show(tree(of)).locator("#progress table").nth(1)
    assert set(folders.locator("tbody th").all_inner_texts()) == {each.partition("/")[2] for each in owners}
    top = show(report(outcome(result(path="web.yaml")))).locator("#progress table").nth(1)
    assert top.locator("tbody th").all_inner_texts() == ["(top folder)"]
    box = top.get_by_role("link", name="(top folder)", exact=True).bounding_box()
    assert box is not None
    assert box["width"] > 24


@pytest.mark.parametrize(
    ("repositories", "title", "groups"),
    [
        (("github.com/acme/a", "github.com/other/b"), "Owner", {"github.com/acme", "github.com/other"}),
        (("github.com/acme/a", "gitlab.com/acme/b/c"), "Owner", {"github.com/acme", "gitlab.com/acme"}),
        (
            ("git.example/platform/one/a", "git.example/platform/two/b", "git.example/platform/two/c"),
            "Group",
            {"git.example/platform/one", "git.example/platform/two"},
        ),
        (("git.example/platform/one/a", "git.example/platform/b"), "Group", {"git.example/platform/one", "git.example/platform/b"}),
        (("github.com/acme/a", "github.com/acme/b"), "Repository", {"github.com/acme/a", "github.com/acme/b"}),
        (("a", "b"), "Repository", {"a", "b"}),
    ],
)
def test_groups_are_told_apart_by_the_shortest_beginning_of_their_names(show: Open, repositories: tuple[str, ...], title: str, groups: set[str]) -> None:
    trees = tuple(Searched(repository, outcome(result())) for repository in repositories)
    page = show(Report(trees, STARTED, FINISHED, "1.0.0", ()))
    table = page.locator("#progress table").nth(1)
    assert table.locator("thead th").first.inner_text() == title
    assert set(table.locator("tbody th").all_inner_texts()) == groups
    page.get_by_label(title).select_option(min(groups))
    assert len(rows(page)) == 1
    if title != "Repository":
        assert set(page.locator("#progress table").nth(2).locator("tbody th").all_inner_texts()) == set(repositories)


def test_what_is_only_to_be_swapped_is_not_drawn_as_done(show: Open) -> None:
    due = show(report(outcome(result(action=Action.WOULD_SWAP), result(action=Action.KEPT, line=2, verdict=Current(()), reason=None))))
    assert due.locator(".done span").first.inner_text() == "50 %"
    assert due.locator(".summary rect").evaluate_all("all => all.map(each => each.getAttribute('class'))") == ["current", "due"]
    ground, done = due.evaluate("[...document.querySelectorAll('.summary rect')].map(each => getComputedStyle(each).fill)")
    assert ground != done
    made = show(report(outcome(result(action=Action.SWAPPED))))
    assert made.locator(".summary rect").evaluate_all("all => all.map(each => each.getAttribute('class'))") == ["changed"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_solid_part_of_a_bar_is_its_percentage(show: Open, theme: Literal["light", "dark"]) -> None:
    """What is not done is drawn as an outline, so that it differs from what is done by more than its hue."""
    for of in (fleet(), report(everything()), report(everything(is_done=False))):
        page = show(of, color_scheme=theme)
        for bar in page.locator("#progress .done").all():
            rects = bar.locator("rect").evaluate_all(PARTS)
            ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            solid = [name for name, _, stroke in rects if stroke == ground]
            assert solid == [name for name, _, _ in rects][: len(solid)]
            assert set(solid) <= {"changed", "current"}
            assert abs(sum(width for _, width, stroke in rects if stroke == ground) / 10 - int((bar.locator("span").text_content() or "").split()[0])) < 2


def test_a_dry_run_that_meets_open_proposals_draws_nothing_as_done_that_is_not(show: Open) -> None:
    trees = tuple(Searched(f"github.com/acme/{name}", outcome(result(action=action))) for name, action in (("old", Action.SWAPPED), ("new", Action.WOULD_SWAP)))
    page = show(Report(trees, STARTED, FINISHED, "1.0.0", ()))
    assert page.locator(".lead").inner_text() == "2 digests in force: 2 to be swapped."
    assert page.locator("#progress .done span").all_inner_texts() == ["0 %"] * 3
    assert page.locator("rect.changed").count() == 0


def test_many_names_of_one_image_are_folded_and_found(show: Open) -> None:
    page = show(report(outcome(*(result(tag=f"1.{number}", line=number + 1) for number in range(3000)))))
    names = page.locator("#rows th")
    assert names.locator(".reference:visible").count() == 5
    names.locator("summary").filter(has_text="2\u202f995 more names").click()
    assert names.locator(".reference:visible").count() == 3000
    page.locator("#query").fill("1.2999")
    assert len(rows(page)) == 1


@pytest.mark.parametrize(
    ("action", "expected"), [(Action.SWAPPED, "swapped"), (Action.WOULD_SWAP, "to swap"), (Action.UNPINNED, "unpinned"), (Action.WOULD_UNPIN, "to unpin")]
)
def test_a_row_says_what_was_or_would_be_done(show: Open, action: Action, expected: str) -> None:
    page = show(report(outcome(result(action=action))))
    assert page.locator("#rows .chip").inner_text() == expected
    percent = 100 if expected in ("swapped", "unpinned") else 0
    assert page.locator(".done span").first.inner_text() == f"{percent} %"


def test_a_tree_without_digests_has_a_page_that_says_so(show: Open) -> None:
    page = show(report(outcome()))
    assert "No digest of an image is in force here." in page.locator("main").inner_text()
    assert "Nothing that is in force remains." in page.locator("main").inner_text()


def test_a_run_that_found_nothing_has_its_repositories(show: Open) -> None:
    line = RepositoryLine("github.com/acme/empty", None, None, ProposalOutcome.NOTHING_TO_DO, message="the repository is empty")
    page = show(replace(report(Outcome((), (), 0, 0)), trees=(), repositories=(line,)))
    assert "the repository is empty" in page.locator("#repositories").inner_text()


def test_one_image_in_two_repositories_is_one_row(show: Open) -> None:
    found = outcome(result(), kept("no source", verdict=Unknown("no source"), line=30))
    trees = tuple(
        Searched(f"github.com/{owner}/deploy", replace(found, branch=branch)) for owner, branch in (("acme", "main"), ("acme", "release-1"), ("other", "main"))
    )
    page = show(Report(trees, STARTED, FINISHED, "1.0.0", ()))
    assert hits(page) == "2 images in 6 places"
    page.get_by_label("Owner").select_option("github.com/other")
    assert len(rows(page)) == 2
    row = page.locator("#rows tbody > tr").filter(has_text=OTHER.short)
    row.locator("summary").last.click()
    assert row.locator(".tree").all_inner_texts() == ["github.com/acme/deploy (main)", "github.com/acme/deploy (release-1)", "github.com/other/deploy (main)"]


def test_many_groups_are_folded(show: Open) -> None:
    page = show(report(outcome(*(result(path=f"team-{number:02}/web.yaml") for number in range(30)))))
    folders = page.locator("#progress table").nth(1)
    assert folders.locator("tbody tr").count() == 12
    page.locator("#progress summary").filter(has_text="18 more").click()
    assert page.locator("#progress table").nth(2).locator("tbody tr").count() == 18
