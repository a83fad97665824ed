"""Trees that want something: to be followed out of, to have a program run, to take forever."""

import base64
import hashlib
import json
import os
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from redigest.model import Outcome
from redigest.pipeline import diff, fix, scan
from redigest.tree import WorkTree
from tests.samples import ETCD, TOOLS, git, harvest, mapping_csv, plant, repository, search

OLD, NEW = f"image: {ETCD.before}\n".encode(), f"image: {ETCD.after}\n".encode()

CHANGES: dict[str, Callable[[WorkTree], object]] = {
    "scan": lambda tree: scan(tree, search()),
    "fix": lambda tree: fix(tree, search()),
    "diff": lambda tree: diff(tree, search()),
}
every_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
in_and_out_of_a_repository = pytest.mark.parametrize("is_repository", [True, False])


def paths(outcome: Outcome) -> list[str]:
    return [result.sighting.path for result in outcome.results]


def failures(outcome: Outcome) -> list[str]:
    return [problem.path for problem in outcome.problems if problem.failed]


@in_and_out_of_a_repository
def test_no_symbolic_link_is_followed_or_replaced(tmp_path: Path, *, is_repository: bool) -> None:
    plant(tmp_path, {"outside/web.yaml": OLD})
    tree = plant(tmp_path / "tree", {"web.yaml": OLD, "k8s/real.yaml": OLD})
    links = {
        "file.yaml": "../outside/web.yaml",
        "folder": "../outside",
        "k8s/up": "..",
        "loop.yaml": "loop.yaml",
        "inner.yaml": "web.yaml",
        "none.yaml": "/none",
    }
    for name, target in links.items():
        (tree / name).symlink_to(target)
    if is_repository:
        repository(tree, {})
    outcome = fix(WorkTree.at([tree]), search())
    assert (paths(outcome), outcome.problems) == (["k8s/real.yaml", "web.yaml"], ())
    assert harvest(tmp_path / "outside") == {"web.yaml": OLD}
    assert {name: str((tree / name).readlink()) for name in links} == links
    assert harvest(tree) == {"web.yaml": NEW, "k8s/real.yaml": NEW}


def test_a_link_that_is_named_is_not_followed_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, {"outside/web.yaml": OLD})
    monkeypatch.chdir(repository(tmp_path / "tree", {"web.yaml": OLD}))
    Path("file.yaml").symlink_to("../outside/web.yaml")
    Path("folder").symlink_to("../outside")
    outcome = fix(WorkTree.at([Path("file.yaml"), Path("folder"), Path("folder/web.yaml"), Path("web.yaml")]), search())
    assert paths(outcome) == ["web.yaml"]
    assert harvest(tmp_path / "outside") == {"web.yaml": OLD}


@every_change
def test_the_index_of_a_repository_leads_nowhere(change: Callable[[WorkTree], object], tmp_path: Path) -> None:
    tree = repository(tmp_path / "tree", {"web.yaml": OLD, "folder/web.yaml": OLD})
    plant(tmp_path, {"outside/web.yaml": OLD, "tree/.git/notes.yaml": OLD})
    (tree / "folder").rename(tmp_path / "moved")
    (tree / "folder").symlink_to("../outside")
    _write_index(tree, [b"../outside/web.yaml", b".git/notes.yaml", b"folder/web.yaml", str(tmp_path / "outside/web.yaml").encode(), b"web.yaml"])
    assert b"../outside/web.yaml" in git(tree, "ls-files"), "git does not show what this test is about"
    (tree / ".gitattributes").symlink_to(".gitattributes")  # now git grep complains, and every file that is listed is read
    change(WorkTree.at([tree]))
    outcome = scan(WorkTree.at([tree]), search())
    assert (paths(outcome), outcome.files_screened) == (["web.yaml"], 1)
    assert harvest(tmp_path / "outside") == {"web.yaml": OLD}
    assert (tree / ".git/notes.yaml").read_bytes() == OLD


def _write_index(root: Path, names: list[bytes]) -> None:
    """Write an index that git itself would not make (gitformat-index, version 2)."""
    entries = []
    for name in names:
        entry = struct.pack(">10I20sH", *[0] * 6, 0o100644, 0, 0, 0, bytes(20), len(name)) + name
        entries.append(entry + bytes(8 - len(entry) % 8))
    content = b"DIRC" + struct.pack(">II", 2, len(names)) + b"".join(entries)
    (root / ".git/index").write_bytes(content + hashlib.sha1(content, usedforsecurity=False).digest())


def test_a_folder_that_becomes_a_link_before_the_writing_leads_nowhere(tmp_path: Path) -> None:
    tree = plant(tmp_path / "tree", {"k8s/web.yaml": OLD, "web.yaml": OLD})
    plant(tmp_path, {"outside/web.yaml": OLD})

    class Meddled(WorkTree):
        """Swaps the folder for a link to one that looks the same when the file is read for the second time."""

        reads = 0

        def read(self, path: str) -> bytes:
            Meddled.reads += path == "k8s/web.yaml"
            if Meddled.reads == 2 and not (tree / "k8s").is_symlink():
                (tree / "k8s").rename(tmp_path / "moved")
                (tree / "k8s").symlink_to("../outside")
            return WorkTree.read(self, path)

    outcome = fix(Meddled(tree), search())
    assert failures(outcome) == ["k8s/web.yaml"]
    assert harvest(tmp_path) == dict.fromkeys(("tree/web.yaml", "outside/web.yaml", "moved/web.yaml"), OLD)


def test_no_name_that_can_be_guessed_is_written_to(tmp_path: Path) -> None:
    tree = plant(tmp_path / "tree", {"web.yaml": OLD})
    plant(tmp_path, {"outside.yaml": b"precious"})
    for name in (f".web.yaml.{os.getpid()}.redigest-old", ".web.yaml.redigest", ".redigest-", ".redigest", "web.yaml.orig", "web.yaml~"):
        (tree / name).symlink_to("../outside.yaml")
    fix(WorkTree.at([tree]), search())
    assert harvest(tmp_path) == {"outside.yaml": b"precious", "tree/web.yaml": NEW}


def test_a_hard_link_out_of_the_tree_leads_nowhere(tmp_path: Path) -> None:
    plant(tmp_path, {"outside.yaml": OLD, "tree/.keep": b""})
    (tmp_path / "tree/web.yaml").hardlink_to(tmp_path / "outside.yaml")
    fix(WorkTree.at([tmp_path / "tree"]), search())
    assert harvest(tmp_path) == {"outside.yaml": OLD, "tree/web.yaml": NEW, "tree/.keep": b""}


@in_and_out_of_a_repository
def test_what_is_no_file_is_not_opened(tmp_path: Path, *, is_repository: bool) -> None:
    tree = repository(tmp_path, {"web.yaml": OLD}) if is_repository else plant(tmp_path, {"web.yaml": OLD})
    os.mkfifo(tree / "pipe.yaml")  # to open it would wait forever
    assert paths(scan(WorkTree.at([tree]), search())) == ["web.yaml"]
    assert scan(WorkTree.at([tree / "pipe.yaml"]), search()).files_screened == 0


@pytest.mark.parametrize("mode", [0o755, 0o600, 0o444 | stat.S_IWUSR])
def test_modes_are_kept(mode: int, tmp_path: Path) -> None:
    plant(tmp_path, {"web.yaml": OLD})
    (tmp_path / "web.yaml").chmod(mode)
    fix(WorkTree.at([tmp_path]), search())
    assert (tmp_path / "web.yaml").read_bytes() == NEW
    assert stat.S_IMODE((tmp_path / "web.yaml").stat().st_mode) == mode


NAMES = [
    *(b"a\nb.yaml", b'"quoted".yaml', b"-rf.yaml", b"--output=x.yaml", b"latin \xe9.yaml", b"\xff\xfe.yaml", b":(top)a.yaml", b"*.yaml"),
    *(b"[a].yaml", b" a .yaml", b"back\\slash.yaml", b"\x1b[31mred.yaml", "\u202etxt.yaml".encode(), b"$(touch MARKER).yaml", b"#a.yaml"),
    *(b"d\nr/\t/-.yaml", b"{{a}}.yaml"),
]


@pytest.mark.needs("git")
@in_and_out_of_a_repository
def test_files_of_any_name_are_found_and_swapped(tmp_path: Path, *, is_repository: bool) -> None:
    files = {os.fsdecode(name): OLD for name in NAMES}
    tree = repository(tmp_path / "tree", files) if is_repository else plant(tmp_path / "tree", files)
    outcome, patch = diff(WorkTree.at([tree]), search())
    assert sorted(paths(outcome)) == sorted(files)
    assert fix(WorkTree.at([tree]), search()).problems == ()
    assert harvest(tree) == dict.fromkeys(files, NEW)
    git(tree, "apply", "--reverse", "-", stdin=patch)
    assert harvest(tree) == files


def test_names_of_files_are_no_options_and_harmless_on_a_terminal(tmp_path: Path) -> None:
    plant(tmp_path, {"schema1.csv": mapping_csv()})
    files = {os.fsdecode(name): OLD for name in NAMES}
    tree = plant(tmp_path / "tree", files)
    command = [sys.executable, "-m", "redigest", "fix", "-v", "--mapping", "../schema1.csv", "--report", "../report.json", "--", *map(os.fsdecode, NAMES)]
    done = subprocess.run(command, cwd=tree, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert harvest(tree) == dict.fromkeys(files, NEW)
    assert all(line.isprintable() for line in done.stderr.decode().split("\n"))
    assert len(json.loads((tmp_path / "report.json").read_text())["sightings"]) == len(NAMES)


def _poison(root: Path, marker: Path) -> None:
    """Have everything that Git can be told to run make the marker."""
    script = root / ".git/poison"
    script.write_text(f"#!/bin/sh\necho \"$0 $@\" >> '{marker}'\ncat\n")
    script.chmod(0o755)
    for hook in ("post-index-change", "fsmonitor-watchman", "pre-commit", "post-checkout", "reference-transaction", "pre-auto-gc"):
        (root / ".git/hooks" / hook).unlink(missing_ok=True)
        (root / ".git/hooks" / hook).symlink_to(script)
    for key in (
        *("core.fsmonitor", "core.editor", "core.pager", "core.sshCommand", "core.askPass", "core.gitProxy", "core.alternateRefsCommand"),
        *("filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.external", "diff.x.command", "diff.x.textconv", "merge.x.driver"),
        *("pager.grep", "pager.ls-files", "pager.rev-parse", "gpg.program", "credential.helper", "sequence.editor", "interactive.diffFilter"),
        *("uploadpack.packObjectsHook", "trace2.eventTarget", "sendemail.sendmailCmd"),
    ):
        git(root, "config", key, str(script))
    for alias in ("grep", "ls-files", "rev-parse"):
        git(root, "config", f"alias.{alias}", f"!{script}")
    git(root, "config", "core.hooksPath", str(root / ".git/hooks"))
    git(root, "config", "filter.x.required", "true")
    plant(root, {".gitattributes": b"* filter=x diff=x merge=x\n"})


@pytest.mark.needs("git")
@every_change
def test_nothing_that_the_configuration_of_a_repository_names_is_run(change: Callable[[WorkTree], object], tmp_path: Path) -> None:
    tree = repository(tmp_path / "tree", {"web.yaml": OLD, "other.yaml": b"a"})
    marker = tmp_path / "marker"
    _poison(tree, marker)
    plant(tree, {"new.yaml": OLD, "other.yaml": OLD})
    change(WorkTree.at([tree]))
    assert not marker.exists(), marker.read_text()
    subprocess.run(["git", "status"], cwd=tree, capture_output=True, check=False)
    assert marker.exists(), "the poison does not work"


@pytest.mark.needs("git")
def test_what_passes_for_a_repository_in_a_tree_hides_no_file(tmp_path: Path) -> None:
    """Files of a commit can be a repository that has no file and ignores all."""
    tree = repository(tmp_path / "tree", {"sub/web.yaml": OLD})
    git(tree, "init", "--quiet", "--bare", "sub")
    git(tree / "sub", "config", "core.bare", "false")
    git(tree / "sub", "config", "core.worktree", ".")
    (tree / "sub/info/exclude").write_text("*\n")
    assert paths(scan(WorkTree.at([tree / "sub"]), search())) == ["web.yaml"]


@pytest.mark.needs("git")
@every_change
def test_nothing_is_fetched_for_a_repository_that_lacks_objects(change: Callable[[WorkTree], object], tmp_path: Path) -> None:
    """To list the files of a sparse index git reads a tree, and to read a tree that is not there it fetches."""
    source = repository(tmp_path / "source", {"web.yaml": OLD, "away/deep/web.yaml": OLD, "here/web.yaml": OLD})
    git(tmp_path, "clone", "--quiet", str(source), "tree")
    tree, marker = tmp_path / "tree", tmp_path / "marker"
    git(tree, "sparse-checkout", "set", "--cone", "--sparse-index", "here")
    missing = git(tree, "rev-parse", "HEAD:away").decode().strip()
    (tree / ".git/objects" / missing[:2] / missing[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": f"touch '{marker}'; git-upload-pack",
        "protocol.allow": "always",
        "protocol.file.allow": "always",
    }.items():
        git(tree, "config", key, value)
    change(WorkTree.at([tree]))
    assert not marker.exists()
    assert paths(scan(WorkTree.at([tree]), search())) == ["here/web.yaml", "web.yaml"]
    subprocess.run(["git", "ls-files"], cwd=tree, capture_output=True, check=False)
    assert marker.exists(), "the poison does not work"


def seconds(root: Path, *, swaps: int) -> float:
    """Processor time of `fix` on a tree in which so many digests are to be swapped; other processes do not count."""
    before = time.process_time()
    outcome = fix(WorkTree.at([root]), search())
    after = time.process_time()
    assert not failures(outcome)
    assert sum(result.action == "swapped" for result in outcome.results) == swaps
    return after - before


def blob(length: int) -> str:
    return base64.b64encode(hashlib.shake_256(b"seed").digest(length * 3 // 4)).decode()


HUGE = {
    "a.yaml": f"image: {ETCD.before}\nblob: {{}}\nagain: {ETCD.before}\n",
    "b.yaml": f'{{{{"image": "{ETCD.before}", "blob": "{{}}", "again": "{ETCD.before}"}}}}',
    "c.json": f'{{{{"image": "{ETCD.before}", "blob": "{{}}", "again": "{ETCD.before}"}}}}',
    "Dockerfile": f"FROM {ETCD.before}\nENV BLOB={{}}\nFROM {ETCD.before}\n",
    "d.env": f"IMAGE={ETCD.before}\nBLOB='{{}}'\nAGAIN={ETCD.before}\n",
    "e.tpl": f"image: {ETCD.before}\nblob: {{}}\nagain: {ETCD.before}\n",
    "templates/f.yaml": f"{{{{{{{{ if .x }}}}}}}}\nimage: {ETCD.before}\nblob: {{}}\nagain: {ETCD.before}\n",
    "a.sh": f"IMAGE='{ETCD.before}'\nBLOB={{}}\npull {ETCD.before}\n",
    "a.go": f'const image = "{ETCD.before}"\nconst blob = "{{}}"\nconst again = "{ETCD.before}"\n',
    "a.py": f"IMAGE = '{ETCD.before}'\nBLOB = f\"{{}}\"\nAGAIN = '{ETCD.before}'\n",
    "a.ts": f"const image = '{ETCD.before}';\nconst blob = /{{}}/;\nconst again = '{ETCD.before}';\n",
    "Makefile": f"IMAGE = {ETCD.before}\nBLOB = {{}}\nAGAIN = {ETCD.before}\n",
    "a.tf": f'image = "{ETCD.before}"\nblob = "{{}}"\nagain = "{ETCD.before}"\n',
    "a.toml": f"image = '{ETCD.before}'\nblob = '{{}}'\nagain = '{ETCD.before}'\n",
    "a.container": f"[Container]\nImage={ETCD.before}\nEnvironment={{}}\nExec={ETCD.before}\n",
    "a.properties": f"image={ETCD.before}\nblob={{}}\nagain={ETCD.before}\n",
    "b.properties": f"image={ETCD.before}\n{{}}\nagain={ETCD.before}\n",
    "a.xml": f"<a><image>{ETCD.before}</image><blob>{{}}</blob>\n<again>{ETCD.before}</again></a>\n",
    "images.txt": f"{ETCD.before}\n# {{}}\n{ETCD.before}\n",
}


@pytest.mark.parametrize("path", HUGE)
def test_a_line_of_500_kilobytes_takes_less_than_a_second(path: str, tmp_path: Path) -> None:
    plant(tmp_path, {path: HUGE[path].format(blob(500_000))})
    assert seconds(tmp_path, swaps=2) < 1


@pytest.mark.parametrize("path", HUGE)
@pytest.mark.parametrize("part", ["0a", "a''b", "a:b ", "x@sha256", "{{x}}", "{{", "${", "\\\\", "# ", "/a", "- ", " ", " \t"])
def test_no_line_takes_longer_than_in_proportion(path: str, part: str, tmp_path: Path) -> None:
    plant(tmp_path, {path: HUGE[path].format(part * (200_000 // len(part)))})
    before = time.process_time()
    outcome = fix(WorkTree.at([tmp_path]), search())
    assert time.process_time() - before < 4
    assert len(outcome.results) == 2
    assert not failures(outcome)


NESTED = {
    "a.yaml": "{}{}{}\n",
    "a.json": "{}{}{}\n",
    "b.yaml": "value: '{}{}{}'\n",
    "templates/a.yaml": "{{{{ if .x }}}}\nvalue: {}{}{}\n",
    "Dockerfile": "FROM {}{}{}\n",
    "a.env": "A={}{}{}\n",
    "a.sh": "A={}{}{}\n",
    "a.go": "var a = {}{}{}\n",
    "a.py": "a = {}{}{}\n",
    "a.bzl": "a = {}{}{}\n",
    "a.ts": "const a = {}{}{};\n",
    "Makefile": "A = {}{}{}\n",
    "a.tf": "a = {}{}{}\n",
    "a.toml": "a = {}{}{}\n",
    "a.ini": "a = {}{}{}\n",
    "a.properties": "a={}{}{}\n",
    "a.xml": "<a b='{}'>{}{}</a>\n",
}


@pytest.mark.parametrize("path", NESTED)
@pytest.mark.parametrize("pair", ["[]", "{}"])
@pytest.mark.parametrize("is_closed", [True, False])
def test_100_000_brackets_are_neither_a_crash_nor_a_delay(path: str, pair: str, tmp_path: Path, *, is_closed: bool) -> None:
    opening, closing = pair[0] * 100_000, pair[1] * 100_000 if is_closed else ""
    plant(tmp_path, {path: NESTED[path].format(opening, f'"{ETCD.before}"', closing), "web.yaml": OLD})
    before = time.process_time()
    outcome = scan(WorkTree.at([tmp_path]), search())
    assert time.process_time() - before < 2
    assert sorted(paths(outcome)) == sorted([path, "web.yaml"])
    assert not failures(outcome)


def test_indentation_100_000_deep_is_neither_a_crash_nor_a_delay(tmp_path: Path) -> None:
    plant(tmp_path, {"a.yaml": "- " * 100_000 + ETCD.before, "b.yaml": "".join(f"{' ' * depth}a:\n" for depth in range(2000)) + f"{' ' * 2000}{ETCD.before}"})
    before = time.process_time()
    outcome = scan(WorkTree.at([tmp_path]), search())
    assert time.process_time() - before < 2
    assert paths(outcome) == ["a.yaml", "b.yaml"]


def test_aliases_of_aliases_are_not_unfolded(tmp_path: Path) -> None:
    bomb = f"a0: &a0 {{image: {ETCD.before}}}\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 100))
    merged = f"b0: &b0 {{image: {TOOLS.before}}}\n" + "".join(f"b{n}: &b{n} {{<<: [*b{n - 1}, *b{n - 1}], k{n}: *b{n - 1}}}\n" for n in range(1, 60))
    plant(tmp_path, {"bomb.yaml": bomb, "merged.yaml": merged, "self.yaml": f"a: &a [*a, {ETCD.before}]\n"})
    assert seconds(tmp_path, swaps=3) < 1


MANY: dict[str, tuple[str, Callable[[list[str]], str]]] = {
    "lines of YAML": ("a.yaml", lambda items: "".join(f"- image: {item}\n" for item in items)),
    "a flow of YAML": ("a.yaml", lambda items: f"a: [{', '.join(items)}]"),
    "documents of YAML": ("a.yaml", lambda items: "".join(f"---\nimage: {item}\n" for item in items)),
    "keys of YAML": ("a.yaml", lambda items: "".join(f"k{number}: {item}\n" for number, item in enumerate(items))),
    "a block of YAML": ("a.yaml", lambda items: "a: |\n" + "".join(f"  run {item}\n" for item in items)),
    "one line of JSON": ("a.json", json.dumps),
    "JSON in JSON": ("a.json", lambda items: json.dumps({"a": json.dumps(items)})),
    "a template": ("a.tpl", lambda items: "{{ if x }}\n" + "".join(f"- image: {item}\n" for item in items)),
    "a Dockerfile": ("Dockerfile", lambda items: "".join(f"FROM {item}\n" for item in items)),
    "a continued line": ("Dockerfile", lambda items: "FROM a\nRUN true" + "".join(f" \\\n  && pull {item}" for item in items)),
    "an env file": ("a.env", lambda items: "".join(f"A{number}={item}\n" for number, item in enumerate(items))),
    "one line of a script": ("a.sh", " ".join),
    "commands of a script": ("a.sh", lambda items: "".join(f"docker pull {item} # {item[:20]}\n" for item in items)),
    "a heredoc": ("a.sh", lambda items: "cat <<EOF\n" + "".join(f"image: {item}\n" for item in items) + "EOF\n"),
    "literals of Go": ("a.go", lambda items: "".join(f'var a{number} = "{item}"\n' for number, item in enumerate(items))),
    "one line of Go": ("a.go", lambda items: f"var a = []string{{{', '.join(map(json.dumps, items))}}}\n"),
    "a raw literal of Go": ("a.go", lambda items: "var a = `\n" + "".join(f"image: {item}\n" for item in items) + "`\n"),
    "a dictionary of Python": ("a.py", lambda items: "A = {\n" + "".join(f"    'a{number}': '{item}',\n" for number, item in enumerate(items)) + "}\n"),
    "calls of Bazel": ("BUILD", lambda items: "".join(f'pull(name = "a", image = "{item}")\n' for item in items)),
    "a Makefile": ("Makefile", lambda items: "".join(f"A{number} = {item}\n" for number, item in enumerate(items))),
    "a line of a Makefile": ("Makefile", lambda items: "A =" + "".join(f" \\\n  {item}" for item in items)),
    "blocks of HCL": ("a.tf", lambda items: "".join(f'a "b{number}" {{\n  image = "{item}"\n}}\n' for number, item in enumerate(items))),
    "a list of HCL": ("a.tf", lambda items: f"a = {json.dumps(items)}\n"),
    "tables of TOML": ("a.toml", lambda items: "".join(f"[[a]]\nimage = '{item}'\n" for item in items)),
    "a section": ("a.ini", lambda items: "[a]\n" + "".join(f"a{number} = {item}\n" for number, item in enumerate(items))),
    "properties": ("a.properties", lambda items: "".join(f"a.b{number}={item}\n" for number, item in enumerate(items))),
    "one property": ("a.properties", lambda items: "a=" + ",\\\n  ".join(items)),
    "elements of XML": ("a.xml", lambda items: "<a>" + "".join(f"<image>{item}</image>" for item in items) + "</a>"),
    "a list of images": ("images.txt", "\n".join),
}


def in_proportion(tmp_path: Path, kind: str, *, count: int) -> bool:
    """Tell whether four times `count` digests in one file take about four times as long, and not up to sixteen times.

    A busy machine slows runs down and never speeds one up, so the fastest of three small ones is held against up to five large ones, of which the
    first is slower anyway, since no place in it is known yet.
    """
    small = min(seconds_to_fix(tmp_path / f"small-{attempt}", kind, count) for attempt in range(3))
    return any(seconds_to_fix(tmp_path / f"large-{attempt}", kind, 4 * count) < 6 * small for attempt in range(5))


def seconds_to_fix(tmp_path: Path, kind: str, count: int) -> float:
    """Swap `count` digests in one file, all of them, and give the CPU time it took."""
    path, write = MANY[kind]
    tree = plant(tmp_path / str(count), {path: write([image.before for image in (ETCD, TOOLS) * (count // 2)])})
    before = time.process_time()
    outcome = fix(WorkTree.at([tree]), search(mentions=True))
    seconds = time.process_time() - before
    assert len(outcome.results) == count
    assert not failures(outcome)
    return seconds


@pytest.mark.parametrize("kind", MANY)
def test_four_times_the_digests_take_about_four_times_as_long(kind: str, tmp_path: Path) -> None:
    assert in_proportion(tmp_path, kind, count=750)


def test_20_000_digests_in_one_file_are_swapped_in_proportion(tmp_path: Path) -> None:
    assert in_proportion(tmp_path, "lines of YAML", count=5_000)
