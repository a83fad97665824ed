"""Which registries may be asked, where they are, and where else they may send us."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from redigest import reference

if TYPE_CHECKING:
    from redigest.config import Registry

DOCKER_HUB = "docker.io"
_DOCKER_HUB_NAMES = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_DOCKER_HUB_AUTHORITY = "registry-1.docker.io"

_LOGIN_ONLY = "registry.redhat.io"
_OPEN_TWIN = "registry.access.redhat.com"
_KNOWN_REALMS: Mapping[str, frozenset[str]] = {
    _LOGIN_ONLY: frozenset({"sso.redhat.com"}),
    _OPEN_TWIN: frozenset({"sso.redhat.com"}),
    DOCKER_HUB: frozenset({"auth.docker.io"}),
}
"""The hosts other than their own that these registries take tokens from."""

_DEFAULT_PORTS = {"https": 443, "http": 80}
_PUBLIC_NAME = re.compile(r"(?:[a-z0-9_-]+\.)+(?!(?:local|localhost|localdomain|internal|svc)$)[a-z][a-z0-9-]*")
"""A name below a top-level domain that resolvers outside of a house know. The last part has to be one: `127.1` is an address."""

_LONGEST_URL = 8192


@dataclass(frozen=True, slots=True)
class Location:
    """A repository on a registry, in one spelling: the host in lower case, Docker Hub as docker.io, its own images below `library/`.

    Raises `ValueError` for what cannot be a repository, so that its parts can go into a URL as they are.
    """

    host: str
    repository: str

    def __post_init__(self) -> None:
        parsed = reference.parse(self.name)
        if parsed is None or (parsed.registry, parsed.repository) != (self.host, self.repository) or self.host != self.host.lower():
            raise ValueError("not the name of a repository")

    @property
    def name(self) -> str:
        return f"{self.host}/{self.repository}"

    @property
    def open_twin(self) -> "Location | None":
        """Where the same repository can be had without a login, if there is such a place."""
        return Location(_OPEN_TWIN, self.repository) if self.host == _LOGIN_ONLY else None


def locate(name: str) -> Location | None:
    """Say where the repository is that is written like this, with or without a registry; `None` if it is no name of a repository."""
    written = reference.parse(name)
    if written is None or written.tag is not None or written.digest is not None:
        return None
    host = (written.registry or DOCKER_HUB).lower()
    if host not in _DOCKER_HUB_NAMES:
        return Location(host, written.repository)
    return Location(DOCKER_HUB, written.repository if "/" in written.repository else f"library/{written.repository}")


def announced(repository: str) -> tuple[Location, ...]:
    """Where a repository is that is written without a registry in a mapping, as in that of the announcement; empty if it is no name of one."""
    found = (locate(f"{host}/{repository}") for host in (_LOGIN_ONLY, _OPEN_TWIN))
    return tuple(location for location in found if location is not None)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A registry that may be asked; `authority` is the host and port that requests go to."""

    host: str
    authority: str
    is_plain: bool = False
    ca_bundle: Path | None = None
    token_realms: frozenset[str] = field(default=frozenset())

    @property
    def origin(self) -> str:
        return f"{'http' if self.is_plain else 'https'}://{self.authority}"

    def is_own(self, url: str) -> bool:
        """Whether the URL is on this registry itself: scheme, host and port are the same."""
        parts = _split(url)
        return parts is not None and _origin(parts) == _origin(urlsplit(self.origin))

    def trusts_realm(self, url: str) -> bool:
        """Whether credentials may be sent to this token realm: it is the registry itself, or on the list, and there not in the clear but on loopback."""
        parts = _split(url)
        if parts is None:
            return False
        listed = any(_origin(urlsplit(f"{parts.scheme}://{realm}")) == _origin(parts) for realm in self.token_realms)
        return self.is_own(url) or (listed and (parts.scheme == "https" or is_loopback(parts.hostname or "")))

    def may_redirect_to(self, url: str) -> bool:
        """Whether content may be fetched from there, without credentials: a registry must not send us further into the house than it stands itself."""
        parts = _split(url)
        if parts is None:
            return False
        both_loopback = is_loopback(parts.hostname or "") and is_loopback(urlsplit(self.origin).hostname or "")
        return self.is_own(url) or both_loopback or is_public(url)

    @classmethod
    def configured(cls, registry: "Registry") -> "Endpoint":
        """Make the endpoint of a registry of the configuration. On loopback nothing goes over the wire, so HTTP will do unless certificates are named."""
        host = registry.host.lower()
        host = DOCKER_HUB if host in _DOCKER_HUB_NAMES else host
        authority = _DOCKER_HUB_AUTHORITY if host == DOCKER_HUB else host
        is_plain = registry.plain_http or (registry.ca_bundle is None and is_loopback(urlsplit(f"//{authority}").hostname or ""))
        realms = frozenset(realm.lower() for realm in registry.token_realms) | _KNOWN_REALMS.get(host, frozenset())
        return cls(host, authority, is_plain, registry.ca_bundle, realms)

    @classmethod
    def of_url(cls, url: str) -> "Endpoint":
        """The endpoint of a service that is no registry, by the URL of its root."""
        parts = urlsplit(url)
        return cls(parts.netloc, parts.netloc, parts.scheme == "http")


def endpoints(registries: Iterable["Registry"] = ()) -> Mapping[str, Endpoint]:
    """All registries that may be asked, by host: those of the announcement, and the configured ones, which win."""
    built_in = {host: Endpoint(host, host, token_realms=_KNOWN_REALMS[host]) for host in (_LOGIN_ONLY, _OPEN_TWIN)}
    return built_in | {endpoint.host: endpoint for endpoint in map(Endpoint.configured, registries)}


def resolve(url: str, link: str) -> str:
    """Where a link leads that stands in an answer from a URL; empty, which is nowhere, for what is no link."""
    try:
        return urljoin(url, link)
    except ValueError:
        return ""


def is_public(url: str) -> bool:
    """Whether it is HTTPS to a public name; an address is none, for no content is served under bare addresses.

    A public name can stand for an address inside. Such a connection ends before anything is asked, since what listens there has no certificate for the
    name; so names are not looked up here, which would not hold behind a proxy anyway.
    """
    parts = _split(url)
    return parts is not None and parts.scheme == "https" and _PUBLIC_NAME.fullmatch(parts.hostname or "") is not None


def is_loopback(host: str) -> bool:
    """Whether this is the machine itself, by name or by address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(url: str) -> SplitResult | None:
    """Take an HTTP URL apart; `None` for what is none, or holds a user, or a character that a URL does not have."""
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in _DEFAULT_PORTS and parts.hostname and "@" not in parts.netloc else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme]
