"""What reports and proposals say in Markdown of images, places and evidence, piece by piece.

It is GitHub Flavored Markdown that GitLab shows as well. All foreign text in it went through `redigest.report.safety`.
A piece is a list of lines without blank ones around it: a paragraph, a list, a table, a code block.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from redigest import reference
from redigest.model import Evidence, Problem, Result
from redigest.report.grouping import ImageSection, ReasonSection, short
from redigest.report.safety import block, code, prose
from redigest.report.summary import plural

ANNOUNCEMENT = "https://access.redhat.com/articles/6138332"

IMAGE_COLUMNS = ("Image", "Tag", "Digest", "Places", "Evidence")

Piece = list[str]

Link = Callable[[str, int], str | None]
"""The web address of a line of a file, `None` where it has none."""

_LONGEST_LIST = 12
"""A longer list is folded."""

_SAFE_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'*+,;=%\[\]-]+")


def no_link(_path: str, _line: int) -> None:
    """Where files have no web address."""


def joined(pieces: Iterable[Piece]) -> str:
    """Put pieces together, with blank lines between them and a line feed at the end; those without lines are left out."""
    return "\n\n".join("\n".join(lines) for lines in pieces if lines) + "\n"


def folded(summary: str, pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces that a reader has to open; `summary` is ours."""
    return [["<details>", f"<summary>{summary}</summary>"], *pieces, ["</details>"]]


def image_row(section: ImageSection) -> Sequence[str]:
    """The row of an image in a table with `IMAGE_COLUMNS`."""
    new = code(short(str(section.new))) if section.new and not section.is_unpinned else "no digest"
    return (
        codes(section.names) or "not known",
        codes(section.tags),
        f"{code(short(section.old))} → {new}",
        str(len(section.results)),
        ", ".join(dict.fromkeys(item.kind for item in section.evidence)),
    )


def heading(section: ImageSection) -> str:
    """What an image is called."""
    return codes(section.references) or "An image whose name is not known"


def why(section: ImageSection) -> Piece:
    """Why an image must change."""
    return [
        f"{code(section.old)} is the digest of a Docker V2 schema 1 manifest: "
        f"since 11 July 2022 [Red Hat's registries answer such a pull with 404]({ANNOUNCEMENT}), container runtimes have dropped schema 1, "
        "and what uses the digest fails to deploy, to restart or to scale."
    ]


def before_and_after(section: ImageSection) -> Piece:
    """What stood there and what stands there, in full."""
    new = None if section.is_unpinned else section.new
    before, after = ("Before", "Now") if section.is_done else ("Now", "After the change")
    return [f"- {before}: {codes(pinned(section, section.old))}", f"- {after}: {codes(pinned(section, str(new) if new else None)) or 'no digest'}"]


def evidence(items: Iterable[Evidence]) -> list[Piece]:
    """What speaks for a swap."""
    lines = [f"- {item.kind}: {prose(item.detail)}" for item in items]
    return [["Evidence, the strongest first:"], lines] if lines else []


def commands(section: ImageSection) -> list[Piece]:
    """What a person can run to check. A name that is no reference by the grammar is left out: nobody should paste it into a shell."""
    targets = section.references if section.is_unpinned else [f"{name}@{section.new}" for name in section.names]
    inspections = [f"skopeo inspect --raw docker://{target} | jq .schemaVersion" for target in targets if reference.parse(target)]
    checks = dict.fromkeys([*(item.check for item in section.evidence if item.check), *inspections])
    return [["To check it again:"], block(checks, "sh")] if checks else []


def kept(section: ImageSection, link: Link = no_link) -> list[Piece]:
    """An image that stays as it is, and why."""
    suggestion = [f"Suggested in its place: {code(str(section.new))}."] if section.new else []
    return [
        [f"### {codes(pinned(section, section.old))}"],
        [f"Why it stays: {'; '.join(map(prose, section.reasons))}."],
        suggestion,
        *places(section.results, "Where it stands", link),
        *evidence(section.evidence),
    ]


def left(title: str, sections: Sequence[ReasonSection], link: Link = no_link) -> list[Piece]:
    """What stays as it is, by reason."""
    if not sections:
        return []
    return [[f"## {title}"], *(piece for section in sections for piece in places(section.results, f"Reason: {prose(section.reason)}", link))]


def problems(found: Sequence[Problem]) -> list[Piece]:
    """What a person should know of files."""
    return [["## Problems"], [_problem(problem) for problem in found]] if found else []


def places(results: Sequence[Result], lead: str, link: Link = no_link) -> list[Piece]:
    """Where digests stand; a long list is folded."""
    files = len({result.sighting.path for result in results})
    extent = f"{plural(len(results), 'place')} in {plural(files, 'file')}"
    lines = [_place(result, link) for result in results]
    if len(lines) > _LONGEST_LIST:
        return [[f"{lead}:"], *folded(extent, [lines])]
    return [[f"{lead} ({extent}):"], lines]


def pinned(section: ImageSection, digest: str | None) -> Sequence[str]:
    """The references of a section with a digest behind them; the digest alone where no name is known."""
    if digest is None:
        return section.references
    return [f"{name}@{digest}" for name in section.references] or [digest]


def codes(texts: Iterable[str]) -> str:
    """Texts as code spans."""
    return ", ".join(map(code, texts))


def linked(text: str, address: str | None) -> str:
    """Text as a code span, with a link where there is an address that cannot end it (CommonMark, section 6.3)."""
    if address is None or not _SAFE_ADDRESS.fullmatch(address):
        return code(text)
    return f"[{code(text)}]({address})"


def _place(result: Result, link: Link) -> str:
    sighting = result.sighting
    place = f": {code(sighting.place)}" if sighting.place else ""
    rule = f" (rule {code(sighting.rule)})" if sighting.rule else ""
    return f"- {linked(f'{sighting.path}:{sighting.line}', link(sighting.path, sighting.line))}{place}{rule}"


def _problem(problem: Problem) -> str:
    where = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
    return f"- {code(where)}: {prose(problem.reason)}{' (given up)' if problem.failed else ''}"
