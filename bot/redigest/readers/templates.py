"""What a template engine (Go's text/template, Jinja) takes out of a text before anything else reads it."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from redigest.document import Role, Scalar
from redigest.readers.literals import scalar_between
from redigest.text import FOREIGN

# Every alternative stops where the next of its kind opens, so that one that is never closed is not read twice.
_ACTION = re.compile(
    r"""(?P<comment>\{\{-?\s*+/\*(?:[^*{]++|\*(?!/)|\{(?!\{-?\s*+/\*))*+\*/\s*+-?\}\}
                  | (?<!\$)\{\#(?:[^\#{]++|\#(?!\})|\{(?!\#))*+\#\})
      | \{\{(?:[^{}]++|\{(?!\{)|\}(?!\}))*+\}\}
      | \{%(?:[^%{]++|%(?!\})|\{(?!%))*+%\}""",
    re.VERBOSE,
)
_LITERAL = re.compile(r""""(?:[^"\\]++|\\.)*+(?:"|\Z)|'(?:[^'\\]++|\\.)*+(?:'|\Z)|`[^`]*+(?:`|\Z)""", re.DOTALL)
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
    """A comment, or a string literal in an action; `variable` is the one that the action sets, if it does."""

    role: Role
    scalar: Scalar
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A text with its actions told apart.

    `shape` is the text at equal length with blanks in place of comments and `FOREIGN` in place of every other action and the line ends in it,
    so that only what the engine lets through has quotes, brackets and colons. `insets` and `branches` (each with the index of its action)
    are in order.
    """

    shape: str
    insets: tuple[Inset, ...]
    branches: tuple[tuple[int, Branch], ...]

    def inset_at(self, index: int) -> Inset | None:
        """The comment or literal around the character at `index`."""
        position = bisect_right(self.insets, index, key=_start) - 1
        return self.insets[position] if position >= 0 and index < self.insets[position].scalar.end else None


def template(chars: str) -> Template:
    """Find the actions of a text; one that is never closed is none."""
    insets: list[Inset] = []
    branches: list[tuple[int, Branch]] = []

    def replacement(action: re.Match[str]) -> str:
        if action["comment"]:
            insets.append(Inset(Role.COMMENT, scalar_between(chars, *action.span())))
            return _NOT_LINE_END.sub(" ", action.group())
        if (control := _CONTROL.match(action.group())) and control.lastgroup:
            branches.append((action.start(), Branch[control.lastgroup]))
        insets.extend(_literals(chars, action))
        return FOREIGN * len(action.group())

    shape = _ACTION.sub(replacement, chars)
    return Template(shape, tuple(insets), tuple(branches))


def _literals(chars: str, action: re.Match[str]) -> Iterator[Inset]:
    variable = _VARIABLE.match(action.group())
    for literal in _LITERAL.finditer(chars, action.start(), action.end() - 2):
        quote = literal.group()[0]
        if len(literal.group()) > 1 and literal.group().endswith(quote):
            yield Inset(Role.VALUE, scalar_between(chars, *literal.span(), quote), variable["name"] if variable else None)


def _start(inset: Inset) -> int:
    return inset.scalar.start
