"""`redigest scan` and `redigest fix`: one tree of files."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from redigest.cli.options import shared
from redigest.cli.setup import Setup
from redigest.model import Action, Outcome

_PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")


@click.command()
@_PATHS
@shared
def scan(paths: tuple[Path, ...], **flags: Any) -> int:
    """Say what stands in files and what would be swapped; nothing is written.

    Exits with 1 when there are digests to swap.
    """
    setup = Setup.of(flags)
    started = datetime.now(UTC)
    tree = setup.tree(paths)
    with setup.search(tree) as search:
        from redigest import pipeline

        outcome = pipeline.scan(tree, search)
    setup.report(outcome, started, verb="scan")
    return _exit_code(outcome, strict=flags["strict"], is_due=any(result.action is Action.WOULD_SWAP for result in outcome.results))


@click.command()
@_PATHS
@click.option("--diff", "as_diff", is_flag=True, help="Print the patch to standard output instead of writing files.")
@shared
def fix(paths: tuple[Path, ...], *, as_diff: bool, **flags: Any) -> int:
    """Swap digests in files, in place.

    Exits with 1 when a digest that is known to be schema 1 remains.
    """
    setup = Setup.of(flags)
    started = datetime.now(UTC)
    tree = setup.tree(paths)
    with setup.search(tree) as search:
        from redigest import pipeline

        if as_diff:
            outcome, patch = pipeline.diff(tree, search)
            sys.stdout.buffer.write(patch)
        else:
            outcome = pipeline.fix(tree, search)
    setup.report(outcome, started, verb="fix")
    return _exit_code(outcome, strict=flags["strict"], is_due=any(result.is_left_over for result in outcome.results))


def _exit_code(outcome: Outcome, *, strict: bool, is_due: bool) -> int:
    if any(problem.failed for problem in outcome.problems):
        return 3
    if is_due or (strict and any(result.is_unknown for result in outcome.results)):
        return 1
    return 0
