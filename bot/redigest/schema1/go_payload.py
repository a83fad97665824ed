"""The schema 1 payload of a schema 2 image as Go programs make it.

The references are docker/distribution v2.3.0 to v2.8.3, `manifest/schema1/config_builder.go`, and containers/image v5,
`internal/image/docker_schema2.go`, `convertToManifestSchema1`, which follows it in everything but what `Dialect` says.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from redigest.model import Digest
from redigest.schema1.go_json import compacted, quoted, timestamp
from redigest.schema1.images import EMPTY_LAYER, Image
from redigest.schema1.refusals import Unconvertible
from redigest.schema1.strict_json import flag, raw_members, text
from redigest.schema1.templates import Flavour, Template, make_template


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one program does that another does not.

    `counts_diff_ids`: it refuses an image with more or fewer of them than layers. `knows_base_layers`: Windows' give the first layer a parent.
    `go122`: it is built with Go 1.22 or newer.
    """

    flavour: Flavour
    is_indented: bool
    keeps_authors: bool
    counts_diff_ids: bool
    knows_base_layers: bool
    go122: bool = False


def go_template(image: Image, dialect: Dialect) -> Template:
    """Convert the image. Raises `Refused` where the program fails, and where what it does is not known for certain."""
    if not image.history:
        raise Unconvertible("its config has no history")
    if dialect.counts_diff_ids and (image.settings.get("rootfs") is None or len(image.diff_ids) != len(image.layers)):
        raise Unconvertible("its config and its manifest have different numbers of layers")
    blobs = _blobs(image)
    history = _history(image, blobs, dialect)
    layout = _indented if dialect.is_indented else _compact
    architecture = quoted(text(image.settings, "architecture"), go122=dialect.go122)
    before, between, after = layout(architecture, reversed(blobs), (quoted(entry, go122=dialect.go122) for entry in reversed(history)))
    return make_template(dialect.flavour, before, between, after)


def _blobs(image: Image) -> list[Digest]:
    """The layer of each step of the history."""
    layers = iter(image.layers)
    blobs = []
    for step in image.history:
        blob = EMPTY_LAYER if flag(step, "empty_layer") else next(layers, None)
        if blob is None:
            raise Unconvertible("its history has more layers than its manifest")
        blobs.append(blob)
    return blobs


def _history(image: Image, blobs: Sequence[Digest], dialect: Dialect) -> list[str]:
    """The `v1Compatibility` of each step of the history; that of the newest is the config itself."""
    history: list[str] = []
    parent = ""
    for step, blob in zip(image.history[:-1], blobs[:-1], strict=True):
        step_id = hashlib.sha256(f"{blob.hex} {parent}".encode()).hexdigest()
        if not history and dialect.knows_base_layers and image.base_layer:
            parent = hashlib.sha384(image.base_layer.encode()).digest()[:32].hex()
        history.append(_step(step, step_id, parent, dialect))
        parent = step_id
    top_id = hashlib.sha256(f"{blobs[-1].hex} {parent} ".encode() + image.config).hexdigest()
    history.append(_top(image, top_id, parent, dialect))
    return history


def _step(step: Mapping[str, object], step_id: str, parent: str, dialect: Dialect) -> str:
    """Empty members are left out, but for the time and the command (`omitempty` means nothing for a structure)."""

    def quote(value: str) -> str:
        return quoted(value, go122=dialect.go122)

    comment = text(step, "comment")
    author = text(step, "author") if dialect.keeps_authors else ""
    members = (
        f'"id":"{step_id}"',
        f'"parent":"{parent}"' if parent else "",
        f'"comment":{quote(comment)}' if comment else "",
        f'"created":"{timestamp(step.get("created"))}"',
        f'"container_config":{{"Cmd":[{quote(text(step, "created_by"))}]}}',
        f'"author":{quote(author)}' if author else "",
        '"throwaway":true' if flag(step, "empty_layer") else "",
    )
    return f"{{{','.join(filter(None, members))}}}"


def _top(image: Image, top_id: str, parent: str, dialect: Dialect) -> str:
    """The config's own members, as they are written, with those of schema 1 in place of those of schema 2."""
    members = {key: compacted(raw) for key, raw in raw_members(image.config).items() if key not in ("rootfs", "history")}
    members["id"] = f'"{top_id}"'
    if parent:
        members["parent"] = f'"{parent}"'
    if flag(image.history[-1], "empty_layer"):
        members["throwaway"] = "true"
    return f"{{{','.join(f'{quoted(key, go122=dialect.go122)}:{members[key]}' for key in sorted(members))}}}"


def _indented(architecture: str, blobs: Iterable[Digest], history: Iterable[str]) -> tuple[str, str, str]:
    layers = ",\n      ".join(f'{{\n         "blobSum": "{blob}"\n      }}' for blob in blobs)
    entries = ",\n      ".join(f'{{\n         "v1Compatibility": {entry}\n      }}' for entry in history)
    lists = f'   "fsLayers": [\n      {layers}\n   ],\n   "history": [\n      {entries}\n   ]'
    return '{\n   "schemaVersion": 1,\n   "name": "', '",\n   "tag": "', f'",\n   "architecture": {architecture},\n{lists}\n}}'


def _compact(architecture: str, blobs: Iterable[Digest], history: Iterable[str]) -> tuple[str, str, str]:
    layers = ",".join(f'{{"blobSum":"{blob}"}}' for blob in blobs)
    entries = ",".join(f'{{"v1Compatibility":{entry}}}' for entry in history)
    return '{"name":"', '","tag":"', f'","architecture":{architecture},"fsLayers":[{layers}],"history":[{entries}],"schemaVersion":1}}'
