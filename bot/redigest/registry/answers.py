"""What a question to a registry comes to: the values that the client gives back, failures among them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from redigest.media_types import DOCKER_LIST, OCI_INDEX, OCI_MANIFEST, SCHEMA_1, SCHEMA_1_SIGNED, SCHEMA_2
from redigest.model import Digest

ANY_MANIFEST = (SCHEMA_2, DOCKER_LIST, OCI_MANIFEST, OCI_INDEX, SCHEMA_1_SIGNED, SCHEMA_1)
"""For the question what stands behind a digest."""

DigestOf = Callable[[bytes, str], Digest]
"""The digest of a manifest, from its body and its media type (empty where the registry gives none).

For schema 1 it is that of the signed payload, and for everything else that of the body. It raises `ValueError` for a body that has
none, such as one that is two kinds of manifest at once, with words for people that repeat nothing of it.
"""


class Reason(StrEnum):
    """Why there is no answer."""

    NOT_ASKED = "not-asked"
    """The registry is not one that may be asked, or the question has a name or a tag that cannot be."""
    NOT_FOUND = "not-found"
    """404. It says nothing of what the digest was."""
    UNSUPPORTED = "unsupported"
    """The registry answers with the code `UNSUPPORTED`. Red Hat's do so for schema 1, and for any other digest that they lack."""
    UNAUTHORIZED = "unauthorized"
    """The registry wants a login that is not there, or refuses the one that is."""
    REFUSED = "refused"
    """The registry understands the question and does not answer it."""
    UNREACHABLE = "unreachable"
    """No connection, no answer in time, or a fault of the server that does not pass."""
    VIOLATION = "violation"
    """The answer is not what the protocol allows, so nothing in it counts."""


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer; `words` say why, for people, and hold nothing that the registry wrote but the name of a host."""

    reason: Reason
    words: str


def not_asked(host: str, *, is_offline: bool) -> str:
    """Why a registry that may not be asked is not, in words."""
    return f"{host} is not asked: --offline" if is_offline else f"registry not configured: {host}"


class Failed(Exception):
    """Carries a failure to the edge of the client, which gives it back as a value."""

    def __init__(self, reason: Reason, words: str) -> None:
        super().__init__(words)
        self.failure = Failure(reason, words)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it was sent: `digest` is computed from `body` and is the one that was asked for, if one was."""

    digest: Digest
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """What a registry says of a manifest without sending it: nothing of this is proven, and both can be missing."""

    digest: Digest | None
    media_type: str


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a repository; `missing` says why there can be more, `None` when these are all."""

    names: tuple[str, ...]
    missing: str | None = None
