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
from tests.ways.runner import CHECKOUT

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
    [step] = [step for step in steps(job) if step.get("run", "").startswith("redigest verify")]
    script = step["run"].replace("redigest verify", "redigest verify --offline --mapping ../schema1.csv --repository ../deploy.git")
    (tmp_path / "work").mkdir()
    git(case.repository, "update-ref", "refs/remotes/origin/main", head(case.repository))
    base = step["env"]["BASE"].replace("${{ github.event.repository.default_branch }}", "main")
    for branch, expected in (("head", 0), ("evil", 1)):
        variables = {**environment, "RUNNER_TEMP": str(tmp_path), "BASE": base, "HEAD": head(case.repository, branch)}
        code, said = bash(script, tmp_path / "work", variables)
        assert code == expected, said
        assert (tmp_path / "verify.md").read_text().startswith("# redigest verify")


def test_the_workflow_of_github_approves_for_the_default_branch_alone() -> None:
    """PyYAML takes the key `on` for true, as YAML 1.1 has it."""
    workflow = loaded(".github/workflows/redigest-verify.yaml")
    job = workflow["jobs"]["verify"]
    assert job["if"] == "startsWith(github.head_ref, 'redigest/') && github.event.pull_request.base.ref == github.event.repository.default_branch"
    assert workflow[True] == {"pull_request_target": {"branches": ["main"], "types": ["opened", "reopened", "synchronize", "edited"]}}
    [checkout] = [step["with"] for step in steps(job) if "uses" in step]
    assert checkout["ref"] == "${{ github.event.repository.default_branch }}"


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
    case.commit({**BASE, "later.txt": "x\n"}, branch="main", parents=(head(case.repository),))
    git(tmp_path, "clone", "--quiet", "deploy.git", "work")
    for branch, expected in (("head", 0), ("evil", 1)):
        source = head(case.repository, branch)
        merge = git(case.repository, "commit-tree", f"{source}^{{tree}}", "-p", "main", "-p", source, "-m", "merge").decode().strip()
        variables = {**environment, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_COMMIT_SHA": merge if is_merged else source}
        if is_merged:
            variables["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"] = source
        code, said = bash(script_of_gitlab(), tmp_path / "work", variables)
        assert code == expected, said
        assert (tmp_path / "work/redigest.gl.json").exists()


def script_of_gitlab() -> str:
    """What the job runs but for the installation."""
    install, *lines = loaded("deploy.yml in platform/pipelines")["redigest-verify"]["script"]
    assert install.startswith("pip install")
    return "\n".join(lines).replace("redigest verify", "redigest verify --offline --mapping ../schema1.csv")


def test_the_job_of_gitlab_goes_by_the_target_branch_as_it_is_now(tmp_path: Path, environment: dict[str, str]) -> None:
    """Whoever makes a branch can begin it at an old commit, which allowed more than the branch does now."""
    config = {"redigest.yaml": "mentions: true\n"}
    written = f"a: {ETCD.before} # {ETCD.before}\n"
    case = Case.of(tmp_path, {"a.yaml": written, **config})
    old = head(case.repository)
    case.commit({"a.yaml": written.replace(ETCD.old.hex, ETCD.new.hex), **config})
    variables = {**environment, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_DIFF_BASE_SHA": old}
    variables["CI_COMMIT_SHA"] = head(case.repository, "head")
    git(tmp_path, "clone", "--quiet", "deploy.git", "work")
    code, said = bash(script_of_gitlab(), tmp_path / "work", variables)
    assert code == 0, said
    case.commit({"a.yaml": written, "redigest.yaml": "mentions: false\n"}, branch="main", parents=(old,))
    code, said = bash(script_of_gitlab(), tmp_path / "work", variables)
    assert (code, "in a place that is to be left alone: a comment" in said) == (1, True), said


def test_the_job_of_gitlab_is_there_for_the_default_branch_alone() -> None:
    job = loaded("deploy.yml in platform/pipelines")["redigest-verify"]
    [rule] = job["rules"]
    assert rule["if"].endswith(" && $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == $CI_DEFAULT_BRANCH")
    assert job["script"][1] == (
        'git fetch --no-tags origin "+refs/heads/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME:refs/remotes/origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"'
    )


TOLD = [
    "BASE must be a branch that the bot cannot push to",
    "A merge request for which the rules leave the job out has a pipeline that succeeds without it",
    "Either have the rules of the project ask for approvals",
    "or run the job for every merge request of the user of the bot",
]


@pytest.mark.parametrize("words", TOLD)
def test_says_what_else_it_takes(words: str) -> None:
    assert words in (CHECKOUT / "docs/verify.md").read_text()
