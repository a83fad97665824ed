"""Which sources of digests a run has: mapping files first, then registries, as flags and configuration allow."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redigest.cache import default_folder
from redigest.facts import Facts
from redigest.mapping import MappingFiles
from redigest.mirrors import Mirror, Mirrors, read
from redigest.registry.credentials import Keyring
from redigest.registry.endpoints import endpoints
from redigest.resolve import DigestSource

if TYPE_CHECKING:
    from redigest.config import Config
    from redigest.evidence.session import Access


@contextlib.contextmanager
def opened(mappings: Sequence[Path | str], flags: Mapping[str, Any], config: "Config | None") -> Iterator[tuple[DigestSource, ...]]:
    """The sources in order of cost; open for a while."""
    from redigest.evidence.registries import Registries

    cache = config.cache if config else default_folder()
    files = (MappingFiles(mappings, cache=cache, offline=flags["offline"]),) if mappings else ()
    if flags["offline"] and not (flags["manifests"] or (config and config.manifests)):
        yield files
        return
    with Registries(access(flags, config)) as registries:
        yield (*files, registries)


def access(flags: Mapping[str, Any], config: "Config | None") -> "Access":
    """Which registries may be asked, and how."""
    from redigest.evidence.saved import SavedManifests
    from redigest.evidence.session import Access
    from redigest.schema1.manifests import digest_of

    configured = config.registries if config else ()
    folders = (*(config.manifests if config else ()), *flags["manifests"])
    return Access(
        endpoints={} if flags["offline"] else endpoints(configured),
        configured=frozenset(registry.host for registry in configured),
        keyring=_keyring(credentials(flags, config)),
        facts=Facts(None if flags["no_cache"] else config.cache if config else default_folder()),
        mirrors=Mirrors(tuple(_mirrors(config)) if config else ()),
        saved=tuple(SavedManifests(folder, digest_of) for folder in folders),
        catalog=config.catalog if config and not flags["offline"] else None,
    )


def credentials(flags: Mapping[str, Any], config: "Config | None") -> Path | None:
    """The file with credentials of registries that the user has named."""
    path: Path | None = flags["registry_config"] or (config.registry_config if config else None)
    return path


def _keyring(path: Path | None) -> Keyring:
    return Keyring.of_file(path) if path is not None else Keyring.of_user()


def _mirrors(config: "Config") -> Iterator[Mirror]:
    from redigest.config import MirrorFile  # the configuration was loaded, so this costs nothing

    for entry in config.mirrors:
        if isinstance(entry, MirrorFile):
            yield from read(entry.file)
        else:
            yield Mirror(entry.prefix, entry.upstream)
