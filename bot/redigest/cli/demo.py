"""`redigest demo`: what a run does, shown on a throw-away repository without network."""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

import click

from redigest.errors import UsageError

_IDENTITY = ("-c", "user.name=redigest", "-c", "user.email=redigest@users.noreply.example", "-c", "init.defaultBranch=main")


@click.command()
@click.option("--keep", metavar="DIR", type=click.Path(path_type=Path), help="Make the repository in DIR, which must not exist, and keep it.")
def demo(keep: Path | None) -> None:
    """Show a whole run on a throw-away repository; no network, nothing of yours is touched.

    The images and their digests are invented.
    """
    if keep is not None:
        if keep.exists():
            raise UsageError(f"{keep}: exists already; name a folder that does not")
        keep.mkdir(parents=True)
        _show(keep)
        click.echo(f"\nThe repository and the mapping are in {keep}.")
        return
    with tempfile.TemporaryDirectory(prefix="redigest-demo-") as folder:
        _show(Path(folder))


def _show(folder: Path) -> None:
    from redigest import __version__, pipeline, report
    from redigest.cli.setup import load_rules
    from redigest.mapping import MappingFiles
    from redigest.report.terminal import print_outcome
    from redigest.tree import WorkTree

    repository, mapping = folder / "deploy", folder / "schema1.csv"
    with as_file(files("redigest") / "demo_files") as source:
        _copy(source, folder)
    (folder / "tree").rename(repository)
    _git(repository, "init", "--quiet")
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--message", "Deploy acme")

    _heading("A repository whose images are pinned by schema 1 digests")
    click.echo(_git(repository, "ls-files"), nl=False)
    _heading("The mapping: one row for each image, as Red Hat published them (these are invented)")
    click.echo(mapping.read_text(), nl=False)
    _heading("redigest fix deploy --mapping schema1.csv")
    started = datetime.now(UTC)
    search = pipeline.Search(load_rules(()), (MappingFiles([mapping]),))
    outcome = pipeline.fix(WorkTree.at([repository]), search)
    sys.stdout.flush()
    print_outcome(outcome, verb="fix", stream=sys.stdout, color=sys.stdout.isatty() and "NO_COLOR" not in os.environ, quiet=False, verbose=0)
    _heading("The patch: nothing but hex digits")
    click.echo(_git(repository, "diff", "--no-color", "--no-ext-diff"), nl=False)
    _heading("The explanation that a reviewer reads (Markdown)")
    click.echo(report.WRITERS[".md"](report.Report(outcome, started, datetime.now(UTC), __version__)), nl=False)


def _copy(source: Path, target: Path) -> None:
    for file in source.rglob("*"):
        if file.is_file():
            copy = target / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())


def _heading(text: str) -> None:
    click.secho(f"\n=== {text}\n", bold=True)


def _git(repository: Path, *arguments: str) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # GIT_DIR would be a repository of yours
    environment = {**own, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    try:
        return subprocess.run(["git", *_IDENTITY, *arguments], cwd=repository, env=environment, capture_output=True, check=True, text=True).stdout
    except FileNotFoundError:
        raise UsageError("the demonstration needs git, and it is not installed") from None
