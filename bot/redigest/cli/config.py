"""`redigest config`: check a configuration, print its schema."""

import json
from pathlib import Path

import click


@click.group()
def config() -> None:
    """Check a configuration, or print its JSON Schema.

    It is redigest.yaml or .redigest.yaml; editors use the schema.
    """


@config.command("check")
@click.argument("file", required=False, metavar="[FILE]", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--config", "named", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="The same as FILE.")
def check(file: Path | None, named: Path | None) -> None:
    """Check the configuration.

    Every mistake is said with file, line and column. Exits with 2 if there is one.

    Files and folders that it names and that are not there are said too, but for the cache; where it is checked, keys and certificates of where it runs may
    be missing. What URLs name is not asked for. A file called .redigest.yaml is checked as what the owners of a repository write.
    """
    from redigest import config_file, narrowing
    from redigest.errors import UsageError
    from redigest.owners import NARROWING

    path = file or named or Path("redigest.yaml")
    if path.name == NARROWING:
        narrowing.load(path)
    else:
        config_file.load(path)
        try:
            config_file.load(path, is_checked=True)
        except UsageError as missing:
            click.echo(f"{missing}\n{path}: no mistakes; what is not there has to be where redigest runs", err=True)
            return
    click.echo(f"{path}: no mistakes", err=True)


@config.command("schema")
@click.argument("file", default=Path("redigest.yaml"), metavar="[FILE]", type=click.Path(path_type=Path))
def schema(file: Path) -> None:
    """Print the JSON Schema of a configuration.

    It is that of redigest.yaml, or of .redigest.yaml if FILE is called so.
    """
    from redigest import config_file, narrowing
    from redigest.owners import NARROWING

    is_narrowing = file.name == NARROWING
    click.echo(json.dumps(config_file.schema(narrowing.Narrowing) if is_narrowing else config_file.schema(), indent=2))
