"""The files that forges, clusters and schedulers read: each is held against what its own tool, or the schema of its reader, says of it."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from redigest.config import Config
from redigest.config_file import parse
from tests.docs.pages import blocks
from tests.ways.runner import CHECKOUT

BIN = Path(sys.executable).parent
WORKFLOWS = sorted((CHECKOUT / ".github/workflows").glob("*.yml"))
DOCUMENTED = re.compile(r"# \.github/workflows/(?P<name>[a-z-]+\.yml)\n")
PINNED = re.compile(r"uses: (?:\./|[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+@[0-9a-f]{40}) #.*")


def tool(name: str, *arguments: object) -> str:
    """Run a program of the environment of the tests, which must be content; give what it says."""
    ran = subprocess.run([BIN / name, *map(str, arguments)], cwd=CHECKOUT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


def documented_workflows() -> Iterator[tuple[str, str]]:
    """The workflows of the documentation by name, with what a reader fills in."""
    for block in blocks("docs/github-action.md"):
        if match := DOCUMENTED.match(block.text):
            yield match["name"], block.text.replace("OWNER/redigest@COMMIT", f"acme/redigest@{'0123456789' * 4}")


@pytest.fixture(scope="module")
def workflows(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The workflows of the project, and those of the documentation as a reader has them."""
    folder = tmp_path_factory.mktemp("documented") / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name, text in documented_workflows():
        (folder / name).write_text(text)
    documented = sorted(folder.iterdir())
    assert len(documented) == 3
    return [*WORKFLOWS, *documented]


def test_the_action_fits_the_schema_of_actions() -> None:
    tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")


def test_workflows_fit_their_schema_and_end_in_time(workflows: list[Path]) -> None:
    for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        tool("check-jsonschema", "--builtin-schema", schema, *workflows)


def test_the_updates_of_dependencies_fit_their_schema() -> None:
    tool("check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")


def test_zizmor_finds_nothing_in_actions_and_workflows(workflows: list[Path]) -> None:
    tool("zizmor", "--offline", "--no-progress", "--persona=pedantic", "action.yml", ".github/dependabot.yml", *workflows)


def test_zizmor_would_find_something(tmp_path: Path) -> None:
    (tmp_path / "action.yml").write_text(
        (CHECKOUT / "action.yml").read_text().replace("redigest.github_action run", "redigest.github_action ${{ inputs.mode }}")
    )
    with pytest.raises(AssertionError, match="template-injection"):
        tool("zizmor", "--offline", "--no-progress", "--persona=pedantic", tmp_path / "action.yml")


def test_actionlint_finds_nothing(workflows: list[Path]) -> None:
    if shutil.which("actionlint") is None:
        pytest.skip("not installed: actionlint; it is in no package that tests/install-programs can install, so this is left out in CI too")
    subprocess.run(["actionlint", *workflows], check=True)


def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it(workflows: list[Path]) -> None:
    """But for our own, of which there is no version yet."""
    for path in (CHECKOUT / "action.yml", *workflows):
        used = re.findall(r"uses: .*", path.read_text())
        assert used, path
        assert [line for line in used if not PINNED.fullmatch(line) and line != f"uses: acme/redigest@{'0123456789' * 4}"] == [], path


def test_no_workflow_has_a_permission_that_it_does_not_name(workflows: list[Path]) -> None:
    for path in workflows:
        workflow = yaml.safe_load(path.read_text())
        assert workflow["permissions"] == {}, path
        assert all("permissions" in job for job in workflow["jobs"].values()), path


def test_the_documentation_has_every_input_and_output_of_the_action() -> None:
    action = yaml.safe_load((CHECKOUT / "action.yml").read_text())
    _, _, rest = (CHECKOUT / "docs/github-action.md").read_text(encoding="utf-8").partition("\n## Inputs\n")
    inputs, _, outputs = rest.partition("\n## Outputs\n")
    assert re.findall(r"^\| `([a-z-]+)` \|", inputs, re.MULTILINE) == list(action["inputs"])
    assert re.findall(r"^\| `([a-z-]+)` \|", outputs, re.MULTILINE) == list(action["outputs"])


def test_the_examples_give_the_action_no_input_that_it_does_not_have() -> None:
    known = yaml.safe_load((CHECKOUT / "action.yml").read_text())["inputs"].keys()
    steps = [step for _, text in documented_workflows() for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
    given = [step["with"].keys() for step in steps if step["uses"].startswith("acme/redigest@")]
    assert len(given) == 3
    assert [names - known for names in given if names - known] == []


@pytest.mark.parametrize("script", [".github/action/install", ".github/release/build", ".github/release/notes", ".ci/run", "tests/install-programs"])
def test_shellcheck_finds_nothing_in_scripts(script: str) -> None:
    tool("shellcheck", script)


@pytest.mark.skipif((sys.platform, platform.machine()) != ("linux", "x86_64"), reason="NOT LINTED: hadolint has a wheel for Linux on x86-64 only")
def test_hadolint_finds_nothing_in_the_containerfile() -> None:
    tool("hadolint", "Containerfile")


def test_buildkit_reads_the_containerfile_as_it_is_meant() -> None:
    dockerfile = pytest.importorskip("dockerfile", reason="the parser of BuildKit has no wheel for this platform")
    commands = dockerfile.parse_file(str(CHECKOUT / "Containerfile"))
    bases = [command.value[0] for command in commands if command.cmd.lower() == "from"]
    assert len(bases) == 2
    assert len(set(bases)) == 1, "what is built on one base may not run on another"
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-bookworm@sha256:[0-9a-f]{64}", bases[0])
    assert [command.value for command in commands if command.cmd.lower() == "user"] == [("10001:10001",)]
    copied = {name for command in commands if command.cmd.lower() == "copy" and not command.flags for name in command.value[:-1]}
    allowed = {line.removeprefix("!").partition("/")[0] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == allowed
    assert not (CHECKOUT / ".containerignore").exists(), "Podman would read it in place of the other, and Docker would not"
    assert all((CHECKOUT / name).exists() for name in copied)


def test_redigest_has_nothing_to_say_of_its_own_files() -> None:
    told = tool("redigest", "scan", "--offline", "--manifests", "rules", "Containerfile")
    assert "2 unknown" in told
    assert "0 digests to swap" in told


OBJECTS = CHECKOUT / "deploy/kubernetes/redigest.yaml"


def kubernetes() -> dict[str, Any]:
    return {one["kind"]: one for one in yaml.safe_load_all(OBJECTS.read_text())}


def test_kubernetes_takes_the_objects() -> None:
    told = tool("kubernetes-validate", "--strict", OBJECTS)
    assert told.count(" passed for resource ") == len(kubernetes()) == 4


def test_kubernetes_would_not_take_others(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(OBJECTS.read_text().replace("concurrencyPolicy:", "concurrencyPolitics:"))
    with pytest.raises(AssertionError, match="concurrencyPolitics"):
        tool("kubernetes-validate", "--strict", wrong)


def test_the_objects_fit_together() -> None:
    objects = kubernetes()
    config = parse(objects["ConfigMap"]["data"]["redigest.yaml"].encode(), Config, where="redigest.yaml")
    pod = objects["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    variables = {one["name"]: one["valueFrom"]["secretKeyRef"]["key"] for one in container["env"]}
    assert {forge.token_env for forge in config.forges} == variables.keys()
    assert set(variables.values()) == objects["Secret"]["stringData"].keys()
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes.keys()
    assert volumes["cache"]["persistentVolumeClaim"]["claimName"] == objects["PersistentVolumeClaim"]["metadata"]["name"]
    assert container["securityContext"]["readOnlyRootFilesystem"]


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with a program that is there in place of the one that a reader installs."""
    for unit in (CHECKOUT / "deploy/systemd").glob("redigest.*"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/redigest/bin/redigest", "/bin/true"))
    return tmp_path


@pytest.mark.needs("systemd-analyze")
def test_systemd_takes_the_units(units: Path) -> None:
    ran = subprocess.run(["systemd-analyze", "verify", *units.iterdir()], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert (ran.returncode, ran.stdout) == (0, "")
    (units / "redigest.service").write_text((units / "redigest.service").read_text().replace("ProtectHome=", "ProtectHomes="))
    assert "ProtectHomes" in subprocess.run(["systemd-analyze", "verify", *units.iterdir()], check=False, capture_output=True, text=True).stderr


@pytest.mark.needs("systemd-analyze")
def test_the_service_is_exposed_to_little(units: Path) -> None:
    """Of ten, which is a service that may do everything, no more than two."""
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", str(units / "redigest.service")]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def test_a_shell_reads_the_example_of_the_environment_as_systemd_does(tmp_path: Path) -> None:
    """systemd.exec(5): single quotes keep all but themselves."""
    value = r"a b $HOME `id` \ % # ;"
    (tmp_path / "environment").write_text((CHECKOUT / "deploy/systemd/environment.example").read_text().replace("replace-me", value))
    ran = subprocess.run(["/bin/sh", "-c", f"set -a; . {tmp_path}/environment; printenv GITLAB_TOKEN"], check=True, capture_output=True, text=True)
    assert ran.stdout == f"{value}\n"


CRON = re.compile(r"(?:\S+ ){5}redigest (?P<command>.+)")


def cron_command(folder: Path) -> str:
    """The command of the line for cron, with the folders of a test in place of those of a machine."""
    (line,) = [line for line in (CHECKOUT / "deploy/cron/redigest").read_text().splitlines() if re.match(r"[0-9*]", line)]
    match = CRON.fullmatch(line)
    assert match is not None, line
    assert "%" not in match["command"], "cron reads it as the end of a line"
    return match["command"].replace("/etc/redigest", str(folder)).replace("/var/cache/redigest", str(folder))


@pytest.mark.needs("flock")
def test_cron_runs_it_with_the_tokens_of_a_file_and_never_twice_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "environment").write_text("GITLAB_TOKEN='a b'\n")
    program = tmp_path / "redigest"
    program.write_text('#!/bin/sh\necho "$GITLAB_TOKEN $*"\n')
    program.chmod(0o755)
    command = ["/bin/sh", "-c", cron_command(tmp_path)]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    first = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert first.stdout == f"a b run --quiet --config {tmp_path}/redigest.yaml\n"
    holding = ["flock", str(tmp_path / "cron.lock"), "/bin/sh", "-c", "echo held; read -r line"]
    with subprocess.Popen(holding, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        second = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        holder.stdin.close()
    assert (second.returncode, second.stdout, second.stderr) == (75, "", "")
