"""A patch is judged as the commit that it would make; nothing of it is written to the repository."""

import contextlib
import io
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clones.remotes import Content, head
from tests.run.bot import deployment
from tests.samples import ETCD, TOOLS, WEB, git, plant, repository
from tests.verify.checking import BASE, Case, Said, said, swapped

pytestmark = pytest.mark.needs("git")

GOOD = swapped(BASE, ETCD, TOOLS, WEB)


README = f"# Deploy\n\nIt runs {ETCD.before}.\n"


def patch_of(case: Case, *options: str) -> Path:
    """What `git diff` says of the branch."""
    file = case.folder / "change.patch"
    file.write_bytes(git(case.repository, "diff", *options, "main", "head"))
    return file


def verify(case: Case, *flags: str, base: str | None = "main") -> Said:
    return case.verify(*flags, "--patch", "change.patch", revisions=base)


@pytest.mark.parametrize("options", [(), ("--unified=10",), ("--full-index",)])
def test_passes_a_patch_that_only_swaps(options: tuple[str, ...], tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(GOOD)
    patch_of(case, *options)
    before = git(case.repository, "count-objects", "-v"), git(case.repository, "for-each-ref")
    checked = verify(case)
    assert (checked.code, checked.lines) == (0, []), checked.text
    assert checked.text.startswith(f"the patch on {head(case.repository)[:12]} passes: 6 digests in 5 files")
    assert (git(case.repository, "count-objects", "-v"), git(case.repository, "for-each-ref")) == before


ATTACKS: Mapping[str, tuple[Mapping[str, Content], str]] = {
    "a file that is new": ({**GOOD, "evil.sh": "evil\n"}, "evil.sh:1:1: a file was added"),
    "another mode": ({**GOOD, "README.md": ("100755", README)}, "README.md:1:1: the mode was changed from 100644 to 100755"),
    "another name": ({"moved.sh" if name == "run.sh" else name: content for name, content in GOOD.items()}, "moved.sh:1:1: a file was added"),
    "a link": ({**GOOD, "link": ("120000", "/etc/passwd")}, "link:1:1: a symbolic link leads elsewhere"),
    "one place of two": ({**GOOD, "k8s/again.yaml": BASE["k8s/again.yaml"]}, "k8s/again.yaml:10:55: "),
    "another tag": ({**GOOD, "k8s/done.yaml": deployment(WEB).replace(b"c0", b"c1")}, "k8s/done.yaml:9:18: "),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_fails(name: str, tmp_path: Path) -> None:
    files, line = ATTACKS[name]
    case = Case.of(tmp_path)
    case.commit(files)
    patch_of(case, "-M")
    checked = verify(case)
    assert checked.code == 1, checked.text
    assert [said for said in checked.lines if said.startswith(line)], checked.text


def test_takes_the_commit_that_is_checked_out_for_the_base(tmp_path: Path) -> None:
    work = repository(tmp_path / "work", {"web.yaml": deployment(ETCD)})
    (work / "web.yaml").write_bytes(deployment(ETCD).replace(ETCD.old.hex.encode(), ETCD.new.hex.encode()))
    plant(tmp_path, {"change.patch": git(work, "diff"), "schema1.csv": f"a,b,c,d\n,,{ETCD.old},{ETCD.new}\n"})
    with contextlib.chdir(work):
        assert said("verify", "--offline", "--mapping", "../schema1.csv", "--patch", "../change.patch").code == 0


def test_reads_a_patch_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case.of(tmp_path)
    case.commit(GOOD)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(patch_of(case).read_bytes())))
    assert case.verify("--patch", "-", revisions="main").code == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    checked = case.verify("--patch", "-", revisions="main")
    assert (checked.code, checked.text.endswith("passes: nothing was changed\n")) == (0, True)


UNFIT = {
    "no context": b"--- a/run.sh\n+++ b/run.sh\n@@ -2 +2 @@\n-a\n+b\n",
    "words": b"swap the digests, please\n",
    "a file that is not there": b"--- a/none\n+++ b/none\n@@ -1 +1 @@\n-a\n+b\n",
    "lines that are not there": b"--- a/run.sh\n+++ b/run.sh\n@@ -1 +1 @@\n-a\n+b\n",
    "a way out of the tree": b"--- /dev/null\n+++ b/../evil\n@@ -0,0 +1 @@\n+b\n",
    "the folder of git": b"--- /dev/null\n+++ b/.git/hooks/post-checkout\n@@ -0,0 +1 @@\n+b\n",
    "bytes": b"diff --git a/x b/x\nnew file mode 100644\nindex 0000000..1111111\nGIT binary patch\nliteral 1\nIcmZQz00962\n\n",
    "half a hunk": b"--- a/run.sh\n+++ b/run.sh\n@@ -1,2 +1,2 @@\n #!/bin/sh\n",
}


@pytest.mark.parametrize("name", UNFIT)
def test_refuses_a_patch_that_does_not_apply(name: str, tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    (tmp_path / "change.patch").write_bytes(UNFIT[name])
    checked = verify(case)
    assert (checked.code, checked.text.startswith("redigest: the patch ")) == (2, True), checked.text


def test_refuses_a_patch_that_fits_only_if_blanks_do_not_count(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(GOOD)
    file = patch_of(case)
    file.write_bytes(file.read_bytes().replace(b"\n       containers:", b"\n      containers:"))
    git(case.repository, "config", "apply.ignoreWhitespace", "change")
    assert verify(case).code == 2
