"""Mapping files by URL: fetched by conditional requests (RFC 9110, section 13), with the last good copy kept on disk."""

import asyncio
import contextlib
import hashlib
import json
import re
import secrets
import ssl
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import httpx
import stamina
from stamina.instrumentation import set_on_retry_hooks

from redigest import __version__
from redigest.cache import whole_file
from redigest.errors import UsageError
from redigest.mapping.blocks import blocks
from redigest.mapping.columns import columns_of
from redigest.mapping.files import MappingFile
from redigest.urls import NO_PROXIES, citable, fault_in

_BODY = re.compile(r"[0-9a-f]{32}-[0-9a-f]{32}\.body")
_LONGEST_VALIDATOR = 1024
_DAY = 24 * 60 * 60
"""Seconds for which a copy that was replaced is left to other processes that may be reading it."""

set_on_retry_hooks(())  # stamina would write a line to stderr for each; the warning says what came of it


@dataclass(frozen=True, slots=True)
class Limits:
    """What fetching one file may cost: bytes, as sent and unpacked, and seconds."""

    size: int = 1 << 30
    deadline: float = 300.0
    """For everything: redirects, further attempts, a body that drips."""
    silence: float = 20.0
    """Without a byte."""
    redirects: int = 5
    attempts: int = 3
    wait: float = 1.0
    """Before the second attempt; each further wait is twice as long."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What a URL names, as a file; `warning` says why it may be old, `None` if it is what the server has now."""

    file: MappingFile
    warning: str | None


def fetched(url: str, folder: Path, *, offline: bool, limits: Limits | None = None) -> Copy:
    """Fetch a file if it has changed, and keep it below the folder; the last good copy is used when that fails or `offline` forbids it.

    Raises `UsageError` when there is no copy either.
    """
    name = citable(url)
    shelf = _Shelf(folder, hashlib.sha256(url.encode()).hexdigest()[:32])
    kept = shelf.kept()
    try:
        kept, warning = _newest(url, shelf, kept, offline=offline, limits=limits or Limits()), None
    except _Failed as failure:
        if kept is None:
            raise UsageError(f"{name}: {failure}, and no earlier copy of it is kept; try again, or download it and give the file") from None
        warning = f"{failure}; the copy of {kept.time} is used"
    return Copy(MappingFile(name, folder / kept.body), warning)


def _newest(url: str, shelf: "_Shelf", kept: "_Kept | None", *, offline: bool, limits: Limits) -> "_Kept":
    if offline:
        raise _Failed("is not asked for, since --offline forbids it")
    try:
        shelf.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        newest = asyncio.run(_Fetching(url, shelf, kept, limits).run())
        shelf.keep(newest)
    except OSError as error:
        raise _Failed(f"cannot be kept in {shelf.folder}: {error.strerror or error}") from None
    return newest


class _Failed(Exception):
    """No new copy can be had; the message goes on from the name of the URL."""


class _Passing(_Failed):
    """What may be better when it is tried again."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A copy: the name and size of its file, the validators that the server gave, and when it was last known to be what the server has."""

    body: str
    size: int
    etag: str | None
    last_modified: str | None
    time: str

    @property
    def conditions(self) -> dict[str, str]:
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Where the copies of one URL are. A record names the newest one, so that a body and its validators change in one step."""

    folder: Path
    key: str

    @property
    def _record(self) -> Path:
        return self.folder / f"{self.key}.json"

    def kept(self) -> _Kept | None:
        """The last good copy; none where its record cannot be read or its file is not of the size that it had."""
        try:
            match json.loads(self._record.read_bytes()):
                case {"body": str(body), "size": int(size), "etag": (str() | None) as etag, "last_modified": (str() | None) as modified, "time": str(time)}:
                    is_sound = _BODY.fullmatch(body) and all(map(_is_plain, (etag or "", modified or "", time)))
                    if is_sound and (self.folder / body).stat().st_size == size:
                        return _Kept(body, size, etag, modified, time)
        except (OSError, ValueError, RecursionError):
            return None
        return None

    def keep(self, kept: _Kept) -> None:
        """Record a copy as the last good one, and remove those that nobody reads any more. Raises `OSError`."""
        with whole_file(self._record) as stream:
            stream.write(json.dumps(asdict(kept)).encode())
        for body in self.folder.glob(f"{self.key}-*.body"):
            with contextlib.suppress(OSError):
                if body.name != kept.body and datetime.now(UTC).timestamp() - body.stat().st_mtime > _DAY:
                    body.unlink()

    def put(self, part: Path, digest: str) -> str:
        """Give a file the name of its content, unless it is there already, which keeps its index. Raises `OSError`."""
        body = self.folder / f"{self.key}-{digest[:32]}.body"
        if body.exists() and body.stat().st_size == part.stat().st_size:
            part.unlink()
        else:
            part.replace(body)
        return body.name


class _Fetching:
    """One fetching of one URL."""

    def __init__(self, url: str, shelf: _Shelf, kept: _Kept | None, limits: Limits) -> None:
        self._url = url.partition("#")[0]
        self._shelf = shelf
        self._kept = kept
        self._limits = limits

    async def run(self) -> _Kept:
        """Give the copy that is what the server has. Raises `_Failed` and `OSError`."""
        limits = self._limits
        try:
            async with asyncio.timeout(limits.deadline), _client(limits) as client:
                async for attempt in stamina.retry_context(
                    on=_Passing, attempts=limits.attempts, timeout=limits.deadline, wait_initial=limits.wait, wait_jitter=limits.wait
                ):
                    with attempt:
                        return await self._attempt(client)
        except TimeoutError:
            raise _Failed(f"cannot be fetched: the server gives no whole answer in {limits.deadline:g} seconds") from None
        raise AssertionError("an attempt returns or raises")

    async def _attempt(self, client: httpx.AsyncClient) -> _Kept:
        url = self._url
        try:
            for _ in range(self._limits.redirects + 1):
                async with client.stream("GET", url, headers=self._kept.conditions if self._kept else {}) as response:
                    if not response.has_redirect_location:
                        return await self._answered(response)
                    url = _target(url, response.headers["Location"])
        except httpx.TransportError as error:
            raise _failure(error) from None
        except (httpx.InvalidURL, UnicodeError):
            raise _Failed("cannot be fetched: the server redirects to an address that is no URL") from None
        raise _Failed(f"cannot be fetched: the server redirects more than {self._limits.redirects} times")

    async def _answered(self, response: httpx.Response) -> _Kept:
        status = response.status_code
        if status == HTTPStatus.NOT_MODIFIED and self._kept is not None:
            return _Kept(self._kept.body, self._kept.size, self._kept.etag, self._kept.last_modified, _now())
        if status != HTTPStatus.OK:
            kind = _Passing if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR else _Failed
            raise kind(f"cannot be fetched: the server answers {status}")
        _check_kind(response.headers)
        part = self._shelf.folder / f"{secrets.token_hex(16)}.part"
        try:
            with whole_file(part) as stream:
                digest, size = await self._receive(response, stream)
            self._verify(part)
            body = self._shelf.put(part, digest)
        finally:
            part.unlink(missing_ok=True)
        return _Kept(body, size, _validator(response.headers, "ETag"), _validator(response.headers, "Last-Modified"), _now())

    async def _receive(self, response: httpx.Response, stream: BinaryIO) -> tuple[str, int]:
        """Write the body to a file as it comes; give its digest and its size."""
        seen, size = hashlib.sha256(), 0
        async for some in response.aiter_raw():
            size += len(some)
            if size > self._limits.size:
                raise _Failed(f"cannot be fetched: the server sends more than {self._limits.size:,} bytes")
            seen.update(some)
            stream.write(some)
        return seen.hexdigest(), size

    def _verify(self, part: Path) -> None:
        """Read to the end what was received; it must be a mapping file, and one without rows takes the place of no copy."""
        file = MappingFile("what the server sends", part)
        try:
            if columns_of(file).is_empty:
                raise _Failed(f"cannot be used: {file.name}: it holds no row, only a header")
            for block in blocks(file):
                if block.end > self._limits.size:
                    raise _Failed(f"cannot be used: it unpacks to more than {self._limits.size:,} bytes")
        except UsageError as error:
            raise _Failed(f"cannot be used: {error}") from None


def _client(limits: Limits) -> httpx.AsyncClient:
    """Make the client. Proxies and certificates are those of the environment; there are no cookies."""
    try:
        return httpx.AsyncClient(
            http2=True,
            mounts=NO_PROXIES,
            timeout=httpx.Timeout(limits.silence),
            headers={"User-Agent": f"redigest/{__version__}", "Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )
    except OSError as error:
        raise _Failed(f"cannot be fetched: the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read: {error.strerror or error}") from None
    except (ImportError, ValueError, httpx.InvalidURL):  # their words can hold the password of the proxy; the first is for SOCKS
        raise _Failed("cannot be fetched: HTTPS_PROXY, HTTP_PROXY and ALL_PROXY of the environment take http:// and https:// URLs") from None


def _target(url: str, location: str) -> str:
    """Where a redirect leads: nowhere without TLS if we come from where there is some."""
    try:
        target = urljoin(url, location)
    except ValueError:
        target = ""
    if (fault := fault_in(target)) is not None:
        raise _Failed(f"cannot be fetched: the server redirects to an address that {fault}")
    if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
        raise _Failed("cannot be fetched: the server redirects to an address without TLS")
    return target


def _check_kind(headers: httpx.Headers) -> None:
    """Refuse what cannot be a mapping by what the server says that it is."""
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml"):
        raise _Failed("cannot be used: the server answers with a web page; perhaps it wants a login, which redigest has none for")
    if headers.get("Content-Encoding", "").lower() not in ("", "identity", "gzip", "x-gzip"):  # what is gzipped is told by its first bytes
        raise _Failed("cannot be used: the server compresses it in a way that was not asked for")


def _validator(headers: httpx.Headers, name: str) -> str | None:
    value = headers.get(name)
    return value if value and _is_plain(value) else None


def _is_plain(text: str) -> bool:
    return len(text) <= _LONGEST_VALIDATOR and text.isascii() and text.isprintable()


def _failure(error: httpx.TransportError) -> _Failed:
    """Say what happened; the error's own text can hold what the server wrote."""
    match error:
        case httpx.TimeoutException():
            return _Passing("cannot be fetched: the server does not answer in time")
        case httpx.ProxyError():
            return _Passing("cannot be fetched: the proxy does not let it through")
        case httpx.ConnectError() if _is_untrusted(error):
            return _Failed("cannot be fetched: the certificate of the server is not trusted; SSL_CERT_FILE names those of its authority")
        case httpx.ConnectError():
            return _Passing("cannot be fetched: the server cannot be connected to")
        case _:
            return _Passing("cannot be fetched: the server breaks off in the middle, or does not speak HTTP")


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether a certificate is at the bottom of it."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
