"""The cache of what registries have said, on a real file."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from redigest.facts import Facts
from redigest.model import Digest
from tests.samples import open_folder, unprivileged

BODY = b'{"schemaVersion": 2}'
DIGEST = Digest(hashlib.sha256(BODY).hexdigest())
OTHER = Digest("0" * 64)


def test_keeps_a_body_for_the_next_run(tmp_path: Path) -> None:
    first = Facts(tmp_path / "cache")
    assert first.get(DIGEST) is None
    first.keep(DIGEST, "application/json", BODY)
    first.close()
    second = Facts(tmp_path / "cache")
    assert second.get(DIGEST) == ("application/json", BODY)
    assert second.get(OTHER) is None
    assert second.warnings == []
    second.close()


def test_keeps_nothing_without_a_folder(tmp_path: Path) -> None:
    facts = Facts(None)
    facts.keep(DIGEST, "a/b", BODY)
    assert facts.get(DIGEST) == ("a/b", BODY)
    facts.close()
    assert list(tmp_path.iterdir()) == []


def test_forgets_a_body_that_is_not_what_it_says(tmp_path: Path) -> None:
    facts = Facts(tmp_path)
    facts.keep(OTHER, "a/b", BODY)
    assert facts.get(OTHER) is None
    facts.keep(OTHER, "a/b", b"again")
    assert facts.get(OTHER) is None
    facts.close()


DAMAGE = {"text": b"this is no database" * 100, "an empty header": b"SQLite format 3\0" + bytes(1000), "zeros": bytes(8192)}


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE)
def test_sets_a_damaged_file_aside_and_begins_a_new_one(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "facts-1.sqlite").write_bytes(content)
    facts = Facts(tmp_path)
    facts.keep(DIGEST, "a/b", BODY)
    assert facts.get(DIGEST) == ("a/b", BODY)
    facts.close()
    (warning,) = facts.warnings
    assert "was damaged" in warning
    assert (tmp_path / "facts-1.damaged").read_bytes() == content
    assert Facts(tmp_path).get(DIGEST) == ("a/b", BODY)


def test_sets_a_file_aside_whose_pages_are_damaged(tmp_path: Path) -> None:
    facts = Facts(tmp_path)
    for number in range(200):
        body = str(number).encode() * 100
        facts.keep(Digest(hashlib.sha256(body).hexdigest()), "a/b", body)
    facts.close()
    file = tmp_path / "facts-1.sqlite"
    data = file.read_bytes()
    file.write_bytes(data[:4096] + os.urandom(len(data) - 4096))
    again = Facts(tmp_path)
    again.keep(DIGEST, "a/b", BODY)
    assert len(again.warnings) == 1
    again.keep(DIGEST, "a/b", BODY)
    assert again.get(DIGEST) == ("a/b", BODY)


def test_does_without_a_folder_that_cannot_be_written() -> None:
    with open_folder() as folder:
        folder.chmod(0o555)
        with unprivileged(folder):
            facts = Facts(folder / "cache")
            facts.keep(DIGEST, "a/b", BODY)
            assert facts.get(DIGEST) == ("a/b", BODY)
        assert "cannot be used" in facts.warnings[0]


WRITER = """
import hashlib, sys
from pathlib import Path
from redigest.facts import Facts
from redigest.model import Digest
facts = Facts(Path(sys.argv[1]))
for number in range(300):
    body = f"{sys.argv[2] if number % 2 else 'same'} {number}".encode()
    facts.keep(Digest(hashlib.sha256(body).hexdigest()), "a/b", body)
    assert facts.get(Digest(hashlib.sha256(body).hexdigest())) == ("a/b", body), number
assert not facts.warnings
facts.close()
"""


def test_two_processes_can_write_at_once(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name], stderr=subprocess.PIPE) for name in ("one", "two")]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [(b"", 0), (b"", 0)]
    facts = Facts(tmp_path)
    for name in ("one 1", "two 1", "same 0"):
        assert facts.get(Digest(hashlib.sha256(name.encode()).hexdigest())) == ("a/b", name.encode())
