"""References that are put together on the spot: by a format and its arguments, by two strings side by side, by a template behind an `@`."""

import re

from redigest.reference import Pinned, pinned_at
from redigest.screen import PREFIX

_STRING = r"""(?: "[^"\s]*+" | '[^'\s]*+' | `[^`\s]*+` )"""
_ARGUMENT = re.compile(rf"{_STRING} | [.$]?[\w.]++ | \([^()]*+\)", re.VERBOSE)
_FORMAT = re.compile(
    rf"""(?P<format> {_STRING}) (?P<arguments> (?: ,?\s{{1,4}}+ (?: {_ARGUMENT.pattern} ) |){{0,8}}+ ) ,?\s{{1,4}}+ ["'`]\Z""",
    re.VERBOSE,
)
_VERB = re.compile(r"%[sv]")
_BESIDE = re.compile(r"""(?P<quote>["'`]) (?P<name>[^"'`\s]{1,400}+) (?P=quote) (?: \s{1,4}+ | \s{0,4}+ [+.] \s{0,4}+ ) ["'`]\Z""", re.VERBOSE)
_BEHIND = re.compile(r"""@ \$?\{\{ [^{}"'`]{0,200}+ ["'`]\Z""", re.VERBOSE)
_REACH = 512
"""Characters before a digest that can belong to its reference."""
_UNKNOWN = "${x}"
"""Stands for an argument that is no literal, as a variable of which nothing is known."""


def composed_at(chars: str, at: int) -> Pinned | None:
    """Find the reference that ends in the string that begins with the digest at index `at`; `None` if the digest completes none there."""
    window = chars[max(0, at - _REACH) : at]
    if behind := _BEHIND.search(window):
        end = at - len(window) + behind.start() + 1
        return pinned_at(chars, end)
    if (beside := _BESIDE.search(window)) and beside["name"].endswith("@"):
        return _pinned(beside["name"])
    return next((pinned for start in _quotes(window) if (pinned := _formatted(window, start))), None)


def _quotes(window: str) -> list[int]:
    return [match.start() for match in re.finditer(r"""["'`](?=[^"'`\s]*@%[sv]["'`])""", window)]


def _formatted(window: str, start: int) -> Pinned | None:
    call = _FORMAT.match(window, start)
    if call is None:
        return None
    first, *texts = _VERB.split(call["format"][1:-1])
    arguments = _ARGUMENT.findall(call["arguments"])
    if len(arguments) != len(texts) - 1:
        return None
    values = [argument[1:-1] if argument[0] in "\"'`" else _UNKNOWN for argument in arguments]
    return _pinned(first + "".join(value + text for value, text in zip(values, texts, strict=False)))


def _pinned(written: str) -> Pinned | None:
    return pinned_at(written + PREFIX, len(written))
