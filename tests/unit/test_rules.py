"""Rules: the shipped ones against their own examples, which rule goes first, and mistakes in rule files."""

import gc
import pickle
import re
from dataclasses import replace
from pathlib import Path

import pytest

from redigest.document import Mapping, Spot
from redigest.errors import UsageError
from redigest.find import find
from redigest.model import Sighting, Standing
from redigest.readers import FORMATS, yaml
from redigest.resources import locate_rules
from redigest.rules import Rule, Rules
from redigest.rules_check import check, expand
from redigest.rules_files import read
from redigest.rules_folders import load
from redigest.screen import hits
from redigest.text import Text
from tests.samples import ETCD, RULES, digest

DIGEST = str(digest("the one"))
REFERENCE = f"registry.redhat.io/rhel7/etcd@{DIGEST}"
SHIPPED = pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)


def rules_of(folder: Path, **files: str) -> Rules:
    """The shipped rules and those of a user, whose files are named by ecosystem."""
    for ecosystem, content in files.items():
        (folder / f"{ecosystem}.yaml").write_text(content)
    return load([("rules", locate_rules()), ("mine", folder)])


def rule_text(place: str, shape: str, *, identifier: str = "mine", more: str = "") -> str:
    return f"title: T\nrules:\n- {{id: {identifier}, title: T, places: {place}, shape: {shape}, {more}examples: {{found: [], left: []}}}}\n"


def read_text(source: str) -> tuple[Text, list[int]]:
    text = Text.of_file(source.encode())
    return text, hits(text.chars)


def sighting(path: str, source: str, rules: Rules = RULES) -> Sighting:
    """The only sighting of a file."""
    (only,) = find(path, source.encode(), rules).sightings
    return only


def without_examples(rule: Rule) -> Rule:
    return replace(rule, found=(), left=())


def failures(rule: Rule) -> list[str]:
    """What the examples of a rule show once the rule stands in the place of the shipped one with its id."""
    rules = Rules(tuple(rule if other.id == rule.id else without_examples(other) for other in RULES.rules))
    return [failure.message for failure in check(rules) if failure.rule.id == rule.id]


def test_the_shipped_rules_hold() -> None:
    assert [(failure.rule.id, failure.message) for failure in check(RULES)] == []


@SHIPPED
def test_a_rule_that_looks_elsewhere_fails_its_own_examples(rule: Rule) -> None:
    elsewhere = replace(rule, places=("no.such.place",), format=None)
    assert len(failures(elsewhere)) >= len(rule.found)


@SHIPPED
def test_a_rule_with_its_examples_the_wrong_way_round_fails_each_of_them(rule: Rule) -> None:
    reversed_rule = replace(rule, found=rule.left, left=rule.found)
    numbers = {re.sub(":.*", "", message) for message in failures(reversed_rule)}
    assert numbers >= {f"left example {number}" for number, _ in enumerate(rule.found, 1)}
    assert numbers >= {f"found example {number}" for number, _ in enumerate(rule.left, 1)}


@SHIPPED
def test_a_rule_without_examples_fails(rule: Rule) -> None:
    assert failures(without_examples(rule)) == ["there is no example of what is found", "there is no example of what is left"]


@SHIPPED
def test_every_example_holds_something_to_see(rule: Rule) -> None:
    for example in (*rule.found, *rule.left):
        assert expand(example.text)[1]


def test_placeholders_are_digests_of_their_own_unless_they_name_a_variable() -> None:
    text, digests = expand("DIGEST OTHER HEX DIGEST MY_DIGEST DIGEST=1 $DIGEST ${DIGEST} @DIGEST")
    assert list(digests.values()) == ["DIGEST", "OTHER", "HEX", "DIGEST", "DIGEST"]
    words = text.split(" ")
    assert words[4:8] == ["MY_DIGEST", "DIGEST=1", "$DIGEST", "${DIGEST}"]
    assert [f"sha256:{words[2]}" if index == 2 else word.removeprefix("@") for index, word in enumerate([*words[:4], words[8]])] == list(digests)


NOT_IMAGES = {
    "the status of an object": ("a.yaml", f"apiVersion: v1\nkind: Pod\nstatus: {{a: [{{image: {REFERENCE}}}]}}\n", "kubernetes/status"),
    "the status of an object in a list": ("a.yaml", f"items:\n- apiVersion: v1\n  kind: Pod\n  status: {{image: {REFERENCE}}}\n", "kubernetes/status"),
    "what a trigger saw last": (
        "a.yaml",
        f"apiVersion: v1\nkind: BuildConfig\nspec: {{triggers: [{{imageChange: {{lastTriggeredImageID: {REFERENCE}}}}}]}}\n",
        "openshift/last-triggered",
    ),
    "a checksum in an annotation": (
        "a.yaml",
        f"apiVersion: v1\nkind: Pod\nmetadata: {{annotations: {{checksum/config: '{DIGEST}'}}}}\n",
        "kubernetes/annotation-checksums",
    ),
    "Chart.lock": ("charts/a/Chart.lock", f"digest: {DIGEST}\n", "checksums/lock-files"),
    "a comment in Chart.lock": ("Chart.lock", f"# {REFERENCE}\n", "checksums/lock-files"),
    "a lock file of packages": ("rpms.lock.yaml", f"arches: [{{packages: [{{checksum: '{DIGEST}'}}]}}]\n", "checksums/lock-files"),
    "a hash of a package": ("requirements.txt", f"a==1 \\\n    --hash={DIGEST} \\\n", "checksums/pip"),
    "a hash of a package in a script": ("a.yaml", f"run: pip install --hash={DIGEST} a\n", "checksums/pip"),
    "a pointer": ("model.onnx", f"version https://git-lfs.github.com/spec/v1\noid {DIGEST}\nsize 1\n", "checksums/lfs"),
    "a layer": ("a.json", f'{{"layers": [{{"mediaType": "x", "digest": "{DIGEST}"}}]}}', "checksums/descriptors"),
}


@pytest.mark.parametrize(("path", "source", "rule"), NOT_IMAGES.values(), ids=NOT_IMAGES)
def test_leaves_what_is_no_image(path: str, source: str, rule: str) -> None:
    seen = sighting(path, source)
    assert (seen.standing, seen.rule) == (Standing.NOT_AN_IMAGE, rule)
    assert seen.reason


UNPLACED = {
    "a checksum": "checksum: DIGEST\n",
    "a digest beside a name": "- {name: rhel7/etcd, digest: DIGEST}\n",
    "a digest beside an address": "chart: {repository: 'https://charts.example.com', digest: DIGEST}\n",
    "a digest beside a repository that is empty": "a: {repository: '', digest: DIGEST}\n",
    "a digest beside a repository that is none": "a: {repository: {x: y}, digest: DIGEST}\n",
    "a tag without a repository": "a: {tag: 'V1@DIGEST'}\n",
    "a name that is no name": "image: registry.redhat.io/Not Valid@DIGEST\n",
}


@pytest.mark.parametrize("source", UNPLACED.values(), ids=UNPLACED)
def test_says_of_a_digest_that_nothing_is_known_of_it(source: str) -> None:
    seen = sighting("a.yaml", source.replace("DIGEST", DIGEST))
    assert (seen.standing, seen.rule) == (Standing.UNPLACED, None)
    assert seen.reason


LIVE = {
    "a registry beside a repository": ("{registry: r.io, repository: a/b, tag: x, digest: DIGEST}", "r.io/a/b", "x"),
    "a registry that is written twice": ("{registry: r.io, repository: r.io/a/b, digest: DIGEST}", "r.io/a/b", None),
    "a registry that is none": ("{registry: 'no registry', repository: a/b, digest: DIGEST}", "a/b", None),
    "an empty registry": ("{registry: '', repository: a/b, digest: DIGEST}", "a/b", None),
    "a registry for the whole chart": ("{global: {imageRegistry: r.io}, x: {image: {repository: a/b, digest: DIGEST}}}", "r.io/a/b", None),
    "a registry of its own and one for the whole chart": (
        "{global: {imageRegistry: r.io}, x: {image: {registry: own.io, repository: a/b, digest: DIGEST}}}",
        "r.io/a/b",
        None,
    ),
    "a tag before the digest": ("{repository: r.io/a, tag: '1.2@DIGEST'}", "r.io/a", "1.2"),
    "a whole reference where a tag may stand": ("{image: x, version: 'r.io/a/b:3@DIGEST'}", "r.io/a/b", "3"),
    "a digest in an image": ("{image: {digest: DIGEST}}", None, None),
    "a tag that is the digest": ("{repository: r.io/a, tag: DIGEST}", "r.io/a", None),
    "a version beside a base image": ("{apiVersion: x/v1, kind: Prometheus, spec: {baseImage: r.io/a, version: 'v3.11@DIGEST'}}", "r.io/a", "v3.11"),
    "a version alone": ("{apiVersion: x/v1, kind: Prometheus, spec: {version: 'v3.11@DIGEST'}}", None, "v3.11"),
    "an image of an image stream": ("{from: {kind: ImageStreamImage, name: 'nodejs@DIGEST'}}", None, None),
    "an image of a registry": ("{from: {kind: DockerImage, name: 'nodejs@DIGEST'}}", "nodejs", None),
    "an environment variable": ("{env: [{name: API_SHASUM, value: DIGEST}]}", None, None),
    "a parameter that is used": ("{image: 'r.io/a:2@$(A_SHASUM)', params: [{name: A_SHASUM, value: DIGEST}]}", "r.io/a", "2"),
}


@pytest.mark.parametrize(("source", "name", "tag"), LIVE.values(), ids=LIVE)
def test_tells_the_image_of_a_digest_that_stands_alone(source: str, name: str | None, tag: str | None) -> None:
    seen = sighting("values.yaml", source.replace("DIGEST", DIGEST))
    assert (seen.standing, seen.name, seen.tag) == (Standing.LIVE, name, tag)


def test_works_out_a_place_once_whatever_the_values_around_it() -> None:
    rules = RULES.for_file("a.yaml")
    spots = [spot for name in "AB" for spot in yaml.read(*read_text(f"apiVersion: v1\nkind: {name}\nspec: {{env: [{{name: {name}, value: {DIGEST}}}]}}\n"))]
    first, second = (rules.at(spot) for spot in spots if isinstance(spot, Spot))
    assert first is second


HEX_PLACES = {
    "a tag behind @sha256": ("image: {repository: r.io/a@sha256, tag: HEX}", ("r.io/a", None)),
    "a key that says so": ("image: {repository: r.io/a, tag: 7.1, sha: HEX}", ("r.io/a", "7.1")),
    "a tag without @sha256": ("image: {repository: r.io/a, tag: HEX}", None),
    "a key without a repository": ("commit: {sha: HEX}", None),
    "another key": ("image: {repository: r.io/a, sum: HEX}", None),
    "65 digits": ("image: {repository: r.io/a@sha256, tag: HEX0}", None),
    "digits in a comment": ("image: {repository: r.io/a, sha: x} # HEX", None),
}


@pytest.mark.parametrize(("source", "image"), HEX_PLACES.values(), ids=HEX_PLACES)
def test_takes_bare_digits_only_where_they_are_a_digest(source: str, image: tuple[str, str | None] | None) -> None:
    seen = [(item.name, item.tag) for item in find("a.yaml", source.replace("HEX", DIGEST[7:]).encode(), RULES).sightings if item.is_live]
    assert seen == ([image] if image else [])


def test_a_rule_of_a_user_goes_before_the_shipped_ones(tmp_path: Path) -> None:
    source = f"apiVersion: v1\nkind: Mirror\nstatus: {{wanted: {REFERENCE}, seen: {REFERENCE.replace('etcd', 'web')}}}\n"
    rules = rules_of(tmp_path, mine=rule_text("status.wanted", "reference", more="where: {kind: Mirror}, "))
    wanted, seen = find("a.yaml", source.encode(), rules).sightings
    assert (wanted.rule, wanted.standing) == ("mine/mine", Standing.LIVE)
    assert (seen.rule, seen.standing) == ("kubernetes/status", Standing.NOT_AN_IMAGE)


def test_what_a_user_calls_no_image_is_none(tmp_path: Path) -> None:
    source = f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: {REFERENCE}}}]}}\n"
    rules = rules_of(tmp_path, mine=rule_text('"**.image"', "not-an-image", more="files: [test/**], "))
    assert sighting("test/a.yaml", source, rules).rule == "mine/mine"
    assert sighting("a.yaml", source, rules).rule == "kubernetes/containers"


def test_a_rule_of_a_user_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, kubernetes=rule_text("nowhere", "reference", identifier="status"))
    assert [rule.places for rule in rules.rules if rule.id == "kubernetes/status"] == [("nowhere",)]
    assert len(rules.rules) == len(RULES.rules)


def test_a_later_folder_goes_first(tmp_path: Path) -> None:
    folders = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / f"f{number}.yaml").write_text(rule_text("a", "prose"))
        folders.append((str(number), folder))
    assert sighting("a.yaml", f"a: {REFERENCE}\n", load(folders)).rule == "f2/mine"
    assert sighting("a.yaml", f"a: {REFERENCE}\n", load(folders[::-1])).rule == "f1/mine"


def test_a_named_place_goes_before_any_place(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, mine=rule_text('"**"', "not-an-image"))
    assert sighting("a.yaml", f"summary: {REFERENCE}\n", rules).rule == "generic/prose"
    assert sighting("a.yaml", f"a: {REFERENCE}\n", rules).rule == "mine/mine"


@pytest.mark.parametrize(("path", "rule"), [("ci/jobs/a.yaml", "mine/mine"), ("jobs/a.yaml", "compose/image")])
def test_a_rule_for_a_folder_goes_before_one_for_any_file(tmp_path: Path, path: str, rule: str) -> None:
    shipped = (locate_rules() / "compose.yaml").read_text(encoding="utf-8")
    (tmp_path / "compose.yaml").write_text(shipped)
    (tmp_path / "mine.yaml").write_text(rule_text('"**.image"', "reference", more="files: ci/jobs/*.yaml, "))
    assert sighting(path, f"services: {{a: {{image: {REFERENCE}}}}}\n", load([("rules", tmp_path)])).rule == rule


def test_what_one_file_says_does_not_carry_over_to_the_next() -> None:
    rules = load([("rules", locate_rules())])
    compose = f"services: {{a: {{image: b}}}}\nx-db: {{image: {REFERENCE}}}\n"
    other = f"x-db: {{image: {REFERENCE}}}\n"
    for source, rule in ((other, "generic/reference"), (compose, "compose/image"), (other, "generic/reference")):
        assert sighting("a.yaml", source, rules).rule == rule


def test_a_key_must_say_what_a_rule_asks_for(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, mine=rule_text("a", "prose", more="where: {kind: [Po?, 'List*'], version: '*'}, "))
    for kind, version, rule in (("Pod", "1", "mine/mine"), ("ListX", "", "mine/mine"), ("Pods", "1", "generic/reference"), ("Pod", None, "generic/reference")):
        source = f"kind: {kind}\na: {REFERENCE}\n" + (f"version: '{version}'\n" if version is not None else "")
        assert sighting("a.yaml", source, rules).rule == rule, (kind, version)


GOOD = "title: T\nrules:\n- §{id: a, title: T, places: x, shape: text, examples: {found: [], left: []}}\n"


def wrong(old: str, new: str) -> str:
    """A rule file with a mistake, and `§` before it."""
    return GOOD.replace("§", "").replace(old, new)


SHAPES = "reference, split, digest, variable, bare-hex, local, text, embedded, prose, not-an-image"

MISTAKES = {
    "nothing": ("§", "a rule file must be a mapping"),
    "a list": ("§- a\n", "a rule file must be a mapping"),
    "no title": ("\n§rules: []\n", "a rule file must have the key 'title'"),
    "no title behind a byte order mark": ("\ufeff§rules: []\n", "a rule file must have the key 'title'"),
    "an unknown key": ("title: T\n§rule: []\n", "a rule file has no key 'rule' (did you mean 'rules'?); it may have title, about, files, keys, rules"),
    "a key twice": ("title: T\nrules: []\ntitle: §U\n", "the key 'title' stands twice"),
    "rules that are no list": ("title: T\nrules: §{}\n", "rules must be a list"),
    "a rule that is a text": ("title: T\nrules:\n- §a\n", "a rule must be a mapping"),
    "a key that is no text": ("title: T\nrules: []\n? §[a]\n: b\n", "a key must be a text"),
    "a rule without a shape": (GOOD.replace("shape: text, ", ""), "a rule must have the key 'shape'"),
    "an unknown shape": (wrong("text,", "§txt,"), f"shape cannot be 'txt' (did you mean 'text'?); it is one of {SHAPES}"),
    "a shape that is a list": (wrong("text,", "§[text],"), "shape must be a text"),
    "an id that is an alias": (wrong("id: a, title: T", "title: &x T, id: §*x"), "id must be a text"),
    "a place that is no pattern": (wrong("places: x", "places: [y, §'x[0]']"), "character 2 of the place 'x[0]' is not understood"),
    "a place that is a mapping": (wrong("places: x", "places: §{x: y}"), "places must be a list"),
    "a place that is a list": (wrong("places: x", "places: [§[x]]"), "each of places must be a text"),
    "a place behind letters that are not ASCII": (wrong("places: x", "reason: é€, places: §'a]'"), "character 2 of the place 'a]' is not understood"),
    "files that are a mapping": (wrong("places: x", "places: x, files: §{a: b}"), "files must be a list"),
    "a condition that is a list": (wrong("places: x", "places: x, where: §[a]"), "where must be a mapping"),
    "an unknown part": (wrong("shape: text", "shape: split, keys: {§name: a}"), "keys has no key 'name'; it may have registry, repository, image, tag"),
    "an unknown format": (
        wrong("shape: text", "shape: embedded, format: §yml"),
        f"format cannot be 'yml' (did you mean 'yaml'?); it is one of {', '.join(FORMATS)}",
    ),
    "an unknown answer": (wrong("shape: text", "shape: text, in-keys: §yes"), "in-keys cannot be 'yes'; it is one of true, false"),
    "examples of one kind": (wrong("{found: [], left: []}", "§{found: []}"), "examples must have the key 'left'"),
    "an example without a path": (wrong("found: []", "found: [§{text: a}]"), "an example must have the key 'path'"),
    "two documents": (f"{wrong('', '')}---\n§{wrong('', '')}", "not YAML: more than one document"),
}


@pytest.mark.parametrize(("content", "message"), MISTAKES.values(), ids=MISTAKES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_says_where_a_rule_file_is_wrong(content: str, message: str, line_end: str) -> None:
    before, after = content.split("§")
    line, column = before.count("\n") + 1, len(before.removeprefix("\ufeff").rpartition("\n")[2]) + 1
    with pytest.raises(UsageError) as caught:
        read("mine/x.yaml", (before + after).replace("\n", line_end).encode(), ecosystem="x")
    assert str(caught.value) == f"mine/x.yaml:{line}:{column}: {message}"


def test_says_where_a_rule_file_is_not_yaml() -> None:
    with pytest.raises(UsageError, match=r"^mine/x\.yaml:3:[1-9][0-9]*: not YAML: .+"):
        read("mine/x.yaml", b"title: T\nrules:\n- a: b: c\n", ecosystem="x")


def test_says_where_a_rule_stands_twice(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(wrong("", "") + wrong("", "").splitlines()[2])
    with pytest.raises(UsageError, match=re.escape("mine/x.yaml:4: the rule x/a stands twice, first at mine/x.yaml:3; give one of them another id")):
        load([("mine", tmp_path)])


def test_the_screen_looks_for_the_keys_of_bare_digits() -> None:
    assert RULES.bare_keys == ("digest", "imageDigest", "sha")


def test_what_was_worked_out_for_files_is_not_pickled() -> None:
    rules = Rules(RULES.rules)
    fresh = pickle.dumps(rules)
    find("k8s/web.yaml", f"kind: Pod\nspec:\n  containers:\n  - image: {ETCD.before}\n".encode(), rules)
    assert pickle.dumps(rules) == fresh


def test_nothing_of_a_document_outlives_it() -> None:
    find("k8s/web.yaml", f"apiVersion: v1\nkind: ConfigMap\nonly-here: x\nimage: {ETCD.before}\n".encode(), RULES)
    gc.collect()
    assert not [node for node in gc.get_objects() if isinstance(node, Mapping) and node.get("only-here")]
