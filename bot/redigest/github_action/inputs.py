"""The inputs of the action and the workflow around it, read from environment variables; GitHub checks no input, so they are checked here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from redigest.errors import UsageError
from redigest.sources import Shard

Mode = Literal["propose", "check"]
Kept = Literal["all", "facts", "none"]

_SWITCHES = {"true": True, "false": False}
_FLAGS = ("dry-run", "recreate", "strict", "unpin", "mentions")
_OF_ONE_MODE: Mapping[str, Mode] = {"branches": "propose", "shard": "propose", "dry-run": "propose", "recreate": "propose", "paths": "check"}
_WITH_DEFAULT = {"mode": "propose", "annotations": "true", "dry-run": "false", "recreate": "false", "strict": "false", "unpin": "false", "mentions": "false"}

VARIABLES = (
    "GITHUB_REPOSITORY",
    "GITHUB_API_URL",
    "GITHUB_SERVER_URL",
    "GITHUB_WORKSPACE",
    "RUNNER_TEMP",
    "RUNNER_OS",
    "GITHUB_RUN_ID",
    "GITHUB_RUN_ATTEMPT",
    "GITHUB_OUTPUT",
    "GITHUB_STEP_SUMMARY",
)
"""What a runner says to every step, in the order in which it is read."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the workflow asks for; paths are absolute."""

    mode: Mode
    config: Path | None
    mapping: tuple[str, ...]
    registry_config: str | None
    branches: tuple[str, ...]
    paths: tuple[str, ...]
    """What of the checkout is looked at in a check; all if there is none. As they are written."""
    shard: str | None
    cache: Kept | None
    """Which part of the cache is kept between runs; `None` for all of it, or facts only where other repositories are worked on too."""
    switches: tuple[str, ...]
    """Flags of the command line that the workflow sets."""
    annotates: bool


@dataclass(frozen=True, slots=True)
class Workflow:
    """Where the action runs."""

    repository: str
    api_url: str
    server_url: str
    workspace: Path
    folder: Path
    """The folder of the action below that of temporary files."""
    system: str
    run: str
    """What tells this attempt of a run of the workflow from every other one."""
    output: Path
    """The file that takes the outputs of the step."""
    summary: Path
    """The file that takes the summary of the step."""


def inputs(environ: Mapping[str, str], workspace: Path) -> Inputs:
    """Read the inputs. Raises `UsageError` that names the input and what it may be."""
    mode = _choice(environ, "mode", get_args(Mode))
    shard = _text(environ, "shard")
    if shard is not None:
        try:
            Shard.parse(shard)
        except ValueError as error:
            raise _wrong("shard", str(error)) from None
    switches = tuple(name for name in _FLAGS if _switch(environ, name))
    branches = _lines(environ, "branches")
    paths = _lines(environ, "paths")
    given = {"branches": branches, "shard": shard, "paths": paths, **dict.fromkeys(switches, True)}
    for name, only in _OF_ONE_MODE.items():
        if given.get(name) and mode != only:
            raise UsageError(f"the input {name} is for the mode {only}, and says nothing in the mode {mode}; leave it out")
    if not all(Path(os.path.normpath(workspace / path)).is_relative_to(workspace) for path in paths):
        raise _wrong("paths", "must be files, folders or patterns in the checkout")
    config = _text(environ, "config")
    cache = _choice(environ, "cache", get_args(Kept)) if _text(environ, "cache") is not None else None
    return Inputs(
        mode=cast("Mode", mode),
        config=workspace / config if config is not None else None,
        mapping=_lines(environ, "mapping"),
        registry_config=_text(environ, "registry-config"),
        branches=branches,
        paths=paths,
        shard=shard,
        cache=cast("Kept | None", cache),
        switches=tuple(f"--{name}" for name in switches),
        annotates=_switch(environ, "annotations"),
    )


def workflow(environ: Mapping[str, str]) -> Workflow:
    """Read what GitHub says of the workflow. Raises `UsageError` where it says nothing."""
    missing = [name for name in VARIABLES if not environ.get(name)]
    if missing:
        raise UsageError(f"{', '.join(missing)}: not set; this runs in a workflow of GitHub Actions, and elsewhere `redigest run` does the same")
    repository, api_url, server_url, workspace, temporary, system, run, attempt, output, summary = (environ[name] for name in VARIABLES)
    folder = Path(temporary, "redigest")
    return Workflow(repository, api_url, server_url, Path(workspace), folder, system, f"{run}-{attempt}", Path(output), Path(summary))


def _value(environ: Mapping[str, str], name: str) -> str:
    return environ.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip() or _WITH_DEFAULT.get(name, "")


def _text(environ: Mapping[str, str], name: str) -> str | None:
    value = _value(environ, name)
    if not value.isprintable():
        raise _wrong(name, "must be one line of printable characters")
    return value or None


def _lines(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    lines = tuple(line.strip() for line in _value(environ, name).splitlines() if line.strip())
    if not all(line.isprintable() for line in lines):
        raise _wrong(name, "must be lines of printable characters")
    return lines


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = _value(environ, name).lower()
    if value not in _SWITCHES:
        raise _wrong(name, "must be true or false")
    return _SWITCHES[value]


def _choice(environ: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    value = _value(environ, name)
    if value not in known:
        raise _wrong(name, f"must be one of {', '.join(known)}")
    return value


def _wrong(name: str, message: str) -> UsageError:
    return UsageError(f"the input {name} {message}")
