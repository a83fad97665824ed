"""What programs made of known images is what is recomputed, read, found and compared."""

import pytest

from redigest.media_types import SCHEMA_1, SCHEMA_1_SIGNED
from redigest.model import Digest
from redigest.schema1.body import read_schema_1
from redigest.schema1.compare import Likeness, compare
from redigest.schema1.forward import converts_to
from redigest.schema1.manifests import Kind, classify, digest_of, payload_of
from redigest.schema1.recompute import recompute, template_of
from redigest.schema1.refusals import Refused
from redigest.schema1.search import search
from redigest.schema1.templates import Flavour
from tests.schema1.vectors import CONVERTED, LAB, OTHERS, REAL, REFUSED, Vector

each = pytest.mark.parametrize("vector", CONVERTED, ids=str)


def test_there_are_all_vectors_of_ours() -> None:
    assert len(LAB) == 24


@pytest.mark.skipif(not REAL, reason=f"NO VECTORS at {OTHERS}: nothing was recomputed of published images; set REDIGEST_VECTORS to a folder with an index.json")
def test_there_are_all_vectors_of_published_images() -> None:
    assert len(REAL) == 3


@each
def test_recomputes_the_payload_byte_for_byte(vector: Vector) -> None:
    payload = template_of(vector.image, Flavour(vector.flavour)).payload(vector.name, vector.tag)
    assert payload == vector.payload
    assert str(digest_of(payload, SCHEMA_1)) == vector.digest


@pytest.mark.parametrize("vector", REFUSED, ids=str)
def test_refuses_what_the_program_refuses(vector: Vector) -> None:
    with pytest.raises(Refused, match="no history"):
        template_of(vector.image, Flavour(vector.flavour))
    assert not recompute(vector.image).templates


@pytest.mark.parametrize("vector", [vector for vector in CONVERTED if vector.signed], ids=str)
def test_takes_the_digest_of_what_is_signed(vector: Vector) -> None:
    assert vector.signed is not None
    assert classify(vector.signed, SCHEMA_1_SIGNED) is Kind.SCHEMA_1
    assert payload_of(vector.signed) == vector.payload
    assert str(digest_of(vector.signed, SCHEMA_1_SIGNED)) == vector.digest
    assert read_schema_1(vector.signed) == read_schema_1(vector.payload or b"")


@each
def test_finds_the_name_and_the_tag_among_others(vector: Vector) -> None:
    names = ["", "library/other", vector.name, f"{vector.name}-2"]
    tags = ["latest", "", vector.tag, f"{vector.tag}0"]
    found = search([Digest.parse(vector.digest)], recompute(vector.image).templates, names=names, tags=tags)
    (hit,) = found.hits
    assert (str(hit.digest), hit.name, hit.tag) == (vector.digest, vector.name, vector.tag)
    assert template_of(vector.image, hit.flavour).payload(hit.name, hit.tag) == vector.payload


@each
def test_tells_that_the_layers_and_settings_are_the_same(vector: Vector) -> None:
    comparison = compare(read_schema_1(vector.payload or b""), vector.image)
    # The config of this one has fewer steps than layers, and what the program made of it has fewer layers.
    expected = Likeness.DIFFER if vector.folder.name == "lab-shorthist" else Likeness.SAME
    assert comparison.likeness is expected, comparison.reason


@pytest.mark.parametrize("vector", REAL, ids=str)
def test_converts_published_schema_1_back_to_the_config(vector: Vector) -> None:
    assert converts_to(read_schema_1(vector.payload or b""), vector.image)
