"""What the proposals of a repository tell: which of them are ours and for which base branch, which are open, and which swaps people have declined."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from redigest.forges import Forge
from redigest.forges.model import Proposal, Status
from redigest.proposals.marker import Marker, parse


@dataclass(frozen=True, slots=True)
class Known:
    """A proposal with its marker; without one a person has taken the marker away, or has opened the proposal."""

    proposal: Proposal
    marker: Marker | None

    @property
    def is_open(self) -> bool:
        return self.proposal.status is Status.OPEN

    @property
    def is_retargeted(self) -> bool:
        """A person has given it another base branch than it was made for."""
        return self.marker is not None and self.proposal.base != self.marker.base


@dataclass(frozen=True, slots=True)
class History:
    """The proposals of one branch for one base branch, the newest first."""

    branch: str
    known: tuple[Known, ...]

    @property
    def open(self) -> Known | None:
        """The proposal that is open."""
        return next((known for known in self.known if known.is_open), None)

    @property
    def newest(self) -> Known | None:
        return self.known[0] if self.known else None

    @property
    def is_withdrawn(self) -> bool:
        """The last word was ours: redigest has closed the newest proposal."""
        newest = self.newest
        return newest is not None and newest.proposal.status is Status.CLOSED and newest.marker is not None and newest.marker.is_withdrawn


@dataclass(frozen=True, slots=True)
class Declined:
    """What people have closed without merging it: the keys of swaps, and where a proposal had too many of them the fingerprints of all its edits."""

    swaps: frozenset[str] = frozenset()
    fingerprints: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        return not self.swaps and not self.fingerprints


class Shelf:
    """Every proposal of a repository whose branch has a name of ours; the forge is asked about each branch once.

    This is the one place that says which proposals belong to a base branch: those with our marker for it, those that the forge has moved to it because
    the branch that they were made for is gone, and those of people that are open from a branch of ours.
    """

    def __init__(self, forge: Forge, name: str, *, ours: Collection[str], others: Collection[str]) -> None:
        self._forge = forge
        self._name = name
        self._ours = ours
        self._others = others
        self._found: dict[str, tuple[Known, ...]] = {}

    def histories(self, base: str, branches: Iterable[str]) -> Mapping[str, History]:
        """The histories for a base branch, of the branches that are there and of some more, by branch."""
        return {branch: History(branch, self._for(base, branch)) for branch in sorted({*self._ours, *branches})}

    def _for(self, base: str, branch: str) -> tuple[Known, ...]:
        if branch not in self._found:
            self._found[branch] = tuple(Known(proposal, parse(proposal.body).marker) for proposal in self._forge.proposals(self._name, branch))
        return tuple(known for known in self._found[branch] if self._is_for(known, base))

    def _is_for(self, known: Known, base: str) -> bool:
        if known.marker is None:
            return known.is_open and known.proposal.base == base
        if known.marker.base == base:
            return True
        return known.proposal.base == base and known.marker.base not in self._others


def declined(histories: Iterable[History], *, recreate_label: str) -> Declined:
    """What was declined and is not to be proposed again.

    An open proposal asks for its swaps, whatever became of others; else the newest one decides, and a closed one with the label asks for them anew.
    """
    ours = [known for history in histories for known in history.known if known.marker is not None]
    swaps: set[str] = set()
    fingerprints: set[str] = set()
    decided: set[str] = set()
    for known in sorted(ours, key=lambda known: (known.is_open, known.proposal.number), reverse=True):
        marker = known.marker
        if marker is None:
            continue
        is_declined = known.proposal.status is Status.CLOSED and not marker.is_withdrawn and recreate_label not in known.proposal.labels
        if is_declined:
            swaps |= marker.swaps - decided
        if is_declined and not marker.swaps and marker.fingerprint not in decided:
            fingerprints.add(marker.fingerprint)
        decided |= {*marker.swaps, marker.fingerprint}
    return Declined(frozenset(swaps), frozenset(fingerprints))
