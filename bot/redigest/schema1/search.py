"""Trying names and tags: which of them make the schema 1 payload of an image hash to a digest that is looked for."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from redigest.model import Digest
from redigest.schema1.images import read
from redigest.schema1.payloads import payloads


@dataclass(frozen=True, slots=True)
class Hit:
    """A payload that hashes to a digest: proof that this was the schema 1 form of the image, under this name and tag."""

    flavour: str
    name: str
    tag: str


def search(manifest: bytes, config: bytes, *, names: Sequence[str], tags: Sequence[str], wanted: Collection[Digest]) -> Mapping[Digest, Hit]:
    """Find the digests of `wanted` that the image has under any of the names and tags; a miss says nothing. Raises `Refused`.

    Bytes of a schema 2 manifest and of the config that it names; every name is tried with every tag, in all flavours.
    """
    sought = {bytes.fromhex(digest.hex): digest for digest in wanted}
    hits: dict[Digest, Hit] = {}
    for attempt in payloads(read(manifest, config)):
        payload = attempt.payload
        if payload is None:
            continue
        tagged = [(tag, payload.quoted(tag) + payload.behind) for tag in tags]
        for name in names:
            start = hashlib.sha256(payload.before + payload.quoted(name) + payload.between)
            for tag, rest in tagged:
                state = start.copy()
                state.update(rest)
                if (digest := sought.get(state.digest())) is not None:
                    hits.setdefault(digest, Hit(attempt.flavour, name, tag))
    return hits
