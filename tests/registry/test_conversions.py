"""What docker-registry and skopeo convert, held against what is recomputed, byte for byte."""

import gzip
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redigest.media_types import SCHEMA_1_SIGNED, SCHEMA_2
from redigest.model import Digest
from redigest.schema1.body import read_schema_1
from redigest.schema1.forward import config_of, converts_to
from redigest.schema1.images import Image, read_image
from redigest.schema1.manifests import Kind, classify, digest_of, payload_of
from redigest.schema1.recompute import template_of
from redigest.schema1.refusals import Refused
from redigest.schema1.templates import Flavour
from tests.registry.docker_registry import DockerRegistry, docker_registry, sha256
from tests.schema1.invented import Invented, image_of, invented, manifest_of
from tests.schema1.vectors import LAB

pytestmark = pytest.mark.needs("docker-registry")

IMAGES = int(os.environ.get("REDIGEST_FUZZ") or 40)
"""How many images are invented; `make fuzz` asks for more."""
NAMES = ("a", "rhel7/etcd", "team/sub.part/under__score-dash")


def archive(number: int) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        member = tarfile.TarInfo(f"file-{number}")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"%04d" % number))
    return content.getvalue()


ARCHIVES = [archive(number) for number in range(4)]
LAYERS = [gzip.compress(content, mtime=0) for content in ARCHIVES]


@pytest.fixture(scope="module")
def registry() -> Iterator[DockerRegistry]:
    with docker_registry() as running:
        for name in NAMES:
            for layer in LAYERS:
                running.push_blob(name, layer)
        yield running


def push(registry: DockerRegistry, name: str, tag: str, config: bytes, layers: list[bytes]) -> Image:
    registry.push_blob(name, config)
    stack = [sha256(layer) for layer in layers]
    registry.push_manifest(name, tag, manifest_of(config, stack))
    return image_of(config, stack)


def as_schema_1(registry: DockerRegistry, name: str, tag: str) -> tuple[int, str, bytes]:
    """What the registry gives to who asks for nothing in particular: status, digest, body."""
    status, headers, body = registry.request("GET", f"/v2/{name}/manifests/{tag}")
    return status, headers.get("docker-content-digest", ""), body


@given(invented(), st.sampled_from(NAMES), st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}", fullmatch=True))
@settings(max_examples=IMAGES)
def test_recomputes_what_docker_registry_converts(registry: DockerRegistry, made: Invented, name: str, tag: str) -> None:
    image = push(registry, name, tag, made.config, [LAYERS[index] for index in made.layers])
    status, digest, body = as_schema_1(registry, name, tag)
    assert status == 200, body
    assert classify(body, SCHEMA_1_SIGNED) is Kind.SCHEMA_1
    assert template_of(image, Flavour.DISTRIBUTION).payload(name, tag) == payload_of(body)
    assert str(digest_of(body, SCHEMA_1_SIGNED)) == digest


STEP: dict[str, object] = {"created": "2020-01-01T00:00:00Z", "created_by": "x"}


@pytest.mark.parametrize(
    "history",
    [[], [STEP, STEP], *([{**STEP, "created": created}, {**STEP, "empty_layer": True}] for created in ("", "2020-01-01", "2020-02-30T00:00:00Z", 7))],
    ids=str,
)
def test_refuses_what_docker_registry_refuses(registry: DockerRegistry, history: list[dict[str, object]]) -> None:
    config = json.dumps({"architecture": "amd64", "rootfs": {"diff_ids": ["sha256:0"]}, "history": history}).encode()
    image = push(registry, "a", "refused", config, LAYERS[:1])
    status, _, _ = as_schema_1(registry, "a", "refused")
    assert status == 400
    with pytest.raises(Refused):
        template_of(image, Flavour.DISTRIBUTION)


def test_refuses_a_wrong_number_of_diff_ids_as_docker_registry_does(registry: DockerRegistry) -> None:
    config = json.dumps({"rootfs": {"diff_ids": ["sha256:0", "sha256:1"]}, "history": [STEP]}).encode()
    image = push(registry, "a", "refused", config, LAYERS[:1])
    status, _, _ = as_schema_1(registry, "a", "refused")
    assert status == 400
    with pytest.raises(Refused, match="different numbers of layers"):
        template_of(image, Flavour.DISTRIBUTION)


def skopeo_copy(registry: DockerRegistry, source: str, target: str, media_type: str) -> None:
    options = ["--insecure-policy", "copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false", f"--format={media_type}"]
    subprocess.run(["skopeo", *options, f"docker://{registry.host}/{source}", f"docker://{registry.host}/{target}"], check=True, capture_output=True)


CONFIGS = sorted({vector.folder for vector in LAB if vector.flavour == "containers-image" and vector.folder.name != "lab-shorthist"})


@pytest.mark.needs("skopeo")
@pytest.mark.parametrize("folder", CONFIGS, ids=lambda folder: folder.name)
def test_recomputes_what_skopeo_converts(registry: DockerRegistry, folder: Path) -> None:
    config = (folder / "config.json").read_bytes()
    layers = LAYERS[: len(json.loads(config)["rootfs"]["diff_ids"])]
    image = push(registry, "a", folder.name, config, layers)
    skopeo_copy(registry, f"a:{folder.name}", f"from/skopeo:{folder.name}", "v2s1")
    status, digest, body = as_schema_1(registry, "from/skopeo", folder.name)
    assert status == 200
    assert template_of(image, Flavour.CONTAINERS_IMAGE).payload("from/skopeo", folder.name) == payload_of(body)
    assert str(digest_of(body, SCHEMA_1_SIGNED)) == digest


@pytest.mark.needs("skopeo")
@pytest.mark.parametrize("folder", [folder for folder in CONFIGS if folder.name != "lab-baselayer"], ids=lambda folder: folder.name)
def test_converts_schema_1_to_the_config_that_skopeo_writes(registry: DockerRegistry, folder: Path) -> None:
    config = (folder / "config.json").read_bytes()
    layers = LAYERS[: len(json.loads(config)["rootfs"]["diff_ids"])]
    push(registry, "a", f"s2-{folder.name}", config, layers)
    _, _, old = as_schema_1(registry, "a", f"s2-{folder.name}")
    status, _, body = registry.request("PUT", f"/v2/a/manifests/s1-{folder.name}", old, {"Content-Type": SCHEMA_1_SIGNED})
    assert status == 201, body
    skopeo_copy(registry, f"a:s1-{folder.name}", f"to/schema2:{folder.name}", "v2s2")
    _, _, manifest = registry.request("GET", f"/v2/to/schema2/manifests/{folder.name}", headers={"Accept": SCHEMA_2})
    named = Digest.parse(json.loads(manifest)["config"]["digest"])
    _, _, written = registry.request("GET", f"/v2/to/schema2/blobs/{named}")
    image = read_image(manifest, written)
    assert image.diff_ids == tuple(str(sha256(content)) for content in ARCHIVES[: len(layers)])
    assert config_of(read_schema_1(old), image.diff_ids) == written
    assert converts_to(read_schema_1(old), image)
