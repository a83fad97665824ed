"""Rules: the data in `rules/` that say where digests stand, and which of them apply to a spot."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

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
    VARIABLE = "variable"
    """A digest alone that is given to a name, which completes a reference elsewhere in the same file."""
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
    """The sibling keys that hold the parts of a split reference, each in order of preference.

    In `../url` and `../source.repository` the first step leads to the mapping around the one in which the digest stands.
    """

    registry: tuple[str, ...] = ()
    repository: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A file that shows a rule at work; `DIGEST`, `OTHER` and `HEX` in the text stand for digests."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """What a rule file is about: a title, and the address of the specification of its formats."""

    title: str
    about: str | None = None


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
    ecosystem: Ecosystem = Ecosystem("")
    source: str = ""
    rank: int = 0
    """Rules of a lower rank are tried first: those of a user before those that are shipped."""

    @property
    def is_fallback(self) -> bool:
        """Takes any place, so that rules which name one go first."""
        return set(self.places) == {"**"} and not self.where and not self.before and not self.files

    @property
    def names_files(self) -> bool:
        """It is for files of certain names, and so goes before rules for files of a certain kind."""
        return bool(self.files) and not any(set("*?[") & set(file) for file in self.files)

    @property
    def takes_bare_hex(self) -> bool:
        """Takes hex digits that no `sha256:` announces: by its shape, or by what it asks to stand before them."""
        return self.shape is Shape.BARE_HEX or bool(self.before)


Signature = tuple[str | None, ...]

_AROUND = 8
"""How many of the mappings around a place are asked for the keys of `where`, the nearest ones: objects stand in lists of objects, not deeper."""
_REMEMBERED = 10_000
"""How many places are remembered at a time; a run sees the files of many repositories."""


@dataclass(slots=True)
class FileRules:
    """The rules that apply to one kind of file, in order; remembers what it worked out, since places repeat."""

    rules: tuple[Rule, ...]
    watched: tuple[str, ...]
    _known: dict[tuple[object, ...], tuple[Rule, ...]] = field(default_factory=dict)

    def at(self, spot: Spot) -> tuple[Rule, ...]:
        """The rules whose place fits the spot, the first to be tried first."""
        signatures = ((depth, self._signature(mapping)) for mapping, depth in spot.around)
        nearest = tuple(item for item in signatures if any(said is not None for said in item[1]))[-_AROUND:]
        key = (spot.role, canonical(spot.path), nearest)
        rules = self._known.get(key)
        if rules is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            rules = self._known[key] = self._applying(spot, nearest)
        return rules

    def _applying(self, spot: Spot, signatures: Iterable[tuple[int, Signature]]) -> tuple[Rule, ...]:
        path = canonical(spot.path)
        levels = [(canonical(spot.path[depth:]), dict(zip(self.watched, signature, strict=True))) for depth, signature in signatures]
        return tuple(rule for rule in self.rules if _takes_role(rule, spot.role) and _has_place(rule, path, levels))

    def _signature(self, mapping: Mapping) -> Signature:
        return tuple(_said(mapping, key) for key in self.watched)


def _said(mapping: Mapping, key: str) -> str | None:
    node = mapping.get(key)
    if node is None:
        return None
    return node.value if isinstance(node, Scalar) else ""


def _has_place(rule: Rule, path: str, levels: Iterable[tuple[str, dict[str, str | None]]]) -> bool:
    """Tell whether a place of the rule fits the path, or the rest of it below a mapping that has what the rule asks for."""
    if not rule.where:
        return any(pattern.fullmatch(path) for pattern in rule.patterns)
    return any(
        all(_fits(said[key], patterns) for key, patterns in rule.where) and any(pattern.fullmatch(rest) for pattern in rule.patterns) for rest, said in levels
    )


def _takes_role(rule: Rule, role: Role) -> bool:
    if rule.shape is Shape.NOT_AN_IMAGE:
        return True
    if role is Role.KEY:
        return rule.in_keys
    return role in (Role.VALUE, Role.CODE)


def _fits(value: str | None, patterns: Iterable[str]) -> bool:
    return value is not None and any(fnmatchcase(value, pattern) for pattern in patterns)


@dataclass(slots=True)
class Rules:
    """All rules of a run, of which the first that fits a spot takes it.

    Those that name a place go before those that do not, the user's before the shipped ones, those for files of certain names before others.
    """

    rules: tuple[Rule, ...]
    _by_selection: dict[tuple[bool, ...], FileRules] = field(default_factory=dict)
    _files: tuple[tuple[re.Pattern[str] | None, Rule], ...] = ()

    def __post_init__(self) -> None:
        ordered = sorted(self.rules, key=lambda rule: (rule.is_fallback, rule.rank, rule.shape is not Shape.NOT_AN_IMAGE, not rule.names_files))
        self._files = tuple((compile_globs((file.lower() for file in rule.files), anchored=False) if rule.files else None, rule) for rule in ordered)

    def for_file(self, path: str) -> FileRules:
        """The rules that apply to the file, by its path in the tree with `/` between the parts."""
        selection = tuple(pattern is None or pattern.fullmatch(path.lower()) is not None for pattern, _ in self._files)
        found = self._by_selection.get(selection)
        if found is None:
            rules = tuple(rule for (_, rule), applies in zip(self._files, selection, strict=True) if applies)
            watched = tuple(dict.fromkeys(key for rule in rules for key, _ in rule.where))
            found = self._by_selection[selection] = FileRules(rules, watched)
        return found

    @property
    def bare_keys(self) -> tuple[str, ...]:
        """What the byte screen looks for beside `sha256`: the last keys of the places with bare hex.

        Hex that stands for a tag is beside a repository that ends in `@sha256`, so the screen sees it without a key.
        """
        bare = [rule for rule in self.rules if rule.shape is Shape.BARE_HEX]
        keys = {key for rule in bare for place in rule.places if (key := place.rpartition(".")[2]) not in rule.keys.tag}
        return tuple(sorted(keys))
