"""What a reviewer should think of before an image is swapped, by what is known of it."""

import re
from collections.abc import Sequence

from redigest import reference
from redigest.model import EvidenceKind
from redigest.report.grouping import ImageSection
from redigest.report.safety import block
from redigest.report.sections import Piece, codes

_UPSTREAM = ("registry.redhat.io", "registry.access.redhat.com")
"""The registries of the announcement, which hold what it promises."""

_SEEN_THERE = frozenset({EvidenceKind.RECOMPUTED, EvidenceKind.NEGOTIATED, EvidenceKind.FORWARD, EvidenceKind.LAYERS, EvidenceKind.TAG})
"""Evidence for which a registry had to show the new manifest."""

_RELATED = ("olm/related-images", "olm/related-image-names")
_CATALOGUES = ("olm/catalogue-metadata", "olm/bundles", "olm/templates", "olm/semver-template", "olm/catalogue-source")

_BUNDLE = re.compile(r"(?:^|/)manifests/[^/]*$|clusterserviceversion", re.IGNORECASE)
"""Where a bundle keeps its ClusterServiceVersion (Operator Lifecycle Manager, "Bundle Format")."""


def warnings(section: ImageSection) -> list[Piece]:
    """The warnings for one image; an image without any has no pieces."""
    return [*_mirrors(section), *_bundles(section), *_catalogues(section)]


def _mirrors(section: ImageSection) -> list[Piece]:
    """Nobody has seen the new digest in the registry that clusters will ask for it."""
    if section.new is None or any(item.kind in _SEEN_THERE for item in section.evidence):
        return []
    elsewhere = [name for name in section.names if (image := reference.parse(name)) is not None and image.registry not in (None, *_UPSTREAM)]
    if not elsewhere:
        return []
    registries = dict.fromkeys(image.registry for name in elsewhere if (image := reference.parse(name)) is not None and image.registry is not None)
    return [
        [f"**Warning:** {codes(registries)} must hold the new digest, and it was not seen there. A mirror that copies by tag may lack it; this shows it:"],
        block([f"skopeo inspect --raw docker://{name}@{section.new}" for name in elsewhere], "sh"),
    ]


def _bundles(section: ImageSection) -> list[Piece]:
    paths = [path for path in _paths(section, _RELATED) if _BUNDLE.search(path)]
    advice = "A published bundle must not change any more: release a new version of it, and keep `relatedImages` and the environment in step."
    return [[f"**Warning:** {codes(paths)} belongs to a bundle of the Operator Lifecycle Manager. {advice}"]] if paths else []


def _catalogues(section: ImageSection) -> list[Piece]:
    paths = [*_paths(section, _CATALOGUES), *(path for path in _paths(section, _RELATED) if not _BUNDLE.search(path))]
    advice = "What it says of bundles is copied from them, and comes back when it is built again: change the bundles too."
    return [[f"**Warning:** {codes(paths)} describes a catalogue of operators. {advice}"]] if paths else []


def _paths(section: ImageSection, rules: Sequence[str]) -> Sequence[str]:
    return list(dict.fromkeys(result.sighting.path for result in section.results if result.sighting.rule in rules))


def architecture(sections: Sequence[ImageSection]) -> list[Piece]:
    """What the digests of a schema 1 image and of its replacement have in common: both are for one architecture."""
    if not any(section.new is not None and not section.is_unpinned for section in sections):
        return []
    fact = "A schema 1 manifest describes an image for one architecture, as a rule `linux/amd64`, and so does each new digest."
    return [[f"{fact} Where nodes of other architectures pull the image, pin the digest of the list of manifests instead."]]
