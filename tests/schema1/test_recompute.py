"""What is converted, what is refused and why, and what the flavours do differently."""

import json
import re
from collections.abc import Mapping

import pytest
from hypothesis import assume, given

from redigest.media_types import OCI_MANIFEST, SCHEMA_2
from redigest.schema1.body import read_schema_1
from redigest.schema1.compare import Likeness, compare
from redigest.schema1.images import read_image
from redigest.schema1.recompute import recompute, template_of
from redigest.schema1.refusals import Malformed, Refused, Unconvertible
from redigest.schema1.search import search
from redigest.schema1.templates import Flavour
from tests.schema1.invented import LAYERS, Invented, image_of, invented, manifest_of, sha256

STEP: dict[str, object] = {"created": "2020-01-01T00:00:00Z", "created_by": "x"}
CONFIG: dict[str, object] = {"architecture": "amd64", "rootfs": {"diff_ids": ["sha256:0"]}, "history": [STEP]}
GO = [Flavour.DISTRIBUTION, Flavour.DISTRIBUTION_NOAUTHOR, Flavour.CONTAINERS_IMAGE]


def config(**members: object) -> bytes:
    return json.dumps({**CONFIG, **members}).encode()


def payload(flavour: Flavour, content: bytes, layers: int = 1) -> str:
    return template_of(image_of(content, LAYERS[:layers]), flavour).payload("a", "b").decode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "not a JSON object"),
        (b'{"a": 1, "a": 1}', "same key twice"),
        (config(History=[]), "`history` but for case"),
        (config(rootfs={"Diff_IDs": []}), "`diff_ids` but for case"),
        (config(history=[{"Created": None}]), "`created` but for case"),
        (config(history={}), "`history` is not an array"),
        (config(history=[None]), "`history` is not an array of objects"),
        (config(rootfs={"diff_ids": [1]}), "`diff_ids` is not an array of strings"),
        (config(history=[{}] * 5000), "more than 4096 steps"),
        (config(a="a" * 2_000_000), "larger than 1048576 bytes"),
    ],
)
def test_reads_no_config_that_programs_read_differently(content: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        image_of(content, LAYERS[:1])


def test_reads_labels_that_differ_in_case_only() -> None:
    content = config(config={"Labels": {"Name": "rhel7/etcd", "name": "rhel7/etcd", "Release": "1", "release": "1"}})
    assert r"\"Name\":\"rhel7/etcd\",\"name\":\"rhel7/etcd\"" in payload(Flavour.DISTRIBUTION, content)


def test_reads_no_other_config_than_the_one_that_the_manifest_names() -> None:
    with pytest.raises(Malformed, match="not the one that the manifest names"):
        read_image(manifest_of(config(), LAYERS[:1]), config(os="linux"))


def test_reads_a_manifest_that_only_the_registry_calls_schema_2() -> None:
    manifest = {key: value for key, value in json.loads(manifest_of(config(), LAYERS[:1])).items() if key != "mediaType"}
    content = json.dumps(manifest).encode()
    assert read_image(content, config(), media_type=SCHEMA_2) == image_of(config(), LAYERS[:1])
    with pytest.raises(Unconvertible, match="not of schema 2"):
        read_image(content, config())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mediaType": OCI_MANIFEST}, "not of schema 2 but OCI manifest"),
        ({"config": {"digest": "sha256:0"}}, "not a sha256 digest"),
        ({"config": {"digest": f"sha512:{'0' * 128}"}}, "not a sha256 digest"),
        ({"config": {"Digest": str(sha256(config()))}}, "`digest` but for case"),
        ({"layers": [{"digest": 1}]}, "`digest` is not a string"),
        ({"layers": [{}]}, "not a sha256 digest"),
    ],
)
def test_reads_no_manifest_but_a_proper_one_of_schema_2(change: Mapping[str, object], reason: str) -> None:
    manifest = {**json.loads(manifest_of(config(), LAYERS[:1])), **change}
    with pytest.raises(Refused, match=reason):
        read_image(json.dumps(manifest).encode(), config())


@pytest.mark.parametrize(
    ("content", "flavours", "reason"),
    [
        (config(history=[]), [*GO, Flavour.PULP], "no history|lacks"),
        (config(history=None), [*GO, Flavour.PULP], "no history|lacks"),
        (config(history=[STEP, STEP]), GO, "more layers than its manifest"),
        (config(rootfs={"diff_ids": ["a", "b"]}), [Flavour.DISTRIBUTION, Flavour.DISTRIBUTION_NOAUTHOR], "different numbers of layers"),
        (config(rootfs=None), [Flavour.DISTRIBUTION, Flavour.DISTRIBUTION_NOAUTHOR], "different numbers of layers"),
        (config(history=[{**STEP, "created": "now"}, {**STEP, "empty_layer": True}]), GO, "a time is"),
        (config(history=[{**STEP, "comment": 1}, {**STEP, "empty_layer": True}]), GO, "`comment` is not a string"),
        (config(history=[{**STEP, "empty_layer": 1}]), [*GO, Flavour.PULP], "`empty_layer` is not true or false"),
        (config(architecture=["amd64"]), GO, "`architecture` is not a string"),
        (config(a="<" * 700_000), GO, "larger than"),
        (config(rootfs={"diff_ids": ["é"]}), [Flavour.PULP], "cannot be written"),
        (config().replace(b"amd64", b'","size":1e999,"a":"'), [Flavour.PULP], "cannot be written"),
        (config().replace(b"architecture", b"variant"), [Flavour.PULP], "lacks"),
    ],
)
def test_says_why_a_flavour_does_not_convert(content: bytes, flavours: list[Flavour], reason: str) -> None:
    recomputed = recompute(image_of(content, LAYERS[:1]))
    refusals = dict(recomputed.refusals)
    assert all(re.search(reason, refusals[flavour]) for flavour in flavours), refusals
    assert {template.flavour for template in recomputed.templates}.isdisjoint(flavours)


def test_pulp_refuses_foreign_layers() -> None:
    manifest = manifest_of(config(), LAYERS[:1]).replace(b"rootfs.diff", b"rootfs.foreign.diff")
    image = read_image(manifest, config())
    with pytest.raises(Unconvertible, match="foreign"):
        template_of(image, Flavour.PULP)
    assert Flavour.DISTRIBUTION in {template.flavour for template in recompute(image).templates}


TWO_STEPS = {"rootfs": {"diff_ids": ["sha256:0", "sha256:1"], "base_layer": "base"}, "history": [{**STEP, "author": "me", "comment": "\b"}, STEP]}


def test_flavours_differ_in_authors_base_layers_and_layout() -> None:
    made = {flavour: payload(flavour, config(**TWO_STEPS), layers=2) for flavour in Flavour}
    has_author = {flavour for flavour, text in made.items() if r"\"author\":\"me\"" in text}
    assert has_author == {Flavour.DISTRIBUTION, Flavour.CONTAINERS_IMAGE}
    has_base = {flavour for flavour, text in made.items() if text.count(r"\"parent\"") == 2}
    assert has_base == {Flavour.DISTRIBUTION, Flavour.DISTRIBUTION_NOAUTHOR}
    assert {flavour for flavour, text in made.items() if "\n" not in text} == {Flavour.CONTAINERS_IMAGE}


def test_go_programs_have_a_second_form_where_go_1_22_writes_otherwise() -> None:
    plain = recompute(image_of(config(), LAYERS[:1])).templates
    assert [template.flavour for template in plain] == [Flavour.DISTRIBUTION, Flavour.CONTAINERS_IMAGE, Flavour.PULP]
    both = recompute(image_of(config(**TWO_STEPS), LAYERS[:2])).templates
    assert [template.flavour for template in both] == [flavour for flavour in GO for _ in range(2)] + [Flavour.PULP]
    old, new = (template.payload("a", "b") for template in both[:2])
    assert old.replace(rb"\\u0008", rb"\\b") == new != old


@given(invented())
def test_every_payload_is_found_read_and_the_same_image(made: Invented) -> None:
    image = made.image
    assume(all(step.get("created_by", "") is not None for step in image.history))  # pulp copies the null, which is no command to anybody else
    for template in recompute(image).templates:
        written = template.payload("team/app", "1.0")
        found = search([sha256(written)], [template], names=["app", "team/app"], tags=["1", "1.0"])
        assert [(hit.name, hit.tag) for hit in found.hits] == [("team/app", "1.0")]
        old = read_schema_1(written)
        assert (old.name, old.tag) == ("team/app", "1.0")
        if len(image.layers) == sum(not step.get("empty_layer") for step in image.history):
            assert compare(old, image).likeness is Likeness.SAME
