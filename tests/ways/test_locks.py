"""The files of locked dependencies: what the action and the image install is what the project asks for, and nothing that has no hash."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.ways.runner import CHECKOUT, Runner

LOCK, BUILD_LOCK = CHECKOUT / "requirements.lock", CHECKOUT / "requirements-build.lock"
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
ENTRY = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;]+)(?: ; (?P<marker>[^\\]+?))? (?P<hashes>(?:\\\n    --hash=sha256:[0-9a-f]{64} ?)+)$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Locked:
    version: Version
    marker: Marker | None
    hashes: int


def locked(path: Path) -> dict[str, Locked]:
    text = path.read_text()
    found = {
        match["name"]: Locked(Version(match["version"]), Marker(match["marker"]) if match["marker"] else None, match["hashes"].count("--hash="))
        for match in ENTRY.finditer(text)
    }
    assert ENTRY.sub("", text).split("make lock\n")[1].strip() == "", "all of the file is understood"
    return found


@pytest.mark.parametrize("path", [LOCK, BUILD_LOCK], ids=lambda path: path.name)
def test_every_dependency_has_hashes_and_no_address(path: Path) -> None:
    found = locked(path)
    assert found
    assert [name for name, one in found.items() if not one.hashes] == []
    assert "://" not in path.read_text()
    assert "--index-url" not in path.read_text()


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize(
    ("path", "asked"),
    [(LOCK, PROJECT["project"]["dependencies"]), (BUILD_LOCK, PROJECT["build-system"]["requires"])],
    ids=["run", "build"],
)
def test_the_lock_is_what_the_project_asks_for(path: Path, asked: list[str], python: str) -> None:
    around = {"python_version": python, "python_full_version": f"{python}.0", "implementation_name": "cpython", "platform_python_implementation": "CPython"}
    found = {name: one for name, one in locked(path).items() if one.marker is None or one.marker.evaluate(around)}
    for requirement in map(Requirement, asked):
        if requirement.marker is None or requirement.marker.evaluate(around):
            name = canonicalize_name(requirement.name)
            assert name in found, f"{name}: run `make lock`"
            assert requirement.specifier.contains(found[name].version, prereleases=True), f"{name}: run `make lock ARGS=--upgrade`"


@pytest.mark.network
def test_the_action_installs_itself_with_what_is_locked(runner: Runner) -> None:
    installing = Runner(runner.workspace, runner.temporary, runner.github, installs=True)
    job = installing.act({"mode": "check", "mapping": "schema1.csv"})
    assert job.code == 0, job.log
    assert (runner.temporary / "redigest/venv/bin/redigest").is_file()
    assert "redigest, version" in job.log
