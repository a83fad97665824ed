"""What a template engine (Go's text/template, Jinja) takes out of a text before anything else reads it."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from redigest.document import Mapping, Role, Scalar
from redigest.readers.literals import scalar_between
from redigest.text import FOREIGN

# Every alternative stops where the next of its kind opens, so that one that is never closed is not read twice.
_ACTION = re.compile(
    r"""(?P<comment>\{\{-?\s*+/\*(?:[^*{]++|\*(?!/)|\{(?!\{-?\s*+/\*)|)*+\*/\s*+-?\}\}
                  | (?<!\$)\{\#(?:[^\#{]++|\#(?!\})|\{(?!\#)|)*+\#\})
      | \{\{(?:[^{}]++|\{(?!\{)|\}(?!\})|)*+\}\}
      | \{%(?:[^%{]++|%(?!\})|\{(?!%)|)*+%\}""",
    re.VERBOSE,
)
_LITERAL = re.compile(r""""(?:[^"\\]++|\\.|)*+(?:"|\Z)|'(?:[^'\\]++|\\.|)*+(?:'|\Z)|`[^`]*+(?:`|\Z)""", re.DOTALL)
_DICTIONARY = re.compile(r"\bdict\s")
_ARGUMENT = re.compile(rf"{_LITERAL.pattern}|[()|]|[^\s()|\"'`]++", re.DOTALL)
_VARIABLE = re.compile(r"\{[{%][-+]?\s*+(?:set\s++)?(?P<name>\$?\w++)\s*+:?=(?!=)")
_CONTROL = re.compile(
    r"""\{[{%][-+]?\s*+(?:(?P<OPEN>if|with|range|define|block|for|macro)
                        | (?P<TURN>else|elif)
                        | (?P<CLOSE>end(?:if|with|for|macro|block)?))\b""",
    re.VERBOSE,
)
_NOT_LINE_END = re.compile(r"[^\r\n]")


class Branch(Enum):
    """What a control action does to the arms of a branching."""

    OPEN = auto()
    TURN = auto()
    CLOSE = auto()


Arm = tuple[int, int]
"""A branching (an `if`, a merge conflict) by its number, and which of its arms; of two arms of one branching only one comes to be."""


class Branches:
    """The branchings that are open at one place of a text, which moves on with each action that is taken."""

    __slots__ = ("_count", "_open")

    def __init__(self) -> None:
        self._count = 0
        self._open: list[Arm] = []

    @property
    def arm(self) -> Arm:
        """The innermost arm; `(0, 0)` outside of every branching."""
        return self._open[-1] if self._open else (0, 0)

    def take(self, branch: Branch) -> None:
        """Follow an action; one that closes nothing is passed over."""
        if branch is Branch.OPEN:
            self._count += 1
            self._open.append((self._count, 0))
        elif self._open:
            number, arm = self._open.pop()
            if branch is Branch.TURN:
                self._open.append((number, arm + 1))


@dataclass(frozen=True, slots=True)
class Inset:
    """A comment, or a string literal in an action.

    `variable` is the one that the action sets, if it does; `dictionary` the one that a call makes of literals, in which this one stands under `key`.
    """

    role: Role
    scalar: Scalar
    variable: str | None = None
    key: str | None = None
    dictionary: Mapping | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A text with its actions told apart.

    `shape` is the text at equal length with blanks in place of comments and `FOREIGN` in place of every other action and the line ends in it,
    so that only what the engine lets through has quotes, brackets and colons. `insets` and `branches` (each with the extent of its action)
    are in order.
    """

    shape: str
    insets: tuple[Inset, ...]
    branches: tuple[tuple[int, int, Branch], ...]

    def inset_at(self, index: int) -> Inset | None:
        """The comment or literal around the character at `index`."""
        position = bisect_right(self.insets, index, key=_start) - 1
        return self.insets[position] if position >= 0 and index < self.insets[position].scalar.end else None

    def arm_around(self, index: int, start: int, end: int) -> tuple[int, int]:
        """What stands from `start` to `end` around the character at `index` and between the actions that begin, turn and close branchings."""
        position = bisect_right(self.branches, index, key=_first)
        if position:
            start = max(start, self.branches[position - 1][1])
        if position < len(self.branches):
            end = min(end, self.branches[position][0])
        return start, end


def template(chars: str) -> Template:
    """Find the actions of a text; one that is never closed is none."""
    insets: list[Inset] = []
    branches: list[tuple[int, int, Branch]] = []

    def replacement(action: re.Match[str]) -> str:
        if action["comment"]:
            insets.append(Inset(Role.COMMENT, scalar_between(chars, *action.span())))
            return _NOT_LINE_END.sub(" ", action.group())
        if (control := _CONTROL.match(action.group())) and control.lastgroup:
            branches.append((*action.span(), Branch[control.lastgroup]))
        insets.extend(_literals(chars, action))
        return FOREIGN * len(action.group())

    shape = _ACTION.sub(replacement, chars)
    return Template(shape, tuple(insets), tuple(branches))


def _literals(chars: str, action: re.Match[str]) -> Iterator[Inset]:
    variable = _VARIABLE.match(action.group())
    values = _dictionary_values(chars, action) if _DICTIONARY.search(action.group()) else {}
    for literal in _LITERAL.finditer(chars, action.start(), action.end() - 2):
        if scalar := _closed(chars, literal):
            yield Inset(Role.VALUE, scalar, variable["name"] if variable else None, *values.get(scalar.start, (None, None)))


def _closed(chars: str, literal: re.Match[str]) -> Scalar | None:
    quote = literal.group()[0]
    return scalar_between(chars, *literal.span(), quote) if len(literal.group()) > 1 and literal.group().endswith(quote) else None


def _dictionary_values(chars: str, action: re.Match[str]) -> dict[int, tuple[str, Mapping]]:
    """For the start of each literal that is a value in a call of `dict`: its key, and the mapping of those that the call is given."""
    calls = [_Call(is_dictionary=False)]
    dictionaries: list[_Call] = []
    for token in _ARGUMENT.finditer(chars, action.start() + 2, action.end() - 2):
        match token.group()[0]:
            case "(":
                calls.append(_Call(is_dictionary=False))
            case ")" if len(calls) > 1:
                calls.pop()
                calls[-1].take(None)
            case "|" | ")":
                calls[-1] = _Call(is_dictionary=False)
            case '"' | "'" | "`":
                calls[-1].take(_closed(chars, token))
            case _ if token.group() == "dict":
                calls[-1] = _Call(is_dictionary=True)
                dictionaries.append(calls[-1])
            case _:
                calls[-1].take(None)
    mappings = (Mapping(call.entries[0][0].start, call.entries[-1][1].end, tuple(call.entries)) for call in dictionaries if call.entries)
    return {value.start: (key.value, mapping) for mapping in mappings for key, value in mapping.entries if isinstance(key, Scalar)}


class _Call:
    """A call in an action; of one of `dict` the arguments are keys and values by turns."""

    __slots__ = ("_is_dictionary", "_key", "_takes_value", "entries")

    def __init__(self, *, is_dictionary: bool) -> None:
        self.entries: list[tuple[Scalar, Scalar]] = []
        self._is_dictionary = is_dictionary
        self._takes_value = False
        self._key: Scalar | None = None

    def take(self, literal: Scalar | None) -> None:
        """Take the next argument, `None` for one that is no literal."""
        if self._is_dictionary and self._takes_value and self._key is not None and literal is not None:
            self.entries.append((self._key, literal))
        self._takes_value, self._key = not self._takes_value, literal


def _first(branch: tuple[int, int, Branch]) -> int:
    return branch[0]


def _start(inset: Inset) -> int:
    return inset.scalar.start
