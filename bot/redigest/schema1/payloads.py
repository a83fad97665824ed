"""Rebuilding the schema 1 payloads that registries and clients have made of schema 2 images, byte for byte, in the ways that are known.

`distribution` is manifest/schema1/config_builder.go of distribution 2.4.1 to 2.8, `distribution-noauthor` that of 2.3 and 2.4.0, `containers-image` is
what skopeo, podman and buildah write as v2s1, and `pulp` is schema_convert.py of pulp_container up to 2.18.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from redigest.schema1.images import EMPTY_LAYER, SourceImage, Step
from redigest.schema1.strict_json import Refused, go_string, go_time


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload with gaps for name and tag, which are written as JSON strings: the texts before, between and behind them, in the order of the flavour."""

    flavour: str
    before: bytes
    between: bytes
    behind: bytes

    def filled(self, name: str, tag: str) -> bytes:
        """The whole payload for a repository and a tag."""
        return b"".join((self.before, _QUOTED[self.flavour](name).encode(), self.between, _QUOTED[self.flavour](tag).encode(), self.behind))

    def quoted(self, text: str) -> bytes:
        """A name or a tag as the flavour writes it."""
        return _QUOTED[self.flavour](text).encode()


@dataclass(frozen=True, slots=True)
class Attempt:
    """The payload of one flavour, or why the flavour has none for this image."""

    flavour: str
    payload: Payload | None
    refusal: str | None = None


def payloads(image: SourceImage) -> tuple[Attempt, ...]:
    """The payloads of an image in every flavour; those that are equal to an earlier one are left out."""
    attempts: list[Attempt] = []
    for flavour, build in _FLAVOURS.items():
        try:
            payload = build(image, flavour)
        except Refused as refusal:
            attempts.append(Attempt(flavour, None, str(refusal)))
            continue
        texts = (payload.before, payload.between, payload.behind)
        if all(other.payload is None or (other.payload.before, other.payload.between, other.payload.behind) != texts for other in attempts):
            attempts.append(Attempt(flavour, payload))
    return tuple(attempts)


def _distribution(image: SourceImage, flavour: str) -> Payload:
    if len(image.diff_ids) != len(image.layers):
        raise Refused("the config has another number of diff_ids than the manifest has layers")
    base = hashlib.sha384(image.base_layer.encode()).digest()[:32].hex() if image.base_layer else ""
    layers, compatibilities = _converted(image, base=base, with_author=flavour != "distribution-noauthor", since_1_22=False)
    lines = ["   ],", '   "history": [', *_indented("v1Compatibility", map(go_string, compatibilities)), "   ]", "}"]
    head = [f'   "architecture": {go_string(image.architecture or "")},', '   "fsLayers": [', *_indented("blobSum", map(go_string, layers)), *lines]
    return Payload(flavour, b'{\n   "schemaVersion": 1,\n   "name": ', b',\n   "tag": ', (",\n" + "\n".join(head)).encode())


def _indented(key: str, values: "map[str]") -> list[str]:
    entries = [f'      {{\n         "{key}": {value}\n      }}' for value in values]
    return [",\n".join(entries)]


def _containers_image(image: SourceImage, flavour: str) -> Payload:
    since_1_22 = flavour.endswith("go1.22")
    layers, compatibilities = _converted(image, base="", with_author=True, since_1_22=since_1_22)

    def written(value: str) -> str:
        return go_string(value, since_1_22=since_1_22)

    fs_layers = ",".join(f'{{"blobSum":{written(layer)}}}' for layer in layers)
    history = ",".join(f'{{"v1Compatibility":{written(one)}}}' for one in compatibilities)
    behind = f',"architecture":{written(image.architecture or "")},"fsLayers":[{fs_layers}],"history":[{history}],"schemaVersion":1}}'
    return Payload(flavour, b'{"name":', b',"tag":', behind.encode())


def _converted(image: SourceImage, *, base: str, with_author: bool, since_1_22: bool) -> tuple[list[str], list[str]]:
    """Blobs and v1Compatibility texts, newest first, as Go programs make them; `base` is the parent of the first step, and does not go into its id."""
    layers: list[str] = []
    texts: list[str] = []
    parent = ""
    for step in image.steps[:-1]:
        blob = _blob(image, step)
        identity = hashlib.sha256(f"{_hex(blob)} {parent}".encode()).hexdigest()
        texts.append(_compatibility(step, identity, parent or base, with_author=with_author, since_1_22=since_1_22))
        layers.append(blob)
        parent = identity
    top = image.steps[-1]
    blob = _blob(image, top)
    identity = hashlib.sha256(f"{_hex(blob)} {parent} ".encode() + image.config_bytes).hexdigest()
    texts.append(_top(image, top, identity, parent))
    return [*layers, blob][::-1], texts[::-1]


def _compatibility(step: Step, identity: str, parent: str, *, with_author: bool, since_1_22: bool) -> str:
    def written(value: str) -> str:
        return go_string(value, since_1_22=since_1_22)

    members = [f'"id":"{identity}"']
    members += [f'"parent":"{parent}"'] if parent else []
    members += [f'"comment":{written(step.comment)}'] if step.comment else []
    members += [f'"created":"{go_time(step.created)}"', f'"container_config":{{"Cmd":[{written(step.created_by)}]}}']
    members += [f'"author":{written(step.author)}'] if step.author and with_author else []
    members += ['"throwaway":true'] if step.layer is None else []
    return f"{{{','.join(members)}}}"


def _top(image: SourceImage, step: Step, identity: str, parent: str) -> str:
    """The config itself without history and rootfs, its members in the order of the bytes of their keys."""
    go_time(step.created)  # Go reads the whole history, and gives up at a date that it cannot read
    members: dict[str, str] = {key: value for key, value in image.config.items() if key not in ("history", "rootfs")}
    members["id"] = f'"{identity}"'
    if parent:
        members["parent"] = f'"{parent}"'
    if step.layer is None:
        members["throwaway"] = "true"
    return "{" + ",".join(f"{go_string(key)}:{members[key]}" for key in sorted(members, key=lambda key: key.encode("utf-8", "surrogatepass"))) + "}"


def _pulp(image: SourceImage, flavour: str) -> Payload:
    if image.architecture is None:
        raise Refused("the config names no architecture")
    if len(image.diff_ids) != len(image.layers):
        raise Refused("the config has another number of diff_ids than the manifest has layers")
    layers: list[str] = []
    entries: list[Mapping[str, object]] = []
    parent = ""
    first = len(image.layers) - sum(step.layer is not None for step in image.steps)
    for number, step in enumerate(image.steps):
        position = step.layer + first if step.layer is not None else None
        blob, diff_id = (image.layers[position], image.diff_ids[position]) if position is not None else (EMPTY_LAYER, "")
        identity = hashlib.sha256(f"{blob}{diff_id}{number:06d}".encode()).hexdigest()
        entry: dict[str, object] = {"id": identity}
        if number < len(image.steps) - 1:
            entry |= {"created": step.created or "", "container_config": {"Cmd": [step.created_by]}}
        else:
            entry = {key: value for key, value in image.parsed.items() if key not in ("history", "rootfs")} | entry
        entry |= {"parent": parent} if parent else {}
        entry |= {"throwaway": True} if step.layer is None else {}
        layers.append(blob)
        entries.append(entry)
        parent = identity
    manifest = {
        "architecture": image.architecture,
        "fsLayers": [{"blobSum": layer} for layer in reversed(layers)],
        "history": [{"v1Compatibility": json.dumps(entry, sort_keys=True, separators=(",", ":"))} for entry in reversed(entries)],
    }
    text = json.dumps(manifest, sort_keys=True, indent=3, separators=(",", ": "))
    before = text.removesuffix("\n}") + ',\n   "name": '
    return Payload(flavour, before.encode(), b',\n   "schemaVersion": 1,\n   "tag": ', b"\n}")


def _blob(image: SourceImage, step: Step) -> str:
    return EMPTY_LAYER if step.layer is None else image.layers[step.layer]


def _hex(digest: str) -> str:
    return digest.partition(":")[2]


_FLAVOURS: Mapping[str, Callable[[SourceImage, str], Payload]] = {
    "distribution": _distribution,
    "distribution-noauthor": _distribution,
    "containers-image": _containers_image,
    "containers-image-go1.22": _containers_image,
    "pulp": _pulp,
}
_QUOTED: Mapping[str, Callable[[str], str]] = {flavour: json.dumps if flavour == "pulp" else go_string for flavour in _FLAVOURS}
