"""`redigest mapping`: what mapping files say, and what is wrong with them."""

import asyncio
import contextlib
import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redigest.cli import sources
from redigest.cli.options import resolving
from redigest.cli.setup import load_config
from redigest.errors import UsageError
from redigest.evidence.session import opened
from redigest.mapping import MappingReport
from redigest.mirrors import Mirrors
from redigest.registry.endpoints import Endpoint, Location, locate
from redigest.report.safety import shown, visible

if TYPE_CHECKING:
    from redigest.mapping.build import Built

_FAULTS = ("duplicates", "conflicts", "chains", "skipped")


@click.group()
def mapping() -> None:
    """Check and make the files that map schema 1 digests to schema 2 digests."""


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


@mapping.command("build")
@click.argument("repositories", nargs=-1, required=True, metavar="REPOSITORY...")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead of to standard output.")
@resolving
def build_mapping(repositories: tuple[str, ...], output: Path | None, **flags: Any) -> int:
    """Write both digests of every tag of REPOSITORY, such as registry.redhat.io/rhel7/etcd, as a mapping.

    Schema 1 digests are those that the registry still gives, that the catalogue lists, or that programs are known to make of the image.
    """
    from redigest.mapping.build import Missing, build

    config = load_config(flags["config"])
    access = sources.access(flags, config)
    locations = [_located(repository, access.mirrors, access.endpoints) for repository in repositories]

    async def run(write: "Callable[[Built], None]") -> int:
        missing = 0
        async with opened(access) as session:
            for location in locations:
                async for item in build(location, session.inquiry, session.catalog):
                    if isinstance(item, Missing):
                        missing += 1
                        click.echo(visible(f"{item.name}: {item.reason}"), err=True)
                    else:
                        write(item)
        return missing

    with _written(output) as write:
        missing = asyncio.run(run(write))
    access.facts.close()
    return 3 if missing else 0


@mapping.command("convert")
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DEST")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead of to standard output.")
@resolving
def convert_image(source: str, destination: str, output: Path | None, **flags: Any) -> int:
    """Copy SRC, an image that exists as schema 1 only, to DEST as schema 2, and write the two digests as a mapping.

    It runs `skopeo copy --format v2s2`, as the announcement says; both digests are what the registries report.
    """
    from redigest.mapping.build import convert

    config = load_config(flags["config"])
    access = sources.access(flags, config)

    async def run() -> "Built":
        async with opened(access) as session:
            return await convert(source, destination, session.inquiry, access.endpoints, sources.credentials(flags, config))

    with _written(output) as write:
        write(asyncio.run(run()))
    access.facts.close()
    return 0


def _located(repository: str, mirrors: Mirrors, known: Mapping[str, Endpoint]) -> Location:
    location = locate(mirrors.upstream(repository.removeprefix("docker://")))
    if location is None:
        raise UsageError(f"{shown(repository)}: not a repository; give one such as registry.redhat.io/rhel7/etcd, without tag and digest")
    if location.host not in known:
        raise UsageError(f"{shown(repository)}: registry not configured: {location.host}; name it under `registries` in redigest.yaml")
    return location


@contextlib.contextmanager
def _written(output: Path | None) -> "Iterator[Callable[[Built], None]]":
    """Write rows under a header, to a file or to standard output."""
    from redigest.mapping.build import HEADER

    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(output.open("w", encoding="utf-8", newline="")) if output is not None else sys.stdout
        except OSError as error:
            raise UsageError(f"{output}: cannot be written: {error.strerror}") from error
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(HEADER)
        yield lambda built: rows.writerow(built.cells)


def _print(report: MappingReport) -> None:
    for name in _FAULTS:
        findings = getattr(report, name)
        for note in findings.notes:
            click.echo(str(note))
        if findings.count > len(findings.notes):
            click.echo(f"{findings.count - len(findings.notes):,} more rows of this kind ({name})")
    counts = ", ".join(f"{getattr(report, name).count:,} {name}" for name in _FAULTS)
    click.echo(f"{report.rows:,} rows, {report.schema1:,} schema 1 digests; {counts}", err=True)
