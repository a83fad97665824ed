"""The files of a commit, which may have any name and whose attributes may say anything."""

import pickle
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from redigest.clones.clone import Clone, Clones
from redigest.clones.commit_tree import CommitTree
from redigest.clones.remote import Remote
from redigest.errors import RepositoryError
from redigest.screen import pattern
from redigest.survey import Finder, survey
from redigest.tree import Listing, WorkTree
from tests.clones.remotes import BOT, KEY, QUICK, Content, bare, commit, content, head, listing
from tests.samples import ETCD, RULES, git, plant

pytestmark = pytest.mark.needs("git")

PATTERN = "sha256|digest:"
HIT, MISS = "image: a@sha256:0\n", "nothing\n"


@contextmanager
def cloned(tmp_path: Path, files: Mapping[str, Content]) -> Iterator[tuple[Clone, str]]:
    """A clone of a repository with these files, and the commit that has them."""
    root = bare(tmp_path / "remote.git", files)
    with Clones(tmp_path / "cache", QUICK).open(Remote(root.as_uri()), KEY) as clone:
        clone.fetch([head(root)])
        yield clone, head(root)


NAMES = [
    *(
        "-x",
        "--output=x",
        "a b",
        "a\nb",
        "a\rb",
        "a\tb",
        'a"b',
        "a'b",
        "a\\b",
        "ü",
        "\udcff\udcfe",
        "*",
        "[a]",
        "?",
        ":(glob)**",
        "a:b",
        "^x",
        "!x",
        "#x",
        "$HOME",
    ),
    *("deep/" * 60 + "x", "n" * 200, "HEAD", "refs/heads/main", "sha256", "a,b", "a=b", "~", ".", "..", "a/.git2/b", "\x7f", "\x01", "con", "a.lock", "{}"),
]
NAMES = [name for name in NAMES if name not in (".", "..")]


def test_keeps_any_name(tmp_path: Path) -> None:
    with cloned(tmp_path, dict.fromkeys(NAMES, HIT) | {f"d/{name}": MISS for name in NAMES}) as (clone, base):
        tree = clone.tree(base)
        assert listing(tree, PATTERN) == Listing(2 * len(NAMES), tuple(sorted(NAMES)))
        assert {tree.read(name) for name in NAMES} == {HIT.encode()}
        assert {tree.size(name) for name in NAMES} == {len(HIT)}
        made = clone.commit(clone.write(base, {f"d/{name}": name.encode("utf-8", "surrogateescape") for name in NAMES}), parent=base, message="x", author=BOT)
        after = clone.tree(made)
        assert {name: after.read(f"d/{name}") for name in NAMES} == {name: name.encode("utf-8", "surrogateescape") for name in NAMES}
        assert listing(after, PATTERN).candidates == tuple(sorted([*NAMES, "d/sha256"]))


def test_lists_regular_files_and_nothing_else(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "a": HIT,
        "x": ("100755", HIT),
        "link": ("120000", "sha256"),
        "out": ("120000", "../../../../etc/passwd"),
        "folder-link/x": ("120000", "/"),
        "module": ("160000", "1" * 40),
        ".gitmodules": '[submodule "module"]\n\tpath = module\n\turl = ext::touch x\n',
    }
    with cloned(tmp_path, files) as (clone, base):
        tree = clone.tree(base)
        assert listing(tree, PATTERN) == Listing(3, ("a", "x"))
        assert set(tree.blobs()) == {"a", "x", ".gitmodules"}
        for name in (
            "link",
            "out",
            "folder-link",
            "folder-link/x",
            "module",
            "none",
            "a/b",
            "",
            "/",
            "..",
            "../a",
            "/etc/passwd",
            "a\0",
            ".git/config",
            "link/a",
        ):
            assert tree.size(name) == 0
            with pytest.raises(FileNotFoundError):
                tree.read(name)
            with pytest.raises(RepositoryError, match="no such regular file"):
                clone.write(base, {name: b"x"})


def test_lists_what_is_included_and_not_excluded(tmp_path: Path) -> None:
    with cloned(tmp_path, {"a.yaml": HIT, "k8s/b.yaml": HIT, "k8s/c.txt": MISS}) as (clone, base):
        assert listing(clone.tree(base, include=("**/*.yaml",)), PATTERN) == Listing(2, ("a.yaml", "k8s/b.yaml"))
        assert listing(clone.tree(base, include=("**/*.yaml",), exclude=("k8s/**",)), PATTERN) == Listing(1, ("a.yaml",))
        assert listing(clone.tree(base, exclude=("**",)), PATTERN) == Listing(0, ())
        assert clone.tree(base).blobs()["a.yaml"] == clone.tree(base).blobs()["k8s/b.yaml"]


ATTRIBUTES = """*.crlf text eol=crlf
*.lf text eol=lf
*.id ident
*.wide working-tree-encoding=UTF-16
*.lfs filter=lfs diff=lfs merge=lfs -text
*.evil filter=evil diff=evil
*.bin binary
*.off -diff
*.not !text export-ignore export-subst
"""
CONTENTS = {
    "a.crlf": b"sha256\r\nx\n",
    "a.lf": b"sha256\r\n",
    "a.id": b"$Id$ sha256 $Id: x $\n",
    "a.wide": "sha256".encode("utf-16"),
    "a.evil": b"sha256 \0",
    "a.lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "a.bin": b"\0sha256\xff",
    "a.off": b"sha256",
    "a.not": b"$Format:%H$ sha256",
    "bom": b"\xff\xfes\0h\0a\0",
    "latin": b"\xe9 sha256",
    "nul": b"\0" * 9000 + b"sha256",
    "long": b"x" * 1_000_000 + b"sha256",
}


def test_no_attribute_changes_bytes_or_hides_a_digest(tmp_path: Path) -> None:
    with cloned(tmp_path, {".gitattributes": ATTRIBUTES, **CONTENTS}) as (clone, base):
        tree = clone.tree(base)
        assert listing(tree, pattern(())).candidates == tuple(sorted(CONTENTS))
        assert {name: tree.read(name) for name in CONTENTS} == CONTENTS
        after = {name: data.replace(b"sha256", b"SHA512") for name, data in CONTENTS.items()}
        made = clone.commit(clone.write(base, after), parent=base, message="x", author=BOT)
        clone.push(made, "bot", expected=None)
        assert {name: content(tmp_path / "remote.git", made, name) for name in CONTENTS} == after


def test_finds_what_a_work_tree_shows(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "web.yaml": f"image: {ETCD.before}\n",
        "utf16.yaml": f"image: {ETCD.before}\n".encode("utf-16"),
        ".gitattributes": "web.yaml -diff\n",
        "none.txt": "none",
        "link.yaml": ("120000", "web.yaml"),
    }
    checkout = tmp_path / "checkout"
    with cloned(tmp_path, files) as (clone, base):
        git(tmp_path, "clone", "--quiet", "remote.git", str(checkout))
        in_work_tree, in_commit = (survey(Finder(tree, RULES, "", ()), jobs=1) for tree in (WorkTree.at([checkout]), clone.tree(base)))
        assert in_commit == in_work_tree
        assert [sighting.path for sighting in in_commit.sightings] == ["utf16.yaml", "web.yaml"]
        assert listing(clone.tree(base), pattern(RULES.bare_keys)) == WorkTree.at([checkout]).listing(pattern(RULES.bare_keys))


def test_says_what_is_derived_by_the_attributes_of_the_commit(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        ".gitattributes": "gen/** linguist-generated\n*.lock linguist-generated=true\n[attr]made gitlab-generated\nmade/* made\nno.yaml -linguist-generated\n",
        "vendor/.gitattributes": "* linguist-vendored\nown.yaml -linguist-vendored\n",
        "link/.gitattributes": ("120000", "../vendor/.gitattributes"),
    }
    marked = {"gen/a": "generated", "gen/b/\n": "generated", "x.lock": "generated", "made/a": "generated", "vendor/a": "vendored", "vendor/b/-x": "vendored"}
    plain = ["a", "no.yaml", "vendor/own.yaml", "link/a", "made/b/c"]
    with cloned(tmp_path, {**files, **dict.fromkeys([*marked, *plain], HIT)}) as (clone, base):
        tree = clone.tree(base, include=("**/a",))
        assert tree.derived([*marked, *plain]) == marked
        assert tree.derived([]) == {}
        newer = commit(tmp_path / "remote.git", "main", {"gen/a": HIT})
        clone.fetch([newer])
        assert clone.tree(newer).derived(["gen/a"]) == {}
        assert tree.derived(["gen/a"]) == {"gen/a": "generated"}


def test_knows_its_place(tmp_path: Path) -> None:
    with cloned(tmp_path, {"a": HIT}) as (clone, base):
        assert (clone.tree(base).prefix(), clone.tree(base).earlier_lines("a", "sha256")) == ("", ())


def _read_all(tree: CommitTree, names: list[str]) -> list[bytes]:
    return [tree.read(name) for name in names]


def test_can_be_handed_to_other_processes_and_threads(tmp_path: Path) -> None:
    files = {f"d{number % 7}/{number}": f"sha256 {number}" for number in range(200)}
    names, expected = list(files), [text.encode() for text in files.values()]
    with cloned(tmp_path, files) as (clone, base):
        tree = clone.tree(base, exclude=("d6/**",))
        count = listing(tree, PATTERN).count
        assert len(pickle.dumps(tree)) < 500
        assert listing(pickle.loads(pickle.dumps(tree)), PATTERN).count == count
        with ProcessPoolExecutor(2) as pool:
            assert list(pool.map(_read_all, [tree] * 2, [names] * 2)) == [expected] * 2
            assert type(pool.submit(_read_all, clone.tree("1" * 40), ["a"]).exception()).__name__ == "Damaged"
        read: list[list[bytes]] = []
        threads = [threading.Thread(target=lambda: read.append(_read_all(tree, names))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert read == [expected] * 4


def test_leaves_no_process_behind(tmp_path: Path) -> None:
    with cloned(tmp_path, {"a": HIT}) as (clone, base):
        tree = clone.tree(base)
        tree.read("a")
        other = pickle.loads(pickle.dumps(tree))
        other.read("a")
        processes = [tree._objects._process, other._objects._process]
        assert all(process is not None and process.poll() is None for process in processes)
        del other
    assert all(process is not None and process.poll() is not None for process in processes)


def test_a_tree_with_a_folder_of_git_in_it_leads_nowhere(tmp_path: Path) -> None:
    root = bare(tmp_path / "remote.git", {"a": HIT})
    blob = git(root, "rev-parse", "main:a").decode().strip()
    inner = git(root, "mktree", stdin=f"100644 blob {blob}\tconfig\n".encode()).decode().strip()
    tree = git(root, "mktree", stdin="".join(f"040000 tree {inner}\t{name}\n" for name in (".git", "..", ".GIT", "b")).encode()).decode().strip()
    made = git(root, "commit-tree", tree, "-m", "x").decode().strip()
    git(root, "update-ref", "refs/heads/main", made)
    before = plant(tmp_path / "outside", {"config": MISS})
    with Clones(tmp_path / "cache", QUICK).open(Remote(root.as_uri()), KEY) as clone:
        clone.fetch([made])
        assert listing(clone.tree(made), PATTERN).candidates == ("../config", ".GIT/config", ".git/config", "b/config")
        written = clone.tree(clone.commit(clone.write(made, {"../config": b"new", ".git/config": b"newer"}), parent=made, message="x", author=BOT))
        assert (written.read("../config"), written.read(".git/config"), written.read("b/config")) == (b"new", b"newer", HIT.encode())
    assert (before / "config").read_text() == MISS
