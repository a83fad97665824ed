import gzip
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.mapping import MappingFiles
from redigest.mapping.fetch import Copy, Limits, fetched
from redigest.model import Swap
from redigest.resolve import Question
from tests.registry.scripted import Answer, Asked, Script, Scripted, routes, scripted
from tests.samples import ETCD, TOOLS, mapping_csv

ETCD_CSV, TOOLS_CSV = mapping_csv(ETCD).encode(), mapping_csv(TOOLS).encode()
VALIDATORS = {"ETag": '"one"', "Last-Modified": "Thu, 26 Nov 2026 10:00:00 GMT"}
GOOD = Answer(200, VALIDATORS, ETCD_CSV)
QUICK = Limits(wait=0.001)
DATE = r"the copy of 20\d\d-\d\d-\d\d \d\d:\d\d UTC is used"


def fetch(server: Scripted, folder: Path, *, limits: Limits = QUICK, offline: bool = False, path: str = "/schema1.csv") -> Copy:
    return fetched(server.url + path, folder, offline=offline, limits=limits)


def script_of(*answers: Answer | Script) -> Script:
    """Answer one request after the other, and the rest as the last one."""
    left = list(answers)

    def script(asked: Asked) -> Answer:
        answer = left.pop(0) if len(left) > 1 else left[0]
        return answer if isinstance(answer, Answer) else answer(asked)

    return script


def content(copy: Copy) -> bytes:
    return copy.file.path.read_bytes()


def test_fetches_a_mapping_and_cites_its_url(tmp_path: Path) -> None:
    with scripted(script_of(GOOD)) as server:
        source = MappingFiles([f"{server.url}/schema1.csv"], cache=tmp_path)
        assert not server.asked, "nobody has asked a question yet"
        for _ in range(2):
            question = Question(ETCD.old, None, None)
            verdict = source.answer([question])[question]
            assert isinstance(verdict, Swap)
            assert verdict.new == ETCD.new
            assert verdict.evidence[0].detail.startswith(f"{server.url}/schema1.csv:2 lists ")
        assert source.problems == ()
        assert len(server.asked) == 1
        assert server.asked[0].headers["Accept-Encoding"] == "identity"
        assert server.asked[0].headers["If-None-Match"] is None


@pytest.mark.needs("curl", "grep", "gzip")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_the_check_can_be_pasted_and_finds_the_row(tmp_path: Path, *, packed: bool) -> None:
    with scripted(script_of(Answer(body=gzip.compress(ETCD_CSV) if packed else ETCD_CSV))) as server:
        question = Question(ETCD.old, None, None)
        verdict = MappingFiles([f"{server.url}/it's a&b.csv".replace(" ", "%20")], cache=tmp_path).answer([question])[question]
        assert isinstance(verdict, Swap)
        shell = subprocess.run(["/bin/sh", "-c", verdict.evidence[0].check], capture_output=True, text=True, check=True)
        assert shell.stdout == f"2:{ETCD_CSV.decode().splitlines()[1]}\n"


def test_asks_whether_it_has_changed_and_keeps_the_copy_if_not(tmp_path: Path) -> None:
    with scripted(script_of(GOOD, Answer(304))) as server:
        first, second = fetch(server, tmp_path), fetch(server, tmp_path)
        assert second.file == first.file
        assert second.warning is None
        assert content(second) == ETCD_CSV
        assert {name: server.asked[1].headers[name] for name in ("If-None-Match", "If-Modified-Since")} == {
            "If-None-Match": '"one"',
            "If-Modified-Since": VALIDATORS["Last-Modified"],
        }


def test_takes_a_new_version(tmp_path: Path) -> None:
    with scripted(script_of(GOOD, Answer(200, {"ETag": '"two"'}, TOOLS_CSV), Answer(304))) as server:
        assert content(fetch(server, tmp_path)) == ETCD_CSV
        assert content(fetch(server, tmp_path)) == TOOLS_CSV
        assert content(fetch(server, tmp_path)) == TOOLS_CSV
        assert (server.asked[2].headers["If-None-Match"], server.asked[2].headers["If-Modified-Since"]) == ('"two"', None)


def test_the_same_content_again_stays_the_same_file(tmp_path: Path) -> None:
    with scripted(script_of(Answer(body=ETCD_CSV))) as server:
        inodes = {fetch(server, tmp_path).file.path.stat().st_ino for _ in range(2)}
        assert len(inodes) == 1
        assert len(server.asked) == 2


def cut_off(asked: Asked) -> Answer:
    return Answer(200, {"Content-Length": str(len(TOOLS_CSV))}, iter([TOOLS_CSV[:100]]))


HTML = Answer(200, {"Content-Type": "text/html; charset=utf-8"}, b"<!doctype html><p>Log in")
FAILURES: dict[str, tuple[Answer | Script, str]] = {
    "500": (Answer(500), "cannot be fetched: the server answers 500"),
    "429": (Answer(429), "cannot be fetched: the server answers 429"),
    "404": (Answer(404), "cannot be fetched: the server answers 404"),
    "a part": (Answer(206, {}, ETCD_CSV[:10]), "cannot be fetched: the server answers 206"),
    "no answer": (Answer(body=None), "cannot be fetched: the server breaks off in the middle, or does not speak HTTP"),
    "dropped in the middle": (cut_off, "cannot be fetched: the server breaks off in the middle, or does not speak HTTP"),
    "a web page": (HTML, "cannot be used: the server answers with a web page; perhaps it wants a login, which redigest has none for"),
    "a web page that does not say so": (Answer(body=HTML.body), "cannot be used: what the server sends: no line is a row with two sha256 digests"),
    "nothing": (Answer(), "cannot be used: what the server sends: no line is a row with two sha256 digests"),
    "a header alone": (Answer(body=ETCD_CSV.splitlines(keepends=True)[0]), "cannot be used: what the server sends: it holds no row, only a header"),
    "half of a gzip file": (
        Answer(body=gzip.compress(TOOLS_CSV + b"rhel7,1,," * 9_999)[:-9]),
        "cannot be used: what the server sends:3: the gzip data is damaged or cut off",
    ),
    "a line that never ends": (Answer(body=TOOLS_CSV + b"x" * 200_000), "cannot be used: what the server sends:3: the line is longer than"),
    "another compression": (Answer(200, {"Content-Encoding": "br"}, TOOLS_CSV), "cannot be used: the server compresses it in a way that was not asked for"),
    "a redirect to a plain address": (
        Answer(302, {"Location": "http://files.example/schema1.csv"}),
        "cannot be fetched: the server redirects to an address that must begin with https://; only a loopback address may do without TLS",
    ),
    "a redirect with a password": (
        Answer(302, {"Location": "https://me:hunter2@files.example/"}),
        "cannot be fetched: the server redirects to an address that must not hold a user name or a password",
    ),
    "a redirect to a file": (Answer(302, {"Location": "file:///etc/passwd"}), "cannot be fetched: the server redirects to an address that must be a URL"),
    "a redirect to nowhere": (Answer(302, {"Location": "https://[::1"}), "cannot be fetched: the server breaks off in the middle, or does not speak HTTP"),
    "redirects without end": (Answer(302, {"Location": "/schema1.csv"}), "cannot be fetched: the server redirects more than 5 times"),
    "a redirect that does not say where to": (Answer(302), "cannot be fetched: the server answers 302"),
}


@pytest.mark.parametrize(("answer", "why"), FAILURES.values(), ids=FAILURES)
def test_uses_the_last_good_copy_with_a_warning(tmp_path: Path, answer: Answer | Script, why: str) -> None:
    with scripted(script_of(GOOD, answer)) as server:
        good = fetch(server, tmp_path)
        for _ in range(2):
            copy = fetch(server, tmp_path)
            assert copy.file == good.file
            assert content(copy) == ETCD_CSV
            assert copy.warning is not None
            assert copy.warning.startswith(why)
            assert re.search(rf"; {DATE}$", copy.warning)
            assert "hunter2" not in copy.warning
        assert sorted(path.suffix for path in tmp_path.iterdir()) == [".body", ".json"]


@pytest.mark.parametrize(("answer", "why"), FAILURES.values(), ids=FAILURES)
def test_fails_where_there_is_no_copy(tmp_path: Path, answer: Answer | Script, why: str) -> None:
    with scripted(script_of(answer)) as server:
        with pytest.raises(UsageError) as caught:
            fetch(server, tmp_path)
        assert str(caught.value).startswith(f"{server.url}/schema1.csv: {why}")
        assert str(caught.value).endswith("and no earlier copy of it is kept; try again, or download it and give the file")
        assert not list(tmp_path.iterdir())


def test_says_why_the_copy_may_be_old_as_a_problem(tmp_path: Path) -> None:
    with scripted(script_of(GOOD, Answer(404))) as server:
        fetch(server, tmp_path / "mappings")
        source = MappingFiles([f"{server.url}/schema1.csv"], cache=tmp_path)
        question = Question(ETCD.old, None, None)
        assert isinstance(source.answer([question])[question], Swap)
        (problem,) = source.problems
        assert (problem.path, problem.line, problem.failed) == (f"{server.url}/schema1.csv", None, False)


def test_a_fault_that_passes_is_nothing_to_speak_of(tmp_path: Path) -> None:
    with scripted(script_of(Answer(503), Answer(body=None), GOOD)) as server:
        assert fetch(server, tmp_path).warning is None
        assert len(server.asked) == 3


@pytest.mark.parametrize("answer", [Answer(404), HTML], ids=["404", "a web page"])
def test_does_not_ask_again_for_what_stays_wrong(tmp_path: Path, answer: Answer) -> None:
    with scripted(script_of(answer)) as server:
        with pytest.raises(UsageError):
            fetch(server, tmp_path)
        assert len(server.asked) == 1


def endless(server: Scripted, piece: bytes, pause: float) -> Iterator[bytes]:
    while not server.is_over.wait(pause):
        yield piece


@pytest.mark.parametrize("piece", [b"x", b"rhel7,1,,\n"], ids=["a line", "lines"])
def test_a_body_that_drips_costs_no_more_than_the_deadline(tmp_path: Path, piece: bytes) -> None:
    running: list[Scripted] = []
    with scripted(script_of(GOOD, lambda _: Answer(body=endless(running[0], piece, 0.01)))) as server:
        running.append(server)
        fetch(server, tmp_path)
        begun = time.monotonic()
        copy = fetch(server, tmp_path, limits=replace(QUICK, deadline=0.3))
        assert copy.warning is not None
        assert copy.warning.startswith("cannot be fetched: the server gives no whole answer in 0.3 seconds; ")
        assert time.monotonic() - begun < 10


def test_a_server_that_falls_silent_costs_no_more_than_the_patience(tmp_path: Path) -> None:
    over = threading.Event()

    def silent(asked: Asked) -> Answer:
        over.wait(30)
        return Answer(body=None)

    with scripted(script_of(GOOD, silent)) as server:
        fetch(server, tmp_path)
        copy = fetch(server, tmp_path, limits=replace(QUICK, silence=0.1, attempts=1))
        over.set()
        assert copy.warning is not None
        assert copy.warning.startswith("cannot be fetched: the server does not answer in time; ")


def test_a_body_without_end_is_given_up_at_the_limit(tmp_path: Path) -> None:
    running: list[Scripted] = []
    with scripted(lambda _: Answer(body=endless(running[0], TOOLS_CSV * 100, 0))) as server:
        running.append(server)
        with pytest.raises(UsageError, match="the server sends more than 100,000 bytes"):
            fetch(server, tmp_path, limits=replace(QUICK, size=100_000))


def test_a_small_file_that_unpacks_to_a_large_one_is_given_up_at_the_limit(tmp_path: Path) -> None:
    bomb = gzip.compress(ETCD_CSV + b"\n" * 5_000_000)
    with scripted(script_of(Answer(body=bomb))) as server, pytest.raises(UsageError, match="it unpacks to more than 100,000 bytes"):
        fetch(server, tmp_path, limits=replace(QUICK, size=100_000))


@pytest.mark.parametrize("encoding", [{}, {"Content-Encoding": "gzip"}], ids=["a gzip file", "gzip though not asked for"])
def test_reads_gzip_data(tmp_path: Path, encoding: dict[str, str]) -> None:
    with scripted(script_of(Answer(200, encoding, gzip.compress(ETCD_CSV)))) as server:
        question = Question(ETCD.old, None, None)
        assert question in MappingFiles([f"{server.url}/schema1.csv.gz"], cache=tmp_path).answer([question])


def test_follows_redirects(tmp_path: Path) -> None:
    table = {"/schema1.csv": Answer(301, {"Location": "/a"}), "/a": Answer(307, {"Location": "b#x"}), "/b": GOOD}
    with scripted(routes(table)) as server:
        copy = fetch(server, tmp_path)
        assert copy.file.name == f"{server.url}/schema1.csv"
        assert content(copy) == ETCD_CSV


def test_offline_opens_no_connection(tmp_path: Path) -> None:
    with scripted(script_of(GOOD)) as server:
        with pytest.raises(UsageError, match="is not asked for, since --offline forbids it, and no earlier copy"):
            fetch(server, tmp_path, offline=True)
        assert not server.asked
        fetch(server, tmp_path)
        copy = fetch(server, tmp_path, offline=True)
        assert content(copy) == ETCD_CSV
        assert re.fullmatch(rf"is not asked for, since --offline forbids it; {DATE}", copy.warning or "")
        assert len(server.asked) == 1


def test_two_urls_have_two_copies(tmp_path: Path) -> None:
    with scripted(routes({"/1.csv": GOOD, "/2.csv": Answer(body=TOOLS_CSV)})) as server:
        first, second = (fetch(server, tmp_path, path=path) for path in ("/1.csv", "/2.csv"))
        assert (content(first), content(second)) == (ETCD_CSV, TOOLS_CSV)


RECORDS = {
    "empty": b"",
    "no JSON": b"{",
    "deep": b"[" * 100_000,
    "a list": b"[]",
    "too little": b'{"body": "x"}',
    "a path": b'{"body": "../../secret", "size": 6, "etag": null, "last_modified": null, "time": "x"}',
    "a header": None,
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_a_damaged_record_is_no_copy(tmp_path: Path, record: bytes | None) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "a/b"
    with scripted(script_of(GOOD)) as server:
        fetch(server, folder)
        (file,) = folder.glob("*.json")
        file.write_bytes(record if record is not None else file.read_bytes().replace(b'\\"one\\"', b"one\\nHost: other"))
        with pytest.raises(UsageError, match="no earlier copy"):
            fetch(server, folder, offline=True)
        assert content(fetch(server, folder)) == ETCD_CSV
        assert server.asked[1].headers["If-None-Match"] is None


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_copy_is_fetched_anew(tmp_path: Path, damage: str) -> None:
    with scripted(script_of(GOOD)) as server:
        path = fetch(server, tmp_path).file.path
        if damage == "cut":
            path.write_bytes(ETCD_CSV[:50])
        else:
            path.unlink()
        assert content(fetch(server, tmp_path)) == ETCD_CSV
        assert server.asked[1].headers["If-None-Match"] is None


def test_odd_validators_are_not_sent_back(tmp_path: Path) -> None:
    with scripted(script_of(Answer(200, {"ETag": "\xe9", "Last-Modified": "x" * 2000}, ETCD_CSV))) as server:
        for _ in range(2):
            assert content(fetch(server, tmp_path)) == ETCD_CSV
        assert server.asked[1].headers["If-None-Match"] is server.asked[1].headers["If-Modified-Since"] is None


def test_a_query_that_may_hold_a_token_is_not_cited(tmp_path: Path) -> None:
    secret = "sig=c2VjcmV0c2VjcmV0c2VjcmV0MTIz"
    with scripted(script_of(GOOD, Answer(404))) as server:
        fetch(server, tmp_path / "mappings", path=f"/schema1.csv?{secret}")
        source = MappingFiles([f"{server.url}/schema1.csv?{secret}"], cache=tmp_path)
        question = Question(ETCD.old, None, None)
        verdict = source.answer([question])[question]
        assert source.problems
        assert secret not in repr((verdict, source.problems))
        assert server.asked[0].query == {"sig": [secret.partition("=")[2]]}
        shutil.rmtree(tmp_path)
        with pytest.raises(UsageError) as caught:
            fetch(server, tmp_path, path=f"/schema1.csv?{secret}")
        assert secret not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("not a folder")
    with scripted(script_of(GOOD)) as server, pytest.raises(UsageError, match=f"cannot be kept in {tmp_path}/cache: (File exists|Not a directory)"):
        fetch(server, tmp_path / "cache")
