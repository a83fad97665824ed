"""One request and its answer over HTTP: bounded in size and time, tried again where a fault can pass, redirects and logins left to the caller."""

import logging
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
import stamina
from stamina.instrumentation import set_on_retry_hooks

from redigest import __version__
from redigest.errors import UsageError
from redigest.registry.answers import Failed, Reason
from redigest.registry.endpoints import Endpoint
from redigest.secret import Secret
from redigest.urls import NO_PROXIES

MIB = 1024 * 1024
_LARGEST_ERROR = 64 * 1024
_TOO_MANY_REQUESTS = 429
_MOST_UNCONNECTED = 2
_SECONDS = re.compile(r"[0-9]{1,9}")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")

logging.getLogger("hpack").setLevel(logging.INFO)  # below it writes every block of headers, the one with the token too
set_on_retry_hooks(())  # stamina would write a line to stderr for each; the words of a failure say that it was tried again


@dataclass(frozen=True, slots=True)
class Limits:
    """What a registry may cost: sizes in bytes, times in seconds."""

    manifest: int = 4 * MIB
    config: int = 16 * MIB
    token: int = MIB
    page: int = 8 * MIB
    pages: int = 200
    tags: int = 100_000
    redirects: int = 3
    connections: int = 4
    deadline: float = 120.0
    """For one question, with all that it takes: logins, redirects, pages, waiting."""
    attempts: int = 4
    wait: float = 1.0
    """Before the second attempt; each further wait is twice as long."""
    longest_wait: float = 30.0
    """A server that wants to be left alone for longer is not asked again."""
    failures: int = 3
    """So many unanswered questions in a row, and the registry is not asked any more."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read to its end; `body` is empty where the status makes it of no use. `following` is the URL of the next page as it was written."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str
    following: str | None

    @property
    def media_type(self) -> str:
        """In lower case and without parameters; empty where there is none, or what stands there is none."""
        written = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return written if _MEDIA_TYPE.fullmatch(written) else ""


class _Passing(Exception):
    """A fault that can pass; `pause` is how long the server wants to be left alone, in seconds."""

    def __init__(self, words: str, pause: float | None = None) -> None:
        super().__init__(words)
        self.pause = pause


class _Unconnected(_Passing):
    """There was not even a connection: worth one more attempt, and not a long wait."""


class Exchange:
    """The connections to one registry, and to the hosts that it sends us to."""

    def __init__(self, endpoint: Endpoint, limits: Limits) -> None:
        self._limits = limits
        self._http = _http(endpoint, limits)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def request(
        self,
        method: str,
        url: str,
        *,
        limit: int,
        authorization: Secret | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str | Secret] | None = None,
    ) -> Reply:
        """Send a request; `limit` bounds the body of an answer 200, in bytes. Raises `Failed` when there is no whole answer."""
        sent = dict(headers or {})
        if authorization is not None:
            sent["Authorization"] = authorization.reveal()
        data = {name: value.reveal() if isinstance(value, Secret) else value for name, value in form.items()} if form is not None else None
        unconnected = 0

        def again(error: Exception) -> bool | float:
            nonlocal unconnected
            unconnected += isinstance(error, _Unconnected)
            return unconnected < _MOST_UNCONNECTED and self._again(error)

        try:
            async for attempt in stamina.retry_context(
                on=again,
                attempts=self._limits.attempts,
                timeout=self._limits.deadline,
                wait_initial=self._limits.wait,
                wait_max=self._limits.longest_wait,
                wait_jitter=self._limits.wait,
            ):
                with attempt:
                    return await self._once(self._http.build_request(method, url, headers=sent, data=data), limit)
        except _Passing as fault:
            raise Failed(Reason.UNREACHABLE, f"{_host(url)} {fault}") from None
        except (httpx.InvalidURL, UnicodeError):  # the second for a name that is no internationalized one and looks like it
            raise Failed(Reason.VIOLATION, "the registry names an address that is no URL") from None
        raise AssertionError("an attempt returns or raises")

    def _again(self, error: Exception) -> bool | float:
        if not isinstance(error, _Passing):
            return False
        if error.pause is None:
            return True
        return error.pause if error.pause <= self._limits.longest_wait else False

    async def _once(self, request: httpx.Request, limit: int) -> Reply:
        host = _host(str(request.url))
        try:
            response = await self._http.send(request, stream=True)
            try:
                if response.status_code == _TOO_MANY_REQUESTS or response.status_code >= 500:
                    raise _Passing(f"answers {response.status_code}", _pause(response.headers))
                body = await _body(response, limit, host)
                following = response.links.get("next", {}).get("url")
                return Reply(response.status_code, response.headers, body, str(request.url), following)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            if _is_untrusted(error):
                raise Failed(Reason.UNREACHABLE, f"the certificate of {host} is not trusted: name those of its authority with ca-bundle") from None
            raise (_Unconnected if isinstance(error, httpx.ConnectError) else _Passing)(_words(error)) from None


async def _body(response: httpx.Response, limit: int, host: str) -> bytes:
    """Read the body: all of it for 200, if it keeps to the limit; what explains an error if that is short; and nothing of a redirect."""
    is_wanted = response.status_code == httpx.codes.OK
    if response.is_redirect:
        return b""
    if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        raise Failed(Reason.VIOLATION, f"{host} compresses its answer although it was asked not to")
    bound = limit if is_wanted else min(limit, _LARGEST_ERROR)
    read = bytearray()
    async for some in response.aiter_raw():
        read += some
        if len(read) > bound:
            if is_wanted:
                raise Failed(Reason.VIOLATION, f"{host} sends more than {limit // 1024} KiB")
            return b""
    return bytes(read)


def _http(endpoint: Endpoint, limits: Limits) -> httpx.AsyncClient:
    """Make the client. Proxies and authorities are those of the environment, and the certificates of the configuration count besides."""
    try:
        trusted = httpx.create_ssl_context()
        if endpoint.ca_bundle is not None:
            trusted.load_verify_locations(endpoint.ca_bundle)
        return httpx.AsyncClient(
            verify=trusted,
            http2=True,
            mounts=NO_PROXIES,
            limits=httpx.Limits(max_connections=limits.connections, max_keepalive_connections=limits.connections),
            timeout=httpx.Timeout(limits.deadline, connect=min(limits.deadline, 10.0)),
            headers={"User-Agent": f"redigest/{__version__}", "Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"the certificates for {endpoint.host} cannot be read: {error.strerror or error.__class__.__name__}") from None
    except (ImportError, ValueError, httpx.InvalidURL):  # their words can hold the password of the proxy; the first is for SOCKS
        raise UsageError("the proxy that the environment names cannot be used: HTTPS_PROXY, HTTP_PROXY and ALL_PROXY take http:// and https:// URLs") from None


def _words(error: httpx.TransportError) -> str:
    """Say what happened; the error's own text can hold what the server wrote."""
    match error:
        case httpx.TimeoutException():
            return "does not answer in time"
        case httpx.ProxyError():
            return "cannot be reached through the proxy"
        case httpx.ConnectError():
            return "cannot be connected to"
        case httpx.UnsupportedProtocol():
            return "cannot be asked in this way"
        case _:
            return "breaks off in the middle, or does not speak HTTP"


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether a certificate is at the bottom of it."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _pause(headers: httpx.Headers) -> float | None:
    """How long to wait, in seconds (RFC 9110, section 10.2.3: seconds or a date); `None` where nothing is said that can be read."""
    written = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(written):
        return float(written)
    try:
        date = parsedate_to_datetime(written)
    except (ValueError, TypeError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
