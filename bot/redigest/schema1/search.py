"""The search for the name and the tag under which an image was converted: a payload that hashes to the old digest is proof, and none says nothing."""

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from redigest.model import Digest
from redigest.schema1.templates import Flavour, Template

_PLAIN = re.compile(r"[A-Za-z0-9._:/-]{0,255}")
"""What a name or a tag can be of, and empty as in a folder that skopeo wrote; nothing of it is escaped in JSON."""
_TRY = 1024
"""What a try costs beside the hashing, as the number of bytes that are hashed in that time."""
BUDGET = 4 << 30
"""Bytes; some seconds on one core."""


@dataclass(frozen=True, slots=True)
class Hit:
    """The payload of this flavour under this name and tag has exactly this digest."""

    digest: Digest
    flavour: Flavour
    name: str
    tag: str


@dataclass(frozen=True, slots=True)
class Search:
    """What was found. `tries` counts the payloads that were hashed; `is_complete` tells that none was left out for want of time."""

    hits: tuple[Hit, ...]
    tries: int
    is_complete: bool


def search(wanted: Collection[Digest], templates: Sequence[Template], *, names: Iterable[str], tags: Iterable[str], budget: int = BUDGET) -> Search:
    """Look for all the digests among all the names and tags, in their order; end when each is found or the budget, in bytes to hash, is spent.

    It costs the same for one digest as for many. What is before the tag is hashed once for all tags.
    """
    open_digests = {bytes.fromhex(digest.hex): digest for digest in wanted}
    plain_tags = [tag.encode() for tag in dict.fromkeys(tags) if _PLAIN.fullmatch(tag)]
    hits: list[Hit] = []
    tries = 0
    for name in dict.fromkeys(names):
        if not _PLAIN.fullmatch(name):
            continue
        for template in templates:
            if not open_digests:
                return Search(tuple(hits), tries, is_complete=True)
            cost = len(template.after) + _TRY
            budget -= len(template.before)
            affordable = plain_tags[: max(0, budget) // cost]
            budget -= cost * len(affordable)
            tries += len(affordable)
            for tag, digest in _found(template, name, affordable, open_digests):
                hits.append(Hit(open_digests.pop(digest), template.flavour, name, tag.decode()))
            if len(affordable) < len(plain_tags):
                return Search(tuple(hits), tries, is_complete=not open_digests)
    return Search(tuple(hits), tries, is_complete=True)


def _found(template: Template, name: str, tags: Sequence[bytes], wanted: Collection[bytes]) -> list[tuple[bytes, bytes]]:
    """The tags of which the payload has a wanted digest, with that digest."""
    start, after = hashlib.sha256(template.before + name.encode() + template.between), template.after
    found = []
    for tag in tags:
        state = start.copy()
        state.update(tag)
        state.update(after)
        if state.digest() in wanted:
            found.append((tag, state.digest()))
    return found
