"""What kind of manifest a body is, and its digest (distribution, "Image Manifest Version 2, Schema 1" and "Schema 2"; OCI image specification)."""

import base64
import binascii
import hashlib
import json
from enum import Enum, auto
from typing import Any

from redigest.model import Digest
from redigest.schema1.strict_json import Refused, parse


class Kind(Enum):
    """Kinds of manifests."""

    SCHEMA_1 = auto()
    SCHEMA_2 = auto()
    OCI_MANIFEST = auto()
    INDEX = auto()


_LARGEST = 16 * 1024 * 1024
_DOCKER = "application/vnd.docker.distribution.manifest."
_MEDIA_TYPES = {
    f"{_DOCKER}v1+json": Kind.SCHEMA_1,
    f"{_DOCKER}v1+prettyjws": Kind.SCHEMA_1,
    f"{_DOCKER}v2+json": Kind.SCHEMA_2,
    f"{_DOCKER}list.v2+json": Kind.INDEX,
    "application/vnd.oci.image.manifest.v1+json": Kind.OCI_MANIFEST,
    "application/vnd.oci.image.index.v1+json": Kind.INDEX,
}
_UNTOLD = ("", "application/json", "text/plain", "application/octet-stream")
"""Media types that tell nothing: registries and folders give bodies under them, schema 1 among these."""


def classify(body: bytes, media_type: str) -> Kind:
    """Tell what a body is, by its media type and its content together. Raises `Refused` for what is none of these, or more than one at once."""
    return _classify(_object(body), media_type)


def digest_of(body: bytes, media_type: str) -> Digest:
    """The digest of a manifest: that of the signed payload for schema 1, of the body for everything else. Raises `Refused`."""
    manifest = _object(body)
    signed = payload(body, manifest) if _classify(manifest, media_type) is Kind.SCHEMA_1 else body
    return Digest(hashlib.sha256(signed).hexdigest())


def payload(body: bytes, manifest: Any) -> bytes:
    """What the signatures of a schema 1 body sign (RFC 7515 in the form of libtrust); the body itself where there are none. Raises `Refused`."""
    signatures = manifest.get("signatures")
    if signatures is None:
        return body
    if not isinstance(signatures, list) or not signatures:
        raise Refused("it has an empty list of signatures")
    payloads = {_signed(body, signature) for signature in signatures}
    if len(payloads) > 1:
        raise Refused("its signatures are for different payloads")
    return payloads.pop()


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > _LARGEST:
        raise Refused("it is larger than 16 MiB")
    manifest = parse(body)
    if not isinstance(manifest, dict):
        raise Refused("it is no JSON object")
    return manifest


def _classify(manifest: dict[str, Any], media_type: str) -> Kind:
    kinds = {kind for key, kind in (("fsLayers", Kind.SCHEMA_1), ("layers", Kind.SCHEMA_2), ("manifests", Kind.INDEX)) if key in manifest}
    if len(kinds) > 1:
        raise Refused("it is two kinds of manifest at once")
    if not kinds:
        raise Refused("it is no manifest of a kind that is known")
    kind = kinds.pop()
    if manifest.get("schemaVersion") != (1 if kind is Kind.SCHEMA_1 else 2):
        raise Refused("its schemaVersion is not that of its content")
    told = [_MEDIA_TYPES.get(name) for name in (media_type, manifest.get("mediaType", "")) if isinstance(name, str) and name not in _UNTOLD]
    if kind is Kind.SCHEMA_2 and Kind.OCI_MANIFEST in told and Kind.SCHEMA_2 not in told:
        kind = Kind.OCI_MANIFEST
    if kind is Kind.SCHEMA_2 and not told and _is_oci(manifest):
        kind = Kind.OCI_MANIFEST
    if any(one is not kind for one in told):
        raise Refused("its media type is not that of its content")
    return kind


def _is_oci(manifest: dict[str, Any]) -> bool:
    config = manifest.get("config")
    return isinstance(config, dict) and str(config.get("mediaType", "")).startswith("application/vnd.oci.")


def _signed(body: bytes, signature: object) -> bytes:
    try:
        protected = json.loads(_decoded(signature["protected"]))  # type: ignore[index]  # whatever it is, what is wrong with it is refused
        length, tail = protected["formatLength"], _decoded(protected["formatTail"])
    except (TypeError, KeyError, ValueError, RecursionError):
        raise Refused("a signature does not say what it signs") from None
    if not isinstance(length, int) or isinstance(length, bool) or not 0 < length <= len(body):
        raise Refused("a signature is for more than the body holds")
    return body[:length] + tail


def _decoded(text: str) -> bytes:
    """Base64 for URLs without padding (RFC 7515, section 2)."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("not base64") from None
