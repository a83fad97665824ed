"""`redigest mapping`: what mapping files say, what is wrong with them, and several of them as one."""

import codecs
import contextlib
import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from redigest.cache import default_folder
from redigest.cli import sources
from redigest.cli.options import files, resolving
from redigest.cli.setup import load_config, named_mappings
from redigest.errors import UsageError
from redigest.mapping import HEADER, Findings, MappingFile, MappingReport, Row, located
from redigest.report.safety import log_line, shown, visible
from redigest.report.summary import plural

if TYPE_CHECKING:
    from redigest.config import Config
    from redigest.evidence.session import Access
    from redigest.mapping.build import Built
    from redigest.mapping.spot_checks import SpotCheck
    from redigest.registry.endpoints import Location

_FAULTS = ("duplicates", "conflicts", "chains", "skipped")

_FILES = click.argument("names", nargs=-1, required=True, metavar="FILE_OR_URL...", shell_complete=files)
_OFFLINE = click.option("--offline", is_flag=True, help="Never open a connection; of what a URL names the last good copy is used.")
_CONFIG = click.option(
    "--config", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Configuration, for its cache; redigest.yaml here, if it is there."
)


@click.group()
def mapping() -> None:
    """Check, merge and make mappings of schema 1 to schema 2 digests."""


@mapping.command("check")
@_FILES
@_OFFLINE
@_CONFIG
@click.option("--registry-config", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Credentials of registries, such as a pull secret.")
@click.option(
    "--samples", metavar="N", type=click.IntRange(0, 1000), default=5, show_default=True, help="Rows to ask the registries about; none with --offline."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Text, or JSON on standard output.")
def check(names: tuple[str, ...], samples: int, form: str, **flags: Any) -> int:
    """Say which column is taken for what, and look for faulty rows.

    Those are rows that contradict each other, lead on to further rows, repeat others or lack a digest.

    Registries are asked about a few rows. Exits with 1 when they contradict one, and when rows contradict each other or lead on to further rows, for
    then their digests are not swapped.
    """
    from redigest.mapping import check as look

    config = load_config(flags["config"])
    report = look(_files(names, config, offline=flags["offline"]), 0 if flags["offline"] else samples)
    spot_checks = _spot_checks(report.samples, flags, config) if report.samples else ()
    if form == "json":
        faults = {name: value for name, value in asdict(report).items() if name != "samples"}
        click.echo(json.dumps({**faults, "spot_checks": [asdict(one) for one in spot_checks]}, indent=2))
    else:
        _print(report, spot_checks)
    contradicted = any(one.outcome == "contradicted" for one in spot_checks)
    return 1 if report.conflicts.count or report.chains.count or contradicted else 0


def _spot_checks(rows: tuple[Row, ...], flags: Mapping[str, Any], config: "Config | None") -> "tuple[SpotCheck, ...]":
    import asyncio  # imported here, with what it takes to ask registries: nothing else that is checked takes it

    from redigest.evidence.session import opened
    from redigest.mapping.spot_checks import spot_check

    access = sources.access({**flags, "manifests": (), "no_cache": True}, config)  # what the registries have now, and not what was known before

    async def run() -> "tuple[SpotCheck, ...]":
        async with opened(access) as session:
            return await spot_check(rows, session.inquiry, access.endpoints)

    return asyncio.run(run())


@mapping.command("merge")
@_FILES
@_OFFLINE
@_CONFIG
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows to FILE, not to standard output.")
def merge(names: tuple[str, ...], output: Path | None, *, offline: bool, config: Path | None) -> int:
    """Make one mapping of several.

    It is CSV with the columns of the announcement: each row once, in order of first appearance.

    Rows that contradict each other are listed and left out, unless repository and tag decide between them; then it exits with 1.
    """
    from redigest.mapping import merged

    with merged(_files(names, load_config(config), offline=offline)) as result:
        _write(result.cells, output)
        for note in result.empty:
            _say(str(note))
        for kind, findings in (("conflicts", result.conflicts), ("skipped", result.skipped)):
            _list(kind, findings, err=True)
    faults = f"{result.repeated:,} repeated, {_count(result.conflicts.count, 'conflict')}, {result.skipped.count:,} skipped"
    click.echo(f"{_count(result.rows, 'row')}; {faults}", err=True)
    return 1 if result.conflicts.count else 0


def _files(names: Iterable[str], config: "Config | None", *, offline: bool) -> tuple[MappingFile, ...]:
    files, problems = located(named_mappings(names), cache=config.cache if config else default_folder(), offline=offline)
    for problem in problems:
        _say(f"{problem.place}: {problem.reason}")
    return files


def _write(rows: Iterable[tuple[str, ...]], output: Path | None) -> None:
    if output is None:
        _write_to(codecs.getwriter("utf-8")(sys.stdout.buffer), rows)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as stream:
            _write_to(stream, rows)
    except OSError as error:
        raise UsageError.at(str(output), message=f"the rows cannot be written ({error.strerror}); name another file") from error


def _write_to(stream: TextIO | codecs.StreamWriter, rows: Iterable[tuple[str, ...]]) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)


@mapping.command("build")
@click.argument("repositories", nargs=-1, required=True, metavar="REPOSITORY...")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead of to standard output.")
@resolving
def build_mapping(repositories: tuple[str, ...], output: Path | None, **flags: Any) -> int:
    """Write both digests of every tag of REPOSITORY as a mapping.

    A REPOSITORY is one such as registry.redhat.io/rhel7/etcd.

    Schema 1 digests are those that the registry still gives, that the catalogue lists, or that programs are known to make of the image.
    """
    import asyncio  # imported here, with what it takes to ask registries: to check a file takes none of it

    from redigest.evidence.session import opened
    from redigest.mapping.build import Missing, build

    _must_ask(flags)
    config = load_config(flags["config"])
    access = sources.access(flags, config)
    locations = [_located(repository, access) for repository in repositories]

    async def run(write: "Callable[[Built], None]") -> int:
        missing = 0
        async with opened(access) as session:
            for location in locations:
                async for item in build(location, session.inquiry, session.catalog):
                    if isinstance(item, Missing):
                        missing += 1
                        _say(f"{item.name}: {item.reason}")
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
    """Copy SRC to DEST as schema 2, and write a mapping of both.

    It is for an image that exists as schema 1 only. It runs `skopeo copy --format v2s2`, as the announcement says; both digests are what the registries report.
    """
    import asyncio

    from redigest.evidence.session import opened
    from redigest.mapping.build import convert

    _must_ask(flags)
    config = load_config(flags["config"])
    access = sources.access(flags, config)

    async def run() -> "Built":
        async with opened(access) as session:
            return await convert(source, destination, session.inquiry, access.endpoints, sources.credentials(flags, config))

    with _written(output) as write:
        write(asyncio.run(run()))
    access.facts.close()
    return 0


def _must_ask(flags: Mapping[str, Any]) -> None:
    if flags["offline"]:
        raise UsageError("registries are not asked: --offline; leave it out, for only they know the digests of which a mapping is made")


def _located(repository: str, access: "Access") -> "Location":
    from redigest.registry.endpoints import locate

    location = locate(access.mirrors.upstream(repository.removeprefix("docker://")))
    if location is None:
        raise UsageError(f"{shown(repository)}: not a repository; give one such as registry.redhat.io/rhel7/etcd, without tag and digest")
    if location.host not in access.endpoints:
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


def _print(report: MappingReport, spot_checks: "tuple[SpotCheck, ...]") -> None:
    for layout in report.layouts:
        _say(str(layout))
    for note in report.empty:
        _say(str(note))
    for name in _FAULTS:
        _list(name, getattr(report, name))
    for one in spot_checks:
        _say(f"{one.file}:{one.line}:1: {one.outcome}: {one.reason}")
    if spot_checks and all(one.outcome == "unanswered" for one in spot_checks):
        click.echo("no row was answered for, so no registry has confirmed which column is which", err=True)
    counts = [_count(report.duplicates.count, "duplicate"), _count(report.conflicts.count, "conflict"), _count(report.chains.count, "chain")]
    known = f"{_count(report.rows, 'row')}, {_count(report.schema1, 'schema 1 digest')}"
    click.echo(f"{known}; {', '.join(counts)}, {report.skipped.count:,} skipped", err=True)


def _say(text: str, *, err: bool = True) -> None:
    """Write a line that may hold foreign text."""
    click.echo(log_line(visible(text)), err=err)


def _count(number: int, noun: str) -> str:
    """Like `plural`, with commas in a large number."""
    return f"{number:,}{plural(number, noun).removeprefix(str(number))}"


def _list(name: str, findings: Findings, *, err: bool = False) -> None:
    for note in findings.notes:
        _say(str(note), err=err)
    if findings.count > len(findings.notes):
        click.echo(f"{_count(findings.count - len(findings.notes), 'more row')} of this kind ({name})", err=err)
