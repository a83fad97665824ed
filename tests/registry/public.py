"""Public places on this machine: a proxy that connects any name to a server of the tests, and certificates that make it believable."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
import trustme

from tests.registry.scripted import Answer, Asked, Script, Scripted, scripted


@dataclass(slots=True)
class Public:
    """What is reachable; `connected` are the names and ports that the proxy was asked for."""

    server: Scripted
    connected: list[str] = field(default_factory=list)

    def asked(self, host: str) -> list[Asked]:
        return [one for one in self.server.asked if one.headers["Host"] == host]


@contextlib.contextmanager
def public(patch: pytest.MonkeyPatch, folder: Path, sites: Mapping[str, Script]) -> Iterator[Public]:
    """Let these hosts be reached by the proxy of the environment, with certificates of the authority of the environment."""
    authority = trustme.CA()
    certificates = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*sites).configure_cert(certificates)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))

    def script(asked: Asked) -> Answer:
        return sites[asked.headers["Host"]](asked)

    with scripted(script, tls=certificates) as server:
        reached = Public(server)

        class Tunnel(StreamRequestHandler):
            def handle(self) -> None:
                method, target, _ = self.rfile.readline().decode().split()
                while self.rfile.readline().strip():
                    pass
                assert method == "CONNECT"
                reached.connected.append(target)
                if target.partition(":")[0] not in sites:
                    self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                    return
                with socket.create_connection(("127.0.0.1", int(server.host.partition(":")[2]))) as inner:
                    self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = threading.Thread(target=_pump, args=(inner, self.connection))
                    back.start()
                    _pump(self.connection, inner)
                    back.join()

        with ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as proxy:
            thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
                patch.delenv(name, raising=False)
                patch.delenv(name.lower(), raising=False)
            patch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
            patch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
            try:
                yield reached
            finally:
                proxy.shutdown()
                thread.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while some := source.recv(65536):
            sink.sendall(some)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
