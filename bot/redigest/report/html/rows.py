"""The images of a report as the rows of one table, over all trees: each with its result, its evidence and its places."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from redigest.model import Digest, Evidence, EvidenceKind, Sighting, Standing
from redigest.report import Report, Searched
from redigest.report.grouping import Groups, ImageSection, by_fate, by_image, registry_of, title_of
from redigest.report.safety import is_web_address
from redigest.report.summary import Fate

FATES = (Fate.REMAINING, Fate.UNKNOWN, Fate.CHANGED, Fate.CURRENT, Fate.IGNORED)
"""In this order rows stand: what a person should look at comes first."""

_STRENGTH = {kind: rank for rank, kind in enumerate(EvidenceKind)}


@dataclass(frozen=True, slots=True)
class Place:
    """One place of an image. `address` is a URL of the web or `None`."""

    path: str
    line: int
    words: str
    rule: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class TreePlaces:
    """The places of an image in one tree; `title` is `None` outside of `run`."""

    title: str | None
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """All places of one digest, in all trees, that have the same verdict and went the same way; `registries` and `groups` are those it stands in."""

    fate: Fate
    is_unpinned: bool
    old: str
    new: Digest | None
    references: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    reasons: tuple[str, ...]
    trees: tuple[TreePlaces, ...]
    registries: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def count(self) -> int:
        return sum(len(tree.places) for tree in self.trees)

    @property
    def files(self) -> int:
        return sum(len({place.path for place in tree.places}) for tree in self.trees)

    @property
    def kinds(self) -> tuple[EvidenceKind, ...]:
        """The kinds of its evidence without duplicates, the strongest first."""
        return tuple(dict.fromkeys(item.kind for item in self.evidence))


def rows(report: Report) -> list[Row]:
    """Every image of a report; what stands where no image can stand, such as a checksum, is none."""
    groups: dict[tuple[Fate, str, Digest | None, bool], list[tuple[Searched, ImageSection]]] = defaultdict(list)
    for tree in report.trees:
        for fate, results in by_fate(tree.outcome).items():
            images = (result for result in results if result.sighting.standing is not Standing.NOT_AN_IMAGE)
            for image in by_image(images):
                groups[fate, image.old, image.new, image.is_unpinned].append((tree, image))
    named = Groups.of(report.trees)
    return sorted((_row(fate, parts, named) for (fate, *_), parts in groups.items()), key=_order)


def _row(fate: Fate, parts: Sequence[tuple[Searched, ImageSection]], named: Groups) -> Row:
    images = [image for _, image in parts]
    evidence = dict.fromkeys(item for image in images for item in image.evidence)
    names = {result.sighting.name for image in images for result in image.results}
    return Row(
        fate=fate,
        is_unpinned=images[0].is_unpinned,
        old=images[0].old,
        new=images[0].new,
        references=tuple(sorted({name for image in images for name in image.references})),
        evidence=tuple(sorted(evidence, key=lambda item: _STRENGTH[item.kind])),
        reasons=() if fate is Fate.CHANGED else tuple(dict.fromkeys(reason for image in images for reason in image.reasons)),
        trees=tuple(_places(tree, image) for tree, image in parts),
        registries=tuple(sorted(set(map(registry_of, names)))),
        groups=tuple(sorted({named.name(tree, result.sighting.path) for tree, image in parts for result in image.results})),
    )


def _places(tree: Searched, image: ImageSection) -> TreePlaces:
    return TreePlaces(title_of(tree), tuple(_place(tree, result.sighting) for result in image.results))


def _place(tree: Searched, sighting: Sighting) -> Place:
    address = tree.link(sighting.path, sighting.line)
    return Place(sighting.path, sighting.line, sighting.place, sighting.rule, address if address and is_web_address(address) else None)


def _order(row: Row) -> tuple[int, bool, tuple[str, ...], str]:
    return FATES.index(row.fate), not row.references, row.references, row.old
