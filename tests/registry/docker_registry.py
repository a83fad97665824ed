"""Debian's docker-registry 2.8 on a port of its own: in memory, configured on standard input, ended with the test."""

import contextlib
import hashlib
import http.client
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from redigest.model import Digest

_LISTENING = re.compile(r'msg="listening on ([0-9.:]+)"')
_SCHEMA_2 = "application/vnd.docker.distribution.manifest.v2+json"


def sha256(content: bytes) -> Digest:
    return Digest(hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class DockerRegistry:
    """A running registry; `headers` log in where it asks for that."""

    host: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request, and give status, headers with names in lower case, and body."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body or None, {**self.headers, **(headers or {})})
            with connection.getresponse() as response:
                return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()

    def push_blob(self, repository: str, content: bytes) -> Digest:
        status, headers, body = self.request("POST", f"/v2/{repository}/blobs/uploads/")
        assert status == 202, (status, body)
        path = headers["location"].partition(self.host)[2]
        digest = sha256(content)
        status, _, body = self.request("PUT", f"{path}&digest={digest}", content, {"Content-Type": "application/octet-stream"})
        assert status == 201, (status, body)
        return digest

    def push_manifest(self, repository: str, tag: str, body: bytes, media_type: str = _SCHEMA_2) -> Digest:
        status, headers, answer = self.request("PUT", f"/v2/{repository}/manifests/{tag}", body, {"Content-Type": media_type})
        assert status == 201, (status, answer)
        return Digest.parse(headers["docker-content-digest"])

    def push_image(self, repository: str, tag: str, *, layers: tuple[bytes, ...] = (b"layer",), config: bytes | None = None) -> Digest:
        """Push a schema 2 image of these layers (any bytes, which no registry looks into), and give its digest."""
        if config is None:
            steps = [{"created": "2020-01-01T00:00:00Z", "created_by": f"step {number}"} for number in range(len(layers))]
            image = {"architecture": "amd64", "os": "linux", "history": steps, "rootfs": {"type": "layers", "diff_ids": [str(sha256(one)) for one in layers]}}
            config = json.dumps(image).encode()
        described = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": str(self.push_blob(repository, config))}
        stack = [
            {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": len(one), "digest": str(self.push_blob(repository, one))}
            for one in layers
        ]
        manifest = {"schemaVersion": 2, "mediaType": _SCHEMA_2, "config": described, "layers": stack}
        return self.push_manifest(repository, tag, json.dumps(manifest).encode())


@contextlib.contextmanager
def docker_registry(auth: Mapping[str, object] | None = None, headers: Mapping[str, str] | None = None) -> Iterator[DockerRegistry]:
    """Run a registry; `auth` is the section of this name in its configuration."""
    config: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": True}},  # the line with the port is of level info
        "storage": {"inmemory": {}, "delete": {"enabled": True}},
        "http": {"addr": "127.0.0.1:0", "secret": "test"},
        "compatibility": {"schema1": {"enabled": True}},
    }
    if auth is not None:
        config["auth"] = auth
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}  # they would win over the file
    command = ["docker-registry", "serve", "/dev/stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(config))  # JSON is YAML
            process.stdin.close()
            said: list[str] = []
            for line in process.stdout:
                said.append(line)
                if listening := _LISTENING.search(line):
                    break
            else:
                raise AssertionError("docker-registry did not start:\n" + "".join(said))
            drain = threading.Thread(target=process.stdout.read)
            drain.start()
            yield DockerRegistry(listening.group(1), headers or {})
        finally:
            process.terminate()
        drain.join()
