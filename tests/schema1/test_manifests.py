"""What a body is, and what its digest covers."""

import base64
import hashlib
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redigest.media_types import DOCKER_LIST, OCI_INDEX, OCI_MANIFEST, SCHEMA_1, SCHEMA_1_SIGNED, SCHEMA_2
from redigest.schema1.manifests import Kind, classify, digest_of, payload_of
from redigest.schema1.refusals import Malformed

OLD: dict[str, object] = {"schemaVersion": 1, "fsLayers": [], "history": []}
IMAGE: dict[str, object] = {"schemaVersion": 2, "config": {}, "layers": []}
INDEX: dict[str, object] = {"schemaVersion": 2, "manifests": []}


def body(members: Mapping[str, object], **more: object) -> bytes:
    return json.dumps({**members, **more}).encode()


@pytest.mark.parametrize(
    ("members", "media_type", "kind"),
    [
        (OLD, SCHEMA_1, Kind.SCHEMA_1),
        (OLD, SCHEMA_1_SIGNED, Kind.SCHEMA_1),
        (OLD, "application/json", Kind.SCHEMA_1),
        (OLD, "", Kind.SCHEMA_1),
        (IMAGE, SCHEMA_2, Kind.SCHEMA_2),
        (IMAGE, f"{SCHEMA_2.upper()} ; charset=utf-8", Kind.SCHEMA_2),
        ({**IMAGE, "mediaType": SCHEMA_2}, "", Kind.SCHEMA_2),
        ({**IMAGE, "mediaType": SCHEMA_2}, SCHEMA_2, Kind.SCHEMA_2),
        (IMAGE, OCI_MANIFEST, Kind.OCI_MANIFEST),
        (IMAGE, "text/plain", Kind.OCI_MANIFEST),
        (INDEX, DOCKER_LIST, Kind.LIST),
        ({**INDEX, "mediaType": DOCKER_LIST}, "application/octet-stream", Kind.LIST),
        (INDEX, OCI_INDEX, Kind.OCI_INDEX),
        (INDEX, "", Kind.OCI_INDEX),
    ],
)
def test_classifies_by_media_type_and_body_together(members: Mapping[str, object], media_type: str, kind: Kind) -> None:
    assert classify(body(members), media_type) is kind


@pytest.mark.parametrize(
    ("content", "media_type", "reason"),
    [
        (body(OLD, layers=[]), SCHEMA_1, "more than one kind"),
        (body(IMAGE, fsLayers=[]), SCHEMA_2, "more than one kind"),
        (body(IMAGE, manifests=[]), OCI_INDEX, "more than one kind"),
        (body(INDEX, config={}), OCI_INDEX, "more than one kind"),
        (body(IMAGE, FSLayers=[]), SCHEMA_2, "`fsLayers` but for case"),
        (body(INDEX, Manifests=[]), OCI_INDEX, "`manifests` but for case"),
        (body({"schemaVersion": 2}), SCHEMA_2, "no manifest"),
        (body({"schemaVersion": 2, "layers": []}), SCHEMA_2, "no manifest"),
        (body({"schemaVersion": 1, "fsLayers": []}), SCHEMA_1, "no manifest"),
        (body({"errors": [{"code": "MANIFEST_UNKNOWN"}]}), "application/json", "no manifest"),
        (body(OLD, schemaVersion=2), SCHEMA_1, "schema version"),
        (body(IMAGE, schemaVersion=1), SCHEMA_2, "schema version"),
        (body(IMAGE, schemaVersion=2.0), SCHEMA_2, "schema version"),
        (body(OLD, schemaVersion=True), SCHEMA_1, "schema version"),
        (body({"config": {}, "layers": []}), SCHEMA_2, "schema version"),
        (body(OLD), SCHEMA_2, "media type"),
        (body(IMAGE), SCHEMA_1_SIGNED, "media type"),
        (body(IMAGE), DOCKER_LIST, "media type"),
        (body(IMAGE, mediaType=OCI_MANIFEST), SCHEMA_2, "media type"),
        (body(IMAGE, mediaType="application/vnd.other"), SCHEMA_2, "media type"),
        (body(IMAGE, mediaType=1), SCHEMA_2, "`mediaType` is not a string"),
        (body(IMAGE), "text/html", "media type"),
        (b"<html>", "text/html", "not JSON"),
    ],
)
def test_refuses_what_is_not_one_kind(content: bytes, media_type: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        classify(content, media_type)
    with pytest.raises(Malformed, match=reason):
        digest_of(content, media_type)


def test_takes_the_digest_of_the_body_but_for_schema_1() -> None:
    content = body(IMAGE, mediaType=SCHEMA_2)
    assert digest_of(content, SCHEMA_2).hex == hashlib.sha256(content).hexdigest()
    unsigned = body(OLD)
    assert digest_of(unsigned, SCHEMA_1).hex == hashlib.sha256(unsigned).hexdigest()


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signature(length: object, tail: bytes = b"}", **more: object) -> dict[str, object]:
    protected = json.dumps({"formatLength": length, "formatTail": encoded(tail), **more}).encode()
    return {"header": {"alg": "none"}, "signature": "", "protected": encoded(protected)}


def signed(payload: bytes, signatures: object) -> bytes:
    """The payload with this list of signatures before its last brace."""
    return payload[:-1] + b', "signatures": ' + json.dumps(signatures).encode() + b"}"


PAYLOAD = body(OLD, name="rhel7/etcd", tag="1")
CUT = len(PAYLOAD) - 1

times = st.text(st.characters(codec="utf-8"), max_size=5)


@given(st.lists(times, min_size=1, max_size=3), st.integers(0, 3))
def test_signatures_do_not_matter_for_the_digest(moments: list[str], spaces: int) -> None:
    signatures = [signature(CUT, time=moment) for moment in moments]
    content = signed(PAYLOAD, signatures) + b" " * spaces
    assert payload_of(content) == PAYLOAD
    assert digest_of(content, SCHEMA_1_SIGNED) == digest_of(PAYLOAD, SCHEMA_1)


def test_keeps_the_bytes_of_what_is_signed() -> None:
    payload = b'{ "history":[],\n"fsLayers" :[], "schemaVersion":1\n}'
    content = payload[:-2] + b',"signatures":[' + json.dumps(signature(len(payload) - 2, b"\n}")).encode() + b"]}"
    assert payload_of(content) == payload


OTHER = body(OLD, name="rhel7/evil", tag="1")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (signed(PAYLOAD, []), "list of signatures is empty"),
        (signed(PAYLOAD, None), "list of signatures is empty"),
        (signed(PAYLOAD, {}), "`signatures` is not an array"),
        (signed(PAYLOAD, ["x"]), "`signatures` is not an array of objects"),
        (signed(PAYLOAD, [signature(CUT), signature(CUT - 1, b"]}")]), "do not agree"),
        (signed(PAYLOAD, [signature(CUT), signature(CUT, b" }")]), "do not agree"),
        (signed(PAYLOAD, [signature(CUT, b"")]), "not JSON"),
        (signed(PAYLOAD, [signature(0, b"{}")]), "not what is shown"),
        (signed(OTHER, [signature(0, PAYLOAD)]), "not what is shown"),
        (signed(PAYLOAD, [signature(10**9)]), "not what is shown"),
        (signed(PAYLOAD, [signature(-1)]), "how much"),
        (signed(PAYLOAD, [signature(CUT + 0.5)]), "how much"),
        (signed(PAYLOAD, [signature(True)]), "how much"),
        (signed(PAYLOAD, [{"protected": "e30"}]), "how much"),
        (signed(PAYLOAD, [{}]), "not JSON"),
        (signed(PAYLOAD, [{"protected": "e30="}]), "base64url"),
        (signed(PAYLOAD, [{"protected": "+/+/"}]), "base64url"),
        (signed(PAYLOAD, [{"protected": "é"}]), "base64url"),
        (signed(PAYLOAD, [{"protected": "abcde"}]), "base64url"),
        (signed(PAYLOAD, [signature(CUT), {"protected": 1}]), "`protected` is not a string"),
    ],
)
def test_refuses_signatures_that_do_not_cover_what_is_shown(content: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        digest_of(content, SCHEMA_1_SIGNED)
