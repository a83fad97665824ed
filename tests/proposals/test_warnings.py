import pytest

from redigest.model import Action, Digest, Evidence, EvidenceKind, Result, Swap, Unknown
from redigest.proposals.warnings import Concern, by_concern, warnings
from redigest.report.grouping import by_image
from tests.unit.report_outcomes import ETCD, FOURTH, MAPPING, NEW, OLD, TAG, result

MIRROR = "mirror.corp.example:5000/rhel7/etcd"


def proof(name: str) -> Evidence:
    return Evidence(EvidenceKind.RECOMPUTED, "proof", f"redigest explain {name}:3.2@{OLD}")


def swap(*evidence: Evidence) -> Swap:
    return Swap(OLD, NEW, evidence or (MAPPING,))


def told(*results: Result) -> dict[Concern, tuple[str, ...]]:
    [image] = by_image(results)
    return {warning.concern: warning.about for warning in warnings(image)}


@pytest.mark.parametrize(
    ("name", "evidence", "expected"),
    [
        (ETCD, (MAPPING,), None),
        ("registry.access.redhat.com/rhel7/etcd", (MAPPING,), None),
        (MIRROR, (MAPPING,), "mirror.corp.example:5000"),
        (MIRROR, (MAPPING, proof(ETCD)), "mirror.corp.example:5000"),
        (MIRROR, (MAPPING, proof(MIRROR)), None),
        (MIRROR, (Evidence(EvidenceKind.NEGOTIATED, "", "curl -sI https://mirror.corp.example:5000/v2/rhel7/etcd/manifests/3.2"),), None),
        (MIRROR, (proof(f"not-{MIRROR}"),), "mirror.corp.example:5000"),
        ("etcd", (MAPPING,), "docker.io"),
        ("${REGISTRY}/etcd", (MAPPING,), None),
        (None, (MAPPING,), None),
    ],
)
def test_warns_of_a_registry_from_which_no_evidence_comes(name: str | None, evidence: tuple[Evidence, ...], expected: str | None) -> None:
    about = told(result(name=name, verdict=swap(*evidence))).get(Concern.REGISTRY)
    assert about == (None if expected is None else (expected,))


@pytest.mark.parametrize(
    ("path", "rule", "place", "expected"),
    [
        ("bundle/manifests/etcd.clusterserviceversion.yaml", "olm/related-images", "ClusterServiceVersion/etcd spec.relatedImages[0].image", Concern.BUNDLE),
        ("operators/etcd/0.9.4/manifests/etcd.ClusterServiceVersion.yml", "kubernetes/env", "x", Concern.BUNDLE),
        ("bundle/v4.8/manifests/config.yaml", "kubernetes/env", "ConfigMap/x data.image", Concern.BUNDLE),
        ("deploy/csv.yaml", "kubernetes/containers", "ClusterServiceVersion/etcd spec.install", Concern.BUNDLE),
        ("catalog/etcd.yaml", "olm/related-images", "relatedImages[0].image", Concern.CATALOGUE),
        ("catalog/etcd.yaml", "olm/bundles", "image", Concern.CATALOGUE),
        ("catalog/etcd.yaml", "olm/catalogue-metadata", "properties[0].value.annotations.containerImage", Concern.CATALOGUE),
        ("semver.yaml", "olm/semver-template", "Stable.Bundles[0].Image", Concern.CATALOGUE),
        ("cluster/source.yaml", "olm/catalogue-source", "CatalogSource/x spec.image", Concern.INDEX),
        ("k8s/web.yaml", "kubernetes/containers", "Deployment/web spec.template.spec.containers[0].image", None),
        ("manifests/web.yaml", "kubernetes/containers", "Deployment/web spec.template.spec.containers[0].image", None),
    ],
)
def test_warns_of_what_a_place_stands_in(path: str, rule: str, place: str, expected: Concern | None) -> None:
    assert told(result(path=path, rule=rule, place=place)) == ({} if expected is None else {expected: (path,)})


def test_warns_of_a_tag_that_has_images_for_several_platforms() -> None:
    several = Evidence(EvidenceKind.RECOMPUTED, "proof", "redigest explain", listed_in=FOURTH)
    assert told(result(verdict=swap(MAPPING, several, several))) == {Concern.PLATFORM: (str(FOURTH),)}


def test_warns_that_a_tag_proves_nothing() -> None:
    assert told(result(verdict=swap(TAG))) == {Concern.TAG: (f"{ETCD}:3.2.22",)}
    assert told(result(verdict=swap(MAPPING, TAG))) == {}


def test_has_no_warning_where_no_digest_is_put_in() -> None:
    assert told(result(name=MIRROR, verdict=Unknown("", is_schema_1=True), action=Action.UNPINNED)) == {}


def test_gathers_what_concerns_several_images_once() -> None:
    other = Digest("e5" * 32)
    images = by_image(
        [
            result(name=MIRROR, verdict=swap()),
            result(name=MIRROR, digest=other, verdict=Swap(other, NEW, (MAPPING,))),
            result(name="quay.io/acme/web", digest=FOURTH, verdict=Swap(FOURTH, NEW, (MAPPING,)), path="catalog.yaml", rule="olm/bundles"),
        ]
    )
    assert by_concern(images) == {Concern.REGISTRY: ["mirror.corp.example:5000", "quay.io"], Concern.CATALOGUE: ["catalog.yaml"]}
