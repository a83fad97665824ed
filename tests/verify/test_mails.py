"""What git makes of a mail is the tree that was judged, whatever else the mail holds; all else is refused."""

import base64
import quopri
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.verification.patched import patched
from redigest.verification.revisions import opened
from tests.clones.remotes import head
from tests.run.bot import deployment
from tests.samples import ETCD, TOOLS, WEB, git
from tests.verify.checking import BASE, Case, swapped

pytestmark = pytest.mark.needs("git")

FILES = {"k8s/web.yaml": deployment(ETCD, TOOLS)}
EVIL = "diff --git a/evil.sh b/evil.sh\nnew file mode 100755\n--- /dev/null\n+++ b/evil.sh\n@@ -0,0 +1 @@\n+echo evil\n"
MIME = "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
FROM = f"From {'1' * 40} Mon Sep 17 00:00:00 2001\n"
HEADERS = "From: A <a@example.com>\nDate: Sat, 1 Jan 2028 00:00:00 +0000\nSubject: [PATCH] Swap\n"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    made = Case.of(tmp_path_factory.mktemp("mails"), FILES)
    made.commit(swapped(FILES, ETCD, TOOLS))
    work_tree(made)
    return made


def work_tree(case: Case) -> Path:
    """Check `main` out, for somebody who has a name."""
    git(case.repository, "config", "user.name", "tester")
    git(case.repository, "config", "user.email", "tester@example.com")
    git(case.repository, "worktree", "add", "--quiet", "--detach", str(case.folder / "work"), "main")
    return case.folder / "work"


@pytest.fixture(scope="module")
def diff(case: Case) -> str:
    """The honest change."""
    return git(case.repository, "diff", "main", "head").decode()


def judged(case: Case, patch: bytes) -> str | None:
    """The tree that is judged, `None` for a patch that is refused."""
    try:
        with patched(opened(case.repository), head(case.repository), patch) as made:
            return made.tree
    except UsageError:
        return None


def made_by_git(case: Case, patch: bytes, *flags: str) -> str | None:
    """The tree that `git am` makes of mails, `None` where it does not take them."""
    work = case.folder / "work"
    git(work, "reset", "--quiet", "--hard", "main")
    (case.folder / "mails").write_bytes(patch)
    ran = subprocess.run(["git", "am", "--quiet", *flags, "../mails"], cwd=work, capture_output=True, check=False)
    if ran.returncode:
        subprocess.run(["git", "am", "--quit"], cwd=work, capture_output=True, check=False)
        return None
    return git(work, "rev-parse", "HEAD^{tree}").decode().strip()


def printable(text: str) -> str:
    """Quoted-printable, with the first character of each line in digits too, so that no line looks like one of a diff."""
    return "\n".join(f"={ord(line[0]):02X}{quopri.encodestring(line[1:].encode()).decode()}" if line else "" for line in text.split("\n"))


def in_7_bits(text: str) -> str:
    """UTF-7 (RFC 2152), with the first character of each line among the encoded ones."""
    return "\n".join(f"+{base64.b64encode(line[:1].encode('utf-16-be')).decode().rstrip('=')}-{line[1:].replace('+', '+-')}" for line in text.split("\n"))


PRINTABLE = "Content-Transfer-Encoding: quoted-printable\n"
ENCODED = {
    "quoted-printable": PRINTABLE,
    "in another case": "cONTENT-tRANSFER-eNCODING: Quoted-Printable\n",
    "folded": "Content-Transfer-Encoding:\n quoted-printable\n",
    "folded behind a fit value": "Content-Transfer-Encoding: 8bit\n\tquoted-printable\n",
    "without a blank": "Content-Transfer-Encoding:quoted-printable\n",
    "with blanks": "Content-Transfer-Encoding:   quoted-printable  \n",
    "with a comment": "Content-Transfer-Encoding: (8bit) quoted-printable\n",
    "after a fit one": f"Content-Transfer-Encoding: 8bit\n{PRINTABLE}",
    "before a header that is none": f"{PRINTABLE}>From me Sat Jan 1 00:00:00 2028\n",
    "behind a fold of another": f"X-Other: a\n b\n{PRINTABLE}",
    "behind a fold that is empty": f"X-Other: a\n \n{PRINTABLE}",
}


def mail(words: str, diff: str, *, headers: str = "") -> bytes:
    return f"{FROM}{HEADERS}{headers}\n{words}\n---\n k8s/web.yaml | 4 ++--\n\n{diff}-- \n2.39.5\n\n".encode()


def parts(diff: str, *, headers: str) -> str:
    """A body of two parts, the first of which is encoded."""
    return f"{headers}\n\n--b\nContent-Type: text/plain\n{PRINTABLE}\n{printable(EVIL)}\n--b\nContent-Type: text/plain\n\n{diff}--b--\n"


def hidden(diff: str) -> Mapping[str, bytes]:
    """Mails in which more is hidden than lines show."""
    whole = base64.encodebytes(f"words\n{EVIL}{diff}".encode()).decode()
    return {
        **{name: mail(printable(EVIL), diff, headers=headers) for name, headers in ENCODED.items()},
        "a file in base64": mail(base64.encodebytes(EVIL.encode()).decode(), diff, headers="Content-Transfer-Encoding: base64\n"),
        "nothing but base64": f"{FROM}{HEADERS}Content-Transfer-Encoding: base64\n\n{whole}".encode(),
        "characters in 7 bits": mail(in_7_bits(EVIL), diff, headers="Content-Type: text/plain; charset=UTF-7\n"),
        "lines that flow": mail(f" {EVIL}", diff, headers="Content-Type: text/plain; charset=UTF-8; format=flowed\n"),
        "parts": f"{FROM}{HEADERS}Content-Type: multipart/mixed; boundary=b{parts(diff, headers='')}".encode(),
        "parts with a folded name": f"{FROM}{HEADERS}Content-Type: multipart/mixed;\n boundary=b{parts(diff, headers='')}".encode(),
        "a page": mail(printable(EVIL), diff, headers="Content-Type: text/html; charset=UTF-8\n"),
        "another mail in the words": mail(f"words\n\n{FROM}{HEADERS}{PRINTABLE}\n{printable(EVIL)}", diff),
        "a mail of another program": mail(f"words\n\nFrom me Sat Jan  1 00:00:00 2028\n{HEADERS}{PRINTABLE}\n{printable(EVIL)}", diff),
        "another mail behind it": mail("words", diff) + mail(printable(EVIL), diff, headers=PRINTABLE),
        "another mail behind it that has no diff": mail("words", diff) + f"{FROM}{HEADERS}{PRINTABLE}\n{printable(EVIL)}".encode(),
        "another mail behind words": mail("words", diff).removesuffix(b"\n") + f"words\n{FROM}{HEADERS}{PRINTABLE}\n{printable(EVIL)}".encode(),
        "headers in the words": mail(f"{PRINTABLE}\n{printable(EVIL)}", diff),
        "headers behind scissors": mail(f"words\n-- >8 --\n{PRINTABLE}\n{printable(EVIL)}", diff),
        "no mail but headers": f"{HEADERS}{PRINTABLE}\n{printable(EVIL)}\n{diff}".encode(),
        "a change of Mercurial": f"# HG changeset patch\n# User A <a@example.com>\n# Parent 0\nwords\n\n{EVIL}{diff}".encode(),
        "a change of StGit": f"words\n\nFrom: A <a@example.com>\n\nwords\n---\n{EVIL}{diff}".encode(),
        "line ends of another system": mail("words", f"{EVIL}{diff}").replace(b"\n", b"\r\n"),
        "a zero byte": mail(f"words\0\n{EVIL}", diff),
        "a lone carriage return": mail(f"words\r{EVIL.replace(chr(10), chr(13))}", diff),
    }


HIDDEN = [*hidden("")]
OBEYED = {
    *(name for name in ENCODED if name not in ("before a header that is none", "behind a fold that is empty")),
    *("a file in base64", "nothing but base64", "parts", "parts with a folded name", "another mail in the words"),
    *("a mail of another program", "no mail but headers", "a change of Mercurial", "a change of StGit", "line ends of another system"),
}
"""Those by which git itself makes a file."""


@pytest.mark.parametrize("name", HIDDEN)
def test_refuses_a_mail_that_holds_more_than_its_lines_show(name: str, case: Case, diff: str) -> None:
    patch = hidden(diff)[name]
    (case.folder / "change.patch").write_bytes(patch)
    checked = case.verify("--patch", "change.patch", revisions="main")
    assert (checked.code, checked.text.startswith("redigest: the patch cannot be used: line ")) == (2, True), checked.text
    made_by_git(case, patch, "--empty=drop")
    if name in OBEYED:
        assert git(case.folder / "work", "log", "--format=%s", "HEAD", "--", "evil.sh"), "no attack"


FIT = ["", MIME, "Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n", "Content-Type: text/plain\n"]
WORDS = [
    "words",
    "",
    "From: B <b@example.com>\nSubject: another\n\nwords",
    "\nFrom now on, at 10",
    ">From now on 10:10:10 2028",
    "words\n-- >8 --\nSubject: another\n\nwords",
    "words\n---\nmore words\n---",
    "wörter\n\tmit = Zeichen=\n =20\nd+AC0-\r",
    "[PATCH] words\n# HG changeset patch",
    printable(EVIL),
    base64.encodebytes(EVIL.encode()).decode(),
]
WAYS: list[tuple[str, ...]] = [(), ("--keep-cr",), ("--scissors",)]


@pytest.mark.parametrize("headers", [*FIT, *ENCODED.values()])
def test_git_makes_the_tree_of_a_mail_that_was_judged(headers: str, case: Case, diff: str) -> None:
    taken = 0
    for words in WORDS:
        patch = mail(words, diff, headers=headers)
        tree = judged(case, patch)
        if tree is not None:
            taken += 1
            made = {made_by_git(case, patch, *way) for way in WAYS}
            assert made == ({None} if "us-ascii" in headers and not words.isascii() else {tree}), words
    assert taken == (len(WORDS) if headers in FIT else 0)


TWINS = f"# 1\r\na: &a {ETCD.before}\r\nb: 1\r\n# 1\na: &a {ETCD.before}\nb: 1\n"


def test_refuses_a_patch_of_which_others_make_another_tree_without_the_ends_of_its_lines(tmp_path: Path) -> None:
    """`git am` takes carriage returns at the ends of lines away, unless it has --keep-cr."""
    case = Case.of(tmp_path, {"a.yaml": f"z: 1\n{TWINS}"})
    hunk = f"@@ -2,3 +2,3 @@\n # 1\r\n-a: &a {ETCD.before}\r\n+a: &a {ETCD.after}\r\n b: 1\r\n"
    patch = mail("words", f"diff --git a/a.yaml b/a.yaml\n--- a/a.yaml\n+++ b/a.yaml\n{hunk}")
    (tmp_path / "change.patch").write_bytes(patch)
    checked = case.verify("--patch", "change.patch", revisions="main")
    assert (checked.code, "another tree" in checked.text) == (2, True), checked.text
    work_tree(case)
    trees = {made_by_git(case, patch, *way) for way in (("--keep-cr",), ())}
    assert (len(trees), None in trees) == (2, False)


def series(case: Case, *options: str, base: str = "main") -> bytes:
    return git(case.repository, "format-patch", "--stdout", *options, f"{base}..more")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Several commits on several kinds of files; their words have characters beyond ASCII."""
    files = {name: content for name, content in BASE.items() if name not in ("link", "modules/one")}
    made = Case.of(tmp_path_factory.mktemp("many"), files)
    work = work_tree(made)
    git(work, "switch", "--quiet", "--create", "more")
    for image in (ETCD, TOOLS, WEB):
        files = swapped(files, image)
        git(work, "reset", "--quiet", "--hard", made.commit(files, parents=(head(made.repository, "more"),)))
        git(work, "commit", "--quiet", "--amend", "--message", f"Täusche {image.name}\n\n- from here on\n* 1) a, b")
    git(work, "switch", "--quiet", "--detach", "main")
    return made


HONEST = {
    "plain": (),
    "full ids": ("--full-index", "--binary"),
    "a sender": ("--from=B <b@example.com>", "--to=c@example.com", "--cc=d@example.com"),
    "a thread": ("--thread", "--add-header=X-Made-By: redigest"),
    "a signature": ("--signature=GitLab",),
    "a signature of several lines": ("--signature=A. Person, since 10:10\nhttps://example.com/--- a",),
    "no signature": ("--no-signature",),
    "the commit that it was made from": ("--base=main",),
}


@pytest.mark.parametrize("name", HONEST)
def test_passes_what_git_writes_and_reads_again(name: str, many: Case) -> None:
    patch = series(many, *HONEST[name])
    (many.folder / "change.patch").write_bytes(patch)
    checked = many.verify("--patch", "change.patch", revisions="main")
    assert (checked.code, checked.lines) == (0, []), checked.text
    assert made_by_git(many, patch, "--keep-cr") == judged(many, patch) == git(many.repository, "rev-parse", "more^{tree}").decode().strip()


def test_passes_a_part_of_a_series_that_names_what_it_needs(many: Case) -> None:
    patch = series(many, "--base=main", base="more~2")
    assert b"\nprerequisite-patch-id: " in patch
    (many.folder / "change.patch").write_bytes(patch)
    checked = many.verify("--patch", "change.patch", revisions="more~2")
    assert (checked.code, checked.lines) == (0, []), checked.text


SIGNATURES = {
    "a change": f"{EVIL}",
    "a context diff": "*** a/run.sh\n--- b/run.sh\n***************\n*** 1 ****\n! a\n--- 1 ----\n! b\n",
    "commands of ed": "1c\nb\n.\n",
    "an indented diff": "  --- a/run.sh\n",
    "another mail": f"GitLab\nFrom me Sat Jan  1 00:00:00 2028\n{HEADERS}{PRINTABLE}",
    "a field": PRINTABLE,
    "words behind it": "GitLab\n\nwords\n",
    "a commit that it was made from, with words": f"2.39.5\n\nbase-commit: {'1' * 40} words\n",
    "a mail without a change": f"GitLab\n\n{FROM}{HEADERS}\nwords\n",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_refuses_a_signature_that_can_be_taken_for_more(name: str, case: Case, diff: str) -> None:
    honest, tail = mail("words", diff).decode(), "-- \n2.39.5\n\n"
    assert honest.endswith(tail)
    assert judged(case, honest.encode()) is not None
    assert judged(case, f"{honest.removesuffix(tail)}-- \n{SIGNATURES[name]}".encode()) is None


def test_refuses_attachments_and_says_how_to_write_patches(many: Case) -> None:
    for option in ("--attach", "--inline"):
        (many.folder / "change.patch").write_bytes(series(many, option))
        checked = many.verify("--patch", "change.patch", revisions="main")
        assert (checked.code, "without --attach" in checked.text) == (2, True), checked.text


OTHER_FORMS = {
    "a cover letter": ("format-patch", "--stdout", "--cover-letter", "main..more"),
    "a commit": ("show", "more"),
    "commits": ("log", "-p", "main..more"),
    "commits as mails without what begins one": ("log", "-p", "--pretty=email", "--format=From: %an <%ae>%nSubject: %s%n", "main..more"),
}


@pytest.mark.parametrize("name", OTHER_FORMS)
def test_refuses_other_forms(name: str, many: Case) -> None:
    (many.folder / "change.patch").write_bytes(git(many.repository, *OTHER_FORMS[name]))
    checked = many.verify("--patch", "change.patch", revisions="main")
    assert (checked.code, "belongs to no diff as git writes it" in checked.text) == (2, True), checked.text


def test_refuses_a_cover_letter_that_was_written(many: Case) -> None:
    git(many.repository, "config", "branch.more.description", "Swap\n\nAll images.")
    patch = series(many, "--cover-letter", "--cover-from-description=subject")
    assert b"***" not in patch
    assert judged(many, patch) is None
