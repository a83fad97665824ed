"""The way of the digests of one repository to their verdicts: what they are, which images may be theirs, and what ties the two together."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from redigest.evidence.cases import Candidates, Case
from redigest.evidence.inquiry import Image, Inquiry, kind_of
from redigest.evidence.kinds import KINDS, Look, Recomputation
from redigest.model import Current, Digest, EvidenceKind, Swap, Trial, Unknown, Verdict
from redigest.reference import is_tag
from redigest.registry.answers import Failure, Manifest, Reason
from redigest.registry.endpoints import Location
from redigest.resolve import Hints
from redigest.schema1.images import read_image
from redigest.schema1.manifests import Kind
from redigest.schema1.recompute import recompute
from redigest.schema1.refusals import Refused
from redigest.schema1.search import search

if TYPE_CHECKING:
    from redigest.evidence.catalog import Catalog, Entry

_MOST_TAGS = 2_000
"""Tags of one repository whose images are looked at; those that are known to belong to a digest come first."""

_BUDGET = 1 << 30
"""Bytes that are hashed in search of names and tags for one image, which takes a second or two."""

_AT_A_TIME = 8


class Investigation:
    """Looks for the equivalents of digests in one repository."""

    def __init__(self, location: Location, inquiry: Inquiry, *, copies: Sequence[Location], hints: Hints, catalog: "Catalog | None" = None) -> None:
        self._location = location
        self._copies = copies
        self._inquiry = inquiry
        self._names = tuple(dict.fromkeys((location.repository, *(copy.repository for copy in copies), "")))
        self._hints = hints
        self._catalog = catalog

    async def judge(self, cases: Sequence[Case]) -> None:
        """Find out all that can be found out of the cases."""
        await asyncio.gather(*map(self._look_behind, cases))
        await self._say_where([case for case in cases if case.is_open])
        await self._ask_catalog([case for case in cases if case.is_open])
        await asyncio.gather(*(self._try_own_tags(case, cases) for case in cases if case.is_open))
        if open_cases := [case for case in cases if case.is_open]:
            await self._try_other_tags(open_cases)

    async def check(self, case: Case) -> None:
        """Hold what a mapping says of a digest against what its tags can prove."""
        for tag in self._own_tags(case):
            await self._try_tag(tag, [case])

    async def _look_behind(self, case: Case) -> None:
        """Ask for the digest itself."""
        asked = f"what is behind {case.written}"
        answer = await self._inquiry.behind(self._location, case.digest)
        for copy in self._copies:
            if isinstance(answer, Failure) and isinstance(found := await self._inquiry.behind(copy, case.digest), Manifest):
                asked, answer = f"what is behind {copy.name}@{case.digest}", found
        if isinstance(answer, Failure):
            case.failed(answer)
            case.doubt = _suspicion(answer)
            case.tried("digest", asked, f"{answer.words}: {case.doubt}" if case.doubt != answer.words else answer.words)
            return
        _classify(case, answer, asked)

    async def _say_where(self, cases: Sequence[Case]) -> None:
        """Say it first if another registry is asked than the one that is written: the answers name only that."""
        if cases and (where := await self._inquiry.asked_at(self._location)) != self._location:
            asked, answer = f"whether there is a login for {self._location.host}", f"there is none, so {where.host} is asked in its place"
            for case in cases:
                case.trials.insert(0, Trial("registry", asked, answer))

    async def _ask_catalog(self, cases: Sequence[Case]) -> None:
        if self._catalog is None or not cases:
            return
        entries = await self._catalog.entries(self._location, {case.digest for case in cases})
        for case in cases:
            await self._judge_by_catalog(case, entries)

    async def _judge_by_catalog(self, case: Case, entries: "Mapping[Digest, Entry] | Failure") -> None:
        asked = f"whether the catalogue lists {case.digest}"
        entry = entries.get(case.digest) if not isinstance(entries, Failure) else None
        if isinstance(entries, Failure):
            case.failed(entries)
        if entry is None:
            case.tried("catalog", asked, entries.words if isinstance(entries, Failure) else "it does not")
            return
        case.is_schema_1 = True
        listed = f"as schema 1 of {entry.repository}:{entry.tag}"
        image = await self._inquiry.image(self._location, entry.tag)
        if isinstance(image, Failure):
            case.failed(image)
            case.tried("catalog", asked, f"{listed}, and that tag has no schema 2 manifest: {image.words}")
        elif entry.config is None or entry.config.hex not in image.manifest.decode("utf-8", "replace"):
            case.tried("catalog", asked, f"{listed}, and the image of that tag has another config than the one that the catalogue names")
        else:
            case.tried("catalog", asked, f"{listed}, and the image of that tag has the config that the catalogue names")
            tied = f"the schema 2 manifest {image.digest} of that tag has the config {entry.config} that it names"
            detail = f"Red Hat's catalogue lists {case.digest} {listed}, and {tied}"
            case.found(image.digest, EvidenceKind.CATALOG, detail=detail, check=entry.check, listed_in=image.listed_in)
            await self._try_tag(entry.tag, [case])

    async def _try_own_tags(self, case: Case, cases: Sequence[Case]) -> None:
        """Try what may be the tag of this very digest."""
        for tag in self._own_tags(case):
            await self._try_tag(tag, cases if tag != case.question.tag else [case])
            if not case.is_open:
                return

    def _own_tags(self, case: Case) -> tuple[str, ...]:
        if case.near is None:
            case.near = tuple(self._hints(case.digest))
        signed = _tag_in(case.body) if case.body is not None else ()
        return tuple(dict.fromkeys(tag for tag in (case.question.tag, *signed, *case.near) if tag and is_tag(tag)))

    async def _try_other_tags(self, cases: Sequence[Case]) -> None:
        """Go through the tags that the registry lists, and `latest`, until every case is proven or all are tried."""
        listed = await self._inquiry.tags(self._location)
        if isinstance(listed, Failure):
            for case in cases:
                case.failed(listed)
                case.tried("tags", f"which tags {self._location.name} has", listed.words)
            names: tuple[str, ...] = ()
        else:
            names = listed.names
            for case in cases:
                rest = f"; {listed.missing}" if listed.missing else ""
                case.tried("tags", f"which tags {self._location.name} has", f"{len(names)}, of which {min(len(names), _MOST_TAGS)} are tried{rest}")
                if case.question.tag is not None and case.question.tag not in names and listed.missing is None:
                    case.tried("tag", f"whether the tag {case.question.tag} is still there", "it is gone from the registry")
        tags = iter(dict.fromkeys(("latest", *names) if "latest" in names or not names else names))
        while (some := list(islice(tags, _AT_A_TIME))) and (still := [case for case in cases if case.is_open]):
            await asyncio.gather(*(self._try_tag(tag, still, known=names) for tag in some))

    async def _try_tag(self, tag: str, cases: Sequence[Case], *, known: Sequence[str] = ()) -> None:
        """Hold the image that a tag points to against the cases; each image once for all of them."""
        image = await self._inquiry.image(self._location, tag)
        if isinstance(image, Failure):
            for case in cases:
                case.failed(image)
                if tag == case.question.tag:
                    case.tried("tag", f"what the tag {tag} points to", image.words)
            return
        candidates = Candidates(self._names, tuple(dict.fromkeys((tag, *_labels(image), *(own for case in cases for own in self._own_tags(case)), *known))))
        for case in cases:
            look = Look(case, image, tag, self._recompute(image, candidates, cases), self._inquiry)
            for kind in KINDS.values():
                await kind(look)

    def _recompute(self, image: Image, candidates: Candidates, cases: Sequence[Case]) -> Recomputation:
        try:
            templates = recompute(read_image(image.manifest, image.config)).templates
        except Refused as refusal:
            return Recomputation({}, 0, str(refusal))
        found = search({case.digest for case in cases}, templates, names=candidates.names, tags=candidates.tags, budget=_BUDGET)
        return Recomputation({hit.digest: hit for hit in found.hits}, found.tries)


def verdict(case: Case) -> Verdict:
    """Weigh what was found: what proves one image, and what contradicts itself."""
    trials = tuple(case.trials)
    evidence = tuple(sorted((finding.evidence for finding in case.findings), key=lambda item: _STRENGTH[item.kind]))
    proven = {finding.new for finding in case.findings if finding.evidence.kind is not EvidenceKind.TAG}
    if case.current is not None:
        return Current((), case.current, trials)
    if len(proven) > 1:
        reason = f"conflict: the evidence speaks for {len(proven)} images, {' and '.join(sorted(map(str, proven)))}"
        return Unknown(reason, evidence, is_schema_1=True, is_conflict=True, trials=trials)
    if proven:
        proofs = tuple(item for item in evidence if item.kind is not EvidenceKind.TAG)
        return Swap(case.digest, proven.pop(), proofs, trials)
    suggestion = next((finding.new for finding in case.findings), None)
    return Unknown(_reason(case, suggestion), evidence, case.is_schema_1, suggestion=suggestion, trials=trials, is_passing=case.is_passing)


_STRENGTH = {kind: number for number, kind in enumerate(EvidenceKind)}


def _reason(case: Case, suggestion: Digest | None) -> str:
    """Why there is no equivalent, in one sentence for each thing that was looked at."""
    first = "it is schema 1, and no image is proven to be its equivalent" if case.is_schema_1 else case.doubt or "nothing is known of it"
    tag = case.question.tag
    gone = [trial.answer for trial in case.trials if trial.name == "tag" and suggestion is None]
    parts = [first, *(f"the tag {tag}: {answer}" for answer in gone[-1:] if answer != first)]
    if any(trial.name == "recomputed" for trial in case.trials):
        parts.append("recomputing it from the images that were found gave no hit, which proves nothing")
    if suggestion is not None:
        parts.append(f"the tag {tag} points to {suggestion} today, which nothing ties to it; --accept tag swaps it all the same")
    return "; ".join(parts)


def _suspicion(failure: Failure) -> str:
    match failure.reason:
        case Reason.UNSUPPORTED:
            return "the registry does not serve it, as it does with schema 1 and with all that it lacks, so it is suspected to be schema 1 and not more"
        case Reason.NOT_FOUND:
            return "the registry does not have it; it may be schema 1, removed, or never have been there"
        case _:
            return failure.words


def _classify(case: Case, manifest: Manifest, asked: str) -> None:
    kind = kind_of(manifest)
    case.tried("digest", asked, str(kind) if kind else "no manifest of a kind that is known")
    match kind:
        case Kind.SCHEMA_1:
            case.is_schema_1, case.body = True, manifest.body
        case None:
            case.doubt = "what the registry has under it is no manifest of a kind that is known"
        case _:
            case.current = f"needs no swap: {kind}"


def _labels(image: Image) -> tuple[str, ...]:
    """The tag that build systems make of the labels `version` and `release`."""
    config = json.loads(image.config).get("config")
    labels = config.get("Labels") if isinstance(config, dict) else None
    version, release = (labels.get(name) for name in ("version", "release")) if isinstance(labels, dict) else (None, None)
    if not isinstance(version, str) or not version:
        return ()
    return (f"{version}-{release}", version) if isinstance(release, str) and release else (version,)


def _tag_in(body: bytes) -> tuple[str, ...]:
    """The tag that is signed into a schema 1 body."""
    tag = json.loads(body).get("tag")
    return (tag,) if isinstance(tag, str) and is_tag(tag) else ()
