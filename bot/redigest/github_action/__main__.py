"""The two steps of the action that are more than a line of shell: `prepare` reads the inputs, `run` does the work and tells GitHub of it."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from redigest.cli import main as redigest
from redigest.config_file import load
from redigest.errors import RedigestError, UsageError
from redigest.github_action import commands, configuration, telling
from redigest.github_action.inputs import Inputs, Workflow, inputs, workflow
from redigest.logs import unexpected
from redigest.report import Report
from redigest.report.safety import shown
from redigest.secret import scrubbed

_CONFIG = "redigest.yaml"
_REPORTS = (".json", ".md", ".html")


def main(step: str, environ: Mapping[str, str]) -> int:
    """Do one step, and give its exit code, which is that of `redigest`."""
    try:
        return _do(step, environ)
    except RedigestError as error:
        _tell(str(error))
        return error.exit_code
    except Exception as error:  # noqa: BLE001 -- the last resort: Python would exit with 1, which says that there are digests to swap
        click.echo(unexpected(error))
        _tell(f"unexpected {type(error).__name__}: {error}")
        return RedigestError.exit_code


def _do(step: str, environ: Mapping[str, str]) -> int:
    around = workflow(environ)
    asked = inputs(environ, around.workspace)
    match step:
        case "prepare":
            _prepare(asked, around)
            return 0
        case "run":
            return _run(asked, around, _folder(environ))
        case _:
            raise UsageError(f"{step}: there is no such step of the action; it is one of prepare, run")


def _folder(environ: Mapping[str, str]) -> Path:
    if not environ.get("REDIGEST_FOLDER"):
        raise UsageError("REDIGEST_FOLDER: not set; it is the output `folder` of the step `prepare`")
    return Path(environ["REDIGEST_FOLDER"])


def _prepare(asked: Inputs, around: Workflow) -> None:
    config = configuration.configuration(asked, around)
    around.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix="use-", dir=around.folder))  # a job may use the action more than once
    configuration.write(config, folder / _CONFIG)
    key = configuration.cache_key(asked, around, config)
    told = {
        "folder": str(folder),
        "cache-path": configuration.cached_paths(configuration.kept(asked, around, config), config),
        "cache-key": f"{key}{around.run}-{folder.name}",
        "cache-restore": "" if config.cache.exists() else key,  # what an earlier use in the job has left is newer
    }
    for name, value in told.items():
        commands.append(around.output, commands.output(name, value))


def _run(asked: Inputs, around: Workflow, folder: Path) -> int:
    reports = {suffix: folder / f"report{suffix}" for suffix in _REPORTS}
    told: list[str] = []
    seen: list[Report] = []
    config = load(folder / _CONFIG)
    keeping = configuration.kept(asked, around, config)
    before = configuration.state(keeping, config)
    with commands.unheeded(sys.stdout):
        code = redigest(_command(asked, folder / _CONFIG, tuple(reports.values())), hear=told.append, see=seen.append)
    has_new = configuration.state(keeping, config) != before
    commands.append(around.output, commands.output("has-new", str(has_new).lower()))
    for message in told:
        _tell(message)
    if not seen:  # the log says why
        return code
    (report,) = seen
    for name, value in telling.outputs(report, reports).items():
        commands.append(around.output, commands.output(name, value))
    commands.append(around.summary, reports[".md"].read_text(encoding="utf-8"))
    if asked.annotates:
        for line in telling.annotations(report, is_strict="--strict" in asked.switches):
            click.echo(line)
    return code


def _tell(message: str) -> None:
    """Have what ended the run stand on the page of the workflow."""
    click.echo(commands.annotation("error", "\n".join(map(shown, scrubbed(message).splitlines()))))


def _command(asked: Inputs, config: Path, reports: Sequence[Path]) -> list[str]:
    """The command line. Values are joined to their flags, so that none that begins with a hyphen is taken for a flag."""
    values = {
        "--config": (str(config),),
        "--mapping": asked.mapping,
        "--registry-config": (asked.registry_config,) if asked.registry_config is not None else (),
        "--shard": (asked.shard,) if asked.shard is not None else (),
        "--report": tuple(map(str, reports)),
    }
    flags = [f"{flag}={value}" for flag, given in values.items() for value in given]
    return [*(("scan", "--check") if asked.mode == "check" else ("run",)), *asked.switches, *flags, "--", *asked.paths]


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:]), os.environ))
