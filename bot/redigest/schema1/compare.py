"""Holding a schema 1 body against a schema 2 image: the layers of both, and the config to which the body converts."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from redigest.schema1.images import EMPTY_LAYER, SourceImage, read
from redigest.schema1.manifests import Kind, classify
from redigest.schema1.strict_json import Refused, go_string, go_time, members, parse

_OF_THE_CONVERSION = ("id", "parent", "parent_id", "layer_id", "throwaway", "Size")
"""Members of a v1Compatibility that the config of the image does not have."""

_NEEDS_MORE = re.compile(r"(?:0|1\.[0-7]|1\.8\.[0-2])(?:[^0-9].*)?")
"""Versions of Docker before 1.8.3, whose configs are written anew as a whole, with members that no one else writes."""


class Layers(Enum):
    """What comes of comparing layers."""

    SAME = auto()
    UNSURE = auto()
    """The blobs differ and the config is the same: they may have been compressed anew on the way."""
    DIFFER = auto()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A layer of a schema 1 body with its v1Compatibility, raw and parsed."""

    blob: str
    raw: str
    parsed: Mapping[str, Any]

    @property
    def is_empty(self) -> bool:
        return self.parsed.get("throwaway") is True


def compare_layers(body: bytes, manifest: bytes, config: bytes) -> Layers:
    """Compare the layers and the top config of a schema 1 body with those of a schema 2 image. Raises `Refused`."""
    entries = _entries(body)
    image = read(manifest, config)
    is_same_config = _top_config(entries[-1]) == {key: value for key, value in image.parsed.items() if key not in ("history", "rootfs", *_OF_THE_CONVERSION)}
    if not is_same_config:
        return Layers.DIFFER
    full = [entry.blob for entry in entries if not entry.is_empty]
    without_empty = [entry.blob for entry in entries if entry.blob != EMPTY_LAYER]
    is_same = list(image.layers) == full or [layer for layer in image.layers if layer != EMPTY_LAYER] == without_empty
    if is_same and _commands(entries) == [step.created_by for step in image.steps[:-1]]:
        return Layers.SAME
    return Layers.UNSURE if not is_same and len(full) == len(image.layers) else Layers.DIFFER


def forward(body: bytes, manifest: bytes, config: bytes) -> bool:
    """Tell whether the body converts to exactly the config of the image, which holds its uncompressed layers. Raises `Refused`.

    The conversion is that of moby and of containers/image (docker_schema1.go, `convertToManifestSchema2`); images whose config was made by other programs
    have another order of keys, so a miss proves nothing.
    """
    entries = _entries(body)
    image = read(manifest, config)
    full = sum(not entry.is_empty for entry in entries)
    if full != len(image.diff_ids):
        return False
    return hashlib.sha256(_converted(entries, image)).hexdigest() == hashlib.sha256(config).hexdigest()


def _entries(body: bytes) -> Sequence[_Entry]:
    """The layers of a body, oldest first, of consecutive ones with the same id the last. Raises `Refused`."""
    if classify(body, "") is not Kind.SCHEMA_1:
        raise Refused("it is no schema 1 body")
    manifest = parse(body)
    layers, history = manifest["fsLayers"], manifest.get("history")
    if not isinstance(layers, list) or not isinstance(history, list) or not layers or len(layers) != len(history):
        raise Refused("the body has not as many layers as entries of history")
    entries: list[_Entry] = []
    for layer, entry in zip(reversed(layers), reversed(history), strict=True):
        blob, raw = (part.get(key) if isinstance(part, dict) else None for part, key in ((layer, "blobSum"), (entry, "v1Compatibility")))
        parsed = parse(raw.encode("utf-8", "surrogatepass")) if isinstance(raw, str) else None
        if not isinstance(blob, str) or not isinstance(raw, str) or not isinstance(parsed, dict):
            raise Refused("the body has a layer without a digest or without its history")
        if entries and entries[-1].parsed.get("id") == parsed.get("id") is not None:
            entries.pop()
        entries.append(_Entry(blob, raw, parsed))
    return entries


def _converted(entries: Sequence[_Entry], image: SourceImage) -> bytes:
    """The config that the body becomes with the diff_ids of the image."""
    top = entries[-1]
    version = top.parsed.get("docker_version")
    if isinstance(version, str) and _NEEDS_MORE.fullmatch(version):
        raise Refused("the image was built by Docker before 1.8.3, whose configs are not converted")
    config = {key: value for key, value in members(top.raw.encode()).items() if key not in _OF_THE_CONVERSION}
    config["rootfs"] = f'{{"type":"layers","diff_ids":[{",".join(map(go_string, image.diff_ids))}]}}'
    config["history"] = f"[{','.join(_step(entry) for entry in entries)}]"
    return ("{" + ",".join(f"{go_string(key)}:{config[key]}" for key in sorted(config, key=str.encode)) + "}").encode()


def _step(entry: _Entry) -> str:
    created = entry.parsed.get("created")
    texts = {"author": entry.parsed.get("author"), "created_by": _command(entry.parsed), "comment": entry.parsed.get("comment")}
    parts = [f'"created":"{go_time(created if isinstance(created, str) else None)}"']
    parts += [f'"{key}":{go_string(text)}' for key, text in texts.items() if isinstance(text, str) and text]
    parts += ['"empty_layer":true'] if entry.is_empty else []
    return f"{{{','.join(parts)}}}"


def _top_config(entry: _Entry) -> Mapping[str, Any]:
    return {key: value for key, value in entry.parsed.items() if key not in _OF_THE_CONVERSION}


def _commands(entries: Sequence[_Entry]) -> list[str]:
    return [_command(entry.parsed) for entry in entries[:-1]]


def _command(compatibility: Mapping[str, Any]) -> str:
    container = compatibility.get("container_config")
    command = container.get("Cmd") if isinstance(container, dict) else None
    return " ".join(part for part in command if isinstance(part, str)) if isinstance(command, list) else ""
