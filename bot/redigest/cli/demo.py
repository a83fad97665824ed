"""`redigest demo`: what a run does, shown on a throw-away repository without network."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

import click

from redigest.cli.options import reporting
from redigest.errors import RedigestError, UsageError

_COMMAND = ("run", "--offline")
_PAGE = "report.html"
"""The report that is kept with the repository."""
_BRANCH = "redigest/schema-2/main"
_IDENTITY = ("-c", "user.name=redigest", "-c", "user.email=redigest@users.noreply.example", "-c", "init.defaultBranch=main")


@click.command()
@click.option("--keep", metavar="DIR", type=click.Path(path_type=Path), help="Make the repository in DIR, which must not exist, and keep it.")
@reporting
def demo(keep: Path | None, reports: tuple[Path, ...]) -> None:
    """Show a whole run on a throw-away repository.

    It takes no network, and touches nothing of yours. The images and their digests are invented.
    """
    from redigest.cli.setup import check_reports

    check_reports(reports, ())
    if keep is not None:
        if keep.exists():
            raise UsageError(f"{keep}: exists already; name a folder that does not")
        try:
            keep.mkdir(parents=True)
        except OSError as error:
            raise UsageError(f"{keep}: cannot be made: {error.strerror}") from error
        _show(keep, (*reports, keep / _PAGE))
        click.echo(f"\nThe repository, the mapping and the explanation are in {keep}; {keep / _PAGE} is the report, for a browser.")
        return
    with tempfile.TemporaryDirectory(prefix="redigest-demo-") as folder:
        _show(Path(folder), reports)


def _show(folder: Path, reports: Sequence[Path]) -> None:
    from redigest.cli import main

    written = [argument for path in reports for argument in ("--report", str(path.absolute()))]
    with as_file(files("redigest") / "demo_files") as source:
        shutil.copytree(source, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
    with contextlib.chdir(folder), contextlib.redirect_stderr(sys.stdout):
        _git("init", "--quiet", "deploy")
        _git("-C", "deploy", "add", "--all")
        _git("-C", "deploy", "commit", "--quiet", "--message", "Deploy acme")
        _heading("A repository whose images are pinned by schema 1 digests")
        click.echo(_git("-C", "deploy", "ls-files"), nl=False)
        _heading("The mapping: a row for each image, in the form that Red Hat published (these are invented)")
        click.echo(Path("schema1.csv").read_text(), nl=False)
        _heading("The configuration: redigest.yaml")
        click.echo(Path("redigest.yaml").read_text(), nl=False)
        _heading(f"redigest {' '.join(_COMMAND)}")
        if (code := main((*_COMMAND, *written))) != 0:
            raise RedigestError(f"the demonstration failed: redigest {' '.join(_COMMAND)} ended with {code}")
        _heading("The branch that was pushed")
        click.echo(_git("-C", "deploy", "log", "--graph", "--format=%s%d", "--decorate-refs=refs/heads", "--branches"), nl=False)
        _heading("The change: nothing but hex digits")
        click.echo(_git("-C", "deploy", "diff", "--no-color", "--no-ext-diff", "main", _BRANCH), nl=False)
        _heading("The explanation that a reviewer reads; on GitHub and GitLab it is a pull or merge request")
        _render(Path("deploy/.git/redigest/1.md").read_text())


def _render(text: str) -> None:
    """On a terminal as it looks on a forge, elsewhere as it is."""
    if not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    from redigest.cli import markdown

    markdown.show(text)


def _heading(text: str) -> None:
    click.secho(f"\n=== {text}\n", bold=True)


def _git(*arguments: str) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # GIT_DIR would be a repository of yours
    environment = {**own, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    try:
        return subprocess.run(["git", *_IDENTITY, *arguments], env=environment, capture_output=True, check=True, text=True).stdout
    except FileNotFoundError:
        raise UsageError("the demonstration needs git, and it is not installed") from None
