"""The kinds of evidence that an image can give for a digest: one function each, in the table `KINDS`."""

import shlex
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from redigest.evidence.cases import Case
from redigest.evidence.inquiry import Image, Inquiry
from redigest.media_types import SCHEMA_1_SIGNED
from redigest.model import Digest, EvidenceKind
from redigest.registry.answers import Failure
from redigest.schema1.body import read_schema_1
from redigest.schema1.compare import Likeness, compare
from redigest.schema1.forward import converts_to
from redigest.schema1.images import read_image
from redigest.schema1.refusals import Refused
from redigest.schema1.search import Hit


@dataclass(frozen=True, slots=True)
class Recomputation:
    """What came of rebuilding schema 1 payloads from an image: the hits, after so many tries, or why there is no such payload."""

    hits: Mapping[Digest, Hit]
    tries: int
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a kind of evidence looks at: a case, an image to which `tag` leads today, and what was recomputed from it."""

    case: Case
    image: Image
    tag: str
    recomputation: Recomputation
    inquiry: Inquiry


async def _recomputed(look: Look) -> None:
    case, image = look.case, look.image
    recomputation = look.recomputation
    asked = f"the schema 1 payload rebuilt from {image.digest}, with {recomputation.tries:,} pair{'s' if recomputation.tries != 1 else ''} of a name and a tag"
    hit = recomputation.hits.get(case.digest)
    if hit is None:
        case.tried("recomputed", asked, recomputation.refusal or "none hashes to the digest, which proves nothing")
        return
    case.tried("recomputed", asked, f"name {hit.name!r} and tag {hit.tag!r} hash to the digest")
    detail = (
        f"the schema 1 payload rebuilt from {image.location.name}@{image.digest}, its config, the name {hit.name!r} and the tag {hit.tag!r} "
        f"(as {hit.flavour} writes it) hashes to exactly {case.digest}: proof that both are the same image"
    )
    _found(look, EvidenceKind.RECOMPUTED, detail, shlex.join(["redigest", "explain", f"{image.location.name}:{look.tag}@{case.digest}"]))


async def _negotiated(look: Look) -> None:
    case, image = look.case, look.image
    asked = f"what {image.location.host} gives to a schema 1 client for the tag {look.tag}"
    answer = await look.inquiry.as_schema_1(image.location, look.tag)
    if isinstance(answer, Failure):
        case.tried("negotiated", asked, answer.words)
        return
    if answer.digest != case.digest:
        case.tried("negotiated", asked, f"another digest, {answer.digest}")
        return
    case.tried("negotiated", asked, "the old digest")
    case.is_schema_1, case.body = True, answer.body
    detail = f"for the tag {look.tag} the registry gives {case.digest} to a schema 1 client and {image.digest} to a schema 2 client"
    scheme = "http" if look.inquiry.is_plain(image.location) else "https"
    url = f"{scheme}://{image.location.host}/v2/{image.location.repository}/manifests/{look.tag}"
    _found(look, EvidenceKind.NEGOTIATED, detail, shlex.join(["curl", "-sI", "-H", f"Accept: {SCHEMA_1_SIGNED}", url]))


async def _forward(look: Look) -> None:
    case, image = look.case, look.image
    if case.body is None:
        return
    asked = f"whether the schema 1 body converts to the config of {image.digest}"
    try:
        is_equal = converts_to(read_schema_1(case.body), read_image(image.manifest, image.config))
    except Refused as refusal:
        case.tried("forward", asked, str(refusal))
        return
    case.tried("forward", asked, "it does" if is_equal else "it does not, which proves nothing")
    if is_equal:
        detail = f"the schema 1 body of {case.digest} converts to exactly the config that {image.digest} names"
        _found(look, EvidenceKind.FORWARD, detail, _inspect(look, case.written))


async def _layers(look: Look) -> None:
    case, image = look.case, look.image
    if case.body is None:
        return
    asked = f"whether layers and top config of the schema 1 body are those of {image.digest}"
    try:
        comparison = compare(read_schema_1(case.body), read_image(image.manifest, image.config))
    except Refused as refusal:
        case.tried("layers", asked, str(refusal))
        return
    case.tried("layers", asked, f"{comparison.likeness}: {comparison.reason}")
    if comparison.likeness is Likeness.SAME:
        detail = f"the schema 1 body of {case.digest} has the layers of {image.digest}, in their order, and its config"
        _found(look, EvidenceKind.LAYERS, detail, _inspect(look, case.written))


async def _tag(look: Look) -> None:
    case, image = look.case, look.image
    if look.tag != case.question.tag:
        return
    case.tried("tag", f"what the tag {look.tag} points to", f"{image.digest}, which nothing ties to the old digest")
    detail = f"the tag {look.tag} points to {image.digest} today; nothing ties it to {case.digest}"
    _found(look, EvidenceKind.TAG, detail, f"{_inspect(look, f'{image.location.name}:{look.tag}')} | sha256sum")


def _found(look: Look, kind: EvidenceKind, detail: str, check: str) -> None:
    listed = look.image.listed_in
    way = f"; the tag {look.tag} points to the list {listed}, of which this is the image for linux on amd64" if listed is not None else ""
    host = look.image.location.host if look.inquiry.is_plain(look.image.location) else None
    look.case.found(look.image.digest, kind, detail=detail + way, check=check, listed_in=listed, plain_host=host)


def _inspect(look: Look, reference: str) -> str:
    """The command that shows a manifest of the repository in which the image was found."""
    insecure = ["--tls-verify=false"] if look.inquiry.is_plain(look.image.location) else []
    return shlex.join(["skopeo", "inspect", "--raw", *insecure, f"docker://{reference}"])


KINDS: Mapping[EvidenceKind, Callable[[Look], Awaitable[None]]] = {
    EvidenceKind.RECOMPUTED: _recomputed,
    EvidenceKind.NEGOTIATED: _negotiated,
    EvidenceKind.FORWARD: _forward,
    EvidenceKind.LAYERS: _layers,
    EvidenceKind.TAG: _tag,
}
"""In order of cost: each puts what it tried, and what it found, into the case. What needs a schema 1 body comes after what may bring one."""
