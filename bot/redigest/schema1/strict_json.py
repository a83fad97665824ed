"""JSON that every program reads alike, and its parts in the form in which Go's encoding/json writes them."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[ \t\r\n]+|[{}\[\],:]|[^"\s{}\[\],:]+')
_ESCAPED = re.compile(r'[\x00-\x1f"\\<>&\u2028\u2029]')
_ESCAPED_RAW = re.compile(r"[<>&\u2028\u2029]")
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SHORT_SINCE_1_22 = {"\b": "\\b", "\f": "\\f"}
_TIME = re.compile(
    r"(?P<seconds>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?(?P<zone>Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])",
    re.ASCII,
)
_ZERO_TIME = "0001-01-01T00:00:00Z"


class Refused(ValueError):
    """The JSON, or the image in it, is not one that there is only one way to read; the message says why, and repeats nothing of it."""


def parse(data: bytes) -> Any:
    """Parse JSON strictly. Raises `Refused` where readers differ: repeated keys, keys equal but for case, invalid UTF-8, NaN, deep nesting."""
    try:
        text = data.decode("utf-8")
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError:
        raise Refused("it is not valid UTF-8") from None
    except RecursionError:
        raise Refused("its values nest too deep") from None
    except Refused:
        raise
    except ValueError:
        raise Refused("it is not valid JSON") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key.casefold() for key, _ in pairs}) != len(pairs):
        raise Refused("a key stands twice in one object, perhaps in another case")
    return dict(pairs)


def _constant(_: str) -> NoReturn:
    raise Refused("it holds a number that JSON does not have")


def members(data: bytes) -> Mapping[str, str]:
    """The values of an object that `parse` takes, each as Go writes a raw value: without blanks around tokens, `<`, `>`, `&` and two line ends escaped.

    Everything else stays as it is written: numbers, escapes, the order of nested keys (encoding/json, `RawMessage` and `Compact`).
    """
    values: dict[str, str] = {}
    depth = 0
    key: str | None = None
    parts: list[str] = []
    for match in _TOKEN.finditer(data.decode("utf-8")):
        part = match.group()
        if part[0] in " \t\r\n":
            continue
        if depth == 1 and key is None and part[0] == '"':
            key = json.loads(part)
        elif depth == 1 and part in (",", "}"):
            if key is not None:
                values[key] = "".join(parts)
            key, parts = None, []
        elif depth >= 1 and (depth > 1 or parts or part != ":"):
            parts.append(_ESCAPED_RAW.sub(_unicode, part) if part[0] == '"' else part)
        depth += (part in "{[") - (part in "}]")
    return values


def go_string(value: str, *, since_1_22: bool = False) -> str:
    """A string as Go writes it with HTML escaping on; from Go 1.22 on there are short escapes for backspace and form feed. Raises `Refused`."""
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise Refused("a text in it is not valid Unicode")
    short = _SHORT | _SHORT_SINCE_1_22 if since_1_22 else _SHORT
    return '"' + _ESCAPED.sub(lambda match: short.get(match.group()) or _unicode(match), value) + '"'


def _unicode(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def go_time(created: str | None) -> str:
    """A time as Go prints it (RFC 3339 with nanoseconds) after it has read it. Raises `Refused` for what Go does not read."""
    if created is None:
        return _ZERO_TIME
    match = _TIME.fullmatch(created)
    try:
        datetime.fromisoformat(match["seconds"] if match else "")
    except ValueError:
        raise Refused("a date in the history is not one that Go reads") from None
    assert match is not None  # noqa: S101 -- an empty text is no date
    fraction = (match["fraction"] or "").rstrip("0")
    zone = "Z" if match["zone"] in ("+00:00", "-00:00") else match["zone"]
    return f"{match['seconds']}{f'.{fraction}' if fraction else ''}{zone}"
