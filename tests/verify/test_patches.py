"""A patch is judged as the commit that it would make; nothing of it is written to the repository."""

import contextlib
import io
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clones.remotes import Content, head
from tests.run.bot import deployment
from tests.samples import ETCD, TOOLS, WEB, git, mapping_csv, plant, repository
from tests.verify.checking import BASE, Case, Said, said, swapped

pytestmark = pytest.mark.needs("git")

GOOD = swapped(BASE, ETCD, TOOLS, WEB)


NEWLINE = "\n"
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


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_refuses_an_empty_patch_as_a_program_leaves_it_that_failed(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case.of(tmp_path)
    case.commit(GOOD)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    checked = case.verify("--patch", "-", revisions="main")
    assert (checked.code, checked.text) == (2, "redigest: the patch is empty; see whether what writes it says why\n")


UNFIT = {
    "a number that nobody means": b"--- a/run.sh\n+++ b/run.sh\n@@ -1," + b"9" * 5000 + b" +1 @@\n-a\n+b\n",
    "no context": b"--- a/run.sh\n+++ b/run.sh\n@@ -2 +2 @@\n-a\n+b\n",
    "words": b"swap the digests, please\n",
    "a file that is not there": b"--- a/none\n+++ b/none\n@@ -1 +1 @@\n-a\n+b\n",
    "lines that are not there": b"--- a/run.sh\n+++ b/run.sh\n@@ -1 +1 @@\n-a\n+b\n",
    "a way out of the tree": b"--- /dev/null\n+++ b/../evil\n@@ -0,0 +1 @@\n+b\n",
    "the folder of git": b"--- /dev/null\n+++ b/.git/hooks/post-checkout\n@@ -0,0 +1 @@\n+b\n",
    "half a hunk": b"--- a/run.sh\n+++ b/run.sh\n@@ -1,2 +1,2 @@\n #!/bin/sh\n",
}


MAIL = f"From {'1' * 40} Mon Sep 17 00:00:00 2001\nFrom: A <a@example.com>\nDate: Sat, 1 Jan 2028 00:00:00 +0000\nSubject: [PATCH] Swap\n\n"
HONEST = f"--- a/README.md\n+++ b/README.md\n@@ -1,3 +1,3 @@\n # Deploy\n \n-It runs {ETCD.before}.\n+It runs {ETCD.after}.\n"
EVIL = "--- a/run.sh\n+++ b/run.sh\n@@ -1 +1 @@\n-#!/bin/sh\n+#!/bin/evil\n"
CONTEXT = "*** a/run.sh\n--- b/run.sh\n***************\n*** 1 ****\n! #!/bin/sh\n--- 1 ----\n! #!/bin/evil\n"

APPLIED_BY_OTHERS = {
    "a context diff": f"{CONTEXT}{HONEST}",
    "a context diff behind": f"{HONEST}{CONTEXT}",
    "commands of ed": f"{HONEST}1c\n#!/bin/evil\n.\n",
    "a normal diff": f"{HONEST}Index: run.sh\n1c1\n< #!/bin/sh\n---\n> #!/bin/evil\n",
    "a line Index": f"Index: run.sh\n{HONEST}",
    "a line Prereq": f"Prereq: 1\n{HONEST}",
    "an indented diff": f"{HONEST}  {EVIL.replace(NEWLINE, NEWLINE + '  ')}",
    "a forwarded diff": f"{HONEST}- {EVIL}",
    "two names": HONEST.replace("+++ b/README.md", "+++ b/run.sh"),
    "line ends of another system": HONEST.replace("README.md\n", "README.md\r\n"),
    "more than the hunk counts": f"{HONEST}+evil\n",
    "a mail with a diff in its words": f"{MAIL}{EVIL}---\n\ndiff --git a/README.md b/README.md\n{HONEST}",
    "a mail with an indented diff in its words": f"{MAIL} X{CONTEXT}---\n\ndiff --git a/README.md b/README.md\n{HONEST}",
    "a mail with commands of ed in its words": f"{MAIL}1,2d\n---\n\ndiff --git a/README.md b/README.md\n{HONEST}",
    "words behind the tail": f"{HONEST}-- \n2.39.5\n\nevil\n",
}


@pytest.mark.parametrize("name", APPLIED_BY_OTHERS)
def test_refuses_what_other_programs_could_apply_and_git_does_not(name: str, tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    (tmp_path / "change.patch").write_text(APPLIED_BY_OTHERS[name])
    checked = verify(case, "--mentions")
    assert (checked.code, checked.text.startswith("redigest: ")) == (2, True), checked.text
    (tmp_path / "change.patch").write_text(HONEST)
    assert verify(case, "--mentions").code == 1, "one place of two"


def test_passes_what_git_writes_as_mails(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(swapped(BASE, ETCD, TOOLS))
    case.commit(GOOD)
    git(case.repository, "worktree", "add", "--quiet", str(tmp_path / "work"), "head")
    git(tmp_path / "work", "commit", "--quiet", "--allow-empty", "--amend", "--message", "Swap\n\n- two images\n* and 3 files\n\n1) more, at @@, a--- b")
    (tmp_path / "change.patch").write_bytes(git(tmp_path / "work", "format-patch", "--stdout", "main"))
    checked = verify(case)
    assert (checked.code, checked.lines) == (0, []), checked.text


BYTES = {
    "as git says it": b"diff --git a/x/y b/x/y\nindex 0000000..1111111 100644\nBinary files a/x/y and b/x/y differ\n",
    "as git writes it": b"diff --git a/x/y b/x/y\nnew file mode 100644\nindex 0000000..1111111\nGIT binary patch\n"
    b"literal 1\nIcmZQz00962\n\nliteral 0\nHcmV?d00001\n\n",
    "as diff says it": b"diff -r a/x/y b/x/y\nBinary files a/x/y and b/x/y differ\n",
}


@pytest.mark.parametrize("name", BYTES)
@pytest.mark.parametrize("is_alone", [True, False])
def test_fails_where_bytes_were_changed(name: str, *, is_alone: bool, tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(GOOD)
    file = patch_of(case)
    file.write_bytes(BYTES[name] + (b"" if is_alone else file.read_bytes()))
    checked = verify(case)
    assert checked.code == 1, checked.text
    assert [line.partition(": ")[::2] for line in checked.lines] == [
        ("x/y:1:1", "the bytes were changed, which the patch does not show line by line, and no swap of a digest is such a change")
    ]


def test_fails_where_git_itself_writes_bytes(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit({**GOOD, "run.sh": ("100755", b"\0"), "new.bin": b"\0"})
    for options in ((), ("--binary",)):
        patch_of(case, *options)
        checked = verify(case)
        assert (checked.code, [line.partition(":")[0] for line in checked.lines]) == (1, ["new.bin", "run.sh"]), checked.text


def test_takes_words_about_bytes_in_a_file_for_words(tmp_path: Path) -> None:
    written = f"# GIT binary patch\nFROM {ETCD.before}\n# Binary files a and b differ\n"
    case = Case.of(tmp_path, {"Dockerfile": written})
    case.commit({"Dockerfile": written.replace(ETCD.old.hex, ETCD.new.hex)})
    assert b"GIT binary patch" in patch_of(case).read_bytes()
    assert verify(case).code == 0


@pytest.mark.parametrize("name", UNFIT)
def test_refuses_a_patch_that_does_not_apply(name: str, tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    (tmp_path / "change.patch").write_bytes(UNFIT[name])
    checked = verify(case)
    assert (checked.code, checked.text.startswith("redigest: the patch ")) == (2, True), checked.text


@pytest.mark.parametrize("attributes", ["*.yaml text eol=crlf\n", ""])
def test_says_why_a_patch_does_not_apply_where_git_converts_the_ends_of_lines(attributes: str, tmp_path: Path) -> None:
    """`redigest fix --diff` shows the bytes of the work tree, and `git diff` those of commits."""
    work = repository(tmp_path / "work", {"web.yaml": deployment(ETCD), ".gitattributes": attributes})
    git(work, "config", "core.autocrlf", "true")
    (work / "web.yaml").unlink()
    git(work, "checkout", "--quiet", "web.yaml")
    assert b"\r\n" in (work / "web.yaml").read_bytes()
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    with contextlib.chdir(work):
        program = [sys.executable, "-m", "redigest", "fix", "--offline", "--no-cache", "--mapping", "../schema1.csv"]
        (tmp_path / "change.patch").write_bytes(subprocess.run([*program, "--diff", "."], capture_output=True, check=True).stdout)
        checked = said("verify", "--offline", "--mapping", "../schema1.csv", "--patch", "../change.patch")
        words = "its lines end in a carriage return and those of the commit do not"
        assert (checked.code, words in checked.text, "give what `git diff`" in checked.text) == (2, True, True), checked.text
        subprocess.run([*program, "."], capture_output=True, check=True)
        (tmp_path / "change.patch").write_bytes(git(work, "diff"))
        assert said("verify", "--offline", "--mapping", "../schema1.csv", "--patch", "../change.patch").code == 0


def test_refuses_a_patch_that_fits_only_if_blanks_do_not_count(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(GOOD)
    file = patch_of(case)
    file.write_bytes(file.read_bytes().replace(b"\n       containers:", b"\n      containers:"))
    git(case.repository, "config", "apply.ignoreWhitespace", "change")
    assert verify(case).code == 2
