"""HTTP on loopback: requests as values, answers that can break off in the middle, and a server that ends with its last connection."""

import base64
import binascii
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """A request as it was sent; the names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def path(self) -> str:
        """The path without the query, as it was written."""
        return urlsplit(self.target).path

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The parameters; of one that is given twice the last."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query, keep_blank_values=True).items()}

    @property
    def root(self) -> str:
        """The address that the client has used, without a path."""
        return f"http://{self.headers.get('host', '')}"

    @cached_property
    def credential(self) -> str | None:
        """The token, in whichever of the ways of GitHub, GitLab and git it came."""
        if "private-token" in self.headers:
            return self.headers["private-token"]
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return value.strip() or None
        try:
            return base64.b64decode(value).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""

    @cached_property
    def json(self) -> object:
        """The body as JSON; `None` if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def fields(self) -> Mapping[str, object]:
        """The body as a JSON object; empty if it is something else."""
        return self.json if isinstance(self.json, dict) else {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: `cut` says after how many bytes of the body the connection breaks; below zero nothing at all is sent."""

    status: int
    body: bytes | Iterator[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


def json_answer(status: int, content: object, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with JSON."""
    return Answer(status, json.dumps(content).encode(), {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


Application = Callable[[Request], Answer]


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002, the library calls it so
        """Say nothing."""

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.application(Request(self.command, self.path, headers, self._body()))
        if answer.cut is not None:
            self._break_off(answer, answer.cut)
        elif isinstance(answer.body, bytes):
            self._head(answer, {"Content-Length": str(len(answer.body))})
            self.wfile.write(b"" if self.command == "HEAD" else answer.body)
        else:
            self._head(answer, {"Transfer-Encoding": "chunked"})
            for part in answer.body:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")

    def _break_off(self, answer: Answer, cut: int) -> None:
        whole = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
        if cut >= 0:
            self._head(answer, {"Content-Length": str(len(whole))})
            self.wfile.write(whole[:cut])
        self.close_connection = True

    def _head(self, answer: Answer, more: Mapping[str, str]) -> None:
        self.send_response(answer.status)
        for name, value in ({} if answer.status == 204 else more).items() | answer.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self._exactly(int(self.headers.get("Content-Length") or 0))
        parts = []
        while True:
            length = int(self.rfile.readline().split(b";")[0], 16)
            parts.append(self._exactly(length))
            self.rfile.readline()
            if length == 0:
                return b"".join(parts)

    def _exactly(self, length: int) -> bytes:
        """Read so many bytes; what ends before is no request, since its client is gone."""
        read = self.rfile.read(length)
        if len(read) < length:
            raise ConnectionAbortedError(f"{length - len(read)} bytes of the body are missing")
        return read

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815, the library calls them so


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, application: Application) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.application = application
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        assert isinstance(request, socket.socket)
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        assert isinstance(request, socket.socket)
        super().shutdown_request(request)
        with self._lock:
            self._open.discard(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client may go away; nothing else may go wrong."""

    def hang_up(self) -> None:
        """End the connections that clients keep open, so that no thread waits for them."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def listen(application: Application) -> Iterator[str]:
    """Serve while the context lasts; give host and port."""
    with _Server(application) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.hang_up()
