"""The name to the left of a value in a program source: what it is assigned to, or the argument or key that it is given under."""

import re
from dataclasses import dataclass

_REACH = 300
"""How many characters before a value are looked at, so that the cost does not depend on what stands before."""

# A name is sought from the value leftwards, so these patterns match reversed text: `"x" =: egami` for `image := "x"`.
_KEY = r"""(?:"[^"\r\n]++"|'[^'\r\n]++'|[\w-]++)"""
_PREFIX = r"[\w#$@]{0,3}+"
_OPERATOR = r"[ \t]*+(?P<operator>>=|=(?![=!<>~])[:?+|&]{0,2}+|:)[ \t]*+"
_NAME = rf"\??+\]?+(?P<name>{_KEY}(?:[ \t]*+\.[ \t]*+{_KEY}|){{0,8}}+)(?![ \t]*+\?)"


@dataclass(frozen=True, slots=True)
class Naming:
    """How a language names values: the pattern of the text from a value leftwards, and whether the first name in a statement is for all of it."""

    pattern: re.Pattern[str]
    is_of_statement: bool = True


ASSIGNED = Naming(re.compile(_PREFIX + _OPERATOR + _NAME))
TYPED = Naming(re.compile(rf"{_PREFIX}{_OPERATOR}(?:[\w.\[\]&'<>|? \t]{{1,80}}+:[ \t]*+|)?+{_NAME}"))
"""With a type between name and operator: `image: str = "…"`."""
GO = Naming(re.compile(rf"{_PREFIX}{_OPERATOR}(?:gnirts[ \t]++|)?+{_NAME}"))
COMMAND = Naming(re.compile(rf"{_PREFIX}{_OPERATOR}{_NAME}|[ \t]++(?P<command>\w++)(?=[ \t]*+(?:\Z|[{{;]))"))
"""Also with nothing but a blank between, at the start of a statement: `image '…'`."""
WORD = Naming(re.compile(r"[^\s=;|&]*+=\+?+(?P<name>[\w-]++)"), is_of_statement=False)
"""As shells do: in one word, without blanks."""
ELEMENT = Naming(re.compile(r"[ \t]*+=[ \t]*+(?P<name>[\w.:-]++)|(?P<command>[\w.:-]++)<"), is_of_statement=False)
"""As XML does: by an attribute, or by the tag right before a text."""

_KEYWORDS = {"return", "case", "in", "else", "assert", "throw", "and", "or", "not", "puts", "print"}
_STATEMENT = re.compile(r"[\w.$@&*<>?| \t:+-]*+=(?![=>~])")
_KEYS = re.compile(_KEY)


@dataclass(frozen=True, slots=True)
class Name:
    """A name, in its parts where it has dots, with its extent in the text and the operator between it and the value (empty: a blank)."""

    parts: tuple[str, ...]
    operator: str
    start: int
    end: int


def name_before(chars: str, index: int, naming: Naming) -> Name | None:
    """Find the name to which the value that begins at `index` is given, on the same line right before it."""
    match = naming.pattern.match(chars[_line_start(chars, index) : index][::-1])
    if match is None:
        return None
    found = match.groupdict()
    kind = "command" if found.get("command") else "name"
    if found[kind] in _REVERSED_KEYWORDS:
        return None
    operator = "" if kind == "command" else (found.get("operator") or "=")[::-1]
    return Name(_parts(found[kind][::-1]), operator, index - match.end(kind), index - match.start(kind))


def statement_name(chars: str, index: int, naming: Naming, *, inside: int = 0) -> Name | None:
    """Find the name to which the statement on the line assigns in which the value at `index` stands; only declarations may stand before the name.

    Where the bracket around the value opens on this line, what stands from `inside` on, or behind a comma there, is the statement.
    """
    start = _line_start(chars, index)
    if inside > start:
        start = max(inside, chars.rfind(",", inside, index) + 1)
    elif start > 0 and chars[start - 1] not in "\r\n":
        return None
    statement = _STATEMENT.match(chars, start, index) if naming.is_of_statement else None
    return name_before(chars, statement.end(), naming) if statement else None


def _line_start(chars: str, index: int) -> int:
    """Where the line around `index` begins, or where it comes within reach."""
    floor = max(0, index - _REACH)
    return max(floor, chars.rfind("\n", floor, index) + 1, chars.rfind("\r", floor, index) + 1)


def _parts(written: str) -> tuple[str, ...]:
    return tuple(key.strip("\"'") for key in _KEYS.findall(written))


_REVERSED_KEYWORDS = {word[::-1] for word in _KEYWORDS}
