"""What closed proposals mean for swaps that are due again."""

from redigest.forges.model import Proposal, Status
from redigest.proposals.history import Declined, History, declined
from redigest.proposals.marker import Marker, block

LABEL = "redigest-recreate"
A, B, C = "AAAAAAAA", "BBBBBBBB", "CCCCCCCC"


def proposal(number: int, status: Status, *swaps: str, is_withdrawn: bool = False, labels: tuple[str, ...] = (), fingerprint: str = "0" * 32) -> Proposal:
    marker = Marker("main", "", fingerprint, "a" * 40, "b" * 40, "0" * 8, frozenset(swaps), is_withdrawn)
    return Proposal(number, "", "redigest/schema-2/main", "main", "", block(marker, ""), status, frozenset(labels))


def refused(*proposals: Proposal) -> frozenset[str]:
    return declined([History.of(proposals, "main")], recreate_label=LABEL).swaps


def test_takes_the_swaps_of_a_closed_proposal_for_declined() -> None:
    assert refused(proposal(1, Status.CLOSED, A, B)) == {A, B}


def test_takes_nothing_for_declined_that_is_open_merged_or_withdrawn_or_asked_for() -> None:
    assert refused(proposal(1, Status.OPEN, A)) == set()
    assert refused(proposal(1, Status.MERGED, A)) == set()
    assert refused(proposal(1, Status.CLOSED, A, is_withdrawn=True)) == set()
    assert refused(proposal(1, Status.CLOSED, A, labels=(LABEL,))) == set()


def test_lets_the_newest_proposal_with_a_swap_decide() -> None:
    assert refused(proposal(3, Status.OPEN, A), proposal(2, Status.CLOSED, A, B), proposal(1, Status.CLOSED, C)) == {B, C}
    assert refused(proposal(2, Status.CLOSED, A), proposal(1, Status.MERGED, A)) == {A}
    assert refused(proposal(2, Status.CLOSED, A, labels=(LABEL,)), proposal(1, Status.CLOSED, A)) == set()


def test_goes_by_the_fingerprint_where_a_proposal_had_too_many_swaps_to_name() -> None:
    found = declined([History.of([proposal(1, Status.CLOSED, fingerprint="1" * 32)], "main")], recreate_label=LABEL)
    assert found == Declined(frozenset(), frozenset({"1" * 32}))


def test_passes_over_proposals_of_people() -> None:
    theirs = Proposal(1, "", "redigest/schema-2/main", "main", "", "by hand", Status.CLOSED)
    assert declined([History.of([theirs], "main")], recreate_label=LABEL) == Declined()
    assert History.of([theirs], "main").open is None


def test_leaves_out_what_was_proposed_for_another_base() -> None:
    history = History.of([proposal(1, Status.CLOSED, A)], "main-2")
    assert declined([history], recreate_label=LABEL) == Declined()
    assert not history.is_ours
