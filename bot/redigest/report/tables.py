"""The tables that sum up at the end, for a person at a terminal; each fits its width."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from redigest.finished import NOTHING, Tally
from redigest.model import ProposalOutcome, RepositoryLine
from redigest.report import Report
from redigest.report.safety import log_line, shown
from redigest.report.standing import IN_FORCE, by_registry, labels

Cells = Sequence[str | int]

_QUIET = (ProposalOutcome.UNCHANGED, ProposalOutcome.NOTHING_TO_DO)
"""Outcomes that are no news."""

_WIDEST = 10_000

_MOST = 20
"""Rows of one table."""


def print_registries(report: Report, *, stream: TextIO, color: bool) -> None:
    """Print how many digests of each registry are in force, by what became of them; nothing where there are none."""
    names, bars = labels(report), by_registry(report)
    fates = [fate for fate in IN_FORCE if any(bar.counts[fate] for bar in bars)]
    rows: list[Cells] = [(bar.name, *(bar.counts[fate] for fate in fates)) for bar in bars]
    _print(("registry", *(names[fate] for fate in fates)), rows, stream=stream, color=color)


def print_repositories(lines: Iterable[RepositoryLine], tallies: Mapping[str, Tally], *, stream: TextIO, color: bool) -> None:
    """Print of each repository with news what came of its branches, and its counts."""
    outcomes: dict[str, Counter[ProposalOutcome]] = {}
    for line in lines:
        outcomes.setdefault(line.repository, Counter())[line.outcome] += 1
    news = {name: found for name, found in sorted(outcomes.items()) if not found.keys() <= set(_QUIET)}
    counts = [tallies.get(name, NOTHING) for name in news]
    columns = {"digests": [tally.places for tally in counts], "kept": [tally.kept for tally in counts], "unknown": [tally.unknown for tally in counts]}
    if not any(columns["kept"]):
        del columns["kept"]
    words = [", ".join(f"{count} {outcome}" for outcome, count in found.items()) for found in news.values()]
    rows = list(zip(news, words, *columns.values(), strict=True))
    _print(("repository", "outcome", *columns), rows, stream=stream, color=color)


def _print(head: Sequence[str], rows: Sequence[Cells], *, stream: TextIO, color: bool) -> None:
    """Texts at the left, numbers at the right; where that is wider than the terminal, each row in two lines: its name, and below it the rest."""
    if not rows:
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, color_system="auto" if color else None, highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title, cell in zip(head, rows[0], strict=True):
        table.add_column(Text(title), justify="right" if isinstance(cell, int) else "left")
    for row in rows[:_MOST]:
        table.add_row(*(Text(_text(cell)) for cell in row))
    if console.measure(table, options=console.options.update(width=_WIDEST)).maximum <= console.width:
        console.print(table)
    else:
        for name, *cells in rows[:_MOST]:
            console.print(Text(_text(name), overflow="fold"))
            words = (f"{title} {cell}" if isinstance(cell, int) else _text(cell) for title, cell in zip(head[1:], cells, strict=True))
            console.print(Text(f"  {', '.join(words)}"))
    if len(rows) > _MOST:
        console.print(Text(f"and {len(rows) - _MOST} more"))


def _text(cell: str | int) -> str:
    return log_line(shown(str(cell)))
