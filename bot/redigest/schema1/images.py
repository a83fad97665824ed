"""A schema 2 image: its manifest and its config, held against each other.

The reference is Docker's "Image Manifest Version 2, Schema 2" and "Docker Image Specification v1.2".
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from redigest.model import Digest
from redigest.schema1.manifests import Kind, classify
from redigest.schema1.refusals import Malformed, Unconvertible
from redigest.schema1.strict_json import check_spelling, child, objects, read_object, strings, text

EMPTY_LAYER = Digest("a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4")
"""The gzipped empty archive that stands for a layer without files in schema 1."""

_MAXIMUM_CONFIG = 1 << 20
"""Bytes; each conversion escapes them twice, and the largest of real images have some hundred thousand."""
_MAXIMUM_STEPS = 4096
_FOREIGN_LAYER = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
_DESCRIPTOR_KEYS = ("mediaType", "digest", "size", "urls")
_CONFIG_KEYS = ("architecture", "rootfs", "history")
_ROOT_KEYS = ("type", "diff_ids", "base_layer")
_STEP_KEYS = ("created", "author", "created_by", "comment", "empty_layer")


@dataclass(frozen=True, slots=True)
class Image:
    """An image as its manifest and config tell it; layers, their uncompressed digests and the history go from the oldest to the newest."""

    layers: tuple[Digest, ...]
    has_foreign_layers: bool
    config_digest: Digest
    config: bytes
    settings: Mapping[str, object]
    diff_ids: tuple[str, ...]
    base_layer: str
    history: tuple[Mapping[str, object], ...]


def read_image(manifest: bytes, config: bytes, *, media_type: str = "") -> Image:
    """Read a schema 2 manifest, which the registry calls by this media type, and the config that it names.

    Raises `Refused`, also where the config is another one.
    """
    if (kind := classify(manifest, media_type)) is not Kind.SCHEMA_2:
        raise Unconvertible(f"the manifest is not of schema 2 but {kind}")
    members = read_object(manifest)
    named = _digest(child(members, "config"))
    if hashlib.sha256(config).hexdigest() != named.hex:
        raise Malformed("the config is not the one that the manifest names")
    if len(config) > _MAXIMUM_CONFIG:
        raise Unconvertible(f"its config is larger than {_MAXIMUM_CONFIG} bytes")
    settings = read_object(config)
    check_spelling(settings, _CONFIG_KEYS)
    root = child(settings, "rootfs")
    check_spelling(root, _ROOT_KEYS)
    layers = objects(members, "layers")
    history = objects(settings, "history")
    if len(history) > _MAXIMUM_STEPS:
        raise Unconvertible(f"its history has more than {_MAXIMUM_STEPS} steps")
    for step in history:
        check_spelling(step, _STEP_KEYS)
    return Image(
        layers=tuple(_digest(layer) for layer in layers),
        has_foreign_layers=any(text(layer, "mediaType") == _FOREIGN_LAYER for layer in layers),
        config_digest=named,
        config=config,
        settings=settings,
        diff_ids=tuple(strings(root, "diff_ids")),
        base_layer=text(root, "base_layer"),
        history=tuple(history),
    )


def _digest(descriptor: Mapping[str, object]) -> Digest:
    check_spelling(descriptor, _DESCRIPTOR_KEYS)
    named = text(descriptor, "digest")
    try:
        return Digest.parse(named)
    except ValueError:
        raise Malformed("the digest of a part of the image is not a sha256 digest") from None
