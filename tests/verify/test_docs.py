"""What docs/verify.md shows of other programs is what happens; tests/docs follows its commands."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.clones.remotes import head
from tests.docs.pages import blocks
from tests.docs.scenes import program
from tests.samples import ETCD, TOOLS, WEB, git
from tests.verify.checking import BASE, Case, swapped

pytestmark = pytest.mark.needs("git", "bash")


def loaded(name: str) -> Any:
    """The file in YAML that begins with a comment of this name."""
    [text] = [block.text for block in blocks("docs/verify.md") if block.language == "yaml" and block.text.startswith(f"# {name}")]
    return yaml.safe_load(text)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One in which the command is found by its name."""
    program(tmp_path / "bin/redigest")
    return {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}


def bash(script: str, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=folder, env=environment, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.fixture
def case(tmp_path: Path) -> Case:
    made = Case.of(tmp_path)
    made.commit(swapped(BASE, ETCD, TOOLS, WEB))
    made.commit({**swapped(BASE, ETCD, TOOLS, WEB), "evil.sh": "evil\n"}, branch="evil", parents=(head(made.repository, "head"),))
    return made


def steps(job: Any) -> Iterator[Any]:
    yield from job["steps"]


def test_the_workflow_of_github_passes_swaps_and_nothing_else(case: Case, tmp_path: Path, environment: dict[str, str]) -> None:
    job = loaded(".github/workflows/redigest-verify.yaml")["jobs"]["verify"]
    [script] = [step["run"] for step in steps(job) if step.get("run", "").startswith("redigest verify")]
    script = script.replace("redigest verify", "redigest verify --offline --mapping ../schema1.csv --repository ../deploy.git")
    (tmp_path / "work").mkdir()
    base = head(case.repository)
    for branch, expected in (("head", 0), ("evil", 1)):
        variables = {**environment, "RUNNER_TEMP": str(tmp_path), "BASE": base, "HEAD": head(case.repository, branch)}
        code, said = bash(script, tmp_path / "work", variables)
        assert code == expected, said
        assert (tmp_path / "verify.md").read_text().startswith("# redigest verify")


@pytest.mark.parametrize("name", ["redigest.yaml", "redigest-verify.yaml"])
def test_workflows_have_few_permissions_and_pin_what_they_use(name: str) -> None:
    workflow = loaded(f".github/workflows/{name}")
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"]["contents"] == "read"
        for step in steps(job):
            assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", step["uses"]) if "uses" in step else "${{" not in step["run"]
            assert "uses" not in step or step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("is_merged", [False, True])
def test_the_job_of_gitlab_passes_swaps_and_nothing_else(*, is_merged: bool, case: Case, tmp_path: Path, environment: dict[str, str]) -> None:
    """In a pipeline of merged results the commit is a merge into the target branch, which may have moved on."""
    script = loaded("deploy.yml in platform/pipelines")["redigest-verify"]["script"][-1]
    script = script.replace("redigest verify", "redigest verify --offline --mapping ../schema1.csv --repository ../deploy.git")
    (tmp_path / "work").mkdir()
    base = head(case.repository)
    case.commit({**BASE, "later.txt": "x\n"}, branch="main", parents=(base,))
    for branch, expected in (("head", 0), ("evil", 1)):
        source = head(case.repository, branch)
        merge = git(case.repository, "commit-tree", f"{source}^{{tree}}", "-p", "main", "-p", source, "-m", "merge").decode().strip()
        variables = {**environment, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_COMMIT_SHA": merge if is_merged else source}
        if is_merged:
            variables["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"] = source
        code, said = bash(script, tmp_path / "work", variables)
        assert code == expected, said
        assert (tmp_path / "work/redigest.gl.json").exists()
