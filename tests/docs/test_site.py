"""The site: it is built without a complaint, and every link in it leads somewhere."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import CHECKOUT

BUILD = ("-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "--fresh-env", "--builder", "html")


def build(docs: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *BUILD, "--doctree-dir", str(site.parent / "doctrees"), str(docs), str(site)]
    return subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site") / "site"
    built = build(CHECKOUT / "docs", site)
    assert (built.returncode, built.stdout) == (0, "")
    return site


class Page(HTMLParser):
    """What a page links to and loads, and what a link can lead to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id":
                self.anchors.add(value)
            elif name == "href" and tag == "a":
                self.links.add(value)
            elif name == "src" or (name == "href" and tag == "link"):
                self.loaded.add(value)


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path.resolve(): Page(path) for path in site.rglob("*.html")}


def test_every_link_leads_to_a_page_and_to_an_anchor_in_it(pages: dict[Path, Page]) -> None:
    lost = []
    for path, page in pages.items():
        for link in page.links | page.loaded:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file() or (parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors):
                lost.append((path.name, link))
    assert len(pages) > 100
    assert lost == []


def test_every_page_of_the_folder_is_in_the_site_and_in_the_menu(site: Path, pages: dict[Path, Page]) -> None:
    names = {path.stem for path in CHECKOUT.glob("docs/*.md")}
    index = pages[(site / "index.html").resolve()]
    assert {f"{name}.html" for name in names - {"index"}} <= index.links
    assert all((site / f"{name}.html").is_file() for name in names)


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Page]) -> None:
    assert [link for page in pages.values() for link in page.loaded if urlsplit(link).scheme not in {"", "data"}] == []


def test_a_link_that_leads_nowhere_ends_the_build(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text((CHECKOUT / "docs/conf.py").read_text().replace("root_doc ==", "None =="))
    (docs / "index.md").write_text("# Title\n\n[here](#title) [there](nowhere.md) [no anchor](#nothing) [outside](../conf.txt)\n")
    built = build(docs, tmp_path / "site")
    assert built.returncode != 0
    assert "nowhere.md" in built.stdout
    assert "'nothing'" in built.stdout
    assert "the repository has no conf.txt" in built.stdout


def test_the_makefile_builds_it_in_the_same_way() -> None:
    assert " ".join(BUILD[2:6]) in (CHECKOUT / "Makefile").read_text()
