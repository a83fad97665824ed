import os
from pathlib import Path

import pytest

from redigest.patch import patch
from tests.samples import ETCD, TOOLS, git

pytestmark = pytest.mark.needs("git")

NAMES = [
    b"web.yaml",
    b"k8s/a b.yaml",
    b" leading and trailing ",
    b'say "web".yaml',
    b"back\\slash.yaml",
    b"tab\tnewline\nbell\x07return\r.yaml",
    b"-R",
    b"--index",
    "dépôt/é 中文.yaml".encode(),
    b"latin-1 \xe9.yaml",
    b"\x01\x7f\x80\xff",
    b"a b/a b/a",
    b"b/x",
    b"{old => new}",
    b"dev/null",
]

CONTENTS = {
    "one line": b"OLD\n",
    "one line without an end": b"OLD",
    "last line without an end": b"a\nb\nOLD",
    "last but one": b"a\nOLD\nb",
    "context without an end": b"OLD\n1\n2\n3",
    "beyond the context without an end": b"OLD\n1\n2\n3\n4",
    "first and last line": b"OLD\n" + b"x\n" * 20 + b"OLD\n",
    "CRLF": b"a\r\nOLD\r\nb\r\n",
    "CR alone": b"a\rOLD\rb\r",
    "mixed ends": b"a\r\nb OLD\nc\rOLD\r\n",
    "empty lines around": b"\n\nOLD\n\n\n\n",
    "empty lines at the end": b"OLD\n\n",
    "two on one line": b"OLD OLD\n",
    "neighbours": b"OLD\nOLD\nOLD\n",
    "contexts that touch": b"OLD\n1\n2\n3\n4\n5\nOLD\n",
    "contexts that meet": b"OLD\n1\n2\n3\n4\n5\n6\nOLD\n",
    "contexts apart": b"OLD\n1\n2\n3\n4\n5\n6\n7\nOLD\n",
    "many hunks": (b"OLD\n" + b"same\n" * 9) * 30,
    "looks like a patch": b"--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-OLD\n+OLD\n\\ No newline at end of file\n",
    "a byte order mark and no UTF-8": b"\xef\xbb\xbfOLD \xff\xfe\n",
    "a very long line": b"x" * 100_000 + b"OLD" + b"y" * 100_000,
}


def versions(content: bytes) -> tuple[bytes, bytes]:
    return content.replace(b"OLD", str(ETCD.old).encode()), content.replace(b"OLD", str(ETCD.new).encode())


def file_at(root: Path, name: bytes) -> Path:
    file = root / os.fsdecode(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_git_applies_and_takes_back(content: bytes, tmp_path: Path) -> None:
    old, new = versions(content)
    file = file_at(tmp_path, b"web.yaml")
    file.write_bytes(old)
    made = patch(b"web.yaml", old, new)
    git(tmp_path, "apply", "--whitespace=nowarn", "-", stdin=made)
    assert file.read_bytes() == new
    git(tmp_path, "apply", "--whitespace=nowarn", "--reverse", "-", stdin=made)
    assert file.read_bytes() == old


@pytest.mark.parametrize("name", NAMES, ids=repr)
@pytest.mark.parametrize("is_repository", [True, False])
def test_git_finds_a_file_of_any_name(name: bytes, tmp_path: Path, *, is_repository: bool) -> None:
    if is_repository:
        git(tmp_path, "init", "--quiet")
    old, new = versions(CONTENTS["neighbours"])
    file = file_at(tmp_path, name)
    file.write_bytes(old)
    git(tmp_path, "apply", "-", stdin=patch(name, old, new))
    assert file.read_bytes() == new
    assert len([path for path in tmp_path.rglob("*") if path.is_file() and ".git" not in path.parts]) == 1


def test_git_applies_the_patches_of_all_files_at_once(tmp_path: Path) -> None:
    old, new = versions(CONTENTS["last line without an end"])
    for name in NAMES:
        file_at(tmp_path, name).write_bytes(old)
    git(tmp_path, "apply", "-", stdin=b"".join(patch(name, old, new) for name in NAMES))
    assert [name for name in NAMES if file_at(tmp_path, name).read_bytes() != new] == []


def test_git_writes_the_same_names(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    old, new = versions(b"OLD\n")
    for name in NAMES:
        file_at(tmp_path, name).write_bytes(old)
    git(tmp_path, "add", "--all")
    for name in NAMES:
        file_at(tmp_path, name).write_bytes(new)
    written = git(tmp_path, "diff", "--no-ext-diff", "--no-color")
    assert sorted(_names(written)) == sorted(line for name in NAMES for line in _names(patch(name, old, new)))


def _names(text: bytes) -> list[bytes]:
    """The lines of a patch that name files, without the tab that git puts also behind a quoted name with a space in it."""
    lines = [line for line in text.split(b"\n") if line.startswith((b"diff --git ", b"--- ", b"+++ "))]
    return [line.removesuffix(b'"\t') + b'"' if line.endswith(b'"\t') else line for line in lines]


def test_shows_the_lines_around_a_change() -> None:
    old = f"1\n2\n3\n4\n{ETCD.old}\n5\n6\n7\n8\n9\n10\n11\n12\n{TOOLS.old}".encode()
    new = old.replace(ETCD.old.hex.encode(), ETCD.new.hex.encode()).replace(TOOLS.old.hex.encode(), TOOLS.new.hex.encode())
    assert patch(b"a b", old, new).decode().splitlines() == [
        "diff --git a/a b b/a b",
        "--- a/a b\t",
        "+++ b/a b\t",
        "@@ -2,7 +2,7 @@",
        *(" 2", " 3", " 4", f"-{ETCD.old}", f"+{ETCD.new}", " 5", " 6", " 7"),
        "@@ -11,4 +11,4 @@",
        *(" 10", " 11", " 12", f"-{TOOLS.old}", "\\ No newline at end of file", f"+{TOOLS.new}", "\\ No newline at end of file"),
    ]
