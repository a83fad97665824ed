"""Runs a composite action as GitHub does: expressions filled in, each `run` by bash in a process of its own, files for outputs and summaries.

What it does not know it refuses. Actions that steps use are not there; what they would have been given is written down.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import uuid
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).parents[2]
BASH = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail")
"""What `shell: bash` means in a workflow."""
LARGEST_SUMMARY = 1 << 20
"""Bytes of one step; GitHub drops the whole of a larger one."""

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_HEREDOC = re.compile(r"(?P<name>[^\n=]+?)<<(?P<mark>[^\n]+)\n(?P<value>.*?)\n?(?P=mark)\n", re.DOTALL)


@dataclass(slots=True)
class Job:
    """What came of an action."""

    code: int = 0
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    used: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    """The actions that steps used, with what they were given."""

    @property
    def annotations(self) -> list[str]:
        """The commands in the log that the runner obeys: none that stand where commands are stopped."""
        obeyed, stopped = [], ""
        for line in self.log.splitlines():
            command = line.lstrip()
            if stopped:
                stopped = "" if command == f"::{stopped}::" else stopped
            elif command.startswith("::stop-commands::"):
                stopped = command.removeprefix("::stop-commands::")
            elif command.startswith("::") or "##[" in command:
                obeyed.append(command)
        return obeyed


def environment_of_tests(folder: Path, source: Path) -> None:
    """Make an environment with a source root and what the tests have, in place of one that the action installs."""
    venv.create(folder, symlinks=True)
    (place,) = folder.glob("lib/python*/site-packages")
    (place / "tests.pth").write_text(f"{source}\n{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")


@dataclass(frozen=True, slots=True)
class Runner:
    """A runner of GitHub with a workspace and a folder for temporary files; `github` is the context of that name."""

    workspace: Path
    temporary: Path
    github: Mapping[str, str]
    installs: bool = False
    """Whether the step that installs is run, which takes a network; without it the environment of the tests is used."""
    source: Path = CHECKOUT / "bot"
    """Where that environment imports redigest from."""

    def act(self, given: Mapping[str, str], *, env: Mapping[str, str] | None = None) -> Job:
        """Run the action with these inputs, as a step of a job with `env`."""
        action = yaml.safe_load((CHECKOUT / "action.yml").read_text())
        job = Job()
        unknown = given.keys() - action["inputs"].keys()
        assert not unknown, unknown
        defaults = {name: self._filled(one.get("default", ""), {}, {}, job) for name, one in action["inputs"].items()}
        inputs = {**defaults, **given}
        steps: dict[str, dict[str, str]] = {}
        for step in action["runs"]["steps"]:
            outputs = steps.setdefault(step.get("id", uuid.uuid4().hex), {})
            if not self._is_wanted(step.get("if", "success()"), inputs, steps, job):
                continue
            if "uses" in step:
                outputs |= self._use(step, inputs, steps, job)
            elif step["name"] == "Install redigest" and not self.installs:
                environment_of_tests(self.temporary / "redigest" / "venv", self.source)
            else:
                outputs |= self._run(step, inputs, steps, job, env or {})
        job.outputs = {name: self._filled(one["value"], inputs, steps, job) for name, one in action["outputs"].items()}
        return job

    def _use(self, step: Mapping[str, Any], inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]], job: Job) -> Mapping[str, str]:
        given = {name: self._filled(str(value), inputs, steps, job) for name, value in step["with"].items()}
        name = step["uses"].partition("@")[0]
        job.used.append((name, given))
        return {"python-path": sys.executable} if name == "actions/setup-python" else {}

    def _run(
        self, step: Mapping[str, Any], inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]], job: Job, env: Mapping[str, str]
    ) -> Mapping[str, str]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "what stands in an expression would be read as shell"
        folder = self.temporary / "_runner_file_commands"
        folder.mkdir(parents=True, exist_ok=True)
        files = {name: folder / f"{name}_{uuid.uuid4()}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH")}
        for file in files.values():
            file.touch()
        script = self.temporary / f"{uuid.uuid4()}.sh"
        script.write_text(step["run"])
        around = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(CHECKOUT),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temporary),
            **{f"GITHUB_{name.upper()}": value for name, value in self.github.items() if name != "token"},
            **{name: str(file) for name, file in files.items()},
            **{name: self._filled(value, inputs, steps, job) for name, value in step.get("env", {}).items()},
        }
        ran = subprocess.run(
            [*BASH, str(script)],
            check=False,
            cwd=self.workspace,
            env={**os.environ, **env, **around},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="surrogateescape",
        )
        job.code = job.code or ran.returncode
        job.log += ran.stdout
        summary = files["GITHUB_STEP_SUMMARY"].read_bytes()
        job.summary += summary.decode() if len(summary) <= LARGEST_SUMMARY else ""
        assert files["GITHUB_ENV"].read_bytes() == files["GITHUB_PATH"].read_bytes() == b""
        return read_outputs(files["GITHUB_OUTPUT"].read_text(encoding="utf-8"))

    def _filled(self, text: str, inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]], job: Job) -> str:
        return _EXPRESSION.sub(lambda match: str(self._value(match[1].strip(), inputs, steps, job)), text)

    def _is_wanted(self, condition: str, inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]], job: Job) -> bool:
        inner = condition.removeprefix("${{").removesuffix("}}").strip()
        terms = [term.strip() for term in inner.split("&&")]
        asks_for_state = any(term in {"success()", "!cancelled()", "always()"} for term in terms)
        return (asks_for_state or job.code == 0) and all(self._term(term, inputs, steps, job) for term in terms)

    def _term(self, term: str, inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]], job: Job) -> bool:
        states: Mapping[str, Callable[[], bool]] = {"success()": lambda: job.code == 0, "!cancelled()": lambda: True, "always()": lambda: True}
        if term in states:
            return states[term]()
        left, _, right = term.partition(" != ")
        literal = re.fullmatch("'([^']*)'", right)
        assert literal is not None, term
        return self._value(left, inputs, steps, job) != literal[1]

    def _value(self, expression: str, inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]], job: Job) -> str:
        match expression.split("."):
            case ["inputs", name]:
                return inputs[name]
            case ["steps", step, "outputs", name]:
                return steps.get(step, {}).get(name, "")
            case ["github", name]:
                return self.github[name]
            case _:
                raise AssertionError(f"{expression}: an expression that the runner of the tests does not know ({job.code})")


def read_outputs(text: str) -> dict[str, str]:
    """Read what a step wrote to GITHUB_OUTPUT, as strictly as GitHub."""
    found, position = {}, 0
    while position < len(text):
        match = _HEREDOC.match(text, position)
        assert match is not None, text[position:]
        found[match["name"]] = match["value"]
        position = match.end()
    return found


def proposals_of(job: Job) -> list[dict[str, str]]:
    """The output `proposals`."""
    found = json.loads(job.outputs["proposals"])
    assert isinstance(found, list)
    return found
