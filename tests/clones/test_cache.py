"""The cache of clones: what is kept in it, who may have it when, and what happens when it is damaged."""

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from redigest.clones.clone import Clone, Clones
from redigest.clones.references import NotFound
from redigest.clones.remote import Remote
from redigest.errors import RepositoryError
from tests.clones.remotes import BOT, KEY, QUICK, bare, changed, commit, head, listing
from tests.clones.smart_server import TOKEN, SmartServer
from tests.samples import git

pytestmark = pytest.mark.needs("git")


def folder(clones: Clones) -> Path:
    """The one clone in a cache."""
    (found,) = (path for path in clones._folder.iterdir() if path.is_dir())
    return found


def kept(clones: Clones) -> set[str]:
    return set(git(folder(clones), "for-each-ref", "--format=%(objectname)").decode().split())


def fetch(clones: Clones, server: SmartServer, *commits: str) -> None:
    with clones.open(server.remote(), KEY) as clone:
        clone.fetch(commits)


def test_moves_only_what_is_new(clones: Clones, server: SmartServer, target: Path) -> None:
    big = os.urandom(200_000)
    first = commit(target, "main", {"big": big, "a": "1"})
    fetch(clones, server, first)
    assert server.sent > 200_000
    server.sent = 0
    second = commit(target, "main", {"big": big, "a": "2"})
    fetch(clones, server, second)
    assert server.sent < 5_000
    server.asked.clear()
    fetch(clones, server, second)
    assert server.asked == [], "what is here is not asked for"


def test_fetches_no_history_and_no_other_branch(clones: Clones, server: SmartServer, target: Path) -> None:
    old = head(target)
    other = commit(target, "other", {"x": "only on the other branch"})
    new = commit(target, "main", {"a": "new"})
    fetch(clones, server, new)
    there = {name: subprocess.run(["git", "-C", folder(clones), "cat-file", "-e", name], check=False, stderr=-3).returncode for name in (old, other, new)}
    assert there == {old: 1, other: 1, new: 0}


def test_lets_go_of_what_is_not_wanted_any_more(clones: Clones, server: SmartServer, target: Path) -> None:
    first = head(target)
    second, third = commit(target, "main", {"a": "2"}), commit(target, "other", {"a": "3"})
    fetch(clones, server, first)
    with clones.open(server.remote(), KEY) as clone:
        clone.fetch([second])
        clone.fetch([third])
        made = changed(clone, second, {"a": b"4"})
        assert kept(clones) == {first, second, third, made}
    assert kept(clones) == {second, third, made}


def fetch_and_fail(clone: Clone, commit_id: str) -> None:
    clone.fetch([commit_id])
    clone.tree(commit_id).read("no such file")


def test_keeps_everything_after_a_run_that_failed(clones: Clones, server: SmartServer, target: Path) -> None:
    first, second = head(target), commit(target, "main", {"a": "2"})
    fetch(clones, server, first)
    with pytest.raises(FileNotFoundError), clones.open(server.remote(), KEY) as clone:
        fetch_and_fail(clone, second)
    assert kept(clones) == {first, second}


def test_nobody_else_can_look_in(clones: Clones, server: SmartServer, target: Path) -> None:
    clones._folder.mkdir(mode=0o755)
    fetch(clones, server, head(target))
    assert stat.S_IMODE(clones._folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("key", ["github.com/acme/deploy", "../../etc", "-x", "a" * 300, "github.com/acme/ü\n", "\udcff", ".", ""])
def test_any_key_names_a_folder_in_the_cache(key: str, clones: Clones, server: SmartServer, target: Path) -> None:
    with clones.open(server.remote(), key) as clone:
        clone.fetch([head(target)])
    assert folder(clones).parent == clones._folder
    assert not folder(clones).name.startswith((".", "-"))


def test_like_keys_have_folders_of_their_own(clones: Clones, server: SmartServer, target: Path) -> None:
    for key in ("a/b", "a_b", "A/b", "a/b/"):
        with clones.open(server.remote(), key) as clone:
            clone.fetch([head(target)])
    assert len([path for path in clones._folder.iterdir() if path.is_dir()]) == 4


def test_a_cache_that_cannot_be_is_an_error(tmp_path: Path, server: SmartServer) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RepositoryError, match=r"the cache .* cannot be used"), Clones(tmp_path / "file/cache", QUICK).open(server.remote(), KEY):
        pass


def _cut(clone: Path, pattern: str, length: int) -> None:
    for path in clone.glob(pattern):
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:length])


def _point_at_nothing(clone: Path) -> None:
    git(clone, "pack-refs", "--all")
    (clone / "packed-refs").write_text(f"{'1' * 40} refs/redigest/{'1' * 40}\n")


def _make_a_file(clone: Path) -> None:
    shutil.rmtree(clone)
    clone.write_bytes(b"")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no objects": lambda clone: shutil.rmtree(clone / "objects"),
    "no HEAD": lambda clone: (clone / "HEAD").unlink(),
    "settings that cannot be read": lambda clone: (clone / "config").write_text("[core\n"),
    "refs of nothing": _point_at_nothing,
    "empty objects": lambda clone: _cut(clone, "objects/??/*", 0),
    "short packs": lambda clone: _cut(clone, "objects/pack/*.pack", 40),
    "a bad shallow file": lambda clone: (clone / "shallow").write_text("what\n"),
    "half made": lambda clone: (clone / "redigest-sound").unlink(),
    "a file": _make_a_file,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_damaged_clone_is_made_anew(damage: Callable[[Path], object], clones: Clones, server: SmartServer, target: Path, *, is_packed: bool) -> None:
    first = head(target)
    fetch(clones, server, first)
    where = folder(clones)
    if is_packed:
        git(where, "gc", "--quiet")
    damage(where)
    second = commit(target, "main", {"a.yaml": "sha256: 2"})
    with clones.open(server.remote(), KEY) as clone:
        clone.fetch([first, second])
        assert clone.tree(first).read("a.yaml") == b"image: a@sha256:0\n"
        assert listing(clone.tree(second), "sha256").candidates == ("a.yaml",)


def test_what_is_missing_deep_inside_is_noticed_and_mended_in_the_next_run(clones: Clones, server: SmartServer, target: Path) -> None:
    commit_id = head(target)
    fetch(clones, server, commit_id)
    blob = git(target, "rev-parse", f"{commit_id}:a.yaml").decode().strip()
    (folder(clones) / "objects" / blob[:2] / blob[2:]).unlink()

    def read(clone: Clone, name: str) -> None:
        clone.fetch([name])
        clone.tree(name).read("a.yaml")

    def search(clone: Clone, name: str) -> None:
        clone.fetch([name])
        tree = clone.tree(name)
        tree.read(listing(tree, "image").candidates[0])

    for use in (read, search):
        with pytest.raises(RepositoryError, match="is damaged"), clones.open(server.remote(), KEY) as clone:
            use(clone, commit_id)
        with clones.open(server.remote(), KEY) as clone:
            clone.fetch([commit_id])
            assert listing(clone.tree(commit_id), "sha256").candidates == ("a.yaml", "k8s/b.sh")
        (folder(clones) / "objects" / blob[:2] / blob[2:]).unlink()


def test_locks_of_a_run_that_was_killed_are_taken_away(clones: Clones, server: SmartServer, target: Path) -> None:
    fetch(clones, server, head(target))
    where = folder(clones)
    new = commit(target, "main", {"a": "2"})
    left = [where / name for name in ("shallow.lock", "config.lock", "packed-refs.lock", f"refs/redigest/{new}.lock", "objects/pack/tmp_pack_x")]
    for path in left:
        path.write_bytes(b"")
    (where / "objects/tmp_objdir-incoming-x").mkdir()
    fetch(clones, server, new)
    assert kept(clones) == {new}
    assert not [path for path in left if path.exists()]
    assert not (where / "objects/tmp_objdir-incoming-x").exists()


def test_is_packed_anew_now_and_then(clones: Clones, server: SmartServer, target: Path) -> None:
    fetch(clones, server, head(target))
    where = folder(clones)
    for number in range(60):
        name = git(where, "hash-object", "-w", "--stdin", stdin=str(number).encode())
        git(where, "pack-objects", "--quiet", "objects/pack/pack", stdin=name)
    fetch(clones, server, head(target))
    assert len(list(where.glob("objects/pack/*.pack"))) == 1
    fetch(clones, server, commit(target, "main", {"a": "2"}))


def test_threads_take_turns(clones: Clones, server: SmartServer, target: Path) -> None:
    inside = []
    most = []
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with clones.open(server.remote(), KEY) as clone:
                inside.append(number)
                most.append(len(inside))
                made = changed(clone, head(target), {"a.yaml": f"{number}".encode()})
                clone.push(made, f"bot/{number}", expected=None)
                inside.remove(number)
        except BaseException as error:  # noqa: BLE001 -- the test says what it was
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failed, most) == ([], [1, 1, 1, 1])
    assert all(head(target, f"bot/{number}") for number in range(4))


_WORK = """
import json, sys
from pathlib import Path
from redigest.clones.clone import Author, Clones
from redigest.clones.remote import Remote
from tests.clones.smart_server import basic
folder, url, token, key, base, branch = json.loads(sys.argv[1])
with Clones(Path(folder)).open(Remote(url, basic(token)), key) as clone:
    clone.fetch([base])
    made = clone.commit(clone.write(base, {"a.yaml": branch.encode()}), parent=base, message=branch, author=Author("bot", "bot@example.com"), signing=None)
    clone.push(made, branch, expected=None)
"""


def test_processes_take_turns(clones: Clones, server: SmartServer, target: Path) -> None:
    started = []
    for number in range(3):
        given = json.dumps([str(clones._folder), server.remote().url, TOKEN, KEY, head(target), f"bot/{number}"])
        started.append(subprocess.Popen([sys.executable, "-c", _WORK, given], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}))
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert all(head(target, f"bot/{number}") for number in range(3))


def test_a_lock_that_a_forked_process_has_inherited_holds_nobody_up(clones: Clones, server: SmartServer, target: Path) -> None:
    reading, writing = os.pipe()
    with clones.open(server.remote(), KEY) as clone:
        clone.fetch([head(target)])
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
    try:
        fetch(clones, server, head(target))
    finally:
        os.close(writing)
        os.waitpid(child, 0)
        os.close(reading)


def test_a_repository_that_is_gone_spoils_no_clone(clones: Clones, server: SmartServer, target: Path) -> None:
    first = head(target)
    fetch(clones, server, first)
    new = commit(target, "main", {"a": "2"})
    target.rename(server.root / "moved.git")
    with pytest.raises(NotFound), clones.open(server.remote(), KEY) as clone:
        clone.fetch([new])
    assert kept(clones) == {first}


def test_a_commit_that_the_server_does_not_have_is_an_error(clones: Clones, server: SmartServer) -> None:
    with pytest.raises(RepositoryError, match="does not hand out a commit"), clones.open(server.remote(), KEY) as clone:
        clone.fetch(["1" * 40])


@pytest.mark.parametrize("name", ["main", "-x", "--upload-pack=x", "HEAD", "a" * 39, "A" * 40, f"{'a' * 40}\n", "", "refs/heads/main"])
def test_only_ids_name_commits(name: str, clones: Clones, server: SmartServer, target: Path) -> None:
    with clones.open(server.remote(), KEY) as clone:
        clone.fetch([head(target)])
        uses: list[Callable[[], object]] = [
            lambda: clone.fetch([name]),
            lambda: clone.subjects(name, 1),
            lambda: clone.facts(name),
            lambda: clone.tree(name),
            lambda: clone.write(name, {}),
            lambda: clone.commit(name, parent=head(target), message="", author=BOT),
            lambda: clone.commit(head(target), parent=name, message="", author=BOT),
            lambda: clone.push(name, "x", expected=None),
            lambda: clone.push(head(target), "x", expected=name),
            lambda: clone.delete("x", expected=name),
            lambda: clone.merges_cleanly(name, head(target)),
            lambda: clone.merges_cleanly(head(target), name),
        ]
        for use in uses:
            with pytest.raises(RepositoryError, match="is not the id of a commit"):
                use()


def test_works_with_ids_of_sha_256(clones: Clones, tmp_path: Path) -> None:
    root = tmp_path / "long.git"
    root.mkdir()
    git(root, "init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main", ".")
    base = commit(root, "main", {"k/a": "sha256:1"})
    assert len(base) == 64
    with clones.open(Remote(root.as_uri()), KEY) as clone:
        made = changed(clone, base, {"k/a": b"sha256:2"})
        assert clone.tree(made).read("k/a") == b"sha256:2"
        clone.push(made, "bot", expected=None)
    assert head(root, "bot") == made


def test_a_clone_can_be_of_another_remote_the_next_time(clones: Clones, server: SmartServer, target: Path) -> None:
    fetch(clones, server, head(target))
    other = bare(server.root / "other.git", {"x": "y"})
    with clones.open(server.remote("other.git"), KEY) as clone:
        clone.fetch([head(other)])
        assert listing(clone.tree(head(other)), "y").candidates == ("x",)
