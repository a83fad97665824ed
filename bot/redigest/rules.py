"""Rules: the data in `rules/` that say where digests stand, and which of them apply to a spot."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import compress

from redigest.document import Mapping, Role, Scalar, Spot
from redigest.globs import Globs
from redigest.places import canonical, compile_pattern, letters_of


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
    LOCAL = "local"
    """The value as a whole pins a name that only a cluster knows, such as that of an image stream, so its repository stands nowhere."""
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
    """The keys that hold the parts of a split reference, each in order of preference.

    A key stands beside the digest. `../url` is one in the mapping around that, and each further `../` leads one further out; `**/global.hub` is one in any
    mapping around the digest, the nearest first; dots lead in again. `[]repository` is the key `image.repository` for a digest under the key
    `image.digest`. `[name]repository` is the same for lists of names and values: for the value of the item with the name `image.digest` it is the value of
    the item with the name `image.repository`.
    """

    registry: tuple[str, ...] = ()
    repository: tuple[str, ...] = ()
    image: tuple[str, ...] = ()
    """The last part of the name where `repository` holds what goes before it, else all of it."""
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


Condition = tuple[str, tuple[str, ...]]
"""A key that a mapping around a place must have, with patterns for its value."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; a mapping around the place must meet every condition of `where`."""

    id: str
    title: str
    places: tuple[str, ...]
    shape: Shape
    files: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    keys: Keys = Keys()
    format: str | None = None
    before: tuple[str, ...] = ()
    in_keys: bool = False
    reason: str | None = None
    found: tuple[Example, ...] = ()
    left: tuple[Example, ...] = ()
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
        """It is for files of certain names or folders, and so goes before rules for files of a certain kind."""
        return bool(self.files) and not any(file.startswith("*") for file in self.files)

    @property
    def takes_bare_hex(self) -> bool:
        """Takes hex digits that no `sha256:` announces: by its shape, or by what it asks to stand before them."""
        return self.shape is Shape.BARE_HEX or bool(self.before)


_AROUND = 8
"""How many of the mappings around a place are asked for the keys of `where`, the nearest ones: objects stand in lists of objects, not deeper."""
_LONGEST_SAID = 256
"""Characters of a value that conditions look at."""
_REMEMBERED = 10_000
"""How many places are remembered at a time; a run sees the files of many repositories."""


@dataclass(slots=True, eq=False)
class FileRules:
    """The rules that apply to one kind of file, in order; remembers what it worked out, since places repeat."""

    rules: tuple[Rule, ...]
    _bits: dict[Condition, int] = field(default_factory=dict)
    """A bit for each condition of the rules: what a mapping holds is told by a number, since mappings with many different values hold the same."""
    _asked: dict[str, list[Condition]] = field(default_factory=dict)
    """The conditions by their keys."""
    _known: dict[tuple[object, ...], tuple[Rule, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for condition in dict.fromkeys(condition for rule in self.rules for condition in rule.where):
            self._bits[condition] = 1 << len(self._bits)
            self._asked.setdefault(condition[0], []).append(condition)

    def at(self, spot: Spot) -> tuple[Rule, ...]:
        """The rules whose place fits the spot, the first to be tried first."""
        levels = ((depth, mapping.remembered(self, self._held)) for mapping, depth in spot.around)
        nearest = tuple(level for level in levels if level[1])[-_AROUND:]
        key = (spot.role, canonical(spot.path), nearest)
        rules = self._known.get(key)
        if rules is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            rules = self._known[key] = self._applying(spot, nearest)
        return rules

    def _held(self, mapping: Mapping) -> int:
        """The bits of the conditions that a mapping meets."""
        held = 0
        values = mapping.values()
        for key in values.keys() & self._asked.keys():
            node = values[key]
            said = node.value[:_LONGEST_SAID] if isinstance(node, Scalar) else ""
            for condition in self._asked[key]:
                if _fits(said, condition[1]):
                    held |= self._bits[condition]
        return held

    def _applying(self, spot: Spot, nearest: Iterable[tuple[int, int]]) -> tuple[Rule, ...]:
        path = canonical(spot.path)
        levels = [(canonical(spot.path[depth:]), held) for depth, held in nearest]
        return tuple(rule for rule in self.rules if _takes_role(rule, spot.role) and self._has_place(rule, path, levels))

    def _has_place(self, rule: Rule, path: str, levels: Iterable[tuple[str, int]]) -> bool:
        """Tell whether a place of the rule fits the path, or the rest of it below a mapping that has what the rule asks for."""
        if not rule.where:
            return _fits_place(rule, path)
        asked = sum(self._bits[condition] for condition in rule.where)
        return any(held & asked == asked and _fits_place(rule, rest) for rest, held in levels)


def _fits_place(rule: Rule, path: str) -> bool:
    return any(all(letters in path for letters in letters_of(place)) and compile_pattern(place).fullmatch(path) for place in rule.places)


def _takes_role(rule: Rule, role: Role) -> bool:
    if rule.shape is Shape.NOT_AN_IMAGE:
        return True
    if role is Role.KEY:
        return rule.in_keys
    return role in (Role.VALUE, Role.CODE)


@lru_cache(maxsize=_REMEMBERED)
def _fits(value: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)


@dataclass(slots=True)
class Rules:
    """All rules of a run, of which the first that fits a spot takes it.

    Those that name a place go before those that do not, the user's before the shipped ones, those for files of certain names before others.
    """

    rules: tuple[Rule, ...]
    _by_selection: dict[tuple[bool, ...], FileRules] = field(default_factory=dict)
    _by_path: dict[str, FileRules] = field(default_factory=dict)
    """The same by paths, since files embedded in one file have the same path again and again."""
    _ordered: tuple[Rule, ...] = ()
    _names: dict[tuple[str, ...], Globs] = field(default_factory=dict)
    """The names of files that rules are for; many rules are for the same."""

    def __post_init__(self) -> None:
        self._ordered = tuple(sorted(self.rules, key=lambda rule: (rule.is_fallback, rule.rank, rule.shape is not Shape.NOT_AN_IMAGE, not rule.names_files)))
        self._names = {files: Globs(map(str.lower, files)) for files in dict.fromkeys(rule.files for rule in self.rules) if files}

    def __reduce__(self) -> tuple[object, ...]:
        """Leave behind what was worked out for files, which other threads may add to."""
        return Rules, (self.rules,)

    def for_file(self, path: str) -> FileRules:
        """The rules that apply to the file, by its path in the tree with `/` between the parts."""
        found = self._by_path.get(path)
        if found is None:
            if len(self._by_path) >= _REMEMBERED:
                self._by_path.clear()
            found = self._by_path[path] = self._selected(path.lower())
        return found

    def _selected(self, name: str) -> FileRules:
        selection = tuple(globs.fit(name) for globs in self._names.values())
        found = self._by_selection.get(selection)
        if found is None:
            fitting = {(), *compress(self._names, selection)}
            found = self._by_selection[selection] = FileRules(tuple(rule for rule in self._ordered if rule.files in fitting))
        return found

    @property
    def bare_keys(self) -> tuple[str, ...]:
        """What the byte screen looks for beside `sha256`: the last keys of the places with bare hex.

        Hex that stands for a tag is beside a repository that ends in `@sha256`, so the screen sees it without a key.
        """
        bare = [rule for rule in self.rules if rule.shape is Shape.BARE_HEX]
        keys = {key for rule in bare for place in rule.places if (key := place.rpartition(".")[2]) not in rule.keys.tag}
        return tuple(sorted(keys))
