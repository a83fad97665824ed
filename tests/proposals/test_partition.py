"""Which edits go into which proposal, and what the branches are called."""

import subprocess

import pytest

from redigest.model import Decision, Edit, Evidence, EvidenceKind, Plan, Sighting, Standing, Swap
from redigest.proposals.partition import ALL, branch_name, fingerprint, left_out, partition, place_of
from tests.samples import ETCD, TOOLS, WEB, Image


def decision(image: Image, path: str, *, offset: int = 0, kind: EvidenceKind = EvidenceKind.MAPPING, name: str | None = "") -> Decision:
    sighting = Sighting(path, offset, 1, 1, str(image.old), image.old, None, "", image.name if name == "" else name, None, Standing.LIVE)
    return Decision(sighting, Swap(image.old, image.new, (Evidence(kind, "", ""),)), Edit(offset, image.old, image.new), None)


PLAN = Plan(
    (
        decision(ETCD, "a/x/one.yaml"),
        decision(ETCD, "b/two.yaml"),
        decision(TOOLS, "a/y/three.yaml"),
        decision(WEB, "four.yaml"),
    )
)


def paths(plan: Plan, by: str, depth: int = 1) -> dict[str, set[str]]:
    groups = partition(plan, by, depth=depth)  # type: ignore[arg-type]  # a word of the configuration
    return {group.key: {decision.sighting.path for decision in group.decisions} for group in groups}


def test_puts_everything_into_one_proposal_by_repository() -> None:
    assert paths(PLAN, "repository") == {ALL: {"a/x/one.yaml", "b/two.yaml", "a/y/three.yaml", "four.yaml"}}


def test_splits_by_image_and_keeps_an_image_together() -> None:
    assert paths(PLAN, "image") == {ETCD.name: {"a/x/one.yaml", "b/two.yaml"}, TOOLS.name: {"a/y/three.yaml"}, WEB.name: {"four.yaml"}}


def test_takes_two_names_of_one_digest_for_one_image() -> None:
    other = "mirror.example/aaa/etcd"
    plan = Plan((decision(ETCD, "one.yaml"), decision(ETCD, "two.yaml", name=other), decision(ETCD, "three.yaml", name=None), decision(WEB, "four.yaml")))
    assert paths(plan, "image") == {other: {"one.yaml", "two.yaml", "three.yaml"}, WEB.name: {"four.yaml"}}


def test_splits_by_folder_as_deep_as_it_is_told() -> None:
    assert paths(PLAN, "folder") == {"a": {"a/x/one.yaml", "a/y/three.yaml"}, "b": {"b/two.yaml"}, ".": {"four.yaml"}}
    assert paths(PLAN, "folder", 2) == {"a/x": {"a/x/one.yaml"}, "a/y": {"a/y/three.yaml"}, "b": {"b/two.yaml"}, ".": {"four.yaml"}}


def test_sets_apart_what_only_a_tag_speaks_for() -> None:
    plan = Plan((decision(ETCD, "one.yaml"), decision(WEB, "two.yaml", kind=EvidenceKind.TAG)))
    first, second = partition(plan, "repository")
    assert (first.key, first.is_suggestion) == (ALL, False)
    assert (second.key, second.is_suggestion) == ("suggested", True)
    assert [group.key for group in partition(plan, "image")] == [ETCD.name, f"suggested-{WEB.name}"]


def test_leaves_out_nothing_but_what_it_is_told() -> None:
    plan = left_out(PLAN, PLAN.decisions[:1], reason="not now")
    assert [decision.reason for decision in plan.decisions] == ["not now", None, None, None]
    assert [place_of(decision) for decision in plan.decisions if decision.edit] == [place_of(decision) for decision in PLAN.decisions[1:]]


def test_has_a_fingerprint_that_places_inside_a_file_do_not_change() -> None:
    first = {"a": [Edit(5, ETCD.old, ETCD.new)]}
    assert fingerprint({"a": [Edit(1, ETCD.old, ETCD.new)]}) == fingerprint(first)
    others: list[dict[str, list[Edit]]] = [
        {"b": [Edit(1, ETCD.old, ETCD.new)]},
        {"a": [Edit(1, ETCD.old, WEB.new)]},
        {"a": [Edit(1, ETCD.old, None)]},
        {"a": [], "b": []},
        {"a": [Edit(5, ETCD.old, ETCD.new), Edit(9, ETCD.old, ETCD.new)]},
    ]
    assert len({fingerprint(first), *map(fingerprint, others)}) == 6


BASES = ["main", "release", "release/1", "release-1", "feature/x.y", "-x", "größe", "a.lock.b"]
KEYS = [ALL, "registry.redhat.io/rhel7/etcd", "sha256:" + "a" * 64, ".", "a/b", "suggested", "../..", "x" * 300, "Ä"]


def test_has_branches_that_git_takes_and_that_can_all_be_there_together() -> None:
    names = {branch_name("redigest/schema-2", base, key) for base in BASES for key in KEYS}
    assert len(names) == len(BASES) * len(KEYS)
    for name in names:
        subprocess.run(["git", "check-ref-format", f"refs/heads/{name}"], check=True)
        assert len(name) < 200
    folders = {name.rpartition("/")[0] for name in names}
    assert not folders & names


@pytest.mark.parametrize(("base", "name"), [("main", "redigest/schema-2/main"), ("4.12", "redigest/schema-2/4.12")])
def test_names_the_branch_of_everything_after_its_base(base: str, name: str) -> None:
    assert branch_name("redigest/schema-2", base, ALL) == name
