"""HTTP/2, where a registry offers it."""

import contextlib
import hashlib
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest
import trustme

from redigest.model import Digest
from redigest.registry.answers import Manifest
from tests.registry.asking import ask, at, keyring, login, registry

BODY = b'{"schemaVersion": 2}'
CHALLENGE = ("www-authenticate", 'Basic realm="lab"')


@contextlib.contextmanager
def http2_registry(bundle: Path, seen: list[dict[str, str]]) -> Iterator[str]:
    """Serve one connection: a challenge, and to who follows it the manifest. What it sees are the headers of each request."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["h2"])
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def serve() -> None:
        with listener.accept()[0] as plain, context.wrap_socket(plain, server_side=True) as connection:
            protocol = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
            protocol.initiate_connection()
            connection.sendall(protocol.data_to_send())
            while received := connection.recv(65536):
                for event in protocol.receive_data(received):
                    if isinstance(event, h2.events.RequestReceived):
                        headers = {str(name): str(value) for name, value in event.headers or ()}
                        seen.append(headers)
                        allowed = "authorization" in headers
                        protocol.send_headers(event.stream_id or 0, [(":status", "200")] if allowed else [(":status", "401"), CHALLENGE])
                        protocol.send_data(event.stream_id or 0, BODY if allowed else b"", end_stream=True)
                connection.sendall(protocol.data_to_send())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_speaks_http2_where_it_is_offered_and_logs_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[dict[str, str]] = []
    bundle = tmp_path / "authority.pem"
    with http2_registry(bundle, seen) as host:
        configured = registry(host, **{"ca-bundle": bundle})
        found = ask(lambda client: client.manifest(at(host), "1.0"), configured, keyring=keyring(tmp_path, {host: login()}))
    assert found == Manifest(Digest(hashlib.sha256(BODY).hexdigest()), "", BODY)
    assert [headers.get("authorization") for headers in seen] == [None, "Basic Ym90OnMzY3JldA=="]
    sent = [record for record in caplog.records if not record.name.startswith("asyncio")]
    assert all("Ym90" not in record.getMessage() and "Encoded header block" not in record.getMessage() for record in sent)
