"""From flags and the configuration to the inputs of a run; flags win."""

import contextlib
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from redigest import __version__, screen
from redigest.cache import default_folder
from redigest.cli.bars import Bars
from redigest.errors import UsageError
from redigest.model import Outcome
from redigest.plan import Policy
from redigest.resolve import DigestSource
from redigest.resources import locate_rules
from redigest.rules import Rules
from redigest.rules_folders import load
from redigest.scope import EVERYTHING, Scope
from redigest.secret import Secret
from redigest.steps import Step, Watch
from redigest.tree import WorkTree
from redigest.urls import fault_in, is_url, secrets_in

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from redigest.config import Config
    from redigest.findings import Findings
    from redigest.mapping import MappingFiles
    from redigest.pipeline import Search
    from redigest.report import Report

_DEFAULT_CONFIG = Path("redigest.yaml")


@dataclass(frozen=True, slots=True)
class Setup:
    """What the flags and the configuration ask for."""

    mappings: tuple[Path | str, ...]
    rule_folders: tuple[Path, ...]
    policy: Policy
    accept_tag: bool
    generated: bool
    scope: Scope
    jobs: int | None
    reports: tuple[Path, ...]
    color: bool
    quiet: bool
    verbose: int
    flags: Mapping[str, Any]
    config: "Config | None"

    @classmethod
    def of(cls, flags: Mapping[str, Any]) -> "Setup":
        """Read the configuration, if there is one, and put the flags over it. Raises `UsageError`."""
        return cls.over(load_config(flags["config"]), flags)

    @classmethod
    def over(cls, config: "Config | None", flags: Mapping[str, Any]) -> "Setup":
        """Put the flags over a configuration. Raises `UsageError`."""
        check_reports(flags["reports"], _local(config) if config else ())
        mappings = flags["mapping"] or (config.mapping if config else ())
        return cls(
            mappings=named_mappings(mappings),
            rule_folders=(*(config.rules if config else ()), *flags["rules"]),
            policy=Policy(_chosen(flags["mentions"], config.mentions if config else False), _chosen(flags["unpin"], config.unpin if config else False)),
            accept_tag=bool(flags["accept"] or (config and config.accept)),
            generated=_chosen(flags["generated"], config.paths.generated if config else False),
            scope=Scope(tuple(config.paths.include), tuple(config.paths.exclude), config.base) if config else EVERYTHING,
            jobs=flags["jobs"],
            reports=flags["reports"],
            color=not flags["no_color"] and _has_colors(),
            quiet=flags["quiet"],
            verbose=flags["verbose"],
            flags=flags,
            config=config,
        )

    def tree(self, paths: Sequence[Path], *, ignored: bool = False, since: str | None = None) -> WorkTree:
        """The files that the command line names, the current directory if it names none; with `since` only those that have changed since a revision."""
        tree = replace(WorkTree.at(paths or (Path(),), scope=self.scope), ignored=ignored)
        check_reports(self.reports, [tree.root])
        return tree.changed_since(since) if since is not None else tree

    def bars(self, units: Mapping[Step, str]) -> Bars:
        """What shows how far steps have come."""
        return Bars(units, is_drawn=self.color, say=None if self.quiet else partial(click.echo, err=True))

    @property
    def _takes_workflows(self) -> bool:
        """In a work tree no token is needed to change workflow files, so they are left alone only where the configuration says so itself."""
        return self.config is None or self.config.paths.workflows or "workflows" not in self.config.paths.model_fields_set

    @contextlib.contextmanager
    def search(self, tree: WorkTree, watch: Watch) -> "Iterator[Search]":
        """What to look for, and how to judge it; the sources of digests are open for a while. Git begins to search the tree at once."""
        rules = load_rules(self.rule_folders)
        tree.ask_ahead(screen.pattern(rules.bare_keys))
        own = tuple(path for file in (*self.mappings, *self.reports) if isinstance(file, Path) and (path := tree.path_of(file)) is not None)
        sources = self.sources(self.mapping_files() if self.mappings else None)
        with self.executor() as executor, sources as opened, self.findings(rules) as findings:
            yield replace(self.judged_by(rules, opened, own_files=own, workflows=self._takes_workflows), executor=executor, findings=findings, watch=watch)

    def judged_by(self, rules: Rules, sources: Sequence[DigestSource], *, own_files: Collection[str], workflows: bool) -> "Search":
        """What to look for by these rules, and how to judge it by these sources."""
        from redigest.pipeline import Search  # imported here, as all that takes a while: git works meanwhile

        return Search(
            rules,
            sources,
            self.policy,
            accept_tag=self.accept_tag,
            generated=self.generated,
            workflows=workflows,
            own_files=own_files,
            jobs=self.jobs,
        )

    @contextlib.contextmanager
    def findings(self, rules: Rules) -> "Iterator[Findings | None]":
        """What earlier runs have found in files under these rules, for a while; `None` where nothing is to be kept.

        Workers on other machines may run another Python, so what they find is not kept.
        """
        if self.flags["no_cache"] or self.flags["executor"]:
            yield None
            return
        from redigest.findings import Findings

        with contextlib.closing(Findings(self.config.cache if self.config else default_folder(), rules)) as findings:
            yield findings

    @contextlib.contextmanager
    def executor(self) -> "Iterator[Executor | None]":
        """The workers that `--executor` names, for a while; `None` where it names none. Raises `UsageError`."""
        address = self.flags["executor"]
        if address is None:
            yield None
            return
        if self.flags["offline"]:
            raise UsageError("--executor opens connections, which --offline forbids; leave one of them away")
        from redigest.cluster import connected

        with connected(address) as cluster:
            yield cluster

    def mapping_files(self) -> "MappingFiles":
        """The mapping files as a source of digests; nothing is read yet."""
        from redigest.cli import sources

        return sources.mapping_files(self.mappings, self.flags, self.config)

    @contextlib.contextmanager
    def sources(self, mapping: "MappingFiles | None") -> Iterator[tuple[DigestSource, ...]]:
        """All sources of digests, open for a while; who has named none that can answer is told so."""
        if not self.mappings and self.flags["offline"] and not self.flags["manifests"]:
            click.echo("redigest: no mapping was given and no registry may be asked, so no digest is known: name one with --mapping FILE_OR_URL", err=True)
        from redigest.cli import sources

        with sources.opened(mapping, self.flags, self.config) as opened:
            yield opened

    @property
    def manifest_folders(self) -> tuple[Path, ...]:
        """Folders with saved manifests."""
        from redigest.cli import sources

        return sources.folders(self.flags, self.config)

    def report(self, outcome: Outcome, tree: WorkTree, started: datetime, *, verb: Literal["scan", "fix"], is_brief: bool = False) -> None:
        """Tell the person at the terminal, in brief only what went wrong and what cannot be done, and write the reports."""
        from redigest import report
        from redigest.report.terminal import print_outcome

        made = report.Report.of(outcome, started, datetime.now(UTC), __version__, prefix=tree.prefix_here() if self.reports else "")
        is_quiet = self.quiet or is_brief
        table = made if sys.stderr.isatty() else None
        print_outcome(outcome, verb=verb, stream=sys.stderr, color=self.color, quiet=is_quiet, verbose=self.verbose, table=table)
        hand_over(made, self.reports)


def hand_over(made: "Report", paths: Iterable[Path]) -> None:
    """Write a report to files, and let whoever called the command line see it."""
    from redigest import report

    for path in paths:
        report.write(made, path)
    context = click.get_current_context(silent=True)
    see: Callable[[Report], object] | None = context.obj if context is not None else None
    if see is not None:
        see(made)


def _chosen(flag: bool | None, configured: bool) -> bool:  # noqa: FBT001 -- both are values
    return configured if flag is None else flag


def _has_colors() -> bool:
    """Whether standard error is a terminal that can do more than write lines, and nobody wants less; NO_COLOR counts where it is not empty (no-color.org)."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


def check_reports(paths: Sequence[Path], within: Sequence[Path]) -> None:
    """Raise `UsageError` for a report that cannot be written, or would be written through a symbolic link of one of the folders `within`."""
    if paths:
        from redigest import report

        for path in paths:
            report.writer(path)
            report.files.check(path, within)


def _local(config: "Config") -> Sequence[Path]:
    """The folders of the repositories on this disk."""
    from redigest.config import LocalRepository

    return [repository.path for repository in config.repositories if isinstance(repository, LocalRepository)]


def load_rules(folders: Sequence[Path]) -> Rules:
    """The shipped rules, and those of the folders, which are tried first."""
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder of rules")
    try:
        return load([("rules", locate_rules()), *((str(folder), folder) for folder in folders)])
    except OSError as error:
        raise UsageError(f"{error.filename}: the rules cannot be read: {error.strerror}") from error


def load_config(path: Path | None) -> "Config | None":
    """The configuration, `None` where there is no file; its module is imported only if there is one, for it takes a while."""
    if path is None and not _DEFAULT_CONFIG.exists():
        return None
    from redigest.config_file import load as read_config

    return read_config(path)


def named_mappings(names: Iterable[Path | str]) -> tuple[Path | str, ...]:
    """Tell URLs, which stay texts, from paths. Raises `UsageError` for a file that is not there and a URL that is none or not safe to ask."""
    return tuple(map(_named, names))


def _named(name: Path | str) -> Path | str:
    if isinstance(name, str) and is_url(name):
        if (fault := fault_in(name)) is not None:
            raise UsageError(f"the URL of a mapping {fault}")
        for secret in secrets_in(name):
            Secret(secret)  # from now on it is masked in logs
        return name
    path = Path(name)
    if not path.exists():
        raise UsageError(f"{path}: no such mapping file")
    return path
