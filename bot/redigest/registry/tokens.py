"""Logging in as a registry asks for it: Basic, and Bearer with tokens (distribution, token authentication specification)."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from urllib.parse import parse_qsl, urlencode, urlsplit

from redigest.registry import challenges
from redigest.registry.answers import Failed, Reason
from redigest.registry.challenges import Challenge
from redigest.registry.credentials import Credential, IdentityToken, Login
from redigest.registry.endpoints import Endpoint, Location, is_public
from redigest.registry.exchange import Exchange, Reply
from redigest.registry.json_object import json_object
from redigest.secret import Secret

_CLIENT_ID = "redigest"
_SHORTEST_LIFE = 60
_LONGEST_LIFE = 3600
"""In seconds. A token that says nothing of its life, or that it is shorter, is taken to live the first, as the clients of the field do."""
_MARGIN = 10
"""In seconds; so long before its end a token is no longer used."""
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,512}")
"""RFC 6749, section 3.3."""
_SCOPES = 16
_WRITING = frozenset({"push", "delete", "*"})
_ROUNDS = 3
"""A question with what was known, one with what the registry asks for then, and one with the scope that was still missing."""

Send = Callable[[Secret | None], Awaitable[Reply]]
Find = Callable[[Location], Awaitable[Credential | None]]


@dataclass(frozen=True, slots=True)
class _TokenKind:
    """What tokens are kept by: those of one kind are as good as each other."""

    realm: str
    service: str | None
    scopes: frozenset[str]
    credential: Credential | None


@dataclass(frozen=True, slots=True)
class _Token:
    authorization: Secret
    expires: float


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a request shows: nothing, a login, or a token of a kind; `is_fresh` when the token was made for this question."""

    authorization: Secret | None = None
    kind: _TokenKind | None = None
    is_fresh: bool = False


class Authorization:
    """Remembers for one registry what it wants to be shown, and its tokens as long as they live."""

    def __init__(self, endpoint: Endpoint, exchange: Exchange, *, find: Find, largest_token: int, clock: Callable[[], float] = monotonic) -> None:
        self._endpoint = endpoint
        self._exchange = exchange
        self._find = find
        self._largest_token = largest_token
        self._clock = clock
        self._known: Challenge | None = None
        self._scopes: dict[str, frozenset[str]] = {}
        self._tokens: dict[_TokenKind, _Token] = {}
        self._locks: dict[_TokenKind, asyncio.Lock] = {}

    async def send(self, location: Location, send: Send) -> Reply:
        """Send as often as it takes to show what the registry wants. Raises `Failed` when that is not to be had."""
        shown = await self._foresee(location)
        for _ in range(_ROUNDS):
            reply = await send(shown.authorization)
            challenge = self._challenge(reply)
            if challenge is None:
                return reply
            self._known = challenge
            shown = await self._show(challenge, location, rejected=shown)
        raise Failed(Reason.UNAUTHORIZED, f"{self._endpoint.host} goes on asking for another login")

    def _challenge(self, reply: Reply) -> Challenge | None:
        """The challenge to follow; `None` where the registry itself asks for nothing that can be shown."""
        if reply.status not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) or not self._endpoint.is_own(reply.url):
            return None
        parsed = challenges.parse(reply.headers.get_list("www-authenticate"))
        bearer = next((one for one in parsed if one.scheme == "bearer" and "realm" in one.parameters), None)
        if reply.status == HTTPStatus.FORBIDDEN:  # RFC 6750, section 3.1, has it for this error; without it, 403 is the last word
            return bearer if bearer is not None and bearer.parameters.get("error") == "insufficient_scope" else None
        return bearer or next((one for one in parsed if one.scheme == "basic"), None)

    async def _foresee(self, location: Location) -> _Shown:
        """What the registry will ask for, by what it asked for last; nothing where that is not to be had, since it may not ask."""
        if self._known is None:
            return _Shown()
        if self._known.scheme == "basic":
            credential = await self._find(location)
            return _Shown(credential.basic()) if isinstance(credential, Login) else _Shown()
        return await self._bearer(self._known, location, rejected=None)

    async def _show(self, challenge: Challenge, location: Location, *, rejected: _Shown) -> _Shown:
        if challenge.scheme == "bearer":
            wanted = self._scopes_for(location) | _reading(challenge.scopes)
            if len(wanted) <= _SCOPES:
                self._scopes[location.repository] = wanted
            return await self._bearer(challenge, location, rejected=rejected)
        credential = await self._find(location)
        if not isinstance(credential, Login):
            raise Failed(Reason.UNAUTHORIZED, f"{self._endpoint.host} wants a user name and a password, and there are none for it")
        shown = _Shown(credential.basic())
        if shown == rejected:
            raise Failed(Reason.UNAUTHORIZED, f"{self._endpoint.host} refuses the user name or the password")
        return shown

    def _scopes_for(self, location: Location) -> frozenset[str]:
        return self._scopes.get(location.repository, frozenset({f"repository:{location.repository}:pull"}))

    async def _bearer(self, challenge: Challenge, location: Location, *, rejected: _Shown | None) -> _Shown:
        """Show a token: a new one if the one that was shown is rejected, and none if that was new already."""
        kind = self._kind(challenge, location, await self._find(location))
        if rejected is not None and rejected.kind == kind:
            if rejected.is_fresh:
                raise Failed(Reason.UNAUTHORIZED, await self._refusal(kind, location))
            if (kept := self._tokens.get(kind)) is not None and kept.authorization == rejected.authorization:
                del self._tokens[kind]
        async with self._locks.setdefault(kind, asyncio.Lock()):
            kept = self._tokens.get(kind)
            if kept is not None and self._clock() < kept.expires:
                return _Shown(kept.authorization, kind)
            asked = self._clock()
            secret, life = await self._fetch(kind, location)
            made = self._tokens[kind] = _Token(Secret(f"Bearer {secret.reveal()}"), asked + life - _MARGIN)
            return _Shown(made.authorization, kind, is_fresh=True)

    def _kind(self, challenge: Challenge, location: Location, credential: Credential | None) -> _TokenKind:
        """Decide what is sent to the realm: credentials where it is trusted, nothing of ours where it is public, and no request anywhere else."""
        realm = challenge.parameters["realm"]
        service = challenge.parameters.get("service")
        if self._endpoint.trusts_realm(realm):
            return _TokenKind(realm, service, self._scopes_for(location), credential)
        if is_public(realm):
            return _TokenKind(realm, service, self._scopes_for(location), None)
        foreign = f"{self._endpoint.host} takes tokens from a place that is neither on its list nor a public HTTPS address, so nothing is asked there"
        raise Failed(Reason.UNAUTHORIZED, f"{foreign}: if it is the right one, name its host under token-realms")

    async def _fetch(self, kind: _TokenKind, location: Location) -> tuple[Secret, int]:
        """Get a token, and how many seconds it lives."""
        reply = await self._ask(kind)
        host = urlsplit(kind.realm).hostname
        if reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Failed(Reason.UNAUTHORIZED, await self._refusal(kind, location))
        if reply.status != HTTPStatus.OK:
            raise Failed(Reason.REFUSED, f"{host} answers {reply.status} when it is asked for a token")
        answer = json_object(reply.body)
        if answer is None:
            raise Failed(Reason.VIOLATION, f"{host} answers with something else than JSON when it is asked for a token")
        token, life = answer.get("token") or answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise Failed(Reason.VIOLATION, f"{host} gives no usable token")
        return Secret(token), int(min(max(_SHORTEST_LIFE, life), _LONGEST_LIFE)) if isinstance(life, int | float) else _SHORTEST_LIFE

    async def _ask(self, kind: _TokenKind) -> Reply:
        service = {"service": kind.service} if kind.service is not None else {}
        scopes = sorted(kind.scopes)
        if isinstance(kind.credential, IdentityToken):
            form: dict[str, str | Secret] = {"grant_type": "refresh_token", "client_id": _CLIENT_ID, "scope": " ".join(scopes)}
            form |= {**service, "refresh_token": kind.credential.token}
            return await self._exchange.request("POST", kind.realm, limit=self._largest_token, form=form)
        parts = urlsplit(kind.realm)
        query = urlencode([*parse_qsl(parts.query), *service.items(), *(("scope", scope) for scope in scopes)])
        url = parts._replace(query=query, fragment="").geturl()
        login = kind.credential.basic() if kind.credential is not None else None
        return await self._exchange.request("GET", url, limit=self._largest_token, authorization=login)

    async def _refusal(self, kind: _TokenKind, location: Location) -> str:
        host, realm = self._endpoint.host, urlsplit(kind.realm).hostname
        if kind.credential is not None:
            return f"{host} gives no access to {location.repository} with the credentials for it"
        if await self._find(location) is not None:
            return f"{host} wants a login, and its credentials were not sent to {realm}: name that under token-realms if it may have them"
        return f"{host} gives no access to {location.repository} without a login, and there are no credentials for it"


def _reading(scopes: frozenset[str]) -> frozenset[str]:
    """What of these scopes is for reading; a token that can do more is never asked for."""
    reduced = set()
    for scope in filter(_SCOPE.fullmatch, scopes):
        subject, colon, actions = scope.rpartition(":")
        kept = ",".join(action for action in actions.split(",") if action not in _WRITING)
        if kept:
            reduced.add(f"{subject}{colon}{kept}")
    return frozenset(reduced)
