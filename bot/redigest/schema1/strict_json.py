"""JSON that all programs read alike: what RFC 8259 allows, without what I-JSON (RFC 7493, section 2) warns of, and within bounds.

Refused are invalid UTF-8, a byte order mark, a key twice in one object, halves of surrogate pairs, numbers such as NaN, and whatever is too large,
nests too deep or has too many values. All of this takes linear time.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from itertools import accumulate
from typing import NoReturn

from redigest.schema1.refusals import Malformed

MAXIMUM_SIZE = 4 << 20
"""Bytes; containers/image reads no larger manifest and no larger config (`internal/iolimits`)."""
_MAXIMUM_DEPTH = 64
_MAXIMUM_VALUES = 100_000
_MAXIMUM_QUOTES = 400_000

_STRING = re.compile(rb'"(?:[^"\\]++|\\.|)*+"?', re.DOTALL)  # the end of one that is never closed is the end of the text: no second look at it
_NOT_STRUCTURE = bytes(set(range(256)) - set(b"[]{},"))
_STEPS = [1 if byte in b"[{" else -1 if byte in b"]}" else 0 for byte in range(256)]
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE = re.compile(r"[ \t\n\r]*")


def read_object(body: bytes) -> dict[str, object]:
    """Read an object; raises `Malformed` for anything else."""
    value = _decoded(_checked(body))
    if not isinstance(value, dict):
        raise Malformed("it is not a JSON object")
    return value


def raw_members(body: bytes) -> dict[str, str]:
    """The values of an object as they are written, by key, in their order; the object is one that `read_object` has read."""
    text = body.decode()
    members: dict[str, str] = {}
    position = _after_space(text, _after_space(text, 0) + 1)
    while text[position] == '"':
        key, position = _DECODER.raw_decode(text, position)
        start = _after_space(text, _after_space(text, position) + 1)
        _, end = _DECODER.raw_decode(text, start)
        members[key] = text[start:end]
        position = _after_space(text, end)
        if text[position] == ",":
            position = _after_space(text, position + 1)
    return members


def check_spelling(members: Iterable[str], known: Collection[str]) -> None:
    """Refuse a key that equals one of the known ones but for case, since Go takes the one for the other (`encoding/json`, `Unmarshal`).

    This is for objects that programs read into structures of theirs. In others, such as labels, keys that differ in case are common and harmless.
    """
    folded = {key.casefold(): key for key in known}
    for key in members:
        meant = folded.get(key.casefold())
        if meant is not None and meant != key:
            raise Malformed(f"a key equals `{meant}` but for case, and programs differ in how they read it")


def text(parent: Mapping[str, object], key: str) -> str:
    """A string, empty where there is none, as Go reads it."""
    value = parent.get(key)
    if value is None:
        return ""
    return value if isinstance(value, str) else _mistyped(key, "a string")


def flag(parent: Mapping[str, object], key: str) -> bool:
    """A boolean, false where there is none, as Go reads it."""
    value = parent.get(key)
    if value is None:
        return False
    return value if isinstance(value, bool) else _mistyped(key, "true or false")


def strings(parent: Mapping[str, object], key: str) -> list[str]:
    """An array of strings, empty where there is none."""
    values = _array(parent, key)
    found = [value for value in values if isinstance(value, str)]
    return found if len(found) == len(values) else _mistyped(key, "an array of strings")


def objects(parent: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """An array of objects, empty where there is none."""
    values = _array(parent, key)
    found = [value for value in values if isinstance(value, dict)]
    return found if len(found) == len(values) else _mistyped(key, "an array of objects")


def child(parent: Mapping[str, object], key: str) -> dict[str, object]:
    """An object, empty where there is none."""
    value = parent.get(key)
    if value is None:
        return {}
    return value if isinstance(value, dict) else _mistyped(key, "an object")


def _array(parent: Mapping[str, object], key: str) -> list[object]:
    value = parent.get(key)
    if value is None:
        return []
    return value if isinstance(value, list) else _mistyped(key, "an array")


def _mistyped(key: str, wanted: str) -> NoReturn:
    raise Malformed(f"`{key}` is not {wanted}")


def _checked(body: bytes) -> str:
    if len(body) > MAXIMUM_SIZE:
        raise Malformed(f"it is larger than {MAXIMUM_SIZE} bytes")
    if body.count(b'"') > _MAXIMUM_QUOTES:
        raise Malformed(f"it has more than {_MAXIMUM_QUOTES} quotes")
    structure = _STRING.sub(b"", body).translate(None, _NOT_STRUCTURE)
    if len(structure) > _MAXIMUM_VALUES:
        raise Malformed(f"it has more than about {_MAXIMUM_VALUES} values")
    if max(accumulate(map(_STEPS.__getitem__, structure)), default=0) > _MAXIMUM_DEPTH:
        raise Malformed(f"its values nest deeper than {_MAXIMUM_DEPTH} levels")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Malformed("it is not valid UTF-8") from None


def _decoded(chars: str) -> object:
    try:
        value: object = _DECODER.decode(chars)
        if _SURROGATE.search(chars):
            json.dumps(value, ensure_ascii=False).encode()
    except Malformed:
        raise
    except UnicodeEncodeError:
        raise Malformed("a string has half of a surrogate pair") from None
    except ValueError:
        raise Malformed("it is not JSON") from None
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("an object has the same key twice")
    return members


def _no_number(_: str) -> NoReturn:
    raise Malformed("a number is infinite or not a number")


def _after_space(chars: str, position: int) -> int:
    match = _SPACE.match(chars, position)
    return match.end() if match else position


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)
