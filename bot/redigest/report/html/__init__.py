"""The HTML report: one page that needs nothing but itself, fetches nothing, and runs no script but its own."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from redigest.model import ProposalOutcome, RepositoryLine
from redigest.report import Report
from redigest.report.grouping import Grouping, Groups, short
from redigest.report.html.rows import Row, rows
from redigest.report.safety import is_web_address, shown
from redigest.report.sections import ANNOUNCEMENT, KINDS
from redigest.report.standing import IN_FORCE, Bar, by_branch, by_group, by_registry, by_repository, is_done, labels, left_alone, staying, whole
from redigest.report.summary import Fate, plural

_THIN = "\u202f"
"""The narrow space that does not break: between thousands, in every language (ISO 80000-1)."""

_SEPARATOR = re.compile(r"[/@](?!/)|:(?!/|\d+(?:/|$))")
"""Behind these a path or a reference can be broken; a port and the number of a line are no words. None of them is in an entity of HTML."""

_FEW_BARS = 12
_FEW_IMAGES = 100
_FEW_NAMES = 5
_FEW_FILES = 100
"""How many of each are shown at once, below a reason, and of one image."""

_MANY_ROWS = 500
"""With more of them, what stands below them is laid out only while it can be seen, or each row that is added would cost more."""

_OPEN = (Fate.CHANGED, Fate.REMAINING, Fate.UNKNOWN)
"""What is counted for each branch: what somebody has still to do with it."""

_OUTCOMES = (
    ProposalOutcome.FAILED,
    ProposalOutcome.HELD,
    ProposalOutcome.OPENED,
    ProposalOutcome.UPDATED,
    ProposalOutcome.WOULD_OPEN,
    ProposalOutcome.WOULD_UPDATE,
    ProposalOutcome.CLOSED,
    ProposalOutcome.UNCHANGED,
    ProposalOutcome.NOTHING_TO_DO,
)
"""In this order repositories stand: what a person should look at comes first."""


def render(report: Report) -> str:
    """Write the page. Its Content-Security-Policy names the hashes of its one style and its one script, so that nothing else can be applied or run."""
    found = rows(report)
    page, style, script = (files(__package__).joinpath(f"page.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    template = _environment().from_string(page)
    return template.render(
        report=report,
        style=Markup(style),  # noqa: S704 -- ours
        script=Markup(script),  # noqa: S704 -- ours
        policy=f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
        lead=lead(report),
        whole=whole(report),
        progress=_progress(report),
        rows=found,
        looks=_looks(report),
        filters=_filters(found),
        labels=labels(report),
        staying=[(fate, staying(report, fate)) for fate in (Fate.REMAINING, Fate.UNKNOWN)],
        left=left_alone(report),
        repositories=_repositories(report),
        problems=report.outcome.problems,
    )


def _repositories(report: Report) -> Sequence[tuple[RepositoryLine, Bar | None]]:
    """The lines of a run, each branch with its digests in force where it stands first; `None` where it was not searched, and where it stands again."""
    bars = dict(by_branch(report))
    lines = sorted(report.repositories or (), key=lambda line: (_OUTCOMES.index(line.outcome), line.repository))
    return [(line, bars.pop((line.repository, line.branch), None)) for line in lines]


def _looks(report: Report) -> Mapping[Fate, str]:
    """The class of each fate: what is only to be changed does not look as if it were."""
    looks = {fate: fate.name.lower() for fate in Fate}
    return looks if is_done(report) else {**looks, Fate.CHANGED: "due"}


def lead(report: Report) -> Sequence[str]:
    """The report in a few sentences."""
    bar, ignored, problems = whole(report), sum(left.places for left in left_alone(report)), len(report.outcome.problems)
    screened = f"{_plural(report.outcome.files_screened, 'file')} screened, {number(report.outcome.files_with_digests)} with digests."
    return [
        _in_force(bar, labels(report)[Fate.CHANGED]) if bar.total else "No digest of an image is in force here.",
        f"{_plural(ignored, 'more place')} {'is' if ignored == 1 else 'are'} left alone: comments, prose, checksums, records." if ignored else "",
        f"{_plural(problems, 'problem')} should be looked at." if problems else "",
        screened,
    ]


def number(count: int) -> str:
    """Write a number with narrow spaces between thousands."""
    return f"{count:,}".replace(",", _THIN)


def _breakable(text: str) -> Markup:
    """A path or a reference as `shown`, with the places at which a line should break before it breaks within a word."""
    return Markup(_SEPARATOR.sub(r"\g<0><wbr>", str(escape(shown(text)))))  # noqa: S704 -- it is escaped


def _in_force(bar: Bar, changed: str) -> str:
    said = {
        Fate.CHANGED: {"in proposals": "swapped in proposals", "swapped": "swapped"}.get(changed, "to be swapped"),
        Fate.CURRENT: "current",
        Fate.REMAINING: "schema 1 and kept",
        Fate.UNKNOWN: "of unknown kind",
    }
    parts = [f"{number(bar.counts[fate])} {said[fate]}" for fate in IN_FORCE if bar.counts[fate]]
    return f"{_plural(bar.total, 'digest')} in force: {_listed(parts)}."


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])}, and {parts[-1]}" if len(parts) > 2 else " and ".join(parts)


def _plural(count: int, noun: str) -> str:
    return plural(count, noun).replace(str(count), number(count), 1)


def _progress(report: Report) -> Sequence[tuple[str, str, Sequence[Bar]]]:
    """The key of the filter, the title and the bars of each chart."""
    groups = Groups.of(report.trees).by
    charts = [("registry", "Registry", by_registry(report)), ("group", groups.value.capitalize(), by_group(report))]
    if groups in (Grouping.OWNER, Grouping.SUBGROUP):
        charts.append(("", "Repository", by_repository(report)))
    return charts


def _filters(found: Sequence[Row]) -> Mapping[str, Mapping[str, int]]:
    """What the rows can be filtered by; a row names each value by its number here."""
    values: Mapping[str, Sequence[str]] = {
        "registry": sorted({name for row in found for name in row.registries}),
        "group": sorted({name for row in found for name in row.groups}),
        "evidence": [kind for kind in KINDS if any(kind in row.kinds for row in found)],
        "reason": sorted({reason for row in found for reason in row.reasons}),
    }
    return {key: {str(value): index for index, value in enumerate(each)} for key, each in values.items()}


def _hash(text: str) -> str:
    """The source expression of an inline script or style (Content Security Policy Level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@cache
def _environment() -> Environment:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters |= {"breakable": _breakable, "number": number, "plural": _plural, "shown": shown, "short": short, "time": _time}
    environment.globals |= {
        "ANNOUNCEMENT": ANNOUNCEMENT,
        "FEW_BARS": _FEW_BARS,
        "FEW_FILES": _FEW_FILES,
        "FEW_IMAGES": _FEW_IMAGES,
        "FEW_NAMES": _FEW_NAMES,
        "IN_FORCE": IN_FORCE,
        "KINDS": KINDS,
        "MANY_ROWS": _MANY_ROWS,
        "OPEN": _OPEN,
        "is_web_address": is_web_address,
    }
    return environment
