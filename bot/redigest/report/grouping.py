"""The results of an outcome as people want to read them: by image where an image is the news, by reason where the reason is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

from redigest import reference
from redigest.model import Current, Digest, Evidence, EvidenceKind, Outcome, Result, Sighting, Swap, Unknown, Verdict
from redigest.report import Searched
from redigest.report.summary import DONE, UNPINNING, Fate, fate

NOT_KNOWN = "not known"
"""The registry of an image whose name does not say it."""

_DOCKER_HUB = "docker.io"
_STRENGTH = {kind: rank for rank, kind in enumerate(EvidenceKind)}


@dataclass(frozen=True, slots=True)
class ImageSection:
    """All places of one digest that have the same verdict and went the same way.

    `old` is the digest as it stands in the files. `names`, `tags` and `references` (name and tag) are those under which it stands there, sorted; they
    are empty where none is known. `evidence` has no duplicates and the strongest first. `results` are in order of path and offset, and never empty.
    """

    old: str
    verdict: Verdict
    names: tuple[str, ...]
    tags: tuple[str, ...]
    references: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    results: tuple[Result, ...]

    @property
    def new(self) -> Digest | None:
        """The digest that is or could be put in its place; `None` without one."""
        return self.verdict.new if isinstance(self.verdict, Swap) else None

    @property
    def is_unpinned(self) -> bool:
        return self.results[0].action in UNPINNING

    @property
    def is_done(self) -> bool:
        return self.results[0].action in DONE

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why places of it stay as they are, without duplicates."""
        return tuple(dict.fromkeys(map(reason, self.results)))


@dataclass(frozen=True, slots=True)
class ReasonSection:
    """All results that stay as they are for one reason, in order of path and offset."""

    reason: str
    results: tuple[Result, ...]


def in_order(outcome: Outcome) -> list[Result]:
    """Sort the results by path (by code point), then offset."""
    return sorted(outcome.results, key=lambda result: (result.sighting.path, result.sighting.offset))


def by_fate(outcome: Outcome) -> Mapping[Fate, Sequence[Result]]:
    """Split the results by what became of them; every fate is a key, and each list is in order of path and offset."""
    split: dict[Fate, list[Result]] = {each: [] for each in Fate}
    for result in in_order(outcome):
        split[fate(result)].append(result)
    return split


def by_image(results: Iterable[Result]) -> list[ImageSection]:
    """Group results by digest, apart where verdict or action differ; sorted by names, with nameless images last, then tags and digest."""
    groups: dict[tuple[str, Digest | None, bool], list[Result]] = defaultdict(list)
    for result in results:
        new = result.verdict.new if isinstance(result.verdict, Swap) else None
        groups[result.sighting.text, new, result.action in UNPINNING].append(result)
    return sorted(map(_image, groups.values()), key=_image_order)


def by_reason(results: Iterable[Result]) -> list[ReasonSection]:
    """Group results by why they stay as they are; the longest group first, then by reason."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[reason(result)].append(result)
    sections = [ReasonSection(text, tuple(group)) for text, group in groups.items()]
    return sorted(sections, key=lambda section: (-len(section.results), section.reason))


def reason(result: Result) -> str:
    """Why a result stays as it is, from the stage that knew it best."""
    if given := result.reason or result.sighting.reason:
        return given
    match result.verdict:
        case Unknown(reason=doubt):
            return doubt
        case Current():
            return "it is no digest of a schema 1 manifest"
        case Swap():
            return "no reason was given"


def short(digest: str) -> str:
    """The first twelve hex digits of a digest as it stands in a file."""
    return digest.removeprefix("sha256:")[:12]


class Grouping(Enum):
    """By what the places of a report are grouped: where there are several repositories, by the shortest beginning of their names in which they differ."""

    FOLDER = "folder"
    OWNER = "owner"
    SUBGROUP = "group"
    REPOSITORY = "repository"


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a report; `depth` is how many parts of the name of a repository are the name of its group."""

    by: Grouping
    depth: int = 0

    @classmethod
    def of(cls, trees: Iterable[Searched]) -> "Groups":
        names = [name.split("/") for name in {tree.repository or "" for tree in trees}]
        if len(names) < 2:
            return cls(Grouping.FOLDER)
        longest = max(map(len, names))
        depth = next(depth for depth in range(min(2, longest), longest + 1) if len({tuple(name[:depth]) for name in names}) > 1)
        if all(len(name) <= depth for name in names):
            return cls(Grouping.REPOSITORY, depth)
        return cls(Grouping.OWNER if depth <= 2 else Grouping.SUBGROUP, depth)

    def name(self, tree: Searched, path: str) -> str:
        """The group of a place: the folder at the top of the one tree, or a part of the name of the repository."""
        if self.by is not Grouping.FOLDER:
            return "/".join((tree.repository or "").split("/")[: self.depth])
        folder, slash, _ = path.partition("/")
        return folder if slash else "(top folder)"


@cache
def registry_of(name: str | None) -> str:
    """The host that an image comes from, as its name says by the grammar of references."""
    if name is None or (parsed := reference.parse(name)) is None:
        return NOT_KNOWN
    return parsed.registry or _DOCKER_HUB


def title_of(tree: Searched) -> str | None:
    """What a tree is called."""
    return f"{tree.repository} ({tree.outcome.branch})" if tree.repository and tree.outcome.branch else tree.repository


def _image(results: Sequence[Result]) -> ImageSection:
    sightings = [result.sighting for result in results]
    evidence = dict.fromkeys(item for result in results for item in result.verdict.evidence)
    return ImageSection(
        old=sightings[0].text,
        verdict=results[0].verdict,
        names=tuple(sorted({sighting.name for sighting in sightings if sighting.name is not None})),
        tags=tuple(sorted({sighting.tag for sighting in sightings if sighting.tag is not None})),
        references=tuple(sorted({_reference(sighting) for sighting in sightings if sighting.name is not None})),
        evidence=tuple(sorted(evidence, key=lambda item: _STRENGTH[item.kind])),
        results=tuple(results),
    )


def _reference(sighting: Sighting) -> str:
    return f"{sighting.name}:{sighting.tag}" if sighting.tag is not None else str(sighting.name)


def _image_order(section: ImageSection) -> tuple[bool, tuple[str, ...], tuple[str, ...], str, str]:
    return not section.names, section.names, section.tags, section.old, str(section.new)
