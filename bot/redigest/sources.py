"""Which repositories a run works on: those that the configuration names, and those of owners and groups that it selects."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from redigest.config import Config, GroupRepositories, LocalRepository, NamedRepository, OwnerRepositories
from redigest.errors import RepositoryError
from redigest.forges import Forge
from redigest.forges.model import Repository
from redigest.model import ProposalOutcome, RepositoryLine


@dataclass(frozen=True, slots=True)
class Wanted:
    """A repository that is to be worked on. `known` is what the forge said of it when it was listed, `None` for one that was named."""

    forge: Forge
    name: str
    branches: tuple[str, ...] = ()
    known: Repository | None = None

    @property
    def label(self) -> str:
        """What reports call it: `github.com/acme/deploy`, or the path of one on this disk."""
        return label(self.forge, self.name)

    @property
    def identity(self) -> str:
        """What tells it from every other repository: forges take names in any case, and a path can lead there in several ways."""
        return self.label.casefold() if self.forge.host else str(Path(self.name).resolve())


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several runs that share the repositories; `index` counts from 1."""

    index: int
    count: int

    @classmethod
    def parse(cls, written: str) -> "Shard":
        """Read `I/N`. Raises `ValueError` that says what it must be."""
        match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", written)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ValueError("must be I/N with I from 1 to N, which has at most four digits, such as 1/4")
        return cls(int(match[1]), int(match[2]))

    def has(self, name: str) -> bool:
        """Whether a repository is this run's: the shard has the greatest hash of its number and the name (rendezvous hashing).

        No other repository changes that, and of N + 1 shards the last one takes its part from all the others, which keep the rest.
        """
        named = hashlib.sha256(name.encode("utf-8", "surrogateescape"))

        def weight(index: int) -> bytes:
            own = named.copy()
            own.update(f"\0{index}".encode())
            return own.digest()

        return max(range(1, self.count + 1), key=weight) == self.index


WHOLE = Shard(1, 1)


def label(forge: Forge, name: str) -> str:
    """What reports call a repository."""
    return f"{forge.host}/{name}" if forge.host else name


def repositories(config: Config, forges: Mapping[str, Forge], local: Forge, shard: Shard = WHOLE) -> Iterator[Wanted | RepositoryLine]:
    """Every repository once, in the order of the configuration; what cannot be listed, or is named twice with other branches, is a failed line."""
    seen: dict[str, Wanted] = {}
    for wanted in _all(config, forges, local):
        if isinstance(wanted, RepositoryLine):
            yield wanted
            continue
        if not shard.has(wanted.identity):
            continue
        first = seen.setdefault(wanted.identity, wanted)
        if first is wanted:
            yield wanted
        elif wanted.known is None and wanted.branches != first.branches:
            message = "it is named twice with other branches; name all of them in one entry"
            yield RepositoryLine(wanted.label, None, None, ProposalOutcome.FAILED, stage="config", message=message)


def _all(config: Config, forges: Mapping[str, Forge], local: Forge) -> Iterator[Wanted | RepositoryLine]:
    for entry in config.repositories:
        match entry:
            case LocalRepository():
                yield Wanted(local, os.path.normpath(entry.path), entry.branches)
            case NamedRepository():
                yield Wanted(forges[entry.forge], entry.name, entry.branches)
            case OwnerRepositories() | GroupRepositories():
                yield from _selected(forges[entry.forge], entry)


def _selected(forge: Forge, selection: OwnerRepositories | GroupRepositories) -> Iterator[Wanted | RepositoryLine]:
    name = label(forge, selection.owner if isinstance(selection, OwnerRepositories) else selection.group)
    is_empty = True
    try:
        for repository in forge.select(selection):
            is_empty = False
            yield Wanted(forge, repository.name, selection.branches, repository)
    except RepositoryError as error:
        yield RepositoryLine(name, None, None, ProposalOutcome.FAILED, stage=error.stage, message=str(error))
        return
    if is_empty:
        yield RepositoryLine(name, None, None, ProposalOutcome.NOTHING_TO_DO, message="the entry takes no repository: see its topic and its globs")


def renamed(wanted: Wanted, found: Repository) -> Wanted:
    """The repository under the name that it has today."""
    return replace(wanted, name=found.name, known=found)


def forge_names(config: Config) -> Iterable[str]:
    """The forges that repositories are on, each once, in order."""
    return dict.fromkeys(entry.forge for entry in config.repositories if not isinstance(entry, LocalRepository))
