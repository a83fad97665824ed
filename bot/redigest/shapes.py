"""What a shape of the rules means: whether a spot has it, and which image stands there."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from redigest.comments import is_commented
from redigest.document import Spot
from redigest.model import Digest, Standing
from redigest.parts import parts_beside, said, tag_beside
from redigest.reference import Pinned, is_tag, pinned_at
from redigest.rules import Rule, Shape
from redigest.screen import HEX_LENGTH, PREFIX, digits_at
from redigest.variables import known, pinned_by

_BLANK = " \t\r\n"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_VARIABLE_START = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*:?[-=]")
_END_OF_VALUE = re.compile(r"\}?[ \t\r\n]*")
_LONGEST_AROUND = 512
"""Characters that may stand around a digest in a value that is no more than a reference; longer values are not looked at twice."""


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


def _reference(_: Rule, spot: Spot) -> Fit | None:
    pinned = pinned_at(spot.value.chars, spot.at)
    return _pinned(spot, pinned) if pinned is not None and _is_whole(spot.value.chars, spot.at, pinned) else None


def _is_whole(chars: str, at: int, pinned: Pinned) -> bool:
    """Tell whether the value is nothing but the reference that ends in the digest at `at`; a scheme, a variable and blanks may stand around it."""
    if pinned.start > _LONGEST_AROUND:
        return False
    start, digits = digits_at(chars, at)
    before = chars[: pinned.start].strip(_BLANK)
    return (not before or bool(_SCHEME.fullmatch(before) or _VARIABLE_START.fullmatch(before))) and bool(_END_OF_VALUE.fullmatch(chars, start + len(digits)))


def _local(rule: Rule, spot: Spot) -> Fit | None:
    return Fit(Standing.LIVE) if _reference(rule, spot) else None


def _text(_: Rule, spot: Spot) -> Fit | None:
    return None if is_commented(spot.value.chars, spot.at) else _pinned(spot, pinned_at(spot.value.chars, spot.at))


def _pinned(spot: Spot, written: Pinned | None) -> Fit | None:
    pinned = known(written, spot.value.chars, spot.at, spot=spot)
    if pinned is None or spot.value.chars.startswith("@", spot.at + len(PREFIX) + HEX_LENGTH):
        return None
    return Fit(Standing.LIVE, spot.repository or pinned.name, pinned.tag, is_tagged=pinned.tag is not None)


def _split(rule: Rule, spot: Spot) -> Fit | None:
    """The digest alone, or with a tag before it, beside a key that holds the repository."""
    tag, _, digest = _alone(spot).rpartition("@")
    if not _is_digest_alone(digest) or (tag and not is_tag(tag)):
        return None
    parts = parts_beside(spot, rule.keys)
    return Fit(Standing.LIVE, parts.name, tag or parts.tag, is_tagged=bool(tag)) if parts is not None else None


def _digest(rule: Rule, spot: Spot) -> Fit | None:
    """The digest alone, or behind a tag; its repository may stand where the same file uses the name that the digest is given to."""
    if rule.before and is_commented(spot.value.chars, spot.at):
        return None
    tag, _, digest = _alone(spot).rpartition("@")
    holds_tag = is_tag(tag) and spot.path[-1:] != () and spot.path[-1] in rule.keys.tag
    if not rule.before and not (_is_digest_alone(digest) and (holds_tag or not tag)):
        return None
    parts = parts_beside(spot, rule.keys)
    name = spot.repository or (parts.name if parts else None)
    pinned = pinned_by(spot) if name is None and not tag else None
    return (
        Fit(Standing.LIVE, pinned.name, pinned.tag)
        if pinned
        else Fit(Standing.LIVE, name, tag if holds_tag else tag_beside(spot, rule.keys), is_tagged=holds_tag)
    )


def _variable(_: Rule, spot: Spot) -> Fit | None:
    pinned = pinned_by(spot)
    return Fit(Standing.LIVE, pinned.name, pinned.tag) if pinned is not None else None


def _bare_hex(rule: Rule, spot: Spot) -> Fit | None:
    """64 hex digits alone beside a repository, which ends in `@sha256` where the digits stand for its tag."""
    if len(_alone(spot)) != HEX_LENGTH:
        return None
    stands_for_tag = spot.path[-1:] and spot.path[-1] in rule.keys.tag
    if stands_for_tag and not (said(spot, rule.keys.repository) or "").endswith("@sha256"):
        return None
    parts = parts_beside(spot, rule.keys)
    return Fit(Standing.LIVE, parts.name, None if stands_for_tag else parts.tag) if parts is not None else None


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
