"""A forge whose every answer is written out by the test, for faults that no forge makes to order."""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

from redigest.config import Forge as ForgeConfig
from redigest.forges import Forge, connect
from tests.registry.scripted import Answer, Asked, Script

TOKEN = "token-of-the-tests-1a2b3c"
VARIABLE = "FORGE_TOKEN"

Kind = Literal["github", "gitlab"]
Entry = Answer | Script | list[Answer]


def config(kind: Kind, url: str, **more: object) -> ForgeConfig:
    """The configuration of a forge that lets us write without a pause."""
    access = {} if "app" in more else {"token-env": VARIABLE}
    return ForgeConfig.model_validate({"name": "corp", "kind": kind, "url": url, "write-pause": 0.0, **access, **more})


class Connect(Protocol):
    """Makes a client that is closed when the test is over."""

    def __call__(self, kind: Kind, url: str, **more: object) -> Forge: ...


@contextlib.contextmanager
def connecting() -> Iterator[Connect]:
    """Make clients, and close them in the end."""
    with contextlib.ExitStack() as stack:

        def connected(kind: Kind, url: str, **more: object) -> Forge:
            forge = connect(config(kind, url, **more))
            stack.callback(forge.close_connections)
            return forge

        yield connected


def answer(found: object = None, status: int = 200, **headers: str) -> Answer:
    """JSON, as both forges send it, on a connection that ends with it, so that the server need not wait for the client."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        status, {"Content-Type": "application/json; charset=utf-8", "Connection": "close", **named}, json.dumps(found).encode() if status != 204 else b""
    )


def by_request(table: Mapping[str, Entry]) -> Script:
    """Answer by method and path; from a list, one answer for each request, and the last one for all further ones."""
    given: dict[str, Iterator[Answer]] = {key: iter(value) for key, value in table.items() if isinstance(value, list)}
    last: dict[str, Answer] = {}
    lock = threading.Lock()

    def script(asked: Asked) -> Answer:
        key = f"{asked.method} {asked.path}"
        entry = table[key]
        if isinstance(entry, list):
            with lock:
                last[key] = next(given[key], last.get(key, Answer()))
                return last[key]
        return entry if isinstance(entry, Answer) else entry(asked)

    return script


def body(asked: Asked) -> dict[str, object]:
    """What was sent, as JSON."""
    sent = json.loads(asked.body)
    assert isinstance(sent, dict)
    return sent
