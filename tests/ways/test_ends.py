"""How the steps of the action end where what is around them is not as it should be."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from redigest.github_action.__main__ import main
from redigest.github_action.inputs import VARIABLES
from redigest.secret import Secret


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """What a runner and the step before say to the last step of a check of an empty workspace."""
    folders = {name: tmp_path / name.lower() for name in ("GITHUB_WORKSPACE", "RUNNER_TEMP", "REDIGEST_FOLDER")}
    for folder in folders.values():
        folder.mkdir()
    (folders["REDIGEST_FOLDER"] / "redigest.yaml").write_text("{}")
    files = {name: tmp_path / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    monkeypatch.chdir(folders["GITHUB_WORKSPACE"])
    told = {**dict.fromkeys(VARIABLES, "1"), "GITHUB_REPOSITORY": "acme/deploy", "GITHUB_API_URL": "https://api.github.com", "INPUT_MODE": "check"}
    return {**told, **{name: str(path) for name, path in {**folders, **files}.items()}}


@pytest.mark.parametrize("name", [*VARIABLES, "REDIGEST_FOLDER"])
@pytest.mark.parametrize("value", ["", None])
def test_every_variable_that_is_not_set_is_named(name: str, value: str | None, around: Mapping[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    given = {other: told for other, told in {**around, name: value}.items() if told is not None}
    assert main("run", given) == 2
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"::error title=redigest::{name}: not set; ")


def test_a_step_that_is_none_is_refused(around: Mapping[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main("", around) == 2
    assert "one of prepare, run" in capsys.readouterr().out


def test_what_nobody_expects_ends_a_step_with_4_and_gives_no_secret_away(around: Mapping[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = Secret("a-long-password")
    given = {**around, "GITHUB_OUTPUT": str(tmp_path / f"{secret.reveal()}\n::error::owned" / "output")}
    for step in ("prepare", "run"):
        assert main(step, given) == 4
        said = capsys.readouterr().out.splitlines()
        assert any(line.startswith("Traceback ") for line in said)
        assert said[-1].startswith("::error title=redigest::unexpected FileNotFoundError: ")
        assert not any(line.startswith("::error::owned") or secret.reveal() in line for line in said)
