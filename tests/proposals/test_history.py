"""What closed proposals mean for swaps that are due again."""

from redigest.forges.model import Proposal, Status
from redigest.proposals.history import Declined, History, Known, declined
from redigest.proposals.marker import Marker, block, parse

LABEL = "redigest-recreate"
A, B, C = "AAAAAAAA", "BBBBBBBB", "CCCCCCCC"


def proposal(number: int, status: Status, *swaps: str, is_withdrawn: bool = False, labels: tuple[str, ...] = (), fingerprint: str = "0" * 32) -> Proposal:
    marker = Marker("main", "", fingerprint, "a" * 40, "b" * 40, "0" * 8, frozenset(swaps), is_withdrawn)
    return Proposal(number, "", "redigest/schema-2/main", "main", "", block(marker, ""), status, frozenset(labels))


def history(*proposals: Proposal) -> History:
    return History("redigest/schema-2/main", tuple(Known(one, parse(one.body).marker) for one in proposals))


def refused(*proposals: Proposal) -> frozenset[str]:
    return declined([history(*proposals)], recreate_label=LABEL).swaps


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
    found = declined([history(proposal(1, Status.CLOSED, fingerprint="1" * 32))], recreate_label=LABEL)
    assert found == Declined(frozenset(), frozenset({"1" * 32}))


def test_passes_over_proposals_of_people() -> None:
    theirs = Proposal(1, "", "redigest/schema-2/main", "main", "", "by hand", Status.CLOSED)
    assert declined([history(theirs)], recreate_label=LABEL) == Declined()
    assert history(theirs).open is None


def test_lets_an_open_proposal_of_another_branch_ask_for_its_swaps() -> None:
    older, newer = history(proposal(1, Status.OPEN, A)), history(proposal(2, Status.CLOSED, A, B))
    assert declined([older, newer], recreate_label=LABEL).swaps == {B}
    assert declined([history(proposal(3, Status.MERGED, A)), newer], recreate_label=LABEL).swaps == {B}
