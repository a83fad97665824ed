"""Places in documents: the pattern language of the rules, and how a place is said in words."""

import re
from functools import cache

from redigest.document import Mapping, Path, Spot

_STEP = re.compile(r"""\*\*|\[\*\]|\["(?P<quoted>[^"]*)"\]|(?P<key>[^.\[\]"]+)""")
_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")
_CUT_DIGEST = re.compile(r"sha256:[0-9a-f]*+\Z")
_LONGEST_STEP = 512
"""Characters of a key that a place is told by: more than a reference has, and few enough that a long key over many digests costs little."""
_MOST_STARS = 10
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_/$-]+|--[a-z]+")


class BadPattern(ValueError):
    """A pattern of a place that cannot be read; the message says what is wrong with it."""


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern such as `spec.**.containers[*].image`, each once; match it against `canonical(path)`. Raises `BadPattern`."""
    return re.compile(expression_of(pattern))


@cache
def letters_of(pattern: str) -> tuple[str, ...]:
    """What every `canonical(path)` that fits a pattern holds as it is; most paths fit few patterns, and to compile one takes longer than to look for these."""
    keys = (match["quoted"] if match["quoted"] is not None else match["key"] for match in _STEP.finditer(pattern))
    return tuple(piece for key in keys if key is not None for piece in f"{key}\0".split("*") if piece)


def expression_of(pattern: str) -> str:
    """Translate a pattern into a regular expression, which takes a small part of the time of compiling that.

    A step is a key, in which `*` stands for any characters; `[*]` any position of a sequence; `["…"]` a key with dots in it; `**` any number of steps.
    Raises `BadPattern`.
    """
    if pattern.count("*") > _MOST_STARS:
        raise BadPattern(f"the place {pattern[:100]!r} has more than {_MOST_STARS} stars, which would take too long to match")
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        match = _STEP.match(pattern, position)
        if match is None:
            raise BadPattern(f"character {position + 1} of the place {pattern!r} is not understood")
        parts.append(_expression_of_step(match))
        position = match.end()
        if pattern.startswith(".", position):
            position += 1
            if position == len(pattern):
                raise BadPattern(f"the place {pattern!r} ends in a dot")
    if not parts:
        raise BadPattern("a place cannot be empty")
    return "".join(parts)


def _expression_of_step(match: re.Match[str]) -> str:
    if match.group() == "**":
        return r"(?:[^\0]*\0)*"
    if match.group() == "[*]":
        return r"#\0"
    key = match["quoted"] if match["quoted"] is not None else match["key"]
    is_no_position = r"(?!#\0)" if "*" in key else ""
    return is_no_position + _glob(key) + r"\0"


def _glob(key: str) -> str:
    """`*` for any characters: all but the last piece of a key are taken where they first fit, so that nothing is tried twice."""
    first, *pieces = (re.escape(piece) for piece in re.split(r"\*+", key))
    if not pieces:
        return first
    *middle, last = pieces
    return first + "".join(rf"(?>[^\0]*?{piece})" for piece in middle) + r"[^\0]*" + last


def canonical(path: Path) -> str:
    """The form of a path that patterns match: each step ends in NUL and is cut at a length, every position of a sequence shows as `#`."""
    return "".join("#\0" if isinstance(step, int) else f"{step[:_LONGEST_STEP]}\0" for step in path)


def in_words(path: Path) -> str:
    """Say a path as people write it: `spec.containers[0].image`, keys with odd characters in `["…"]`, digests in them cut short."""
    words: list[str] = []
    for step in path:
        if isinstance(step, int):
            words.append(f"[{step}]")
        elif len(step) <= _LONGEST_STEP and _PLAIN_KEY.fullmatch(step):
            words.append(f".{step}" if words else step)
        else:
            words.append(f'["{_cut(step)}"]')
    return "".join(words)


def _cut(step: str) -> str:
    """A key or a name of readable length, in which a digest is cut short even where the key is."""
    whole = _DIGEST.sub(r"\1…", step[:_LONGEST_STEP])
    return whole if len(step) <= _LONGEST_STEP else _CUT_DIGEST.sub("", whole) + "…"


def object_name(mapping: Mapping) -> str | None:
    """`Deployment/web` for a Kubernetes object, digests in it cut short; `None` for anything else. A name that a template makes is left out."""
    return mapping.remembered(object_name, _object_name)


def _object_name(mapping: Mapping) -> str | None:
    kind = mapping.scalar("kind")
    if kind is None or mapping.get("apiVersion") is None:
        return None
    metadata = mapping.get("metadata")
    name = metadata.scalar("name") if isinstance(metadata, Mapping) else None
    return f"{_cut(kind)}/{_cut(name)}" if name and "{{" not in name else _cut(kind)


def of_spot(spot: Spot) -> str:
    """Say where a spot is: the nearest Kubernetes object around it, and the way from there."""
    for mapping, depth in reversed(spot.around):
        name = object_name(mapping)
        if name is not None:
            return f"{name} {in_words(spot.path[depth:])}".rstrip()
    return in_words(spot.path)
