"""Digests that are given to a name, and the reference elsewhere in the same file that the name completes: `DIGEST=sha256:…`, then `etcd@${DIGEST}`."""

import re
from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import replace
from functools import lru_cache
from itertools import chain

from redigest.composed import composed_at
from redigest.document import Mapping, Sequence, Spot
from redigest.reference import Pinned, parse, pinned_at
from redigest.screen import HEX_LENGTH, digits_at
from redigest.text import Text

_USE = re.compile(
    r"""@(?: \$?[{(]{1,2}\s{0,4}+ | \$ | \#\{ | % | ["'`]\s{0,4}+[+&.~]\s{0,4}+ )  # how languages begin a variable, or end a string and go on with one
        (?P<name> [.$]?[A-Za-z_][\w-]*+ (?:\.[A-Za-z_][\w-]*+ | \[["'][\w.-]++["']\])*+ )""",
    re.VERBOSE,
)
_SCHEME = re.compile(r"\A[a-z][a-z0-9+.-]*://")
_PARTS = re.compile(r"[\w-]+")
_BEFORE = re.compile(r"""(?:.*?[=:]\s{0,4}+)?["']?(?:\$\{[A-Za-z_]\w*+:?-)?["']?""", re.DOTALL)
_AFTER = re.compile(r"""["'};,]{0,3}\s*""")
_WRITTEN = re.compile(r"""(?:\{\{[ \t]*+[\w.-]++[ \t]*+\}\}|[^\s"'`,;|<>=])*+\Z""")
_VARIABLE = re.compile(r"""\$?[{(]{1,2}\s{0,4}+ (?:[\w-]++\.)*+ (?P<closed>[\w-]++) \s{0,4}+ [})]{1,2} | \$(?P<bare>\w++)""", re.VERBOSE)
_GIVEN = re.compile(
    r"""(?<![\w.-]) (?P<name>[A-Za-z_][\w-]*+) ["']? [ \t]*+
        (?: [:?]?= [ \t]*+ ["']? | : [ \t]++ ["']? (?=[\w:-]*+[./]) )  # behind a colon also stand names of other things, which have neither dot nor slash
        (?P<value>[a-z0-9][\w./:-]*+) ["']? [,;]? [ \t]*+ (?=[\r\n]|\Z)""",
    re.VERBOSE,
)
_LISTED = re.compile(
    r"""\bname ["']? : [ \t]*+ ["']? (?P<name>[A-Za-z_][\w-]*+) ["']? ,? \s*+ ["']? (?:value|default) ["']? : [ \t]*+ ["']? (?P<value>[a-z0-9][\w./:-]*+)""",
    re.VERBOSE,
)
_REACH = 256
"""Characters before the `@` that can belong to a reference."""
_LONGEST_BEFORE = 200
"""Characters that may stand before a digest on a line that does no more than give it to a name."""
_NAME_KEYS = ("name", "key")
"""What the name stands under in a list of names and values: `{name: DIGEST, value: sha256:…}`."""
_MOST_PARTS = 5
_LISTS = ("parameters", "params")
"""Under what a document lists the parameters that its other parts use."""
_STEPS = 2
"""How many of the last keys of a path can be the name: `digest`, or `digest.default`."""


def pinned_by(spot: Spot) -> Pinned | None:
    """Find the reference in the same file that a name completes which is given the digest at the spot; `None` if the digest does not stand alone there."""
    chars = spot.value.chars
    if not _stands_alone(chars, spot.at):
        return None
    text = _file(spot.value)
    file = text.chars
    offset = spot.value.offset(spot.at, 1)
    if offset is not None and (composed := composed_at(file, offset - (text.offset(0, 1) or 0))) is not None:
        return known(composed, file, offset, spot=spot)
    uses = _uses(file)
    for name in _names(spot) if uses else ():
        if name in uses:
            return known(pinned_at(file, uses[name]), file, uses[name], spot=spot)
    return None


def known(pinned: Pinned | None, chars: str, at: int, *, spot: Spot) -> Pinned | None:
    """Complete the name of a reference that is pinned at `at`, behind its `@`, where the file of the spot gives each variable in it just one value."""
    if pinned is None or pinned.name is not None:
        return pinned
    written = _WRITTEN.search(chars[max(0, at - 1 - _REACH) : at - 1])
    lists = (listed for mapping, _ in spot.around for key in _LISTS if isinstance(listed := mapping.get(key), Sequence))
    given = [_given(_file(spot.value).chars), *map(_parameters, lists)]

    def value(variable: re.Match[str]) -> str:
        name = variable["closed"] or variable["bare"]
        values = set().union(*(values.get(name, ()) for values in given))
        return next(iter(values)) if len(values) == 1 else variable.group()

    reference = parse(_SCHEME.sub("", _VARIABLE.sub(value, written.group()))) if written else None
    return replace(pinned, name=reference.name, tag=reference.tag) if reference is not None and "/" in reference.name else pinned


def _stands_alone(chars: str, at: int) -> bool:
    start, digits = digits_at(chars, at)
    if start == at or len(digits) != HEX_LENGTH or at > _LONGEST_BEFORE:
        return False
    return _BEFORE.fullmatch(chars, 0, at) is not None and _AFTER.fullmatch(chars, start + len(digits)) is not None


def _names(spot: Spot) -> Iterator[str]:
    """What may be the name that the digest is given to, the likeliest first."""
    if spot.parent is not None:
        yield from (name for key in _NAME_KEYS if (name := spot.parent.scalar(key)))
    yield from [step for step in reversed(spot.path) if isinstance(step, str)][:_STEPS]


def _file(text: Text) -> Text:
    while text.parent is not None:
        text = text.parent
    return text


@lru_cache(maxsize=1)
def _uses(chars: str) -> Map[str, int]:
    """The index behind the `@` of the first reference that each variable completes; of one file at a time.

    `params.image.digest` stands for what is called `digest`, `image.digest` or all of it.
    """
    uses: dict[str, int] = {}
    for use in _USE.finditer(chars):
        if pinned_at(chars, use.start() + 1) is not None:
            parts = _PARTS.findall(use["name"])[-_MOST_PARTS:]
            for first in range(len(parts)):
                uses.setdefault(".".join(parts[first:]), use.start() + 1)
    return uses


@lru_cache(maxsize=1)
def _given(chars: str) -> Map[str, set[str]]:
    """What each name is given that could be a part of a reference, on a line that does no more or in a list of names and values; of one file at a time."""
    values: dict[str, set[str]] = {}
    for given in chain(_GIVEN.finditer(chars), _LISTED.finditer(chars)):
        values.setdefault(given["name"], set()).add(given["value"])
    return values


@lru_cache(maxsize=256)
def _parameters(listed: Sequence) -> Map[str, set[str]]:
    """What the parameters of a list are given, whatever else is said of them there; of all lists around one place at a time."""
    values: dict[str, set[str]] = {}
    for item in listed.items:
        if isinstance(item, Mapping) and (name := item.scalar("name")) and (value := item.scalar("value") or item.scalar("default")):
            values.setdefault(name, set()).add(value)
    return values
