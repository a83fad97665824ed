"""The pattern language of places, and places in words."""

import re

import pytest

from redigest.document import Mapping, Node, Path, Role, Scalar, Spot
from redigest.places import BadPattern, canonical, compile_pattern, in_words, of_spot
from redigest.text import Text

DIGEST = "sha256:73e7c1f379c72bd57d32343e09790a52eec4b7190ea9af4f66916abf05676139"

PATTERNS: list[tuple[str, list[Path], list[Path]]] = [
    ("image", [("image",)], [(), ("images",), ("Image",), ("a", "image"), ("image", 0)]),
    ("spec.image", [("spec", "image")], [("spec",), ("spec", "a", "image"), ("spec.image",)]),
    ("args[*]", [("args", 0), ("args", 12)], [("args",), ("args", "0"), ("args", 0, 0)]),
    ("a[*].b", [("a", 0, "b")], [("a", "b"), ("a", 0, 0, "b")]),
    ("**", [(), ("a",), ("a", 0, "b")], []),
    ("**.image", [("image",), ("a", "image"), ("a", 0, "image")], [("image", "a"), ("animage",)]),
    ("spec.**.image", [("spec", "image"), ("spec", 0, "a", "image")], [("image",), ("a", "spec", "image")]),
    ("status.**", [("status",), ("status", "a"), ("status", 0)], [("a", "status"), ("statuses", "a")]),
    ("x-*", [("x-",), ("x-db",)], [("x",), ("x-db", "image"), ("ax-",)]),
    ("*Image", [("Image",), ("baseImage",), ("base.Image",)], [("baseImages",), ("base", "Image")]),
    ("*a*b*", [("ab",), ("xaybz",)], [("ba",), ("a", "b")]),
    ("services.*.image", [("services", "web", "image")], [("services", "image"), ("services", 0, "image")]),
    ('annotations["a.b/c"]', [("annotations", "a.b/c")], [("annotations", "a", "b/c"), ("annotations", "aXb/c")]),
    ('["*image.digest"]', [("image.digest",), ("a.image.digest",)], [("image", "digest")]),
    ('["a[0]"]', [("a[0]",)], [("a", 0)]),
    ("COPY.--from", [("COPY", "--from")], [("COPY", "from")]),
    ("a+(b)$", [("a+(b)$",)], [("aab",), ("ab",)]),
]


@pytest.mark.parametrize(("pattern", "fitting", "other"), PATTERNS, ids=[pattern for pattern, _, _ in PATTERNS])
def test_a_pattern_fits_these_places_and_not_those(pattern: str, fitting: list[Path], other: list[Path]) -> None:
    compiled = compile_pattern(pattern)
    assert [path for path in fitting if not compiled.fullmatch(canonical(path))] == []
    assert [path for path in other if compiled.fullmatch(canonical(path))] == []


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "a place cannot be empty"),
        ("spec.", "the place 'spec.' ends in a dot"),
        ("spec..image", "character 6 of the place 'spec..image' is not understood"),
        (".spec", "character 1 of the place '.spec' is not understood"),
        ("args[0]", "character 5 of the place 'args[0]' is not understood"),
        ("args[]", "character 5 of the place 'args[]' is not understood"),
        ('a["b"', "character 2 of the place 'a[\"b\"' is not understood"),
        ('a"b', "character 2 of the place 'a\"b' is not understood"),
        ("a]", "character 2 of the place 'a]' is not understood"),
    ],
)
def test_says_what_is_wrong_with_a_pattern(pattern: str, message: str) -> None:
    with pytest.raises(BadPattern, match=f"^{re.escape(message)}$"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ((), ""),
        (("spec", "containers", 0, "image"), "spec.containers[0].image"),
        ((3, "image"), "[3].image"),
        (("data", "images.json"), 'data["images.json"]'),
        (("a b", "c"), '["a b"].c'),
        (("",), '[""]'),
        (("clé",), '["clé"]'),
        (("COPY", "--from"), "COPY.--from"),
        (("example.com/image", 0), '["example.com/image"][0]'),
        ((f"quay.io/a@{DIGEST}", "x"), '["quay.io/a@sha256:73e7c1f379c7…"].x'),
        (("k" * 512,), "k" * 512),
        (("k" * 513,), f'["{"k" * 512}…"]'),
        ((f"{'k' * 470}@{DIGEST}",), f'["{"k" * 470}@…"]'),
        ((f"{'k' * 400}@{DIGEST}{'k' * 100}",), f'["{"k" * 400}@sha256:73e7c1f379c7…{"k" * 40}…"]'),
    ],
)
def test_says_a_path_as_people_write_it(path: Path, words: str) -> None:
    assert in_words(path) == words


def mapping(**values: Node | str) -> Mapping:
    entries = tuple((scalar(key), scalar(value) if isinstance(value, str) else value) for key, value in values.items())
    return Mapping(0, 0, entries)


def scalar(value: str) -> Scalar:
    return Scalar(0, 0, value)


POD = mapping(apiVersion="v1", kind="Pod", metadata=mapping(name="web"))
LIST = mapping(apiVersion="v1", kind="List")
PLAIN = mapping(kind="Pod")


@pytest.mark.parametrize(
    ("around", "words"),
    [
        ((), "items[0].spec.image"),
        (((PLAIN, 0),), "items[0].spec.image"),
        (((POD, 0),), "Pod/web items[0].spec.image"),
        (((LIST, 0),), "List items[0].spec.image"),
        (((LIST, 0), (POD, 2)), "Pod/web spec.image"),
        (((LIST, 0), (POD, 2), (PLAIN, 3)), "Pod/web spec.image"),
        (((POD, 4),), "Pod/web"),
        (((mapping(apiVersion="v1", kind=mapping()), 0),), "items[0].spec.image"),
        (((mapping(apiVersion="v1", kind="Pod", metadata="web"), 0),), "Pod items[0].spec.image"),
        (((mapping(apiVersion="v1", kind="k" * 600, metadata=mapping(name=f"a@{DIGEST}")), 2),), f"{'k' * 512}…/a@sha256:73e7c1f379c7… spec.image"),
    ],
)
def test_says_the_nearest_object_and_the_way_from_there(around: tuple[tuple[Mapping, int], ...], words: str) -> None:
    spot = Spot(Role.VALUE, Text.of_file(b""), 0, ("items", 0, "spec", "image"), around=around)
    assert of_spot(spot) == words
