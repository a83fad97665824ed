"""`redigest scan` and `redigest fix`: one tree of files."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from redigest.cli.options import selecting, shared
from redigest.cli.setup import Setup
from redigest.model import Action, Outcome
from redigest.steps import Step
from redigest.tree import WorkTree

_UNITS = {Step.SCAN: "file", Step.RESOLVE: "digest", Step.REWRITE: "file"}


@click.command()
@selecting
@click.option("--check", is_flag=True, help="Print one line for each digest to swap to standard output, and nothing else: FILE:LINE:COLUMN: MESSAGE.")
@shared
def scan(paths: tuple[Path, ...], *, ignored: bool, since: str | None, check: bool, **flags: Any) -> int:
    """Say what stands in files and what would be swapped; nothing is written.

    A PATH is a file, a folder, or a pattern in quotes, such as 'clusters/**/*.yaml'. Exits with 1 when there are digests to swap.
    """
    setup = Setup.of(flags)
    started = datetime.now(UTC)
    tree = setup.tree(paths, ignored=ignored, since=since)
    with setup.bars(_UNITS) as bars, setup.search(tree, bars.watch) as search:
        from redigest import pipeline

        outcome = pipeline.scan(tree, search)
    if check:
        _print_findings(outcome, tree, strict=flags["strict"])
    setup.report(outcome, tree, started, verb="scan", is_brief=check)
    due = (Action.WOULD_SWAP, Action.WOULD_UNPIN) if check else (Action.WOULD_SWAP,)
    return _exit_code(outcome, strict=flags["strict"], is_due=any(result.action in due for result in outcome.results))


@click.command()
@selecting
@click.option("--diff", "as_diff", is_flag=True, help="Print the patch to standard output instead of writing files.")
@shared
def fix(paths: tuple[Path, ...], *, ignored: bool, since: str | None, as_diff: bool, **flags: Any) -> int:
    """Swap digests in files, in place.

    A PATH is a file, a folder, or a pattern in quotes, such as 'clusters/**/*.yaml'. Exits with 1 when a digest that is known to be schema 1 remains.
    """
    setup = Setup.of(flags)
    started = datetime.now(UTC)
    tree = setup.tree(paths, ignored=ignored, since=since)
    with setup.bars(_UNITS) as bars, setup.search(tree, bars.watch) as search:
        from redigest import pipeline

        if as_diff:
            outcome, patch = pipeline.diff(tree, search)
            sys.stdout.buffer.write(patch)
        else:
            outcome = pipeline.fix(tree, search)
    setup.report(outcome, tree, started, verb="fix")
    return _exit_code(outcome, strict=flags["strict"], is_due=any(result.is_left_over for result in outcome.results))


def _print_findings(outcome: Outcome, tree: WorkTree, *, strict: bool) -> None:
    """One line for each digest because of which the exit code is 1, with the path from the current directory."""
    from redigest.report.findings import UNKNOWN, findings
    from redigest.report.safety import log_line, shown, visible

    for finding in findings(outcome):
        region = finding.region
        if region is not None and (finding.fix is not None or (strict and finding.kind is UNKNOWN)):
            path = visible(os.path.relpath(tree.root / finding.path))
            click.echo(log_line(f"{path}:{region.line}:{region.column}: {shown(finding.message)}"))


def _exit_code(outcome: Outcome, *, strict: bool, is_due: bool) -> int:
    if any(problem.failed for problem in outcome.problems):
        return 3
    if is_due or (strict and any(result.is_unknown for result in outcome.results)):
        return 1
    return 0
