"""Whether a schema 1 manifest at hand converts to exactly the config of a schema 2 image.

The references are containers/image, `manifest/docker_schema1.go`, `ToSchema2Config`, and moby, `image/v1/imagev1.go`, `MakeConfigFromV1Config`, which agree.
"""

import hashlib
from collections.abc import Sequence

from redigest.schema1.body import ONLY_IN_SCHEMA_1, Entry, Schema1
from redigest.schema1.compare import has_equal_layers
from redigest.schema1.go_json import compacted, quoted, timestamp
from redigest.schema1.images import Image
from redigest.schema1.refusals import Unconvertible
from redigest.schema1.strict_json import raw_members, text

_KEEPS_ITS_CONFIG = (1, 8, 3)
"""The configs of older versions of Docker are written anew by a conversion, with members added."""


def converts_to(old: Schema1, new: Image) -> bool:
    """Whether the layers are equal and the config that the conversion makes of the old manifest is that of the image, byte for byte.

    The conversion takes the digests of the uncompressed layers from elsewhere, here from the image itself, so an equal config says nothing of the layers:
    two builds with fixed times and other files have the same history. Hence the layers must be equal as well.
    Raises `Refused` where the result of the conversion is not known for certain. A miss says nothing.
    """
    if not has_equal_layers(old, new):
        return False
    return any(hashlib.sha256(config_of(old, new.diff_ids, go122=go122)).hexdigest() == new.config_digest.hex for go122 in (False, True))


def config_of(old: Schema1, diff_ids: Sequence[str], *, go122: bool = False) -> bytes:
    """The schema 2 config that a conversion writes, given the digests of the uncompressed layers, oldest first."""
    version = text(old.settings, "docker_version")
    if version and _numbers(version) < _KEEPS_ITS_CONFIG:
        raise Unconvertible("Docker before 1.8.3 built it, and conversions write such a config anew")
    members = {key: compacted(raw) for key, raw in raw_members(old.newest).items() if key not in ONLY_IN_SCHEMA_1}
    listed = f',"diff_ids":[{",".join(quoted(diff_id, go122=go122) for diff_id in diff_ids)}]' if diff_ids else ""
    members["rootfs"] = f'{{"type":"layers"{listed}}}'
    members["history"] = f"[{','.join(_step(entry, go122=go122) for entry in old.entries)}]"
    return f"{{{','.join(f'{quoted(key, go122=go122)}:{members[key]}' for key in sorted(members))}}}".encode()


def _step(entry: Entry, *, go122: bool) -> str:
    texts = (("author", entry.author), ("created_by", entry.command), ("comment", entry.comment))
    members = [f'"created":"{timestamp(entry.created)}"']
    members += [f'"{key}":{quoted(value, go122=go122)}' for key, value in texts if value]
    if entry.is_throwaway:
        members.append('"empty_layer":true')
    return f"{{{','.join(members)}}}"


def _numbers(version: str) -> tuple[int, ...]:
    """The parts of a version as moby compares them (`api/types/versions`): what is no number counts as 0."""
    return tuple(int(part) if part.isascii() and part.isdecimal() and len(part) < 10 else 0 for part in version.split("."))
