"""What the proposals of one branch tell: which one is open, and which swaps people have declined."""

from collections.abc import Iterable
from dataclasses import dataclass

from redigest.forges.model import Proposal, Status
from redigest.proposals.marker import Marker, parse


@dataclass(frozen=True, slots=True)
class Known:
    """A proposal with its marker; without one a person has taken the marker away, or has opened the proposal."""

    proposal: Proposal
    marker: Marker | None


@dataclass(frozen=True, slots=True)
class History:
    """The proposals of one branch, the newest first."""

    known: tuple[Known, ...]

    @classmethod
    def of(cls, proposals: Iterable[Proposal], base: str) -> "History":
        """Read the markers, and leave out proposals that were made for another base branch."""
        known = (Known(proposal, parse(proposal.body).marker) for proposal in proposals)
        return cls(tuple(each for each in known if each.marker is None or each.marker.base == base))

    @property
    def open(self) -> Known | None:
        """The proposal that is open."""
        return next((known for known in self.known if known.proposal.status is Status.OPEN), None)

    @property
    def is_withdrawn(self) -> bool:
        """The last word was ours: redigest has closed the newest proposal."""
        newest = self.known[0] if self.known else None
        return newest is not None and newest.proposal.status is Status.CLOSED and newest.marker is not None and newest.marker.is_withdrawn

    @property
    def is_ours(self) -> bool:
        """At least one of them was made by redigest, and for the base branch in hand."""
        return any(known.marker is not None for known in self.known)


@dataclass(frozen=True, slots=True)
class Declined:
    """What people have closed without merging it: the keys of swaps, and where a proposal had too many of them the fingerprints of all its edits."""

    swaps: frozenset[str] = frozenset()
    fingerprints: frozenset[str] = frozenset()


def declined(histories: Iterable[History], *, recreate_label: str) -> Declined:
    """What was declined and is not to be proposed again. The newest proposal with a swap decides; a closed one with the label asks for its swaps anew."""
    swaps: set[str] = set()
    fingerprints: set[str] = set()
    for history in histories:
        decided: set[str] = set()
        for known in history.known:
            if known.marker is None:
                continue
            is_declined = known.proposal.status is Status.CLOSED and not known.marker.is_withdrawn and recreate_label not in known.proposal.labels
            if is_declined:
                swaps |= known.marker.swaps - decided
            if is_declined and not known.marker.swaps and known.marker.fingerprint not in decided:
                fingerprints.add(known.marker.fingerprint)
            decided |= {*known.marker.swaps, known.marker.fingerprint}
    return Declined(frozenset(swaps), frozenset(fingerprints))
