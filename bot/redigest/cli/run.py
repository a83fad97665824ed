"""`redigest run`: every configured repository, from its branches to its proposals."""

import contextlib
import functools
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from redigest.cli.options import shared
from redigest.cli.setup import Setup, load_rules
from redigest.errors import RedigestError, UsageError

if TYPE_CHECKING:
    from redigest.config import Config
    from redigest.journey import Plans
    from redigest.mapping import MappingFiles
    from redigest.resolve import DigestSource
    from redigest.settings import Fingerprint
    from redigest.sources import Shard

_NOT_SETTINGS = {"repositories", "forges", "cache", "jobs"}
"""Keys that say where and how fast, and change nothing of what is found and done in a repository."""


def _shard(_context: click.Context, _parameter: click.Parameter, value: str | None) -> "Shard | None":
    if value is None:
        return None
    from redigest.sources import Shard

    try:
        return Shard.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


class _Command(click.Command):
    """Says what is wrong with the command line in the format that it asks for."""

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any) -> click.Context:
        given = " ".join(args)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            if re.search(r"--log-format[ =]json(?: |$)", given) is None:
                raise
            from redigest.logs import JsonLines

            JsonLines(sys.stderr).say(error.format_message(), level="error")
            raise click.exceptions.Exit(2) from None


@click.command(cls=_Command)
@click.option("--dry-run", is_flag=True, help="Write nothing but the cache: say what would be proposed.")
@click.option("--shard", metavar="I/N", callback=_shard, help="Work on part I of N of the repositories; which part one is in depends on its name alone.")
@click.option("--recreate", is_flag=True, help="Propose swaps again whose proposal was closed without being merged.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="What is said on standard error: lines, or one JSON object a line.")
@shared
def run(*, dry_run: bool, shard: "Shard | None", recreate: bool, log_format: str, **flags: Any) -> int:
    """Rewrite all configured repositories by way of proposals.

    What can be swapped is swapped on a branch, and a pull or merge request for it is opened or updated.

    Exits with 3 when work on a repository failed; the others are done.
    """
    with _said_in(log_format):
        return _run(flags, dry_run=dry_run, shard=shard, recreate=recreate)


@contextlib.contextmanager
def _said_in(log_format: str) -> Iterator[None]:
    """Say what is said meanwhile in one format, and an expected end of the run in the same."""
    if log_format == "text":
        yield
        return
    from redigest.logs import JsonLines, unexpected

    lines = JsonLines(sys.stderr)
    with contextlib.redirect_stderr(lines), contextlib.closing(lines):
        try:
            yield
        except RedigestError as error:
            for line in str(error).split("\n"):
                lines.say(line, level="error")
            raise click.exceptions.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            lines.say("interrupted", level="error")
            raise click.exceptions.Exit(130) from None
        except Exception as error:  # noqa: BLE001 -- the last resort, which has to be an object too
            lines.say(unexpected(error), level="error")
            raise click.exceptions.Exit(4) from None


def _run(flags: Mapping[str, Any], *, dry_run: bool, shard: "Shard | None", recreate: bool) -> int:
    from redigest import logs
    from redigest.cli.progress import Progress
    from redigest.fleet import arrivals
    from redigest.forges import connect_each
    from redigest.forges.local import Local
    from redigest.sources import WHOLE, forge_names, repositories

    started = datetime.now(UTC)
    setup = Setup.of(flags)
    config = _config(setup)
    logs.show(setup.verbose)
    if setup.flags["offline"] and any(forge_names(config)):
        raise UsageError("repositories on forges cannot be reached with --offline; leave it out, or name nothing but repositories on this disk")
    forges = connect_each(map(config.forge, forge_names(config)))
    progress = Progress(setup, is_dry=dry_run)
    with contextlib.ExitStack() as stack:
        for forge in forges.values():
            stack.callback(forge.close_connections)
        mapping = setup.mapping_files()
        sources = stack.enter_context(setup.sources(mapping))
        plans = replace(stack.enter_context(_plans(setup, config, mapping, sources, is_dry=dry_run, recreate=recreate)), watch=progress.watch)
        stack.enter_context(progress)
        wanted = progress.expect(repositories(config, forges, Local(), shard or WHOLE))
        for arrival in arrivals(wanted, plans, jobs=flags["jobs"] or config.jobs):
            progress.show(arrival)
        problems = dict.fromkeys(problem for source in sources for problem in source.problems)
        progress.problems(tuple(problems) or plans.records.notes(plans.settings))
        if not dry_run and problems:
            plans.records.keep_notes(plans.settings, problems)
    progress.report(started, datetime.now(UTC))
    return progress.exit_code(strict=flags["strict"])


def _config(setup: Setup) -> "Config":
    if setup.config is None:
        raise UsageError("there is no redigest.yaml here; write one that names repositories, or name it with --config FILE")
    if not setup.config.repositories:
        raise UsageError("the configuration names no repositories; list them under `repositories`")
    return setup.config


def _fingerprint(setup: Setup, config: "Config", mapping: "MappingFiles") -> "Fingerprint":
    """What stands for all that could change what a run finds or does. Raises `UsageError` for a file that cannot be read."""
    from redigest import settings
    from redigest.config import MirrorFile
    from redigest.resources import locate_rules

    others = {
        "config": config.model_dump(exclude=_NOT_SETTINGS),
        "policy": [setup.policy.mentions, setup.policy.unpin, setup.accept_tag, setup.generated],
        "offline": setup.flags["offline"],
    }
    try:
        return settings.fingerprint(
            mappings=mapping.files(),
            rules=(locate_rules(), *setup.rule_folders),
            files=[mirror.file for mirror in config.mirrors if isinstance(mirror, MirrorFile)],
            folders=setup.manifest_folders,
            others=others,
        )
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be read: {error.strerror}") from error


@contextlib.contextmanager
def _plans(setup: Setup, config: "Config", mapping: "MappingFiles", sources: "tuple[DigestSource, ...]", *, is_dry: bool, recreate: bool) -> "Iterator[Plans]":
    """What holds for every repository; the processes that read files of large trees are there for a while."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from redigest.clones.clone import Clones
    from redigest.finished import Records
    from redigest.journey import Plans
    from redigest.pipeline import Search
    from redigest.proposals.quota import Quota
    from redigest.proposals.settlement import Terms

    wanted = config.proposals
    print_ = _fingerprint(setup, config, mapping)

    @functools.cache
    def search() -> Search:
        rules = load_rules(setup.rule_folders)
        return Search(
            rules,
            sources,
            setup.policy,
            accept_tag=setup.accept_tag,
            generated=setup.generated,
            workflows=config.paths.workflows,
            is_shared=True,
            executor=cluster or pool,
            findings=stack.enter_context(setup.findings(rules)),
        )

    with (
        contextlib.ExitStack() as stack,
        setup.executor() as cluster,
        ProcessPoolExecutor(mp_context=get_context("spawn")) as pool,
    ):  # it starts a process only once there is a large tree
        yield Plans(
            search=search,
            terms=Terms(wanted, config.commit, Quota(per_run=wanted.limit_per_run, at_once=wanted.limit_open), is_dry=is_dry, recreate=recreate),
            clones=Clones(config.cache / "clones"),
            records=Records(config.cache),
            settings=print_.settings,
            include=setup.scope.include,
            exclude=setup.scope.exclude,
            own_blobs=print_.blobs,
            wants_outcomes=bool(setup.reports),
        )
