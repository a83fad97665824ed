"""The reader of files of `KEY=value` lines."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redigest.document import Role, Scalar, Spot
from redigest.readers.dotenv import read
from redigest.screen import hits
from redigest.text import Text

DIGEST = "sha256:73e7c1f379c72bd57d32343e09790a52eec4b7190ea9af4f66916abf05676139"
Expected = tuple[Role, str, tuple[str | int, ...]]


def spots_in(source: str) -> list[Spot]:
    """Read a source in which `DIGEST` stands for a digest; every spot must lead back to where its digest stands."""
    text = Text.of_file(source.replace("DIGEST", DIGEST).encode())
    digests = hits(text.chars)
    spots = list(read(text, digests))
    assert [spot.value.offset(spot.at, len(DIGEST)) for spot in spots] == digests
    assert all(spot.value.chars.startswith(DIGEST, spot.at) for spot in spots)
    return spots


def shown(spot: Spot) -> Expected:
    """The role, the value with `DIGEST` for the digest, and the path of a spot."""
    return spot.role, spot.value.chars.replace(DIGEST, "DIGEST"), spot.path


CASES: dict[str, tuple[str, list[Expected]]] = {
    "plain": ("IMAGE=r/x@DIGEST", [(Role.VALUE, "r/x@DIGEST", ("IMAGE",))]),
    "export": ("  export IMAGE=r/x@DIGEST", [(Role.VALUE, "r/x@DIGEST", ("IMAGE",))]),
    "key that is called export": ("export=r/x@DIGEST", [(Role.VALUE, "r/x@DIGEST", ("export",))]),
    "key with dots and dashes": ("odh-x.py3-image=r/x@DIGEST", [(Role.VALUE, "r/x@DIGEST", ("odh-x.py3-image",))]),
    "blanks around the equals sign": ("IMAGE = r/x@DIGEST  ", [(Role.VALUE, "r/x@DIGEST", ("IMAGE",))]),
    "colon": ("IMAGE: r/x@DIGEST", [(Role.VALUE, "r/x@DIGEST", ("IMAGE",))]),
    "double quotes": ('IMAGE="r/x@DIGEST"', [(Role.VALUE, "r/x@DIGEST", ("IMAGE",))]),
    "single quotes": ("IMAGE='r/x@DIGEST'", [(Role.VALUE, "r/x@DIGEST", ("IMAGE",))]),
    "escapes in double quotes": (r'A="{\"b\": \"r/x@DIGEST\"}"', [(Role.VALUE, '{"b": "r/x@DIGEST"}', ("A",))]),
    "no escapes in single quotes": (r"A='\"r/x@DIGEST'", [(Role.VALUE, r"\"r/x@DIGEST", ("A",))]),
    "line end as an escape": (r'A="a\nr/x@DIGEST"', [(Role.VALUE, "a\nr/x@DIGEST", ("A",))]),
    "escape at the digest": (r'A="\DIGEST"', [(Role.VALUE, "DIGEST", ("A",))]),
    "several lines in quotes": ('A="r/x@DIGEST\nB=r/y@DIGEST"', [(Role.VALUE, "r/x@DIGEST\nB=r/y@DIGEST", ("A",))] * 2),
    "quotes that are never closed": ('A="r/x@DIGEST\nB=r/y@DIGEST', [(Role.VALUE, '"r/x@DIGEST', ("A",)), (Role.VALUE, "r/y@DIGEST", ("B",))]),
    "quotes that the next line does not close": (
        'A="r/x@DIGEST\nB="r/y@DIGEST"',
        [(Role.VALUE, '"r/x@DIGEST', ("A",)), (Role.VALUE, "r/y@DIGEST", ("B",))],
    ),
    "apostrophe": ("A='tis r/x@DIGEST\nB=r/y@DIGEST'", [(Role.VALUE, "'tis r/x@DIGEST", ("A",)), (Role.VALUE, "r/y@DIGEST'", ("B",))]),
    "quotes inside a value": ('A=--image="r/x@DIGEST" b', [(Role.VALUE, '--image="r/x@DIGEST" b', ("A",))]),
    "default of a variable": ("A=${X:-r/x@DIGEST}", [(Role.VALUE, "${X:-r/x@DIGEST}", ("A",))]),
    "comment": ("# r/x@DIGEST", [(Role.COMMENT, "# r/x@DIGEST", ())]),
    "assignment in a comment": (" #IMAGE=r/x@DIGEST", [(Role.COMMENT, "#IMAGE=r/x@DIGEST", ())]),
    "comment with a semicolon": ("; r/x@DIGEST", [(Role.COMMENT, "; r/x@DIGEST", ())]),
    "comment behind a value": ("A=b # r/x@DIGEST", [(Role.COMMENT, "# r/x@DIGEST", ())]),
    "comment behind quotes": ('A="b # c"# r/x@DIGEST', [(Role.COMMENT, "# r/x@DIGEST", ())]),
    "comment in place of a value": ("A= # r/x@DIGEST", [(Role.COMMENT, "# r/x@DIGEST", ())]),
    "comment behind several lines": ('A="b\nc" # r/x@DIGEST\nB=r/y@DIGEST', [(Role.COMMENT, "# r/x@DIGEST", ()), (Role.VALUE, "r/y@DIGEST", ("B",))]),
    "value and comment": ("A=r/x@DIGEST # r/y@DIGEST", [(Role.VALUE, "r/x@DIGEST", ("A",)), (Role.COMMENT, "# r/y@DIGEST", ())]),
    "hash sign inside a value": ("A=b#r/x@DIGEST", [(Role.VALUE, "b#r/x@DIGEST", ("A",))]),
    "hash sign inside quotes": ('A="b # r/x@DIGEST"', [(Role.VALUE, "b # r/x@DIGEST", ("A",))]),
    "line without an assignment": ("docker pull r/x@DIGEST ", [(Role.TEXT, "docker pull r/x@DIGEST", ())]),
    "digest in place of a key": ("r/x@DIGEST=a", [(Role.TEXT, "r/x@DIGEST=a", ())]),
    "text behind quotes": ('A="b" r/x@DIGEST', [(Role.VALUE, '"b" r/x@DIGEST', ("A",))]),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_reads_a_line(source: str, expected: list[Expected]) -> None:
    assert [shown(spot) for spot in spots_in(source)] == expected


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_reads_every_kind_of_line_end(line_end: str) -> None:
    spots = spots_in(line_end.join(["", 'A="r/x@DIGEST"', "", "# r/y@DIGEST", "B=r/z@DIGEST", ""]))
    assert [shown(spot) for spot in spots] == [
        (Role.VALUE, "r/x@DIGEST", ("A",)),
        (Role.COMMENT, "# r/y@DIGEST", ()),
        (Role.VALUE, "r/z@DIGEST", ("B",)),
    ]


def test_gives_all_assignments_of_the_file_as_the_parent_of_values() -> None:
    source = 'TAG=v1\nA=r/x@DIGEST\n# B=r/y@DIGEST\ntext\nexport C="DIGEST" # c\nLINES="d\nE=f"\nNAME=\'org/x\'\n'
    first, comment, second = spots_in(source)
    assert first.parent is second.parent
    assert comment.parent is None
    assert first.parent is not None
    entries = [(key.value, value.value) for key, value in first.parent.entries if isinstance(key, Scalar) and isinstance(value, Scalar)]
    assert entries == [("TAG", "v1"), ("A", f"r/x@{DIGEST}"), ("C", DIGEST), ("LINES", "d\nE=f"), ("NAME", "org/x")]


FRAGMENTS = [
    *(
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t",
        "A=",
        "export ",
        "=",
        ": ",
        'A="',
        '\\"',
        '"\n',
        "a",
        "#",
        " # ",
        ";",
        "'",
        '"',
        "\\",
        "$",
        "${X:-",
        "}",
        "é",
        "n",
        "x41",
        "u0041",
    ),
    *(f"r/x@{DIGEST}", DIGEST, DIGEST.upper(), DIGEST.removeprefix("sha256:")),
]


@given(st.sampled_from(["", "\ufeff"]), st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=3)), max_size=40))
def test_places_every_digest_once_and_where_it_stands(mark: str, fragments: list[str]) -> None:
    text = Text.of_file("".join([mark, *fragments]).encode())
    digests = [match.start() for match in re.finditer("sha256:[0-9a-f]{64}|(?<![0-9A-Za-z:])[0-9a-f]{64}", text.chars)]
    spots = list(read(text, digests))
    for spot, index in zip(spots, digests, strict=True):
        length = len(DIGEST) if text.chars.startswith("sha256:", index) else 64
        assert spot.value.chars[spot.at : spot.at + length] == text.chars[index : index + length]
        assert spot.value.offset(spot.at, length) == text.offset(index, length)


HOSTILE = {
    "quotes that are never closed": 'A="\\\n' * 10_000 + "A=DIGEST",
    "lines in quotes": 'A="' + "r/x@DIGEST\n" * 3_000 + '"',
    "escapes": 'A="' + '\\"' * 100_000 + 'DIGEST"',
    "blanks": 'A="\\"' + " " * 200_000 + 'DIGEST"',
    "blanks in a line": "A=b" + " " * 200_000 + "DIGEST",
    "words": "export " * 50_000 + "DIGEST",
    "equals signs": "A=" * 100_000 + "DIGEST",
    "one line": "A=" + "r/x@DIGEST," * 3_000,
    "one comment": "#" + "r/x@DIGEST " * 3_000,
    "lines": "A=r/x@DIGEST\n" * 3_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_takes_linear_time(source: str) -> None:
    text = Text.of_file(source.replace("DIGEST", DIGEST).encode())
    digests = hits(text.chars)
    start = time.process_time()
    assert sum(1 for _ in read(text, digests)) == len(digests)
    assert time.process_time() - start < 5, "each of these takes a fraction of a second when read once"
