"""The schema 1 payload of a schema 2 image as pulp_container up to 2.18 makes it.

The reference is its `schema_convert.py`, `Schema2toSchema1Converter`.
It writes with Python's `json`: sorted keys, ASCII only, numbers as Python prints them.
"""

import hashlib
import json
from itertools import chain, repeat

from redigest.schema1.images import EMPTY_LAYER, Image
from redigest.schema1.refusals import Unconvertible
from redigest.schema1.strict_json import flag
from redigest.schema1.templates import Flavour, Template, make_template


def pulp_template(image: Image) -> Template:
    """Convert the image. Raises `Refused` where the program fails, and where what it does is not known for certain."""
    if not image.history or "architecture" not in image.settings or not image.layers or not image.diff_ids:
        raise Unconvertible("its config lacks what the conversion needs")
    if image.has_foreign_layers:
        raise Unconvertible("it has foreign layers")
    layers = _layers(image)
    try:
        manifest = {
            "architecture": image.settings["architecture"],
            "fsLayers": [{"blobSum": blob} for blob, _ in reversed(layers)],
            "history": [{"v1Compatibility": entry} for entry in reversed(_history(image, layers))],
        }
        written = json.dumps(manifest, indent=3, separators=(",", ": "), allow_nan=False)
    except ValueError:
        raise Unconvertible("it has a number or a digest that cannot be written") from None
    return make_template(Flavour.PULP, f'{written.removesuffix(chr(10) + "}")},\n   "name": "', '",\n   "schemaVersion": 1,\n   "tag": "', '"\n}')


def _layers(image: Image) -> list[tuple[str, str | None]]:
    """The blob and the uncompressed digest of each step of the history, taken from the newest down and empty once they run out."""
    empty = (str(EMPTY_LAYER), None)
    remaining = chain(zip(map(str, reversed(image.layers)), reversed(image.diff_ids), strict=False), repeat(empty))
    return [empty if flag(step, "empty_layer") else next(remaining) for step in reversed(image.history)][::-1]


def _history(image: Image, layers: list[tuple[str, str | None]]) -> list[str]:
    """The `v1Compatibility` of each step of the history; that of the newest is the config itself."""
    history: list[str] = []
    parent = None
    for index, (step, (blob, diff_id)) in enumerate(zip(image.history, layers, strict=True)):
        if index < len(layers) - 1:
            entry: dict[str, object] = {"created": step.get("created", ""), "container_config": {"Cmd": [step.get("created_by", "")]}}
        else:
            entry = {key: value for key, value in image.settings.items() if key not in ("rootfs", "history")}
        if diff_id is None:
            entry["throwaway"] = True
        entry["id"] = hashlib.sha256(f"{blob}{diff_id or ''}{index:06}".encode("ascii")).hexdigest()
        if parent is not None:
            entry["parent"] = parent
        parent = entry["id"]
        history.append(json.dumps(entry, sort_keys=True, separators=(",", ":"), allow_nan=False))
    return history
