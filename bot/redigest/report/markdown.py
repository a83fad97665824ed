"""The Markdown report, for a reviewer: what changed image by image, why, how to check it, and what was left alone."""

from collections.abc import Sequence
from datetime import UTC, datetime

from redigest.model import Outcome, RepositoryLine
from redigest.report import Report
from redigest.report.grouping import ImageSection, by_fate, by_image, by_reason
from redigest.report.layout import MOST_BYTES, Block, Item, between, fitted, paragraphs, section
from redigest.report.safety import code, prose, table
from redigest.report.sections import (
    IMAGE_COLUMNS,
    before_and_after,
    codes,
    commands,
    evidence,
    fenced,
    heading,
    image_row,
    kept,
    left,
    linked,
    pinned,
    places,
    problems,
    why,
)
from redigest.report.standing import IN_FORCE, by_repository, labels
from redigest.report.summary import Fate, in_words, plural

_MOST_REPOSITORIES = 50
"""Rows of the table that counts."""

_LINE_COLUMNS = ("Repository", "Branch", "Outcome", "")


def render(report: Report, *, most: int = MOST_BYTES) -> str:
    """Write a whole report, with its title and its times, in at most `most` bytes of UTF-8; one on a run has the lines of the run first, then each tree."""
    whole = paragraphs("# Image digests", f"redigest {report.version}, {_time(report.started)} to {_time(report.finished)}.", *_parts(report))
    return fitted(whole, most)


def _parts(report: Report) -> Sequence[Item]:
    if report.repositories is None:
        return [_body(report.outcome)]
    words = f"{in_words(report.outcome, is_proposed=True)}."
    run = [words, _repositories(report.repositories), _in_force(report), problems(report.problems)]
    return [*run, *(paragraphs(f"# {code(tree.repository or '')}", _body(tree.outcome, is_proposed=True)) for tree in report.trees)]


def body(outcome: Outcome) -> str:
    """Write what is to be said of one tree: the same text for the same outcome, without title and times; its headings begin at the second level."""
    return f"{_body(outcome)}\n"


def _body(outcome: Outcome, *, is_proposed: bool = False) -> Block:
    fates = by_fate(outcome)
    return paragraphs(
        f"{in_words(outcome, is_proposed=is_proposed)}.",
        _changes(by_image(fates[Fate.CHANGED]), is_proposed=is_proposed),
        _remaining(by_image(fates[Fate.REMAINING])),
        left("Looked at and left alone", by_reason(fates[Fate.IGNORED])),
        left("Current", by_reason(fates[Fate.CURRENT])),
        _unknown(by_image(fates[Fate.UNKNOWN])),
        problems(outcome.problems),
    )


def _changes(images: Sequence[ImageSection], *, is_proposed: bool) -> Item:
    changes = (_change(image, is_proposed=is_proposed) for image in images)
    return paragraphs(between(table(IMAGE_COLUMNS, map(image_row, images)), first=2), section("Changes", *changes))


def _change(image: ImageSection, *, is_proposed: bool) -> Block:
    return section(
        heading(image),
        why(image),
        before_and_after(image, is_proposed=is_proposed),
        places(image.results, "Where it stands"),
        evidence(image.evidence),
        commands(image),
        level=3,
    )


def _remaining(images: Sequence[ImageSection]) -> Item:
    if not images:
        return ""
    return section("Schema 1, and kept", "These digests are schema 1, something uses them, and they stay as they are.", *map(_kept, images))


def _unknown(images: Sequence[ImageSection]) -> Item:
    if not images:
        return ""
    return section(
        "Kind not known",
        "Nothing tells whether these digests are schema 1. Where the image can still be pulled, this prints 1 or 2:",
        fenced(["skopeo inspect --raw docker://NAME@DIGEST | jq .schemaVersion"]),
        *map(_kept, images),
    )


def _kept(image: ImageSection) -> Block:
    return section(codes(pinned(image, image.old)), kept(image), level=3)


def _repositories(lines: Sequence[RepositoryLine]) -> Item:
    return section("Repositories", between(table(_LINE_COLUMNS, map(_line, lines)), first=2))


def _in_force(report: Report) -> Item:
    """How many digests of each repository are in force, by what became of them; those with the most to do first."""
    names, bars = labels(report), by_repository(report)
    fates = [fate for fate in IN_FORCE if any(bar.counts[fate] for bar in bars)]
    rows = ((code(bar.name), *(str(bar.counts[fate]) for fate in fates)) for bar in bars[:_MOST_REPOSITORIES])
    more = f"And {plural(len(bars) - _MOST_REPOSITORIES, 'repository')} more." if len(bars) > _MOST_REPOSITORIES else ""
    return section("Digests in force", between(table(("Repository", *(names[fate] for fate in fates)), rows), first=2), more) if bars else ""


def _line(line: RepositoryLine) -> Sequence[str]:
    stage = f" ({line.stage})" if line.stage else ""
    told = ": ".join(filter(None, (linked(line.url, line.url) if line.url else "", prose(line.message) if line.message else "")))
    return code(line.repository), code(line.branch) if line.branch else "", f"{line.outcome}{stage}", told


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
