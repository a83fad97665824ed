"""References that are split over keys: which keys hold the parts, and the name that they make together."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from redigest.document import Mapping as Node
from redigest.document import Scalar, Sequence, Spot
from redigest.reference import Pinned, is_tag, parse, pinned_at
from redigest.rules import Keys
from redigest.variables import known

_BLANK = " \t\r\n"
_NULLS = ("null", "Null", "NULL", "~")
"""YAML 1.2.2, section 10.3.2."""
_SCHEME = re.compile(r"[a-z]+://")
_DEFAULT = re.compile(r"""\{\{ [^{}"]{0,200} \bdefault\s++ "(?P<default>[^"]*+)" [^{}"]*+ \}\}""", re.VERBOSE)
"""An action of a Go template whose value is what is set elsewhere, or else the literal."""
_VARIABLE = re.compile(r"\{\{|\$[{(A-Za-z_]|<<")
"""What a template or a shell puts its values in place of."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What stands beside a digest; the name is `None` where a variable stands in it."""

    name: str | None
    tag: str | None


def parts_beside(spot: Spot, keys: Keys) -> Parts | None:
    """The name and the tag that the keys around the spot give; `None` if they hold no repository."""
    repository = said(spot, keys.repository)
    image = said(spot, keys.image)
    written = repository if repository is not None else image
    if written is None:
        return None
    reference = parse(written.removeprefix("oci://").removeprefix("docker://").removesuffix("@sha256"))
    tag = tag_beside(spot, keys)
    if reference is None:
        completed = _completed(spot, written)
        return Parts(completed.name, tag or completed.tag) if completed is not None else None
    if reference.name.isdecimal():
        return None
    name: str | None = reference.name
    if repository is not None and image is not None:
        name = _joined(reference.name, image, is_beside=True)
    registry, is_beside = _found(spot, keys.registry)
    if registry is not None and name is not None:
        name = _joined(_SCHEME.sub("", registry).rstrip("/"), name, is_beside=is_beside)
    return Parts(name, tag or reference.tag)


def tag_beside(spot: Spot, keys: Keys) -> str | None:
    """The tag that the keys around the spot give, without a digest behind it."""
    tag = (said(spot, keys.tag) or "").partition("@")[0]
    return tag if is_tag(tag) else None


def said(spot: Spot, keys: tuple[str, ...]) -> str | None:
    """The value of the first of `keys` around the spot that holds a text which is neither empty nor null."""
    return _found(spot, keys)[0]


def _completed(spot: Spot, written: str) -> Pinned | None:
    """The repository where a variable or an action of a template stands in it; its name is `None` unless the file gives the variable."""
    pinned = pinned_at(f"{written}@", len(written) + 1)
    if pinned is None or (pinned.start, pinned.name, pinned.tag) != (0, None, None):
        return None
    return known(pinned, f"{written}@", len(written) + 1, spot=spot)


def _joined(before: str, name: str, *, is_beside: bool) -> str | None:
    """A name behind what goes before it; `None` if that is not known. What is set far away does not go before a name that is whole."""
    if name == before or name.startswith(f"{before}/") or before.endswith(f"/{name}"):
        return max(name, before, key=len)
    if _VARIABLE.search(before) or _VARIABLE.search(name):
        return None
    reference = parse(name)
    if reference is None or (reference.registry is not None and not is_beside):
        return name
    joined = parse(f"{before}/{name}")
    return joined.name if joined is not None else name


def _found(spot: Spot, keys: tuple[str, ...]) -> tuple[str | None, bool]:
    """The value of the first key that has one, and whether it stands in the same mapping as the digest."""
    for key in keys:
        for node, name in _candidates(spot, key):
            value = node.get(name)
            if isinstance(value, Scalar) and (text := value.value.strip(_BLANK)) and not (value.style == "" and value.value in _NULLS):
                default = _DEFAULT.fullmatch(text)
                return default["default"] if default else text, node is spot.parent
    return None, False


def _candidates(spot: Spot, key: str) -> Iterator[tuple[Node, str]]:
    """The mappings in which a key of a rule may stand, in order, each with its last step; `Keys` says how keys are written."""
    around = [mapping for mapping, _ in reversed(spot.around)]
    if key.startswith("**/"):
        yield from _below(around, key.removeprefix("**/"))
    elif key.startswith("["):
        yield from _labelled(spot, key)
    elif up := key.count("../"):
        yield from _below(around[up : up + 1], key[3 * up :])
    elif spot.parent is not None:
        yield spot.parent, key


def _below(mappings: list[Node], steps: str) -> Iterator[tuple[Node, str]]:
    *way, last = steps.split(".")
    for mapping in mappings:
        node: object = mapping
        for step in way:
            node = node.get(step) if isinstance(node, Node) else None
        if isinstance(node, Node):
            yield node, last


def _labelled(spot: Spot, key: str) -> Iterator[tuple[Node, str]]:
    """What is labelled like the digest but for the part behind the last dot: another key, or with a label another item of the same list."""
    label, _, last = key[1:].partition("]")
    own = spot.path[-1] if spot.path else None
    if not isinstance(own, str) or spot.parent is None:
        return
    prefix = ((spot.parent.scalar(label) or "") if label else own).rpartition(".")[0]
    if not prefix:
        return
    if not label:
        yield spot.parent, f"{prefix}.{last}"
    elif item := _by_label(_list_around(spot), label).get(f"{prefix}.{last}"):
        yield item, own


def _list_around(spot: Spot) -> Sequence | None:
    """The list of which the mapping around the spot is an item."""
    if len(spot.around) < 2:
        return None
    holder, depth = spot.around[-2]
    step = spot.path[depth]
    items = holder.get(step) if isinstance(step, str) else None
    return items if isinstance(items, Sequence) else None


@lru_cache(maxsize=64)
def _by_label(items: Sequence | None, label: str) -> Mapping[str, Node]:
    """The mappings of a list by what they have under `label`; of all lists around one place at a time."""
    labelled = ((item.scalar(label), item) for item in (items.items if items else ()) if isinstance(item, Node))
    return {said: item for said, item in labelled if said is not None}
