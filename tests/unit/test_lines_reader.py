"""The reader of templates and of YAML that no parser accepts."""

import re
import time

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from redigest.document import Mapping, Role, Scalar, Sequence, Spot
from redigest.readers import yaml
from redigest.readers.lines import read
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
    path = tuple(step.replace(DIGEST, "DIGEST") if isinstance(step, str) else step for step in spot.path)
    return spot.role, spot.value.chars.replace(DIGEST, "DIGEST"), path


def siblings(spot: Spot) -> dict[str, str]:
    """The scalars beside a spot."""
    assert spot.parent is not None
    return {key.value: value.value.replace(DIGEST, "DIGEST") for key, value in spot.parent.entries if isinstance(key, Scalar) and isinstance(value, Scalar)}


VALUES = {
    "plain": ("image: r/x@DIGEST", "r/x@DIGEST", ("image",)),
    "double quotes": ('image: "r/x@DIGEST"', "r/x@DIGEST", ("image",)),
    "single quotes": ("image: 'r/x@DIGEST'", "r/x@DIGEST", ("image",)),
    "key in quotes": ('"image": r/x@DIGEST', "r/x@DIGEST", ("image",)),
    "key in single quotes": ("'image': r/x@DIGEST", "r/x@DIGEST", ("image",)),
    "key with a hash sign in it": ("a#b: r/x@DIGEST", "r/x@DIGEST", ("a#b",)),
    "JSON line": ('  "image":"r/x@DIGEST",', "r/x@DIGEST", ("image",)),
    "JSON line with several keys": ('"tag": 5, "image": "r/x@DIGEST"}', "r/x@DIGEST", ("image",)),
    "end of a flow mapping of several lines": ("a: {\n  image: r/x@DIGEST}", "r/x@DIGEST", ("a", "image")),
    "comma of a flow mapping of several lines": ("a: {\n  image: r/x@DIGEST,", "r/x@DIGEST", ("a", "image")),
    "line of a flow sequence of several lines": ('a: [\n  "r/x@DIGEST",', "r/x@DIGEST", ("a",)),
    "line behind an object in brackets": ('a: [\n  {\n    b: c\n  },\n  "r/x@DIGEST"', "r/x@DIGEST", ("a",)),
    "after the end of quotes of several lines": ('a:\n  b: "c\n"\n  d: r/x@DIGEST', "r/x@DIGEST", ("a", "d")),
    "values on a line without brackets": ('- "a", "r/x@DIGEST"', "r/x@DIGEST", (0,)),
    "bracket that closes an earlier line": ('a:\n  "b": "c"}, "d": "r/x@DIGEST"', "r/x@DIGEST", ("a", "d")),
    "brackets beyond the greatest depth": ("a: [" + "[" * 250 + "]" * 250 + ", r/x@DIGEST]", "r/x@DIGEST", ("a", 1)),
    "anchor": ("image: &x r/x@DIGEST", "r/x@DIGEST", ("image",)),
    "tag": ("image: !!str r/x@DIGEST", "r/x@DIGEST", ("image",)),
    "value on the next line": ("image:\n  r/x@DIGEST", "r/x@DIGEST", ("image",)),
    "key with a colon in it": ("a:b: r/x@DIGEST", "r/x@DIGEST", ("a:b",)),
    "key with a template in it": ("{{ .Values.key }}-image: r/x@DIGEST", "r/x@DIGEST", ("{{ .Values.key }}-image",)),
    "quotes around escapes": (r'image: "{\"image\": \"r\/x@DIGEST\"}"', '{"image": "r/x@DIGEST"}', ("image",)),
    "escaped at sign": (r'image: "r/x\u0040DIGEST"', "r/x@DIGEST", ("image",)),
    "item": ("args:\n- --image=r/x@DIGEST", "--image=r/x@DIGEST", ("args", 0)),
    "second item, indented": ("args:\n  - run\n  - r/x@DIGEST", "r/x@DIGEST", ("args", 1)),
    "item of an item": ("- - a\n  - r/x@DIGEST", "r/x@DIGEST", (0, 1)),
    "key of an item": ("- name: a\n- name: b\n  image: r/x@DIGEST", "r/x@DIGEST", (1, "image")),
    "first key of an item": ("- image: r/x@DIGEST", "r/x@DIGEST", (0, "image")),
    "flow mapping": ('image: {repository: x, digest: "DIGEST"}', "DIGEST", ("image", "digest")),
    "flow mapping without quotes": ("image: {image: r/x:5@DIGEST}", "r/x:5@DIGEST", ("image", "image")),
    "flow sequence": ("args: [run, [a, b], r/x@DIGEST]", "r/x@DIGEST", ("args", 2)),
    "flow mapping in an item": ("- {name: a, from: {image: r/x@DIGEST}}", "r/x@DIGEST", (0, "from", "image")),
    "after a deeper block": ("a:\n  b:\n    c: d\n  e: r/x@DIGEST", "r/x@DIGEST", ("a", "e")),
    "after a sequence at the column of its key": ("a:\n- b\nc: r/x@DIGEST", "r/x@DIGEST", ("c",)),
    "after a document mark": ("a:\n---\n  b: r/x@DIGEST", "r/x@DIGEST", ("b",)),
    "after a block scalar": ("a: |\n  text\nb: r/x@DIGEST", "r/x@DIGEST", ("b",)),
    "after actions on lines of their own": ("a:\n{{- if .Values.b }}\n  {{- with .c }}\n  b: r/x@DIGEST", "r/x@DIGEST", ("a", "b")),
    "after a comment of several lines": ("a:\n{{- /*\nb:\n  c:\n*/}}\n  d: r/x@DIGEST", "r/x@DIGEST", ("a", "d")),
    "before a comment of the template": ("image: r/x@DIGEST {{/* old */}}", "r/x@DIGEST", ("image",)),
    "action before the digest": ('image: "{{ .Values.registry }}/x@DIGEST"', "{{ .Values.registry }}/x@DIGEST", ("image",)),
    "literal in an action": ('image: {{ default "r/x@DIGEST" .Values.image }}', "r/x@DIGEST", ("image",)),
    "literal in an action in quotes": ('image: "{{ default "r/x@DIGEST" .Values.image }}"', "r/x@DIGEST", ("image",)),
    "literal in a pipeline": ('- image: {{ .Values.image | default "r/x@DIGEST" | quote }}', "r/x@DIGEST", (0, "image")),
    "raw literal": ("image: {{ default `r/x@DIGEST` .Values.image }}", "r/x@DIGEST", ("image",)),
    "literal with escapes": (r'a: {{ "{\"image\": \"r/x@DIGEST\"}" | nindent 2 }}', '{"image": "r/x@DIGEST"}', ("a",)),
    "literal in an action of several lines": ('{{ dict "a: b"\n  "c" "r/x@DIGEST" }}', "r/x@DIGEST", ()),
    "literal in an action under a key": ('a:\n  {{ default "r/x@DIGEST" .b }}', "r/x@DIGEST", ("a",)),
    "variable": ('{{- $img := "r/x@DIGEST" }}', "r/x@DIGEST", ("$img",)),
    "variable of Jinja": ('{% set img = "r/x@DIGEST" %}', "r/x@DIGEST", ("img",)),
    "literal in Jinja": ("image: {{ image | default('r/x@DIGEST') }}", "r/x@DIGEST", ("image",)),
}


@pytest.mark.parametrize(("source", "value", "path"), VALUES.values(), ids=VALUES)
def test_reads_a_value(source: str, value: str, path: tuple[str | int, ...]) -> None:
    assert [shown(spot) for spot in spots_in(source)] == [(Role.VALUE, value, path)]


OTHERS: dict[str, tuple[str, list[Expected]]] = {
    "comment line": ("  # image: r/x@DIGEST ", [(Role.COMMENT, "# image: r/x@DIGEST", ())]),
    "comment behind a dash": ("- # r/x@DIGEST", [(Role.COMMENT, "# r/x@DIGEST", ())]),
    "comment behind a value": ("image: x # r/x@DIGEST", [(Role.COMMENT, "# r/x@DIGEST", ())]),
    "comment behind a value in quotes": ("image: 'x # y' # r/x@DIGEST", [(Role.COMMENT, "# r/x@DIGEST", ())]),
    "comment behind a block header": ("a: | # r/x@DIGEST", [(Role.COMMENT, "# r/x@DIGEST", ())]),
    "comment behind text": ("text # r/x@DIGEST", [(Role.COMMENT, "# r/x@DIGEST", ())]),
    "hash sign inside a value": ("a: b#c@DIGEST", [(Role.VALUE, "b#c@DIGEST", ("a",))]),
    "hash sign inside quotes": ('a: "b #c@DIGEST"', [(Role.VALUE, "b #c@DIGEST", ("a",))]),
    "literal in a comment": ('# {{ default "r/x@DIGEST" }}', [(Role.COMMENT, '# {{ default "r/x@DIGEST" }}', ())]),
    "comment of Go": ("{{/* r/x@DIGEST */}}", [(Role.COMMENT, "{{/* r/x@DIGEST */}}", ())]),
    "comment of Go that trims": ("{{- /* {{ .a }} r/x@DIGEST */ -}}", [(Role.COMMENT, "{{- /* {{ .a }} r/x@DIGEST */ -}}", ())]),
    "comment of Go on several lines": ("{{/*\nimage: r/x@DIGEST\n*/}}", [(Role.COMMENT, "{{/*\nimage: r/x@DIGEST\n*/}}", ())]),
    "comment of Go that is never closed": ("{{/*\nimage: r/x@DIGEST", [(Role.VALUE, "r/x@DIGEST", ("image",))]),
    "comment of Jinja": ("{# r/x@DIGEST #}", [(Role.COMMENT, "{# r/x@DIGEST #}", ())]),
    "length of a shell array": ("a: ${#b} r/x@DIGEST #}", [(Role.VALUE, "${#b} r/x@DIGEST", ("a",))]),
    "literal block": ("a:\n  run: |\n    pull r/x@DIGEST # y", [(Role.CODE, "pull r/x@DIGEST # y", ("a", "run"))]),
    "folded block": ("a: >-\n  r/x@DIGEST", [(Role.CODE, "r/x@DIGEST", ("a",))]),
    "block with an indentation indicator": ("- |2-\n    r/x@DIGEST", [(Role.CODE, "r/x@DIGEST", (0,))]),
    "block that holds YAML": ("a: |\n  - b: r/x@DIGEST", [(Role.VALUE, "r/x@DIGEST", ("a", 0, "b"))]),
    "block that holds YAML in brackets": ("a: |\n  - {b: r/x@DIGEST}", [(Role.VALUE, "r/x@DIGEST", ("a", 0, "b"))]),
    "block that holds code behind YAML": ("a: |\n  b: c\n  podman pull r/x@DIGEST", [(Role.CODE, "podman pull r/x@DIGEST", ("a", "b"))]),
    "block with an empty line": ("a: |\n  x\n\n  r/x@DIGEST", [(Role.CODE, "r/x@DIGEST", ("a",))]),
    "block with actions at column 0": ("a: |\n  x\n{{- if .b }}\n  r/x@DIGEST", [(Role.CODE, "r/x@DIGEST", ("a",))]),
    "comment in a block": ("a: |\n  x\n  # r/x@DIGEST", [(Role.COMMENT, "# r/x@DIGEST", ())]),
    "key": ('"r/x@DIGEST": a', [(Role.KEY, "r/x@DIGEST", ("r/x@DIGEST",))]),
    "key without quotes": ("a:\n  r/x@DIGEST: b", [(Role.KEY, "r/x@DIGEST", ("a", "r/x@DIGEST"))]),
    "key in a flow mapping": ("a: {r/x@DIGEST: b}", [(Role.KEY, "r/x@DIGEST", ("a", "r/x@DIGEST"))]),
    "word of a template that is defined": ('{{ define "a" }}\nr/x@DIGEST\n{{ end }}', [(Role.VALUE, "r/x@DIGEST", ())]),
    "words of a template that is defined": ('{{ define "a" }}\nUse r/x@DIGEST\n{{ end }}', [(Role.TEXT, "Use r/x@DIGEST", ())]),
    "arms on a line": (
        "a: {{ if .b }}r/x@DIGEST{{ else }}r/y@DIGEST{{ end }}",
        [(Role.VALUE, "r/x@DIGEST", ("a",)), (Role.VALUE, "r/y@DIGEST", ("a",))],
    ),
    "arms in quotes": ('a: "{{ if .b }}r/x@DIGEST{{ end }}"', [(Role.VALUE, "r/x@DIGEST", ("a",))]),
    "dictionary": ('a: {{ include "b" (dict "c" "d" "e" "r/x@DIGEST") }}', [(Role.VALUE, "r/x@DIGEST", ("a", "e"))]),
    "text": ("some text r/x@DIGEST", [(Role.TEXT, "some text r/x@DIGEST", ())]),
    "text before a comment": ("r/x@DIGEST # y", [(Role.TEXT, "r/x@DIGEST # y", ())]),
    "second line of a value": ("a: b\n  r/x@DIGEST", [(Role.VALUE, "r/x@DIGEST", ())]),
    "line behind brackets": ("a: [b]\n  r/x@DIGEST", [(Role.VALUE, "r/x@DIGEST", ())]),
    "line at the column of the key before it": ("a:\nr/x@DIGEST", [(Role.VALUE, "r/x@DIGEST", ())]),
    "conflict mark": (">>>>>>> DIGEST", [(Role.TEXT, ">>>>>>> DIGEST", ())]),
    "several on a line": (
        "a: {b: r/x@DIGEST, c: [r/y@DIGEST]} # r/z@DIGEST",
        [(Role.VALUE, "r/x@DIGEST", ("a", "b")), (Role.VALUE, "r/y@DIGEST", ("a", "c", 0)), (Role.COMMENT, "# r/z@DIGEST", ())],
    ),
    "several in a value": ("a: r/x@DIGEST,r/y@DIGEST", [(Role.VALUE, "r/x@DIGEST,r/y@DIGEST", ("a",))] * 2),
    "value and comment of the template": (
        "a: r/x@DIGEST {{/* r/y@DIGEST */}}",
        [(Role.VALUE, "r/x@DIGEST", ("a",)), (Role.COMMENT, "{{/* r/y@DIGEST */}}", ())],
    ),
}


@pytest.mark.parametrize(("source", "expected"), OTHERS.values(), ids=OTHERS)
def test_tells_comments_code_keys_and_text_from_values(source: str, expected: list[Expected]) -> None:
    assert [shown(spot) for spot in spots_in(source)] == expected


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_reads_every_kind_of_line_end(line_end: str) -> None:
    spots = spots_in(line_end.join(["a:", "  run: |", "    pull r/x@DIGEST", "  image: r/y@DIGEST", ""]))
    assert [shown(spot) for spot in spots] == [(Role.CODE, "pull r/x@DIGEST", ("a", "run")), (Role.VALUE, "r/y@DIGEST", ("a", "image"))]


def test_reads_both_sides_of_a_merge_conflict() -> None:
    spots = spots_in("a:\n<<<<<<< HEAD\n  image: r/x@DIGEST\n=======\n  image: r/y@DIGEST\n>>>>>>> b\n")
    assert [shown(spot) for spot in spots] == [(Role.VALUE, "r/x@DIGEST", ("a", "image")), (Role.VALUE, "r/y@DIGEST", ("a", "image"))]
    assert [siblings(spot)["image"] for spot in spots] == ["r/x@DIGEST", "r/y@DIGEST"]


def test_reads_past_tabs_and_brackets_that_are_never_closed() -> None:
    spots = spots_in("a:\n\timage: r/x@DIGEST\n  b: [unclosed\n image: r/y@DIGEST\n")
    assert [shown(spot) for spot in spots] == [(Role.VALUE, "r/x@DIGEST", ("a", "image")), (Role.VALUE, "r/y@DIGEST", ("a", "image"))]


def test_gives_the_scalars_of_the_same_mapping_as_parent() -> None:
    source = """\
image:
  registry: quay.io # the mirror
  "repository": 'org/x',
  {{- if .Values.debug }}
  nested: {tag: wrong}
  args:
  - tag: wrong
  {{- end }}
  digest: DIGEST
  tag: {{ .Chart.AppVersion }}
tag: wrong
"""
    (spot,) = spots_in(source)
    assert siblings(spot) == {"registry": "quay.io", "repository": "org/x", "digest": "DIGEST", "tag": "{{ .Chart.AppVersion }}"}
    assert spot.around[-1] == (spot.parent, len(spot.path) - 1)


def test_gives_the_mappings_around_a_spot_with_all_that_they_hold() -> None:
    (spot,) = spots_in("kind: a\nglobal:\n  registry: r.io\nlist:\n- name: b\n- name: c\n  value: DIGEST\n")
    outer, depth = spot.around[0]
    assert depth == 0
    assert outer.scalar("kind") == "a"
    assert isinstance(inner := outer.get("global"), Mapping)
    assert inner.scalar("registry") == "r.io"
    assert isinstance(items := outer.get("list"), Sequence)
    assert [item.scalar("name") for item in items.items if isinstance(item, Mapping)] == ["b", "c"]
    assert spot.around[1] == (spot.parent, 2)


def test_knows_no_value_around_a_spot_that_the_engine_chooses() -> None:
    (spot,) = spots_in("{{ if .a }}\nurl: b\n{{ else }}\nurl: c\n{{ end }}\nref:\n  digest: DIGEST\n")
    assert spot.around[0][0].scalar("url") not in ("b", "c")


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ('dict "repository" "org/x" "digest" "DIGEST"', {"repository": "org/x", "digest": "DIGEST"}),
        ('dict "digest" "DIGEST" "tag" .Values.tag "repository" "org/x"', {"repository": "org/x", "digest": "DIGEST"}),
        ('dict "a" (dict "repository" "wrong") "digest" "DIGEST" "b" (list "c" "d") "repository" `org/x`', {"repository": "org/x", "digest": "DIGEST"}),
        ('dict "repository" "wrong" | merge (dict "digest" "DIGEST")', {"digest": "DIGEST"}),
    ],
)
def test_gives_the_literals_of_a_dictionary_as_parent(action: str, expected: dict[str, str]) -> None:
    (spot,) = spots_in(f"{{{{- $image := {action} -}}}}")
    assert siblings(spot) == expected
    assert spot.path[-1] == "digest"


def test_takes_a_literal_that_is_no_value_of_a_dictionary_for_itself() -> None:
    (spot,) = spots_in('a: {{ list "repository" "org/x" "digest" "DIGEST" }}')
    assert spot.path == ("a",)
    assert "repository" not in siblings(spot)


def test_gives_the_scalars_of_a_flow_mapping_as_parent() -> None:
    (spot,) = spots_in("name: a\nimage: {repository: org/x, digest: DIGEST, from: {tag: wrong}, tag: v1}")
    assert siblings(spot) == {"repository": "org/x", "digest": "DIGEST", "tag": "v1"}


def test_gives_an_item_of_a_sequence_the_mapping_around_it_as_parent() -> None:
    (spot,) = spots_in("name: a\nargs:\n- r/x@DIGEST\n")
    assert siblings(spot) == {"name": "a"}


def test_gives_a_mapping_in_a_sequence_only_its_own_scalars() -> None:
    spots = spots_in("- repository: org/x\n  digest: DIGEST\n- digest: DIGEST\n  repository: org/y\n")
    assert [siblings(spot)["repository"] for spot in spots] == ["org/x", "org/y"]


BRANCHINGS = [
    ("{{- if .a }}", "{{- else }}", "{{- end }}"),
    ("  {{ with .a }}", "  {{ else with .b }}", "  {{ end }}"),
    ("{% if a %}", "{% elif b %}", "{% endif %}"),
    ("<<<<<<< HEAD", "=======", ">>>>>>> b"),
    ("<<<<<<< HEAD", "||||||| base", ">>>>>>> b"),
]


@pytest.mark.parametrize(("opening", "turn", "closing"), [*BRANCHINGS, ("{{ if .a }}", "{{ end }}{{ if .b }}", "{{ end }}")])
def test_takes_no_scalar_from_another_arm_of_a_branching(opening: str, turn: str, closing: str) -> None:
    source = f"""\
image:
  registry: quay.io
{opening}
  repository: org/x
  digest: DIGEST
{turn}
  digest: DIGEST
  repository: org/y
{closing}
  tag: v1
"""
    first, second = spots_in(source)
    assert siblings(first) == {"registry": "quay.io", "repository": "org/x", "digest": "DIGEST", "tag": "v1"}
    assert siblings(second) == {"registry": "quay.io", "repository": "org/y", "digest": "DIGEST", "tag": "v1"}


@pytest.mark.parametrize(("opening", "turn", "closing"), BRANCHINGS)
def test_leaves_out_what_only_another_arm_has(opening: str, turn: str, closing: str) -> None:
    (spot,) = spots_in(f"{opening}\nrepository: org/x\n{turn}\ndigest: DIGEST\n{closing}\ntag: v1\n")
    assert siblings(spot) == {"digest": "DIGEST", "tag": "v1"}


def test_takes_the_arms_of_a_branching_inside_a_line_for_one_value() -> None:
    (spot,) = spots_in("repository: {{ if .a }}x{{ else }}y{{ end }}\ndigest: DIGEST\n")
    assert siblings(spot) == {"repository": "{{ if .a }}x{{ else }}y{{ end }}", "digest": "DIGEST"}


@pytest.mark.parametrize("source", ["a: DIGEST DIGEST", "# DIGEST DIGEST", "{{/* DIGEST\nDIGEST */}}", '{{ "DIGEST,DIGEST" }}', "DIGEST DIGEST"])
def test_gives_the_digests_of_one_value_one_text(source: str) -> None:
    first, second = spots_in(source)
    assert first.value is second.value


def test_reads_a_text_that_is_part_of_a_file() -> None:
    source = f"a: b\n---\nimage: x@{DIGEST}\n"
    document = Text.of_file(b"\xef\xbb\xbf" + source.encode()).slice(5, len(source))
    (spot,) = read(document, hits(document.chars))
    assert spot.value.offset(spot.at, len(DIGEST)) == 3 + source.index(DIGEST)


KEYS = st.sampled_from(["a", "image", "b-c", "d.e/f", "1", "g h", "true", "i: j", "k #l", f"r/x@{DIGEST}"])
LEAVES = st.sampled_from(["", "a", 1, None, "b: c", "d #e", "it's", 'say "f"', "- g", "{h}", f"r/x:5@{DIGEST}", f'"{DIGEST}"', f"{DIGEST}, i"])
TREES = st.recursive(LEAVES, lambda nodes: st.lists(nodes, max_size=3) | st.dictionaries(KEYS, nodes, max_size=3), max_leaves=12)


@given(TREES, st.sampled_from([True, False, None]))
def test_agrees_with_the_reader_of_yaml_on_what_is_yaml(tree: object, flow_style: bool | None) -> None:  # noqa: FBT001 -- PyYAML's own three
    text = Text.of_file(pyyaml.safe_dump({"top": tree}, default_flow_style=flow_style, width=100_000).encode())
    digests = hits(text.chars)
    parsed = [spot for spot in yaml.read(text, digests) if isinstance(spot, Spot)]
    assert [shown(spot) for spot in read(text, digests)] == [shown(spot) for spot in parsed]


FRAGMENTS = [
    *("\n", "\r\n", "\r", " ", "  ", "\t", "- ", "a: ", "a", ":", ": ", ",", "[", "]", "{", "}", "# ", "#", "'", '"', "\\", "|", ">-\n", "é", "n"),
    *("{{", "}}", "{{- ", " -}}", "{{/*", "*/}}", "`", "$x := ", "{% if %}", "{%", "%}", "{#", "#}", "<<<<<<< a\n", "=======\n", "---\n", "&a "),
    *(f"r/x@{DIGEST}", DIGEST, DIGEST.upper(), DIGEST.removeprefix("sha256:"), "{{ if }}", "{{ else }}", "{{ end }}"),
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
    "brackets": "a: " + "[" * 200_000 + "DIGEST, " * 500,
    "dashes": "- " * 200_000 + "[" + "DIGEST, " * 500,
    "open actions": "{{" * 100_000 + "DIGEST",
    "open comments of Go": "{{/* " * 50_000 + "DIGEST",
    "open comments of Jinja": "{#" * 100_000 + "DIGEST",
    "quotes in open actions": '{{ " ' * 50_000 + "DIGEST",
    "escaped quotes in an action": "{{ " + '"\\' * 100_000 + "DIGEST }}",
    "escaped quotes": 'a: "' + '\\"' * 100_000 + 'DIGEST"',
    "blanks": 'a: "\\"' + " " * 200_000 + 'DIGEST"',
    "keys on a line": "a: " * 100_000 + "DIGEST",
    "one line": "a: " + "r/x@DIGEST " * 3_000,
    "one comment": "{{/*" + "r/x@DIGEST\n" * 3_000 + "*/}}",
    "one action": "{{ list" + ' "r/x@DIGEST"' * 3_000 + "}}",
    "one dictionary": "{{ dict" + ' "a" "r/x@DIGEST"' * 3_000 + "}}",
    "many dictionaries": "{{" + '(dict "a" ' * 3_000 + '"DIGEST"' + ")" * 3_000 + "}}",
    "one arm": "a: {{ if }}" + "r/x@DIGEST " * 3_000 + "{{ end }}",
    "arms on a line": "a: " + "{{ if }}r/x@DIGEST{{ end }}" * 3_000,
    "many levels": "".join(" " * depth + "a:\n" for depth in range(150)) + (" " * 150 + "a: r/x@DIGEST\n") * 3_000,
    "one mapping": "a: r/x@DIGEST\n" * 3_000,
    "arms": "{{ if }}\na: DIGEST\n{{ else }}\nb: DIGEST\n" * 1_500,
    "deep indentation": "".join(" " * depth + "a:\n" for depth in range(600)) + " " * 600 + "DIGEST",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_takes_linear_time(source: str) -> None:
    text = Text.of_file(source.replace("DIGEST", DIGEST).encode())
    digests = hits(text.chars)
    start = time.process_time()
    assert sum(1 for _ in read(text, digests)) == len(digests)
    assert time.process_time() - start < 5, "each of these takes a fraction of a second when read once"
