"""The command line as people and programs see it: every test here runs it as a process."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.registry.scripted import Answer, scripted
from tests.samples import ETCD, IMAGES, STRANGER, TOOLS, WEB, git, harvest, mapping_csv, plant, repository

REDIGEST = (sys.executable, "-m", "redigest")
DONE = "1 file screened, 1 with digests: 1 digest swapped, 0 current, 0 unknown, 0 left alone\n"


def redigest(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, offline: bool = True) -> tuple[int, str, str]:
    """Exit code, standard output and standard error; nothing is asked but where a test serves a mapping."""
    command = arguments[:1]
    forbidding = ("--offline",) if offline and command in (("scan",), ("fix",)) else ()
    line = [*REDIGEST, *command, *forbidding, *arguments[1:]]
    done = subprocess.run(line, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tree, and beside it a mapping of three images."""
    plant(tmp_path, {"schema1.csv": mapping_csv(), "tree/web.yaml": f"image: {ETCD.before}\n"})
    return tmp_path


MAPPING = ("--mapping", "schema1.csv")
LIVE = f"image: {ETCD.before}\n"
ESCAPED = f'image: "{ETCD.name}@sha256:\\x{ord(ETCD.old.hex[0]):02x}{ETCD.old.hex[1:]}"\n'
COMMENT = f"# {ETCD.before}\n"
UNKNOWN = f"image: {STRANGER.before}\n"


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        pytest.param("nothing\n", ("scan",), 0, id="scan: nothing"),
        pytest.param(LIVE, ("scan",), 1, id="scan: to swap"),
        pytest.param(COMMENT, ("scan",), 0, id="scan: a comment"),
        pytest.param(COMMENT, ("scan", "--mentions"), 1, id="scan: a comment with mentions"),
        pytest.param(ESCAPED, ("scan",), 0, id="scan: schema 1 that cannot be swapped"),
        pytest.param(UNKNOWN, ("scan",), 0, id="scan: unknown"),
        pytest.param(UNKNOWN, ("scan", "--strict"), 1, id="scan: unknown, strictly"),
        pytest.param("nothing\n", ("fix", "--strict"), 0, id="fix: nothing"),
        pytest.param(LIVE, ("fix", "--strict"), 0, id="fix: all swapped"),
        pytest.param(LIVE, ("fix", "--diff"), 0, id="diff: all would be swapped"),
        pytest.param(LIVE + ESCAPED, ("fix",), 1, id="fix: schema 1 remains"),
        pytest.param(LIVE + ESCAPED, ("fix", "--diff"), 1, id="diff: schema 1 would remain"),
        pytest.param(COMMENT, ("fix",), 0, id="fix: a comment remains"),
        pytest.param(UNKNOWN, ("fix",), 0, id="fix: unknown"),
        pytest.param(UNKNOWN, ("fix", "--strict"), 1, id="fix: unknown, strictly"),
    ],
)
def test_the_exit_code_says_what_is_left_to_do(text: str, arguments: tuple[str, ...], code: int, folder: Path) -> None:
    plant(folder, {"tree/web.yaml": text})
    exit_code, stdout, stderr = redigest(*arguments, "tree", *MAPPING, cwd=folder)
    assert exit_code == code, stderr
    assert bool(stdout) == ("--diff" in arguments)


@pytest.mark.parametrize("group", [(), ("mapping",), ("rules",), ("config",)], ids=" ".join)
def test_help_says_of_each_command_in_one_whole_sentence_what_it_does(group: tuple[str, ...], folder: Path) -> None:
    code, stdout, _ = redigest(*group, "--help", cwd=folder, env={"COLUMNS": "80"})
    _, _, listed = stdout.partition("Commands:\n")
    assert code == 0
    assert [line for line in listed.splitlines() if not re.fullmatch(r"  [a-z]+ +[A-Z][^.]*(?:BASE\.\.HEAD [^.]*)?\.", line)] == []


def test_what_cannot_be_decided_is_schema_1_and_remains(folder: Path) -> None:
    plant(folder, {"schema1.csv": f"repository,tag,schema 1 digest,schema 2 digest\n,,{ETCD.old},{ETCD.new}\n,,{ETCD.old},{TOOLS.new}\n"})
    commands = (("scan",), ("scan", "--strict"), ("fix",), ("fix", "--strict"))
    assert [redigest(*command, "tree", *MAPPING, cwd=folder)[0] for command in commands] == [0, 1, 1, 1]
    assert (folder / "tree/web.yaml").read_text() == LIVE


MISTAKES = [
    (("scan", "--unknown"), "No such option"),
    (("swap", "tree"), "No such command"),
    ((), "Usage:"),
    (("scan", "missing.yaml"), "missing.yaml: No such file or directory"),
    (("scan", "tree", "--mapping", "missing.csv"), "missing.csv: no such mapping file"),
    (("scan", "tree", "--offline", "--mapping", "https://files.example/schema1.csv"), "schema1.csv: is not asked for, since --offline forbids it, and no"),
    (("scan", "tree", "--mapping", "https://me:pass@files.example/schema1.csv"), "the URL of a mapping must not hold a user name or a password"),
    (("scan", "tree", "--mapping", "http://files.example/schema1.csv"), "the URL of a mapping must begin with https://; only a loopback address may"),
    (("mapping", "check", "file:///etc/passwd"), "the URL of a mapping must be a URL that begins with https://"),
    (("mapping", "merge", "schema1.csv", "missing.csv"), "missing.csv: no such mapping file"),
    (("mapping", "merge", "schema1.csv", "--output", "missing/all.csv"), "missing/all.csv: the rows cannot be written (No such file or directory)"),
    (("scan", "tree", "--mapping", "tree"), "tree: not a regular file"),
    (("scan", "tree", "--mapping", "cut.csv.gz"), "cut.csv.gz:1: the gzip data is damaged or cut off"),
    (("scan", "tree", "--config", "missing.yaml"), "missing.yaml: there is no such file"),
    (("scan", "tree", "--config", "tree"), "is a directory"),
    (("scan", "tree", "--config", "wrong.yaml"), "wrong.yaml:2:1: the key 'mappings' is not known here"),
    (("scan", "tree", "--rules", "missing"), "missing: no such folder of rules"),
    (("scan", "tree", "--rules", "schema1.csv"), "is a file"),
    (("scan", "tree", "--rules", "bad-rules"), "bad-rules/acme.yaml:4:12: shape cannot be 'split-up'"),
    (("scan", "tree", "--rules", "no-rules"), "dangling.yaml: the rules cannot be read: No such file or directory"),
    (("scan", "tree", "--report", "report.txt"), "report.txt: the suffix of a report is one of"),
    (("scan", "tree", "--jobs", "0"), "0 is not in the range"),
    (("scan", "tree", "--accept", "rumour"), "'rumour' is not"),
    (("rules", "where", "missing.yaml"), "missing.yaml: No such file or directory"),
    (("config", "check", "wrong.yaml"), "wrong.yaml:2:1: the key 'mappings' is not known here"),
    (("demo", "--keep", "tree"), "tree: exists already"),
    (("demo", "--keep", "new", "--report", "demo.txt"), "demo.txt: the suffix of a report is one of"),
    (("demo", "--keep", "new", "--report", "nowhere/demo.html"), "nowhere/demo.html: a report cannot be written there"),
    (("demo", "--keep", "schema1.csv/demo"), "schema1.csv/demo: cannot be made: Not a directory"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_a_mistake_is_said_and_nothing_is_done(arguments: tuple[str, ...], message: str, folder: Path) -> None:
    rule = "title: Acme\nrules:\n  - id: x\n    shape: split-up\n    title: X\n    places: a\n    examples: {found: [], left: []}\n"
    plant(folder, {"cut.csv.gz": gzip.compress(mapping_csv().encode())[:80], "wrong.yaml": "offline: true\nmappings: []\n", "bad-rules/acme.yaml": rule})
    (folder / "no-rules").mkdir()
    (folder / "no-rules/dangling.yaml").symlink_to("nowhere")
    before = harvest(folder)
    code, stdout, stderr = redigest(*("fix" if word == "scan" else word for word in arguments), cwd=folder)
    assert (code, stdout) == (2, ""), stderr
    assert message in re.sub(r"\s+", " ", stderr)
    assert harvest(folder) == before


def test_scan_talks_to_the_person_and_writes_nothing(folder: Path) -> None:
    before = harvest(folder)
    code, stdout, stderr = redigest("scan", "tree", *MAPPING, cwd=folder)
    assert (code, stdout) == (1, "")
    assert '1 digest is schema 1 and has an equivalent; run "redigest fix" to swap it\n' in stderr
    assert stderr.endswith("1 digest to swap, 0 current, 0 unknown, 0 left alone\n")
    assert harvest(folder) == before


def test_fix_swaps_and_has_nothing_to_do_the_second_time(folder: Path) -> None:
    code, stdout, stderr = redigest("fix", "tree", *MAPPING, cwd=folder)
    assert (code, stdout, stderr.endswith(DONE)) == (0, "", True)
    after = harvest(folder)
    assert after["tree/web.yaml"] == f"image: {ETCD.after}\n".encode()
    assert redigest("fix", "tree", *MAPPING, cwd=folder)[0] == redigest("scan", "tree", *MAPPING, cwd=folder)[0] == 0
    assert harvest(folder) == after


def test_files_and_folders_can_be_named_one_by_one(folder: Path) -> None:
    plant(folder, {"tree/-x.yaml": LIVE, "tree/k8s/b.yaml": LIVE, "tree/c.yaml": LIVE})
    assert redigest("fix", *MAPPING[:1], "../schema1.csv", "--", "-x.yaml", "k8s", cwd=folder / "tree")[0] == 0
    swapped = [path for path, content in harvest(folder).items() if content == f"image: {ETCD.after}\n".encode()]
    assert sorted(swapped) == ["tree/-x.yaml", "tree/k8s/b.yaml"]


@pytest.mark.needs("git")
def test_git_applies_what_the_diff_prints(tmp_path: Path) -> None:
    text = f"a: {ETCD.before}\r\nb: |\r\n  {TOOLS.before}".encode()
    root = repository(tmp_path / "checkout", {"web.yaml": text, "k8s/a b.yaml": text, 'k8s/"é".yaml': text})
    plant(tmp_path, {"schema1.csv": mapping_csv()})
    patched = subprocess.Popen([*REDIGEST, "fix", "--diff", "--quiet", "--mapping", "../schema1.csv"], cwd=root, stdout=subprocess.PIPE)
    git_apply = subprocess.run(["git", "apply", "--index", "-"], cwd=root, stdin=patched.stdout, capture_output=True, check=False)
    assert patched.stdout is not None
    patched.stdout.close()
    assert (git_apply.returncode, patched.wait()) == (0, 0), git_apply.stderr
    for image in (ETCD, TOOLS):
        text = text.replace(image.old.hex.encode(), image.new.hex.encode())
    assert harvest(root) == dict.fromkeys(("web.yaml", "k8s/a b.yaml", 'k8s/"é".yaml'), text)
    assert git(root, "diff", "--cached", "--numstat", "-z").count(b"2\t2\t") == 3


def test_the_diff_goes_to_standard_output_and_nothing_else_does(folder: Path) -> None:
    before = harvest(folder)
    code, stdout, stderr = redigest("fix", "--diff", "tree", *MAPPING, cwd=folder)
    assert code == 0
    assert stdout.splitlines() == [
        "diff --git a/web.yaml b/web.yaml",
        "--- a/web.yaml",
        "+++ b/web.yaml",
        "@@ -1,1 +1,1 @@",
        f"-image: {ETCD.before}",
        f"+image: {ETCD.after}",
    ]
    assert "1 digest to swap" in stderr
    assert harvest(folder) == before


def test_an_image_that_cannot_move_everywhere_moves_nowhere(folder: Path) -> None:
    both = f"etcd: {ETCD.before}\ntools: {TOOLS.before}\n"
    plant(folder, {"tree/a.yaml": both, "tree/b.yaml": both, "tree/big.yaml": LIVE + "# padding\n" * 1000})
    before = harvest(folder)
    limited = "import resource, sys; from redigest.cli import main; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)); sys.exit(main())"
    command = [sys.executable, "-c", limited, "fix", "tree", *MAPPING, "--report", "report.json", "--report", "report.md"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    after = harvest(folder)
    report, markdown = json.loads(after.pop("report.json")), after.pop("report.md").decode()
    tools_swapped = both.replace(str(TOOLS.old), str(TOOLS.new)).encode()
    assert after == before | {"tree/a.yaml": tools_swapped, "tree/b.yaml": tools_swapped}
    assert "given up: big.yaml: left as it was: File too large\n" in done.stderr
    assert report["problems"] == [{"path": "big.yaml", "line": None, "reason": "left as it was: File too large"}]
    kept = [item for item in report["sightings"] if item["digest"] == str(ETCD.old)]
    assert [(item["path"], item["action"]) for item in kept] == [("a.yaml", "kept"), ("b.yaml", "kept"), ("big.yaml", "kept"), ("web.yaml", "kept")]
    assert {item["reason"] for item in kept} == {"big.yaml cannot be changed, and an image moves in all its places or in none"}
    assert "cannot be changed, and an image moves in all its places or in none" in markdown


def test_writes_the_reports_that_are_asked_for(folder: Path) -> None:
    code, stdout, _ = redigest("fix", "tree", *MAPPING, "--report", "one.json", "--report", "two.MD", cwd=folder)
    assert (code, stdout) == (0, "")
    report = json.loads((folder / "one.json").read_text())
    assert (report["version"], report["summary"]["swapped"], report["problems"]) == (1, 1, [])
    (sighting,) = report["sightings"]
    wanted = {"path": "web.yaml", "line": 1, "column": 45, "offset": 44, "digest": str(ETCD.old), "replacement": str(ETCD.new), "verdict": "swap"}
    assert {name: sighting[name] for name in wanted} == wanted
    assert (sighting["action"], sighting["image"], sighting["evidence"][0]["kind"]) == ("swapped", ETCD.name, "mapping")
    assert (folder / "two.MD").read_text().startswith("# Image digests\n")


def test_changes_nothing_if_the_report_cannot_be_written(folder: Path) -> None:
    before = harvest(folder)
    code, _, stderr = redigest("fix", "tree", *MAPPING, "--report", "missing/report.md", cwd=folder)
    assert (code, harvest(folder)) == (2, before)
    assert "missing/report.md: a report cannot be written there" in stderr


def test_its_own_mapping_and_reports_are_never_changed(folder: Path) -> None:
    arguments = ("fix", *MAPPING, "--report", "report.json", "--report", "report.md")
    assert [redigest(*arguments, cwd=folder)[0] for _ in range(2)] == [0, 0]
    after = harvest(folder)
    assert after["schema1.csv"] == mapping_csv().encode()
    report = json.loads(after["report.json"])
    assert report["summary"]["swapped"] == 0
    own = [item for item in report["sightings"] if item["path"] != "tree/web.yaml"]
    assert {(item["path"], item["verdict"], item["action"]) for item in own} == {
        (path, "not-an-image", "kept") for path in ("schema1.csv", "report.json", "report.md")
    }


def test_quiet_says_only_what_went_wrong(folder: Path) -> None:
    assert redigest("fix", "-q", "tree", *MAPPING, cwd=folder) == (0, "", "")
    plant(folder, {"tree/broken.yaml": f"a: [\n{LIVE}"})
    code, stdout, stderr = redigest("scan", "-q", "tree", *MAPPING, cwd=folder)
    assert (code, stdout) == (1, "")
    assert [line.split(":")[:2] for line in stderr.splitlines()] == [["problem", " broken.yaml"]]


def test_verbose_shows_every_place_and_the_evidence(folder: Path) -> None:
    plant(folder, {"tree/web.yaml": LIVE.replace("image", "- image") * 7})
    brief, verbose = (redigest("scan", "tree", *MAPPING, *more, cwd=folder)[2] for more in ((), ("-v",)))
    assert (brief.count("web.yaml:"), verbose.count("web.yaml:")) == (5, 7)
    assert "schema1.csv:2 lists" in verbose
    assert "schema1.csv:2 lists" not in brief


@pytest.mark.parametrize(("flags", "env", "is_coloured"), [((), {}, True), (("--no-color",), {}, False), ((), {"NO_COLOR": "1"}, False)])
def test_colours_on_a_terminal_unless_told_not_to(flags: tuple[str, ...], env: dict[str, str], folder: Path, *, is_coloured: bool) -> None:
    ours, theirs = os.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")} | {"TERM": "xterm-256color"} | env
    command = [*REDIGEST, "scan", "tree", *MAPPING, *flags]
    assert subprocess.run(command, cwd=folder, env=environment, stderr=theirs, stdout=subprocess.PIPE, check=False).returncode == 1
    os.close(theirs)
    said = os.read(ours, 1 << 16)
    os.close(ours)
    assert b"etcd" in said
    assert (b"\x1b[" in said) == is_coloured


RULE = """
title: Acme
rules:
  - id: pins
    title: Pins of Acme
    files: ["**/web.yaml"]
    places: image
    shape: not-an-image
    reason: pinned on purpose
    examples:
      found: ["image: a@DIGEST"]
      left: ["other: a@DIGEST"]
"""


def test_rules_of_the_user_go_first(folder: Path) -> None:
    plant(folder, {"acme/acme.yaml": RULE})
    code, _, stderr = redigest("fix", "tree", *MAPPING, "--rules", "acme", cwd=folder)
    assert code == 0
    assert "1 place: pinned on purpose" in stderr
    assert (folder / "tree/web.yaml").read_text() == LIVE


def test_rules_can_be_listed_checked_and_tried(folder: Path) -> None:
    plant(folder, {"acme/acme.yaml": RULE})
    code, stdout, stderr = redigest("rules", "list", "--rules", "acme", cwd=folder)
    assert (code, stderr) == (0, "")
    assert re.search(r"^acme/pins +not-an-image +Pins of Acme$", stdout, re.MULTILINE)
    assert "`acme/pins` | Pins of Acme | not-an-image |" in redigest("rules", "list", "--format", "md", "--rules", "acme", cwd=folder)[1]
    code, stdout, stderr = redigest("rules", "check", "--rules", "acme", cwd=folder)
    assert (code, stdout, stderr.endswith(", 0 failures\n")) == (0, "", True)
    plant(folder, {"acme/acme.yaml": RULE.replace("image: a@", "x: a@")})
    assert redigest("rules", "check", "--rules", "acme", cwd=folder)[0] == 1
    code, stdout, stderr = redigest("rules", "where", "tree/web.yaml", cwd=folder)
    assert (code, stdout, stderr) == (0, f"tree/web.yaml:1:45  generic/reference  image  {ETCD.name}\n", "")


@pytest.mark.parametrize(("written", "is_swapped"), [("", True), ("paths: {}", True), ("paths: {workflows: true}", True), ("paths: {workflows: false}", False)])
def test_workflows_are_left_alone_where_the_configuration_says_so(folder: Path, written: str, is_swapped: bool) -> None:  # noqa: FBT001 -- a column of the table
    repository(folder, {".github/workflows/ci.yaml": f"jobs: {{a: {{container: '{ETCD.before}'}}}}\n", "redigest.yaml": f"{written}\n"})
    code, _, said = redigest("fix", ".github", *MAPPING, "--offline", cwd=folder)
    assert (code, ": 1 digest swapped" in said, "set `workflows: true`" in said) == (0, is_swapped, not is_swapped), said


@pytest.mark.parametrize("paths", [("repo/.github/workflows/ci.yaml",), ("repo", "tree"), ("repo/.github/*/*.yaml",), ("repo",), (".",)])
def test_workflows_are_those_of_each_repository(folder: Path, paths: tuple[str, ...]) -> None:
    repository(folder / "repo", {".github/workflows/ci.yaml": f"jobs: {{a: {{container: '{ETCD.before}'}}}}\n"})
    plant(folder, {"wf.yaml": "paths: {workflows: false}\n"})
    assert redigest("fix", *paths, *MAPPING, "--offline", "--config", "wf.yaml", cwd=folder)[0] == 0
    assert ETCD.before in (folder / "repo/.github/workflows/ci.yaml").read_text()


def test_rules_are_those_that_the_configuration_names(folder: Path) -> None:
    plant(folder, {"acme/acme.yaml": RULE, "redigest.yaml": "rules: [acme]\n", "other.yaml": "rules: []\n"})
    assert "acme/pins" in redigest("rules", "list", cwd=folder)[1]
    assert redigest("rules", "where", "tree/web.yaml", cwd=folder)[1] == "tree/web.yaml:1:45  acme/pins  image  pinned on purpose\n"
    assert "acme/pins" not in redigest("rules", "list", "--config", "other.yaml", cwd=folder)[1]


def test_the_configuration_is_found_and_flags_win_over_it(folder: Path) -> None:
    plant(folder, {"redigest.yaml": "mapping: [tools.csv]\npaths: {exclude: ['tree/vendor/**']}\n", "tools.csv": mapping_csv(TOOLS), "other/.keep": ""})
    plant(folder, {"tree/web.yaml": f"etcd: {ETCD.before}\ntools: {TOOLS.before}\n", "tree/vendor/web.yaml": LIVE})
    runs = [(("tree",), "."), (("tree", *MAPPING), "."), (("../tree", "--config", "../redigest.yaml"), "other")]
    counts = [redigest("scan", *arguments, cwd=folder / cwd)[2].splitlines()[-1].partition(": ")[2] for arguments, cwd in runs]
    one, two = "1 digest to swap, 0 current, 1 unknown, 0 left alone", "2 digests to swap, 0 current, 0 unknown, 0 left alone"
    assert counts == [one, two, one]


def test_the_configuration_can_be_checked_and_its_schema_printed(folder: Path) -> None:
    plant(folder, {"redigest.yaml": "mapping: [schema1.csv]\n"})
    assert redigest("config", "check", cwd=folder) == (0, "", "redigest.yaml: no mistakes\n")
    code, stdout, stderr = redigest("config", "schema", cwd=folder)
    assert (code, stderr) == (0, "")
    assert "mapping" in json.loads(stdout)["properties"]


PATHS = """\
mapping: [schema1.csv, missing.csv, "https://files.example/schema1.csv"]
forges:
  - {name: a, kind: gitlab, url: "https://a.example", ca-bundle: missing.pem, ssh-key-file: schema1.csv, known-hosts: missing}
  - {name: b, kind: github, url: "https://b.example", app: {id: 1, key-file: missing.pem}}
repositories:
  - {path: tree}
  - {path: schema1.csv}
registries:
  - {host: c.example, ca-bundle: missing.pem}
mirrors:
  - {file: missing.yaml}
manifests: [missing, tree]
registry-config: missing.json
rules: [missing, tree]
cache: missing/cache
"""


def test_checking_a_configuration_says_where_it_names_what_is_not_there(folder: Path) -> None:
    plant(folder, {"there/redigest.yaml": PATHS, "there/schema1.csv": "", "there/tree/web.yaml": ""})
    code, _, stderr = redigest("config", "check", "there/redigest.yaml", cwd=folder)
    said = [
        re.fullmatch(r"there/redigest\.yaml:(\d+):(\d+): (?:an entry of )?(\S+) names a (file|folder) that is not there, there/\S+", line)
        for line in stderr.splitlines()[:-1]
    ]
    lines = PATHS.splitlines()
    found = [(one[3], one[4], lines[int(one[1]) - 1][int(one[2]) - 1 :].startswith("missing")) for one in said if one is not None]
    files = ["mapping", "ca-bundle", "known-hosts", "key-file", "path", "ca-bundle", "file", "manifests", "registry-config", "rules"]
    assert (code, len(said), stderr.splitlines()[-1]) == (0, len(files), "there/redigest.yaml: no mistakes; what is not there has to be where redigest runs")
    assert found == [(key, "folder" if key in ("path", "manifests", "rules") else "file", key != "path") for key in files]
    plant(folder, {"there/redigest.yaml": "registries:\n  - {host: c.example, ca-bundle: missing.pem}\n"})
    assert redigest("scan", "tree", "--config", "there/redigest.yaml", *MAPPING, "--offline", cwd=folder)[0] == 1


def test_each_of_several_mistakes_says_who_says_it(folder: Path) -> None:
    plant(folder, {"redigest.yaml": "jobs: none\nmappings: []\n"})
    code, _, stderr = redigest("scan", "tree", cwd=folder)
    assert (code, [line.split(": ")[:2] for line in stderr.splitlines()]) == (2, [["redigest", f"redigest.yaml:{line}:{at}"] for line, at in ((1, 7), (2, 1))])


def test_what_the_owners_of_a_repository_write_is_checked_by_its_name(folder: Path) -> None:
    plant(folder, {".redigest.yaml": "enabled: true\npaths: {exclude: [vendor/**]}\n", "wrong/.redigest.yaml": "enabled: true\nmapping: [schema1.csv]\n"})
    assert redigest("config", "check", ".redigest.yaml", cwd=folder) == (0, "", ".redigest.yaml: no mistakes\n")
    code, _, stderr = redigest("config", "check", "wrong/.redigest.yaml", cwd=folder)
    assert (code, stderr.startswith("redigest: wrong/.redigest.yaml:2:1: the key 'mapping' is not known here")) == (2, True)
    code, stdout, _ = redigest("config", "schema", ".redigest.yaml", cwd=folder)
    assert (code, set(json.loads(stdout)["properties"])) == (0, {"enabled", "paths", "proposals"})


def test_says_its_version_and_its_commands(tmp_path: Path) -> None:
    code, stdout, stderr = redigest("--version", cwd=tmp_path)
    assert (code, stderr) == (0, "")
    assert re.fullmatch(r"redigest, version \d+\.\d+\.\d+\S*\n", stdout)
    code, stdout, stderr = redigest("--help", cwd=tmp_path)
    assert (code, stderr) == (0, "")
    assert re.findall(r"^  (\w+)  ", stdout, re.MULTILINE) == ["scan", "fix", "run", "explain", "verify", "mapping", "rules", "config", "demo"]


def test_several_processes_report_the_same(folder: Path) -> None:
    plant(folder, {f"tree/{number}.yaml": f"# {'x' * 1_500_000}\n{LIVE}" for number in range(3)})
    reports = []
    for jobs in ("1", "3"):
        assert redigest("scan", "tree", *MAPPING, "--jobs", jobs, "--report", f"../{folder.name}/{jobs}.json", cwd=folder)[0] == 1
        reports.append(json.loads((folder / f"{jobs}.json").read_text()))
    for report in reports:
        del report["started"], report["finished"]
    assert reports[0] == reports[1]
    assert len(reports[0]["sightings"]) == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_with_130_and_changes_nothing(number: signal.Signals, folder: Path) -> None:
    before = (folder / "tree/web.yaml").read_bytes()
    (folder / "acme").mkdir()
    os.mkfifo(folder / "acme/acme.yaml")
    running = subprocess.Popen([*REDIGEST, "fix", "tree", *MAPPING, "--rules", "acme"], cwd=folder, stderr=subprocess.PIPE)
    with (folder / "acme/acme.yaml").open("wb"):  # opens when the other side reads, and then waits for rules
        running.send_signal(number)
        assert running.wait() == 130
    assert running.stderr is not None
    assert b"Traceback" not in running.stderr.read()
    running.stderr.close()
    assert (folder / "tree/web.yaml").read_bytes() == before


@pytest.mark.parametrize("arguments", [("fix", "--diff", "tree"), ("rules", "list")])
def test_a_closed_standard_output_is_no_success(arguments: tuple[str, ...], folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    more = MAPPING if arguments[0] == "fix" else ()
    done = subprocess.run([*REDIGEST, *arguments, *more], cwd=folder, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert done.returncode == 4
    assert "BrokenPipe" not in done.stderr


WRITING = (
    ("rules", "list"),
    ("scan", "--help"),
    ("scan", "--check", "tree", *MAPPING),
    ("fix", "--diff", "tree", *MAPPING),
    ("mapping", "merge", "schema1.csv"),
)


@pytest.mark.parametrize("arguments", WRITING, ids=" ".join)
@pytest.mark.parametrize(("place", "reason"), [("> /dev/full", "No space left on device"), (">&-", "Bad file descriptor")], ids=["full", "closed"])
def test_an_output_that_cannot_be_written_is_said_in_one_line(place: str, reason: str, arguments: tuple[str, ...], folder: Path) -> None:
    done = subprocess.run(["sh", "-c", f'"$@" {place}', "sh", *REDIGEST, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.endswith(f"redigest: standard output cannot be written: {reason}\n")
    assert "Traceback" not in done.stderr
    assert (folder / "tree/web.yaml").read_text() == LIVE


@pytest.mark.parametrize(
    ("places", "code"),
    [
        (">&-", 1),
        (">&- <&-", 1),
        ("2>&-", 1),
        (">&- 2>&- <&-", 1),
        ("2> /dev/full", 4),
        ("> /dev/full 2>&1", 4),
    ],
)
def test_a_scan_does_without_the_streams_that_it_does_not_need(places: str, code: int, folder: Path) -> None:
    command = ["sh", "-c", f'"$@" {places}', "sh", *REDIGEST, "scan", "tree", *MAPPING, "--report", "report.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert code == 4 or json.loads((folder / "report.json").read_text())["summary"]["swapped"] > 0


def test_a_mistake_that_nobody_can_be_told_of_is_no_finding(folder: Path) -> None:
    done = subprocess.run(["sh", "-c", '"$@" 2> /dev/full', "sh", *REDIGEST, "fix", "nowhere"], cwd=folder, check=False)
    assert done.returncode == 4


def test_a_name_that_the_stream_cannot_encode_is_escaped(folder: Path) -> None:
    plant(folder, {"tree/\u20ac\u00e4.yaml": LIVE})
    command = [*REDIGEST, "scan", "--check", "tree", *MAPPING]
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONIOENCODING": "latin-1"}, capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
    assert b"tree/\\u20ac\xe4.yaml:1:" in done.stdout


def test_two_slashes_at_the_beginning_of_a_path_are_one(folder: Path) -> None:
    for paths in ([f"/{folder}/tree"], [f"/{folder}/tree/web.yaml", "tree"], [f"/{folder}/tr*/web.yaml"]):
        done = subprocess.run(
            [*REDIGEST, "scan", "--check", *paths, "--mapping", f"/{folder}/schema1.csv"], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1, done.stderr
        assert done.stdout.startswith("tree/web.yaml:1:")


@pytest.mark.needs("git")
def test_the_demonstration_touches_nothing_of_yours(tmp_path: Path) -> None:
    yours = repository(tmp_path / "yours", {"a.yaml": LIVE})
    before = git(yours, "rev-parse", "HEAD"), git(yours, "status", "--porcelain")
    code, stdout, stderr = redigest("demo", "--keep", "shown", cwd=tmp_path, env={"GIT_DIR": str(yours / ".git"), "GIT_WORK_TREE": str(yours)})
    assert (code, stderr) == (0, "")
    assert "\n+++ b/compose.yaml\n" in stdout
    assert (git(yours, "rev-parse", "HEAD"), git(yours, "status", "--porcelain")) == before
    assert "\ndeploy main: opened deploy/.git/redigest/1.md\n" in stdout
    shown = tmp_path / "shown/deploy"
    assert git(shown, "diff", "--numstat", "main", "redigest/schema-2/main").count(b"\n") >= 4
    assert git(shown, "status", "--porcelain") == b""
    proposal = (shown / ".git/redigest/1.md").read_text()
    assert "registry.redhat.io/rhel7/etcd" in proposal
    assert proposal in stdout


def test_every_image_of_the_mapping_is_swapped_from_a_packed_one_too(folder: Path) -> None:
    plant(folder, {"schema1.csv.gz": gzip.compress(mapping_csv().encode()), "tree/web.yaml": "".join(f"- {image.before}\n" for image in IMAGES)})
    assert redigest("fix", "tree", "--mapping", "schema1.csv.gz", cwd=folder)[0] == 0
    assert (folder / "tree/web.yaml").read_text() == "".join(f"- {image.after}\n" for image in IMAGES)


def test_a_row_that_is_skipped_is_named_alike_by_every_command(folder: Path) -> None:
    row = f"acme/one,1,{ETCD.old},{ETCD.new}\nacme/two,{'2' * 70},{TOOLS.old},\n"
    plant(folder, {"one.csv": f"repository,tag,schema 1 digest,schema 2 digest\n{row}", "tree/web.yaml": f"- image: {TOOLS.before}\n"})
    named = f"one.csv:3:{81 + len(str(TOOLS.old)) + 1}: the schema 2 digest is missing; the row is skipped"
    checked, merged = (redigest("mapping", command, "one.csv", "--offline", cwd=folder) for command in ("check", "merge"))
    assert checked[1].splitlines() == [named]
    assert checked[2].splitlines()[-1] == "1 row, 1 schema 1 digest; 0 duplicates, 0 conflicts, 0 chains, 1 skipped"
    assert merged[2].splitlines() == [named, "1 row; 0 repeated, 0 conflicts, 1 skipped"]
    _, _, scanned = redigest("scan", "tree", "--mapping", "one.csv", "--offline", "--report", "r.json", "--report", "r.html", cwd=folder)
    _, _, explained = redigest("explain", TOOLS.before.removeprefix("image: "), "--mapping", "one.csv", "--offline", cwd=folder)
    assert f"problem: {named}" in scanned.splitlines()
    assert named in explained.splitlines()
    (problem,) = json.loads((folder / "r.json").read_text())["problems"]
    assert problem == {"path": "one.csv", "line": 3, "reason": f"column {named.split(':')[2]}: the schema 2 digest is missing; the row is skipped"}
    assert "one.csv:3:153" in (folder / "r.html").read_text().replace("<wbr>", "")


def test_a_mapping_without_rows_is_noted_and_keeps_nothing_from_going_on(folder: Path) -> None:
    note = "empty.csv:1:1: the file holds no row, only this header"
    plant(folder, {"empty.csv": "repository,tag,schema1_digest,schema2_digest\n"})
    code, _, stderr = redigest("scan", "tree", "--mapping", "schema1.csv", "--mapping", "empty.csv", cwd=folder)
    assert (code, f"problem: {note}" in stderr) == (1, True)
    code, _, stderr = redigest("mapping", "check", "empty.csv", "--offline", cwd=folder)
    assert (code, stderr.splitlines()[1:]) == (0, [note, "0 rows, 0 schema 1 digests; 0 duplicates, 0 conflicts, 0 chains, 0 skipped"])
    code, stdout, stderr = redigest("mapping", "merge", "schema1.csv", "empty.csv", "--offline", cwd=folder)
    assert (code, stdout.count("\n")) == (0, 4)
    assert stderr.splitlines() == [note, "3 rows; 0 repeated, 0 conflicts, 0 skipped"]


def test_check_of_a_mapping_says_what_it_took_for_what(folder: Path) -> None:
    code, stdout, stderr = redigest("mapping", "check", "schema1.csv", "--offline", cwd=folder)
    assert (code, stdout) == (0, "")
    assert stderr == (
        "schema1.csv: repository in column 1, tag in column 2, schema 1 digest in column 3, schema 2 digest in column 4; line 1 is the header that says so\n"
        "3 rows, 3 schema 1 digests; 0 duplicates, 0 conflicts, 0 chains, 0 skipped\n"
    )
    report = json.loads(redigest("mapping", "check", "schema1.csv", "--offline", "--format", "json", cwd=folder)[1])
    assert report["layouts"] == [{"file": "schema1.csv", "repository": 1, "tag": 2, "schema1": 3, "schema2": 4, "header": 1}]


def test_merges_mappings_to_standard_output_or_into_one_of_them(folder: Path) -> None:
    plant(folder, {"new.csv": mapping_csv(STRANGER) + f"caf\u00e9,,{WEB.old},{WEB.new}\n", "wrong.csv": mapping_csv(ETCD).replace(ETCD.new.hex, WEB.new.hex)})
    code, stdout, stderr = redigest("mapping", "merge", "schema1.csv", "new.csv", cwd=folder, env={"PYTHONIOENCODING": "ascii"})
    assert (code, stderr) == (0, "5 rows; 0 repeated, 0 conflicts, 0 skipped\n")
    whole = f"{HEADER}\n{mapping_csv(*IMAGES, STRANGER).partition(chr(10))[2]}caf\u00e9,,{WEB.old},{WEB.new}\n"
    assert stdout == whole
    assert redigest("mapping", "merge", "schema1.csv", "new.csv", "--output", "new.csv", cwd=folder)[:2] == (0, "")
    assert (folder / "new.csv").read_text() == whole
    code, stdout, stderr = redigest("mapping", "merge", "schema1.csv", "wrong.csv", cwd=folder)
    assert (code, stdout) == (1, f"{HEADER}\n{mapping_csv(TOOLS, WEB).partition(chr(10))[2]}")
    assert stderr == (
        "wrong.csv:2:1: gives another schema 2 digest than schema1.csv:2 for the same schema 1 digest; all rows of it are left out\n"
        "2 rows; 0 repeated, 1 conflict, 0 skipped\n"
    )


HEADER = "repository,tag,V2 schema 1 digest,V2 schema 2 digest"


def test_a_mapping_by_url_is_kept_for_when_the_server_fails(folder: Path) -> None:
    answers = [Answer(body=mapping_csv().encode()), Answer(404)]
    with scripted(lambda _: answers.pop(0)) as server:
        url = f"{server.url}/schema1.csv"
        plant(folder, {"redigest.yaml": f"mapping: ['{url}']\ncache: kept\n", "clean/web.yaml": "image: web\n"})
        assert redigest("scan", "clean", cwd=folder, offline=False)[0] == 0
        assert not server.asked, "a tree without digests needs no mapping"
        assert redigest("scan", "tree", cwd=folder, offline=False)[0] == 1
        code, stdout, stderr = redigest("fix", "tree", "--report", "report.json", cwd=folder, offline=False)
        assert (code, stdout) == (0, "")
        assert re.search(rf"{url}.*cannot be fetched: the server answers 404; the copy of [0-9: -]+ UTC is used", re.sub(r"\s+", " ", stderr))
        report = json.loads((folder / "report.json").read_text())
        assert report["sightings"][0]["evidence"][0]["check"] == f"curl -fsSL -- {url} | grep -inF -- {ETCD.old.hex}"
        assert report["problems"][0]["path"] == url
        code, _, stderr = redigest("mapping", "check", url, "--offline", "--config", "redigest.yaml", cwd=folder)
        assert code == 0
        assert stderr.startswith(f"{url}: is not asked for, since --offline forbids it; the copy of ")
        assert len(server.asked) == 2


def test_the_client_for_urls_is_imported_only_when_there_is_one(folder: Path) -> None:
    code = "import sys\nfrom redigest.cli import main\nmain(sys.argv[1:])\nsys.exit(5 if {'httpx', 'stamina', 'asyncio'} & set(sys.modules) else 0)"
    for arguments in (("scan", "tree", *MAPPING), ("mapping", "check", "schema1.csv", "--offline")):
        done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_cache_is_where_the_environment_wants_it(folder: Path) -> None:
    with scripted(lambda _: Answer(body=mapping_csv().encode())) as server:
        for name, environment in (("xdg", {"XDG_CACHE_HOME": str(folder / "xdg")}), ("home/.cache", {"HOME": str(folder / "home")})):
            redigest("scan", "tree", "--mapping", f"{server.url}/schema1.csv", cwd=folder, env=environment, offline=False)
            assert sorted(path.suffix for path in (folder / name / "redigest/mappings").iterdir()) == [".body", ".json"]
