"""The Markdown report, for a reviewer: what changed image by image, why, how to check it, and what was left alone."""

from collections.abc import Sequence
from datetime import UTC, datetime

from redigest.model import Outcome, RepositoryLine
from redigest.report import Report
from redigest.report.grouping import ImageSection, by_fate, by_image, by_reason
from redigest.report.safety import block, code, prose, table
from redigest.report.sections import (
    ANNOUNCEMENT,
    IMAGE_COLUMNS,
    Piece,
    before_and_after,
    commands,
    evidence,
    heading,
    image_row,
    joined,
    kept,
    left,
    linked,
    places,
    problems,
    why,
)
from redigest.report.summary import Fate, in_words

__all__ = ["ANNOUNCEMENT", "body", "render"]

_LINE_COLUMNS = ("Repository", "Branch", "Outcome", "")


def render(report: Report) -> str:
    """Write a whole report, with its title and its times; one on a run has the lines of the run first, then each tree."""
    head = f"# Image digests\n\nredigest {report.version}, {_time(report.started)} to {_time(report.finished)}.\n\n"
    if report.repositories is None:
        return head + body(report.outcome)
    pieces = [[f"{in_words(report.outcome)}."], *_repositories(report.repositories), *problems(report.problems)]
    trees = [f"# {code(tree.repository or '')}\n\n{body(tree.outcome)}" for tree in report.trees]
    return "\n".join([head + joined(pieces), *trees])


def body(outcome: Outcome) -> str:
    """Write what is to be said of one tree: the same text for the same outcome, without title and times; its headings begin at the second level."""
    fates = by_fate(outcome)
    return joined(
        [
            [f"{in_words(outcome)}."],
            *_changes(by_image(fates[Fate.CHANGED])),
            *_remaining(by_image(fates[Fate.REMAINING])),
            *left("Looked at and left alone", by_reason(fates[Fate.IGNORED])),
            *left("Current", by_reason(fates[Fate.CURRENT])),
            *_unknown(by_image(fates[Fate.UNKNOWN])),
            *problems(outcome.problems),
        ]
    )


def _changes(sections: Sequence[ImageSection]) -> list[Piece]:
    if not sections:
        return []
    return [table(IMAGE_COLUMNS, map(image_row, sections)), ["## Changes"], *(piece for section in sections for piece in _change(section))]


def _change(section: ImageSection) -> list[Piece]:
    return [
        [f"### {heading(section)}"],
        why(section),
        before_and_after(section),
        *places(section.results, "Where it stands"),
        *evidence(section.evidence),
        *commands(section),
    ]


def _remaining(sections: Sequence[ImageSection]) -> list[Piece]:
    if not sections:
        return []
    return [
        ["## Schema 1, and kept"],
        ["These digests are schema 1, something uses them, and they stay as they are."],
        *(piece for section in sections for piece in kept(section)),
    ]


def _unknown(sections: Sequence[ImageSection]) -> list[Piece]:
    if not sections:
        return []
    return [
        ["## Kind not known"],
        ["Nothing tells whether these digests are schema 1. Where the image can still be pulled, this prints 1 or 2:"],
        block(["skopeo inspect --raw docker://NAME@DIGEST | jq .schemaVersion"], "sh"),
        *(piece for section in sections for piece in kept(section)),
    ]


def _repositories(lines: Sequence[RepositoryLine]) -> list[Piece]:
    return [["## Repositories"], table(_LINE_COLUMNS, map(_line, lines))] if lines else []


def _line(line: RepositoryLine) -> Sequence[str]:
    stage = f" ({line.stage})" if line.stage else ""
    told = ": ".join(filter(None, (linked(line.url, line.url) if line.url else "", prose(line.message) if line.message else "")))
    return code(line.repository), code(line.branch) if line.branch else "", f"{line.outcome}{stage}", told


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
