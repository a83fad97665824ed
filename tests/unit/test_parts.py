"""References that are split over keys, by the keys that the shipped rules name."""

import time

import pytest

from redigest.find import find
from redigest.model import Sighting, Standing
from tests.samples import RULES, digest

PIN = str(digest("pinned"))


def given(path: str, source: str) -> Sighting:
    """The sighting of the digest that stands for PIN."""
    (sighting,) = (item for item in find(path, source.replace("PIN", PIN).encode(), RULES).sightings if item.text == PIN)
    return sighting


NAMES = {
    "own tag of the repository": ("{image: 'r.io/a:1', digest: PIN}", "r.io/a", "1"),
    "at sign without a tag": ("{repository: r.io/a, tag: '@PIN'}", "r.io/a", None),
    "tag of both": ("{repository: r.io/a, tag: '1@PIN', digest: x}", "r.io/a", "1"),
    "tag that a template makes": ("{repository: r.io/a, tag: '{{ .x }}', digest: PIN}", "r.io/a", None),
    "repository that a template makes": ("{repository: '{{ .x }}/a', digest: PIN}", None, None),
    "registry that a variable gives": ("{registry: '${REGISTRY}', repository: a/b, digest: PIN}", None, None),
    "registry with a scheme and a slash": ("{registry: 'https://r.io/', repository: a/b, digest: PIN}", "r.io/a/b", None),
    "registry before a registry": ("{registry: proxy.io, repository: r.io/a, digest: PIN}", "proxy.io/r.io/a", None),
    "registry for the whole chart before a registry": ("{global: {imageRegistry: proxy.io}, x: {repository: r.io/a, digest: PIN}}", "r.io/a", None),
    "registry for the whole chart that is empty": ("{global: {imageRegistry: ''}, x: {registry: r.io, repository: a, digest: PIN}}", "r.io/a", None),
    "image behind a repository": ("{repository: r.io/a, image: b, version: PIN}", "r.io/a/b", None),
    "image behind a registry": ("{registry: r.io, image: a/b, digest: PIN}", "r.io/a/b", None),
    "image behind a registry and a repository": ("{registry: r.io, repository: a, image: b, digest: PIN}", "r.io/a/b", None),
    "image that the repository ends in": ("{repository: r.io/a/b, image: b, digest: PIN}", "r.io/a/b", None),
    "image that is whole": ("{repository: r.io/a, image: r.io/a/b, digest: PIN}", "r.io/a/b", None),
    "hub": ("{hub: r.io/a, image: b, tag: 'v1@PIN'}", "r.io/a/b", "v1"),
    "hub of the chart": ("{global: {hub: r.io/a}, pilot: {image: b, tag: 'v1@PIN'}}", "r.io/a/b", "v1"),
    "registry one map out": ("{image: {registry: r.io, web: {repository: a/b, digest: PIN}}}", "r.io/a/b", None),
    "registry at the top": ("{registry: r.io, web: {image: {repository: a/b, digest: PIN}}}", "r.io/a/b", None),
    "registry that is a map": ("{registry: {a: r.io}, web: {image: {repository: a/b, digest: PIN}}}", "a/b", None),
    "dotted keys": ("{image.repository: r.io/a, image.tag: 1, image.digest: PIN}", "r.io/a", "1"),
    "list of names and values": (
        "set: [{name: a.repository, value: x}, {name: b.repository, value: r.io/b}, {name: b.tag, value: '1'}, {name: b.digest, value: PIN}]",
        "r.io/b",
        "1",
    ),
    "list of names and values without the repository": ("set: [{name: a.repository, value: x}, {name: image.digest, value: PIN}]", None, None),
    "default in a template": ('a:\n  repository: {{ .x | default "r.io/a" }}\n  digest: PIN\n', "r.io/a", None),
}


@pytest.mark.parametrize(("source", "name", "tag"), NAMES.values(), ids=NAMES)
def test_puts_the_name_together_from_its_parts(source: str, name: str | None, tag: str | None) -> None:
    sighting = given("values.yaml", source)
    assert (sighting.standing, sighting.name, sighting.tag) == (Standing.LIVE, name, tag)


PLACES = {
    "new name": ("kustomization.yaml", "images: [{name: etcd, newName: r.io/a, newTag: '1', digest: PIN}]", "r.io/a", "1"),
    "name": ("kustomization.yaml", "images: [{name: r.io/a, digest: PIN}]", "r.io/a", None),
    "new tag with a digest": ("Kustomization", "images: [{name: r.io/a, newTag: '1@PIN'}]", "r.io/a", "1"),
    "pattern for a name": ("kustomization.yaml", "images: [{name: '*', digest: PIN}]", None, None),
    "patch": ("patch.yaml", "- {op: replace, path: /spec/image/digest, value: PIN}", None, None),
    "chart in a registry": ("app.yaml", "source: {repoURL: r.io/charts, chart: web, targetRevision: PIN}", "r.io/charts/web", None),
    "artifact": ("app.yaml", "source: {repoURL: 'oci://r.io/web', targetRevision: PIN}", "r.io/web", None),
    "OCIRepository": (
        "a.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec: {url: 'oci://r.io/web', ref: {tag: '1', digest: PIN}}",
        "r.io/web",
        "1",
    ),
    "OCIRepository in a template": (
        "templates/a.yaml",
        "{{- if .x }}\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec:\n  url: oci://r.io/web\n  ref:\n    digest: PIN\n{{- end }}\n",
        "r.io/web",
        None,
    ),
    "setter": ("a.yaml", 'image: {repository: r.io/a, digest: PIN} # {"$imagepolicy": "flux-system:a:digest"}', "r.io/a", None),
    "schema": (
        "values.schema.json",
        '{"image": {"properties": {"repository": {"default": "r.io/a"}, "tag": {"default": "1"}, "digest": {"default": "PIN"}}}}',
        "r.io/a",
        "1",
    ),
    "values in a template": (
        "templates/cm.yaml",
        "data:\n  x: {{ .x }}\n  values.yaml: |\n    image:\n      repository: r.io/a\n      digest: PIN\n",
        "r.io/a",
        None,
    ),
    "values that are a template": ("a.yaml", "values: |\n  {{ if .x }}\n  image:\n    repository: r.io/a\n    digest: PIN\n  {{ end }}\n", "r.io/a", None),
}


@pytest.mark.parametrize(("path", "source", "name", "tag"), PLACES.values(), ids=PLACES)
def test_names_the_image_of_a_place(path: str, source: str, name: str | None, tag: str | None) -> None:
    sighting = given(path, source)
    assert (sighting.standing, sighting.name, sighting.tag) == (Standing.LIVE, name, tag)


LEFT = {
    "target revision of a Git repository": "source: {repoURL: 'https://git.example/x', targetRevision: PIN}",
    "JSON patch of a checksum": "- {op: replace, path: /metadata/annotations/checksum, value: PIN}",
    "archive in a list of names and values": "set: [{name: archive.repository, value: 'https://a.example'}, {name: archive.tag, value: PIN}]",
    "chart in an index": "{apiVersion: v1, entries: {image: [{name: image, digest: PIN}]}}",
}


@pytest.mark.parametrize("source", LEFT.values(), ids=LEFT)
def test_takes_no_digest_for_an_image_that_is_none(source: str) -> None:
    assert given("a.yaml", source).standing in (Standing.UNPLACED, Standing.NOT_AN_IMAGE)


def test_a_long_list_of_names_and_values_takes_linear_time() -> None:
    items = "".join(
        f"- {{name: i{number}.repository, value: r.io/a{number}}}\n- {{name: i{number}.digest, value: {digest(str(number))}}}\n" for number in range(2000)
    )
    start = time.process_time()
    sightings = find("a.yaml", f"set:\n{items}".encode(), RULES).sightings
    assert [sighting.name for sighting in sightings] == [f"r.io/a{number}" for number in range(2000)]
    assert time.process_time() - start < 5, "it takes a fraction of a second when the list is gone through once"
