"""What stands in commits, how they are made and signed, and whether they still apply."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from redigest.clones.clone import Author, Clone, Clones, Signing
from redigest.errors import RepositoryError
from tests.clones.remotes import BOT, KEY, QUICK, Content, changed, commit, content, head
from tests.clones.smart_server import SmartServer
from tests.samples import git

pytestmark = pytest.mark.needs("git")


def made_by(clone: Clone, target: Path, author: Author = BOT, message: str = "swap\n", signing: Signing | None = None) -> str:
    clone.fetch([head(target)])
    tree = clone.write(head(target), {"a.yaml": b"new"})
    return clone.commit(tree, parent=head(target), message=message, author=author, signing=signing)


@pytest.mark.parametrize(
    "message", ["subject\n", "subject", "fix: a\n\nbody\n\nTrailer: x\n", "\n\n# no comment\n", "", "-x\n", "ü \u2028 \x01\n", "--\n" * 1000]
)
def test_keeps_a_message_as_it_is(message: str, clone: Clone, target: Path) -> None:
    facts = clone.facts(made_by(clone, target, message=message))
    assert facts.message == message
    assert (facts.author, facts.committer, facts.parents) == (BOT, BOT, (head(target),))
    assert clone.facts(head(target)).tree != facts.tree


@pytest.mark.parametrize("author", [Author("Jürgen -x", "a@b"), Author("--author=x", "-x"), Author("A B. (bot)", "1+bot[bot]@users.noreply.example")])
def test_keeps_an_author_as_it_is(author: Author, clone: Clone, target: Path) -> None:
    assert clone.facts(made_by(clone, target, author)).author == author


@pytest.mark.parametrize("author", [Author("", "a@b"), Author("a", ""), Author("a\nb", "a@b"), Author("a <b>", "a@b"), Author("a", "a@b>\ncommitter x")])
def test_refuses_an_author_that_cannot_be(author: Author, clone: Clone, target: Path) -> None:
    with pytest.raises(RepositoryError, match="cannot stand in a commit"):
        made_by(clone, target, author)


def test_reads_the_facts_of_strange_commits(clone: Clone, target: Path) -> None:
    tree = git(target, "rev-parse", "main^{tree}").decode().strip()
    parents = f"parent {head(target)}\nparent {head(target)}\n"
    signature = "gpgsig -----BEGIN\n author Forged <f@f> 1 +0000\n -----END\n"
    latin = f"tree {tree}\n{parents}author J\xfcrgen <j@x> 1 +0000\ncommitter nobody\nencoding ISO-8859-1\n{signature}\nM\xfcll\n".encode("latin-1")
    odd = f"tree {tree}\nauthor A <<b> c> 1 +0000\ncommitter  <> 1 +0000\nencoding no-such\n\n".encode() + b"\xff\0x"
    names = [git(target, "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=text).decode().strip() for text in (latin, odd)]
    for number, name in enumerate(names):
        git(target, "update-ref", f"refs/heads/x{number}", name)
    clone.fetch(names)
    facts = clone.facts(names[0])
    assert facts.author == Author("Jürgen", "j@x")
    assert facts.committer == Author("nobody", "")
    assert (facts.message, facts.parents) == ("Müll\n", (head(target), head(target)))
    assert clone.facts(names[1]).message == "\ufffd\0x"
    assert clone.facts(names[1]).parents == ()


def test_gives_the_subjects_of_the_last_commits(clone: Clone, server: SmartServer, target: Path) -> None:
    for message in ("one", "fix: two\n\nbody", "", "-x", "ü\u2028y", "three\nlines"):
        commit(target, "main", {"a": os.urandom(50_000)}, message=message)
    server.sent = 0
    assert clone.subjects(head(target), 4) == ["three lines", "ü\u2028y", "-x", ""]
    assert server.sent < 5_000, "no files come along"
    assert clone.subjects(head(target), 100) == ["three lines", "ü\u2028y", "-x", "", "fix: two", "one", "all"]


def test_gives_subjects_where_the_server_leaves_nothing_out(clone: Clone, target: Path) -> None:
    git(target, "config", "uploadpack.allowFilter", "false")
    commit(target, "main", {"a": "b"}, message="two")
    assert clone.subjects(head(target), 5) == ["two", "all"]


LINES = [f"line {number}\n" for number in range(20)]


def lines(**others: str) -> str:
    return "".join(others.get(f"n{number}", line) for number, line in enumerate(LINES))


BASES: dict[str, tuple[Mapping[str, Content] | None, bool]] = {
    "the same": ({"a": lines()}, True),
    "another file": ({"a": lines(), "new": "x"}, True),
    "another place in the file": ({"a": lines(n15="changed\n")}, True),
    "lines before it": ({"a": "more\n" * 5 + lines()}, True),
    "the same change": ({"a": lines(n5="LINE 5\n")}, True),
    "the same change and more": ({"a": lines(n5="LINE 5\n", n15="changed\n")}, True),
    "another change there": ({"a": lines(n5="other\n")}, False),
    "the line is gone": ({"a": lines(n5="")}, False),
    "the file is gone": ({"b": lines()}, False),
    "a link": ({"a": ("120000", "b")}, False),
    "a folder": ({"a/b": lines()}, False),
    "a module": ({"a": ("160000", "1" * 40)}, False),
    "now a program": ({"a": ("100755", lines())}, True),
    "bytes": ({"a": b"\0" + lines().encode()}, False),
    "nothing": ({}, False),
}


@pytest.mark.parametrize(("files", "is_clean"), BASES.values(), ids=BASES)
@pytest.mark.parametrize("is_fresh", [False, True])
def test_tells_whether_a_commit_still_applies(
    files: Mapping[str, Content], clones: Clones, server: SmartServer, target: Path, *, is_clean: bool, is_fresh: bool
) -> None:
    parent = commit(target, "main", {"a": lines(), "z/b": "x"}, parents=())
    with clones.open(server.remote(), KEY) as clone:
        made = changed(clone, parent, {"a": lines(n5="LINE 5\n").encode()})
        clone.push(made, "bot", expected=None)
    base = commit(target, "main", files)
    with Clones(clones._folder / ("other" if is_fresh else "."), QUICK).open(server.remote(), KEY) as clone:
        clone.fetch([made])
        assert clone.merges_cleanly(made, base) is is_clean


def test_only_changes_of_contents_apply(clone: Clone, target: Path) -> None:
    parent = commit(target, "main", {"a": "1\n", "b": "2\n"}, parents=())
    others: list[Mapping[str, Content]] = [
        {"a": "1\n"},
        {"a": "1\n", "b": "2\n", "c": "3\n"},
        {"a": "1\n", "b": ("100755", "2\n")},
        {"a": "1\n", "b": ("120000", "a")},
        {"a": "1\n", "c": "2\n"},
    ]
    made = [commit(target, f"x{number}", files, parents=(parent,)) for number, files in enumerate(others)]
    made.append(commit(target, "merge", {"a": "1\n"}, parents=(parent, made[0])))
    clone.fetch([*made, parent])
    assert {name: clone.merges_cleanly(name, parent) for name in made} == dict.fromkeys(made, False)
    assert not clone.merges_cleanly(parent, parent), "it has no parent"


def test_writes_many_files_at_any_depth(clone: Clone, target: Path) -> None:
    files: dict[str, Content] = {f"{'d/' * depth}{name}": "x" for depth in range(8) for name in ("a", "b", "d.x", "d-")}
    base = commit(target, "main", files)
    changes = {name: name.encode() for name in files if not name.endswith("b")}
    made = changed(clone, base, changes)
    clone.push(made, "bot", expected=None)
    git(target, "fsck", "--strict")
    assert set(git(target, "diff-tree", "-r", "--name-only", base, made).decode().split()) == set(changes)
    assert all(content(target, made, name) == data for name, data in changes.items())
    assert clone.write(base, {}) == clone.facts(base).tree


def test_a_tree_that_changes_back_is_the_same(clone: Clone, target: Path) -> None:
    made = changed(clone, head(target), {"k8s/b.sh": b"other"})
    assert clone.write(made, {"k8s/b.sh": content(target, head(target), "k8s/b.sh")}) == clone.facts(head(target)).tree


@pytest.fixture
def gpg(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of GPG with one key, for the author."""
    home = tmp_path_factory.mktemp("g")  # short: a socket is made in it
    home.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    key = ("--batch", "--quiet", "--passphrase", "", "--quick-generate-key", f"{BOT.name} <{BOT.email}>", "ed25519", "sign", "never")
    subprocess.run(["gpg", *key], check=True, capture_output=True)
    yield home
    with contextlib.suppress(subprocess.CalledProcessError):
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True, capture_output=True)


@pytest.mark.needs("gpg", "gpgconf")
def test_signs_with_gpg(gpg: Path, clone: Clone, target: Path) -> None:
    listed = subprocess.check_output(["gpg", "--list-secret-keys", "--with-colons"], text=True)
    key = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    for signing in (Signing("gpg", None), Signing("gpg", key)):
        made = made_by(clone, target, signing=signing)
        clone.push(made, f"bot/{signing.key}", expected=None)
        git(target, "verify-commit", made)


@pytest.mark.needs("gpg", "gpgconf")
def test_a_key_of_gpg_that_is_not_there_is_an_error(gpg: Path, clone: Clone, target: Path) -> None:
    with pytest.raises(RepositoryError, match=r"cannot be signed: .*see that the key is there"):
        made_by(clone, target, signing=Signing("gpg", "0123456789ABCDEF"))


@pytest.mark.needs("ssh-keygen")
def test_signs_with_ssh(clone: Clone, target: Path, tmp_path: Path) -> None:
    key = tmp_path / "a key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"{BOT.email} {key.with_suffix('.pub').read_text()}")
    made = made_by(clone, target, signing=Signing("ssh", str(key)))
    clone.push(made, "bot", expected=None)
    git(target, "-c", "gpg.format=ssh", "-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-commit", made)


@pytest.mark.needs("ssh-keygen")
@pytest.mark.parametrize("key", [None, "missing", "-x"])
def test_a_key_of_ssh_that_cannot_be_used_is_an_error(key: str | None, clone: Clone, target: Path) -> None:
    with pytest.raises(RepositoryError, match="sign") as caught:
        made_by(clone, target, signing=Signing("ssh", key))
    assert caught.value.stage == "commit"
