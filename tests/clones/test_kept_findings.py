"""What is kept of the files of a commit: of a large repository in which little has changed, little is read."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from redigest.clones.clone import Clone, Clones
from redigest.clones.commit_tree import CommitTree
from redigest.clones.remote import Remote
from redigest.findings import Findings
from redigest.rules import Rules
from redigest.screen import Screen
from redigest.survey import Finder, Survey, survey
from tests.clones.remotes import KEY, QUICK, Content, bare, commit, head
from tests.samples import ETCD, RULES, TOOLS, WEB

pytestmark = pytest.mark.needs("git")

FILES = {f"d{number % 9}/{number}.txt": f"nothing {number}" for number in range(600)} | {
    "a.yaml": f"image: {ETCD.before}\n",
    "b/b.yaml": f"image: {TOOLS.before}\n",
    "c.yaml": f"image: {ETCD.before}\n",
}


class Counting(CommitTree):
    """Also says which files were read."""

    def contents(self, paths: Sequence[str], screen: Screen) -> Iterator[tuple[str, bytes | OSError]]:
        self.asked = sorted(paths)
        return super().contents(paths, screen)


class Looks(Screen):
    """Also says how often it was asked."""

    count = 0

    def takes(self, data: bytes) -> bool:
        Looks.count += 1
        return super().takes(data)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    return bare(tmp_path / "remote.git", FILES)


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Iterator[Clone]:
    with Clones(tmp_path / "cache", QUICK).open(Remote(origin.as_uri()), KEY) as opened:
        opened.fetch([head(origin)])
        yield opened


def look(clone: Clone, at: str, folder: Path, *, rules: Rules = RULES, own: tuple[str, ...] = ()) -> tuple[Survey, list[str]]:
    """Everything in a commit, and the paths of the files that were read."""
    clone.fetch([at])
    with closing(Findings(folder, rules)) as findings, closing(Counting(clone.tree(at).repository, at)) as tree:
        return survey(Finder(tree, rules, "", own, findings), jobs=1), tree.asked


def anew(clone: Clone, at: str, *, rules: Rules = RULES, own: tuple[str, ...] = ()) -> Survey:
    return survey(Finder(clone.tree(at), rules, "", own), jobs=1)


def test_reads_what_is_new_and_nothing_else(clone: Clone, origin: Path, tmp_path: Path) -> None:
    first = head(origin)
    found, asked = look(clone, first, tmp_path / "kept")
    assert [sighting.path for sighting in found.sightings] == ["a.yaml", "b/b.yaml", "c.yaml"]
    assert (found, asked) == (anew(clone, first), sorted(FILES))
    assert look(clone, first, tmp_path / "kept") == (found, [])
    second = commit(origin, "main", FILES | {"b/b.yaml": f"image: {WEB.before}\n", "d1/1.txt": "nothing new", "copy.txt": "nothing 2"})
    assert look(clone, second, tmp_path / "kept") == (anew(clone, second), ["b/b.yaml", "d1/1.txt"])
    assert look(clone, first, tmp_path / "kept") == (found, [])
    moved = commit(origin, "main", FILES | {"a.md": FILES["a.yaml"]})
    assert look(clone, moved, tmp_path / "kept") == (anew(clone, moved), ["a.md"])


def test_reads_all_under_other_rules(clone: Clone, origin: Path, tmp_path: Path) -> None:
    look(clone, head(origin), tmp_path / "kept")
    fewer = Rules(RULES.rules[:-1])
    assert look(clone, head(origin), tmp_path / "kept", rules=fewer) == (anew(clone, head(origin), rules=fewer), sorted(FILES))


def test_reads_files_of_ours(clone: Clone, origin: Path, tmp_path: Path) -> None:
    look(clone, head(origin), tmp_path / "kept")
    own = ("c.yaml",)
    assert look(clone, head(origin), tmp_path / "kept", own=own) == (anew(clone, head(origin), own=own), ["c.yaml"])


def test_forgets_what_is_gone(clone: Clone, origin: Path, tmp_path: Path) -> None:
    with closing(Findings(tmp_path / "kept", RULES)) as findings:
        at = head(origin)
        for number in range(5):
            at = commit(origin, "main", {f"{path}": f"{number} {content!r}" for path, content in FILES.items()})
            look(clone, at, tmp_path / "kept")
        assert len(findings.empty(str(clone.tree(at).repository))) < 4 * len(FILES)


def test_keeps_nothing_of_a_small_commit(clone: Clone, origin: Path, tmp_path: Path) -> None:
    at = commit(origin, "main", {"a.yaml": FILES["a.yaml"]})
    assert look(clone, at, tmp_path / "kept")[1] == ["a.yaml"]
    assert not (tmp_path / "kept").exists()


def test_reads_equal_files_once(clone: Clone, origin: Path) -> None:
    at = commit(origin, "main", {f"{number}.yaml": FILES["a.yaml"] for number in range(50)} | {"other": "x"})
    clone.fetch([at])
    tree = clone.tree(at)
    Looks.count = 0
    assert len(list(tree.contents(sorted(tree.blobs()), Looks(())))) == 50
    assert Looks.count == 2


HITS = {
    "digest": ETCD.before.encode(),
    "utf-16-le": f"\ufeff{ETCD.before}".encode("utf-16-le"),
    "utf-16-be": f"\ufeff{ETCD.before}".encode("utf-16-be"),
    "bare": f"digest: {ETCD.old.hex}".encode(),
    "split": f"repository: a@sha256\n{ETCD.old.hex}".encode(),
    "binary": b"\0\xff\xfe" * 5000 + ETCD.before.encode(),
    "latin": b"\xe9 " + ETCD.before.encode(),
    "long": b"x" * 2_000_000 + ETCD.before.encode(),
    "broken": b'"sha256:0123\\\n',
}


def test_finds_the_same_among_many_files(clone: Clone, origin: Path) -> None:
    files: dict[str, Content] = {**FILES, ".gitattributes": "* -diff binary\n", "0* -text": "x"}
    at = commit(origin, "main", files | {f"d3/{name}": data for name, data in HITS.items()})
    clone.fetch([at])
    tree = clone.tree(at)
    few = [path for path in tree.blobs() if not path.endswith(".txt")]
    expected = sorted(tree.contents(few, Screen(RULES.bare_keys)))
    assert sorted(path for path, _ in expected) == sorted(["a.yaml", "b/b.yaml", "c.yaml", *(f"d3/{name}" for name in HITS)])
    assert sorted(tree.contents(sorted(tree.blobs()), Screen(RULES.bare_keys))) == expected


def test_other_processes_do_not_keep_git_waiting(clone: Clone, origin: Path, tmp_path: Path) -> None:
    """They are started while git is still being asked, and have its input open as well."""
    large = {f"a{number}.yaml": f"# {number}\n" * 400_000 + f"image: {ETCD.before}\n" for number in range(6)}
    at = commit(origin, "main", large | {f"b{number}.yaml": f"image: {ETCD.before} # {number}\n" for number in range(2500)})
    clone.fetch([at])
    with closing(Findings(tmp_path / "kept", RULES)) as findings:
        found = survey(Finder(clone.tree(at), RULES, "", (), findings), jobs=2)
    assert len(found.sightings) == 2506
    assert look(clone, at, tmp_path / "kept") == (found, [])


def test_leaves_nothing_in_the_clone(clone: Clone, origin: Path) -> None:
    tree = clone.tree(head(origin))
    before = {file.relative_to(tree.repository): file.stat().st_mtime_ns for file in tree.repository.rglob("*")}
    assert len(list(tree.contents(sorted(tree.blobs()), Screen(RULES.bare_keys)))) == 3
    assert {file.relative_to(tree.repository): file.stat().st_mtime_ns for file in tree.repository.rglob("*")} == before


def test_says_that_the_clone_is_damaged(clone: Clone, origin: Path) -> None:
    from redigest.clones.command import Damaged

    folder = clone.tree(head(origin)).repository
    for pack in (folder / "objects/pack").glob("*.pack"):
        data = bytearray(pack.read_bytes())
        data[len(data) // 2 : len(data) // 2 + 2000] = os.urandom(2000)
        pack.chmod(0o644)
        pack.write_bytes(data)
    tree = clone.tree(head(origin))
    with pytest.raises(Damaged):
        list(tree.contents(sorted(tree.blobs()), Screen(())))
