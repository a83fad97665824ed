"""Digests that are given to a name, and the reference elsewhere in the same file that the name completes: `DIGEST=sha256:…`, then `etcd@${DIGEST}`."""

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from redigest.comments import is_commented
from redigest.composed import composed_at
from redigest.document import Mapping, Sequence, Spot
from redigest.reference import Pinned, parse, pinned_at
from redigest.screen import HEX_LENGTH, digits_at
from redigest.text import Text

_USE = re.compile(
    r"""@(?: \$?[{(]{1,2}\s{0,4}+ | \$ | \#\{ | % | ["'`]\s{0,4}+[+&.~]\s{0,4}+ )  # how languages begin a variable, or end a string and go on with one
        (?P<name> [.$]?[A-Za-z_][\w-]*+ (?:\.[A-Za-z_][\w-]*+ | \[["'][\w.-]++["']\]|)*+ )""",
    re.VERBOSE,
)
_SCHEME = re.compile(r"\A[a-z][a-z0-9+.-]*://")
_PARTS = re.compile(r"[\w-]+")
_BEFORE = re.compile(r"""(?:.*?[=:]\s{0,4}+)?["']?(?:\$\{[A-Za-z_]\w*+:?-)?["']?""", re.DOTALL)
_AFTER = re.compile(r"""["'};,]{0,3}\s*""")
_WRITTEN = re.compile(r"""(?:\{\{[ \t]*+[\w.-]++[ \t]*+\}\}|[^\s"'`,;|<>=]|)*+\Z""")
_VARIABLE = re.compile(r"""\$?[{(]{1,2}\s{0,4}+ (?:[\w-]++\.|)*+ (?P<closed>[\w-]++) \s{0,4}+ [})]{1,2} | \$(?P<bare>\w++)""", re.VERBOSE)
_GIVEN = re.compile(
    r"""(?<![\w.-]) (?P<name>[A-Za-z_][\w-]*+) ["']? [ \t]*+
        (?: [:?]?= [ \t]*+ ["']? | : [ \t]++ ["']? (?=[\w:-]*+[./]) )  # behind a colon also stand names of other things, which have neither dot nor slash
        (?P<value>[a-z0-9][\w./:-]*+) ["']? [,;]? [ \t]*+ (?=[\r\n]|\Z)""",
    re.VERBOSE,
)
_ASSIGNED = re.compile(r"(?<![\w.$-])(?P<name>[A-Za-z_][\w-]*+)[ \t]*+[:?+]?=(?!=)")
"""What is given to a name in any way; a second value, known or not, leaves a name without one."""
_OPEN = ""
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
_MOST_USES = 16
"""Uses of one name that are looked at."""
_VALUE_KEYS = ("value", "default", "defaultValue", "Value", "Default")
"""Keys that hold the value of what is called by the key before them, or by a name beside them."""
_HOMES: Map[str, frozenset[str]] = {
    "var": frozenset({"variable", "variables"}),
    "local": frozenset({"locals"}),
    "vars": frozenset({"vars", "variables"}),
    "env": frozenset({"env", "environment", "variables"}),
    "params": frozenset({"params", "parameters"}),
    "inputs": frozenset({"params", "inputs"}),
    "github": frozenset({"inputs", "env"}),
    "event": frozenset({"inputs"}),
    "parameters": frozenset({"parameters"}),
}
"""How languages say in a variable where it comes from, and under which keys such variables are given."""


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
    steps = _steps(spot)
    found = [known(pinned_at(file, use.end), file, use.end, spot=spot) for use in _uses(file).get(steps[-1] if steps else "", ()) if use.is_of(steps)]
    first = found[0] if found else None
    if first is not None and any(other is None or other.name != first.name for other in found):
        return replace(first, name=None, tag=None)
    return first


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
    if reference is None or "/" not in reference.name or (reference.registry and "." in reference.repository.partition("/")[0]):
        return pinned
    return replace(pinned, name=reference.name, tag=reference.tag)


def _stands_alone(chars: str, at: int) -> bool:
    start, digits = digits_at(chars, at)
    if start == at or len(digits) != HEX_LENGTH or at > _LONGEST_BEFORE:
        return False
    return _BEFORE.fullmatch(chars, 0, at) is not None and _AFTER.fullmatch(chars, start + len(digits)) is not None


def _steps(spot: Spot) -> tuple[str, ...]:
    """The way to what the digest is given to, its name last: keys, or the name that stands beside the value in a list of names and values."""
    steps = [step for step in spot.path if isinstance(step, str)]
    name = next((name for key in _NAME_KEYS if (name := spot.parent.scalar(key))), None) if spot.parent is not None else None
    if steps and steps[-1] in _VALUE_KEYS:
        steps.pop()
        steps += name.split(".") if name else []
    return tuple(steps)


def _file(text: Text) -> Text:
    while text.parent is not None:
        text = text.parent
    return text


@dataclass(frozen=True, slots=True)
class _Use:
    """A variable that completes a reference: the parts of its name, and the index behind the `@` of the reference."""

    parts: tuple[str, ...]
    end: int

    def is_of(self, steps: tuple[str, ...]) -> bool:
        """Tell whether the variable can be what stands at the end of `steps`: `var.web.digest` is not `tarball.digest`."""
        common = 0
        for part, step in zip(reversed(self.parts), reversed(steps), strict=False):
            if part != step:
                break
            common += 1
        rest = self.parts[: len(self.parts) - common]
        return common > 0 and (len(steps) == 1 or all(part in steps or not _HOMES.get(part, frozenset()).isdisjoint(steps) for part in rest))


@lru_cache(maxsize=1)
def _uses(chars: str) -> Map[str, list[_Use]]:
    """The variables that complete references, by the last part of their names; of one file at a time. Those in comments do not count."""
    uses: dict[str, list[_Use]] = {}
    for use in _USE.finditer(chars):
        parts = tuple(_PARTS.findall(use["name"])[-_MOST_PARTS:])
        known_uses = uses.setdefault(parts[-1], [])
        if len(known_uses) < _MOST_USES and pinned_at(chars, use.start() + 1) is not None and not is_commented(chars, use.start()):
            known_uses.append(_Use(parts, use.start() + 1))
    return uses


@lru_cache(maxsize=1)
def _given(chars: str) -> Map[str, set[str]]:
    """What each name is given that could be a part of a reference, on a line that does no more or in a list of names and values; of one file at a time."""
    values: dict[str, set[str]] = {}
    for given in chain(_GIVEN.finditer(chars), _LISTED.finditer(chars)):
        if not is_commented(chars, given.start()):
            values.setdefault(given["name"], set()).add(given["value"])
    for assigned in _ASSIGNED.finditer(chars):
        if assigned["name"] in values and not is_commented(chars, assigned.start()) and not _GIVEN.match(chars, assigned.start()):
            values[assigned["name"]].add(_OPEN)
    return values


@lru_cache(maxsize=256)
def _parameters(listed: Sequence) -> Map[str, set[str]]:
    """What the parameters of a list are given, whatever else is said of them there; of all lists around one place at a time."""
    values: dict[str, set[str]] = {}
    for item in listed.items:
        if isinstance(item, Mapping) and (name := item.scalar("name")) and (value := item.scalar("value") or item.scalar("default")):
            values.setdefault(name, set()).add(value)
    return values
