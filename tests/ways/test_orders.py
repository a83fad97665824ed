"""No line that a command prints for people is an order to a runner of GitHub Actions, whatever repositories call their files."""

import json
from pathlib import Path

import pytest
import yaml

from tests.oneoff.command import redigest
from tests.samples import ETCD, STRANGER, TOOLS, git, mapping_csv, plant
from tests.ways.runner import Job

MAPPING = ("--mapping", "../schema1.csv")
NAMES = ("::error file=x::pwn.yaml", "##[add-mask]x.yaml", "::stop-commands::x/##[group]y.yaml", "  ::debug::x.yaml", "a ##[error]b.yml")
ESCAPED = f'image: "{TOOLS.name}@sha256:\\x{ord(TOOLS.old.hex[0]):02x}{TOOLS.old.hex[1:]}"\n'
CONTENT = f"""
"##[warning]key": {{image: "{ETCD.before}"}}
"::notice::key": {{image: "{STRANGER.before}"}}
"##[endgroup]": {{{ESCAPED.strip()}}}
# ##[command] {TOOLS.before}
"""


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    files = {f"deploy/{name}": CONTENT for name in NAMES} | {"deploy/##[section]broken.yaml": f"a: [\nimage: {ETCD.before}\n"}
    plant(tmp_path, {**files, "schema1.csv": mapping_csv()})
    git(tmp_path / "deploy", "init", "--quiet")
    git(tmp_path / "deploy", "add", "--all")
    git(tmp_path / "deploy", "commit", "--quiet", "--message", "Begin")
    (tmp_path / "redigest.yaml").write_text(yaml.safe_dump({"cache": "cache", "mapping": ["schema1.csv"], "repositories": [{"path": "deploy"}]}))
    return tmp_path / "deploy"


def orders(said: str) -> list[str]:
    """What the runner obeys of what was said."""
    return Job(log=said).annotations


@pytest.mark.parametrize("arguments", [("scan",), ("scan", "-v"), ("scan", "-q"), ("scan", "--check"), ("scan", "--check", "--strict"), ("fix", "-v")])
def test_a_scan_prints_no_order(arguments: tuple[str, ...], deploy: Path) -> None:
    code, output, errors = redigest(*arguments, *MAPPING, "--report", "../report.json", cwd=deploy)
    assert code in (0, 1)
    assert orders(output + errors) == []
    if "-v" in arguments or "--check" in arguments:
        assert ("./::error file=x::pwn.yaml:" in output + errors, r"#\x23[add-mask]x.yaml:" in output + errors) == (True, True)
    told = {sighting["path"] for sighting in json.loads((deploy.parent / "report.json").read_text())["sightings"]}
    assert set(NAMES) <= told


@pytest.mark.parametrize("flags", [("--dry-run",), ("--dry-run", "-v"), ("-v",), ("-q",), ("-v", "--log-format", "json")])
def test_a_run_prints_no_order(flags: tuple[str, ...], deploy: Path) -> None:
    code, output, errors = redigest("run", *flags, cwd=deploy.parent)
    assert code == 0, errors
    assert orders(output + errors) == []
    if "json" in flags:
        said = [json.loads(line)["message"] for line in errors.splitlines()]
        assert any("##[add-mask]x.yaml:" in line for line in said)
    if flags == ("-v",):
        assert r"#\x23[add-mask]x.yaml:" in errors


def test_an_explanation_and_an_error_print_no_order(deploy: Path) -> None:
    for name in NAMES:
        code, output, errors = redigest("scan", *MAPPING, "--report", f"./{name}", cwd=deploy)
        assert code == 2
        assert orders(output + errors) == []
    (deploy / "##[mapping].csv").write_bytes((deploy.parent / "schema1.csv").read_bytes())
    code, output, errors = redigest("explain", "--mapping", "##[mapping].csv", ETCD.before, cwd=deploy)
    assert (code, orders(output + errors), r"#\x23[mapping].csv" in output) == (0, [], True)
