"""Whatever a registry sends: an answer or a refusal, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from redigest.media_types import SCHEMA_1_SIGNED, SCHEMA_2
from redigest.schema1.body import read_schema_1
from redigest.schema1.compare import compare
from redigest.schema1.forward import converts_to
from redigest.schema1.images import read_image
from redigest.schema1.manifests import classify, digest_of
from redigest.schema1.recompute import recompute
from redigest.schema1.refusals import Refused
from tests.schema1.invented import LAYERS, manifest_of
from tests.schema1.vectors import LAB

KEYS = ["schemaVersion", "mediaType", "name", "tag", "architecture", "fsLayers", "history", "signatures", "config", "layers", "manifests", "digest", "blobSum"]
KEYS += ["v1Compatibility", "protected", "rootfs", "diff_ids", "base_layer", "created", "created_by", "empty_layer", "id", "parent", "container_config", "Cmd"]
SCALARS = [None, True, False, 0, 1, 2, -1, 1.5, 1e300, 10**30, "", "{}", str(LAYERS[0]), "2020-01-01T00:00:00Z", SCHEMA_2, "é"]
documents: st.SearchStrategy[object] = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=5), inner.map(json.dumps)),
    max_leaves=20,
)
BODIES = {
    "schema 1": [content for vector in LAB for content in (vector.signed, vector.payload) if content],
    "configs": [(vector.folder / "config.json").read_bytes() for vector in LAB],
    "schema 2": [(vector.folder / "s2.json").read_bytes() for vector in LAB],
}
"""Real ones, by a name that stands for them where hypothesis prints a strategy."""


@st.composite
def damaged(draw: st.DrawFn, of: str) -> bytes:
    """A real body with some bytes of it overwritten, cut out or repeated."""
    content = draw(st.sampled_from(BODIES[of]))
    for _ in range(draw(st.integers(1, 3))):
        start, length = draw(st.integers(0, len(content))), draw(st.integers(0, 40))
        piece = draw(st.sampled_from([b"", b"0", b'"', b"{", b"]", b",", b"null", b"\xff", b"\\", content[start : start + length] * 2]))
        content = content[:start] + piece + content[start + length :]
    return content


@st.composite
def altered(draw: st.DrawFn, of: str) -> bytes:
    """A real body with some of its values replaced, also within the JSON that is in its strings."""
    document = json.loads(draw(st.sampled_from(BODIES[of])))
    for _ in range(draw(st.integers(1, 2))):
        parent, key = draw(st.sampled_from(list(_places(document))))
        inner = json.loads(parent[key]) if key == "v1Compatibility" and isinstance(parent[key], str) else None
        if isinstance(inner, dict) and inner:
            inner[draw(st.sampled_from([*inner, *KEYS]))] = draw(documents)
            parent[key] = json.dumps(inner)
        else:
            parent[key] = draw(documents)
    return json.dumps(document).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each key or index of it."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])


def hostile(*of: str) -> st.SearchStrategy[bytes]:
    """Bodies that are nearly of some kind, and any others."""
    nearly = st.one_of(*(made for name in of for made in (altered(name), altered(name), damaged(name))))
    return st.one_of(nearly, nearly, documents.map(json.dumps).map(str.encode), st.binary(max_size=100))


media_types = st.sampled_from(["", SCHEMA_2, SCHEMA_1_SIGNED, "application/json", "text/html; charset", ";", "\0"])


@given(hostile("schema 1", "schema 2"), media_types)
@settings(max_examples=500)
def test_a_body_is_classified_and_has_a_digest_or_is_refused(body: bytes, media_type: str) -> None:
    try:
        classify(body, media_type)
        digest_of(body, media_type)
    except Refused as refused:
        assert str(refused).isascii()  # noqa: PT017 -- both are fine


@given(hostile("schema 1"), hostile("configs"))
@settings(max_examples=500)
def test_an_image_is_recomputed_and_compared_or_is_refused(old: bytes, config: bytes) -> None:
    try:
        image = read_image(manifest_of(config, LAYERS[:2]), config)
        recompute(image)
        manifest = read_schema_1(old)
        compare(manifest, image)
        converts_to(manifest, image)
    except Refused as refused:
        assert str(refused)  # noqa: PT017 -- both are fine
