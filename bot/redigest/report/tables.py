"""The tables that sum up at the end, for a person at a terminal; each fits its width."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from redigest.model import ProposalOutcome, RepositoryLine
from redigest.report import Report
from redigest.report.safety import log_line, shown
from redigest.report.standing import IN_FORCE, by_registry, labels

Cells = Sequence[str | int]

_QUIET = (ProposalOutcome.UNCHANGED, ProposalOutcome.NOTHING_TO_DO)
"""Outcomes that are no news."""

_MOST = 20
"""Rows of one table."""


def print_registries(report: Report, *, stream: TextIO, color: bool) -> None:
    """Print how many digests of each registry are in force, by what became of them; nothing where there are none."""
    names, bars = labels(report), by_registry(report)
    fates = [fate for fate in IN_FORCE if any(bar.counts[fate] for bar in bars)]
    rows: list[Cells] = [(bar.name, *(bar.counts[fate] for fate in fates)) for bar in bars]
    _print(("registry", *(names[fate] for fate in fates)), rows, stream=stream, color=color)


def print_repositories(lines: Iterable[RepositoryLine], counts: Mapping[str, tuple[int, int]], *, stream: TextIO, color: bool) -> None:
    """Print of each repository with news what came of its branches; `counts` are the digests to change and those of unknown kind, by repository."""
    outcomes: dict[str, Counter[ProposalOutcome]] = {}
    for line in lines:
        outcomes.setdefault(line.repository, Counter())[line.outcome] += 1
    rows: list[Cells] = [
        (name, ", ".join(f"{count} {outcome}" for outcome, count in found.items()), *counts.get(name, (0, 0)))
        for name, found in sorted(outcomes.items())
        if not found.keys() <= set(_QUIET)
    ]
    _print(("repository", "outcome", "digests", "unknown"), rows, stream=stream, color=color)


def _print(head: Sequence[str], rows: Sequence[Cells], *, stream: TextIO, color: bool) -> None:
    """Texts at the left, numbers at the right; what is too long for its column goes on below."""
    if not rows:
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title, cell in zip(head, rows[0], strict=True):
        table.add_column(Text(title), justify="right" if isinstance(cell, int) else "left", overflow="fold")
    for row in rows[:_MOST]:
        table.add_row(*(Text(log_line(shown(str(cell)))) for cell in row))
    if len(rows) > _MOST:
        table.add_row(f"and {len(rows) - _MOST} more")
    Console(file=stream, color_system="auto" if color else None, highlight=False).print(table)
