"""`redigest config`: check a configuration, print its schema."""

import json
from pathlib import Path

import click


@click.group()
def config() -> None:
    """Check redigest.yaml, or print the JSON Schema that editors use."""


@config.command("check")
@click.argument("file", required=False, metavar="[FILE]", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--config", "named", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="The same as FILE.")
def check(file: Path | None, named: Path | None) -> None:
    """Check the configuration; every mistake is said with file, line and column. Exits with 2 if there is one."""
    from redigest.config_file import load

    path = file or named or Path("redigest.yaml")
    load(path)
    click.echo(f"{path}: no mistakes", err=True)


@config.command("schema")
def schema() -> None:
    """Print the JSON Schema of the configuration."""
    from redigest.config_file import schema as make_schema

    click.echo(json.dumps(make_schema(), indent=2))
