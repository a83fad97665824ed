"""The reader of Java properties."""

import pytest

from redigest.document import Role, Scalar, Spot
from redigest.readers.properties import read
from redigest.screen import hits
from redigest.text import Text

DIGEST = "sha256:73e7c1f379c72bd57d32343e09790a52eec4b7190ea9af4f66916abf05676139"
Expected = tuple[Role, str, tuple[str | int, ...]]
COMMENT, VALUE, TEXT = Role.COMMENT, Role.VALUE, Role.TEXT


def spots_in(source: str) -> list[Spot]:
    """Read a source in which `DIGEST` stands for a digest; every spot must lead back to where its digest stands."""
    text = Text.of_file(source.replace("DIGEST", DIGEST).encode())
    digests = hits(text.chars)
    spots = list(read(text, digests))
    assert [spot.value.offset(spot.at, len(DIGEST)) for spot in spots] == digests
    return spots


CASES: dict[str, tuple[str, list[Expected]]] = {
    "equals sign": ("image=r/x@DIGEST", [(VALUE, "r/x@DIGEST", ("image",))]),
    "colon and blanks": ("  image : r/x@DIGEST", [(VALUE, "r/x@DIGEST", ("image",))]),
    "blank": ("image r/x@DIGEST", [(VALUE, "r/x@DIGEST", ("image",))]),
    "dots in a key": ("a.b.image=r/x@DIGEST", [(VALUE, "r/x@DIGEST", ("a", "b", "image"))]),
    "escapes": ("a=\\#\\u0041 r/x@DIGEST", [(VALUE, "#A r/x@DIGEST", ("a",))]),
    "line that goes on": ("a=b \\\n   r/x@DIGEST", [(VALUE, "b r/x@DIGEST", ("a",))]),
    "comment": ("# r/x@DIGEST \\\nb=r/y@DIGEST", [(COMMENT, "# r/x@DIGEST \\", ()), (VALUE, "r/y@DIGEST", ("b",))]),
    "comment with an exclamation mark": (" ! r/x@DIGEST", [(COMMENT, " ! r/x@DIGEST", ())]),
    "hash sign in a value": ("a=b # r/x@DIGEST", [(VALUE, "b # r/x@DIGEST", ("a",))]),
    "lines of blanks": (" \t\f\r\n  \n\ra=r/x@DIGEST\n \n # r/y@DIGEST\n\t", [(VALUE, "r/x@DIGEST", ("a",)), (COMMENT, " # r/y@DIGEST", ())]),
    "line of blanks behind a line that goes on": ("a=b\\\n  \nc=r/x@DIGEST", [(VALUE, "r/x@DIGEST", ("c",))]),
    "digest in a key": ("r/x@DIGEST=a", [(TEXT, "r/x@DIGEST=a", ())]),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_says_what_a_digest_stands_in(source: str, expected: list[Expected]) -> None:
    assert [(spot.role, spot.value.chars.replace(DIGEST, "DIGEST"), spot.path) for spot in spots_in(source)] == expected


def test_gives_what_stands_under_the_same_names() -> None:
    (spot,) = spots_in("repository=r/y\na.repository=r/x\na.b.tag=1\na.digest=DIGEST\nb.repository=r/z")
    assert spot.parent is not None
    assert [(key.value, value.value) for key, value in spot.parent.entries if isinstance(key, Scalar) and isinstance(value, Scalar)] == [
        ("repository", "r/x"),
        ("digest", DIGEST),
    ]
