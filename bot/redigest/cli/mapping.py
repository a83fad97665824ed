"""`redigest mapping`: what mapping files say, and what is wrong with them."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from redigest.mapping import MappingReport

_FAULTS = ("duplicates", "conflicts", "chains", "skipped")


@click.group()
def mapping() -> None:
    """Check the files that map schema 1 digests to schema 2 digests."""


@mapping.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Text, or JSON on standard output.")
def check(files: tuple[Path, ...], form: str) -> int:
    """Look for rows that contradict each other, lead on to further rows, repeat others or lack a digest.

    Exits with 1 when rows contradict each other or lead on to further rows, for then their digests are not swapped.
    """
    from redigest.mapping import check as look

    report = look(files)
    if form == "json":
        click.echo(json.dumps(asdict(report), indent=2))
    else:
        _print(report)
    return 1 if report.conflicts.count or report.chains.count else 0


def _print(report: MappingReport) -> None:
    for name in _FAULTS:
        findings = getattr(report, name)
        for note in findings.notes:
            click.echo(str(note))
        if findings.count > len(findings.notes):
            click.echo(f"{findings.count - len(findings.notes):,} more rows of this kind ({name})")
    counts = ", ".join(f"{getattr(report, name).count:,} {name}" for name in _FAULTS)
    click.echo(f"{report.rows:,} rows, {report.schema1:,} schema 1 digests; {counts}", err=True)
