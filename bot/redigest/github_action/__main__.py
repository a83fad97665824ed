"""The two steps of the action that are more than a line of shell: `prepare` reads the inputs, `run` does the work and tells GitHub of it."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from redigest.cli import main as redigest
from redigest.errors import RedigestError
from redigest.github_action import commands, configuration, telling
from redigest.github_action.inputs import Inputs, Workflow, inputs, workflow
from redigest.report.model import Document
from redigest.report.safety import shown

_CONFIG = "redigest.yaml"
_REPORTS = (".json", ".md", ".html")


def main(step: str, environ: Mapping[str, str]) -> int:
    """Do one step, and give its exit code, which is that of `redigest`."""
    try:
        around = workflow(environ)
        asked = inputs(environ, around.workspace)
        if step == "prepare":
            _prepare(asked, around, Path(environ["GITHUB_OUTPUT"]))
            return 0
        return _run(asked, environ)
    except RedigestError as error:
        _tell(str(error))
        return error.exit_code


def _prepare(asked: Inputs, around: Workflow, output: Path) -> None:
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
        commands.append(output, commands.output(name, value))


def _run(asked: Inputs, environ: Mapping[str, str]) -> int:
    folder = Path(environ["REDIGEST_FOLDER"])
    reports = {suffix: folder / f"report{suffix}" for suffix in _REPORTS}
    told: list[str] = []
    with commands.unheeded(sys.stdout):
        code = redigest(_command(asked, folder / _CONFIG, tuple(reports.values())), hear=told.append)
    for message in told:
        _tell(message)
    if not reports[".json"].exists():  # the log says why
        return code
    document = Document.model_validate_json(reports[".json"].read_bytes())
    for name, value in telling.outputs(document, reports).items():
        commands.append(Path(environ["GITHUB_OUTPUT"]), commands.output(name, value))
    commands.append(Path(environ["GITHUB_STEP_SUMMARY"]), reports[".md"].read_text(encoding="utf-8"))
    if asked.annotates:
        for line in telling.annotations(document):
            click.echo(line)
    return code


def _tell(message: str) -> None:
    """Have what ended the run stand on the page of the workflow."""
    click.echo(commands.annotation("error", "\n".join(map(shown, message.splitlines()))))


def _command(asked: Inputs, config: Path, reports: Sequence[Path]) -> list[str]:
    """The command line. Values are joined to their flags, so that none that begins with a hyphen is taken for a flag."""
    values = {
        "--config": (str(config),),
        "--mapping": asked.mapping,
        "--registry-config": (asked.registry_config,) if asked.registry_config is not None else (),
        "--shard": (asked.shard,) if asked.shard is not None and asked.mode == "propose" else (),
        "--report": tuple(map(str, reports)),
    }
    flags = [f"{flag}={value}" for flag, given in values.items() for value in given]
    return [*(("scan", "--check") if asked.mode == "check" else ("run",)), *asked.switches, *flags]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], os.environ))
