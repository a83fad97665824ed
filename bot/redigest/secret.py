"""A text that must not be shown: a password, a token, a header that holds one."""

import hmac
import re
from typing import NoReturn

_known: dict[str, None] = {}
"""Every text that was ever secret in this process, so that what other people's code says can be scrubbed of it."""

_SHORTEST = 8
"""Scrubbing a shorter text would scrub words."""


def scrubbed(text: str) -> str:
    """The text with every secret in it masked, for what other people's code says: logs, errors, what git complains of."""
    for secret in sorted(_known.copy(), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


class Secret:
    """Keeps a text from every way in which values get into logs, errors and reports; only `reveal` gives it away."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        _known.update(dict.fromkeys(part for part in (text, *re.split(r"\s+", text)) if len(part) >= _SHORTEST))

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        """Stay in this process."""
        raise TypeError("a secret is not written to a file and not given to another process")
