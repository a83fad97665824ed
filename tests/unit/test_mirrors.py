"""Mirrors of registries, as the files of a cluster and of a host name them."""

from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.mirrors import Mirror, Mirrors, read

MIRRORS = Mirrors(
    (Mirror("mirror.corp.example/redhat", "registry.redhat.io"), Mirror("mirror.corp.example/redhat/apps", "quay.io/acme"), Mirror("b.example", "quay.io"))
)


@pytest.mark.parametrize(
    ("name", "upstream"),
    [
        ("mirror.corp.example/redhat/rhel7/etcd", "registry.redhat.io/rhel7/etcd"),
        ("mirror.corp.example/redhat/apps/web", "quay.io/acme/web"),
        ("mirror.corp.example/redhat/appstore", "registry.redhat.io/appstore"),
        ("mirror.corp.example/redhatter/etcd", "mirror.corp.example/redhatter/etcd"),
        ("registry.redhat.io/rhel7/etcd", "registry.redhat.io/rhel7/etcd"),
        ("b.example", "quay.io"),
    ],
)
def test_gives_the_upstream_name_by_the_longest_prefix(name: str, upstream: str) -> None:
    assert MIRRORS.upstream(name) == upstream


def test_gives_the_names_of_copies() -> None:
    assert MIRRORS.copies("quay.io/acme/web") == ("mirror.corp.example/redhat/apps/web", "b.example/acme/web")
    assert MIRRORS.copies("registry.redhat.io/rhel7/etcd") == ("mirror.corp.example/redhat/rhel7/etcd",)
    assert MIRRORS.copies("docker.io/library/busybox") == ()


FILES = {
    "ImageContentSourcePolicy": (
        "icsp.yaml",
        (
            "apiVersion: operator.openshift.io/v1alpha1\nkind: ImageContentSourcePolicy\n"
            "spec:\n  repositoryDigestMirrors:\n  - mirrors: [m.example/a, n.example/a]\n    source: registry.redhat.io/a\n"
        ),
        [("m.example/a", "registry.redhat.io/a"), ("n.example/a", "registry.redhat.io/a")],
    ),
    "ImageDigestMirrorSet and ImageTagMirrorSet in one file": (
        "mirrors.yaml",
        (
            "kind: ImageDigestMirrorSet\nspec: {imageDigestMirrors: [{source: quay.io/a, mirrors: [m.example/a], mirrorSourcePolicy: NeverContactSource}]}\n"
            "---\nkind: ConfigMap\n---\nkind: ImageTagMirrorSet\nspec: {imageTagMirrors: [{source: quay.io/b, mirrors: [m.example/b]}, {source: quay.io/c}]}\n"
        ),
        [("m.example/a", "quay.io/a"), ("m.example/b", "quay.io/b")],
    ),
    "a List in JSON": (
        "mirrors.json",
        '{"kind": "List", "items": [{"kind": "ImageDigestMirrorSet", "spec": {"imageDigestMirrors": [{"source": "quay.io/a", "mirrors": ["m.example/a"]}]}}]}',
        [("m.example/a", "quay.io/a")],
    ),
    "registries.conf": (
        "registries.conf",
        (
            'unqualified-search-registries = ["quay.io"]\n[[registry]]\nprefix = "registry.redhat.io"\nlocation = "proxy.example/rh"\n'
            '[[registry.mirror]]\nlocation = "m.example/rh"\npull-from-mirror = "digest-only"\n[[registry]]\nlocation = "quay.io"\nblocked = true\n'
        ),
        [("registry.redhat.io", "proxy.example/rh"), ("m.example/rh", "proxy.example/rh")],
    ),
}


@pytest.mark.parametrize(("name", "content", "mirrors"), FILES.values(), ids=FILES)
def test_reads_the_mirrors_of_a_file(name: str, content: str, mirrors: list[tuple[str, str]], tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    assert [(mirror.prefix, mirror.upstream) for mirror in read(tmp_path / name)] == mirrors


FAULTS = {
    "another kind": ("a.yaml", "kind: ConfigMap\n", "names no mirror; give an ImageContentSourcePolicy"),
    "no YAML": ("a.yaml", "a: [\n", "names no mirrors in a form that is known"),
    "no TOML": ("a.conf", "a = [\n", "names no mirrors in a form that is known"),
    "mirrors that are no text": (
        "a.yaml",
        "kind: ImageDigestMirrorSet\nspec: {imageDigestMirrors: [{source: 1, mirrors: [m]}]}\n",
        "1 is no registry with a path",
    ),
    "no source": ("a.yaml", "kind: ImageDigestMirrorSet\nspec: {imageDigestMirrors: [{mirrors: [m]}]}\n", "'source'"),
    "a wildcard": ("a.conf", '[[registry]]\nprefix = "*.example.com"\nlocation = "m"\n', "stands for many hosts"),
    "deep nesting": ("a.yaml", "[" * 100_000, "brackets nest deeper"),
    "no UTF-8": ("a.yaml", "\udcff", "names no mirrors"),
    "too much": ("a.yaml", "#" * (1 << 21), "is larger than 1 MiB"),
}


@pytest.mark.parametrize(("name", "content", "message"), FAULTS.values(), ids=FAULTS)
def test_says_why_a_file_names_no_mirrors(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(UsageError, match=message):
        read(tmp_path / name)


def test_says_that_a_file_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read(tmp_path / "idms.yaml")
