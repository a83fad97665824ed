"""All proposals for one base branch: which there should be, which there are, and what becomes of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from redigest import pipeline
from redigest.model import Decision, Outcome, Plan, ProposalOutcome, RepositoryLine
from redigest.pipeline import Draft, Rewriting
from redigest.proposals.history import Declined, History, declined
from redigest.proposals.partition import ALL, Group, GroupBy, branch_name, fingerprint, key_of, left_out, partition, place_of
from redigest.proposals.settlement import UNFINISHED, Settlement

_ELSEWHERE = "it is swapped in another proposal"
_DECLINED = "a proposal with this swap was closed without being merged"
_ADVICE = "; it is proposed again with --recreate, or once that proposal has the label {}"

_IN_PROPOSAL = (ProposalOutcome.OPENED, ProposalOutcome.UPDATED, ProposalOutcome.UNCHANGED, ProposalOutcome.WOULD_OPEN, ProposalOutcome.WOULD_UPDATE)


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a base branch: lines for the report, and the outcome; `None` where nothing was looked for.

    `heads` are our branches with their commits as they are left, `proposals` the numbers of those that are open by branch.
    """

    lines: tuple[RepositoryLine, ...]
    heads: Mapping[str, str]
    proposals: Mapping[str, int] = field(default_factory=dict)
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """What came of one group: the line, and the part of the plan that was applied; `None` where nothing of it is in a proposal."""

    group: Group
    line: RepositoryLine
    applied: Rewriting | None


def settle(draft: Draft, settlement: Settlement, group_by: GroupBy) -> Settled:
    """Bring the proposals of a base branch to what its draft asks for. Raises `RepositoryError`."""
    base, wanted = settlement.base, settlement.terms.proposals
    groups = {branch_name(wanted.branch, base.branch, group.key): group for group in partition(draft.plan, group_by, depth=wanted.folder_depth)}
    whole = branch_name(wanted.branch, base.branch, ALL)
    existing = [branch for branch in settlement.heads if branch == whole or branch.startswith(f"{whole}-")]
    branches = sorted({*groups, *existing, *([whole] if groups else [])})
    histories = {branch: History.of(settlement.forge.proposals(base.name, branch), base.branch) for branch in branches if not branch.endswith(UNFINISHED)}
    settlement.terms.quota.forget(base.repository, [branch for branch, history in histories.items() if history.is_ours and history.open is None])
    refused = Declined() if settlement.terms.recreate else declined(histories.values(), recreate_label=wanted.recreate_label)
    parts = [_settle_group(draft, settlement, branch, group=group, history=histories[branch], refused=refused) for branch, group in groups.items()]
    obsolete = [branch for branch, history in histories.items() if branch not in groups and _is_obsolete(history, exists=branch in settlement.heads)]
    lines = [*(part.line for part in parts), *(settlement.withdraw(branch, histories[branch]) for branch in obsolete)]
    settlement.clear([branch for branch in existing if branch.endswith(UNFINISHED) and branch.removesuffix(UNFINISHED) not in groups])
    if not lines:
        lines = [base.line(ProposalOutcome.NOTHING_TO_DO)]
    return Settled(tuple(lines), settlement.heads, settlement.numbers, _outcome(draft, parts, is_dry=settlement.terms.is_dry))


def _is_obsolete(history: History, *, exists: bool) -> bool:
    """Whether a branch with no group has a proposal of ours that is open, or one that we have closed and a branch that we have not deleted yet."""
    return history.is_ours and (history.open is not None or (history.is_withdrawn and exists))


def _settle_group(draft: Draft, settlement: Settlement, branch: str, *, group: Group, history: History, refused: Declined) -> _Part:
    base = settlement.base
    places = set(map(place_of, group.decisions))
    due = [decision for decision in group.decisions if key_of(decision) not in refused.swaps]
    if not due and history.open is not None:
        return _Part(group, settlement.withdraw(branch, history), None)
    others = [decision for decision in draft.plan.decisions if decision.edit is not None and place_of(decision) not in places]
    plan = left_out(draft.plan, others, reason=_ELSEWHERE)
    plan = left_out(plan, [decision for decision in group.decisions if key_of(decision) in refused.swaps], reason=_DECLINED)
    applied = pipeline.rewriting(draft, plan)
    if not due or fingerprint(applied.plan.edits()) in refused.fingerprints:
        message = _DECLINED + _ADVICE.format(settlement.terms.proposals.recreate_label)
        return _Part(group, base.line(ProposalOutcome.HELD, message, url=history.known[0].proposal.url if history.known else None), None)
    if not applied.files:
        reasons = "; ".join(dict.fromkeys(f"{problem.path}: {problem.reason}" for problem in applied.outcome.problems if problem.failed))
        return _Part(group, replace(base.line(ProposalOutcome.FAILED, reasons), stage="apply"), applied)
    shown = replace(applied, outcome=_shown(applied.outcome, group))
    line = settlement.propose(branch, history, group, shown)
    return _Part(group, line, applied if line.outcome in _IN_PROPOSAL else None)


def _shown(outcome: Outcome, group: Group) -> Outcome:
    """What concerns the group: of the group of everything all but what other proposals swap, of another one what has its digests."""
    elsewhere = [result for result in outcome.results if result.reason != _ELSEWHERE]
    if group.key == ALL:
        return replace(outcome, results=tuple(elsewhere))
    digests = {decision.sighting.digest for decision in group.decisions}
    return replace(outcome, results=tuple(result for result in elsewhere if result.sighting.digest in digests))


def _outcome(draft: Draft, parts: list[_Part], *, is_dry: bool) -> Outcome:
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
