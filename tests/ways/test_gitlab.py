"""The component for GitLab: its inputs filled in as GitLab does, held against the schema of pipelines, and its scripts run."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.forge.conftest import gitlab
from tests.forge.fake import FakeForge
from tests.run.bot import deployment
from tests.samples import ETCD, STRANGER, legacy, mapping_csv, plant, repository
from tests.ways.runner import CHECKOUT
from tests.ways.test_files import tool

__all__ = ["gitlab"]

TEMPLATE = CHECKOUT / "templates/redigest/template.yml"
IMAGE = f"registry.example/redigest@sha256:{'0' * 64}"

HOSTILE = (
    "a b",
    "--help",
    "it's",
    '"$(touch owned)"',
    "`touch owned`",
    "${HOME}",
    "$CI_JOB_TOKEN",
    "'; touch owned; '",
    ": # [x] {y}",
    "é",
)


def spec() -> Mapping[str, Any]:
    header, _ = yaml.safe_load_all(TEMPLATE.read_text())
    inputs = header["spec"]["inputs"]
    assert isinstance(inputs, dict)
    return inputs


def filled(**given: object) -> str:
    """The jobs with inputs in their places: GitLab puts them into the text, and what is no string as JSON."""
    inputs = {**{name: one["default"] for name, one in spec().items() if "default" in one}, **{name.replace("_", "-"): value for name, value in given.items()}}
    _, _, jobs = TEMPLATE.read_text().partition("\n---\n")

    def value(match: re.Match[str]) -> str:
        found = inputs[match[1]]
        return found if isinstance(found, str) else json.dumps(found)

    return re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", value, jobs)


def jobs(**given: object) -> Mapping[str, Any]:
    found = yaml.safe_load(filled(image=IMAGE, **given))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    "given",
    [
        {},
        {
            "shards": 4,
            "check": True,
            "log_format": "json",
            "job_prefix": "digests",
            "schedule_variable": "REDIGEST",
            "config": "a: b #.yaml",
            "mapping": "'$(a)' \"`b`\": # [x] {y}",
            "strict": True,
            "path": "*: &a !b",
            "run": False,
        },
    ],
    ids=["defaults", "all"],
)
def test_gitlab_takes_the_jobs(tmp_path: Path, given: Mapping[str, object]) -> None:
    pipeline = tmp_path / ".gitlab-ci.yml"
    pipeline.write_text(filled(image=IMAGE, **given))
    tool("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", pipeline)
    assert "$[[" not in pipeline.read_text()


def test_two_schedules_do_not_meet() -> None:
    job, other = jobs(shards=2)["redigest-run"], jobs(shards=2, job_prefix="other", schedule_variable="REDIGEST")["other-run"]
    assert (job["resource_group"], other["resource_group"]) == tuple(f"{name}-run-$CI_NODE_INDEX-$CI_NODE_TOTAL" for name in ("redigest", "other"))
    assert [one["rules"][0]["if"].rpartition(" && ")[2] for one in (job, other)] == ["$CI_PIPELINE_SOURCE", "$REDIGEST"]
    assert re.fullmatch(spec()["schedule-variable"]["regex"], "REDIGEST")
    assert not re.fullmatch(spec()["schedule-variable"]["regex"], '"" || "1"')


def test_a_schedule_may_have_the_check_alone() -> None:
    assert [jobs(run=run)["redigest-run"]["rules"][0]["if"].split(" && ")[1] for run in (True, False)] == ['"true" == "true"', '"false" == "true"']


def test_no_input_stands_in_a_script() -> None:
    scripts = re.findall(r"^  script:\n(?:    .*\n)+", TEMPLATE.read_text(), re.MULTILINE)
    assert len(scripts) == 2
    assert not any("$[[" in script for script in scripts)


def test_the_documentation_has_every_input() -> None:
    _, _, page = (CHECKOUT / "docs/gitlab.md").read_text(encoding="utf-8").partition("\n## Inputs\n")
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE) == list(spec())


def play(job: Mapping[str, Any], folder: Path, *, shell: Sequence[str] = ("bash", "-eo", "pipefail"), **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script of a job as a runner does, in an image that has bash or only sh; variables of the job are filled in before."""
    program = folder / ".bin" / "redigest"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m redigest "$@"\n')
    program.chmod(0o755)
    own = {name: value["value"] if isinstance(value, dict) else value.replace("$CI_PROJECT_DIR", str(folder)) for name, value in job["variables"].items()}
    environment = {**os.environ, **own, **variables, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    return subprocess.run([*shell, "-c", "\n".join(job["script"])], cwd=folder, env=environment, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("shards", [1, 2])
def test_a_scheduled_pipeline_opens_merge_requests(gitlab: FakeForge, tmp_path: Path, shards: int) -> None:
    names = [f"platform/app-{number}" for number in range(4)]
    repositories = [gitlab.add(name, {"k8s/web.yaml": deployment(ETCD)}) for name in names]
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "schema1.csv").write_text(mapping_csv())
    config = {"mapping": ["schema1.csv"], "forges": [gitlab.config()], "repositories": [{"forge": "corp", "group": "platform"}]}
    (folder / "redigest.yaml").write_text(yaml.safe_dump(config))
    job = jobs(shards=shards)["redigest-run"]
    for index in range(1, shards + 1):
        node = {"CI_NODE_INDEX": str(index), "CI_NODE_TOTAL": str(shards)} if shards > 1 else {"CI_NODE_TOTAL": "1"}
        ran = play(job, folder, FORGE_TOKEN=gitlab.token, **node)
        assert ran.returncode == 0, ran.stderr
        assert all((folder / path).is_file() for path in job["artifacts"]["paths"])
    assert [len(repository.proposals()) for repository in repositories] == [1] * 4
    assert (folder / job["cache"]["paths"][0] / "redigest" / "clones").is_dir()


def test_a_merge_request_with_a_digest_to_swap_fails(tmp_path: Path) -> None:
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    (tmp_path / "redigest.yaml").write_text("mapping: [schema1.csv]\n")
    (tmp_path / "web.yaml").write_bytes(deployment(ETCD))
    job = jobs(check=True)["redigest-check"]
    assert play(job, tmp_path).returncode == 1
    (tmp_path / "web.yaml").write_bytes(deployment())
    assert play(job, tmp_path).returncode == 0


def test_a_merge_request_with_a_digest_to_drop_fails(tmp_path: Path) -> None:
    (tmp_path / "redigest.yaml").write_text("manifests: [m]\nunpin: true\n")
    (tmp_path / "web.yaml").write_text(f"image: {legacy(tmp_path)}\n")
    assert play(jobs(check=True)["redigest-check"], tmp_path).returncode == 1


@pytest.mark.parametrize(("strict", "code"), [(False, 0), (True, 1)])
def test_a_check_needs_no_configuration(tmp_path: Path, strict: bool, code: int) -> None:  # noqa: FBT001 -- an input
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    (tmp_path / "web.yaml").write_text(f"image: {STRANGER.before.replace('registry.redhat.io', 'registry.example')}\n")
    ran = play(jobs(check=True, mapping="schema1.csv", strict=strict)["redigest-check"], tmp_path)
    assert ran.returncode == code, ran.stderr
    assert "configuration" not in ran.stderr


def test_a_configuration_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    ran = play(jobs(check=True, config='it\'s "gone" #.yaml')["redigest-check"], tmp_path)
    assert (ran.returncode, 'it\'s "gone" #.yaml: there is no such file' in ran.stderr) == (2, True), ran.stderr
    for name in ("config", "mapping", "path"):
        assert re.fullmatch(spec()[name]["regex"], "a b.yaml")
        assert not re.fullmatch(spec()[name]["regex"], "a.yaml\n    X: y")


@pytest.mark.parametrize("shell", [("bash", "-eo", "pipefail"), ("sh", "-e")], ids=["bash", "sh"])
@pytest.mark.parametrize("name", HOSTILE)
def test_names_reach_redigest_as_they_are(tmp_path: Path, name: str, shell: Sequence[str]) -> None:
    """As names of a mapping file and of a folder, which is looked at, and no other."""
    config = f"{name}.config"
    plant(tmp_path, {f"{name}.csv": mapping_csv(), config: "{}\n", f"{name}/web.yaml": deployment(ETCD), "other/web.yaml": deployment(ETCD)})
    job = jobs(check=True, mapping=f"{name}.csv", path=name, config=config)["redigest-check"]
    ran = play(job, tmp_path, shell=shell)
    assert ran.returncode == 1, ran.stderr
    found = json.loads((tmp_path / "redigest.json").read_bytes())["sightings"]
    assert [one["path"] for one in found] == ["web.yaml"]
    assert not list(tmp_path.rglob("owned"))


def test_a_scheduled_pipeline_takes_the_mapping_that_is_named(tmp_path: Path) -> None:
    repository(tmp_path / "deploy", {"web.yaml": deployment(ETCD)})
    (tmp_path / "it's.csv").write_text(mapping_csv())
    (tmp_path / "fleet.yaml").write_text("repositories: [{path: deploy}]\n")
    ran = play(jobs(config="fleet.yaml", mapping="it's.csv")["redigest-run"], tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert json.loads((tmp_path / "redigest.json").read_bytes())["summary"]["swapped"] == 1
