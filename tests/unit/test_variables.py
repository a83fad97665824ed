"""Digests that are given to a name which completes a reference elsewhere in the file."""

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


USES = {
    "shell": ("a.sh", 'D=PIN\ndocker pull "r.io/a/b@$D"\n', "r.io/a/b", None),
    "shell with a tag": ("a.sh", "readonly D='PIN'\ndocker pull r.io/a/b:1.2@${D}\n", "r.io/a/b", "1.2"),
    "shell default": ("a.sh", 'D="${D:-PIN}"\ndocker pull r.io/a/b@${D}\n', "r.io/a/b", None),
    "shell with the image in another variable": ("a.sh", 'IMAGE="r.io/a/b"\nD=PIN\ndocker pull "$IMAGE@$D"\n', "r.io/a/b", None),
    "image in a variable that is given twice": ("a.sh", "IMAGE=r.io/a/b\nIMAGE=r.io/a/c\nD=PIN\ndocker pull $IMAGE@$D\n", None, None),
    "image in a variable from elsewhere": ("a.sh", "D=PIN\ndocker pull $IMAGE@$D\n", None, None),
    "make": ("Makefile", "D := PIN\nrun:\n\tpodman run r.io/a/b@$(D)\n", "r.io/a/b", None),
    "GitLab variables": (".gitlab-ci.yml", 'variables:\n  D: {value: "PIN"}\ntest:\n  image: r.io/a/b@$D\n', "r.io/a/b", None),
    "GitHub environment": ("a.yml", "env: {D: PIN}\nrun: docker pull r.io/a/b@${{ env.D }}\n", "r.io/a/b", None),
    "Template parameter": ("a.yaml", "objects: [{image: 'r.io/a/b@${D}'}]\nparameters:\n- name: D\n  value: PIN\n", "r.io/a/b", None),
    "Tekton parameter": ("a.yaml", "params:\n- {name: image.d, value: PIN}\nimage: r.io/a/b@$(params.image.d)\n", "r.io/a/b", None),
    "parameter in brackets": ("a.yaml", 'params:\n- {name: d, value: PIN}\nimage: r.io/a/b@$(params["d"])\n', "r.io/a/b", None),
    "Template parameters in a JSON list": (
        "a.json",
        '{"image": "${R}/${N}/b:1@${D}", "parameters": [{"name": "R", "value": "r.io"}, {"name": "N", "value": "a"}, {"name": "D", "value": "PIN"}]}',
        "r.io/a/b",
        "1",
    ),
    "Jinja": ("a.yaml", "d: PIN\nimage: 'r.io/a/b@{{ d }}'\n", "r.io/a/b", None),
    "Terraform": ("a.tf", 'variable "d" {\n  default = "PIN"\n}\nlocals {\n  image = "r.io/a/b@${var.d}"\n}\n', "r.io/a/b", None),
    "Python": ("a.py", 'D = "PIN"\nIMAGE = f"r.io/a/b@{D}"\n', "r.io/a/b", None),
    "Go": ("a.go", 'const d = "PIN"\nvar image = "r.io/a/b@" + d\n', "r.io/a/b", None),
}


@pytest.mark.parametrize(("path", "source", "name", "tag"), USES.values(), ids=USES)
def test_a_digest_is_live_where_its_name_completes_a_reference(path: str, source: str, name: str | None, tag: str | None) -> None:
    sighting = given(path, source)
    assert (sighting.rule, sighting.standing, sighting.name, sighting.tag) == ("generic/variable", Standing.LIVE, name, tag)


REFERENCES = {
    "GitHub environment": ("a.yml", "env:\n  R: r.io\nrun: docker pull ${{ env.R }}/a/b@PIN\n", "r.io/a/b"),
    "Jinja": ("a.yaml", "r: r.io\nimage: '{{ r }}/a/b@PIN'\n", "r.io/a/b"),
    "Jinja without a value": ("a.yaml", "image: '{{ r }}/a/b@PIN'\n", None),
    "the name of something else": ("a.yaml", "metadata: {namespace: x}\nname: web\nimage: '{{ name }}/a/b@PIN'\n", None),
    "Template parameter": ("a.yaml", "image: ${R}/a/b@PIN\nparameters:\n- {name: R, description: x, value: r.io}\n- {name: R, value: r.io}\n", "r.io/a/b"),
    "parameters with descriptions": (
        "a.yaml",
        "image: ${R}/${N}@PIN\nparameters:\n- name: R\n  description: A registry, with a port.\n  value: r.io\n- {name: N, displayName: x, value: a/b}\n",
        "r.io/a/b",
    ),
    "parameters with descriptions in JSON": (
        "a.json",
        '{"image": "${R}/a/b@PIN", "parameters": [{"name": "R", "description": "a \\"b\\", c", "required": true, "value": "r.io"}]}',
        "r.io/a/b",
    ),
    "the value of another parameter": ("a.yaml", "image: ${R}/a/b@PIN\nparameters:\n- name: R\n  description: x\n- name: S\n  value: r.io\n", None),
    "two values": ("a.yaml", "image: ${R}/a/b@PIN\nparameters:\n- {name: R, value: r.io}\n- {name: R, value: s.io}\n", None),
    "no value": ("a.yaml", "image: ${R}/a/b@PIN\n", None),
    "dotenv": ("a.env", "R=r.io/a\nIMAGE=docker://$R/b@PIN\n", "r.io/a/b"),
    "dotenv, digest in a variable": ("b.env", "R=r.io/a/b\nD=PIN\nIMAGE=$R@$D\n", "r.io/a/b"),
    "a format string": ("a.go", 'f("%s/a/b@PIN", registry)\n', None),
    "a value that makes no reference": ("a.env", "R=r.io/A\nIMAGE=$R/b@PIN\n", None),
}


@pytest.mark.parametrize(("path", "source", "name"), REFERENCES.values(), ids=REFERENCES)
def test_a_variable_in_a_reference_stands_for_what_the_file_gives_it(path: str, source: str, name: str | None) -> None:
    assert given(path, source).name == name


REPOSITORIES = {
    "a variable that the file gives": ("a.tf", 'registry = "r.io"\netcd = { repository = "${local.registry}/a/b", digest = "PIN" }\n', "r.io/a/b"),
    "a variable from elsewhere": ("a.yaml", "web: {repository: '${R}/a/b', digest: PIN}\n", None),
    "an action of a template": ("a.gotmpl", 'web:\n  repository: {{ env "R" }}/a/b\n  digest: PIN\n', None),
    "nothing but a variable": ("a.yaml", "web: {repository: '{{ repository }}', tag: '1', digest: PIN}\n", None),
}


@pytest.mark.parametrize(("path", "source", "name"), REPOSITORIES.values(), ids=REPOSITORIES)
def test_a_digest_is_live_beside_a_repository_with_a_variable(path: str, source: str, name: str | None) -> None:
    sighting = given(path, source)
    assert (sighting.standing, sighting.name) == (Standing.LIVE, name)


@pytest.mark.parametrize("path", ["templates/a.yaml", "a.go"])
def test_a_format_makes_a_reference_of_two_literals(path: str) -> None:
    sighting = given(path, 'image: {{ printf "%s@%s" "r.io/a/b:1" "PIN" }}\n' if path != "a.go" else 'f("%s@%s", "r.io/a/b:1", "PIN")\n')
    assert (sighting.standing, sighting.name, sighting.tag) == (Standing.LIVE, "r.io/a/b", "1")


NAMELESS = {
    "two images": ("a.sh", "D=PIN\ndocker pull r.io/a/b@$D\ndocker pull r.io/c/d@$D\n"),
    "a variable that is given something else as well": ("a.sh", "R=r.io/a/b\nif x; then R=$(f); fi\nD=PIN\ndocker pull $R@$D\n"),
    "a value in a comment": ("a.sh", "# R=r.io/a/b\nD=PIN\ndocker pull $R@$D\n"),
    "a registry behind a registry": ("a.py", 'R = "r.io/a/b"\nD = "PIN"\nI = f"s.io/{R}@{D}"\n'),
}


@pytest.mark.parametrize(("path", "source"), NAMELESS.values(), ids=NAMELESS)
def test_what_cannot_be_known_has_no_name(path: str, source: str) -> None:
    sighting = given(path, source)
    assert (sighting.standing, sighting.name) == (Standing.LIVE, None)


OTHERS = {
    "a use in a comment": ("a.sh", "# docker pull r.io/a/b@$D\nD=PIN\n"),
    "a name that ends alike": ("a.tf", 'locals {\n  w = { image = "r.io/a/b@${var.web.digest}" }\n  t = { url = "https://x/t", digest = "PIN" }\n}\n'),
    "a key of another mapping": ("a.yml", "jobs: {a: {steps: [{with: {checksum: {digest: PIN}}}], container: 'r.io/a/b@${{ matrix.digest }}'}}\n"),
    "a name that nothing uses": ("a.sh", "D=PIN\ndocker pull r.io/a/b@$E\n"),
    "a longer name": ("a.sh", "D=PIN\ndocker pull r.io/a/b@$D2\n"),
    "an address": ("a.yaml", "d: PIN\nmail: me@d\n"),
    "a variable behind no reference": ("a.sh", "D=PIN\nssh @$D\n"),
    "beside the address of a repository of charts": ("a.yaml", "web: {repository: 'https://${HOST}/charts', digest: PIN}\n"),
    "a digest in a longer text": ("a.yaml", "d: the digest is PIN\nimage: r.io/a/b@${d}\n"),
    "a comment": ("a.sh", "# D=PIN\ndocker pull r.io/a/b@$D\n"),
}


@pytest.mark.parametrize(("path", "source"), OTHERS.values(), ids=OTHERS)
def test_a_digest_is_not_live_for_want_of_a_use(path: str, source: str) -> None:
    assert given(path, source).standing is not Standing.LIVE


def test_many_names_and_many_uses_cost_no_more_than_their_sum() -> None:
    lines = [f"D{number}={digest(str(number))}\n" for number in range(2000)]
    uses = [f"docker pull $IMAGE@$D{number}\n" for number in range(2000)]
    before = time.process_time()
    assert sum(item.is_live for item in find("a.env", "".join([*lines, *uses]).encode(), RULES).sightings) == len(lines)
    assert time.process_time() - before < 2


def test_many_parameters_and_many_references_cost_no_more_than_their_sum() -> None:
    parameters = "".join(f"- {{name: N{number}, description: d, value: r.io}}\n" for number in range(2000))
    images = "".join(f"- image: ${{N{number}}}/a/b@{digest(str(number))}\n" for number in range(2000))
    before = time.process_time()
    found = find("a.yaml", f"parameters:\n{parameters}objects:\n{images}".encode(), RULES)
    assert {item.name for item in found.sightings} == {"r.io/a/b"}
    assert time.process_time() - before < 3
