"""`redigest scan` and `redigest fix`: one tree of files."""

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from redigest.cli.options import selecting, shared
from redigest.cli.setup import Setup
from redigest.model import Action, Outcome, Result
from redigest.steps import Step
from redigest.tree import WorkTree

_UNITS = {Step.SCAN: "file", Step.RESOLVE: "digest", Step.REWRITE: "file"}


@click.command()
@selecting
@click.option("--check", is_flag=True, help="Print one line for each digest to swap to standard output, and nothing else: FILE:LINE:COLUMN: MESSAGE.")
@shared
def scan(paths: tuple[Path, ...], *, ignored: bool, since: str | None, check: bool, **flags: Any) -> int:
    """Say what stands in files and what would be swapped.

    Nothing is written. A PATH is a file, a folder, or a pattern in quotes, such as 'clusters/**/*.yaml'. Exits with 1 when there are digests to swap.
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
    return _exit_code(outcome, functools.partial(_is_to_do, strict=flags["strict"]))


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
    return _exit_code(outcome, lambda result: result.is_open if flags["strict"] else result.is_left_over)


def _is_to_do(result: Result, *, strict: bool) -> bool:
    """Whether a scan exits with 1 because of this digest."""
    return result.action is not Action.KEPT or (strict and result.is_open)


def _print_findings(outcome: Outcome, tree: WorkTree, *, strict: bool) -> None:
    """One line for each digest because of which the exit code is 1, with the path from the current directory."""
    from redigest.report.findings import findings
    from redigest.report.safety import log_line, shown, visible

    results = tuple(result for result in outcome.results if _is_to_do(result, strict=strict))
    for finding in findings(replace(outcome, results=results, problems=())):
        if (region := finding.region) is not None:  # that of a digest always is
            path = visible(os.path.relpath(tree.root / finding.path))
            click.echo(log_line(f"{path}:{region.line}:{region.column}: {shown(finding.message)}"))


def _exit_code(outcome: Outcome, is_to_do: Callable[[Result], bool]) -> int:
    if any(problem.failed for problem in outcome.problems):
        return 3
    return 1 if any(map(is_to_do, outcome.results)) else 0
