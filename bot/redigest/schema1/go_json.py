"""JSON as Go's `encoding/json` writes it, for a recomputation that is equal byte for byte.

The reference is `encoding/json` of Go 1.1 to 1.21 with its default of escaping HTML, and `time.Time.MarshalJSON` (RFC 3339 with up to nine digits).
From Go 1.22 on, two control characters have short escapes; `go122` chooses those.
"""

import json
import re
from datetime import date

from redigest.schema1.refusals import Unconvertible

_ALWAYS_ESCAPED = {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}
_BEFORE_GO_1_22 = {r"\b": r"\u0008", r"\f": r"\u000c"}
_SHORT_ESCAPE = re.compile(r"\\.")
_STRING_OR_SPACE = re.compile(r'("(?:[^"\\]++|\\.|)*+")|[ \t\n\r]+')

_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_TIME = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})T({_CLOCK}:[0-5][0-9])(?:\.([0-9]{{1,9}}))?(Z|[+-]{_CLOCK})")
_ZERO_TIME = "0001-01-01T00:00:00Z"


def quoted(chars: str, *, go122: bool = False) -> str:
    """A string as `Marshal` writes it, with its quotes."""
    written = json.dumps(chars, ensure_ascii=False)
    if not go122 and ("\b" in chars or "\f" in chars):
        written = _SHORT_ESCAPE.sub(lambda escape: _BEFORE_GO_1_22.get(escape[0], escape[0]), written)
    return _escaped(written)


def compacted(raw: str) -> str:
    """A `RawMessage` as `Marshal` writes it: no space between values, five characters escaped, all else as it was; `raw` is valid JSON."""
    return _escaped(_STRING_OR_SPACE.sub(r"\1", raw))


def _escaped(written: str) -> str:
    """Escape what is escaped wherever it stands, which in JSON is in strings only."""
    for character, escape in _ALWAYS_ESCAPED.items():
        written = written.replace(character, escape)
    return written


def timestamp(value: object) -> str:
    """A `time.Time` as it is printed after it was parsed, without quotes; a missing one is year 1. Raises `Unconvertible` where Go fails or could differ."""
    if value is None:
        return _ZERO_TIME
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Unconvertible("a time is not as RFC 3339 writes it")
    day, clock, fraction, zone = match.groups(default="")
    try:
        date.fromisoformat(day)
    except ValueError:
        raise Unconvertible("a time is on a day that does not exist") from None
    fraction = fraction.rstrip("0")
    zone = "Z" if zone[1:] == "00:00" else zone
    return f"{day}T{clock}{'.' if fraction else ''}{fraction}{zone}"
