"""Red Hat's catalogue of container images, which remembers the schema 1 digests of images by repository and tag."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from redigest.model import Digest
from redigest.registry.answers import Failed, Failure, Reason
from redigest.registry.endpoints import Location
from redigest.registry.exchange import Exchange

_PAGE_SIZE = 100
_MOST_PAGES = 50
_LARGEST_PAGE = 32 * 1024 * 1024
_REGISTRY = "registry.access.redhat.com"
"""Under which the catalogue files the images of both registries."""

_FIELDS = "data.docker_image_id,data.repositories.registry,data.repositories.repository,data.repositories.tags,total"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue says of a schema 1 digest: where it was, the config of the image, and a command that repeats the question."""

    repository: str
    tag: str
    config: Digest | None
    check: str


class Catalog:
    """Asks the catalogue for all images of a repository, page by page."""

    def __init__(self, root: str, exchange: Exchange) -> None:
        self._root = root.rstrip("/")
        self._exchange = exchange

    async def entries(self, location: Location, digests: Collection[Digest] | None = None) -> Mapping[Digest, Entry] | Failure:
        """The entries of those of `digests`, or of all, that the catalogue lists as schema 1 of images of a repository."""
        url = f"{self._root}/repositories/registry/{_REGISTRY}/repository/{quote(location.repository, safe='/')}/images"
        found: dict[Digest, Entry] = {}
        for page in range(_MOST_PAGES):
            images = await self._page(f"{url}?page={page}&page_size={_PAGE_SIZE}&include={_FIELDS}")
            if isinstance(images, Failure):
                return images
            for digest, entry in _schema_1(images, f"curl -s {url}?page={page}"):
                if digests is None or digest in digests:
                    found.setdefault(digest, entry)
            if len(images) < _PAGE_SIZE or (digests is not None and len(found) == len(digests)):
                break
        return found

    async def _page(self, url: str) -> list[Any] | Failure:
        try:
            reply = await self._exchange.request("GET", url, limit=_LARGEST_PAGE, headers={"Accept": "application/json"})
        except Failed as failed:
            return failed.failure
        if reply.status != 200:
            return Failure(Reason.NOT_FOUND if reply.status == 404 else Reason.REFUSED, f"the catalogue answers {reply.status}")
        try:
            data = json.loads(reply.body).get("data")
        except (ValueError, AttributeError, RecursionError):
            data = None
        return data if isinstance(data, list) else Failure(Reason.VIOLATION, "the catalogue answers with something else than a list of images")


def _schema_1(images: Sequence[Any], check: str) -> Iterator[tuple[Digest, Entry]]:
    """The schema 1 digests in a page, each with its entry."""
    for image in images:
        config = _digest(image.get("docker_image_id")) if isinstance(image, dict) else None
        for repository in _dicts(image.get("repositories") if isinstance(image, dict) else None):
            for tag in _dicts(repository.get("tags")):
                digest, name, path = _digest(tag.get("manifest_schema1_digest")), tag.get("name"), repository.get("repository")
                if digest is not None and isinstance(name, str) and isinstance(path, str):
                    yield digest, Entry(path, name, config, check)


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _digest(value: object) -> Digest | None:
    match = re.fullmatch(r"(?:sha256:)?([0-9a-f]{64})", value) if isinstance(value, str) else None
    return Digest(match[1]) if match else None
