"""Splicing digests into bytes, and the checks that nothing else changed."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from redigest.find import find
from redigest.model import Digest, Edit, Sighting
from redigest.rules import Rules

_DIGEST = re.compile(r"sha256:[0-9a-f]+|[0-9a-f]{64}")
"""A digest in the words for a place: a key or the name of an object can hold one."""


class Refused(Exception):
    """A file fails a check and stays as it was; the message says which."""


def splice(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Put the new hex digits in place of the old ones; the order of the edits does not matter. Raises `Refused` if the old ones are not there."""
    parts: list[bytes] = []
    position = 0
    for edit in sorted(edits):
        end = edit.start + len(edit.before)
        if edit.start < position:
            raise Refused(f"two edits overlap at byte {edit.offset}")
        if data[edit.start : end] != edit.before:
            raise Refused(f"the digest is no longer at byte {edit.offset}; the file has changed meanwhile")
        parts += [data[position : edit.start], edit.after]
        position = end
    parts.append(data[position:])
    return b"".join(parts)


def rewrite(path: str, data: bytes, edits: Sequence[Edit], *, before: Sequence[Sighting], rules: Rules, prefix: str = "") -> bytes:
    """Give the new bytes of one file, checked; `before` holds all its sightings. Raises `Refused`, and then the file must stay as it was."""
    new = splice(data, edits)
    check_bytes(data, new, edits)
    check_sightings(before, find(path, new, rules, prefix=prefix).sightings, edits)
    return new


def check_bytes(old: bytes, new: bytes, edits: Collection[Edit]) -> None:
    """Raise `Refused` unless the length is what the edits make it, and every byte that differs lies inside an edit."""
    length = len(old) + sum(len(edit.after) - len(edit.before) for edit in edits)
    if len(new) != length:
        raise Refused(f"the length would change from {len(old)} to {len(new)} bytes, and the edits make it {length}")
    position, shift = 0, 0
    for edit in sorted(edits):
        if old[position : edit.start] != new[position + shift : edit.start + shift]:
            raise Refused(f"a byte between {position} and {edit.start}, outside every edit, would change")
        position = edit.start + len(edit.before)
        shift += len(edit.after) - len(edit.before)
    if old[position:] != new[position + shift :]:
        raise Refused(f"a byte after {position}, outside every edit, would change")


def check_sightings(before: Sequence[Sighting], after: Sequence[Sighting], edits: Collection[Edit]) -> None:
    """Raise `Refused` unless the same is found in the same places, but for the new digests, and none of those would be swapped again."""
    by_offset = {edit.offset: edit for edit in edits}
    olds: set[Digest] = {edit.old for edit in edits}
    expected: list[Sighting] = []
    shift, column_shift, line = 0, 0, 0
    for sighting in before:
        if sighting.line != line:
            line, column_shift = sighting.line, 0
        moved = replace(sighting, offset=sighting.offset + shift, column=sighting.column + column_shift)
        edit = by_offset.get(sighting.offset)
        if edit is None:
            expected.append(moved)
        elif edit.new is None:
            shift -= len(edit.before)
            column_shift -= len(edit.before)
        elif edit.new in olds:
            raise Refused(f"the new digest {edit.new} would be swapped again by the next run")
        else:
            expected.append(replace(moved, digest=edit.new, text=str(edit.new)))
    if list(map(_placed, expected)) != list(map(_placed, after)):
        raise Refused("reading the changed file again does not find the same images in the same places")


def _placed(sighting: Sighting) -> Sighting:
    """The sighting with no digest in the words for its place, which change with what is swapped around it."""
    return replace(sighting, place=_DIGEST.sub("", sighting.place))
