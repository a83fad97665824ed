"""The HTML report: how far the swap is, and a table of all images that can be searched and filtered."""

from collections.abc import Mapping, Sequence

from redigest.model import ProposalOutcome, RepositoryLine
from redigest.report import Report
from redigest.report.grouping import Grouping, Groups
from redigest.report.html.page import fill, number, plural
from redigest.report.html.rows import Row, rows
from redigest.report.safety import is_web_address
from redigest.report.sections import ANNOUNCEMENT, KINDS
from redigest.report.standing import IN_FORCE, Bar, by_branch, by_group, by_registry, by_repository, is_done, labels, left_alone, staying, whole
from redigest.report.summary import Fate

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

_CONSTANTS: Mapping[str, object] = {
    "ANNOUNCEMENT": ANNOUNCEMENT,
    "FEW_BARS": _FEW_BARS,
    "FEW_FILES": _FEW_FILES,
    "FEW_IMAGES": _FEW_IMAGES,
    "FEW_NAMES": _FEW_NAMES,
    "IN_FORCE": IN_FORCE,
    "KINDS": KINDS,
    "OPEN": _OPEN,
    "is_web_address": is_web_address,
}


def render(report: Report) -> str:
    """Write the page of a scan, a fix or a run."""
    found = rows(report)
    return fill(
        "images.html",
        started=report.started,
        finished=report.finished,
        version=report.version,
        script="page.js",
        is_large=len(found) > _MANY_ROWS,
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
        **_CONSTANTS,
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
    screened = f"{plural(report.outcome.files_screened, 'file')} screened, {number(report.outcome.files_with_digests)} with digests."
    return [
        _in_force(bar, labels(report)[Fate.CHANGED]) if bar.total else "No digest of an image is in force here.",
        f"{plural(ignored, 'more place')} {'is' if ignored == 1 else 'are'} left alone: comments, prose, checksums, records." if ignored else "",
        f"{plural(problems, 'problem')} should be looked at." if problems else "",
        screened,
    ]


def _in_force(bar: Bar, changed: str) -> str:
    said = {
        Fate.CHANGED: {"in proposals": "swapped in proposals", "swapped": "swapped"}.get(changed, "to be swapped"),
        Fate.CURRENT: "current",
        Fate.REMAINING: "schema 1 and kept",
        Fate.UNKNOWN: "of unknown kind",
    }
    parts = [f"{number(bar.counts[fate])} {said[fate]}" for fate in IN_FORCE if bar.counts[fate]]
    return f"{plural(bar.total, 'digest')} in force: {_listed(parts)}."


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])}, and {parts[-1]}" if len(parts) > 2 else " and ".join(parts)


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
