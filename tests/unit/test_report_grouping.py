from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redigest.model import Action, Current, Digest, Outcome, Problem, Result, Standing, Swap, Unknown, Verdict
from redigest.report.grouping import by_fate, by_image, by_reason, short
from redigest.report.summary import Fate, fate, in_words, summarise
from tests.unit.report_outcomes import ETCD, FOURTH, MAPPING, NEW, OLD, OTHER, RECOMPUTED, SWAP, TAG, kept, outcome, result

KNOWN, DOUBTED = Current((MAPPING,)), Unknown("nobody knows it")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (result(action=Action.SWAPPED), Fate.CHANGED),
        (result(action=Action.WOULD_SWAP), Fate.CHANGED),
        (result(action=Action.UNPINNED, verdict=DOUBTED), Fate.CHANGED),
        (result(action=Action.SWAPPED, standing=Standing.MENTION), Fate.CHANGED),
        (kept("policy", verdict=SWAP), Fate.REMAINING),
        (kept("", verdict=KNOWN), Fate.CURRENT),
        (kept("", verdict=DOUBTED), Fate.UNKNOWN),
        (kept("a comment", verdict=SWAP, standing=Standing.MENTION), Fate.IGNORED),
        (kept("a checksum", verdict=DOUBTED, standing=Standing.NOT_AN_IMAGE), Fate.IGNORED),
        (kept("who knows", verdict=KNOWN, standing=Standing.UNPLACED), Fate.IGNORED),
    ],
)
def test_every_sighting_has_one_fate(found: Result, expected: Fate) -> None:
    assert fate(found) is expected


def test_the_verdicts_of_these_tests_are_all_there_are() -> None:
    assert {Swap, Current, Unknown} == set(get_args(Verdict))


RESULTS = st.builds(
    result,
    line=st.integers(1, 50),
    path=st.sampled_from(["a", "b", "\udcff"]),
    name=st.sampled_from([None, ETCD, "mirror.example/etcd"]),
    tag=st.sampled_from([None, "1", "2"]),
    standing=st.sampled_from(Standing),
    verdict=st.sampled_from([SWAP, KNOWN, DOUBTED]),
    action=st.sampled_from(Action),
)


@given(st.lists(RESULTS))
def test_no_sighting_is_lost_or_counted_twice(results: list[Result]) -> None:
    fates = by_fate(outcome(*results))
    summary = summarise(outcome(*results))
    assert sum(map(len, fates.values())) == summary.sightings == len(results)
    assert summary.swapped + summary.current + summary.unknown + summary.ignored == len(results)
    for group in fates.values():
        assert sum(len(section.results) for section in by_image(group)) == len(group)
        assert sum(len(section.results) for section in by_reason(group)) == len(group)


DISTINCT = st.lists(RESULTS, unique_by=lambda each: (each.sighting.path, each.sighting.offset))


@given(DISTINCT.flatmap(lambda results: st.tuples(st.just(results), st.permutations(results))))
def test_the_order_of_the_results_does_not_matter(orders: tuple[list[Result], list[Result]]) -> None:
    one, other = (by_fate(outcome(*results)) for results in orders)
    for each in Fate:
        assert by_image(one[each]) == by_image(other[each])
        assert by_reason(one[each]) == by_reason(other[each])


def test_an_image_in_forty_places_is_one_section() -> None:
    (section,) = by_image(result(path=f"{line % 12}.yaml", line=line) for line in range(1, 41))
    assert len(section.results) == 40
    assert (section.old, section.new, section.is_done, section.is_unpinned) == (str(OLD), NEW, True, False)
    assert (section.names, section.tags, section.references) == ((ETCD,), ("3.2.22",), (f"{ETCD}:3.2.22",))


def test_a_section_has_every_name_and_tag_under_which_a_digest_stands() -> None:
    (section,) = by_image([result(name="mirror.example/etcd", tag=None), result(name=None, tag="3.2"), result()])
    assert section.names == ("mirror.example/etcd", ETCD)
    assert section.tags == ("3.2", "3.2.22")
    assert section.references == ("mirror.example/etcd", f"{ETCD}:3.2.22")


def test_evidence_stands_once_and_the_strongest_first() -> None:
    (section,) = by_image([result(verdict=Swap(OLD, NEW, (TAG, RECOMPUTED))), result(verdict=Swap(OLD, NEW, (MAPPING, TAG)))])
    assert section.evidence == (MAPPING, RECOMPUTED, TAG)


def test_one_digest_with_two_replacements_makes_two_sections() -> None:
    sections = by_image([result(), result(verdict=Swap(OLD, OTHER, (MAPPING,))), result(action=Action.UNPINNED)])
    assert [(section.new, section.is_unpinned) for section in sections] == [(NEW, False), (NEW, True), (OTHER, False)]


def test_images_are_sorted_by_name_and_the_nameless_come_last() -> None:
    found = [result(name=None), result(name="b", digest=FOURTH), result(name="a", digest=OTHER)]
    assert [section.names for section in by_image(found)] == [("a",), ("b",), ()]


def test_a_near_miss_is_a_section_of_its_own() -> None:
    (section,) = by_image([result(text="sha256:" + "a" * 63, verdict=DOUBTED, action=Action.KEPT)])
    assert (section.old, section.new) == ("sha256:" + "a" * 63, None)


def test_reasons_come_longest_list_first_then_by_name() -> None:
    found = [kept(text, verdict=DOUBTED, line=line) for line, text in enumerate(["b", "c", "a", "c"], 1)]
    assert [(section.reason, len(section.results)) for section in by_reason(found)] == [("c", 2), ("a", 1), ("b", 1)]


def test_a_verdict_gives_the_reason_where_no_stage_did() -> None:
    found = [result(verdict=verdict, action=Action.KEPT) for verdict in (DOUBTED, KNOWN)]
    assert {section.reason for section in by_reason(found)} == {"nobody knows it", "it is no digest of a schema 1 manifest"}


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (outcome(), "1 file screened, 0 with digests: 0 digests to swap, 0 current, 0 unknown, 0 left alone"),
        (outcome(result()), "2 files screened, 1 with digests: 1 digest swapped, 0 current, 0 unknown, 0 left alone"),
        (
            outcome(result(action=Action.WOULD_SWAP), kept("", verdict=DOUBTED, line=2), problems=(Problem("a", 1, "odd"),)),
            "2 files screened, 1 with digests: 1 digest to swap, 0 current, 1 unknown, 0 left alone, 1 problem",
        ),
        (
            outcome(result(action=Action.UNPINNED), kept("policy", verdict=SWAP, line=2), kept("a comment", verdict=SWAP, standing=Standing.MENTION)),
            "2 files screened, 1 with digests: 0 digests swapped, 1 unpinned, 1 schema 1 digest kept, 0 current, 0 unknown, 1 left alone",
        ),
    ],
)
def test_says_the_counts_in_one_line(of: Outcome, expected: str) -> None:
    assert in_words(of) == expected


def test_a_digest_is_shown_by_its_first_twelve_digits() -> None:
    assert short(str(Digest("0123456789abcdef" * 4))) == "0123456789ab"
