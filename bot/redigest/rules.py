"""Rules: the data in `rules/` that say where digests stand, and which of them apply to a spot."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate

from redigest.document import Mapping, Role, Scalar, Spot
from redigest.globs import compile_globs
from redigest.places import canonical


class Shape(StrEnum):
    """How a digest is written at a place."""

    REFERENCE = "reference"
    """The value as a whole is an image reference."""
    SPLIT = "split"
    """The reference is split over keys; this one holds the digest, sibling keys hold registry, repository and tag."""
    DIGEST = "digest"
    """The value is a digest alone, and its repository stands in no key beside it."""
    BARE_HEX = "bare-hex"
    """The value is the 64 hex digits without `sha256:`; sibling keys hold the rest."""
    TEXT = "text"
    """References inside a longer string that is run or read."""
    EMBEDDED = "embedded"
    """A whole file of another format inside the value."""
    PROSE = "prose"
    """Text for people."""
    NOT_AN_IMAGE = "not-an-image"
    """A checksum, a layer, recorded state."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The sibling keys that hold the parts of a split reference, each in order of preference."""

    registry: tuple[str, ...] = ()
    repository: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A file that shows a rule at work; `DIGEST`, `OTHER` and `HEX` in the text stand for digests."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `where` holds keys that a mapping around the place must have, with patterns for their values."""

    id: str
    title: str
    places: tuple[str, ...]
    shape: Shape
    files: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    keys: Keys = Keys()
    format: str | None = None
    before: tuple[str, ...] = ()
    in_keys: bool = False
    reason: str | None = None
    found: tuple[Example, ...] = ()
    left: tuple[Example, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    source: str = ""

    @property
    def is_fallback(self) -> bool:
        """Takes any place, so that rules which name one go first."""
        return set(self.places) == {"**"} and not self.where and not self.before and not self.files


Signature = tuple[str | None, ...]


@dataclass(slots=True)
class FileRules:
    """The rules that apply to one kind of file, in order; remembers what it worked out, since places repeat."""

    rules: tuple[Rule, ...]
    watched: tuple[str, ...]
    _known: dict[tuple[object, ...], tuple[Rule, ...]] = field(default_factory=dict)

    def at(self, spot: Spot) -> tuple[Rule, ...]:
        """The rules whose place fits the spot, the first to be tried first."""
        signatures = tuple((depth, self._signature(mapping)) for mapping, depth in spot.around)
        key = (spot.role, spot.path if not spot.path else canonical(spot.path), tuple(item for item in signatures if any(item[1])))
        rules = self._known.get(key)
        if rules is None:
            rules = self._known[key] = tuple(rule for rule in self.rules if _applies(rule, spot, signatures, self.watched))
        return rules

    def _signature(self, mapping: Mapping) -> Signature:
        return tuple(_said(mapping, key) for key in self.watched)


def _said(mapping: Mapping, key: str) -> str | None:
    node = mapping.get(key)
    if node is None:
        return None
    return node.value if isinstance(node, Scalar) else ""


def _applies(rule: Rule, spot: Spot, signatures: tuple[tuple[int, Signature], ...], watched: tuple[str, ...]) -> bool:
    if not _takes_role(rule, spot.role):
        return False
    if not rule.where:
        return any(pattern.fullmatch(canonical(spot.path)) for pattern in rule.patterns)
    for depth, signature in signatures:
        values = dict(zip(watched, signature, strict=True))
        if all(_fits(values[key], patterns) for key, patterns in rule.where):
            rest = canonical(spot.path[depth:])
            if any(pattern.fullmatch(rest) for pattern in rule.patterns):
                return True
    return False


def _takes_role(rule: Rule, role: Role) -> bool:
    if rule.shape is Shape.NOT_AN_IMAGE:
        return True
    if role is Role.KEY:
        return rule.in_keys
    return role in (Role.VALUE, Role.CODE)


def _fits(value: str | None, patterns: Iterable[str]) -> bool:
    return value is not None and any(re.fullmatch(translate(pattern), value) for pattern in patterns)


@dataclass(slots=True)
class Rules:
    """All rules of a run. The first that fits a spot takes it: the user's before the shipped ones, those that name a place before those that do not."""

    rules: tuple[Rule, ...]
    _by_selection: dict[tuple[bool, ...], FileRules] = field(default_factory=dict)
    _files: tuple[tuple[re.Pattern[str] | None, Rule], ...] = ()

    def __post_init__(self) -> None:
        ordered = sorted(self.rules, key=lambda rule: (rule.is_fallback, rule.shape is not Shape.NOT_AN_IMAGE))
        self._files = tuple((compile_globs(rule.files, anchored=False) if rule.files else None, rule) for rule in ordered)

    def for_file(self, path: str) -> FileRules:
        """The rules that apply to the file, by its path in the tree with `/` between the parts."""
        selection = tuple(pattern is None or pattern.fullmatch(path) is not None for pattern, _ in self._files)
        found = self._by_selection.get(selection)
        if found is None:
            rules = tuple(rule for (_, rule), applies in zip(self._files, selection, strict=True) if applies)
            watched = tuple(dict.fromkeys(key for rule in rules for key, _ in rule.where))
            found = self._by_selection[selection] = FileRules(rules, watched)
        return found

    @property
    def bare_keys(self) -> tuple[bytes, ...]:
        """What the byte screen looks for beside `sha256`: the last keys of the places with bare hex.

        Hex that stands for a tag is beside a repository that ends in `@sha256`, so the screen sees it without a key.
        """
        bare = [rule for rule in self.rules if rule.shape is Shape.BARE_HEX]
        keys = {key for rule in bare for place in rule.places if (key := place.rpartition(".")[2]) not in rule.keys.tag}
        return tuple(sorted(f"{key}{end}".encode() for key in keys for end in (":", '":')))
