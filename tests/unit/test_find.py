"""From the bytes of a file to its sightings."""

import json
import re
import time
from collections.abc import Sequence
from textwrap import indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redigest.apply import rewrite
from redigest.find import Found, find
from redigest.model import Digest, Edit, Sighting, Standing
from redigest.screen import has_digest
from tests.samples import RULES, digest

DIGEST = str(digest("the one"))
HEX = DIGEST.removeprefix("sha256:")
REFERENCE = f"registry.redhat.io/rhel7/etcd@{DIGEST}"
BOM = b"\xef\xbb\xbf"


def find_in(source: str | bytes, path: str = "a.yaml") -> Found:
    data = source if isinstance(source, bytes) else source.encode()
    assert has_digest(data, RULES.bare_keys)
    return find(path, data, RULES)


def only(source: str | bytes, path: str = "a.yaml") -> Sighting:
    (sighting,) = find_in(source, path).sightings
    return sighting


def test_reads_the_configuration_of_a_host_by_its_first_line() -> None:
    sighting = only(f"#cloud-config\nruncmd:\n- [docker, pull, {REFERENCE}]\n", "user-data")
    assert (sighting.place, sighting.standing) == ("runcmd[0][2]", Standing.LIVE)
    assert only(f"# cloud-config\nruncmd:\n- [docker, pull, {REFERENCE}]\n", "user-data").standing is Standing.MENTION


NEAR_MISSES = {
    "63 digits": (f"r.io/a@{DIGEST[:-1]}", "63 hex digits follow sha256:, a digest has 64"),
    "48 digits": (f"r.io/a@{DIGEST[:55]}", "48 hex digits follow sha256:, a digest has 64"),
    "65 digits": (f"r.io/a@{DIGEST}0", "65 hex digits follow sha256:, a digest has 64"),
    "128 digits": (f"r.io/a@{DIGEST}{HEX}", "128 hex digits follow sha256:, a digest has 64"),
    "capitals": (f"r.io/a@sha256:{HEX.upper()}", "upper-case hex digits; a digest is written in lower case"),
    "one capital": (f"r.io/a@sha256:{HEX[:-1]}A", "upper-case hex digits; a digest is written in lower case"),
    "letters behind": (f"r.io/a@{DIGEST}xyz", "the digest runs into other letters"),
    "an underscore behind": (f"r.io/a@{DIGEST}_1", "the digest runs into other letters"),
    "letters before": (f"x{DIGEST}", "something other than sha256 stands before the digest"),
    "an underscore before": (f"_{DIGEST}", "something other than sha256 stands before the digest"),
}


@pytest.mark.parametrize(("written", "reason"), NEAR_MISSES.values(), ids=NEAR_MISSES)
@pytest.mark.parametrize("path", ["a.yaml", "a.md", "a.txt"])
def test_says_why_something_is_no_digest(written: str, reason: str, path: str) -> None:
    sighting = only(f"a: {written}\n", path)
    assert (sighting.standing, sighting.reason) == (Standing.NOT_AN_IMAGE, reason)
    assert written.startswith(sighting.text, written.index("sha256:"))


@pytest.mark.parametrize("path", ["a.yaml", "a.sh", "a.md", "Dockerfile", "a.json"])
def test_lists_tags_made_from_a_digest(path: str) -> None:
    sighting = only(f'["r.io/a:sha256-{HEX}.sig"]\n', path)
    assert (sighting.standing, sighting.rule) == (Standing.NOT_AN_IMAGE, "checksums/signature-tags")
    assert not has_digest(f"sha256-{HEX}0".encode())


@pytest.mark.parametrize(
    "written",
    [
        DIGEST[:54],
        f"sha512:{HEX}{HEX}",
        f"r.io/a@SHA256:{HEX}",
        HEX,
        f"blobs/sha256/{HEX}",
        f"https://example.com/a?image={HEX}",
        "sha256: see below",
    ],
)
def test_sees_no_digest(written: str) -> None:
    assert find("a.yaml", f"a: {written}\nb: {written}\n".encode(), RULES) == Found(())


MENTIONS = {
    "a comment in YAML": ("a.yaml", f"# {REFERENCE}\na: b\n", "a comment", "comment"),
    "a comment behind a value": ("a.yaml", f"a: b # {REFERENCE}\n", "a comment", "comment"),
    "a comment in a script": ("a.yaml", f"run: |\n  true\n  # {REFERENCE}\n", "a comment", "run"),
    "a comment behind a command": ("a.yaml", f"run: |\n  true # {REFERENCE}\n", "a comment", "run"),
    "a comment in JSON": ("a.json", f'{{\n// {REFERENCE}\n"a": 1}}', "a comment", "comment"),
    "a comment in a Dockerfile": ("Dockerfile", f"# {REFERENCE}\nFROM scratch\n", "a comment", "comment"),
    "a comment in a template": ("a.tpl", f"{{{{/* {REFERENCE} */}}}}\n", "a comment", "comment"),
    "a comment in an environment file": (".env", f"# A={REFERENCE}\n", "a comment", "comment"),
    "Markdown": ("README.md", f"Run {REFERENCE}.\n", "prose", "text"),
    "a description": ("a.yaml", f"spec: {{description: Uses {REFERENCE}.}}\n", "a text for people", "spec.description"),
    "a description that is a reference": ("a.yaml", f"description: {REFERENCE}\n", "a text for people", "description"),
    "a description that is JSON": ("a.yaml", f'description: \'{{"a": "{REFERENCE}"}}\'\n', "a text for people", "description"),
    "Markdown in a ConfigMap": ("a.yaml", f"data:\n  README.md: |\n    Run\n    {REFERENCE}.\n", "prose", 'data["README.md"] > text'),
    "an unknown format": ("a.xyz", f"image = {REFERENCE}\n", "text in a format that is not known", "text"),
}


@pytest.mark.parametrize(("path", "source", "reason", "place"), MENTIONS.values(), ids=MENTIONS)
def test_tells_a_mention(path: str, source: str, reason: str, place: str) -> None:
    sighting = only(source, path)
    assert (sighting.standing, sighting.reason, sighting.place) == (Standing.MENTION, reason, place)
    assert sighting.name == "registry.redhat.io/rhel7/etcd"


VALUES = f"image:\n  repository: r.io/a/b\n  digest: {DIGEST}\n"
INNER = {
    "values": VALUES,
    "a template of values": f"cluster: {{{{ .cluster }}}}\n{VALUES}",
    "a branching around values": f"{{{{- if .etcd }}}}\n{VALUES}{{{{- end }}}}\n",
    "an item in braces": f"- {{op: add, value: {{repository: r.io/a/b, digest: {DIGEST}}}}}\n",
}


@pytest.mark.parametrize("inner", INNER.values(), ids=INNER)
def test_reads_yaml_inside_a_value(inner: str) -> None:
    sighting = only("values: |\n" + indent(inner, "  "))
    assert (sighting.rule, sighting.name, sighting.standing) == ("helm/split", "r.io/a/b", Standing.LIVE)


def test_reads_no_other_text_in_a_value_as_a_template() -> None:
    inner = f"note: {{{{ a }}}}\n  podman pull {REFERENCE}\n# podman pull {REFERENCE}\n{{{{/* {REFERENCE} */}}}}\necho: [ {DIGEST}\n"
    standings = [sighting.standing for sighting in find("a.yaml", f"run: |\n{indent(inner, '  ')}".encode(), RULES).sightings]
    assert standings == [Standing.LIVE, Standing.MENTION, Standing.MENTION, Standing.UNPLACED]


def test_a_hash_sign_in_quotes_begins_no_comment() -> None:
    assert only(f"run: |\n  echo '# {REFERENCE}'\n").is_live
    assert only(f"run: |\n  echo a#b {REFERENCE}\n").is_live


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.yaml", f"image: {REFERENCE}\n"),
        ("a.json", f'{{"image": "{REFERENCE}"}}'),
        ("a.env", f"IMAGE={REFERENCE}\n"),
        ("Dockerfile", f"FROM {REFERENCE}\n"),
        ("a.tpl", f"image: {REFERENCE}\n"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", [b"", BOM], ids=["", "byte order mark"])
def test_sees_a_reference_whatever_the_line_ends(path: str, source: str, line_end: str, mark: bytes) -> None:
    data = mark + source.replace("\n", line_end).encode()
    sighting = only(data, path)
    assert sighting.is_live
    assert sighting.name == "registry.redhat.io/rhel7/etcd"
    assert data[sighting.offset :].startswith(HEX.encode())


LIST = f"# {REFERENCE}\n\n  {REFERENCE}  # {REFERENCE}\r\n{REFERENCE}=mirror.example/etcd:3.2\n{DIGEST}"


def test_reads_a_list_of_images_by_its_name_and_its_form() -> None:
    live = [sighting.is_live for sighting in find_in(LIST, "airgap/images.txt").sightings]
    assert live == [False, True, False, True, False]
    for path, source in {"notes.txt": LIST, "images.txt": f"{LIST}\nHow to mirror them\n", "images.md": LIST}.items():
        assert not any(sighting.is_live for sighting in find_in(source, path).sightings)


def nested(depth: int) -> str:
    """JSON in JSON in JSON, with a reference in the innermost."""
    value = json.dumps({"image": REFERENCE})
    for _ in range(depth):
        value = json.dumps({"inner": value})
    return value


@pytest.mark.parametrize("depth", range(9))
def test_reads_files_in_files(depth: int) -> None:
    sighting = only(nested(depth), "a.json")
    assert sighting.place == "inner > " * depth + "image"
    assert sighting.rule == "generic/reference"


def test_stops_reading_files_in_files_at_a_depth() -> None:
    sighting = only(nested(9), "a.json")
    assert sighting.place == "inner > " * 8 + "inner"
    assert sighting.standing is Standing.LIVE


EMBEDDED = {
    "JSON in an annotation": (f'a: \'{{"b": ["{REFERENCE}"]}}\'\n', "a > b[0]", "generic/reference"),
    "YAML in a block": (f"a: |\n  b:\n  - {REFERENCE}\n", "a > b[0]", "generic/reference"),
    "YAML in a folded block": (f"a: >\n\n  b:\n\n    {REFERENCE}\n\n", "a > b", "generic/reference"),
    "a file by its name": (f"data:\n  etcd.env: |\n    # c\n    ETCD={REFERENCE}\n", 'data["etcd.env"] > ETCD', "generic/reference"),
    "an object in a list": (
        f"apiVersion: v1\nkind: Map\ndata:\n  x: |\n    apiVersion: v1\n    kind: Pod\n    spec: {{containers: [{{image: '{REFERENCE}'}}]}}\n",
        "Map data.x > Pod spec.containers[0].image",
        "kubernetes/containers",
    ),
    "a Dockerfile in a Compose file": (
        f"services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM {REFERENCE}\n",
        "services.a.build.dockerfile_inline > FROM",
        "dockerfile/from",
    ),
    "a script in the language that a rule names": (
        f"apiVersion: tekton.dev/v1\nkind: Task\nspec: {{steps: [{{script: 'skopeo copy docker://{REFERENCE} oci:a'}}]}}\n",
        "Task spec.steps[0].script > text",
        "generic/text",
    ),
    "a script in the language of its first line": (
        f"apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps:\n  - script: |\n      #!/usr/bin/env python3\n      print('That\\'s # {REFERENCE}')\n",
        "Task spec.steps[0].script > text",
        "generic/text",
    ),
    "a script by its name": (f"data:\n  start.sh: |\n    # it's\n    IMG='{REFERENCE}'\n", 'data["start.sh"] > IMG', "generic/reference"),
    "a script by its first line": (f"script: |\n  #!/usr/bin/env python3\n  IMAGE = '{REFERENCE}'\n", "script > IMAGE", "generic/reference"),
    "a unit by its name": (
        f"data:\n  etcd.container: |\n    [Container]\n    Image={REFERENCE}\n",
        'data["etcd.container"] > Container.Image',
        "quadlet/image",
    ),
    "a script that looks like YAML": (f"run: |\n  a: b: c\n  pull {REFERENCE}\n", "run", "generic/text"),
    "braces that are no JSON": (f"run: '{{x}} {REFERENCE}'\n", "run", "generic/text"),
}


@pytest.mark.parametrize(("source", "place", "rule"), EMBEDDED.values(), ids=EMBEDDED)
def test_reads_a_file_in_a_value(source: str, place: str, rule: str) -> None:
    sighting = only(source)
    assert (sighting.place, sighting.rule, sighting.standing) == (place, rule, Standing.LIVE)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_lists_the_digests_of_a_file_in_utf_16(encoding: str) -> None:
    data = f"\ufeffa: é\r\n  b: {REFERENCE}\nc: {DIGEST[:-1]}\n".encode(encoding)
    first, second = find_in(data).sightings
    assert data[first.offset :][:128:2] == HEX.encode() or data[first.offset :].startswith(HEX.encode(encoding)[1:])
    assert (first.line, first.column) == (2, 6 + REFERENCE.index(HEX))
    assert (second.line, second.digest) == (3, None)
    assert {sighting.reason for sighting in (first, second)} == {"the file is UTF-16"}
    assert {sighting.standing for sighting in (first, second)} == {Standing.UNPLACED}


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_lists_the_digests_of_a_file_that_only_begins_like_utf_16(mark: bytes) -> None:
    sighting = only(mark + f"image: {REFERENCE}\n".encode())
    assert (sighting.standing, sighting.reason) == (Standing.UNPLACED, "the file begins with the mark of UTF-16 and goes on as something else")
    assert (sighting.line, sighting.offset) == (1, len(mark) + len("image: ") + REFERENCE.index(HEX))


def test_lists_the_digests_of_a_binary_file() -> None:
    sighting = only(f"image: {REFERENCE}\n\0\n".encode())
    assert (sighting.standing, sighting.reason, sighting.digest) == (Standing.UNPLACED, "the file is binary", digest("the one"))


@pytest.mark.parametrize(
    ("written", "first_digit"),
    [
        (f"r.io/a@sha256\\x3a{HEX}", HEX),
        (f"r.io/a@sha256\\u003a{HEX}", HEX),
        (f"r.io/a@{DIGEST[:60]}\\\n   {DIGEST[60:]}", HEX[:53]),
        (f"r.io/a@{DIGEST[:20]}\\\n   {DIGEST[20:]}", HEX[:13]),
        (f"r.io/a@sha256:\\\n   {HEX}", HEX),
    ],
)
def test_lists_a_digest_that_is_escaped_or_broken_once_and_where_it_begins(written: str, first_digit: str) -> None:
    source = f'a: "{written}"\n'
    sighting = only(source)
    assert (sighting.standing, sighting.digest) == (Standing.UNREADABLE, digest("the one"))
    assert sighting.reason == "the digest is escaped or broken over lines here; change it by hand"
    assert source[sighting.offset :].startswith(first_digit)


@pytest.mark.parametrize(
    ("path", "source", "line", "reason"),
    [
        ("a.yaml", f"a: b\n---\nc: }}\nd: {REFERENCE}\n", 3, "this document is not YAML"),
        ("a.json", f'{{"a":\n "{REFERENCE}" "b"}}', 2, "the file is not what its name says (a comma is missing)"),
        ("a.json", f'"{REFERENCE}" [', 1, "the file is not what its name says (a bracket is never closed)"),
    ],
)
def test_remarks_on_what_is_not_what_it_says(path: str, source: str, line: int, reason: str) -> None:
    found = find_in(source, path)
    (problem,) = found.problems
    assert (problem.path, problem.line, problem.failed) == (path, line, False)
    assert problem.reason.startswith(reason)
    assert problem.reason.endswith("and was read line by line")
    assert [sighting.is_live for sighting in found.sightings] == [True]


def test_takes_the_file_of_a_folder_by_its_way_from_the_top_of_the_repository() -> None:
    source = f"digest: {DIGEST}\n".encode()
    assert find("Chart.lock", source, RULES, prefix="charts/a/").sightings[0].rule == "checksums/lock-files"
    assert find("Chart.lock", source, RULES, prefix="charts/a/").sightings[0].path == "Chart.lock"


def test_is_ready_for_any_bytes() -> None:
    for data in (b"", b"\0", BOM, b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0", b"\xff" * 100, DIGEST.encode(), BOM + DIGEST.encode()):
        find("a.yaml", data, RULES)


# What follows puts files together at random.

FRAGMENTS: Sequence[bytes] = [
    *(f"{prefix}{DIGEST}".encode() for prefix in ("", "a@", "r.io/a:1@", "${X:-r.io/a}@", "docker://r.io/a@", "@", "x", "digest: ", "--hash=", "oid ")),
    *(text.encode() for text in (DIGEST[:70], DIGEST.upper(), HEX, "sha256:", "sha256\\x3a", "\\u0040", "repository: r.io/a@sha256\n", "tag: ", "sha: ")),
    *(
        b"apiVersion: v1\nkind: X\n",
        b"status:\n",
        b"services:\n  a:\n",
        b"metadata:\n  name: ",
        b"description: ",
        b"FROM ",
        b"RUN --mount=from=",
        b"ARG A=",
        b"# ",
    ),
    *(
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b"  ",
        b"\t",
        b"- ",
        b": ",
        b"a: ",
        b"? ",
        b"|\n",
        b">-\n",
        b"|2\n",
        b"&x ",
        b"*x",
        b"!!str ",
        b"<<: ",
        b"---\n",
        b"...\n",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"'",
        b",",
        b"\\",
        b"\\\n",
        b"//",
        b"/*",
        b"*/",
        b"{{",
        b"}}",
        b"{{/*",
        b"*/}}",
        b"{%",
        b"%}",
        b"<<EOF\n",
        b"EOF\n",
        b"=",
        b"$",
        b"${",
    ),
    *(BOM, b"\xff\xfe", b"\xc3\xa9", b"\xf0\x9f\x98\x80", b"\xe9", b"\xc2\x85", b"\x1b", b"\x7f", b"\xe2\x80\xa8"),
]
PATHS = [
    *("a.yaml", "a.json", "Dockerfile", ".env", "a.tpl", "a.md", "a.sh", "values.yaml", "compose.yml", "Chart.lock"),
    *("a.go", "a.py", "a.ts", "a.bzl", "Jenkinsfile", "Makefile", "a.tf", "a.toml", "a.ini", "a.properties", "a.xml", "images.txt", "a.container"),
]
FILES = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(b"".join)


def line_and_column(data: bytes, offset: int) -> tuple[int, int]:
    """As an editor counts them."""
    before = data[:offset].split(b"\n")
    line = before[-1].removeprefix(BOM) if len(before) == 1 else before[-1]
    return len(before), len(line.decode("utf-8", "replace")) + 1


@given(st.sampled_from(PATHS), FILES)
def test_sees_every_digest_once_and_where_it_is(path: str, data: bytes) -> None:
    found = find(path, data, RULES)
    offsets = [sighting.offset for sighting in found.sightings]
    assert offsets == sorted(set(offsets))
    is_utf_16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not is_utf_16:
        assert {match.start() + 7 for match in re.finditer(rb"sha256:[0-9a-f]{64}", data)} <= set(offsets)
    for sighting in found.sightings:
        assert sighting.is_live == (sighting.reason is None)
        assert sighting.path == path
        if not is_utf_16 and sighting.standing in (Standing.LIVE, Standing.MENTION, Standing.UNPLACED):
            assert sighting.digest is not None
            assert data[sighting.offset : sighting.offset + 64] == sighting.digest.hex.encode()
            assert sighting.text == str(sighting.digest)
        if data.isascii() or b"\xe9" not in data.replace("é".encode(), b"").replace("😀".encode(), b""):
            assert (sighting.line, sighting.column) == line_and_column(data, sighting.offset)
    for problem in found.problems:
        assert problem.line is not None
        assert 1 <= problem.line <= data.count(b"\n") + 1


@given(st.sampled_from(PATHS), FILES)
def test_sees_the_same_with_another_digest_in_its_place(path: str, data: bytes) -> None:
    found = find(path, data, RULES)
    edits = [Edit(sighting.offset, sighting.digest, digest("another")) for sighting in found.sightings if sighting.is_live and sighting.digest]
    new = rewrite(path, data, edits, before=found.sightings, rules=RULES)
    assert new.replace(digest("another").hex.encode(), HEX.encode()) == data.replace(digest("another").hex.encode(), HEX.encode())


@pytest.mark.parametrize(
    "source",
    [
        f"apiVersion: v1\nkind: Etcd\nmetadata: {{name: '{REFERENCE}'}}\nimage: {REFERENCE}\n",
        f"'{REFERENCE}': {{a: '{REFERENCE}'}}\n",
        f"{'k' * 480}-{REFERENCE}: {{a: '{REFERENCE}'}}\n",
        f"a: |\n  {REFERENCE}: {{a: '{REFERENCE}'}}\n  b: c\n",
    ],
)
def test_says_the_same_places_with_another_digest(source: str) -> None:
    data = source.encode()
    found = find("a.yaml", data, RULES)
    edits = [Edit(sighting.offset, sighting.digest, digest("another")) for sighting in found.sightings if sighting.is_live and sighting.digest]
    assert edits
    assert rewrite("a.yaml", data, edits, before=found.sightings, rules=RULES) != data


@given(st.sampled_from(PATHS), st.binary(max_size=200))
def test_raises_nothing(path: str, data: bytes) -> None:
    find(path, data + DIGEST.encode(), RULES)
    find(path, DIGEST.encode() + data, RULES)


MANY = [str(digest(str(number))) for number in range(1000)]
HOSTILE = {
    "one value": ("a.yaml", "a: " + " ".join(f"r.io/a@{one}" for one in MANY)),
    "one line of a script": ("a.yaml", "a: |\n  " + " ".join(f"r.io/a@{one}" for one in MANY)),
    "one line of prose": ("a.md", " ".join(f"r.io/a@{one}" for one in MANY)),
    "one line of text": ("a.txt", " ".join(f"r.io/a@{one}" for one in MANY)),
    "one line of JSON": ("a.json", json.dumps([f"r.io/a@{one}" for one in MANY])),
    "digests beside one repository": ("a.yaml", "repository: r.io/a\n" + "".join(f"digest{number}: {one}\n" for number, one in enumerate(MANY))),
    "digests beside a long repository": ("a.json", json.dumps({"repository": "a" * 200_000} | {f"digest{number}": one for number, one in enumerate(MANY)})),
    "below a long key": ("a.json", json.dumps({"k" * 100_000: {f"a{number}": f"r.io/a@{one}" for number, one in enumerate(MANY)}})),
    "below many keys": ("a.json", '{"a": ' * 150 + json.dumps({f"a{n}": one for n, one in enumerate(MANY[:300])}) + "}" * 150),
    "below many objects": (
        "a.json",
        '{"apiVersion": "1", "kind": "X", "a": ' * 150 + json.dumps({f"a{n}": one for n, one in enumerate(MANY[:200])}) + "}" * 150,
    ),
    "after variables": ("a.yaml", "a: " + "".join(f"{'${A}' * 20}@{one} " for one in MANY)),
    "a list of images": ("images.txt", "\n".join(f"r.io/a@{one}" for one in MANY)),
    "a list with a long line": ("images.txt", "a/" * 100_000 + "".join(f"/a@{one}" for one in MANY)),
    "lines of a property": ("a.properties", "a=" + "".join(f"\\\n r.io/a@{one}," for one in MANY * 20)),
    "lines of text": ("a.txt", "".join(f"r.io/a@{one}\n" for one in MANY)),
    "a script that looks like YAML": ("a.yaml", "a: |\n" + "  foo: bar\n" * 80_000 + f"  }}: x\n  r.io/a@{DIGEST}\n"),
}


@pytest.mark.parametrize(("path", "source"), HOSTILE.values(), ids=HOSTILE)
def test_takes_linear_time(path: str, source: str) -> None:
    started = time.process_time()
    found = find_in(source, path)
    assert time.process_time() - started < 5
    assert len(found.sightings) == source.count("sha256:")


def test_a_digest_can_be_built_from_every_text_that_is_given() -> None:
    for sighting in find_in(f"a: [{REFERENCE}, '{DIGEST}']\n").sightings:
        assert sighting.digest == Digest.parse(sighting.text)
