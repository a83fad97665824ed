"""What kind of manifest a body is, and what its digest covers.

The kinds follow the media type and the body together: the specifications of Docker's image manifest V2, schema 1 and schema 2, and of OCI's image
manifest and image index. A body that is two kinds at once is refused (GHSA-mc8v-mgrf-8f4m).
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from enum import StrEnum

from redigest.media_types import DOCKER_LIST, OCI_INDEX, OCI_MANIFEST, SCHEMA_1, SCHEMA_1_SIGNED, SCHEMA_2
from redigest.model import Digest
from redigest.schema1.refusals import Malformed
from redigest.schema1.strict_json import check_spelling, objects, read_object, text


class Kind(StrEnum):
    """What a manifest is."""

    SCHEMA_1 = "schema 1"
    SCHEMA_2 = "schema 2"
    LIST = "manifest list"
    OCI_MANIFEST = "OCI manifest"
    OCI_INDEX = "OCI index"


_KINDS = {
    SCHEMA_1: Kind.SCHEMA_1,
    SCHEMA_1_SIGNED: Kind.SCHEMA_1,
    SCHEMA_2: Kind.SCHEMA_2,
    DOCKER_LIST: Kind.LIST,
    OCI_MANIFEST: Kind.OCI_MANIFEST,
    OCI_INDEX: Kind.OCI_INDEX,
}
_SAYS_NOTHING = ("", "application/json", "application/octet-stream", "text/plain")
"""Media types under which registries and files give any manifest; the specification of schema 1 allows the second."""

_PARTS = {
    ("fsLayers", "history"): (Kind.SCHEMA_1,),
    ("config", "layers"): (Kind.OCI_MANIFEST, Kind.SCHEMA_2),
    ("manifests",): (Kind.OCI_INDEX, Kind.LIST),
}
"""The keys that a kind must have and no other may; the first kind is the one that need not name its media type."""
_KNOWN = ("schemaVersion", "mediaType", "name", "tag", "architecture", "signatures", *(key for keys in _PARTS for key in keys))


def classify(body: bytes, media_type: str = "") -> Kind:
    """Say what a body is; `media_type` is what the registry calls it, empty where it says nothing. Raises `Malformed`."""
    return _kind(read_object(body), media_type)


def digest_of(body: bytes, media_type: str = "") -> Digest:
    """The digest of a manifest: of schema 1, that of the signed payload, and of everything else that of the body. Raises `Malformed`."""
    kind = classify(body, media_type)
    return Digest(hashlib.sha256(payload_of(body) if kind is Kind.SCHEMA_1 else body).hexdigest())


def payload_of(body: bytes) -> bytes:
    """What the signatures of a schema 1 body cover, or the body when it has none. Raises `Malformed`, also where they cover something else than is shown.

    The form is that of the specification of schema 1, section "Signed Manifests" (JSON Web Signature, RFC 7515, flattened into the signed text):
    the payload is the first `formatLength` bytes of the body with `formatTail` behind them. The signatures themselves are not verified.
    """
    shown = read_object(body)
    if "signatures" not in shown:
        return body
    formats = {_format(signature) for signature in objects(shown, "signatures")}
    if len(formats) != 1:
        raise Malformed("its signatures do not agree on what is signed" if formats else "its list of signatures is empty")
    length, tail = formats.pop()
    payload = body[:length] + tail
    del shown["signatures"]
    if length > len(body) or read_object(payload) != shown:
        raise Malformed("what is signed is not what is shown")
    return payload


def _kind(members: Mapping[str, object], media_type: str) -> Kind:
    check_spelling(members, _KNOWN)
    found = [keys for keys in _PARTS if any(key in members for key in keys)]
    if len(found) > 1:
        raise Malformed("it is more than one kind of manifest at once")
    if not found or not all(key in members for key in found[0]):
        raise Malformed("it is no manifest of an image")
    possible = _PARTS[found[0]]
    version = members.get("schemaVersion")
    if type(version) is not int or version != (1 if Kind.SCHEMA_1 in possible else 2):
        raise Malformed("its schema version does not go with what it holds")
    named = {kind for kind in (_named(media_type), _named(text(members, "mediaType"))) if kind is not None}
    if len(named) > 1 or not named.issubset(possible):
        raise Malformed("its media type does not go with what it holds")
    return named.pop() if named else possible[0]


def _named(media_type: str) -> Kind | None:
    essence = media_type.partition(";")[0].strip().lower()
    if essence in _SAYS_NOTHING:
        return None
    if essence not in _KINDS:
        raise Malformed("its media type is not that of a manifest")
    return _KINDS[essence]


def _format(signature: Mapping[str, object]) -> tuple[int, bytes]:
    """How many bytes of the body are signed, and which bytes after them."""
    protected = read_object(_base64url(text(signature, "protected")))
    length = protected.get("formatLength")
    if type(length) is not int or length < 0:
        raise Malformed("a signature does not say how much of the manifest is signed")
    return length, _base64url(text(protected, "formatTail"))


def _base64url(chars: str) -> bytes:
    """Decode base64url without padding (RFC 7515, section 2)."""
    if "=" in chars or "+" in chars or "/" in chars:
        raise Malformed("a signature is not base64url")
    try:
        return base64.b64decode(chars + "=" * (-len(chars) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("a signature is not base64url") from None
