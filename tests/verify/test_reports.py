"""What a check says, on the terminal and in files."""

import contextlib
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft4Validator, Draft202012Validator

from redigest.find import find
from redigest.report.verification import WRITERS
from redigest.verification.violations import Fault
from tests.run.bot import deployment
from tests.samples import ETCD, RULES, STRANGER, TOOLS, WEB, Image, digest, mapping_csv, repository
from tests.verify.checking import BASE, Case, said, swapped
from tests.ways.runner import Job

pytestmark = pytest.mark.needs("git")

GOOD = swapped(BASE, ETCD, TOOLS, WEB)
SCHEMA = Path(__file__).parents[1] / "sarif/schemas/sarif-schema-2.1.0.json"
HOSTILE = "::error::\x1b[31m\u202e`|"


@pytest.fixture
def bad(tmp_path: Path) -> Case:
    made = Case.of(tmp_path)
    made.commit({**GOOD, "evil.sh": "evil\n", HOSTILE: "x", "k8s/again.yaml": BASE["k8s/again.yaml"]})
    return made


def test_writes_violations_as_data(bad: Case) -> None:
    assert bad.verify("--report", "r.json").code == 1
    record = json.loads((bad.folder / "r.json").read_bytes())
    assert record["passed"] is False
    assert [(item["rule"], item["path"], item["line"], item["column"]) for item in record["violations"]] == [
        ("file", r"::error::\x1b[31m\u202e`|", 1, 1),
        ("file", "evil.sh", 1, 1),
        ("left-behind", "k8s/again.yaml", 10, 55),
    ]
    assert len(record["swaps"]) == 5
    assert record["kind"] == "verification"


@pytest.mark.parametrize("is_bad", [True, False])
@pytest.mark.parametrize("suffix", WRITERS)
def test_its_reports_are_known_as_such_when_they_are_left_in_a_tree(suffix: str, tmp_path: Path, *, is_bad: bool) -> None:
    case = Case.of(tmp_path)
    case.commit({"k8s/web.yaml": GOOD["k8s/web.yaml"]} if is_bad else GOOD)
    assert case.verify("--report", f"r{suffix}").code == is_bad
    found = find(f"r{suffix}", (case.folder / f"r{suffix}").read_bytes(), RULES).sightings
    assert {sighting.reason for sighting in found} <= {"a report of redigest"}
    assert found or suffix in (".gl.json", ".sarif")


@pytest.mark.parametrize("is_bad", [True, False])
def test_writes_what_the_published_schema_says(tmp_path: Path, *, is_bad: bool) -> None:
    case = Case.of(tmp_path)
    case.commit({**GOOD, HOSTILE: "x"} if is_bad else GOOD)
    assert case.verify("--report", "r.json").code == is_bad
    record = json.loads((case.folder / "r.json").read_bytes())
    published = (Path(__file__).parents[2] / "docs/schemas/verification.schema.json").read_bytes()
    assert [error.message for error in Draft202012Validator(json.loads(published)).iter_errors(record)] == []
    assert record["passed"] is not is_bad


def test_writes_valid_sarif(bad: Case) -> None:
    assert bad.verify("--report", "r.sarif").code == 1
    log = json.loads((bad.folder / "r.sarif").read_bytes())
    assert [error.message for error in Draft4Validator(json.loads(SCHEMA.read_bytes())).iter_errors(log)] == []
    [run] = log["runs"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {f"verify-{fault}" for fault in Fault}
    found = [(item["ruleId"], item["level"], item["locations"][0]["physicalLocation"]) for item in run["results"]]
    assert [(rule, level) for rule, level, _ in found] == [("verify-file", "error"), ("verify-file", "error"), ("verify-left-behind", "error")]
    assert found[2][2] == {"artifactLocation": {"uri": "k8s/again.yaml", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 10, "startColumn": 55}}


def test_writes_code_quality(bad: Case) -> None:
    assert bad.verify("--report", "r.gl.json").code == 1
    issues = json.loads((bad.folder / "r.gl.json").read_bytes())
    assert [(issue["check_name"], issue["location"]["path"], issue["location"]["lines"]["begin"]) for issue in issues][1:] == [
        ("verify-file", "evil.sh", 1),
        ("verify-left-behind", "k8s/again.yaml", 10),
    ]
    assert len({issue["fingerprint"] for issue in issues}) == 3


def test_writes_reports_without_results_for_what_passes(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(GOOD)
    assert case.verify("--report", "r.sarif", "--report", "r.gl.json").code == 0
    assert json.loads((tmp_path / "r.sarif").read_bytes())["runs"][0]["results"] == []
    assert json.loads((tmp_path / "r.gl.json").read_bytes()) == []


def test_writes_the_evidence_of_every_swap(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(swapped(BASE, WEB))
    assert case.verify("--report", "r.json", "--report", "r.md").code == 0
    [swap] = json.loads((tmp_path / "r.json").read_bytes())["swaps"]
    assert (swap["path"], swap["digest"], swap["replacement"]) == ("run.sh", str(WEB.old), str(WEB.new))
    assert [item["kind"] for item in swap["evidence"]] == ["mapping"]
    assert str(WEB.new) in (tmp_path / "r.md").read_text()


def test_a_large_change_has_room_in_a_job_summary(tmp_path: Path) -> None:
    base = {f"{number}.env": f"IMAGE={ETCD.before}\n" * 2000 for number in range(3)}
    case = Case.of(tmp_path, base)
    case.commit({**swapped(base, ETCD), "evil.sh": "x"})
    assert case.verify("--report", "r.md").code == 1
    content = (tmp_path / "r.md").read_bytes()
    assert (1 << 20) * 0.9 < len(content) <= 1 << 20
    assert b"a file was added" in content[:1000]
    assert content.endswith(b"\nThe rest has no room here; a report in JSON has all of it.\n")


def test_says_nothing_that_a_terminal_or_a_runner_takes_for_an_order(bad: Case) -> None:
    said = bad.verify("--report", "r.md")
    assert r"./::error::\x1b[31m\u202e`|:1:1: a file was added" in said.lines
    for text in (said.text, (bad.folder / "r.md").read_text()):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert not [line for line in text.splitlines() if line.lstrip().startswith(("::", "##["))]


ORDER = "##[error]x"


def test_says_nothing_that_a_runner_obeys_in_the_middle_of_a_line(tmp_path: Path) -> None:
    """A runner of GitHub Actions obeys `##[command]` wherever it stands in a line."""
    broken = f'b: "{ETCD.before[:60]}\\\n  {ETCD.before[60:]}"\n'
    base = {f"a {ORDER}.yaml": f"image: {ETCD.before}\n", f"b {ORDER}.yaml": f"image: {ETCD.before}\n", f"c {ORDER}.yaml": broken, f"d {ORDER}.yaml": "a: [\n"}
    case = Case.of(tmp_path, base)
    (tmp_path / f"{ORDER}.csv").write_text(mapping_csv())
    case.commit({**base, f"a {ORDER}.yaml": f"image: {ETCD.after}\n", f"new {ORDER}": "x"})
    checked = case.verify("-v", "--mapping", f"{ORDER}.csv", mapping=False)
    assert checked.code == 1
    assert len([line for line in checked.text.splitlines() if r"#\x23[error]x" in line]) >= 4, checked.text
    assert Job(log=checked.text).annotations == []
    (tmp_path / "change.patch").write_text(f"--- a/{ORDER}\n+++ b/{ORDER}\n@@ -1 +1 @@\n-a\n+b\n")
    for patch in (f"--- a/{ORDER}\n+++ b/{ORDER}\n@@ -1 +1 @@\n-a\n+b\n", f"{ORDER}\n"):
        (tmp_path / "change.patch").write_text(patch)
        checked = case.verify("--patch", "change.patch", revisions="main")
        assert (checked.code, Job(log=checked.text).annotations) == (2, []), checked.text


def test_says_only_what_is_wrong_when_quiet(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(GOOD)
    assert case.verify("-q").text == ""
    case.commit({**GOOD, "evil.sh": "evil\n"})
    assert len(case.verify("-q").text.splitlines()) == 2


@pytest.mark.parametrize("flags", [(), ("-q",), ("-v",)])
def test_prints_what_is_wrong_for_machines_and_all_else_for_people(flags: tuple[str, ...], bad: Case) -> None:
    """As `scan --check` does, and in this order where both go to one place."""
    checked = bad.verify(*flags)
    assert [line.rpartition(":1: ")[0] or line.partition(": ")[0] for line in checked.output.splitlines()] == [
        r"./::error::\x1b[31m\u202e`|:1",
        "evil.sh:1",
        "k8s/again.yaml:10:55",
    ]
    assert "evil.sh" not in checked.errors
    assert checked.errors.splitlines()[-1].endswith("does not pass: 3 violations")
    given = ("--offline", "--mapping", str(bad.folder / "schema1.csv"), "--repository", str(bad.repository), *flags)
    command = [sys.executable, "-m", "redigest", "verify", *given, "main..head"]
    both = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout.decode().splitlines()
    assert (both[-1].endswith(" violations"), ":10:55: " in both[-2] or flags == ("-v",)) == (True, True), both


def test_prints_nothing_for_machines_where_nothing_is_wrong(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(GOOD)
    assert case.verify("-v").output == ""


def test_names_no_problems_of_files_that_were_not_touched(tmp_path: Path) -> None:
    """They are those of `redigest scan`, and a hundred of them hide one violation."""
    broken = f"a: [\n# {TOOLS.before}\n"
    base = {f"k8s/{number}.yaml": broken for number in range(3)} | {"a.yaml": f"image: {ETCD.before}\n", "b.yaml": f"a: [\n# {ETCD.before}\n", "c.yaml": broken}
    case = Case.of(tmp_path, base)
    case.commit({**base, "a.yaml": f"image: {ETCD.after}\n", "c.yaml": f"{broken}\n"})
    checked = case.verify()
    assert [line.split(":")[:2] for line in checked.errors.splitlines()[:-1]] == [
        ["problem", " b.yaml"],
        ["problem", " c.yaml"],
        ["3 more problems of files that the change does not touch; name them with -v"],
    ], checked.errors
    assert [line.split(":")[1] for line in case.verify("-v").errors.splitlines() if line.startswith("problem: ")][2:] == [f" k8s/{n}.yaml" for n in range(3)]
    assert "problem" not in case.verify("-q").errors
    assert case.verify("--report", "r.json").code == 1
    assert len(json.loads((tmp_path / "r.json").read_bytes())["problems"]) == 5


def test_names_a_hundred_violations_of_one_file(tmp_path: Path) -> None:
    case = Case.of(tmp_path, {"a.txt": "a\n" * 1000})
    case.commit({"a.txt": "b\n" * 1000})
    checked = case.verify()
    assert checked.lines[-1] == "a.txt:101:1: and 900 more violations in this file"
    assert len(checked.lines) == 101


def test_takes_the_flags_that_other_commands_have(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(GOOD)
    assert case.verify("--no-color", "--no-cache").code == 0


@pytest.mark.parametrize("name", ["r.txt", "none/r.json", "link.json"])
def test_refuses_a_report_that_cannot_be_written_before_anything_else(name: str, bad: Case) -> None:
    (bad.folder / "link.json").symlink_to("/tmp/elsewhere")
    assert bad.verify("--report", name).code == 2


@pytest.mark.parametrize("name", ["out/r.md", "deep/in/r.md", ".git/r.md", "alias/r.md", "back/out/r.md"])
def test_writes_no_report_through_a_link_of_the_work_tree(name: str, tmp_path: Path) -> None:
    work = repository(tmp_path / "work", {"web.yaml": deployment(ETCD), "deep/a": "", "real/a": ""})
    (tmp_path / "elsewhere/in").mkdir(parents=True)
    (work / "out").symlink_to(tmp_path / "elsewhere")
    (work / "deep/in").symlink_to("../real")
    (tmp_path / "alias").symlink_to(work / ".git")
    (tmp_path / "back").symlink_to(work)
    with contextlib.chdir(tmp_path if name.startswith(("alias", "back")) else work):
        checked = said("verify", "--offline", "--repository", str(work), "--report", name, "main..main")
        assert (checked.code, "leads through a symbolic link of the work tree" in checked.text) == (2, True), checked.text
    assert list(tmp_path.rglob("r.md")) == []


def test_writes_reports_in_and_out_of_the_work_tree(tmp_path: Path) -> None:
    work = repository(tmp_path / "work", {"web.yaml": deployment(ETCD), "real/a": ""})
    (tmp_path / "own").mkdir()
    (tmp_path / "alias").symlink_to("own")
    with contextlib.chdir(work):
        for name in ("r.md", "real/r.md", "../alias/r.md", str(tmp_path / "r.md")):
            assert said("verify", "--offline", "--report", name, "main..main").code == 0
            assert Path(name).exists()


def test_exits_with_3_when_a_registry_cannot_be_asked(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        image = Image(f"{host}/rhel7/etcd")
        case = Case.of(tmp_path, {"web.yaml": f"image: {image.name}:1@{image.old}\n"})
        case.commit({"web.yaml": f"image: {image.name}:1@{image.new}\n"})
        (tmp_path / "config.yaml").write_text(f'registries:\n  - {{host: "{host}", plain-http: true}}\n')
        checked = case.verify("--config", "config.yaml", mapping=False, is_offline=False)
    assert (checked.code, "without evidence" in checked.output) == (3, True), checked.text
    assert checked.text.splitlines()[-1].endswith("does not pass: 1 digest that a registry could not be asked about")


def test_says_that_nothing_can_be_evidence(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(GOOD)
    checked = case.verify(mapping=False)
    assert checked.code == 1
    assert "so there is no evidence: name one with --mapping FILE_OR_URL" in checked.text


def test_does_not_ask_about_what_was_not_changed(tmp_path: Path) -> None:
    """What is unknown elsewhere is no concern of the check."""
    unknown = {f"k8s/{number}.yaml": f"image: {STRANGER.name}@{digest(str(number))}\n" for number in range(3)}
    case = Case.of(tmp_path, {**BASE, **unknown})
    case.commit({**GOOD, **unknown})
    assert case.verify().code == 0
