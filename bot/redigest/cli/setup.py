"""From flags and the configuration to the inputs of a run; flags win."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from redigest import __version__, report
from redigest.cache import default_folder
from redigest.errors import UsageError
from redigest.mapping import MappingFiles
from redigest.model import Outcome
from redigest.pipeline import Search
from redigest.resources import locate_rules
from redigest.rules import Rules
from redigest.rules_files import load
from redigest.tree import WorkTree
from redigest.urls import fault_in, is_url

if TYPE_CHECKING:
    from redigest.config import Config

_DEFAULT_CONFIG = Path("redigest.yaml")


@dataclass(frozen=True, slots=True)
class Setup:
    """What the flags and the configuration ask for."""

    mappings: tuple[Path | str, ...]
    cache: Path
    offline: bool
    rule_folders: tuple[Path, ...]
    mentions: bool
    generated: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    jobs: int | None
    reports: tuple[Path, ...]
    color: bool
    quiet: bool
    verbose: int

    @classmethod
    def of(cls, flags: Mapping[str, Any]) -> "Setup":
        """Read the configuration, if there is one, and put the flags over it. Raises `UsageError`."""
        path: Path | None = flags["config"]
        config = load_config(path)
        for name in flags["reports"]:
            _check_report(name)
        mappings = flags["mapping"] or (config.mapping if config else ())
        mentions = flags["mentions"] if flags["mentions"] is not None else bool(config and config.mentions)
        generated = flags["generated"] if flags["generated"] is not None else bool(config and config.paths.generated)
        return cls(
            mappings=named_mappings(mappings),
            cache=config.cache if config else default_folder(),
            offline=flags["offline"],
            rule_folders=(*(config.rules if config else ()), *flags["rules"]),
            mentions=mentions,
            generated=generated,
            include=tuple(config.paths.include) if config else ("**",),
            exclude=tuple(config.paths.exclude) if config else (),
            jobs=flags["jobs"],
            reports=flags["reports"],
            color=not flags["no_color"] and "NO_COLOR" not in os.environ and sys.stderr.isatty(),
            quiet=flags["quiet"],
            verbose=flags["verbose"],
        )

    def tree(self, paths: Sequence[Path]) -> WorkTree:
        """The files that the command line names; the current directory if it names none."""
        return WorkTree.at(paths or (Path(),), include=self.include, exclude=self.exclude)

    def search(self, tree: WorkTree) -> Search:
        """What to look for, and how to judge it."""
        own = tuple(path for file in (*self.mappings, *self.reports) if isinstance(file, Path) and (path := tree.path_of(file)) is not None)
        if not self.mappings:
            click.echo("redigest: no mapping was given, so no digest is known: name one with --mapping FILE_OR_URL, or in redigest.yaml", err=True)
        sources = (MappingFiles(self.mappings, cache=self.cache, offline=self.offline),) if self.mappings else ()
        return Search(load_rules(self.rule_folders), sources, mentions=self.mentions, generated=self.generated, own_files=own, jobs=self.jobs)

    def report(self, outcome: Outcome, started: datetime, *, verb: Literal["scan", "fix"]) -> None:
        """Tell the person at the terminal, and write the reports."""
        from redigest.report.terminal import print_outcome

        made = report.Report(outcome, started, datetime.now(UTC), __version__)
        print_outcome(outcome, verb=verb, stream=sys.stderr, color=self.color, quiet=self.quiet, verbose=self.verbose)
        for path in self.reports:
            report.write(made, path)


def _check_report(path: Path) -> None:
    """Before anything is changed: a report that cannot be written would lose the explanation of what was."""
    report.writer(path)
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{path}: a report cannot be written there; name a file in a folder that exists and can be written")


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
        return name
    path = Path(name)
    if not path.exists():
        raise UsageError(f"{path}: no such mapping file")
    return path
