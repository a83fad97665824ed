"""The reader of YAML streams, held against PyYAML where both can read."""

import itertools
import re
import time
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import example, given, reject
from hypothesis import strategies as st

from redigest.document import Note, Path, Spot
from redigest.places import in_words
from redigest.readers.nodes import MAXIMUM_DEPTH, Unreadable
from redigest.readers.yaml import read, read_strictly
from redigest.screen import hits
from redigest.text import Text
from tests.samples import digest

DIGEST = str(digest("the one"))
REFERENCE = f"r/x@{DIGEST}"
BOM = b"\xef\xbb\xbf"


def numbered(source: str) -> str:
    """The source with a digest of its own in the place of each `@1`, `@2` and so on."""
    return re.sub(r"@(\d)", lambda match: f"@{digest(match[1])}", source)


def read_bytes(data: bytes) -> list[Spot | Note]:
    text = Text.of_file(data)
    return list(read(text, hits(text.chars)))


def spots_in(data: bytes) -> list[Spot]:
    return [item for item in read_bytes(data) if isinstance(item, Spot)]


def found(source: str, *, line_end: str = "\n", mark: bytes = b"") -> dict[str, str]:
    """Role and place of each numbered digest, once it is proven that each spot leads to its bytes."""
    data = mark + numbered(source).replace("\n", line_end).encode()
    names = {str(digest(str(number))): str(number) for number in range(10)}
    short = {f"{written[:19]}…": number for written, number in names.items()}
    places: dict[str, str] = {}
    for spot in spots_in(data):
        written = spot.value.chars[spot.at : spot.at + len(DIGEST)]
        assert spot.value.offset(spot.at, len(DIGEST)) == data.index(written.encode())
        assert names[written] not in places
        place = re.sub(r"sha256:[0-9a-f]{12}…", lambda match: short[match[0]], in_words(spot.path))
        places[names[written]] = f"{spot.role.name.lower()} {place}".rstrip()
    return places


PLACED = {
    "plain": ("a: r/x@1\nb: {c: r/x@2}\n", {"1": "value a", "2": "value b.c"}),
    "quoted": ("a: 'r/x@1'\nb: \"r/x@2\"\n", {"1": "value a", "2": "value b"}),
    "sequences": ("- r/x@1\n- - r/x@2\n- [r/x@3]\n", {"1": "value [0]", "2": "value [1][0]", "3": "value [2][0]"}),
    "a sequence at the column of its key": ("a:\n- r/x@1\nb: r/x@2\n", {"1": "value a[0]", "2": "value b"}),
    "a value on the next line": ("a:\n  r/x@1\nb:\n\n   'r/x@2'\n", {"1": "value a", "2": "value b"}),
    "a value over several lines": ("a:\n  first\n  r/x@1\n  last\nb: r/x@2\n", {"1": "value a", "2": "value b"}),
    "lines in quotes": ("a: 'first\n  r/x@1'\nb: \"first \\\n  r/x@2\n\n  last\"\n", {"1": "value a", "2": "value b"}),
    "letters that are not ASCII": ("clé: 'é€\N{GRINNING FACE} r/x@1' # é\né: {ü: r/x@2}\n", {"1": 'value ["clé"]', "2": 'value ["é"]["ü"]'}),
    "line ends that are none in YAML 1.2": ("a: x\u2028y\u0085z\nb: r/x@1\n", {"1": "value b"}),
    "escapes before a digest": ('a: "\\u00e9\\x41\\/\\" r\\/x@1"\n', {"1": "value a"}),
    "blocks": ("a: |\n  r/x@1\nb: >\n  r/x@2\nc: r/x@3\n", {"1": "value a", "2": "value b", "3": "value c"}),
    "blocks with indicators": (
        "a: |2-\n    r/x@1\n   b\nc: >+1 # r/x@2\n r/x@3\n\n\nd: |-\n\n  r/x@4\n",
        {"1": "value a", "2": "comment", "3": "value c", "4": "value d"},
    ),
    "a comment behind a block": ("a: |+\n  r/x@1\n\n# r/x@2\nb: r/x@3\n", {"1": "value a", "2": "comment", "3": "value b"}),
    "what looks like a comment in a block": ("a: |\n  b\n  # r/x@1\n", {"1": "value a"}),
    "what looks like a document in a block": ("a: |\n  ---\n  ...\n  r/x@1\nb: r/x@2\n", {"1": "value a", "2": "value b"}),
    "comments": (
        "# r/x@1\na: b # r/x@2\nc: 'd' #r/x@3\ne: [f, # r/x@4\n  g]\n  # r/x@5\n",
        {"1": "comment", "2": "comment", "3": "comment", "4": "comment", "5": "comment"},
    ),
    "a comment directly behind a value": ("a: r/x@1 # r/x@2\nb: 'r/x@3' # r/x@4\n", {"1": "value a", "2": "comment", "3": "value b", "4": "comment"}),
    "a comment behind a tab": ("a: r/x@1\t# r/x@2\n", {"1": "value a", "2": "comment"}),
    "a long comment": (f"a: b # {'c ' * 20_000}r/x@1\n", {"1": "comment"}),
    "a hash sign that begins no comment": ("a: r/x@1#y\nb: 'c # r/x@2'\n", {"1": "value a", "2": "value b"}),
    "keys": ("r/x@1: a\n? r/x@2\n: r/x@3\n'r/x@4': b\n", {"1": 'key ["r/x@1"]', "2": 'key ["r/x@2"]', "3": 'value ["r/x@2"]', "4": 'key ["r/x@4"]'}),
    "keys that are collections": ("? {a: r/x@1}\n: r/x@2\n? [r/x@3]\n: b\n", {"1": 'key ["?"].a', "2": 'value ["?"]', "3": 'key ["?"][0]'}),
    "keys twice": ("a: r/x@1\na: r/x@2\n", {"1": "value a", "2": "value a"}),
    "anchors and aliases": ("a: &x r/x@1\nb: *x\nc: &y {d: r/x@2}\ne: {<<: *y}\n", {"1": "value a", "2": "value c.d"}),
    "anchors and tags before quotes": ("a: &x 'r/x@1'\nb: !!str &y \"r/x@2\"\nc: !t\n  'r/x@3'\n", {"1": "value a", "2": "value b", "3": "value c"}),
    "tags before blocks": ("a: !!str |\n  r/x@1\nb: &x !<tag:yaml.org,2002:str> >-\n  r/x@2\n", {"1": "value a", "2": "value b"}),
    "a comment between a tag and its value": ("a: !!str # r/x@1\n  'r/x@2'\n", {"1": "comment", "2": "value a"}),
    "a tag without a value": ("a: [!!str , 'r/x@1']\nb: {c: !!str , d: r/x@2}\n", {"1": "value a[1]", "2": "value b.d"}),
    "flow with a colon in a plain value": ("a: {image: r/x:1@1, b: [c:d, r/x@2]}\n", {"1": "value a.image", "2": "value a.b[1]"}),
    "flow over lines": ("a: {\n  b: r/x@1,\n  c: [\n 'r/x@2',\n ]}\n", {"1": "value a.b", "2": "value a.c[0]"}),
    "flow at the top": ("{a: r/x@1, 'b': r/x@2}\n", {"1": "value a", "2": "value b"}),
    "flow at the top with quoted keys": ('{\'a\': "r/x@1", "b": {\'c\': "r/x@2"}}\n', {"1": "value a", "2": "value b.c"}),
    "flow at the top with a comment": ('{"a": "r/x@1", # r/x@2\n "b": "r/x@3"}\n', {"1": "value a", "2": "comment", "3": "value b"}),
    "JSON": ('{"a": ["r/x@1", {"b": "r/x@2"}]}', {"1": "value a[0]", "2": "value a[1].b"}),
    "JSON values one after another": ('{"a": "r/x@1"}\n{"b": "r/x@2"}\n', {"1": "value a", "2": "value b"}),
    "a value alone": ("r/x@1\n", {"1": "value"}),
    "documents": ("a: r/x@1\n---\nb: r/x@2\n--- # r/x@3\nc: r/x@4\n", {"1": "value a", "2": "value b", "3": "comment", "4": "value c"}),
    "a document on the line of its mark": (
        "--- r/x@1\n--- {a: r/x@2}\n--- |\n  r/x@3\n--- 'r/x@4'",
        {"1": "value", "2": "value a", "3": "value", "4": "value"},
    ),
    "empty documents": ("---\n---\n\n---\na: r/x@1\n---\n...\n---\n# r/x@2\n---\n", {"1": "value a", "2": "comment"}),
    "comments between documents": ("# r/x@1\n---\na: r/x@2\n# r/x@3\n---\n# r/x@4\n", {"1": "comment", "2": "value a", "3": "comment", "4": "comment"}),
    "a document behind the end of another": (
        "a: r/x@1\n...\nb: r/x@2\n... # r/x@3\n# r/x@4\n",
        {"1": "value a", "2": "value b", "3": "comment", "4": "comment"},
    ),
    "directives": ("%YAML 1.2\n# r/x@1\n---\na: r/x@2\n...\n%YAML 1.1\n---\nb: r/x@3\n", {"1": "comment", "2": "value a", "3": "value b"}),
    "what is no mark of a document": ("a: b\n ---\n ...\nc: r/x@1\n---d: r/x@2\n", {"1": "value c", "2": "value ---d"}),
    "many empty lines": (f"{chr(10) * 60}a: r/x@1{chr(10) * 60}# r/x@2\n", {"1": "value a", "2": "comment"}),
    "blanks at line ends": ("a: r/x@1   \nb: 'r/x@2'\t\n   \n", {"1": "value a", "2": "value b"}),
    "no line end at the end": ("a: 'r/x@1'\nb: r/x@2", {"1": "value a", "2": "value b"}),
    "several digests in a value": ("a: r/x@1,r/y@2 r/z@3\n", {"1": "value a", "2": "value a", "3": "value a"}),
}


@pytest.mark.parametrize("mark", [b"", BOM], ids=["", "byte order mark"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize(("source", "expected"), PLACED.values(), ids=PLACED)
def test_places_digests(source: str, expected: dict[str, str], line_end: str, mark: bytes) -> None:
    assert found(source, line_end=line_end, mark=mark) == expected


@pytest.mark.parametrize(("source", "expected"), PLACED.values(), ids=PLACED)
def test_reads_these_without_a_remark(source: str, expected: dict[str, str]) -> None:
    assert [item for item in read_bytes(numbered(source).encode()) if isinstance(item, Note)] == []
    assert expected


NOT_YAML = {
    "a bracket that is never closed": ("a: r/x@1\n---\nb: [r/x@2\nc: r/x@3\n", {"1": "value a", "2": "value b[0]", "3": "value c"}, "expected ',' or ']'"),
    "a tab as indentation": ("a:\n\tb: r/x@1\n", {"1": "value a.b"}, "cannot start any token"),
    "a merge conflict": ("<<<<<<< a\nb: r/x@1\n=======\nb: r/x@2\n>>>>>>> c\n", {"1": "value b", "2": "value b"}, "mapping values are not allowed"),
    "brackets that nest too deep": (f"a: {'[' * 201}{']' * 201}\nb: r/x@1\n", {"1": "value b"}, "brackets nest deeper than 200 levels"),
    "values that nest too deep": (f"{'- ' * 201}r/x@1\n", {"1": f"value {'[0]' * (MAXIMUM_DEPTH - 1)}[1]"}, "values nest deeper than 200 levels"),
}


@pytest.mark.parametrize(("source", "expected", "reason"), NOT_YAML.values(), ids=NOT_YAML)
def test_reads_what_is_no_yaml_line_by_line_and_says_so(source: str, expected: dict[str, str], reason: str) -> None:
    notes = [item for item in read_bytes(numbered(source).encode()) if isinstance(item, Note)]
    assert found(source) == expected
    assert len(notes) == 1
    assert reason in notes[0].reason
    assert notes[0].reason.endswith("and was read line by line")


def test_a_remark_stands_in_the_document_that_it_is_about() -> None:
    source = numbered("a: r/x@1\n---\n# c\nb: }\nc: r/x@2\n---\nd: r/x@3\n")
    (note,) = (item for item in read_bytes(source.encode()) if isinstance(item, Note))
    assert source.count("\n", 0, note.at) == 3


def test_says_nothing_of_a_template() -> None:
    source = numbered("{{- if .Values.a }}\na: r/x@1\n{{- end }}\n")
    assert found(source) == {"1": "value a"}
    assert not any(isinstance(item, Note) for item in read_bytes(source.encode()))


@pytest.mark.parametrize("depth", [1, 100, MAXIMUM_DEPTH - 1])
def test_reads_what_nests_deep(depth: int) -> None:
    (spot,) = spots_in(f"a: {'[' * depth}{REFERENCE}{']' * depth}\n".encode())
    assert spot.path == ("a", *[0] * depth)


@pytest.mark.parametrize(
    "source",
    [
        f'a: "r/x@sha256\\x3a{DIGEST[7:]}"\n',
        f'a: "r/x@sha256\\u003a{DIGEST[7:]}"\n',
        f'a: "r/x@{DIGEST[:7]}\\x{ord(DIGEST[7]):x}{DIGEST[8:]}"\n',
        f'a: "r/x@{DIGEST[:60]}\\\n   {DIGEST[60:]}"\n',
        f'a: "r/x@{DIGEST[:20]}\\\r\n   {DIGEST[20:]}"\n',
    ],
)
def test_shows_a_digest_that_is_escaped_or_broken_over_lines(source: str) -> None:
    spots = [spot for spot in spots_in(source.encode()) if spot.path == ("a",)]
    assert [spot.value.chars[spot.at :] for spot in spots] == [DIGEST]
    assert spots[0].value.offset(spots[0].at, len(DIGEST)) is None


def test_tells_the_mappings_around_a_value() -> None:
    (spot,) = spots_in(f"a:\n- b: c\n  d: [{REFERENCE}]\n".encode())
    assert [depth for _, depth in spot.around] == [0, 2]
    assert spot.parent is spot.around[-1][0]
    assert spot.parent.scalar("b") == "c"


@pytest.mark.parametrize("source", ["", "# nothing\n", "a: b\n", "---\n---\n", f"a: {DIGEST[:40]}\n"])
def test_yields_nothing_where_no_digest_is(source: str) -> None:
    assert read_bytes(source.encode()) == []


@pytest.mark.parametrize("source", [f"run {REFERENCE}\n", f"{REFERENCE}", f"a: b: {REFERENCE}", f"'{REFERENCE}'"])
def test_takes_no_single_value_for_yaml_where_only_the_content_says_so(source: str) -> None:
    text = Text.of_file(source.encode())
    with pytest.raises(Unreadable):
        read_strictly(text, hits(text.chars))


def test_takes_a_stream_for_yaml_where_only_the_content_says_so() -> None:
    text = Text.of_file(numbered("a: r/x@1\n---\n- r/x@2\n# r/x@3\n").encode())
    paths = [item.path for item in read_strictly(text, hits(text.chars)) if isinstance(item, Spot)]
    assert paths == [("a",), (0,), ()]


HOSTILE = {
    "empty lines": "\n" * 200_000,
    "blank lines": " \n\t\n" * 50_000,
    "comments": "# c\n\n" * 50_000,
    "anchors": f"a: [{'&a,' * 60_000}]\n",
    "tags": f"a: [{'!a ,' * 40_000}]\n",
    "blanks in quotes": f"a: \"{' ' * 200_000}\"\nb: '{' ' * 200_000}'\n",
    "backslashes": f'a: "{chr(92) * 200_000}"\n',
    "brackets in quotes": f"a: [{'[], ' * 50_000}]\n",
    "brackets that a string seems to close": "a: " + '["]", ' * 50_000,
    "documents": "---\na: b\n" * 30_000,
    "ends of documents": "...\n" * 60_000,
    "dashes": "- " * 100_000,
    "question marks": "? " * 100_000,
    "keys": "".join(f"k{number}: v\n" for number in range(15_000)),
    "one long word": "QUJD" * 200_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_takes_linear_time(source: str) -> None:
    data = f"{source}\nz: {REFERENCE}\n".encode()
    started = time.process_time()
    spots = spots_in(data)
    assert time.process_time() - started < 4
    assert len(spots) == 1


@pytest.mark.parametrize(
    "source",
    [
        "".join(f"a{number}: r/x@{digest(str(number))}\n" for number in range(3000)),
        "".join(f"---\na: r/x@{digest(str(number))}\n" for number in range(3000)),
        "a: " + " ".join(f"r/x@{digest(str(number))}" for number in range(3000)),
        "a: 1 # " + " ".join(f"r/x@{digest(str(number))}" for number in range(3000)),
        f"{'k' * 100_000}:\n" + "".join(f"  a{number}: r/x@{digest(str(number))}\n" for number in range(3000)),
    ],
    ids=["keys", "documents", "one value", "one comment", "below a long key"],
)
def test_many_digests_take_linear_time(source: str) -> None:
    started = time.process_time()
    assert len(spots_in(source.encode())) == 3000
    assert time.process_time() - started < 4


# What follows composes documents at random and asks PyYAML where everything in them stands.

NUMBERS = itertools.count()
KEYS = st.sampled_from(["a", "image", "x.y", "'q'", '"k l"', "spec", "clé"])
PROPERTIES = st.sampled_from([""] * 6 + ["!!str ", "!<tag:yaml.org,2002:str> "])
COMMENTS = st.sampled_from(["", "", f" # {REFERENCE}", "  # é"])
VALUES = st.sampled_from([REFERENCE, f"docker://quay.io/a/b:1@{DIGEST}", DIGEST, "x y", "é"])


@st.composite
def scalars(draw: st.DrawFn, indentation: int) -> str:
    value = draw(VALUES)
    pad = "\n" + " " * (indentation + draw(st.integers(1, 3)))
    written = [
        value,
        f"'it''s {value}'",
        f'"\\u00e9\\" {value}\\n"',
        f"'a {pad}{value}'",
        f'"a\\{pad}{value}{pad} b"',
        f"{pad}{value}",
        f"|{draw(COMMENTS)}{pad}{value}{pad}  # {value}",
        f">+{pad}{value}\n\n",
        f"|-{pad}{value}",
    ]
    return draw(PROPERTIES) + draw(st.sampled_from(written)) + draw(COMMENTS)


@st.composite
def flows(draw: st.DrawFn, depth: int) -> str:
    kind = draw(st.integers(0, 3)) if depth < 3 else 0
    if kind == 1:
        return f"[{', '.join(draw(st.lists(flows(depth + 1), max_size=2)))}]"
    if kind == 2:
        return "{" + ", ".join(f"{draw(KEYS)}: {draw(flows(depth + 1))}" for _ in range(draw(st.integers(0, 2)))) + "}"
    return draw(PROPERTIES) + draw(st.sampled_from([REFERENCE, f"'{REFERENCE}'", f'"{DIGEST}"', "x"]))


@st.composite
def blocks(draw: st.DrawFn, indentation: int, depth: int) -> str:
    """A mapping or a sequence that begins at a column, without a line end."""
    pad = " " * indentation
    is_sequence = draw(st.booleans())
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        start = f"{pad}-" if is_sequence else draw(st.sampled_from([f"{pad}{draw(KEYS)}:", f"{pad}? {REFERENCE}\n{pad}:"]))
        kind = draw(st.integers(0, 3)) if depth < 3 else 0
        if kind == 1:
            lines.append(f"{start} {draw(flows(0))}{draw(COMMENTS)}")
        elif kind == 2:
            lines.append(f"{start}{draw(COMMENTS)}\n{draw(blocks(indentation + draw(st.integers(1, 2)), depth + 1))}")
        else:
            lines.append(f"{start} {draw(scalars(indentation))}")
        lines.extend(draw(st.lists(st.sampled_from(["", f"{pad}# {REFERENCE}", f"  # {DIGEST}"]), max_size=1)))
    return "\n".join(lines)


MARKS = st.sampled_from(["---", "--- # c", "...\n---", f"...\n# {DIGEST}\n---", "...\n%YAML 1.1\n---"])
STREAMS = st.tuples(st.sampled_from(["", "# c\n", "---\n", "\n\n%YAML 1.1\n---\n"]), st.lists(st.tuples(blocks(0, 0), MARKS), min_size=1, max_size=3)).map(
    lambda stream: stream[0] + "\n".join(f"{document}\n{mark}" for document, mark in stream[1]).removesuffix("---")
)


def scalars_of(node: yaml.Node, path: Path = ()) -> Iterator[tuple[Path, yaml.ScalarNode]]:
    match node:
        case yaml.ScalarNode():
            yield path, node
        case yaml.SequenceNode():
            for index, item in enumerate(node.value):
                yield from scalars_of(item, (*path, index))
        case yaml.MappingNode():
            for key, value in node.value:
                yield from scalars_of(key, (*path, key.value))
                yield from scalars_of(value, (*path, key.value))


def paths_by_offset(source: str, line_end: str) -> dict[int, Path]:
    """Where PyYAML sees each digest that stands in a value or a key: byte offset and path."""
    paths: dict[int, Path] = {}
    for root in yaml.compose_all(source, Loader=yaml.SafeLoader):
        for path, node in scalars_of(root):
            content = source[node.start_mark.index : node.end_mark.index]
            header = content.find("\n") if node.style in ("|", ">") else 0
            for match in re.finditer(DIGEST, content[header:]):
                paths[len(source[: node.start_mark.index + header + match.start()].replace("\n", line_end).encode())] = path
    return paths


@given(STREAMS, st.sampled_from(["\n", "\r\n", "\r"]))
@example(f"a: r/x@{DIGEST}\n...\nb: r/x@{DIGEST}\n", "\n")
def test_sees_what_another_parser_sees(source: str, line_end: str) -> None:
    try:
        expected = paths_by_offset(source, line_end)
    except yaml.YAMLError:
        reject()  # not every composition is YAML
    text = Text.of_file(source.replace("\n", line_end).encode())
    items = list(read(text, hits(text.chars)))
    assert not any(isinstance(item, Note) for item in items)
    spots = [item for item in items if isinstance(item, Spot)]
    offsets = [spot.value.offset(spot.at, len(DIGEST)) for spot in spots]
    assert len(set(offsets)) == len(offsets)
    assert {offset: spot.path for offset, spot in zip(offsets, spots, strict=True) if spot.role.name in ("VALUE", "KEY")} == expected
    assert sorted(offset for offset in offsets if offset is not None) == hits(text.chars)
