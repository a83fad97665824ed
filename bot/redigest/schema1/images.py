"""A schema 2 image as the conversion to schema 1 reads it: layers, the steps of its history, and the members of its config."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redigest.schema1.manifests import Kind, classify
from redigest.schema1.strict_json import Refused, members, parse

EMPTY_LAYER = "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"
"""The blob that stands for a step without a layer: an empty tar archive, compressed by gzip."""

_STEP_KEYS = ("created", "created_by", "author", "comment", "empty_layer")
_CONFIG_KEYS = ("history", "rootfs", "architecture", "created", "id", "parent", "throwaway")


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the history, oldest first; `layer` is its position among the layers, `None` for an empty one."""

    created: str | None
    created_by: str
    author: str
    comment: str
    layer: int | None


@dataclass(frozen=True, slots=True)
class SourceImage:
    """What a payload is made from. `config` holds the members of the config as Go writes raw values, `parsed` the same for readers."""

    layers: tuple[str, ...]
    diff_ids: tuple[str, ...]
    steps: tuple[Step, ...]
    architecture: str | None
    base_layer: str
    config_bytes: bytes
    config: Mapping[str, str]
    parsed: Mapping[str, Any]


def read(manifest: bytes, config: bytes) -> SourceImage:
    """Read a schema 2 manifest and the config that it names. Raises `Refused` where the two do not fit, or could be read in more than one way."""
    if classify(manifest, "") is not Kind.SCHEMA_2:
        raise Refused("it is no schema 2 manifest")
    described = parse(manifest)
    named = described.get("config")
    if not isinstance(named, dict) or named.get("digest") != f"sha256:{hashlib.sha256(config).hexdigest()}":
        raise Refused("the config is not the one that the manifest names")
    layers = tuple(_digest(layer) for layer in _list(described.get("layers"), "layers"))
    image = _checked(parse(config), _CONFIG_KEYS)
    rootfs = _checked(image.get("rootfs") or {}, ("type", "diff_ids", "base_layer"))
    history = _list(image.get("history"), "history")
    if not history:
        raise Refused("the config has no history, without which there is no schema 1 form")
    steps, count = [], 0
    for entry in history:
        step = _step(_checked(entry, _STEP_KEYS), count)
        steps.append(step)
        count += step.layer is not None
    if count > len(layers):
        raise Refused("the history has more steps with a layer than the manifest has layers")
    return SourceImage(
        layers=layers,
        diff_ids=tuple(_text(one, "a diff_id") for one in _list(rootfs.get("diff_ids"), "diff_ids")),
        steps=tuple(steps),
        architecture=_text(image["architecture"], "the architecture") if image.get("architecture") is not None else None,
        base_layer=_text(rootfs.get("base_layer") or "", "the base layer"),
        config_bytes=config,
        config=members(config),
        parsed=image,
    )


def _step(entry: Mapping[str, Any], layer: int) -> Step:
    is_empty = entry.get("empty_layer") or False
    if not isinstance(is_empty, bool):
        raise Refused("an empty_layer in the history is no boolean")
    created = entry.get("created")
    created_by, author, comment = (_text(entry.get(key) or "", f"a {key} in the history") for key in ("created_by", "author", "comment"))
    date = None if created is None else _text(created, "a date in the history")
    return Step(date, created_by, author, comment, None if is_empty else layer)


def _checked(value: object, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """An object in which no key is one of `keys` but for its case: Go would take it for that one."""
    if not isinstance(value, dict):
        raise Refused("the config has something else where an object must be")
    known = {key.casefold(): key for key in keys}
    if any(known.get(key.casefold(), key) != key for key in value):
        raise Refused("a key of the config is written in another case, which programs read differently")
    return value


def _list(value: object, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(f"{what} is no list")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise Refused(f"{what} is no text")
    return value


def _digest(layer: object) -> str:
    digest = layer.get("digest") if isinstance(layer, dict) else None
    if not isinstance(digest, str) or not digest.startswith("sha256:"):
        raise Refused("a layer has no sha256 digest")
    return digest
