"""Mirrors of registries: which upstream repository a name in Git stands for, and where copies of a repository are to be had."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redigest.errors import UsageError
from redigest.readers.nodes import Unreadable, check_depth

_LARGEST = 1 << 20
_LISTS = {
    "ImageContentSourcePolicy": ("repositoryDigestMirrors",),
    "ImageContentPolicy": ("repositoryDigestMirrors",),
    "ImageDigestMirrorSet": ("imageDigestMirrors",),
    "ImageTagMirrorSet": ("imageTagMirrors",),
}
"""Kinds of operator.openshift.io/v1alpha1 and config.openshift.io/v1, each with the list in its `spec` that names mirrors."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """What is under `upstream` has a copy under `prefix`: each a registry, with a path if need be."""

    prefix: str
    upstream: str


@dataclass(frozen=True, slots=True)
class Mirrors:
    """All mirrors of a run; of several that fit a name the one with the longest prefix counts, as for containers-registries.conf(5)."""

    mirrors: tuple[Mirror, ...] = ()

    def upstream(self, name: str) -> str:
        """The upstream repository, with its registry, of a name as it is written; the name itself where no mirror fits."""
        fitting = [mirror for mirror in self.mirrors if _is_below(name, mirror.prefix)]
        if not fitting:
            return name
        mirror = max(fitting, key=lambda mirror: len(mirror.prefix))
        return mirror.upstream + name[len(mirror.prefix) :]

    def copies(self, name: str) -> tuple[str, ...]:
        """The names under which mirrors hold an upstream repository, those of the longest upstream prefix first."""
        fitting = sorted((mirror for mirror in self.mirrors if _is_below(name, mirror.upstream)), key=lambda mirror: -len(mirror.upstream))
        return tuple(dict.fromkeys(mirror.prefix + name[len(mirror.upstream) :] for mirror in fitting))


def _is_below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}/")


def read(file: Path) -> tuple[Mirror, ...]:
    """Read the mirrors that a file names: manifests of OpenShift in YAML or JSON, or a containers-registries.conf(5). Raises `UsageError`."""
    try:
        with file.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise UsageError(f"{file}: is larger than 1 MiB, which no list of mirrors is")
        text = data.decode()
        found = tuple(_of_configuration(text) if file.suffix in (".conf", ".toml") else _of_manifests(text))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{file}: names no mirrors in a form that is known ({error}); give manifests of OpenShift or a registries.conf") from error
    if not found:
        raise UsageError(f"{file}: names no mirror; give an {', an '.join(_LISTS)} or a registries.conf with [[registry.mirror]]")
    return found


def _of_manifests(text: str) -> Iterator[Mirror]:
    from ruamel.yaml import YAML  # imported here: few runs have mirrors
    from ruamel.yaml.error import YAMLError

    try:
        check_depth(text)
        documents = list(YAML(typ="safe", pure=True).load_all(text))
    except (YAMLError, Unreadable) as error:
        raise ValueError(str(error).partition("\n")[0]) from error
    for document in documents:
        for manifest in document["items"] if isinstance(document, dict) and document.get("kind") == "List" else [document]:
            if isinstance(manifest, dict) and manifest.get("kind") in _LISTS:
                yield from _of_spec(manifest.get("spec") or {}, _LISTS[manifest["kind"]])


def _of_spec(spec: Mapping[str, Any], lists: Iterable[str]) -> Iterator[Mirror]:
    for name in lists:
        for entry in spec.get(name) or ():
            yield from (Mirror(_prefix(mirror), _prefix(entry["source"])) for mirror in entry.get("mirrors") or ())


def _of_configuration(text: str) -> Iterator[Mirror]:
    for registry in tomllib.loads(text).get("registry", ()):
        location = registry.get("location") or registry["prefix"]
        prefix = registry.get("prefix") or location
        if prefix.startswith("*."):
            raise ValueError(f"the prefix {prefix} stands for many hosts, which is not supported; name each host in a [[registry]] of its own")
        if prefix != location:
            yield Mirror(_prefix(prefix), _prefix(location))
        for mirror in registry.get("mirror", ()):
            yield Mirror(_prefix(mirror["location"]), _prefix(location))


def _prefix(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable() or " " in value:
        raise ValueError(f"{value!r} is no registry with a path")
    return value.rstrip("/")
