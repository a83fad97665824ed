"""What a schema 1 manifest says of its image: the layers and the history, read from what is signed.

The reference is Docker's "Image Manifest Version 2, Schema 1", and for the consecutive entries of one layer containers/image, `manifest/docker_schema1.go`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from redigest.model import Digest
from redigest.schema1.manifests import Kind, classify, payload_of
from redigest.schema1.refusals import Malformed
from redigest.schema1.strict_json import check_spelling, child, flag, objects, read_object, strings, text

ONLY_IN_SCHEMA_1 = frozenset({"id", "parent", "parent_id", "layer_id", "throwaway", "Size"})
"""The members of the newest entry that are no settings of the image."""

_ID = re.compile(r"[0-9a-f]{64}")
_ENTRY_KEYS = ("id", "parent", "comment", "created", "container_config", "author", "throwaway", "docker_version", "architecture")


@dataclass(frozen=True, slots=True)
class Entry:
    """One layer and the step of the history that made it; `command` is joined by spaces, and `created` as it is written."""

    blob: Digest
    id: str
    parent: str
    created: object
    author: str
    comment: str
    command: str
    is_throwaway: bool


@dataclass(frozen=True, slots=True)
class Schema1:
    """A schema 1 manifest; `entries` go from the oldest to the newest, and `newest` is the `v1Compatibility` of the last as it is written."""

    name: str
    tag: str
    architecture: str
    entries: tuple[Entry, ...]
    newest: bytes
    settings: Mapping[str, object]


def read_schema_1(body: bytes) -> Schema1:
    """Read a body, with signatures or without. Raises `Malformed`."""
    if classify(body) is not Kind.SCHEMA_1:
        raise Malformed("it is not a schema 1 manifest")
    members = read_object(payload_of(body))
    layers, history = objects(members, "fsLayers"), objects(members, "history")
    if len(layers) != len(history) or not layers:
        raise Malformed("it does not have one entry of history for each layer" if layers else "it has no layers")
    written = [text(entry, "v1Compatibility").encode() for entry in history]
    kept = _chain([_entry(layer, entry) for layer, entry in zip(layers, written, strict=True)])
    newest = written[kept[0][0]]
    return Schema1(
        name=text(members, "name"),
        tag=text(members, "tag"),
        architecture=text(members, "architecture"),
        entries=tuple(entry for _, entry in reversed(kept)),
        newest=newest,
        settings={key: value for key, value in read_object(newest).items() if key not in ONLY_IN_SCHEMA_1},
    )


def _entry(layer: Mapping[str, object], written: bytes) -> Entry:
    check_spelling(layer, ("blobSum",))
    members = read_object(written)
    check_spelling(members, _ENTRY_KEYS)
    container = child(members, "container_config")
    check_spelling(container, ("Cmd",))
    blob = text(layer, "blobSum")
    entry_id = text(members, "id")
    if not _ID.fullmatch(entry_id) or not blob.startswith("sha256:") or not _ID.fullmatch(blob.removeprefix("sha256:")):
        raise Malformed("a layer has no proper digest or no proper id")
    return Entry(
        blob=Digest.parse(blob),
        id=entry_id,
        parent=text(members, "parent"),
        created=members.get("created"),
        author=text(members, "author"),
        comment=text(members, "comment"),
        command=" ".join(strings(container, "Cmd")),
        is_throwaway=flag(members, "throwaway"),
    )


def _chain(entries: list[Entry]) -> list[tuple[int, Entry]]:
    """The entries from the newest to the oldest, each with its index, and of consecutive ones with one id the oldest; each is the parent of the one before."""
    kept = [(index, entry) for index, entry in enumerate(entries) if index + 1 == len(entries) or entries[index + 1].id != entry.id]
    if len({entry.id for _, entry in kept}) != len(kept):
        raise Malformed("two layers that do not follow each other have one id")
    if any(entry.parent != older.id for (_, entry), (_, older) in pairwise(kept)):
        raise Malformed("the layers are not each the parent of the next")
    return kept
