"""The configuration of a run in a workflow: that of the person, and where it names no repositories the one of the workflow."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from redigest.config import Config, Forge, NamedRepository
from redigest.config_file import load
from redigest.errors import UsageError
from redigest.github_action.inputs import Inputs, Kept, Workflow

_PUBLIC_API = "https://api.github.com"
_FORGE = "github"
_FACTS = "facts-*.sqlite*"


def configuration(inputs: Inputs, workflow: Workflow) -> Config:
    """The settings of the run, with absolute paths. Raises `UsageError`."""
    config = _given(inputs, workflow)
    changes: dict[str, object] = {}
    if not any(forge.name == _FORGE for forge in config.forges) and workflow.api_url != _PUBLIC_API:
        changes["forges"] = (*config.forges, _enterprise(workflow))
    if not config.repositories:
        changes["repositories"] = (_this_repository(inputs, workflow),)
    elif inputs.branches:
        raise UsageError("the input branches is for the repository of the workflow, and the configuration names repositories; give each its `branches` there")
    config = config.model_copy(update=changes)
    own = {} if "cache" in config.model_fields_set else {"cache": workflow.folder / f"cache-{_purpose(inputs, workflow, config)}"}
    return config.model_copy(update=own)


def write(config: Config, path: Path) -> None:
    """Write a configuration that says the same; JSON is YAML. It may hold the address of a mapping that gives access, so nobody else can read it."""
    path.touch(mode=0o600)
    path.write_text(config.model_dump_json(by_alias=True, exclude_unset=True, indent=2), encoding="utf-8")


def kept(inputs: Inputs, workflow: Workflow, config: Config) -> Kept:
    """Which part of the cache a later run gets.

    Who may open pull requests can read what a workflow of the default branch has cached, so clones of other repositories are kept only if that is asked for.
    """
    if inputs.cache is not None:
        return inputs.cache
    return "all" if inputs.mode == "check" or _names_only(workflow.repository, config) else "facts"


def cache_key(inputs: Inputs, workflow: Workflow, config: Config) -> str:
    """What the names of all caches of uses like this one begin with, such that actions/cache takes it."""
    return f"redigest-{workflow.system}-{_purpose(inputs, workflow, config)}-"


def _purpose(inputs: Inputs, workflow: Workflow, config: Config) -> str:
    """Tell uses for one thing from those for another: one that keeps clones must not find those of another, which are not for everybody's eyes."""
    named = os.path.relpath(inputs.config, workflow.workspace) if inputs.config is not None else None
    told = json.dumps([named, inputs.branches, inputs.shard, kept(inputs, workflow, config)])
    return f"{inputs.mode}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def cached_paths(keeping: Kept, config: Config) -> str:
    """The paths that are cached, as actions/cache takes them; empty for none."""
    match keeping:
        case "all":
            return str(config.cache)
        case "facts":
            return str(config.cache / _FACTS)
        case "none":
            return ""


def state(keeping: Kept, config: Config) -> frozenset[tuple[Path, int, int]]:
    """What tells one content of the paths that are cached from another: each file with its size and the time of its last change."""
    everything = (Path(folder, name) for folder, _, names in os.walk(config.cache) for name in names)
    files: Mapping[Kept, Iterable[Path]] = {"all": everything, "facts": config.cache.glob(_FACTS), "none": ()}
    found = [(file, file.lstat()) for file in files[keeping]]
    return frozenset((file, status.st_size, status.st_mtime_ns) for file, status in found)


def _given(inputs: Inputs, workflow: Workflow) -> Config:
    if inputs.config is not None:
        return load(inputs.config)
    default = workflow.workspace / "redigest.yaml"
    return load(default) if default.exists() else Config()


def _names_only(name: str, config: Config) -> bool:
    return all(isinstance(one, NamedRepository) and (one.forge, one.name) == (_FORGE, name) for one in config.repositories)


def _this_repository(inputs: Inputs, workflow: Workflow) -> NamedRepository:
    return NamedRepository.model_validate({"forge": _FORGE, "name": workflow.repository, "branches": inputs.branches})


def _enterprise(workflow: Workflow) -> Forge:
    return Forge.model_validate(
        {"name": _FORGE, "kind": "github", "url": workflow.api_url, "git-url": workflow.server_url, "token-env": "GITHUB_TOKEN"},
    )
