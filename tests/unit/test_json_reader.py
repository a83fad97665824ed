"""The reader of JSON, and of JSON with comments."""

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redigest.document import Mapping, Note, Path, Role, Scalar, Spot
from redigest.document import Sequence as Items
from redigest.places import in_words
from redigest.readers.json import compose, read
from redigest.readers.nodes import MAXIMUM_DEPTH, Unreadable
from redigest.screen import hits
from redigest.text import FOREIGN, Text
from tests.samples import digest

DIGEST = str(digest("the one"))
REFERENCE = f"r/x@{DIGEST}"


def spots_in(source: str) -> list[Spot]:
    text = Text.of_file(source.encode())
    items = list(read(text, hits(text.chars)))
    assert not any(isinstance(item, Note) for item in items)
    return [item for item in items if isinstance(item, Spot)]


def found(source: str) -> dict[str, str]:
    """Role and place of each digest that stands in the place of `@1`, `@2` and so on, once it is proven that each spot leads to its bytes."""
    data = re.sub(r"@(\d)", lambda match: f"@{digest(match[1])}", source)
    names = {str(digest(str(number))): str(number) for number in range(10)}
    places: dict[str, str] = {}
    for spot in spots_in(data):
        written = spot.value.chars[spot.at : spot.at + len(DIGEST)]
        assert spot.value.offset(spot.at, len(DIGEST)) == len(data[: data.index(written)].encode())
        assert names[written] not in places
        places[names[written]] = f"{spot.role.name.lower()} {in_words(spot.path)}".rstrip()
    return places


PLACED = {
    "an object": ('{"a": "r/x@1", "b": {"c": "r/x@2"}}', {"1": "value a", "2": "value b.c"}),
    "an array": ('["r/x@1", ["x", "r/x@2"], {"a": "r/x@3"}]', {"1": "value [0]", "2": "value [1][1]", "3": "value [2].a"}),
    "a value alone": ('"r/x@1"', {"1": "value"}),
    "values one after another": ('{"a": "r/x@1"}\n{"b": "r/x@2"} ["r/x@3"]', {"1": "value a", "2": "value b", "3": "value [0]"}),
    "line ends of all kinds": ('{\r\n"a":\r"r/x@1"\n,"b":\t"r/x@2"}', {"1": "value a", "2": "value b"}),
    "comments": ('// r/x@1\n{"a": 1, /* r/x@2\n */ "b": "r/x@3" // r/x@4\n}', {"1": "comment", "2": "comment", "3": "value b", "4": "comment"}),
    "what looks like a comment": ('{"a": "// r/x@1", "b": "/* r/x@2 */"}', {"1": "value a", "2": "value b"}),
    "commas at the end": ('{"a": ["r/x@1",], "b": "r/x@2",}', {"1": "value a[0]", "2": "value b"}),
    "keys twice": ('{"a": "r/x@1", "a": "r/x@2"}', {"1": "value a", "2": "value a"}),
    "keys without quotes": ('{a: "r/x@1", $b: null, c: -1.5e3, d: "r/x@2"}', {"1": "value a", "2": "value d"}),
    "letters that are not ASCII": ('{"clé": "é€ r/x@1"}', {"1": 'value ["clé"]'}),
    "escapes before a digest": (r'{"a\"b": "\u00e9\ud83d\ude00\\\/\n r\/x@1"}', {"1": 'value ["a"b"]'}),
    "a key that is no text": (r'{"\ud800": "r/x@1", "\u0000": "r/x@2"}', {"1": r'value ["\ud800"]', "2": r'value ["\u0000"]'}),
    "a key with a line end": (r'{"a\nb": "r/x@1"}', {"1": r'value ["a\nb"]'}),
    "JSON in a string": (r'{"a": "{\"b\": \"r/x@1\"}"}', {"1": "value a"}),
    "several digests in a value": ('{"a": "r/x@1 r/y@2"}', {"1": "value a", "2": "value a"}),
    "nothing else": ("", {}),
}


@pytest.mark.parametrize(("source", "expected"), PLACED.values(), ids=PLACED)
def test_places_digests(source: str, expected: dict[str, str]) -> None:
    assert found(source) == expected


def test_places_a_key() -> None:
    key, value = spots_in(f'{{"{REFERENCE}": {{"a": "{REFERENCE}"}}}}')
    assert (key.role, key.path) == (Role.KEY, (REFERENCE,))
    assert (value.role, value.path) == (Role.VALUE, (REFERENCE, "a"))


NO_JSON = {
    '{"a": b c}': (8, "a comma is missing"),
    '{"a" "b"}': (5, "a comma is missing"),
    '["a" "b"]': (5, "a comma is missing"),
    '{"a"}': (4, "unexpected '}'"),
    '{"a":}': (5, "unexpected '}'"),
    '{"a":,}': (5, "unexpected ','"),
    "[,]": (1, "unexpected ','"),
    "[1:2]": (2, "unexpected ':'"),
    "[1}": (2, "unexpected '}'"),
    '{"a": 1]': (7, "unexpected ']'"),
    "[1]]": (3, "unexpected ']'"),
    "a: b": (1, "unexpected ':'"),
    "[1": (0, "a bracket is never closed"),
    '[{"a": [': (7, "a bracket is never closed"),
    '["a]': (1, "not JSON"),
    '["a\nb"]': (1, "not JSON"),
    "['a']": (1, "not JSON"),
    "[1 # c\n]": (3, "not JSON"),
    "[a/b]": (2, "not JSON"),
    "[1 /* c": (3, "not JSON"),
    "[" * 201: (200, "values nest deeper than 200 levels"),
}


@pytest.mark.parametrize("source", NO_JSON, ids=lambda source: source[:12])
def test_says_where_text_is_no_json(source: str) -> None:
    with pytest.raises(Unreadable) as caught:
        compose(source)
    assert (caught.value.at, caught.value.reason) == NO_JSON[source]


@pytest.mark.parametrize("depth", [1, 100, MAXIMUM_DEPTH])
def test_reads_what_nests_deep(depth: int) -> None:
    (spot,) = spots_in('{"a":' * depth + f'"{REFERENCE}"' + "}" * depth)
    assert spot.path == ("a",) * depth


@pytest.mark.parametrize("written", [f"r/x@sha256\\u003a{DIGEST[7:]}", f"r/x@{DIGEST[:30]}\\u00{ord(DIGEST[30]):x}{DIGEST[31:]}"])
def test_shows_a_digest_that_is_escaped(written: str) -> None:
    (spot,) = spots_in(f'{{"a": "{written}"}}')
    assert spot.value.chars[spot.at :] == DIGEST
    assert spot.value.offset(spot.at, len(DIGEST)) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([REFERENCE, f"a {DIGEST}", f"é\n{REFERENCE}"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text("aé\"\\/\n'#:\0", max_size=3) | st.just(REFERENCE), children, max_size=3),
    max_leaves=12,
)


def paths_of(value: object, path: Path = ()) -> list[Path]:
    """The path of each digest in keys and values, keys written as JSON writes them if they hold more than plain characters."""
    if isinstance(value, str):
        return [path] * value.count(DIGEST)
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in paths_of(item, (*path, index))]
    if isinstance(value, dict):
        steps = {key: (*path, key) for key in value}
        return [found for key in value for found in (*paths_of(key, steps[key]), *paths_of(value[key], steps[key]))]
    return []


def as_shown(path: Path, encoder: json.JSONEncoder) -> Path:
    """A path with each key as it stands in the file."""
    steps: list[str | int] = []
    for step in path:
        if isinstance(step, int) or all(" " <= char <= "~" for char in step):
            steps.append(step)
        else:
            steps.append(encoder.encode(step)[1:-1].strip("\"'"))
    return tuple(steps)


ENCODERS = st.sampled_from([json.JSONEncoder(), json.JSONEncoder(ensure_ascii=False), json.JSONEncoder(indent="\t"), json.JSONEncoder(separators=(",", ":"))])


@given(VALUES, ENCODERS)
def test_sees_what_another_parser_sees(value: object, encoder: json.JSONEncoder) -> None:
    source = encoder.encode(value)
    spots = spots_in(source)
    assert [spot.path for spot in spots] == [as_shown(path, encoder) for path in paths_of(value)]
    assert [spot.value.offset(spot.at, len(DIGEST)) for spot in spots] == [match.start() for match in re.finditer(DIGEST.encode(), source.encode())]


def test_takes_every_document_that_another_parser_takes() -> None:
    source = '{"a": [1, -2.5e+3, true, null, "\\u0041\\ud800\\b"], "": {}}'
    assert json.loads(source)
    (root,) = compose(source).values
    assert isinstance(root, Mapping)
    items = root.get("a")
    assert isinstance(items, Items)
    assert [item.value for item in items.items if isinstance(item, Scalar)] == ["1", "-2.5e+3", "true", "null", f"A{FOREIGN}{FOREIGN}"]


MANY = ", ".join([f'"{REFERENCE}"'] * 2000)
HOSTILE = {
    "comments": "// c\n" * 50_000,
    "comments that hold digests": f"// {REFERENCE}\n" * 3000,
    "values": '"a" ' * 100_000,
    "a string that is never closed": '"' + "\\\\" * 300_000,
    "a comment that is never closed": "/*" + "/ *" * 200_000,
    "brackets": "[]" * 100_000,
    "blank lines": " \n" * 300_000,
    "a long key over many values": f'{{"{"k" * 100_000}": [{MANY}]}}',
    "a deep object of many values": '{"a":' * 190 + f"[{MANY}]" + "}" * 190,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_takes_linear_time(source: str) -> None:
    text = Text.of_file(source.encode())
    started = time.process_time()
    try:
        spots = list(read(text, hits(text.chars)))
    except Unreadable:
        spots = []
    assert time.process_time() - started < 4
    assert len(spots) == source.count(DIGEST)
