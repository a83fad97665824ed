"""Foreign words made fit to be cited: without secrets, without control characters, not too long."""

import base64
import binascii
import re
from collections.abc import Iterator

from redigest.secret import Secret

_UNPRINTABLE = re.compile(r"[^\S\n]+|[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_LONGEST = 4000
"""Characters of what git says that are looked at; a server can make it say any amount."""


def scrub(words: bytes, secret: Secret | None = None) -> str:
    """Decode what git or a server has written; lines are kept."""
    text = words.decode("utf-8", "replace")
    for hidden in sorted(_forms(secret), key=len, reverse=True):
        text = text.replace(hidden, "***")
    text = _UNPRINTABLE.sub(" ", text.replace("\r", "\n"))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}\n...\n{text[-_LONGEST // 2 :]}"


def _forms(secret: Secret | None) -> Iterator[str]:
    """The ways in which a header Authorization, or what it holds, can be written."""
    if secret is None or not secret.reveal():
        return
    yield secret.reveal()
    scheme, _, credentials = secret.reveal().partition(" ")
    if credentials:
        yield credentials
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(credentials, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        yield from filter(None, (decoded, decoded.partition(":")[2]))
