"""The workflow of a release: what its page says, and what its jobs may do."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.samples import git, plant, repository
from tests.ways.runner import BASH, CHECKOUT

IMAGE = f"ghcr.io/acme/redigest@sha256:{'0' * 64}"
CHANGELOG = """\
# Changelog

## [Unreleased]

- Not yet.

## [1.10.0] - 2026-02-03

### Added

- "Quotes", `ticks` and $(touch owned).

## [1.1.0] - 2026-01-02

- The first one.
"""


def release_jobs() -> Mapping[str, Any]:
    found = yaml.safe_load((CHECKOUT / ".github/workflows/release.yml").read_text())["jobs"]
    assert isinstance(found, dict)
    return found


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """A checkout, in a folder that also has a program `gh` which says what it was given."""
    program = plant(tmp_path, {"bin/gh": '#!/bin/sh\nprintf "%s\\n" "$@"\nprintenv GH_TOKEN\n'}) / "bin" / "gh"
    program.chmod(0o755)
    (tmp_path / "redigest" / ".github" / "release").mkdir(parents=True)
    shutil.copy(CHECKOUT / ".github/release/notes", tmp_path / "redigest" / ".github" / "release")
    return repository(tmp_path / "redigest", {"CHANGELOG.md": CHANGELOG})


def step(job: str, name: str, checkout: Path, *, tag: str) -> subprocess.CompletedProcess[str]:
    """Run a step of a job as a runner does."""
    (script,) = [one["run"] for one in release_jobs()[job]["steps"] if one.get("name") == name]
    told = {"GITHUB_REF_NAME": tag, "RUNNER_TEMP": str(checkout.parent), "IMAGE": IMAGE, "GH_TOKEN": "of-the-job"}
    path = f"{checkout.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run([*BASH, "-c", script], cwd=checkout, env={**os.environ, **told, "PATH": path}, check=False, capture_output=True, text=True)


def test_the_page_of_a_release_says_what_changed_and_names_the_commit_and_the_image(tagged: Path) -> None:
    ran = step("release", "Make the page", tagged, tag="v1.10.0")
    assert ran.returncode == 0, ran.stderr
    notes = tagged.parent / "notes.md"
    given = ["release", "create", "v1.10.0", "--verify-tag", "--title", "redigest 1.10.0", "--notes-file", str(notes)]
    assert ran.stdout.splitlines() == [*given, "of-the-job"]
    commit = git(tagged, "rev-parse", "HEAD").decode().strip()
    assert (
        notes.read_text()
        == f"""
### Added

- "Quotes", `ticks` and $(touch owned).

### What to name

- The commit, for the GitHub Action and the GitLab component: `{commit}`
- The container image: `{IMAGE}`
"""
    )
    assert not (tagged / "owned").exists()


@pytest.mark.parametrize("tag", ["v1.1.1", "v1.1", "v2.0.0", "v"])
def test_a_version_of_which_the_changelog_says_nothing_is_not_built(tagged: Path, tag: str) -> None:
    for job, name in (("build", "See that the changelog has the version"), ("release", "Make the page")):
        ran = step(job, name, tagged, tag=tag)
        assert (ran.returncode, "gh" in ran.stdout) == (1, False)
        assert f"it says nothing of version {tag[1:]}; " in ran.stderr
    assert step("build", "See that the changelog has the version", tagged, tag="v1.1.0").returncode == 0


def test_the_page_comes_last_and_its_job_may_do_nothing_else() -> None:
    jobs = release_jobs()
    assert [name for name, job in jobs.items() if job["permissions"].get("contents") == "write"] == ["release"]
    assert jobs["release"]["permissions"] == {"contents": "write"}
    assert sorted(jobs["release"]["needs"]) == ["image", "publish"]
    assert jobs["image"]["outputs"] == {"image": "${{ steps.push.outputs.image }}"}
