"""What a shape of the rules means: whether a spot has it, and which image stands there."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from redigest.document import Mapping as Node
from redigest.document import Scalar, Spot
from redigest.model import Digest, Standing
from redigest.reference import Pinned, parse, pinned_at
from redigest.rules import Keys, Rule, Shape
from redigest.screen import HEX_LENGTH, PREFIX, digits_at
from redigest.variables import known, pinned_by

_NULLS = ("null", "Null", "NULL", "~")
"""YAML 1.2.2, section 10.3.2."""
_BLANK = " \t\r\n"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_VARIABLE_START = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*:?[-=]")
_END_OF_VALUE = re.compile(r"\}?[ \t\r\n]*")
_LONGEST_AROUND = 512
"""Characters that may stand around a digest in a value that is no more than a reference; longer values are not looked at twice."""
_COMMENT_REACH = 1000
_QUOTE_OR_HASH = re.compile(r"['\"#]")


@dataclass(frozen=True, slots=True)
class Fit:
    """A spot has the shape of a rule: how it stands there, and the image as far as it is known."""

    standing: Standing
    name: str | None = None
    tag: str | None = None
    reason: str | None = None
    is_tagged: bool = False
    """The tag stands before the digest, in one reference with it."""


def fit(rule: Rule, spot: Spot) -> Fit | None:
    """Tell what stands at the spot if it has the rule's shape; `None` if the rule does not take it."""
    if rule.before and not spot.value.chars.endswith(rule.before, 0, spot.at):
        return None
    return _SHAPES[rule.shape](rule, spot)


def is_whole_reference(chars: str, at: int) -> bool:
    """Tell whether the value is nothing but a reference that ends in the digest at `at`; a scheme, a variable and blanks may stand around it."""
    pinned = pinned_at(chars, at)
    if pinned is None or pinned.start > _LONGEST_AROUND:
        return False
    start, digits = digits_at(chars, at)
    before = chars[: pinned.start].strip(_BLANK)
    return (not before or bool(_SCHEME.fullmatch(before) or _VARIABLE_START.fullmatch(before))) and bool(_END_OF_VALUE.fullmatch(chars, start + len(digits)))


def _reference(_: Rule, spot: Spot) -> Fit | None:
    return _pinned(spot) if is_whole_reference(spot.value.chars, spot.at) else None


def _local(rule: Rule, spot: Spot) -> Fit | None:
    return Fit(Standing.LIVE) if _reference(rule, spot) else None


def _text(_: Rule, spot: Spot) -> Fit | None:
    return None if is_commented(spot.value.chars, spot.at) else _pinned(spot)


def _pinned(spot: Spot) -> Fit | None:
    pinned = known(pinned_at(spot.value.chars, spot.at), spot.value.chars, spot.at, spot=spot)
    if pinned is None or spot.value.chars.startswith("@", spot.at + len(PREFIX) + HEX_LENGTH):
        return None
    return Fit(Standing.LIVE, spot.repository or pinned.name, pinned.tag, is_tagged=pinned.tag is not None)


def is_commented(chars: str, at: int) -> bool:
    """Tell whether the line up to `at` has begun a comment, as shells, YAML and Dockerfiles write it."""
    floor = max(0, at - _COMMENT_REACH)
    start = max(floor, chars.rfind("\n", floor, at) + 1, chars.rfind("\r", floor, at) + 1)
    line = chars[start:at]
    if line.lstrip().startswith(("#", "//")):
        return True
    if "#" not in line:
        return False
    quote = ""
    for match in _QUOTE_OR_HASH.finditer(line):
        char = match.group()
        if quote:
            quote = "" if char == quote else quote
        elif char != "#":
            quote = char
        elif line[match.start() - 1] in " \t":
            return True
    return False


def _split(rule: Rule, spot: Spot) -> Fit | None:
    """The digest alone, or with a tag before it, beside a key that holds the repository."""
    if spot.parent is None:
        return None
    written = _alone(spot)
    tag, at_sign, digest = written.rpartition("@")
    is_tag = bool(tag) and "/" not in tag and ":" not in tag
    if not _is_digest_alone(digest) or (at_sign and not is_tag):
        return None
    name = name_beside(spot, rule.keys)
    if name is None:
        completed = _completed_beside(spot, rule.keys)
        if completed is None:
            return None
        name = completed.name
    beside = _first(spot.parent, rule.keys.tag)
    return Fit(Standing.LIVE, name, tag or (beside if beside and PREFIX not in beside else None), is_tagged=bool(tag))


def _digest(rule: Rule, spot: Spot) -> Fit | None:
    """The digest alone, or behind a tag; its repository may stand where the same file uses the name that the digest is given to."""
    tag, _, digest = _alone(spot).rpartition("@")
    is_tag = bool(tag) and "/" not in tag and ":" not in tag and spot.path[-1:] != () and spot.path[-1] in rule.keys.tag
    if not rule.before and not (_is_digest_alone(digest) and (is_tag or not tag)):
        return None
    name = spot.repository or name_beside(spot, rule.keys)
    pinned = pinned_by(spot) if name is None and not tag else None
    return Fit(Standing.LIVE, pinned.name, pinned.tag) if pinned else Fit(Standing.LIVE, name, tag if is_tag else _beside(spot, rule.keys.tag))


def _variable(_: Rule, spot: Spot) -> Fit | None:
    pinned = pinned_by(spot)
    return Fit(Standing.LIVE, pinned.name, pinned.tag) if pinned is not None else None


def _bare_hex(rule: Rule, spot: Spot) -> Fit | None:
    """64 hex digits alone beside a repository, which ends in `@sha256` where the digits stand for its tag."""
    if len(_alone(spot)) != HEX_LENGTH:
        return None
    stands_for_tag = spot.path[-1:] and spot.path[-1] in rule.keys.tag
    if stands_for_tag and not (_first(spot.parent, rule.keys.repository) or "").endswith("@sha256"):
        return None
    name = name_beside(spot, rule.keys)
    return Fit(Standing.LIVE, name, None if stands_for_tag else _first(spot.parent, rule.keys.tag)) if name else None


def _embedded(_: Rule, __: Spot) -> Fit | None:
    """What stands inside was read by the reader of its format; what that reader left takes the next rule."""
    return None


def _prose(rule: Rule, spot: Spot) -> Fit | None:
    pinned = pinned_at(spot.value.chars, spot.at)
    return Fit(Standing.MENTION, pinned.name if pinned else None, pinned.tag if pinned else None, rule.reason or "prose")


def _not_an_image(rule: Rule, _: Spot) -> Fit | None:
    return Fit(Standing.NOT_AN_IMAGE, reason=rule.reason or rule.title)


_SHAPES: Mapping[Shape, Callable[[Rule, Spot], Fit | None]] = {
    Shape.REFERENCE: _reference,
    Shape.SPLIT: _split,
    Shape.DIGEST: _digest,
    Shape.VARIABLE: _variable,
    Shape.BARE_HEX: _bare_hex,
    Shape.LOCAL: _local,
    Shape.TEXT: _text,
    Shape.EMBEDDED: _embedded,
    Shape.PROSE: _prose,
    Shape.NOT_AN_IMAGE: _not_an_image,
}


def name_beside(spot: Spot, keys: Keys) -> str | None:
    """The repository, with its registry where one is given, from the sibling keys; `None` if no key holds a repository."""
    written = _beside(spot, keys.repository)
    if written is None:
        return None
    reference = parse(written.removeprefix("oci://").removeprefix("docker://").removesuffix("@sha256"))
    if reference is None or reference.name.isdecimal():
        return None
    registry = _beside(spot, keys.registry) or _global_registry(spot, keys)
    name = reference.name
    if registry and parse(f"{registry}/{name}") is not None and not name.startswith(f"{registry}/"):
        return f"{registry}/{name}"
    return name


def _completed_beside(spot: Spot, keys: Keys) -> Pinned | None:
    """The repository from the sibling keys where a variable or an action of a template stands in it; its name is `None` unless the file gives the variable."""
    written = f"{_beside(spot, keys.repository) or ''}@"
    pinned = pinned_at(written, len(written))
    if pinned is None or (pinned.start, pinned.name, pinned.tag) != (0, None, None):
        return None
    return known(pinned, written, len(written), spot=spot)


def _global_registry(spot: Spot, keys: Keys) -> str | None:
    """Helm: `global.imageRegistry` at the top of the values, or of the values of a chart around them, wins over no registry."""
    if not keys.registry:
        return None
    for mapping, _ in reversed(spot.around):
        values = mapping.get("global")
        if isinstance(values, Node):
            return _first(values, ("imageRegistry", "registry", "dockerRegistry")) or None
    return None


def _beside(spot: Spot, keys: tuple[str, ...]) -> str | None:
    """The value of the first of `keys` beside the spot; each `../` before a key leads one mapping further out, and dots behind it lead in again."""
    for key in keys:
        up = key.count("../")
        *steps, last = key[3 * up :].split(".") if up else (key,)
        around = [mapping for mapping, _ in spot.around]
        node: Node | None = spot.parent if up == 0 else around[-1 - up] if up < len(around) else None
        for step in steps:
            below = node.get(step) if node is not None else None
            node = below if isinstance(below, Node) else None
        if (value := _first(node, (last,))) is not None:
            return value
    return None


def _first(parent: Node | None, keys: tuple[str, ...]) -> str | None:
    """The value of the first of `keys` that holds a text which is neither empty nor null."""
    if parent is None:
        return None
    for key in keys:
        value = parent.get(key)
        if isinstance(value, Scalar) and value.value.strip(_BLANK) and not (value.style == "" and value.value in _NULLS):
            return value.value.strip(_BLANK)
    return None


def _alone(spot: Spot) -> str:
    """The value without blanks around it; empty where it is too long to be no more than a digest."""
    chars = spot.value.chars
    return chars.strip(_BLANK) if len(chars) <= _LONGEST_AROUND else ""


def _is_digest_alone(written: str) -> bool:
    try:
        Digest.parse(written)
    except ValueError:
        return False
    return True
