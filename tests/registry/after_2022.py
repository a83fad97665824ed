"""A registry as Red Hat's have been since July 2022: what is schema 1 is not served any more, by digest or to a schema 1 client."""

import contextlib
import json
from collections.abc import Iterator

from tests.registry.docker_registry import DockerRegistry
from tests.registry.scripted import Answer, Asked, Scripted, scripted

_SCHEMA_1 = ("application/vnd.docker.distribution.manifest.v1+prettyjws", "application/vnd.docker.distribution.manifest.v1+json")
WORDS = "V2 schema 1 manifest digests are no longer supported for image pulls. Use the equivalent V2 schema 2 manifest digest instead."
UNSUPPORTED = Answer(404, {"Content-Type": "application/json"}, json.dumps({"errors": [{"code": "UNSUPPORTED", "message": WORDS}]}).encode())
_PASSED_ON = ("content-type", "docker-content-digest", "link")


@contextlib.contextmanager
def after_2022(registry: DockerRegistry) -> Iterator[Scripted]:
    """Stand in front of a registry; what is asked for and not there is answered like what is schema 1."""

    def script(asked: Asked) -> Answer:
        accept = asked.headers["Accept"]
        status, headers, body = registry.request(asked.method, asked.target, headers={"Accept": accept} if accept else {})
        if "/manifests/" in asked.path and (status == 404 or headers.get("content-type") in _SCHEMA_1):
            return UNSUPPORTED
        return Answer(status, {name: value for name, value in headers.items() if name in _PASSED_ON}, body)

    with scripted(script) as running:
        yield running
