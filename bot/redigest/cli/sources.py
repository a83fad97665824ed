"""Which sources of digests a run has: mapping files first, then registries, as flags and configuration allow."""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redigest.cache import default_folder
from redigest.errors import UsageError
from redigest.model import Problem, Swap, Verdict
from redigest.resolve import NO_CONTEXT, Context, DigestSource, Question, Remembered

if TYPE_CHECKING:
    from redigest.config import Config
    from redigest.evidence.registries import Registries
    from redigest.evidence.session import Access
    from redigest.mapping import MappingFile, MappingFiles
    from redigest.mirrors import Mirror


def mapping_files(names: "Sequence[Path | str | MappingFile]", flags: Mapping[str, Any], config: "Config | None") -> "MappingFiles":
    """The mapping files as a source of digests; nothing is read yet."""
    from redigest.mapping import MappingFiles  # imported here: a run may have none

    return MappingFiles(names, cache=config.cache if config else default_folder(), offline=flags["offline"])


@contextlib.contextmanager
def opened(mapping: "MappingFiles | None", flags: Mapping[str, Any], config: "Config | None") -> Iterator[tuple[DigestSource, ...]]:
    """The sources in order of cost; open for a while. Raises `UsageError` for what is named and not there, before anything is asked."""
    files = (Remembered(mapping),) if mapping is not None and mapping.names else ()
    if flags["offline"] and not folders(flags, config):
        yield files
        return
    check(flags, config)
    with contextlib.ExitStack() as stack:

        def registries() -> "Registries":
            from redigest.evidence.registries import Registries  # imported here: most runs on a tree leave nothing to ask

            return stack.enter_context(Registries(access(flags, config)))

        yield (*files, _WhenNeeded(registries, always=bool(config and (config.registries or config.mirrors))))


class _WhenNeeded:
    """Registries, which are not opened before a question is left that no mapping answers; `always` holds answers against them as well."""

    def __init__(self, make: Callable[[], "Registries"], *, always: bool) -> None:
        self._make = make
        self._always = always
        self._made: Registries | None = None
        self._lock = threading.Lock()

    @property
    def problems(self) -> Sequence[Problem]:
        return self._made.problems if self._made is not None else ()

    def answer(self, questions: Collection[Question], context: Context = NO_CONTEXT, /) -> Mapping[Question, Verdict]:
        if not questions or (not self._always and all(isinstance(context.known.get(question), Swap) for question in questions)):
            return {}
        with self._lock:
            if self._made is None:
                self._made = self._make()
        return self._made.answer(questions, context)


def check(flags: Mapping[str, Any], config: "Config | None") -> None:
    """Raise `UsageError` for a file of credentials or a folder of manifests that is not there."""
    path = credentials(flags, config)
    if path is not None and not path.is_file():
        raise UsageError(f"{path}: no such file of credentials; name a pull secret with --registry-config FILE")
    for folder in folders(flags, config):
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder of saved manifests; give one with --manifests DIR")


def access(flags: Mapping[str, Any], config: "Config | None") -> "Access":
    """Which registries may be asked, and how."""
    from redigest.evidence.saved import SavedManifests
    from redigest.evidence.session import Access
    from redigest.facts import Facts
    from redigest.mirrors import Mirrors
    from redigest.registry.credentials import Keyring
    from redigest.registry.endpoints import endpoints
    from redigest.schema1.manifests import digest_of

    check(flags, config)
    configured = config.registries if config else ()
    path = credentials(flags, config)
    return Access(
        endpoints={} if flags["offline"] else endpoints(configured),
        configured=frozenset(registry.host for registry in configured),
        keyring=Keyring.of_file(path) if path is not None else Keyring.of_user(),
        facts=Facts(None if flags["no_cache"] else config.cache if config else default_folder()),
        mirrors=Mirrors(tuple(_mirrors(config)) if config else ()),
        saved=tuple(SavedManifests(folder, digest_of) for folder in folders(flags, config)),
        catalog=config.catalog if config and not flags["offline"] else None,
        is_offline=flags["offline"],
    )


def credentials(flags: Mapping[str, Any], config: "Config | None") -> Path | None:
    """The file with credentials of registries that the user has named."""
    path: Path | None = flags["registry_config"] or (config.registry_config if config else None)
    return path


def folders(flags: Mapping[str, Any], config: "Config | None") -> tuple[Path, ...]:
    """The folders with saved manifests that the user has named."""
    return (*(config.manifests if config else ()), *flags["manifests"])


def _mirrors(config: "Config") -> "Iterator[Mirror]":
    from redigest.config import MirrorFile  # the configuration was loaded, so this costs nothing
    from redigest.mirrors import Mirror, read

    for entry in config.mirrors:
        if isinstance(entry, MirrorFile):
            yield from read(entry.file)
        else:
            yield Mirror(entry.prefix, entry.upstream)
