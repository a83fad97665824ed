import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from redigest.staging import Staging
from tests.samples import harvest, plant

OLD = {"a.yaml": b"old a", "k8s/b.yaml": b"old b", "k8s/c.yaml": b"old c"}
NEW = {path: content.replace(b"old", b"new") for path, content in OLD.items()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return plant(tmp_path / "tree", OLD)


def staged(staging: Staging) -> Staging:
    for path, old in OLD.items():
        staging.stage(path, old, NEW[path])
    return staging


def test_puts_every_file_in_place_and_leaves_nothing_behind(root: Path) -> None:
    with staged(Staging(root)) as staging:
        assert OLD.items() < harvest(root).items()
        staging.commit()
    assert harvest(root) == NEW


def test_leaves_everything_as_it_was_without_a_commit(root: Path) -> None:
    with staged(Staging(root)):
        pass
    assert harvest(root) == OLD


def test_leaves_everything_as_it_was_after_an_error(root: Path) -> None:
    with pytest.raises(ZeroDivisionError), staged(Staging(root)):
        raise ZeroDivisionError
    assert harvest(root) == OLD


def test_a_file_that_is_dropped_stays(root: Path) -> None:
    with staged(Staging(root)) as staging:
        staging.drop("k8s/b.yaml")
        staging.drop("never.yaml")
        staging.commit()
    assert harvest(root) == NEW | {"k8s/b.yaml": b"old b"}


def test_what_is_staged_last_counts(root: Path) -> None:
    with staged(Staging(root)) as staging:
        staging.stage("a.yaml", b"old a", b"newest")
        staging.commit()
    assert harvest(root) == NEW | {"a.yaml": b"newest"}


@pytest.mark.parametrize("mode", [0o755, 0o600, 0o644, 0o666, 0o2755, 0o4711])
def test_keeps_the_mode_whatever_the_umask(mode: int, root: Path) -> None:
    (root / "a.yaml").chmod(mode)
    before = os.umask(0o027)
    try:
        with staged(Staging(root)) as staging:
            staging.commit()
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "a.yaml").stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_keeps_the_owner(root: Path) -> None:
    os.chown(root / "a.yaml", 1234, 5678)
    with staged(Staging(root)) as staging:
        staging.commit()
    status = (root / "a.yaml").stat()
    assert (status.st_uid, status.st_gid) == (1234, 5678)


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "中" * 85])
def test_a_name_may_be_as_long_as_names_can_be(name: str, tmp_path: Path) -> None:
    plant(tmp_path, {name: b"old"})
    with Staging(tmp_path) as staging:
        staging.stage(name, b"old", b"new")
        staging.commit()
    assert harvest(tmp_path) == {name: b"new"}


def test_a_hard_link_elsewhere_keeps_the_old_content(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").hardlink_to(root / "a.yaml")
    (root / "inside.yaml").hardlink_to(root / "a.yaml")
    with staged(Staging(root)) as staging:
        staging.stage("inside.yaml", b"old a", b"new a")
        staging.commit()
    assert harvest(root) == NEW | {"inside.yaml": b"new a"}
    assert (tmp_path / "outside.yaml").read_bytes() == b"old a"


def _become_link(file: Path) -> None:
    outside = file.parents[2] / "outside.yaml"
    outside.write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(outside)


def _become_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _be_saved_by_an_editor(file: Path) -> None:
    copy = file.with_name("copy")
    copy.write_bytes(file.read_bytes())
    copy.replace(file)


def _be_cleaned_by_git(file: Path) -> None:
    for untracked in file.parent.glob(".*"):
        untracked.unlink()


def _move_the_folder_behind_a_link(file: Path) -> None:
    elsewhere = file.parents[1] / "elsewhere"
    file.parent.rename(elsewhere)
    file.parent.symlink_to(elsewhere)


def _change(file: Path) -> None:
    file.write_bytes(b"changed")


MEDDLING: list[tuple[Callable[[Path], object], str]] = [
    (Path.unlink, "No such file or directory"),
    (_change, "c.yaml has changed meanwhile"),
    (_become_link, "c.yaml is no regular file any more"),
    (_become_folder, "c.yaml is no regular file any more"),
    (_move_the_folder_behind_a_link, "a folder of k8s/[bc].yaml is a symbolic link"),
]


@pytest.mark.parametrize(("meddle", "message"), MEDDLING)
def test_does_not_stage_what_is_not_the_file_that_was_read(meddle: Callable[[Path], object], message: str, root: Path) -> None:
    meddle(root / "k8s/c.yaml")
    before = harvest(root)
    with Staging(root) as staging, pytest.raises(OSError, match=message):
        staging.stage("k8s/c.yaml", b"old c", b"new c")
    assert harvest(root) == before


@pytest.mark.parametrize(("meddle", "message"), [*MEDDLING, (_be_saved_by_an_editor, "c.yaml has changed"), (_be_cleaned_by_git, "No such file")])
def test_puts_all_back_if_one_has_changed_meanwhile(meddle: Callable[[Path], object], message: str, root: Path) -> None:
    with staged(Staging(root)) as staging:
        meddle(root / "k8s/c.yaml")
        with pytest.raises(OSError, match=message) as raised:
            staging.commit()
    assert raised.value.filename in ("k8s/b.yaml", "k8s/c.yaml")
    assert raised.value.strerror
    after = harvest(root)
    assert [path for path, content in after.items() if content not in (b"old a", b"old b", b"old c", b"changed")] == []
    assert [path for path in after if path not in (*OLD, "elsewhere/b.yaml", "elsewhere/c.yaml")] == [], "something is left behind"
    assert after["a.yaml"] == b"old a"


def test_puts_all_back_if_the_folder_of_one_is_gone(root: Path) -> None:
    with staged(Staging(root)) as staging:
        shutil.rmtree(root / "k8s")
        with pytest.raises(OSError, match="No such file") as raised:
            staging.commit()
    assert raised.value.filename == "k8s/b.yaml"
    assert harvest(root) == {"a.yaml": b"old a"}


_FULL_DISK = """
import resource
from pathlib import Path
from redigest.staging import Staging
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
with Staging(Path()) as staging:
    staging.stage("a.yaml", b"old a", b"new a")
    try:
        staging.stage("k8s/b.yaml", b"old b", b"b" * 1000)
    except OSError as error:
        print(error.strerror)
    staging.commit()
"""


def test_half_a_file_is_never_put_in_place(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _FULL_DISK], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("File too large\n", "")
    assert harvest(root) == OLD | {"a.yaml": b"new a"}
