"""The site of the documentation: Sphinx makes HTML of the Markdown in this folder; `make site` builds it."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.logging import getLogger

CHECKOUT = Path(__file__).resolve().parents[1]
NAVIGATION = {
    "Begin": ("quick-start", "faq"),
    "Run it": ("one-off", "run", "github-action", "gitlab", "self-hosted", "disconnected"),
    "Review": ("proposals", "proposal-example", "verify", "report"),
    "Understand": ("evidence", "limits", "security"),
    "Look up": ("configuration", "mapping", "places", "rules", "performance", "scale"),
}
"""The pages in the order of the menu. One that is missing here is a mistake that ends the build."""

project = "redigest"
html_title = "redigest"
extensions = ["myst_parser"]
root_doc = "index"
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3
myst_url_schemes = ("http", "https", "repository")
smartquotes = False  # two hyphens are a flag
html_theme = "furo"
html_copy_source = False
html_use_index = False
html_show_copyright = False
html_show_sphinx = False

LINKED: set[str] = set()
"""Files and folders of the repository, outside of this folder, to which the pages lead."""


def setup(app: Sphinx) -> None:
    """Have the pages stay plain Markdown that GitHub and GitLab show too, with links that lead somewhere in both."""
    app.connect("source-read", add_menu)
    app.connect("source-read", mark_links_out)
    app.connect("doctree-read", know_anchors)
    app.connect("doctree-resolved", lead_links_out)
    app.connect("html-collect-pages", pages_of_files)


def add_menu(_app: Sphinx, page: str, source: list[str]) -> None:
    """Put the menu, which Markdown has no words for, under the first page."""
    if page == root_doc:
        source[0] += "".join(f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n" for caption, pages in NAVIGATION.items())


def mark_links_out(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Give links that leave this folder a scheme of their own, so that MyST does not look for a page behind them."""
    source[0] = re.sub(r"(?<=\]\()\.\./", "repository:", source[0])


def know_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Have MyST know the anchors that are written as HTML, so that it can tell whether a link to one leads somewhere."""
    slugs = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for raw in doctree.findall(nodes.raw):
        slugs.update({anchor: (raw.line, anchor, anchor) for anchor in re.findall(r'<a id="([^"]+)">', raw.astext())})


def lead_links_out(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Turn those links into links to the pages that are made of the files; a file that is not there is a mistake."""
    for link in doctree.findall(nodes.reference):
        scheme, _, target = link.get("refuri", "").partition(":")
        if scheme == "repository":
            path, _, anchor = target.partition("#")
            path = path.removesuffix("?plain=1").rstrip("/")  # what asks a forge for the lines of a file that it shows as a page
            if not (CHECKOUT / path).exists():
                getLogger(__name__).warning("the repository has no %s", path, location=page)
                continue
            LINKED.add(path)
            link["refuri"] = app.builder.get_relative_uri(page, page_of(path)) + (f"#{anchor}" if anchor else "")


def page_of(path: str) -> str:
    """The name of the page that is made of a file, or of a folder."""
    return f"repository/{path}/index" if (CHECKOUT / path).is_dir() else f"repository/{path}"


def pages_of_files(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Make a page of each linked file, with an anchor for every line as on GitHub, and a list of each linked folder, with the files in it."""
    folders = {path for path in LINKED if (CHECKOUT / path).is_dir()}
    for folder in sorted(folders):
        names = sorted(
            entry.relative_to(CHECKOUT).as_posix() for entry in (CHECKOUT / folder).rglob("*") if entry.is_file() and "__pycache__" not in entry.parts
        )
        LINKED.update(names)
        items = "".join(f'<li><a href="{app.builder.get_relative_uri(page_of(folder), page_of(name))}">{html.escape(name)}</a></li>' for name in names)
        yield page_of(folder), {"title": folder, "body": f"<h1>{html.escape(folder)}</h1><ul>{items}</ul>"}, "page.html"
    for path in sorted(LINKED - folders):
        lines = (CHECKOUT / path).read_text(encoding="utf-8", errors="replace").split("\n")  # some cases of tests are in no encoding
        body = "\n".join(line_of_file(number, line, is_markdown=path.endswith(".md")) for number, line in enumerate(lines, 1))
        yield page_of(path), {"title": path, "body": f'<h1>{html.escape(path)}</h1><div class="highlight"><pre>{body}</pre></div>'}, "page.html"


def line_of_file(number: int, line: str, *, is_markdown: bool) -> str:
    """One line as HTML; a heading of Markdown has the anchor that forges give it, too."""
    text = html.escape(line)
    if is_markdown and line.startswith("#"):
        slug = re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        text = f'<span id="{slug}">{text}</span>'
    return f'<span id="L{number}">{text}</span>'
