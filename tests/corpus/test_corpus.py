"""Real files from public repositories, and hard variants of them, read where they lie: a folder beside the checkout or the one that REDIGEST_CORPUS names.

What must come out is worked out here by other means than the project's own: grep, PyYAML, and a comparison of bytes.
"""

import hashlib
import os
import re
import shutil
import subprocess
import time
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

from redigest.cli import main
from redigest.find import find
from redigest.model import Action, Digest, Evidence, EvidenceKind, Outcome, Problem, Sighting, Standing, Swap, Verdict
from redigest.pipeline import Search, fix
from redigest.resolve import NO_CONTEXT, Context, Question
from redigest.tree import WorkTree
from tests.samples import RULES

CORPUS = Path(os.environ.get("REDIGEST_CORPUS") or Path(__file__).parents[3] / "shared" / "data" / "corpus")

pytestmark = pytest.mark.skipif(
    not (CORPUS / "files").is_dir(),
    reason=f"NO CORPUS at {CORPUS}: nothing was tried on real files; set REDIGEST_CORPUS to a folder with `files` and `derived` in it",
)

BOM = b"\xef\xbb\xbf"
_DIGEST = re.compile(rb"sha256:([0-9a-f]{64})")
_HEX = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}")
_HEX_IN_TEXT = re.compile(_HEX.pattern.decode())
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_WHOLE = re.compile(rf"(?:[a-z][a-z0-9+.-]*://)?(?:{_LABEL}(?:\.{_LABEL})*(?::[0-9]+)?/)?{_PART}(?:/{_PART})*(?::[\w.-]+)?@sha256:([0-9a-f]{{64}})")
_FOR_PEOPLE = re.compile(r"description|summary|message|displayName|title|notes|changelog|readme|documentation|comments?|changes", re.IGNORECASE)


def new_hex(old: str) -> str:
    """The invented digest that stands for the equivalent of another."""
    return hashlib.sha256(f"schema 2 of {old}".encode()).hexdigest()


class Everything:
    """A source that knows an equivalent of every digest that it was given."""

    problems: tuple[Problem, ...] = ()

    def __init__(self, known: Collection[str]) -> None:
        self.known = known

    def answer(self, questions: Collection[Question], _context: Context = NO_CONTEXT, /) -> Mapping[Question, Verdict]:
        evidence = (Evidence(EvidenceKind.MAPPING, "invented", "true"),)
        return {one: Swap(one.digest, Digest(new_hex(one.digest.hex)), evidence) for one in questions if one.digest.hex in self.known}


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@dataclass(frozen=True)
class Run:
    """A copy of the corpus, its bytes before and after each of two runs, what the second said, and the digests that it knew."""

    tree: Path
    known: Collection[str]
    before: dict[str, bytes]
    idle: dict[str, bytes]
    after: dict[str, bytes]
    outcome: Outcome

    def sightings(self) -> Iterator[Sighting]:
        return (result.sighting for result in self.outcome.results)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Fix a copy with no mapping, and with one that has every digest."""
    tree = tmp_path_factory.mktemp("corpus") / "tree"
    for folder in ("files", "derived", "history"):
        shutil.copytree(CORPUS / folder, tree / folder, copy_function=shutil.copyfile)
    for path in tree.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = files_below(tree)
    known = {match[1].decode() for data in before.values() for match in _DIGEST.finditer(data)}
    fix(WorkTree.at([tree]), Search(RULES, ()))
    idle = files_below(tree)
    outcome = fix(WorkTree.at([tree]), Search(RULES, (Everything(known),)))
    return Run(tree, known, before, idle, files_below(tree), outcome)


@pytest.mark.needs("grep")
def test_sees_every_digest_that_grep_sees(run: Run) -> None:
    command = ["grep", "--recursive", "--null", "-IobE", "sha256:[0-9a-f]{64}", "."]
    shown = subprocess.run(command, cwd=CORPUS, env={**os.environ, "LC_ALL": "C"}, capture_output=True, check=True).stdout
    lines = (line.removeprefix(b"./").split(b"\0") for line in shown.splitlines())
    expected = {(path.decode(), int(rest.partition(b":")[0]) + len("sha256:")) for path, rest in lines}
    expected = {(path, offset) for path, offset in expected if path in run.before}
    assert len(expected) > 20_000
    assert expected - {(sighting.path, sighting.offset) for sighting in run.sightings()} == set()


def test_sees_nothing_twice(run: Run) -> None:
    seen = [(sighting.path, sighting.offset) for sighting in run.sightings()]
    assert seen == sorted(set(seen))


def test_says_line_and_column_as_an_editor_does(run: Run) -> None:
    starts = {path: [0, *(match.end() for match in re.finditer(b"\n", data))] for path, data in run.before.items()}
    for sighting in run.sightings():
        if not run.before[sighting.path].startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16 has lines of its own
            data, lines = run.before[sighting.path], starts[sighting.path]
            line = data[lines[sighting.line - 1] : sighting.offset]
            mark = len(BOM) if sighting.line == 1 and line.startswith(BOM) else 0
            assert sighting.line == bisect_right(lines, sighting.offset)
            assert sighting.column == len(line[mark:].decode("utf-8", "replace")) + 1


def test_changes_nothing_without_a_mapping(run: Run) -> None:
    assert [path for path in run.before if run.idle[path] != run.before[path]] == []


def test_changes_nothing_but_digits_of_digests(run: Run) -> None:
    assert run.after.keys() == run.before.keys()
    changed = [path for path in run.before if run.after[path] != run.before[path]]
    assert len(changed) > 400
    for path in changed:
        assert outside_of_digests(run.before[path], run.before[path]) == outside_of_digests(run.after[path], run.before[path]), path


def outside_of_digests(data: bytes, original: bytes) -> tuple[int, list[bytes]]:
    """The length, and all bytes but those where the original has 64 hex digits."""
    position = 0
    parts = []
    for match in _HEX.finditer(original):
        parts.append(data[position : match.start()])
        position = match.end()
    return len(data), [*parts, data[position:]]


def test_swaps_each_digest_for_its_own_equivalent(run: Run) -> None:
    for path, data in run.before.items():
        for match in _HEX.finditer(data):
            now = run.after[path][match.start() : match.end()].decode()
            assert now in (match[0].decode(), new_hex(match[0].decode())), path


@dataclass(frozen=True)
class Value:
    """A scalar of a document as another parser sees it."""

    keys: tuple[str, ...]
    tag: str
    written: str

    @property
    def live_hex(self) -> str | None:
        """The digits that must be swapped, if the value as a whole is a reference that something uses."""
        whole = _WHOLE.fullmatch(self.written.strip())
        is_kept = self.keys[:1] == ("status",) or any(_FOR_PEOPLE.search(key) for key in self.keys[-1:]) or "lastTriggeredImage" in self.keys
        return whole[1] if whole and not is_kept else None


@cache
def values(data: bytes) -> list[Value] | None:
    """Every scalar of the documents in a file, in order; `None` where the parser does not take it."""
    found: list[Value] = []
    stack: list[tuple[yaml.Node, tuple[str, ...]]] = []
    seen: set[int] = set()
    try:
        roots = list(yaml.compose_all(data.decode("utf-8-sig"), Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    stack = [(root, ()) for root in reversed(roots)]
    while stack:
        node, keys = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        match node:
            case yaml.ScalarNode():
                found.append(Value(keys, node.tag, node.value))
            case yaml.SequenceNode():
                stack.extend((item, keys) for item in reversed(node.value))
            case yaml.MappingNode():
                for key, value in reversed(node.value):
                    stack += [(value, (*keys, str(key.value))), (key, keys)]
    return found


@pytest.fixture(scope="module")
def documents(run: Run) -> dict[str, tuple[list[Value], list[Value] | None]]:
    """What another parser makes of each YAML file with a digest, before and after."""
    read: dict[str, tuple[list[Value], list[Value] | None]] = {}
    for path, data in run.before.items():
        is_yaml = path.endswith((".yaml", ".yml")) and not path.startswith("derived/huge/")
        if is_yaml and b"sha256:" in data and b"\0" not in data and (before := values(data)) is not None:
            read[path] = (before, values(run.after[path]))
    return read


def test_swaps_every_digest_that_another_parser_calls_live(documents: dict[str, tuple[list[Value], list[Value] | None]]) -> None:
    swapped = 0
    left = []
    for path, (before, after) in documents.items():
        for old, new in zip(before, after or (), strict=True):
            if old.live_hex is not None:
                swapped += 1
                if new.written != old.written.replace(old.live_hex, new_hex(old.live_hex)):
                    left.append((path, old.keys, old.written))
    assert left == []
    assert swapped > 7_000


def test_another_parser_loads_the_same_but_for_the_digests(documents: dict[str, tuple[list[Value], list[Value] | None]]) -> None:
    assert len(documents) > 400
    for path, (before, after) in documents.items():
        assert after is not None, path
        changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        assert [without_digits(old) for old, _ in changed] == [without_digits(new) for _, new in changed], path


def without_digits(value: Value) -> Value:
    return Value(tuple(_HEX_IN_TEXT.sub("", key) for key in value.keys), value.tag, _HEX_IN_TEXT.sub("", value.written))


def test_gives_a_reason_for_every_digest_that_stays(run: Run) -> None:
    for result in run.outcome.results:
        assert (result.action is Action.SWAPPED) == (result.sighting.is_live), result
        assert (result.reason is None) == (result.action is Action.SWAPPED), result
    assert [problem for problem in run.outcome.problems if problem.failed] == []


@pytest.mark.parametrize("path", sorted((CORPUS / "derived").rglob("*")), ids=lambda path: path.relative_to(CORPUS / "derived").as_posix())
def test_reads_every_hard_variant_quickly(path: Path) -> None:
    if path.is_dir() or path.name == "index.tsv":
        return
    data = path.read_bytes()
    started = time.process_time()
    found = find(path.name, data, RULES)
    assert time.process_time() - started < 3 + len(data) / 1_000_000  # less than half a second for each MB where nothing else runs
    visible = {match.start() + len("sha256:") for match in _DIGEST.finditer(data)}
    assert visible <= {sighting.offset for sighting in found.sightings}
    assert found.sightings


def test_a_second_run_finds_only_what_no_run_can_change(run: Run) -> None:
    outcome = fix(WorkTree.at([run.tree / "derived"]), Search(RULES, (Everything(run.known),)))
    assert files_below(run.tree) == run.after
    left_over = {f"derived/{result.sighting.path}" for result in outcome.results if result.is_left_over}
    assert left_over == {sighting.path for sighting in run.sightings() if sighting.standing is Standing.UNREADABLE}


def test_the_command_finds_nothing_left_to_do(run: Run, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.csv"
    mapping.write_text("".join(f"any/repository,,sha256:{old},sha256:{new_hex(old)}\n" for old in run.known))
    assert main(["fix", "--quiet", "--offline", "--mapping", str(mapping), str(run.tree / "files"), str(run.tree / "history")]) == 0
    assert files_below(run.tree) == run.after


def test_leaves_checksums_alone(run: Run) -> None:
    locks = [path for path in run.before if path.endswith("Chart.lock")]
    assert len(locks) > 1
    assert [path for path in locks if run.after[path] != run.before[path]] == []
    hashes = {path: re.findall(rb"--hash=sha256:[0-9a-f]{64}", data) for path, data in run.before.items()}
    assert sum(map(len, hashes.values())) > 1000
    for path, expected in hashes.items():
        assert re.findall(rb"--hash=sha256:[0-9a-f]{64}", run.after[path]) == expected
