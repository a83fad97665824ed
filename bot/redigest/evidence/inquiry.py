"""What is asked of registries, of saved manifests and of the cache: each distinct question once in a run, whoever asks."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from redigest.evidence.saved import SavedManifests
from redigest.facts import Facts
from redigest.media_types import DOCKER_LIST, SCHEMA_1, SCHEMA_1_SIGNED, SCHEMA_2
from redigest.model import Digest
from redigest.registry.answers import Failure, Manifest, Reason, Tags
from redigest.registry.endpoints import Location
from redigest.schema1.manifests import Kind, classify

if TYPE_CHECKING:
    from redigest.registry.client import RegistryClient

_CONFIG = "application/vnd.docker.container.image.v1+json"
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Image:
    """A schema 2 image as a registry has it: the bytes of its manifest and of its config, each with the digest that it should have."""

    location: Location
    digest: Digest
    manifest: bytes
    config: bytes
    listed_in: Digest | None = None
    """The list through which the tag leads to it, if the registry gave one."""


class Inquiry:
    """Asks each distinct question once; to be used in one event loop."""

    def __init__(self, client: "RegistryClient", facts: Facts, saved: Sequence[SavedManifests] = ()) -> None:
        self._client = client
        self._facts = facts
        self._saved = saved
        self._asked: dict[tuple[object, ...], asyncio.Task[Any]] = {}

    async def behind(self, location: Location, digest: Digest) -> Manifest | Failure:
        """The manifest of a digest: from a folder, from the cache, or from the registry."""
        return await self._once(("behind", location, digest), lambda: self._behind(location, digest))

    async def asked_at(self, location: Location) -> Location:
        """Where questions about a repository go: to its open twin if there is no login for its registry."""
        return await self._client.where_to_ask(location)

    def is_plain(self, location: Location) -> bool:
        """Whether the registry is asked without TLS."""
        return self._client.is_plain(location.host)

    async def now(self, location: Location, which: Digest | str) -> Manifest | Failure:
        """The manifest of a digest or a tag as this registry has it at this moment, whatever is known of it from elsewhere."""
        return await self._client.manifest(location, which)

    async def image(self, location: Location, tag: str) -> Image | Failure:
        """The schema 2 image that a tag points to; of a list the one for linux on amd64, which is what schema 1 clients were given."""
        return await self._once(("image", location, tag), lambda: self._image(location, tag))

    async def as_schema_1(self, location: Location, tag: str) -> Manifest | Failure:
        """What the registry gives to a schema 1 client for a tag; its digest is that of the signed payload."""
        return await self._once(("schema 1", location, tag), lambda: self._as_schema_1(location, tag))

    async def tags(self, location: Location) -> Tags | Failure:
        """The tags that the registry lists."""
        return await self._once(("tags", location), lambda: self._tags(location))

    async def _once(self, key: tuple[object, ...], ask: Callable[[], Coroutine[None, None, _Answer]]) -> _Answer:
        task: asyncio.Task[_Answer] | None = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.ensure_future(ask())
        return await asyncio.shield(task)

    async def _behind(self, location: Location, digest: Digest) -> Manifest | Failure:
        for saved in self._saved:
            if (found := saved.get(digest)) is not None:
                return found
        if (kept := self._facts.get(digest)) is not None:
            return Manifest(digest, *kept)
        answer = await self._client.manifest(await self._client.where_to_ask(location), digest)
        if isinstance(answer, Manifest) and kind_of(answer) is not Kind.SCHEMA_1:
            self._facts.keep(digest, answer.media_type, answer.body)
        return answer

    async def _as_schema_1(self, location: Location, tag: str) -> Manifest | Failure:
        answer = await self._client.manifest(await self._client.where_to_ask(location), tag, accept=(SCHEMA_1_SIGNED, SCHEMA_1))
        if isinstance(answer, Manifest) and kind_of(answer) is not Kind.SCHEMA_1:
            return Failure(Reason.REFUSED, f"{location.host} gives schema 1 to no client any more")
        return answer

    async def _tags(self, location: Location) -> Tags | Failure:
        return await self._client.tags(await self._client.where_to_ask(location))

    async def _image(self, location: Location, tag: str) -> Image | Failure:
        answer = await self._client.manifest(await self._client.where_to_ask(location), tag, accept=(SCHEMA_2, DOCKER_LIST))
        if isinstance(answer, Failure):
            return answer
        listed_in = None
        if kind_of(answer) in (Kind.LIST, Kind.OCI_INDEX):
            child = _of_platform(answer.body)
            if child is None:
                return Failure(Reason.REFUSED, "the tag points to a list that has no image for linux on amd64")
            listed_in, answer = answer.digest, await self.behind(location, child)
            if isinstance(answer, Failure):
                return answer
        if kind_of(answer) is not Kind.SCHEMA_2:
            return Failure(Reason.REFUSED, f"the tag points to a manifest that is not schema 2 ({kind_of(answer) or 'of no known kind'})")
        return await self._with_config(location, answer, listed_in)

    async def _with_config(self, location: Location, manifest: Manifest, listed_in: Digest | None) -> Image | Failure:
        digest = _config_of(manifest.body)
        if digest is None:
            return Failure(Reason.VIOLATION, "the manifest names no config")
        kept = self._facts.get(digest)
        config = kept[1] if kept else await self._client.blob(await self._client.where_to_ask(location), digest)
        if isinstance(config, Failure):
            return config
        if kept is None:
            self._facts.keep(digest, _CONFIG, config)
        self._facts.keep(manifest.digest, manifest.media_type, manifest.body)
        return Image(location, manifest.digest, manifest.body, config, listed_in)


def kind_of(manifest: Manifest) -> Kind | None:
    """The kind of a manifest, `None` if it is none that is known."""
    try:
        return classify(manifest.body, manifest.media_type)
    except ValueError:
        return None


def _of_platform(index: bytes) -> Digest | None:
    """The image for linux on amd64 in a list (Docker image manifest version 2, schema 2, "Manifest List")."""
    for entry in json.loads(index).get("manifests", ()):
        platform = entry.get("platform") if isinstance(entry, dict) else None
        if isinstance(platform, dict) and (platform.get("os"), platform.get("architecture")) == ("linux", "amd64"):
            return _digest(entry.get("digest"))
    return None


def _config_of(manifest: bytes) -> Digest | None:
    config = json.loads(manifest).get("config")
    return _digest(config.get("digest")) if isinstance(config, dict) else None


def _digest(value: object) -> Digest | None:
    try:
        return Digest.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None
