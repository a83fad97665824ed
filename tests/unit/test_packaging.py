"""The artefacts that people install: the wheel, the wheel made from the source distribution, an editable install, a plain checkout."""

import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest
from build import ProjectBuilder

import redigest

CHECKOUT = Path(__file__).parents[2]
PACKAGE = CHECKOUT / "bot" / "redigest"

PROBE = """
import json
from redigest.resources import locate_rules

rules = locate_rules()
texts = {rule.name: rule.read_text(encoding="utf-8") for rule in rules.iterdir() if rule.name.endswith(".yaml")}
print(json.dumps([str(rules), texts]))
"""


@dataclass(frozen=True, slots=True)
class Install:
    """An environment that holds redigest and nothing else."""

    kind: str
    wheel: Path
    environment: Path

    def python(self, *arguments: str) -> str:
        """Run the interpreter of the environment, cut off from the one that runs the tests, and return what it prints."""
        return output(str(self.environment / "bin" / "python"), "-I", *arguments, cwd=self.environment)


@pytest.fixture(scope="module")
def rules() -> dict[str, str]:
    texts = {path.name: path.read_text(encoding="utf-8") for path in (CHECKOUT / "rules").glob("*.yaml")}
    assert texts
    return texts


@pytest.fixture(scope="module", params=["wheel", "sdist", "editable"])
def install(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Install:
    kind = str(request.param)
    folder = tmp_path_factory.mktemp(kind)
    wheel = build(kind, folder)
    venv.create(folder / "venv", symlinks=True)
    output(sys.executable, "-m", "pip", "--python", str(folder / "venv"), "install", "--quiet", "--no-index", "--no-deps", str(wheel), cwd=folder)
    return Install(kind, wheel, folder / "venv")


def build(kind: str, folder: Path) -> Path:
    if kind == "editable":
        return Path(ProjectBuilder(CHECKOUT).build("editable", folder))
    stop_at = ["--wheel"] if kind == "wheel" else []  # without it, the wheel is made from the source distribution
    output(sys.executable, "-m", "build", "--no-isolation", *stop_at, "--outdir", str(folder), str(CHECKOUT), cwd=folder)
    return next(folder.glob("*.whl"))


def output(*command: str, cwd: Path, **environment: str) -> str:
    return subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_rules_of_an_install_are_those_of_the_checkout(install: Install, rules: dict[str, str]) -> None:
    place, texts = json.loads(install.python("-c", PROBE))
    assert texts == rules
    if install.kind == "editable":
        assert Path(place) == CHECKOUT / "rules"
    else:
        assert Path(place).is_relative_to(install.environment)


def test_rules_of_a_plain_checkout_need_no_install(tmp_path: Path, rules: dict[str, str]) -> None:
    place, texts = json.loads(output(sys.executable, "-S", "-c", PROBE, cwd=tmp_path, PYTHONPATH=str(PACKAGE.parent)))
    assert Path(place) == CHECKOUT / "rules"
    assert texts == rules


def test_a_package_without_rules_says_that_they_are_missing(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "lib" / "redigest")
    with pytest.raises(subprocess.CalledProcessError) as failure:
        output(sys.executable, "-S", "-c", f"import sys; sys.stderr = sys.stdout\n{PROBE}", cwd=tmp_path, PYTHONPATH=str(tmp_path / "lib"))
    assert "the rules of redigest are missing" in failure.value.stdout
    assert str(tmp_path / "rules") in failure.value.stdout


def test_an_install_has_the_version_and_the_command(install: Install) -> None:
    version = install.python("-c", "from importlib.metadata import version; print(version('redigest'))")
    assert version.strip() == redigest.__version__
    assert (install.environment / "bin" / "redigest").is_file()


@pytest.mark.parametrize("install", ["wheel", "sdist"], indirect=True)
def test_a_wheel_holds_the_whole_package_and_nothing_else(install: Install) -> None:
    names = ZipFile(install.wheel).namelist()
    package = {f"redigest/{path.relative_to(PACKAGE).as_posix()}" for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert "redigest/py.typed" in package
    assert package <= set(names)
    assert {name.partition("/")[0] for name in names} == {"redigest", f"redigest-{redigest.__version__}.dist-info"}
