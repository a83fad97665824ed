"""How long a forge is waited for: its limits are kept, what is safe to ask again is asked again, and writes are spaced out."""

import threading
import time
from types import TracebackType
from typing import ClassVar, Self

from urllib3 import BaseHTTPResponse, Retry
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import InvalidHeader, MaxRetryError, ResponseError

LONGEST_WAIT = 15 * 60
"""Seconds that one request waits because the forge says so; a longer wait is left to the next run."""

TIMEOUT = 30
"""Seconds for connecting, and for each silence of an answer."""

_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})
"""What leaves things the same when it is done twice, as we use it; a POST that may have been done is never sent again unseen."""

_UNSAID = 60.0
"""Seconds to wait where a limit is reached and nothing says for how long, as GitHub asks."""


class Patience(Retry):
    """Says what a client sends again: everything that a limit held back, since nothing was done, and after a fault only what is safe to repeat.

    What is not sent again goes back to the client as it was answered.
    """

    limits: ClassVar[frozenset[int]] = frozenset({429})
    """The statuses that can mean a limit."""

    @classmethod
    def new_one(cls) -> Self:
        """Make what a connection starts with."""
        return cls(
            total=5,
            connect=2,
            read=2,
            status=3,
            other=0,
            allowed_methods=_REPEATABLE,
            status_forcelist=[500, 502, 503, 504],
            backoff_factor=0.5,
            raise_on_status=False,
        )

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: FBT001, FBT002, the signature is that of urllib3
        """Whether an answer is one to try again after, or to look at more closely."""
        return status_code in self.limits or super().is_retry(method, status_code, has_retry_after)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Count an attempt. Raises `MaxRetryError` for a wait that is too long."""
        if response is not None and (self.get_retry_after(response) or 0) > LONGEST_WAIT:
            assert _pool is not None  # noqa: S101, urllib3 gives it whenever there is a response
            raise MaxRetryError(_pool, url or "", ResponseError("too long a wait"))
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """How long the forge asks us to wait, in seconds: Retry-After (RFC 9110, section 10.2.3), else when its limit starts anew."""
        try:
            asked = super().get_retry_after(response)
        except InvalidHeader:
            asked = None
        if asked is not None or response.status != 429:
            return asked
        reset = response.headers.get("RateLimit-Reset") or response.headers.get("X-RateLimit-Reset") or ""
        return max(0.0, int(reset) - time.time()) + 1 if reset.isascii() and reset.isdigit() else _UNSAID


class Pace:
    """Lets one write through at a time, each some seconds after the last; with no seconds, all at once. Threads share it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._next = 0.0

    def __enter__(self) -> None:
        if self._seconds:
            self._lock.acquire()
            time.sleep(max(0.0, self._next - time.monotonic()))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._seconds:
            self._next = time.monotonic() + self._seconds
            self._lock.release()
