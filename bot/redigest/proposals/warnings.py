"""What a reviewer should think of before an image is swapped, as far as names, places and evidence tell."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from redigest import reference
from redigest.model import EvidenceKind, Sighting
from redigest.report.grouping import ImageSection
from redigest.report.sections import RED_HAT

_DOCKER_HUB = "docker.io"

_SEEN = frozenset({EvidenceKind.RECOMPUTED, EvidenceKind.NEGOTIATED, EvidenceKind.FORWARD, EvidenceKind.LAYERS, EvidenceKind.TAG})
"""Kinds for which a registry had to show the new manifest; the command that checks it names the registry."""

_BUNDLE = re.compile(r"(?:^|/)bundle/(?:[^/]+/)*manifests/|\.clusterserviceversion\.(?:ya?ml|json)$", re.IGNORECASE)
"""Where a bundle of the Operator Lifecycle Manager keeps its manifests ("Bundle Format"), and what its ClusterServiceVersion is called."""

_CLUSTER_SERVICE_VERSION = "ClusterServiceVersion"
_RELATED_IMAGES = "olm/related-images"
_CATALOGUES = ("olm/bundles", "olm/catalogue-metadata", "olm/semver-template", "olm/templates")
_INDEXES = ("olm/catalogue-source",)


class Concern(Enum):
    """What a warning is about: how it is called, and what a reviewer should know."""

    TAG = "Not proven", "nothing ties the new digest to the old one; it is what the tag points to today, which may be a later build with other contents"
    REGISTRY = (
        "Another registry",
        "it must hold the new digest before this is merged, and no evidence shows that it does; the last command that stands with the image asks it",
    )
    BUNDLE = (
        "Operator bundle",
        "a bundle that is published must not change; if this version of it is, release a new version with the new digests instead of merging this into it",
    )
    CATALOGUE = (
        "Operator catalogue",
        "a file-based catalogue repeats what bundles say, and clusters install from the bundles: change those first, and build the catalogue again",
    )
    INDEX = "Catalogue image", "a cluster that gets another digest of a catalogue starts the pod of the catalogue anew"
    PLATFORM = (
        "One platform",
        "the tag has images for several platforms; the old digest stood for the one for linux on amd64, as schema 1 does, and so does the new one",
    )

    @property
    def title(self) -> str:
        return self.value[0]

    @property
    def words(self) -> str:
        """One sentence without a full stop."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 -- it is the word for it, and nobody here needs the other one
    """A concern, and what it is about: foreign texts, such as registries, paths and digests."""

    concern: Concern
    about: tuple[str, ...]


def warnings(image: ImageSection) -> Sequence[Warning]:
    """The warnings for one image, each concern once."""
    return list(_warnings(image))


def by_concern(images: Iterable[ImageSection]) -> Mapping[Concern, Sequence[str]]:
    """What each concern is about over all images, without duplicates, in the order of `Concern`."""
    about: dict[Concern, dict[str, None]] = {concern: {} for concern in Concern}
    for image in images:
        for warning in warnings(image):
            about[warning.concern].update(dict.fromkeys(warning.about))
    return {concern: list(texts) for concern, texts in about.items() if texts}


def _warnings(image: ImageSection) -> Iterator[Warning]:
    if image.is_unpinned or image.new is None:
        return
    if {item.kind for item in image.evidence} == {EvidenceKind.TAG}:
        yield Warning(Concern.TAG, image.references or (image.old,))
    if registries := dict.fromkeys(_registry(name) or "" for name in image.names if _is_unseen(name, image)):
        yield Warning(Concern.REGISTRY, tuple(registries))
    for concern, concerns in ((Concern.BUNDLE, _is_bundle), (Concern.CATALOGUE, _is_catalogue), (Concern.INDEX, _is_index)):
        if paths := _paths(image, concerns):
            yield Warning(concern, paths)
    if lists := dict.fromkeys(str(item.listed_in) for item in image.evidence if item.listed_in is not None):
        yield Warning(Concern.PLATFORM, tuple(lists))


def _is_unseen(name: str, image: ImageSection) -> bool:
    """Whether the registry of a name is none of the announcement, and no evidence comes from it."""
    registry = _registry(name)
    if registry is None or registry in RED_HAT:
        return False
    seen = re.compile(rf"(?:^|[\s/]){re.escape(registry)}/")
    return not any(item.kind in _SEEN and seen.search(item.check) for item in image.evidence)


def _registry(name: str) -> str | None:
    """The registry of a name as it is written; `None` where it is no reference by the grammar, since variables stand in it."""
    image = reference.parse(name)
    return None if image is None else image.registry or _DOCKER_HUB


def _paths(image: ImageSection, concerns: Callable[[Sighting], bool]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(result.sighting.path for result in image.results if concerns(result.sighting)))


def _is_bundle(sighting: Sighting) -> bool:
    return sighting.place.startswith(_CLUSTER_SERVICE_VERSION) or _BUNDLE.search(sighting.path) is not None


def _is_catalogue(sighting: Sighting) -> bool:
    return sighting.rule in _CATALOGUES or (sighting.rule == _RELATED_IMAGES and not _is_bundle(sighting))


def _is_index(sighting: Sighting) -> bool:
    return sighting.rule in _INDEXES
