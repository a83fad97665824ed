"""All proposals for one base branch: which there should be, which there are, and what becomes of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from redigest import pipeline
from redigest.model import Decision, Digest, Outcome, Plan, ProposalOutcome, RepositoryLine, Unknown
from redigest.pipeline import Draft, Rewriting
from redigest.proposals.history import Declined, History, Shelf, declined
from redigest.proposals.marker import PIN, Marker
from redigest.proposals.partition import ALL, Group, GroupBy, branch_name, fingerprint, left_out, partition, place_of
from redigest.proposals.settlement import Farewell, Settlement

_ELSEWHERE = "it is swapped in another proposal"
_DECLINED = "a proposal with this swap was closed without being merged"
_AGAIN = "; it is proposed again with --recreate"
_LABEL = ", or once that proposal has the label {}"

_NOTHING_LEFT = Farewell("nothing is left to swap here")
_NO_EVIDENCE = Farewell("nothing speaks any more for what this swaps", "The old digests are still there.")
_REPLACED = Farewell("other proposals take the place of this one")
_NOT_SURE = "somebody could not be asked about images that it swaps, so it stays as it is; the next run asks again"

_IN_PROPOSAL = (ProposalOutcome.OPENED, ProposalOutcome.UPDATED, ProposalOutcome.UNCHANGED, ProposalOutcome.WOULD_OPEN, ProposalOutcome.WOULD_UPDATE)


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a base branch: lines for the report, and the outcome; `None` where nothing was looked for.

    `heads` are our branches with their commits as they are left, `proposals` the numbers of those that are open by branch. `has_declined` tells that people
    have declined something, which a label can change without any change of a branch.
    """

    lines: tuple[RepositoryLine, ...]
    heads: Mapping[str, str]
    proposals: Mapping[str, int] = field(default_factory=dict)
    outcome: Outcome | None = None
    has_declined: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """What came of one group: the line, and the part of the plan that was applied; `None` where nothing of it is in a proposal."""

    group: Group
    line: RepositoryLine
    applied: Rewriting | None


def settle(draft: Draft, settlement: Settlement, group_by: GroupBy, shelf: Shelf) -> Settled:
    """Bring the proposals of a base branch to what its draft asks for. Raises `RepositoryError`."""
    base, terms = settlement.base, settlement.terms
    groups = partition(draft.plan, group_by, depth=terms.proposals.folder_depth)
    names = {branch_name(terms.proposals.branch, base.branch, group.key): group for group in groups}
    whole = branch_name(terms.proposals.branch, base.branch, ALL)
    histories = shelf.histories(base.branch, {*names, *([whole] if groups else [])})
    terms.quota.forget(base.repository, [branch for branch, history in histories.items() if history.known and history.open is None])
    refused = declined(histories.values(), recreate_label=terms.proposals.recreate_label)
    due = Declined() if terms.recreate else refused
    taken = {_branch_for(name, group, histories): group for name, group in names.items()}
    parts = [_settle_group(draft, settlement, histories[branch], group=group, refused=due) for branch, group in taken.items()]
    lines = [part.line for part in parts]
    obsolete = [history for branch, history in histories.items() if branch not in taken and _is_obsolete(history, exists=branch in settlement.heads)]
    lines += [_withdraw(draft, settlement, history, parts) for history in obsolete]
    if not lines:
        lines = [base.line(ProposalOutcome.NOTHING_TO_DO)]
    outcome = replace(_outcome(draft, parts, is_dry=terms.is_dry), branch=base.branch, head=base.head)
    return Settled(tuple(lines), settlement.heads, settlement.numbers, outcome, has_declined=not refused.is_empty)


def _branch_for(name: str, group: Group, histories: Mapping[str, History]) -> str:
    """The branch of a group: that of a proposal which is open for it under another name, as after the base branch was renamed, or the one of its own."""
    if histories[name].open is not None:
        return name
    others = (history for history in histories.values() if (known := history.open) is not None and known.marker is not None and known.marker.group == group.key)
    return next((history.branch for history in others), name)


def _is_obsolete(history: History, *, exists: bool) -> bool:
    """Whether a branch with no group has a proposal of ours that is open, or one that we have closed and a branch that we have not deleted yet."""
    known = history.open
    return (known is not None and known.marker is not None) or (history.is_withdrawn and exists)


def _withdraw(draft: Draft, settlement: Settlement, history: History, parts: Sequence[_Part]) -> RepositoryLine:
    """Close a proposal that no group asks for, unless it is not sure that it is of no use, or what takes its place is not there yet."""
    known = history.open
    if known is None or known.marker is None:
        return settlement.withdraw(history, _NOTHING_LEFT)
    pins = {key[:PIN] for key in known.marker.swaps}
    of_marker = Group(known.marker.group, ()), Group(known.marker.group, (), folder=known.marker.group)
    if pins & {pin for group in of_marker for pin in _doubtful(draft, group, is_passing=True)}:
        return settlement.base.line(ProposalOutcome.HELD, _NOT_SURE, url=known.proposal.url)
    swapped = _swapped_by(known.marker, draft)
    successors = [part for part in parts if swapped & {decision.sighting.digest for decision in part.group.decisions}]
    if any(part.line.outcome not in _IN_PROPOSAL for part in successors):
        return settlement.base.line(ProposalOutcome.HELD, "it stays until the proposals that take its place are open", url=known.proposal.url)
    if successors:
        return settlement.withdraw(history, _REPLACED)
    is_pinned = pins & {pin for group in of_marker for pin in _doubtful(draft, group)}
    return settlement.withdraw(history, _NO_EVIDENCE if is_pinned else _NOTHING_LEFT)


def _swapped_by(marker: Marker, draft: Draft) -> set[Digest]:
    """The digests that are due and that a proposal swaps, by image or by folder."""
    groups = Group(marker.group, ()), Group(marker.group, (), folder=marker.group)
    pins = {key[:PIN] for key in marker.swaps}
    due = (decision.sighting for decision in draft.plan.decisions if decision.edit is not None)
    return {sighting.digest for sighting in due if sighting.digest is not None and any(group.pin_of(sighting) in pins for group in groups)}


def _doubtful(draft: Draft, group: Group, *, is_passing: bool = False) -> set[str]:
    """What is pinned in a live place by a digest of which nothing is known, by its key; with `is_passing` because somebody could not be asked."""
    live = (decision for decision in draft.plan.decisions if decision.sighting.is_live and isinstance(decision.verdict, Unknown))
    unknown = (decision.sighting for decision in live if isinstance(decision.verdict, Unknown) and (decision.verdict.is_passing or not is_passing))
    return {pin for sighting in unknown if (pin := group.pin_of(sighting)) is not None}


def _settle_group(draft: Draft, settlement: Settlement, history: History, *, group: Group, refused: Declined) -> _Part:
    base = settlement.base
    places = set(map(place_of, group.decisions))
    due = [decision for decision in group.decisions if group.key_of(decision) not in refused.swaps]
    others = [decision for decision in draft.plan.decisions if decision.edit is not None and place_of(decision) not in places]
    plan = left_out(draft.plan, others, reason=_ELSEWHERE)
    plan = left_out(plan, [decision for decision in group.decisions if group.key_of(decision) in refused.swaps], reason=_DECLINED)
    applied = pipeline.rewriting(draft, plan)
    if not due or fingerprint(applied.plan.edits()) in refused.fingerprints:
        label = _LABEL.format(settlement.terms.proposals.recreate_label) if settlement.has_labels else ""
        message = f"{_DECLINED}{_AGAIN}{label}"
        return _Part(group, base.line(ProposalOutcome.HELD, message, url=history.newest.proposal.url if history.newest else None), None)
    if not applied.files:
        reasons = "; ".join(dict.fromkeys(f"{problem.path}: {problem.reason}" for problem in applied.outcome.problems if problem.failed))
        return _Part(group, replace(base.line(ProposalOutcome.FAILED, reasons), stage="apply"), applied)
    known = history.open
    if known is not None and known.marker is not None and _doubtful(draft, group, is_passing=True) & {key[:PIN] for key in known.marker.swaps}:
        return _Part(group, base.line(ProposalOutcome.HELD, _NOT_SURE, url=known.proposal.url), None)
    line = settlement.propose(history, group, replace(applied, outcome=_shown(applied.outcome, group)))
    return _Part(group, line, applied if line.outcome in _IN_PROPOSAL else None)


def _shown(outcome: Outcome, group: Group) -> Outcome:
    """What concerns the group: of the group of everything all but what other proposals swap, of another one what has its digests."""
    elsewhere = [result for result in outcome.results if result.reason != _ELSEWHERE]
    if group.key == ALL:
        return replace(outcome, results=tuple(elsewhere))
    digests = {decision.sighting.digest for decision in group.decisions}
    return replace(outcome, results=tuple(result for result in elsewhere if result.sighting.digest in digests))


def _outcome(draft: Draft, parts: Sequence[_Part], *, is_dry: bool) -> Outcome:
    """What became of every digest, over all proposals."""
    decided: dict[tuple[str, int], Decision] = {}
    for part in parts:
        if part.applied is None:
            message = part.line.message or "the proposal with it was closed"
            decided |= {place_of(decision): replace(decision, edit=None, reason=message) for decision in part.group.decisions}
        else:
            places = set(map(place_of, part.group.decisions))
            decided |= {place_of(decision): decision for decision in part.applied.plan.decisions if place_of(decision) in places}
    problems = dict.fromkeys(problem for part in parts if part.applied for problem in part.applied.outcome.problems if problem not in draft.problems)
    plan = Plan(tuple(decided.get(place_of(decision), decision) for decision in draft.plan.decisions))
    return pipeline.outcome(draft, plan, done=not is_dry, problems=problems)
