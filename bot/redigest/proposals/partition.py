"""Which edits of a plan go into which proposal."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from redigest.model import Decision, Edit, Plan, Sighting, Swap
from redigest.proposals.marker import pin_key, swap_key

GroupBy = Literal["repository", "image", "folder"]

ALL = ""
"""The key of the group that holds everything."""

SUGGESTED = "suggested"
"""The key of the group of swaps that nothing but a tag speaks for; behind it, and a hyphen, the key that they would have otherwise."""

_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_LONGEST_SLUG = 40


@dataclass(frozen=True, slots=True)
class Group:
    """What one proposal swaps: a key that stays the same from run to run, the decisions with an edit, and whether only a tag speaks for them.

    `folder` is the folder of a group that is one, `None` for any other.
    """

    key: str
    decisions: tuple[Decision, ...]
    is_suggestion: bool = False
    folder: str | None = None

    def key_of(self, decision: Decision) -> str:
        """The key of the swap that a decision with an edit makes; by folder the same swap in two folders is two."""
        edit = decision.edit
        if edit is None:
            raise ValueError("a decision without an edit swaps nothing")
        return swap_key(self._image(decision.sighting), str(edit.old), str(edit.new or ""))

    def pin_of(self, sighting: Sighting) -> str | None:
        """The key of what a sighting pins, `None` where it is no digest."""
        return pin_key(self._image(sighting), str(sighting.digest)) if sighting.digest is not None else None

    def _image(self, sighting: Sighting) -> str | None:
        return sighting.name if self.folder is None else f"{self.folder}\0{sighting.name or ''}"


def fingerprint(edits: Mapping[str, Iterable[Edit]]) -> str:
    """32 hex digits that stand for every file and what is swapped in it for what, how often; where in the file does not count."""
    swaps = sorted((path, edit.old.hex, edit.new.hex if edit.new else "") for path, edits_of in edits.items() for edit in edits_of)
    text = "\0".join(part for swap in swaps for part in swap)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def partition(plan: Plan, by: GroupBy, *, depth: int = 1) -> tuple[Group, ...]:
    """Split the edits of a plan into groups, in order of their keys; swaps for which only a tag speaks are in groups of their own.

    By image, everything that shares a digest or a name is one group. By folder, the first `depth` parts of the folder of a file make a group, so that an
    image which stands in two of them moves in two proposals.
    """
    groups: dict[tuple[bool, str], list[Decision]] = defaultdict(list)
    decisions = [decision for decision in plan.decisions if decision.edit is not None]
    key = _keys(decisions, by, depth)
    for decision in decisions:
        groups[_is_suggestion(decision), key(decision)].append(decision)
    is_folder = by == "folder"
    return tuple(
        Group(_key(key, is_suggestion), tuple(group), is_suggestion, key if is_folder else None) for (is_suggestion, key), group in sorted(groups.items())
    )


def _key(key: str, is_suggestion: bool) -> str:  # noqa: FBT001 -- it is half of the key
    return f"{SUGGESTED}-{key}".removesuffix("-") if is_suggestion else key


def _is_suggestion(decision: Decision) -> bool:
    return isinstance(decision.verdict, Swap) and decision.verdict.is_suggestion


def _keys(decisions: Collection[Decision], by: GroupBy, depth: int) -> Callable[[Decision], str]:
    match by:
        case "repository":
            return lambda _: ALL
        case "folder":
            return lambda decision: folder_of(decision.sighting.path, depth)
        case "image":
            images = _Images()
            for decision in decisions:
                images.join(*_names(decision))
            return lambda decision: images.first(_names(decision)[0])


def folder_of(path: str, depth: int) -> str:
    """The first parts of the folder of a file, by which files are one group; `.` for the top."""
    return "/".join(path.split("/")[:-1][:depth]) or "."


def _names(decision: Decision) -> tuple[str, ...]:
    digest = str(decision.edit.old) if decision.edit else ""
    return (digest,) if decision.sighting.name is None else (decision.sighting.name, digest)


class _Images:
    """Names and digests that belong together; the group is named by the first name in it, a digest if there is none."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def first(self, name: str) -> str:
        parent = self._parents.setdefault(name, name)
        while parent != self._parents[parent]:
            parent = self._parents[parent]
        self._parents[name] = parent
        return parent

    def join(self, *names: str) -> None:
        first, *others = sorted(map(self.first, names), key=lambda name: (name.startswith("sha256:"), name))
        for other in others:
            self._parents[other] = first


def left_out(plan: Plan, decisions: Iterable[Decision], *, reason: str) -> Plan:
    """The plan without the edits of some decisions, which stay out for the reason."""
    places = set(map(place_of, decisions))
    return Plan(tuple(replace(decision, edit=None, reason=reason) if place_of(decision) in places else decision for decision in plan.decisions))


def place_of(decision: Decision) -> tuple[str, int]:
    """Path and offset, by which the decisions of a plan differ."""
    return decision.sighting.path, decision.sighting.offset


def branch_name(prefix: str, base: str, key: str) -> str:
    """The branch of a group: below the prefix the base branch, and for a group that is not everything what it is called.

    Names are flat, because `release` and `release/1` cannot both be folders; what is lost by that is made up for by a hash.
    """
    flat = base.replace("/", "-")
    name = flat if flat == base else f"{flat}-{_hash(base)}"
    if key != ALL:
        name += f"-{_slug(key)}-{_hash(key)}".replace("--", "-")
    return f"{prefix}/{name}"


def _slug(key: str) -> str:
    last = key if key.startswith(SUGGESTED) else key.partition("@")[0]
    return _NOT_IN_SLUG.sub("-", last.lower()).strip("-")[-_LONGEST_SLUG:].strip("-")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
