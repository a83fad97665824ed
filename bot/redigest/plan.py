"""From verdicts to edits: what is swapped, what stays, and what moves together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from redigest.model import Current, Decision, Digest, Edit, Plan, Sighting, Standing, Swap, Unknown, Verdict
from redigest.resolve import Question

_NOT_ASKED = Unknown("not asked, since this is not the digest of an image")


def question_of(sighting: Sighting) -> Question | None:
    """What to ask about a sighting; `None` where it is no digest of an image, so that nobody is asked about checksums."""
    if sighting.digest is None or sighting.standing is Standing.NOT_AN_IMAGE:
        return None
    return Question(sighting.digest, sighting.name, sighting.tag)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user allows beyond swaps in live places."""

    mentions: bool = False
    """Swap in comments and prose as well."""
    unpin: bool = False
    """Take a schema 1 digest without an equivalent away where a tag stands beside it."""


DEFAULT_POLICY = Policy()


def make_plan(sightings: Iterable[Sighting], verdicts: Mapping[Question, Verdict], policy: Policy = DEFAULT_POLICY) -> Plan:
    """Decide on every sighting."""
    plan = Plan(tuple(_decide(sighting, verdicts, policy) for sighting in sightings))
    return _unpinning_everywhere_or_nowhere(plan) if policy.unpin else plan


def _decide(sighting: Sighting, verdicts: Mapping[Question, Verdict], policy: Policy) -> Decision:
    question = question_of(sighting)
    verdict = verdicts[question] if question is not None else _NOT_ASKED
    if not (sighting.is_live or (policy.mentions and sighting.standing is Standing.MENTION)):
        return Decision(sighting, verdict, None, sighting.reason)
    match verdict:
        case Swap(old=old, new=new):
            return Decision(sighting, verdict, Edit(sighting.offset, old, new), None)
        case Current(reason=reason):
            return Decision(sighting, verdict, None, reason)
        case Unknown(reason=reason):
            is_unpinned = policy.unpin and sighting.is_live and sighting.is_tagged and verdict.is_schema_1 and not verdict.is_conflict
            return Decision(sighting, verdict, Edit(sighting.offset, question.digest, None) if question and is_unpinned else None, reason)


def _unpinning_everywhere_or_nowhere(plan: Plan) -> Plan:
    """An image that is pinned without a tag somewhere keeps its digest everywhere: it moves in all its places or in none."""
    unpinned = {decision.edit.old for decision in plan.decisions if decision.edit is not None and decision.edit.new is None}
    pinned = {decision.sighting.digest: decision.sighting for decision in reversed(plan.decisions) if decision.sighting.is_live and decision.edit is None}
    reason = "{} stays pinned at {}:{}, where no tag stands right before it, and an image moves in all its places or in none"
    return without(plan, {digest: reason.format(digest, pinned[digest].path, pinned[digest].line) for digest in unpinned & pinned.keys()})


def without(plan: Plan, given_up: Mapping[Digest, str]) -> Plan:
    """The plan with no edit for the given digests, each with the reason: an image moves in all its places or in none."""
    return Plan(
        tuple(
            replace(decision, edit=None, reason=given_up[decision.edit.old]) if decision.edit is not None and decision.edit.old in given_up else decision
            for decision in plan.decisions
        )
    )
