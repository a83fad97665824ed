from dataclasses import replace

import pytest

from redigest.model import Current, Decision, Edit, Plan, Sighting, Standing, Swap, Unknown, Verdict
from redigest.plan import Policy, make_plan, question_of, without
from redigest.resolve import Question
from tests.samples import ETCD, TOOLS, Image

UNKNOWN = Unknown("no source of evidence knows this digest")
REASONS = {
    Standing.LIVE: None,
    Standing.MENTION: "a comment",
    Standing.NOT_AN_IMAGE: "a checksum",
    Standing.UNREADABLE: "the digest is escaped",
    Standing.UNPLACED: "a digest without an image beside it",
}


def sighting(standing: Standing = Standing.LIVE, *, image: Image = ETCD, path: str = "web.yaml", offset: int = 40) -> Sighting:
    return Sighting(path, offset, 1, offset + 1, str(image.old), image.old, None, "image", image.name, None, standing, REASONS[standing])


def decide(of: Sighting, verdict: Verdict, *, mentions: bool = False) -> Decision:
    question = question_of(of)
    return make_plan([of], {question: verdict} if question else {}, Policy(mentions)).decisions[0]


@pytest.mark.parametrize("standing", [Standing.LIVE, Standing.MENTION, Standing.UNREADABLE, Standing.UNPLACED])
def test_asks_for_a_digest_with_what_is_known_of_its_image(standing: Standing) -> None:
    assert question_of(replace(sighting(standing), tag="3.2")) == Question(ETCD.old, ETCD.name, "3.2")


def test_asks_for_no_checksum_and_for_nothing_that_is_no_digest() -> None:
    assert question_of(sighting(Standing.NOT_AN_IMAGE)) is None
    assert question_of(replace(sighting(), digest=None, text="sha256:abc")) is None


@pytest.mark.parametrize(
    ("standing", "mentions", "is_edited"),
    [
        (Standing.LIVE, False, True),
        (Standing.LIVE, True, True),
        (Standing.MENTION, False, False),
        (Standing.MENTION, True, True),
        (Standing.UNREADABLE, True, False),
        (Standing.UNPLACED, True, False),
        (Standing.NOT_AN_IMAGE, True, False),
    ],
)
def test_swaps_what_is_live_and_mentions_where_they_are_asked_for(standing: Standing, mentions: bool, is_edited: bool) -> None:  # noqa: FBT001 -- columns of the table
    decision = decide(sighting(standing), ETCD.swap, mentions=mentions)
    assert decision.edit == (Edit(40, ETCD.old, ETCD.new) if is_edited else None)
    assert decision.reason == (None if is_edited else REASONS[standing])


@pytest.mark.parametrize(
    ("verdict", "reason"), [(Current(()), "needs no swap"), (UNKNOWN, UNKNOWN.reason), (Unknown("conflict", (), is_schema_1=True), "conflict")]
)
def test_keeps_what_has_no_swap_and_says_why(verdict: Verdict, reason: str) -> None:
    assert decide(sighting(), verdict) == Decision(sighting(), verdict, None, reason)


def test_a_verdict_stays_with_what_is_kept_so_that_it_is_reported() -> None:
    assert decide(sighting(Standing.UNREADABLE), ETCD.swap).verdict == ETCD.swap
    assert isinstance(decide(sighting(Standing.NOT_AN_IMAGE), ETCD.swap).verdict, Unknown)


def test_one_digest_can_be_another_image_under_another_name() -> None:
    here, there = sighting(), replace(sighting(offset=200), name="quay.io/other")
    elsewhere = Swap(ETCD.old, TOOLS.new, ())
    plan = make_plan([here, there], {Question(ETCD.old, ETCD.name, None): ETCD.swap, Question(ETCD.old, "quay.io/other", None): elsewhere})
    assert plan.edits() == {"web.yaml": (Edit(40, ETCD.old, ETCD.new), Edit(200, ETCD.old, TOOLS.new))}


def three_places() -> Plan:
    found = [sighting(path="a.yaml", offset=300), sighting(image=TOOLS, path="a.yaml"), sighting(path="b.yaml")]
    verdicts: dict[Question, Verdict] = {Question(image.old, image.name, None): image.swap for image in (ETCD, TOOLS)}
    return make_plan(found, verdicts)


def test_edits_are_by_path_and_in_order_of_offset() -> None:
    etcd, tools = Edit(300, ETCD.old, ETCD.new), Edit(40, TOOLS.old, TOOLS.new)
    assert three_places().edits() == {"a.yaml": (tools, etcd), "b.yaml": (Edit(40, ETCD.old, ETCD.new),)}


def test_an_image_that_is_given_up_is_given_up_in_all_its_places() -> None:
    plan = without(three_places(), {ETCD.old: "a.yaml cannot be changed"})
    assert plan.edits() == {"a.yaml": (Edit(40, TOOLS.old, TOOLS.new),)}
    assert [decision.reason for decision in plan.decisions] == ["a.yaml cannot be changed", None, "a.yaml cannot be changed"]
    assert [decision.verdict for decision in plan.decisions] == [ETCD.swap, TOOLS.swap, ETCD.swap]


def test_giving_up_does_not_touch_the_reason_of_what_stays_anyhow() -> None:
    plan = make_plan([sighting(Standing.MENTION)], {Question(ETCD.old, ETCD.name, None): ETCD.swap})
    assert without(plan, {ETCD.old: "another reason"}) == plan


LEGACY = Unknown("schema 1 without an equivalent", is_schema_1=True)


def unpinned(*sightings: Sighting, verdict: Verdict = LEGACY, unpin: bool = True) -> list[Edit | None]:
    verdicts = {question: verdict for item in sightings if (question := question_of(item)) is not None}
    return [decision.edit for decision in make_plan(sightings, verdicts, Policy(unpin=unpin)).decisions]


TAGGED = replace(sighting(), tag="3.2", is_tagged=True)
UNPIN = Edit(40, ETCD.old, None)


def test_unpins_a_schema_1_digest_without_an_equivalent_where_a_tag_stands_beside_it() -> None:
    assert unpinned(TAGGED) == [UNPIN]
    assert unpinned(TAGGED, unpin=False) == [None]


@pytest.mark.parametrize(
    "verdict",
    [
        Unknown("only suspected"),
        Unknown("conflict", is_schema_1=True, is_conflict=True),
        Current(()),
    ],
)
def test_unpins_nothing_that_is_not_known_to_be_schema_1(verdict: Verdict) -> None:
    assert unpinned(TAGGED, verdict=verdict) == [None]


def test_unpins_nothing_without_a_tag_in_the_same_reference() -> None:
    assert unpinned(replace(TAGGED, is_tagged=False)) == [None]
    assert unpinned(replace(TAGGED, standing=Standing.MENTION, reason="a comment")) == [None]


def test_swaps_rather_than_unpins() -> None:
    assert unpinned(TAGGED, verdict=ETCD.swap) == [Edit(40, ETCD.old, ETCD.new)]


def test_unpins_an_image_in_all_its_places_or_in_none() -> None:
    other = replace(TAGGED, path="z.yaml")
    assert unpinned(TAGGED, other) == [UNPIN, UNPIN]
    assert unpinned(TAGGED, replace(other, is_tagged=False)) == [None, None]
    assert unpinned(TAGGED, replace(other, is_tagged=False, standing=Standing.MENTION, reason="a comment")) == [UNPIN, None]


def test_says_where_the_place_is_because_of_which_an_image_stays_pinned() -> None:
    split = replace(TAGGED, path="values.yaml", is_tagged=False)
    verdicts = {question: LEGACY for item in (TAGGED, split) if (question := question_of(item)) is not None}
    first, second = make_plan([TAGGED, split], verdicts, Policy(unpin=True)).decisions
    assert first.reason == f"{ETCD.old} stays pinned at values.yaml:1, where no tag stands right before it, and an image moves in all its places or in none"
    assert second.reason == LEGACY.reason
