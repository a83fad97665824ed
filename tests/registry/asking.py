"""Asking questions of the registry client in tests: one client, quick limits, no credentials of anybody."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

from redigest.config import Registry
from redigest.model import Digest
from redigest.registry.client import RegistryClient
from redigest.registry.credentials import Keyring
from redigest.registry.endpoints import Location, endpoints
from redigest.registry.exchange import Limits

QUICK = Limits(deadline=10, attempts=3, wait=0.001, longest_wait=1)

_Answer = TypeVar("_Answer")


def digest_of(body: bytes, media_type: str) -> Digest:
    """The digest of a manifest; for schema 1 that of the payload that the first signature is made over."""
    manifest = json.loads(body)
    if "fsLayers" in manifest and "layers" in manifest:
        raise ValueError("it is two kinds of manifest at once")
    if "fsLayers" not in manifest or "signatures" not in manifest:
        return Digest(hashlib.sha256(body).hexdigest())
    protected = json.loads(_base64url(manifest["signatures"][0]["protected"]))
    return Digest(hashlib.sha256(body[: protected["formatLength"]] + _base64url(protected["formatTail"])).hexdigest())


def _base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def at(host: str, repository: str = "team/app") -> Location:
    return Location(host, repository)


def login(user: str = "bot", password: str = "s3cret") -> dict[str, str]:
    """An entry of `auths`."""
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def keyring(folder: Path, auths: Mapping[str, object], **more: object) -> Keyring:
    """Write a file of credentials and read it."""
    path = folder / "pull-secret.json"
    path.write_text(json.dumps({"auths": auths, **more}))
    return Keyring.of_file(path)


NOBODY = Keyring([])


def registry(host: str, **more: object) -> Registry:
    return Registry.model_validate({"host": host, **more})


def ask(question: Callable[[RegistryClient], Awaitable[_Answer]], *registries: Registry | str, keyring: Keyring = NOBODY, limits: Limits = QUICK) -> _Answer:
    """Ask one question with a client of its own."""
    known = endpoints(one if isinstance(one, Registry) else registry(one) for one in registries)

    async def run() -> _Answer:
        async with RegistryClient(known, keyring, digest_of=digest_of, limits=limits) as client:
            return await question(client)

    return asyncio.run(run())
