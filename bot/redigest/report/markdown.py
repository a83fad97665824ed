"""The Markdown report, for a reviewer: what changed image by image, why, how to check it, and what was left alone.

It is GitHub Flavored Markdown that GitLab shows as well. All foreign text in it went through `redigest.report.safety`.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from redigest import reference
from redigest.model import Evidence, Outcome, Problem, RepositoryLine, Result
from redigest.report import Report
from redigest.report.grouping import ImageSection, ReasonSection, by_fate, by_image, by_reason, short
from redigest.report.safety import block, code, prose, table
from redigest.report.summary import Fate, in_words, plural

ANNOUNCEMENT = "https://access.redhat.com/articles/6138332"

_LINKABLE = re.compile(r"https?://[A-Za-z0-9._~:/%\[\]-]+")

_LONGEST_LIST = 12
"""A longer list is folded."""

_LINES = ("Repository", "Branch", "Outcome", "")

_HEADER = ("Image", "Tag", "Digest", "Places", "Evidence")

Lines = list[str]


def render(report: Report) -> str:
    """Write a whole report, with its title and its times."""
    head = f"# Image digests\n\nredigest {report.version}, {_time(report.started)} to {_time(report.finished)}.\n\n"
    if report.repositories is None:
        return head + body(report.outcome)
    parts = [[f"{in_words(report.outcome)}."], *_repositories(report.repositories), *_problems(report.problems)]
    trees = [f"# {code(tree.repository or '')}\n\n{body(tree.outcome)}" for tree in report.trees]
    return "\n".join([head + _joined(parts), *trees])


def _repositories(lines: Sequence[RepositoryLine]) -> list[Lines]:
    return [["## Repositories"], table(_LINES, map(_line, lines))] if lines else []


def _line(line: RepositoryLine) -> Sequence[str]:
    stage = f" ({line.stage})" if line.stage else ""
    told = ": ".join(filter(None, (_address(line.url) if line.url else "", prose(line.message) if line.message else "")))
    return code(line.repository), code(line.branch) if line.branch else "", f"{line.outcome}{stage}", told


def body(outcome: Outcome) -> str:
    """Write what a proposal says: the same text for the same outcome, without title and times; its headings begin at the second level."""
    fates = by_fate(outcome)
    parts = [
        [f"{in_words(outcome)}."],
        *_changes(by_image(fates[Fate.CHANGED])),
        *_remaining(by_image(fates[Fate.REMAINING])),
        *_left("Looked at and left alone", by_reason(fates[Fate.IGNORED])),
        *_left("Current", by_reason(fates[Fate.CURRENT])),
        *_unknown(by_image(fates[Fate.UNKNOWN])),
        *_problems(outcome.problems),
    ]
    return _joined(parts)


def _address(url: str) -> str:
    return f"<{url}>" if _LINKABLE.fullmatch(url) else code(url)


def _joined(parts: Iterable[Lines]) -> str:
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _changes(sections: Sequence[ImageSection]) -> list[Lines]:
    if not sections:
        return []
    return [table(_HEADER, map(_row, sections)), ["## Changes"], *(part for section in sections for part in _change(section))]


def _row(section: ImageSection) -> Sequence[str]:
    new = code(short(str(section.new))) if section.new and not section.is_unpinned else "no digest"
    return (
        _codes(section.names) or "not known",
        _codes(section.tags),
        f"{code(short(section.old))} → {new}",
        str(len(section.results)),
        ", ".join(dict.fromkeys(item.kind for item in section.evidence)),
    )


def _change(section: ImageSection) -> list[Lines]:
    new = None if section.is_unpinned else section.new
    before, after = ("Before", "Now") if section.is_done else ("Now", "After the change")
    return [
        [f"### {_codes(section.references) or 'An image whose name is not known'}"],
        [_why(section)],
        [
            f"- {before}: {_codes(_pinned(section, section.old))}",
            f"- {after}: {_codes(_pinned(section, str(new) if new else None)) or 'no digest'}",
        ],
        *_places(section.results, "Where it stands"),
        *_evidence(section.evidence),
        *_commands(section),
    ]


def _why(section: ImageSection) -> str:
    return (
        f"{code(section.old)} is the digest of a Docker V2 schema 1 manifest: "
        f"since 11 July 2022 [Red Hat's registries answer such a pull with 404]({ANNOUNCEMENT}), container runtimes have dropped schema 1, "
        "and what uses the digest fails to deploy, to restart or to scale."
    )


def _commands(section: ImageSection) -> list[Lines]:
    """A name that is no reference by the grammar is left out: nobody should paste it into a shell."""
    targets = section.references if section.is_unpinned else [f"{name}@{section.new}" for name in section.names]
    inspections = [f"skopeo inspect --raw docker://{target} | jq .schemaVersion" for target in targets if reference.parse(target)]
    commands = dict.fromkeys([*(item.check for item in section.evidence if item.check), *inspections])
    return [["To check it again:"], block(commands, "sh")] if commands else []


def _remaining(sections: Sequence[ImageSection]) -> list[Lines]:
    if not sections:
        return []
    return [
        ["## Schema 1, and kept"],
        ["These digests are schema 1, something uses them, and they stay as they are."],
        *(part for section in sections for part in _kept(section)),
    ]


def _unknown(sections: Sequence[ImageSection]) -> list[Lines]:
    if not sections:
        return []
    return [
        ["## Kind not known"],
        ["Nothing tells whether these digests are schema 1. Where the image can still be pulled, this prints 1 or 2:"],
        block(["skopeo inspect --raw docker://NAME@DIGEST | jq .schemaVersion"], "sh"),
        *(part for section in sections for part in _kept(section)),
    ]


def _kept(section: ImageSection) -> list[Lines]:
    suggestion = [f"Suggested in its place: {code(str(section.new))}."] if section.new else []
    return [
        [f"### {_codes(_pinned(section, section.old))}"],
        [f"Why it stays: {'; '.join(map(prose, section.reasons))}."],
        suggestion,
        *_places(section.results, "Where it stands"),
        *_evidence(section.evidence),
    ]


def _left(title: str, sections: Sequence[ReasonSection]) -> list[Lines]:
    if not sections:
        return []
    return [[f"## {title}"], *(part for section in sections for part in _places(section.results, f"Reason: {prose(section.reason)}"))]


def _problems(problems: Sequence[Problem]) -> list[Lines]:
    return [["## Problems"], [_problem(problem) for problem in problems]] if problems else []


def _problem(problem: Problem) -> str:
    where = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
    return f"- {code(where)}: {prose(problem.reason)}{' (given up)' if problem.failed else ''}"


def _evidence(evidence: Iterable[Evidence]) -> list[Lines]:
    lines = [f"- {item.kind}: {prose(item.detail)}" for item in evidence]
    return [["Evidence, the strongest first:"], lines] if lines else []


def _places(results: Sequence[Result], lead: str) -> list[Lines]:
    files = len({result.sighting.path for result in results})
    extent = f"{plural(len(results), 'place')} in {plural(files, 'file')}"
    lines = list(map(_place, results))
    if len(lines) > _LONGEST_LIST:
        return [[f"{lead}:"], ["<details>", f"<summary>{extent}</summary>"], lines, ["</details>"]]
    return [[f"{lead} ({extent}):"], lines]


def _place(result: Result) -> str:
    sighting = result.sighting
    place = f": {code(sighting.place)}" if sighting.place else ""
    rule = f" (rule {code(sighting.rule)})" if sighting.rule else ""
    return f"- {code(f'{sighting.path}:{sighting.line}')}{place}{rule}"


def _pinned(section: ImageSection, digest: str | None) -> Sequence[str]:
    """The references of a section with a digest behind them; the digest alone where no name is known."""
    if digest is None:
        return section.references
    return [f"{name}@{digest}" for name in section.references] or [digest]


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(map(code, texts))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
