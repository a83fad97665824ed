"""The block of ours in the body of a proposal, and the hidden marker in it that carries all the state there is.

The marker is an HTML comment (CommonMark, section 4.6, kind 2), which GitHub and GitLab keep and do not show:

    <!-- redigest:begin 1 base=… group=… fingerprint=… parent=… head=… title=… state=… swaps=… -->
    what redigest says
    <!-- redigest:end -->

What stands outside of the block belongs to people and is kept.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, replace

_BEGIN = re.compile(
    r"<!-- redigest:begin 1 base=(?P<base>[A-Za-z0-9+/=]*) group=(?P<group>[A-Za-z0-9+/=]*) fingerprint=(?P<fingerprint>[0-9a-f]{32})"
    r" parent=(?P<parent>[0-9a-f]{40}|[0-9a-f]{64}) head=(?P<head>[0-9a-f]{40}|[0-9a-f]{64}) title=(?P<title>[0-9a-f]{8}) state=(?P<state>open|withdrawn)"
    r" swaps=(?P<swaps>(?:[A-Za-z0-9+/]{8})*) -->\r?\n?"
)
_END = "<!-- redigest:end -->"
_KEY = 8

PIN = 4
"""How many characters at the beginning of a key stand for the image and its old digest."""

UNFINISHED = "0" * 32
"""The fingerprint of a proposal of which not all has been written yet."""


@dataclass(frozen=True, slots=True)
class Marker:
    """What a proposal is about: its base branch, its group, which edits in which files, which swaps, and the commit that was pushed for it, on which parent.

    `fingerprint` stands for every file and edit; zeros say that not all has been written yet. `swaps` are the keys of the swaps; of very many none are
    kept, and the fingerprint stands for them. `title` is the `title_mark` of the title that was given. A withdrawn proposal was closed by redigest, not by
    a person.
    """

    base: str
    group: str
    fingerprint: str
    parent: str
    head: str
    title: str
    swaps: frozenset[str]
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a proposal in its parts: what people wrote before our block and after it, and the marker; without one everything is before."""

    before: str
    marker: Marker | None
    text: str
    after: str


def swap_key(image: str | None, old: str, new: str) -> str:
    """The eight characters by which a swap of one image is known again; the first four are its `pin_key`."""
    return pin_key(image, old) + _key(image or "", old, new)


def pin_key(image: str | None, old: str) -> str:
    """The four characters that stand for an image that is pinned by an old digest, whatever it is swapped for."""
    return _key(image or "", old)


def _key(*words: str) -> str:
    return base64.b64encode(hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).digest()[:3]).decode()


def title_mark(title: str) -> str:
    """Eight hex digits by which a title is known again."""
    return hashlib.sha256(title.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def block(marker: Marker, text: str) -> str:
    """The block: the marker, the text, and the end. The text must hold no HTML comment."""
    return f"{_begin(marker)}\n{text.rstrip()}\n\n{_END}"


def _begin(marker: Marker) -> str:
    state = "withdrawn" if marker.is_withdrawn else "open"
    names = f"base={_packed(marker.base)} group={_packed(marker.group)} fingerprint={marker.fingerprint} parent={marker.parent} head={marker.head}"
    return f"<!-- redigest:begin 1 {names} title={marker.title} state={state} swaps={''.join(sorted(marker.swaps))} -->"


def parse(body: str) -> Body:
    """Take a body apart. A block whose end is missing has lost its marker only, so that nothing which a person wrote is taken for ours."""
    begin = _BEGIN.search(body)
    if begin is None:
        return Body(body, None, "", "")
    end = body.find(_END, begin.end())
    if end < 0:
        return Body(body[: begin.start()] + body[begin.end() :], None, "", "")
    marker = _marker(begin)
    if marker is None:
        return Body(body[: begin.start()] + body[end + len(_END) :], None, "", "")
    return Body(body[: begin.start()], marker, body[begin.end() : end], body[end + len(_END) :])


def renewed(body: str, new: str) -> str:
    """The body with a new block in place of the old one; at the end if there is none. What people wrote around it stays as it is."""
    parts = parse(body)
    if parts.marker is not None:
        return parts.before + new + parts.after
    return f"{parts.before.rstrip()}\n\n{new}" if parts.before.strip() else new


def outside(body: str) -> int:
    """How many characters of a body are not ours, and so have to be left room for."""
    parts = parse(body)
    return len(parts.before) + len(parts.after) + 2


def withdrawn(body: str) -> str:
    """The body with the marker saying that redigest itself has closed the proposal."""
    parts = parse(body)
    if parts.marker is None:
        return body
    return f"{parts.before}{_begin(replace(parts.marker, is_withdrawn=True))}\n{parts.text}{_END}{parts.after}"


def _marker(match: re.Match[str]) -> Marker | None:
    try:
        base, group = _unpacked(match["base"]), _unpacked(match["group"])
    except ValueError:
        return None
    keys = match["swaps"]
    swaps = frozenset(keys[start : start + _KEY] for start in range(0, len(keys), _KEY))
    return Marker(base, group, match["fingerprint"], match["parent"], match["head"], match["title"], swaps, match["state"] == "withdrawn")


def _packed(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()


def _unpacked(text: str) -> str:
    return base64.b64decode(text, validate=True).decode("utf-8", "surrogateescape")
