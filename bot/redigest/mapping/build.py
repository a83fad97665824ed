"""Mappings of one's own: both digests of every tag of a repository, and images that are converted because only their schema 1 form exists."""

import asyncio
import hashlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from redigest import reference
from redigest.errors import UsageError
from redigest.evidence.catalog import Catalog, Entry
from redigest.evidence.inquiry import Image, Inquiry
from redigest.model import Digest, EvidenceKind
from redigest.registry.answers import Failure, Manifest
from redigest.registry.endpoints import Endpoint, Location, locate
from redigest.schema1.images import read_image
from redigest.schema1.manifests import Kind, classify
from redigest.schema1.recompute import recompute
from redigest.schema1.refusals import Refused

HEADER = ("repository", "tag", "schema1_digest", "schema2_digest", "evidence", "detail")
_AT_A_TIME = 16


@dataclass(frozen=True, slots=True)
class Built:
    """A row of a mapping, with how the schema 1 digest is known."""

    repository: str
    tag: str
    old: Digest
    new: Digest
    evidence: str
    detail: str

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.repository, self.tag, str(self.old), str(self.new), self.evidence, self.detail)


@dataclass(frozen=True, slots=True)
class Missing:
    """What no row could be made for, and why."""

    name: str
    reason: str


async def build(location: Location, inquiry: Inquiry, catalog: Catalog | None = None) -> AsyncIterator[Built | Missing]:
    """Yield the rows of every tag that the registry lists, in its order: as negotiated, as the catalogue has them, or as they are recomputed."""
    tags = await inquiry.tags(location)
    if isinstance(tags, Failure):
        yield Missing(location.name, tags.words)
        return
    if tags.missing is not None:
        yield Missing(location.name, tags.missing)
    listed = await catalog.entries(location) if catalog is not None else {}
    if isinstance(listed, Failure):
        yield Missing(location.name, listed.words)
        listed = {}
    by_tag = {entry.tag: (digest, entry) for digest, entry in listed.items() if entry.repository == location.repository}
    for start in range(0, len(tags.names), _AT_A_TIME):
        some = tags.names[start : start + _AT_A_TIME]
        images = await asyncio.gather(*(inquiry.image(location, tag) for tag in some))
        signed = await asyncio.gather(*(inquiry.as_schema_1(location, tag) for tag in some))
        for tag, image, answer in zip(some, images, signed, strict=True):
            for item in _rows(location, tag, image, answer, by_tag.get(tag)):
                yield item


def _rows(location: Location, tag: str, image: Image | Failure, signed: Manifest | Failure, listed: tuple[Digest, Entry] | None) -> Iterator[Built | Missing]:
    if isinstance(image, Failure):
        yield Missing(f"{location.name}:{tag}", image.words)
        return
    seen: set[Digest] = set()
    for item in (*_known(location, tag, image, signed, listed), *_recomputed(location, tag, image)):
        if isinstance(item, Missing) or item.old not in seen:
            yield item
        if isinstance(item, Built):
            seen.add(item.old)


def _known(location: Location, tag: str, image: Image, signed: Manifest | Failure, listed: tuple[Digest, Entry] | None) -> Iterator[Built]:
    if isinstance(signed, Manifest):
        yield Built(location.name, tag, signed.digest, image.digest, EvidenceKind.NEGOTIATED, "what the registry gives to a schema 1 client")
    if listed is not None and listed[1].config is not None and listed[1].config.hex == hashlib.sha256(image.config).hexdigest():
        yield Built(location.name, tag, listed[0], image.digest, EvidenceKind.CATALOG, "what Red Hat's catalogue lists for the tag")


def _recomputed(location: Location, tag: str, image: Image) -> Iterator[Built | Missing]:
    """What each of the programs would have made of the image under this name and tag; which of them did is not known."""
    try:
        templates = recompute(read_image(image.manifest, image.config)).templates
    except Refused as refusal:
        yield Missing(f"{location.name}:{tag}", f"it has no schema 1 form: {refusal}")
        return
    for template in templates:
        digest = Digest(hashlib.sha256(template.payload(location.repository, tag)).hexdigest())
        yield Built(location.name, tag, digest, image.digest, EvidenceKind.RECOMPUTED, f"as {template.flavour} converts it")


async def convert(source: str, destination: str, inquiry: Inquiry, endpoints: Mapping[str, Endpoint], credentials: Path | None) -> Built:
    """Copy an image that exists as schema 1 only to where its schema 2 form shall be, with skopeo, and give both digests as the registries report them.

    Raises `UsageError`.
    """
    old_at, new_at = _place(source, endpoints), _place(destination, endpoints)
    old = await _digest(old_at, inquiry, Kind.SCHEMA_1)
    _copy(source, destination, endpoints[old_at[0].host].is_plain, endpoints[new_at[0].host].is_plain, credentials)
    new = await _digest(new_at, inquiry, Kind.SCHEMA_2)
    detail = f"copied by skopeo to {destination}"
    return Built(old_at[0].name, old_at[1] if isinstance(old_at[1], str) else "", old, new, "converted", detail)


def _place(written: str, endpoints: Mapping[str, Endpoint]) -> tuple[Location, Digest | str]:
    image = reference.parse(written.removeprefix("docker://"))
    location = locate(image.name) if image is not None else None
    if image is None or location is None:
        raise UsageError(f"{written}: not an image; give one such as registry.example/team/app:1.2")
    if location.host not in endpoints:
        raise UsageError(f"{written}: registry not configured: {location.host}; name it under `registries` in redigest.yaml")
    return location, image.digest or image.tag or "latest"


async def _digest(at: tuple[Location, Digest | str], inquiry: Inquiry, kind: Kind) -> Digest:
    location, which = at
    answer = await inquiry.now(location, which)
    if isinstance(answer, Failure):
        raise UsageError(f"{location.name}: {answer.words}")
    found = classify(answer.body, answer.media_type)
    if found is not kind:
        raise UsageError(f"{location.name}: the registry has it as {found}, and {kind} is needed")
    return answer.digest


def _copy(source: str, destination: str, is_source_plain: bool, is_destination_plain: bool, credentials: Path | None) -> None:  # noqa: FBT001 -- two of a kind
    program = shutil.which("skopeo")
    if program is None:
        raise UsageError("skopeo is not installed, and it is what copies images; install it (on Debian and Ubuntu: apt-get install skopeo) and try again")
    command = [program, "copy", "--format", "v2s2"]
    command += ["--src-tls-verify=false"] if is_source_plain else []
    command += ["--dest-tls-verify=false"] if is_destination_plain else []
    command += ["--authfile", str(credentials)] if credentials is not None else []
    command += [f"docker://{source.removeprefix('docker://')}", f"docker://{destination.removeprefix('docker://')}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise UsageError(f"skopeo could not copy {source}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'it says nothing'}")
