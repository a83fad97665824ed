"""What was found in files, kept for later runs on real files of SQLite: it changes nothing but the time that they take."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

import redigest
from redigest.cli import main
from redigest.find import Found
from redigest.findings import Findings, Place
from redigest.git import blob_id
from redigest.packing import pack
from redigest.rules import Rules
from redigest.survey import Finder, Survey, survey
from redigest.tree import WorkTree
from tests.samples import ETCD, RULES, TOOLS, WEB, git, open_folder, plant, unprivileged

PADDING = "# nothing\n" * 60_000
FILES = {f"{name}.yaml": f"image: {image.before}\n{PADDING}" for name, image in {"a": ETCD, "b": TOOLS, "c/c": WEB}.items()}
"""More than a few bytes, so that it is worth while to keep what they hold."""

NOTHING = pack(Found(()))
PLACE = (blob_id(b"x"), "a.yaml")


class Counting(Findings):
    """Also says of which files something was kept."""

    def __init__(self, folder: Path, rules: Rules = RULES) -> None:
        super().__init__(folder, rules)
        self.news: list[str] = []

    def keep(self, packed: Mapping[Place, bytes]) -> None:
        self.news += [path for _, path in packed]
        super().keep(packed)


def look(root: Path, folder: Path, *, rules: Rules = RULES, own: tuple[str, ...] = ()) -> tuple[Survey, list[str]]:
    """Everything in a tree, and the paths of the files that were looked into."""
    with closing(Counting(folder, rules)) as findings:
        return survey(Finder(WorkTree.at([root]), rules, "", own, findings), jobs=1), sorted(findings.news)


def anew(root: Path, *, rules: Rules = RULES, own: tuple[str, ...] = ()) -> Survey:
    return survey(Finder(WorkTree.at([root]), rules, "", own), jobs=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return plant(tmp_path / "tree", FILES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_looks_into_each_file_once(root: Path, folder: Path) -> None:
    assert look(root, folder) == (anew(root), sorted(FILES))
    assert look(root, folder) == (anew(root), [])


def test_looks_into_the_one_file_that_has_changed(root: Path, folder: Path) -> None:
    look(root, folder)
    plant(root, {"b.yaml": FILES["b.yaml"].replace("image", "# image")})
    assert look(root, folder) == (anew(root), ["b.yaml"])
    plant(root, {"b.yaml": FILES["b.yaml"]})
    assert look(root, folder) == (anew(root), [])


def test_looks_into_equal_bytes_at_another_path(root: Path, folder: Path) -> None:
    """Its name decides how a file is read."""
    look(root, folder)
    (root / "b.yaml").rename(root / "b.md")
    assert look(root, folder) == (anew(root), ["b.md"])


def test_goes_by_paths_from_the_top_of_the_repository(root: Path, folder: Path) -> None:
    with closing(Findings(folder, RULES)) as findings:
        expected = survey(Finder(WorkTree.at([root]), RULES, ".github/workflows/", (), findings), jobs=1)
    assert look(root, folder)[1] == sorted(FILES)
    with closing(Counting(folder)) as counting:
        assert survey(Finder(WorkTree.at([root]), RULES, ".github/workflows/", (), counting), jobs=1) == expected
        assert counting.news == []


def test_looks_anew_under_other_rules(root: Path, folder: Path) -> None:
    look(root, folder)
    fewer = Rules(RULES.rules[:-1])
    assert look(root, folder, rules=fewer) == (anew(root, rules=fewer), sorted(FILES))
    assert look(root, folder) == (anew(root), [])


ASK = """
import sys
from pathlib import Path
from redigest.findings import Findings
from redigest.resources import locate_rules
from redigest.rules_folders import load
from redigest.find import Found
from redigest.packing import pack
findings = Findings(Path(sys.argv[1]), load([("rules", locate_rules())]))
place = ("0" * 40, "a.yaml")
print(len(findings.get([place])))
findings.keep({place: pack(Found(()))})
"""


def test_looks_anew_with_a_program_that_has_changed(tmp_path: Path, folder: Path) -> None:
    source = Path(redigest.__file__).parent
    copy = shutil.copytree(source, tmp_path / "bot/redigest", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(source.parents[1] / "rules", tmp_path / "rules")

    def asked() -> str:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "bot")}
        return subprocess.run([sys.executable, "-c", ASK, folder], env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert [asked(), asked()] == ["0", "1"]
    module = copy / "readers/yaml.py"
    times = module.stat()
    module.write_bytes(module.read_bytes() + b"#")
    os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert [asked(), asked()] == ["0", "1"]


def test_keeps_nothing_of_files_of_ours(root: Path, folder: Path) -> None:
    assert look(root, folder, own=("b.yaml",)) == (anew(root, own=("b.yaml",)), ["a.yaml", "c/c.yaml"])
    assert look(root, folder) == (anew(root), ["b.yaml"])
    assert look(root, folder, own=("b.yaml",)) == (anew(root, own=("b.yaml",)), [])


def test_keeps_what_one_long_file_holds(tmp_path: Path, folder: Path) -> None:
    root = plant(tmp_path / "tree", {"a.yaml": f"image: {ETCD.before}\n" + 200_000 * "# a comment\n"})
    assert look(root, folder) == (anew(root), ["a.yaml"])
    assert look(root, folder) == (anew(root), [])


def test_keeps_nothing_of_few_bytes(tmp_path: Path, folder: Path) -> None:
    root = plant(tmp_path / "tree", {"a.yaml": f"image: {ETCD.before}\n", "b.yaml": "image: b\n"})
    assert look(root, folder) == (anew(root), [])
    assert not folder.exists()


def test_keeps_nothing_where_nothing_is_found(tmp_path: Path, folder: Path) -> None:
    root = plant(tmp_path / "tree", {f"{name}.yaml": f"sha256 {PADDING}" for name in "abc"})
    look(root, folder)
    assert not folder.exists()


DAMAGE = {"text": b"this is no database" * 1000, "an empty header": b"SQLite format 3\0" + bytes(1000), "zeros": bytes(8192), "nothing": b""}


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE)
def test_begins_anew_when_the_file_is_damaged(content: bytes, root: Path, folder: Path) -> None:
    plant(folder, {"found-1.sqlite": content})
    assert look(root, folder) == (anew(root), sorted(FILES))
    assert look(root, folder) == (anew(root), [])


def test_survives_pages_that_are_damaged(root: Path, folder: Path) -> None:
    look(root, folder)
    file = folder / "found-1.sqlite"
    data = file.read_bytes()
    file.write_bytes(data[:4096] + os.urandom(len(data) - 4096))
    assert look(root, folder)[0] == anew(root)


CONTENTS = {"nothing": b"", "no packing": b"x" * 100, "a text": "x", "a number": 5, "what another file holds": NOTHING[:-1]}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_looks_anew_where_something_else_was_put(content: bytes | str | int, root: Path, folder: Path) -> None:
    look(root, folder)
    with closing(sqlite3.connect(folder / "found-1.sqlite")) as connection, connection:
        assert connection.execute("UPDATE found SET content = ?", (content,)).rowcount == 3
    assert look(root, folder) == (anew(root), sorted(FILES))
    assert look(root, folder) == (anew(root), [])


TABLES = {
    "other columns": "CREATE TABLE found (a, b)",
    "a view": "CREATE VIEW found AS SELECT 1 AS key, 2 AS used, 3 AS content",
    "a view without an end": "CREATE VIEW found AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS key, 1 AS used, 1 FROM n",
    "a trigger": f"CREATE TRIGGER t AFTER INSERT ON found BEGIN UPDATE found SET content = x'{NOTHING.hex()}'; END",
}


@pytest.mark.parametrize("statements", TABLES.values(), ids=TABLES)
def test_sets_tables_aside_that_are_not_ours(statements: str, root: Path, folder: Path) -> None:
    folder.mkdir()
    if "TRIGGER" in statements:
        with closing(Findings(folder, RULES)) as findings:
            findings.keep({PLACE: NOTHING})
    with closing(sqlite3.connect(folder / "found-1.sqlite")) as connection:
        connection.executescript(statements)
    assert look(root, folder) == (anew(root), sorted(FILES))
    assert look(root, folder) == (anew(root), [])
    assert (folder / "found-1.damaged").exists()


def test_does_without_a_folder_that_cannot_be_written(root: Path) -> None:
    with open_folder() as folder:
        folder.chmod(0o555)
        with unprivileged(folder):
            findings = Findings(folder / "cache", RULES)
            findings.keep({PLACE: NOTHING})
            assert findings.get([PLACE]) == {}
    assert look(root, Path("/dev/null/cache")) == (anew(root), sorted(FILES))


def test_does_without_a_file_that_another_process_writes(root: Path, folder: Path) -> None:
    look(root, folder)
    with closing(sqlite3.connect(folder / "found-1.sqlite", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        plant(root, {"b.yaml": FILES["b.yaml"] + "# more\n"})
        assert look(root, folder) == (anew(root), ["b.yaml"])
        connection.execute("ROLLBACK")
    assert look(root, folder) == (anew(root), ["b.yaml"])


WRITER = """
import sys
from pathlib import Path
from redigest.findings import Findings
from redigest.rules import Rules
findings = Findings(Path(sys.argv[1]), Rules(()))
for number in range(200):
    place = (f"{number:040}", sys.argv[2] if number % 2 else "same")
    findings.keep({place: str(number).encode()})
    assert findings.get([place]) == {place: str(number).encode()}, number
findings.close()
"""


def test_two_processes_can_write_at_once(folder: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name], stderr=subprocess.PIPE) for name in ("one", "two")]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [(b"", 0), (b"", 0)]
    places = [(f"{number:040}", name if number % 2 else "same") for number in range(200) for name in ("one", "two")]
    assert len(Findings(folder, Rules(())).get(places)) == 300


def test_lets_what_is_not_used_go(folder: Path) -> None:
    findings = Findings(folder, RULES, most=1_000_000)
    places = [(f"{number:040}", "a") for number in range(300)]
    for place in places:
        findings.keep({place: os.urandom(10_000)})
    kept = findings.get(places)
    assert 20 < len(kept) < 120
    assert places[-1] in kept
    findings.close()
    assert sum(file.stat().st_size for file in folder.iterdir()) < 3_000_000


def test_lets_what_was_used_last_stay(folder: Path) -> None:
    findings = Findings(folder, RULES, most=150_000)
    places = [(f"{number:040}", "a") for number in range(12)]
    findings.keep({place: os.urandom(10_000) for place in places})
    with closing(sqlite3.connect(folder / "found-1.sqlite")) as connection, connection:
        connection.execute("UPDATE found SET used = 1")
    assert len(findings.get(places[:3])) == 3
    findings.keep({(f"{number:040}", "b"): os.urandom(10_000) for number in range(4)})
    assert set(places[:3]) <= set(findings.get(places))
    assert len(findings.get(places)) < len(places)
    findings.close()


def test_remembers_what_holds_nothing(folder: Path) -> None:
    ids = {f"{number:040x}" for number in range(1000)}
    findings = Findings(folder, RULES)
    assert findings.empty("a") == frozenset()
    findings.keep_empty("a", ids)
    findings.keep_empty("b", {"f" * 64})
    findings.close()
    again = Findings(folder, RULES)
    assert [set(again.empty(name)) for name in "abc"] == [ids, {"f" * 64}, set()]
    again.close()


def test_a_file_has_the_id_that_git_gives_it(tmp_path: Path) -> None:
    for content in (b"", b"x", os.urandom(100_000)):
        assert blob_id(content) == git(tmp_path, "hash-object", "--stdin", "--no-filters", stdin=content).decode().strip()


@pytest.mark.parametrize("verb", ["scan", "fix"])
def test_the_command_line_keeps_what_files_hold(verb: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert main([verb, "--offline", "--quiet", "--no-cache", str(root)]) == 0
    assert not (tmp_path / "home").exists()
    assert main([verb, "--offline", "--quiet", str(root)]) == 0
    assert (tmp_path / "home/redigest/found-1.sqlite").exists()
