"""What holds for any bytes: nothing but digests changes, nothing raises, and there is nothing left to do the second time."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from redigest.apply import check_bytes, rewrite, splice
from redigest.find import find
from redigest.model import Action, Edit, Plan
from redigest.pipeline import diff, fix
from redigest.plan import Policy, make_plan, question_of
from redigest.resolve import resolve
from redigest.tree import WorkTree
from tests.samples import ETCD, IMAGES, RULES, STRANGER, TOOLS, Known, git, harvest, plant, search

PATHS = ["a.yaml", "a.json", "Dockerfile", ".env", "a.tpl", "a.md", "a.sh", "templates/a.yaml", "go.sum"]

# fmt: off
FRAGMENTS = [
    "image: ", "tag: ", "digest: ", "- ", "  ", ": ", ", ", '"', "'", "{", "}", "[", "]", "#", "//", "@", ":", "=", "\\", "$", "${", "}}", "\t",
    "{{ if ", "{{- end }}", "<<<<<<< ", "&a ", "*a", "!!binary ", "%YAML 1.1", "---", "...", "|", ">-", "\n", "\r\n", "\r", "\n  ", "[" * 200,
    "FROM ", "COPY --from=", "RUN echo ", "ARG A=", "export A=", "kind: List", "apiVersion: v1", "https://", "oci://",
    "sha256:", "@sha256", "sha512:", "0123456789abcdef", "\ufeff", "\0", "\x85", "\u2028", "é",
]
# fmt: on

written = st.one_of(
    st.sampled_from([image.before for image in (*IMAGES, STRANGER)]),
    st.sampled_from([ETCD.after, str(ETCD.old), ETCD.old.hex, str(TOOLS.new), str(ETCD.old).upper(), str(ETCD.old)[:-1], str(ETCD.old) + "0"]),
)
contents = st.lists(
    st.one_of(st.sampled_from(FRAGMENTS).map(str.encode), written.map(str.encode), written.map(str.encode), st.binary(max_size=6)), max_size=30
).map(b"".join)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file in pieces: texts, a digest as it is before and after behind each of them, and what comes last."""

    texts: Sequence[bytes]
    digests: Sequence[tuple[bytes, bytes]]
    last: bytes

    def written(self, version: int) -> bytes:
        return b"".join(text + pair[version] for text, pair in zip(self.texts, self.digests, strict=True)) + self.last

    def edits(self) -> list[Edit]:
        edits, position = [], 0
        for text, (old, new) in zip(self.texts, self.digests, strict=True):
            position += len(text)
            image = next((image for image in IMAGES if image.old.hex.encode() == old), None)
            if image is not None and old != new:
                edits.append(Edit(position, image.old, image.new))
            position += len(old)
        return edits


pairs = st.sampled_from([(image.old.hex.encode(), new.hex.encode()) for image in IMAGES for new in (image.old, image.new)])
prepared = st.lists(st.tuples(st.one_of(st.binary(max_size=90), st.just(b"")), pairs), max_size=12).flatmap(
    lambda pieces: st.builds(Prepared, st.just([text for text, _ in pieces]), st.just([pair for _, pair in pieces]), st.binary(max_size=90))
)


@given(prepared, st.randoms(use_true_random=False))
def test_every_byte_outside_the_edits_stays_whatever_their_order(file: Prepared, order: Random) -> None:
    edits = file.edits()
    old, new = file.written(0), file.written(1)
    assert splice(old, edits) == new
    check_bytes(old, new, edits)
    shuffled = list(edits)
    order.shuffle(shuffled)
    assert splice(old, shuffled) == new


def planned(path: str, data: bytes) -> Plan:
    sightings = find(path, data, RULES).sightings
    questions = [question for sighting in sightings if (question := question_of(sighting)) is not None]
    return make_plan(sightings, resolve(questions, [Known(*IMAGES)]), Policy(mentions=True))


@given(st.sampled_from(PATHS), contents)
@settings(max_examples=400)
def test_any_bytes_around_digests_are_found_planned_and_applied(path: str, data: bytes) -> None:
    plan = planned(path, data)
    edits = plan.edits().get(path, ())
    sightings = [decision.sighting for decision in plan.decisions]
    assert [sighting.offset for sighting in sightings] == sorted({sighting.offset for sighting in sightings})
    for edit in edits:
        assert data[edit.offset : edit.offset + 64] == edit.old.hex.encode()
    new = rewrite(path, data, edits, before=sightings, rules=RULES)
    check_bytes(data, new, edits)
    assert planned(path, new).edits() == {}


@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_read(data: bytes) -> None:
    assume(not data.startswith((b"\xff\xfe", b"\xfe\xff")))  # in UTF-16 these are other characters
    for path in PATHS:
        found = find(path, data + str(ETCD.old).encode() + data, RULES)
        assert found.sightings


@pytest.mark.needs("git")
@given(st.lists(contents, min_size=1, max_size=3), st.booleans())
@settings(max_examples=25)
def test_fix_does_what_its_patch_says_and_is_done_after_once(files: list[bytes], mentions: bool) -> None:  # noqa: FBT001 -- hypothesis gives it
    with tempfile.TemporaryDirectory() as folder:
        root = plant(Path(folder), {f"{number}/{PATHS[number]}": data for number, data in enumerate(files)})
        tree = WorkTree.at([root])
        before = harvest(root)
        _, patch = diff(tree, search(mentions=mentions))
        assert harvest(root) == before
        done = fix(tree, search(mentions=mentions))
        after = harvest(root)
        again = fix(tree, search(mentions=mentions))
        assert harvest(root) == after
        assert {result.action for result in again.results} <= {Action.KEPT}
        assert not [problem for problem in (*done.problems, *again.problems) if problem.failed]
        plant(root, before)
        if patch:
            git(root, "apply", "--whitespace=nowarn", "-", stdin=patch)
        assert harvest(root) == after
