"""`redigest rules`: what the rules are, whether they hold, and which of them takes what in a file."""

from itertools import groupby
from pathlib import Path

import click

from redigest.cli.setup import load_config, load_rules
from redigest.errors import UsageError
from redigest.report.summary import plural
from redigest.rules import Rule, Rules

_FOLDERS = click.option(
    "--rules", "folders", multiple=True, metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Folder with rule files. Repeatable."
)
_CONFIG = click.option(
    "--config", "config", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Configuration; redigest.yaml here, if it is there."
)


@click.group()
def rules() -> None:
    """Show, check and try the rules that say where digests stand."""


@rules.command("list")
@_FOLDERS
@_CONFIG
@click.option("--format", "form", type=click.Choice(["text", "md"]), default="text", show_default=True, help="Text, or tables in Markdown.")
def list_rules(folders: tuple[Path, ...], form: str, config: Path | None) -> None:
    """List every rule.

    It shows the id of each, where it looks, and the shape of what it takes.
    """
    loaded = _loaded(folders, config)
    for line in _markdown(loaded.rules) if form == "md" else _text(loaded.rules):
        click.echo(line)


@rules.command("check")
@_FOLDERS
@_CONFIG
def check_rules(folders: tuple[Path, ...], config: Path | None) -> int:
    """Run the examples of every rule.

    Exits with 1 if one does not show what it should.
    """
    from redigest.rules_check import check

    loaded = _loaded(folders, config)
    failures = check(loaded)
    for failure in failures:
        click.echo(f"{failure.rule.source}: {failure.rule.id}: {failure.message}", err=True)
    examples = sum(len(rule.found) + len(rule.left) for rule in loaded.rules)
    click.echo(f"{plural(len(loaded.rules), 'rule')}, {plural(examples, 'example')}, {plural(len(failures), 'failure')}", err=True)
    return 1 if failures else 0


@rules.command("where")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@_FOLDERS
@_CONFIG
def where(files: tuple[Path, ...], folders: tuple[Path, ...], config: Path | None) -> None:
    """Show for each digest in FILE which rule took it.

    For those that no rule took it says why they are left.
    """
    from redigest.find import find
    from redigest.report.safety import log_line, shown

    loaded = _loaded(folders, config)
    for file in files:
        try:
            found = find(file.as_posix(), file.read_bytes(), loaded)
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror}") from error
        for sighting in found.sightings:
            rule = sighting.rule or sighting.standing.value
            image = f"{sighting.name or 'an image that is not known'}{f':{sighting.tag}' if sighting.tag else ''}"
            why = sighting.reason or image
            click.echo(log_line(shown(f"{file}:{sighting.line}:{sighting.column}  {rule}  {sighting.place}  {why}")))
        for problem in found.problems:
            click.echo(log_line(shown(f"{file}:{problem.line}: {problem.reason}")), err=True)


def _loaded(folders: tuple[Path, ...], config: Path | None) -> Rules:
    """The rules that a scan has with these flags."""
    found = load_config(config)
    return load_rules((*(found.rules if found else ()), *folders))


def _text(rules: tuple[Rule, ...]) -> list[str]:
    width = max(len(rule.id) for rule in rules)
    return [f"{rule.id:<{width}}  {rule.shape:<12}  {rule.title}" for rule in rules]


def _markdown(rules: tuple[Rule, ...]) -> list[str]:
    """A section for each rule file, with a table of its rules, each with its id for an anchor, in which a hyphen takes the place of the slash."""
    lines: list[str] = []
    for ecosystem, group in groupby(rules, key=lambda rule: rule.ecosystem):
        lines += ["", f"## {ecosystem.title}", ""] if lines else [f"## {ecosystem.title}", ""]
        lines += [f"Specification: <{ecosystem.about}>", ""] if ecosystem.about else []
        lines += ["| rule | what it takes | shape | files | places |", "|---|---|---|---|---|", *map(_row, group)]
    return lines


def _row(rule: Rule) -> str:
    anchor = f'<a id="{rule.id.replace("/", "-")}"></a>`{rule.id}`'
    asked = ", and ".join(f"`{key}` is {_quoted(values, ' or ')}" for key, values in rule.where)
    files = f"{_quoted(rule.files) or 'any'}{f' where {asked}' if asked else ''}"
    before = f" with {_quoted(rule.before, ' or ')} before it" if rule.before else ""
    cells = (anchor, rule.title, rule.shape, files, f"{_quoted(rule.places)}{before}")
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _quoted(items: tuple[str, ...], separator: str = ", ") -> str:
    return separator.join(f"`{item}`" for item in items)
