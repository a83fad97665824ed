"""Git over HTTP on loopback, by git's own `git http-backend`, with a seam for faults; a token is the password of the user whose name is not looked at."""

import base64
import contextlib
import os
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from redigest.clones.remote import Remote
from redigest.secret import Secret

TOKEN = "not-a-real-token-5f2c"
READER = "a-token-that-only-reads-77"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, with what it carries."""

    method: str
    target: str
    authorization: str | None
    body: bytes

    @property
    def service(self) -> str:
        """`git-upload-pack` or `git-receive-pack`."""
        return "git-receive-pack" if "git-receive-pack" in self.target else "git-upload-pack"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent in place of git's answer; without a status the connection ends."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_late: bool = False
    """Whether git has done its work all the same."""
    held: threading.Event | None = None
    """What the answer waits for."""


Fault = Callable[[Asked], Answer | None]


def _no_fault(_: Asked) -> Answer | None:
    return None


@dataclass(slots=True)
class SmartServer:
    """A running server over the bare repositories below `root`."""

    root: Path
    url: str
    fault: Fault = _no_fault
    asked: list[Asked] = field(default_factory=list)
    sent: int = 0
    """Bytes of answers."""

    def remote(self, name: str = "deploy.git", *, token: str | None = TOKEN) -> Remote:
        return Remote(f"{self.url}/{name}", basic(token) if token is not None else None)


def basic(token: str) -> Secret:
    """The header that GitHub takes for a token."""
    return Secret("Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode())


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, root: Path, *, is_open: bool, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.backend = Path(os.fsdecode(subprocess.check_output(["git", "--exec-path"])).strip(), "git-http-backend")
        self.is_open = is_open
        self.running = SmartServer(root, f"{'https' if tls else 'http'}://127.0.0.1:{self.server_port}")

    def handle_error(self, request: object, client_address: object) -> None:
        """A client may go away."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece
    server: _Server

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002, the library calls it so
        """Say nothing."""

    def _any(self) -> None:
        running = self.server.running
        asked = Asked(self.command, self.path, self.headers["Authorization"], self._body())
        running.asked.append(asked)
        answer = running.fault(asked)
        if answer is None or answer.is_late:
            done = self._git(asked)
            answer = answer or done
        if answer.held is not None:
            answer.held.wait(60)
        if answer.status is None:
            self.close_connection = True
            return
        running.sent += len(answer.body)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = _any  # noqa: N815, likewise

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = b""
        while True:
            length = int(self.rfile.readline().split(b";")[0], 16)
            content += self.rfile.read(length)
            self.rfile.readline()
            if length == 0:
                return content

    def _git(self, asked: Asked) -> Answer:
        scheme, _, credentials = (asked.authorization or "").partition(" ")
        token = base64.b64decode(credentials).decode().partition(":")[2] if scheme == "Basic" else None
        if not self.server.is_open and token not in (TOKEN, READER):
            return Answer(401, {"WWW-Authenticate": 'Basic realm="git"'})
        if asked.service == "git-receive-pack" and token == READER:
            return Answer(403)
        parts = urlsplit(asked.target)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.running.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": asked.method,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(asked.body)),
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_USER": "tester",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        if self.headers.get("Content-Encoding") == "gzip":
            environment["HTTP_CONTENT_ENCODING"] = "gzip"
        done = subprocess.run([self.server.backend], input=asked.body, env=environment, capture_output=True, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return Answer(int(headers.pop("Status", "200").split()[0]), headers, body)


@contextlib.contextmanager
def serve(root: Path, *, is_open: bool = False, tls: ssl.SSLContext | None = None) -> Iterator[SmartServer]:
    """Serve while the test runs; an open server asks nobody who he is."""
    with _Server(root, is_open=is_open, tls=tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.running
        finally:
            server.shutdown()
            thread.join()
