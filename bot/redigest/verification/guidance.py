"""The configuration and the flags by which the check judges, with every file in them read as `Trusted` has it."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from redigest.clones.commit_tree import CommitTree
from redigest.config import Config, MirrorFile
from redigest.config_file import load, parse
from redigest.errors import UsageError
from redigest.narrowing import DISABLED, Narrowing, narrowing_of
from redigest.registry.credentials import places
from redigest.verification.trusted import Trusted

_DEFAULT = Path("redigest.yaml")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be changed: the files that are looked at, what moves together in them, and why nothing may be changed at all, `None` where something may.

    `later` has those of BASE, `None` where the changes began there.
    """

    tree: CommitTree
    later: CommitTree | None
    by: Literal["repository", "folder"]
    forbidden: str | None


def bounds(base: CommitTree, named: CommitTree, config: Config) -> Bounds:
    """What the configuration allows, and the owners both in the commit that the changes began at and in the one that is named as BASE.

    Whoever makes the branch chooses where it begins. Raises `RepositoryError`.
    """
    narrowings = [narrowing_of(commit) for commit in (base, named)]
    tree, later = (_narrowed(commit, config, narrowings) for commit in (base, named))
    is_by_folder = all((narrowing.proposals.group_by or config.proposals.group_by) == "folder" for narrowing in narrowings)
    is_enabled = all(narrowing.enabled for narrowing in narrowings)
    return Bounds(
        tree,
        later if named.commit != base.commit else None,
        "folder" if is_by_folder else "repository",
        None if is_enabled else DISABLED,
    )


def _narrowed(commit: CommitTree, config: Config, narrowings: Iterable[Narrowing]) -> CommitTree:
    tree = commit.narrowed(config.paths.include, config.paths.exclude)
    for narrowing in narrowings:
        tree = tree.narrowed(narrowing.paths.include, narrowing.paths.exclude)
    return tree


def configuration(trusted: Trusted, named: Path | None, *, cache: Path) -> Config:
    """The configuration that is named, or the one here, with `cache` in place of its own: what other runs have kept is not believed. Raises `UsageError`."""
    for login in places(os.environ):
        if login.exists() and trusted.place_of(login) is not None:
            raise UsageError(f"{login} would be read for credentials, and is in the work tree, whose files anybody may have changed; keep them elsewhere")
    path = named or _DEFAULT
    if named is None and not trusted.has(path):
        return Config(cache=cache)
    found = trusted.file(path)
    config = load(path) if found == path else parse(found.read_bytes(), Config, where=str(path), folder=path.parent)
    return config.model_copy(
        update={
            "cache": cache,
            "rules": tuple(map(trusted.folder, config.rules)),
            "manifests": tuple(map(trusted.folder, config.manifests)),
            "registry_config": trusted.file(config.registry_config) if config.registry_config else None,
            "mirrors": tuple(
                mirror.model_copy(update={"file": trusted.file(mirror.file)}) if isinstance(mirror, MirrorFile) else mirror for mirror in config.mirrors
            ),
            "registries": tuple(
                registry.model_copy(update={"ca_bundle": trusted.file(registry.ca_bundle)}) if registry.ca_bundle else registry
                for registry in config.registries
            ),
        }
    )


def flags_of(trusted: Trusted, flags: Mapping[str, Any]) -> Mapping[str, Any]:
    """The flags with the files that can be read in place of those that they name. Raises `UsageError`."""
    return {
        **flags,
        "rules": tuple(map(trusted.folder, flags["rules"])),
        "manifests": tuple(map(trusted.folder, flags["manifests"])),
        "registry_config": trusted.file(flags["registry_config"]) if flags["registry_config"] else None,
    }
