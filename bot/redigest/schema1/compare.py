"""Whether the layers and the settings of a schema 1 manifest at hand are those of a schema 2 image.

Weaker than a recomputed payload: it holds for what the two manifests say, and layers that were compressed anew on the way cannot be told from others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from redigest.model import Digest
from redigest.schema1.body import ONLY_IN_SCHEMA_1, Schema1
from redigest.schema1.images import EMPTY_LAYER, Image
from redigest.schema1.refusals import Refused
from redigest.schema1.strict_json import text

_NOT_COMPARED = ONLY_IN_SCHEMA_1 | {"rootfs", "history"}
_TOLD_BY_NAME = ("os", "created", "config")


class Likeness(StrEnum):
    """How far two images are the same, as far as their manifests tell."""

    SAME = "same"
    UNSURE = "unsure"
    DIFFER = "differ"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it, and why, in words."""

    likeness: Likeness
    reason: str


def compare(old: Schema1, new: Image) -> Comparison:
    """Compare the layers in their order, the settings, and the commands of the history.

    `DIFFER` says that no known conversion leads from one to the other, and `UNSURE` that one may. Neither proves anything.
    """
    differing = _differing_setting(old, new)
    if not has_equal_layers(old, new):
        return _of_other_layers(len(_filled(_layers(old))), len(_filled(new.layers)), differing)
    if differing:
        return Comparison(Likeness.UNSURE, f"the layers are equal, and {differing} is not")
    try:
        if not _has_equal_commands(old, new):
            return Comparison(Likeness.UNSURE, "the layers and the settings are equal, and the commands of the history are not")
    except Refused as refused:
        return Comparison(Likeness.UNSURE, f"the layers and the settings are equal, and the history cannot be compared: {refused}")
    return Comparison(Likeness.SAME, "the layers, the settings and the commands of the history are equal")


def has_equal_layers(old: Schema1, new: Image) -> bool:
    """Equal in their order, or equal but for empty layers, which Docker before 1.10 stored like any other.

    The mark `throwaway` comes first, since a real layer can be the empty one. A marked layer that is not the empty one has files of which nothing is known.
    """
    if any(entry.is_throwaway and entry.blob != EMPTY_LAYER for entry in old.entries):
        return False
    layers = _layers(old)
    return layers == list(new.layers) or _filled(layers) == _filled(new.layers)


def _layers(old: Schema1) -> list[Digest]:
    return [entry.blob for entry in old.entries if not entry.is_throwaway]


def _filled(layers: Iterable[Digest]) -> list[Digest]:
    return [layer for layer in layers if layer != EMPTY_LAYER]


def _of_other_layers(old: int, new: int, differing: str) -> Comparison:
    if old != new:
        return Comparison(Likeness.DIFFER, f"the numbers of layers with files differ: {old} in schema 1, {new} in schema 2")
    if differing:
        return Comparison(Likeness.DIFFER, f"the layers are not equal, nor is {differing}")
    return Comparison(Likeness.UNSURE, "the settings are equal and the layers are not; they may have been compressed anew on the way")


def _differing_setting(old: Schema1, new: Image) -> str:
    """A setting that differs, in words; empty when none does."""
    settings = {key: value for key, value in new.settings.items() if key not in _NOT_COMPARED}
    try:
        if old.architecture != text(settings, "architecture"):
            return "the architecture"
    except Refused:
        return "the architecture"
    for key in _TOLD_BY_NAME:
        if old.settings.get(key) != settings.get(key):
            return f"the setting `{key}`"
    return "" if old.settings == settings else "another setting"


def _has_equal_commands(old: Schema1, new: Image) -> bool:
    """Compare all but the newest, of which the entry in schema 1 is the config, with a command of its own."""
    return len(old.entries) == len(new.history) and all(
        entry.command == text(step, "created_by") for entry, step in zip(old.entries[:-1], new.history[:-1], strict=True)
    )
