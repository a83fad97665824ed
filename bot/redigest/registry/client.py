"""The registry client: manifests, blobs and tags (OCI distribution specification, section "Pull"), failures as values."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

from redigest import reference
from redigest.model import Digest
from redigest.registry.answers import ANY_MANIFEST, Claim, DigestOf, Failed, Failure, Manifest, Reason, Tags, not_asked
from redigest.registry.credentials import Keyring
from redigest.registry.endpoints import Endpoint, Location, resolve
from redigest.registry.exchange import Exchange, Limits, Reply
from redigest.registry.json_object import json_object
from redigest.registry.tokens import Authorization
from redigest.secret import Secret

_CODES = frozenset(
    {
        *("BLOB_UNKNOWN", "DENIED", "DIGEST_INVALID", "MANIFEST_INVALID", "MANIFEST_UNKNOWN", "MANIFEST_UNVERIFIED", "NAME_INVALID", "NAME_UNKNOWN"),
        *("SIZE_INVALID", "TAG_INVALID", "TAG_LIMIT_EXCEEDED", "TOOMANYREQUESTS", "UNAUTHORIZED", "UNKNOWN", "UNSUPPORTED"),
    }
)
"""The codes of errors that are repeated to people; what else a registry writes is not."""

_REDIRECTS = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT)

_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class _Host:
    """A registry in this run."""

    endpoint: Endpoint
    exchange: Exchange
    authorization: Authorization
    slots: asyncio.Semaphore
    unanswered: int = 0
    """Questions in a row that it has not answered."""
    has_answered: bool = False
    """Whether it is there at all; one that never was is not asked twice."""


class RegistryClient:
    """Asks the registries that may be asked; to be entered before it is used, and used in one event loop."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        keyring: Keyring,
        *,
        digest_of: DigestOf,
        limits: Limits | None = None,
        is_offline: bool = False,
    ) -> None:
        self._endpoints = endpoints
        self._keyring = keyring
        self._digest_of = digest_of
        self._limits = limits or Limits()
        self._is_offline = is_offline
        self._hosts: dict[str, _Host] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Make the connections possible. Raises `UsageError` when certificates or a proxy cannot be used."""
        async with AsyncExitStack() as stack:
            for endpoint in self._endpoints.values():
                exchange = await stack.enter_async_context(Exchange(endpoint, self._limits))
                authorization = Authorization(endpoint, exchange, find=self._keyring.find, largest_token=self._limits.token)
                self._hosts[endpoint.host] = _Host(endpoint, exchange, authorization, asyncio.Semaphore(self._limits.connections))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._stack.aclose()

    def is_plain(self, host: str) -> bool:
        """Whether a registry is asked without TLS."""
        return host in self._endpoints and self._endpoints[host].is_plain

    async def where_to_ask(self, location: Location) -> Location:
        """The open twin of a registry that wants a login for everything, if there are no credentials for it; else the location itself."""
        twin = location.open_twin if not self._is_offline else None
        return twin if twin is not None and await self._keyring.find(location) is None else location

    async def manifest(self, location: Location, which: Digest | str, *, accept: Sequence[str] = ANY_MANIFEST) -> Manifest | Failure:
        """Get a manifest by digest or by tag. It has the digest that was asked for, whatever the registry says."""

        async def ask(host: _Host) -> Manifest:
            reply = await self._get(host, location, _manifest_path(location, which), limit=self._limits.manifest, accept=accept)
            return self._checked(host, reply, which)

        return await self._question(location, ask)

    async def claim(self, location: Location, which: Digest | str, *, accept: Sequence[str] = ANY_MANIFEST) -> Claim | Failure:
        """Ask by `HEAD` what a manifest is. An error has no words then, so `UNSUPPORTED` comes as not found."""

        async def ask(host: _Host) -> Claim:
            reply = await self._get(host, location, _manifest_path(location, which), limit=0, accept=accept, method="HEAD")
            try:
                digest = Digest.parse(reply.headers.get("docker-content-digest", ""))
            except ValueError:
                digest = None
            return Claim(digest, reply.media_type)

        return await self._question(location, ask)

    async def blob(self, location: Location, digest: Digest) -> bytes | Failure:
        """Get a blob that is as small as the configuration of an image; its digest has been checked."""

        async def ask(host: _Host) -> bytes:
            reply = await self._get(host, location, f"/v2/{location.repository}/blobs/{digest}", limit=self._limits.config, accept=("*/*",))
            if hashlib.sha256(reply.body).hexdigest() != digest.hex:
                raise Failed(Reason.VIOLATION, f"{host.endpoint.host} serves other bytes than those of {digest}")
            return reply.body

        return await self._question(location, ask)

    async def tags(self, location: Location) -> Tags | Failure:
        """List the tags of a repository, page by page as far as the limits go."""

        async def ask(host: _Host) -> Tags:
            names: dict[str, None] = {}
            path = first = f"/v2/{location.repository}/tags/list"
            for _ in range(self._limits.pages):
                reply = await self._get(host, location, path, limit=self._limits.page, accept=("application/json",))
                names.update(dict.fromkeys(_tags(host, reply)))
                if len(names) > self._limits.tags:
                    return Tags(tuple(names)[: self._limits.tags], f"{host.endpoint.host} lists more than {self._limits.tags} tags")
                if reply.following is None:
                    return Tags(tuple(names))
                following = urlsplit(resolve(reply.url, reply.following))
                if not host.endpoint.is_own(following.geturl()) or following.path != first:
                    return Tags(tuple(names), f"{host.endpoint.host} gives another address than its own for the next page of tags")
                path = f"{first}?{following.query}"
            return Tags(tuple(names), f"{host.endpoint.host} lists its tags on more than {self._limits.pages} pages")

        return await self._question(location, ask)

    async def _question(self, location: Location, ask: Callable[[_Host], Awaitable[_Answer]]) -> _Answer | Failure:
        """Ask within the bounds of the registry: its connections, the time for one question, and no more questions when it has stopped to answer."""
        host = self._hosts.get(location.host)
        if host is None:
            return Failure(Reason.NOT_ASKED, not_asked(location.host, is_offline=self._is_offline))
        async with host.slots:
            if host.unanswered >= self._limits.failures:
                silence = f"has left {self._limits.failures} questions in a row without an answer" if host.has_answered else "has not answered before"
                return Failure(Reason.UNREACHABLE, f"{location.host} {silence}, so it is not asked again")
            try:
                async with asyncio.timeout(self._limits.deadline):
                    answer = await ask(host)
            except Failed as failed:
                failure = failed.failure
            except TimeoutError:
                failure = Failure(Reason.UNREACHABLE, f"{location.host} gives no whole answer in {self._limits.deadline:g} seconds")
            else:
                host.unanswered, host.has_answered = 0, True
                return answer
            if failure.reason is Reason.UNREACHABLE:
                host.unanswered = host.unanswered + 1 if host.has_answered else self._limits.failures
            else:
                host.unanswered, host.has_answered = 0, True
            return failure

    async def _get(self, host: _Host, location: Location, path: str, *, limit: int, accept: Sequence[str], method: str = "GET") -> Reply:
        """Ask for a path, with the login that it takes, and give the answer 200. Raises `Failed`."""
        headers = {"Accept": ", ".join(accept)}

        async def send(authorization: Secret | None) -> Reply:
            url = host.endpoint.origin + path
            for _ in range(self._limits.redirects + 1):
                reply = await host.exchange.request(method, url, limit=limit, authorization=authorization, headers=headers)
                if reply.status not in _REDIRECTS:
                    return reply
                url = resolve(url, reply.headers.get("location", ""))
                if not host.endpoint.may_redirect_to(url):
                    raise Failed(Reason.VIOLATION, f"{location.host} sends us on to a place that is not a public HTTPS address")
                if not host.endpoint.is_own(url):
                    authorization = None  # from here on, even if we are sent back
            raise Failed(Reason.VIOLATION, f"{location.host} sends us on more than {self._limits.redirects} times")

        reply = await host.authorization.send(location, send)
        if reply.status != HTTPStatus.OK:
            raise _refusal(location, reply)
        return reply

    def _checked(self, host: _Host, reply: Reply, which: Digest | str) -> Manifest:
        name = host.endpoint.host
        if json_object(reply.body) is None:
            raise Failed(Reason.VIOLATION, f"{name} answers with something else than a manifest in JSON")
        try:
            digest = self._digest_of(reply.body, reply.media_type)
        except ValueError as error:
            raise Failed(Reason.VIOLATION, f"{name} serves no valid manifest: {error}") from None
        if isinstance(which, Digest) and digest != which:
            raise Failed(Reason.VIOLATION, f"{name} serves another manifest under this digest: what it sends has {digest}")
        return Manifest(digest, reply.media_type, reply.body)


def _manifest_path(location: Location, which: Digest | str) -> str:
    if isinstance(which, str) and not reference.is_tag(which):
        raise Failed(Reason.NOT_ASKED, "not a tag that an image can have")
    return f"/v2/{location.repository}/manifests/{which}"


def _tags(host: _Host, reply: Reply) -> list[str]:
    answer = json_object(reply.body)
    listed = answer.get("tags") or [] if answer is not None else None
    if not isinstance(listed, list):
        raise Failed(Reason.VIOLATION, f"{host.endpoint.host} answers with something else than a list of tags in JSON")
    return [tag for tag in listed if isinstance(tag, str) and reference.is_tag(tag)]


def _refusal(location: Location, reply: Reply) -> Failed:
    """Say what an answer other than 200 means; its text is not repeated, since anything can stand in it."""
    code = _code(reply)
    words = f"{location.host} answers {reply.status}{f' {code}' if code else ''} for {location.repository}"
    if code == "UNSUPPORTED":
        return Failed(Reason.UNSUPPORTED, words)
    match reply.status:
        case HTTPStatus.NOT_FOUND:
            return Failed(Reason.NOT_FOUND, words)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Failed(Reason.UNAUTHORIZED, words)
        case status if 400 <= status < 500:
            return Failed(Reason.REFUSED, words)
        case _:
            return Failed(Reason.VIOLATION, words)


def _code(reply: Reply) -> str | None:
    """The code of the first error (OCI distribution specification, section "Error Codes")."""
    errors = (json_object(reply.body) or {}).get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    code = first.get("code") if isinstance(first, dict) else None
    return code if isinstance(code, str) and code in _CODES else None
