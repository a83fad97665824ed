"""A small server that answers as a test says, keeps all that arrives, and takes what it does not know for a fault of the test."""

import contextlib
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived; `target` is path and query."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def authorization(self) -> str | None:
        return self.headers["Authorization"]

    def __str__(self) -> str:
        """All that arrived, to be searched for what must not have."""
        return f"{self.method} {self.target}\n{self.headers}\n{self.body.decode()}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent; a body in pieces has no length announced, and `None` ends the connection without an answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] | None = b""


@dataclass(slots=True)
class Scripted:
    """A running server."""

    host: str
    scheme: str
    asked: list[Asked] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    """Set when the test is done, for answers that would go on for ever."""
    faults: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def everything(self) -> str:
        return "\n".join(map(str, self.asked))


Script = Callable[[Asked], Answer]


def routes(table: Mapping[str, Answer | Script]) -> Script:
    """Answer by path."""

    def script(asked: Asked) -> Answer:
        answer = table[asked.path]
        return answer if isinstance(answer, Answer) else answer(asked)

    return script


@contextlib.contextmanager
def scripted(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Serve on loopback while the test runs; at the end, fail for every request that the script had no answer for."""

    class Connection(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        wbufsize = -1  # an answer in one piece

        def handle_one_request(self) -> None:
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                super().handle_one_request()
                return
            self.close_connection = True

        def _any(self) -> None:
            asked = Asked(self.command, self.path, self.headers, self.rfile.read(int(self.headers.get("Content-Length", 0))))
            running.asked.append(asked)
            answer = script(asked)
            if answer.body is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if isinstance(answer.body, bytes):
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body if self.command != "HEAD" else b"")
                return
            self.close_connection = True
            self.send_header("Connection", "close")
            self.end_headers()
            for piece in answer.body:
                self.wfile.write(piece)
                self.wfile.flush()

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815, their names are those of the library

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002, likewise
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, request: object, client_address: object) -> None:
            error = sys.exc_info()[1]
            if not isinstance(error, ConnectionError | ssl.SSLError):
                running.faults.append(f"{type(error).__name__}: {error}")

    with Server(("127.0.0.1", 0), Connection) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        running = Scripted(f"127.0.0.1:{server.server_port}", "https" if tls else "http")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield running
        finally:
            running.is_over.set()
            server.shutdown()
            thread.join()
    assert not running.faults, running.faults
