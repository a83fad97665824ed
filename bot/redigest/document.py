"""What readers make of a file: documents of nodes with their extents, and the spots in which digests stand.

Nodes are never changed once made; they are not frozen because making a frozen object takes three times as long, and a file has many.
"""

from collections.abc import Callable
from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, TypeVar

from redigest.text import Text

_NEAR = 16
_Item = TypeVar("_Item")

Path = tuple[str | int, ...]
"""Where a value stands in its document: keys and, for sequences, positions from 0."""


@dataclass(slots=True, eq=False)
class Scalar:
    """A value, decoded, with its extent in the text; `start` and `end` include quotes and block indicators."""

    start: int
    end: int
    value: str
    style: str = ""
    """How it is written: `'`, `"`, `|`, `>`, or nothing for a plain one."""


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys and values in the order of the file; duplicate keys are all there."""

    start: int
    end: int
    entries: tuple[tuple["Node", "Node"], ...]
    _first: dict[str, "Node"] | None = field(default=None, init=False, repr=False)
    _memory: dict[object, Any] | None = field(default=None, init=False, repr=False)

    def values(self) -> "AbstractMapping[str, Node]":
        """The first value under each key that is a scalar, by the key, decoded."""
        if self._first is None:
            self._first = {name.value: value for name, value in reversed(self.entries) if isinstance(name, Scalar)}
        return self._first

    def remembered(self, key: object, work: "Callable[[Mapping], _Item]") -> _Item:
        """What somebody works out about the mapping, worked out once, since many digests can stand in it; it goes when the document goes."""
        if self._memory is None:
            self._memory = {}
        if key not in self._memory:
            self._memory[key] = work(self)
        found: _Item = self._memory[key]
        return found

    def get(self, key: str) -> "Node | None":
        """The first value under `key`."""
        return self.values().get(key)

    def scalar(self, key: str) -> str | None:
        """The first value under `key` where it is a scalar, decoded."""
        value = self.get(key)
        return value.value if isinstance(value, Scalar) else None


@dataclass(slots=True, eq=False)
class Sequence:
    """Items in the order of the file."""

    start: int
    end: int
    items: tuple["Node", ...]


@dataclass(slots=True, eq=False)
class Alias:
    """A reference to an anchored node; the anchored node is where its digests stand."""

    start: int
    end: int
    name: str


Node = Scalar | Mapping | Sequence | Alias


class Role(Enum):
    """What kind of thing a digest stands in, as far as its format tells."""

    VALUE = auto()
    KEY = auto()
    COMMENT = auto()
    PROSE = auto()
    """Text for people."""
    CODE = auto()
    """Text that is run or read by a program, without a structure that a reader knows."""
    TEXT = auto()
    """Text of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a digest stands.

    `value` is the smallest text around it that means something by itself: a scalar, an instruction's operand, a comment, a line. `at` is the index in it of
    `sha256:`, or of the first hex digit where the algorithm is not written. `path` leads there from the top of the document. `parent` is the
    mapping nearest to it, and `around` holds all mappings around it, outermost first, each with its depth: `path[depth:]` leads on from there.
    `repository` is the name that goes with a digest that stands alone, where the reader has found it.
    """

    role: Role
    value: Text
    at: int
    path: Path = ()
    parent: Mapping | None = None
    around: tuple[tuple[Mapping, int], ...] = ()
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know of how the text was read, at the character `at`."""

    at: int
    reason: str


def near(items: AbstractSequence[_Item], position: int) -> AbstractSequence[_Item]:
    """The item at the position with a few before and after it: what makes one reference stands close together, and a list of entries can be very long."""
    return items[max(0, position - _NEAR) : position + _NEAR]
