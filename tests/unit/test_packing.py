"""What files hold on its way between processes and into the cache."""

import json
import zlib
from pathlib import Path

import pytest

from redigest.find import Found, find, unread
from redigest.model import Digest, Problem, Sighting, Standing
from redigest.packing import Unusable, pack, unpack
from tests.samples import ETCD, RULES

REWRITES = Path(__file__).parents[1] / "rewrites"
SIGHTING = Sighting("a", 5, 1, 6, str(ETCD.old), ETCD.old, "r/r", "x[0].image", ETCD.name, "v1", Standing.LIVE, None, is_tagged=True)
ROW = [5, 1, 6, 1, 1, 0, 1, 2, 3, 4, 5, -1]
WORDS = [str(ETCD.old), "r/r", "x[0].image", ETCD.name, "v1", "live"]


def packed(content: object) -> bytes:
    return zlib.compress(json.dumps(content).encode())


@pytest.mark.parametrize("reader", sorted(path.name for path in REWRITES.iterdir() if path.is_dir()))
def test_unpacks_what_was_packed(reader: str) -> None:
    files = [file for file in (REWRITES / reader).rglob("*") if file.is_file()]
    assert files
    for file in files:
        path = file.relative_to(REWRITES / reader).as_posix()
        found = find(path, file.read_bytes(), RULES)
        assert unpack(pack(found), path) == found


ODD = {
    "nothing": Found(()),
    "a problem without a line": Found((), (Problem("a", None, "x", failed=True),)),
    "a problem with a line": Found((), (Problem("a", 3, "x"),)),
    "a near miss": find("a", b"sha256:" + b"a" * 65, RULES),
    "upper case": find("a", b"sha256:" + b"A" * 64, RULES),
    "bytes that are no text": find("a.txt", b"\xff\xfe\xfd \x80 sha256:" + b"a" * 64 + b" \xff", RULES),
    "UTF-16": find("a.txt", "\ufeffsha256:".encode("utf-16-le") + ("a" * 64).encode("utf-16-le"), RULES),
    "a file of ours": unread("a", b"sha256:" + b"a" * 64, reason="ours", standing=Standing.NOT_AN_IMAGE),
    "an escape": find("a.yaml", b'"image\\uD800": "x@sha256:' + b"a" * 64 + b'"\n', RULES),
}


@pytest.mark.parametrize("found", ODD.values(), ids=ODD)
def test_unpacks_odd_things(found: Found) -> None:
    path = next((sighting.path for sighting in found.sightings), "a")
    assert unpack(pack(found), path) == found


def test_gives_the_path_that_is_asked_for() -> None:
    assert unpack(packed([WORDS, [ROW], []]), "a") == Found((SIGHTING,))
    (sighting,) = unpack(packed([WORDS, [ROW], []]), "b/c").sightings
    assert sighting.path == "b/c"


def changed(place: int, value: object) -> object:
    return [WORDS, [[*ROW[:place], value, *ROW[place + 1 :]]], []]


HOSTILE = {
    "nothing": b"",
    "no compression": b"[[],[],[]]",
    "cut off": packed([WORDS, [ROW], []])[:-5],
    "something behind": packed([WORDS, [ROW], []]) + b"x",
    "no JSON": zlib.compress(b"x"),
    "deep nesting": zlib.compress(b"[" * 1_000_000),
    "a large number": zlib.compress(b"[[],[[" + b"9" * 10_000 + b"]],[]]"),
    "a bomb": zlib.compress(b" " * (65 << 20) + b"[[],[],[]]"),
    "bytes that are no text": zlib.compress(b'[["\xff"],[],[]]'),
    "an object": packed({"a": 1, "b": 2, "c": 3}),
    "too few parts": packed([WORDS, [ROW]]),
    "words that are none": packed([[1], [], []]),
    "words in an object": packed([{"0": "a"}, [], []]),
    "a row that is none": packed([WORDS, [5], []]),
    "a short row": packed([WORDS, [ROW[:-1]], []]),
    "a long row": packed([WORDS, [[*ROW, 1]], []]),
    "offsets that fall": packed([WORDS, [ROW, [4, *ROW[1:]]], []]),
    "an offset twice": packed([WORDS, [ROW, ROW], []]),
    "a negative offset": packed(changed(0, -1)),
    "no line": packed(changed(1, 0)),
    "no column": packed(changed(2, 0)),
    "a text": packed(changed(0, "5")),
    "a fraction": packed(changed(0, 5.0)),
    "a truth": packed(changed(0, True)),
    "infinity": zlib.compress(b"[[],[[Infinity]],[]]"),
    "an unknown word": packed(changed(8, 6)),
    "no text": packed(changed(5, -1)),
    "no place": packed(changed(7, -1)),
    "a digest that is none": packed(changed(5, 3)),
    "an unknown standing": packed(changed(10, 4)),
    "a problem without a reason": packed([WORDS, [], [[1, 0, -1]]]),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_refuses_what_was_never_packed(content: bytes) -> None:
    with pytest.raises(Unusable):
        unpack(content, "a")


def test_keeps_equal_texts_once() -> None:
    text = "".join(f"- image: {ETCD.before}\n" for _ in range(100)).encode()
    found = unpack(pack(find("a.yaml", text, RULES)), "a.yaml")
    assert len(found.sightings) == 100
    assert len({id(sighting.digest) for sighting in found.sightings}) == 1
    assert {type(sighting.digest) for sighting in found.sightings} == {Digest}


def test_a_limit_is_for_what_others_may_have_written() -> None:
    found = find("a.yaml", f"image: {ETCD.before}\n".encode(), RULES)
    with pytest.raises(Unusable):
        unpack(pack(found), "a.yaml", most=100)
    assert unpack(pack(found), "a.yaml", most=0) == found
