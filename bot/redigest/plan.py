"""From verdicts to edits: what is swapped, what stays, and what moves together."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from redigest.model import Current, Decision, Digest, Edit, Plan, Sighting, Standing, Swap, Unknown, Verdict
from redigest.resolve import Question

_NOT_ASKED = Unknown("not asked, since this is not the digest of an image")


def question_of(sighting: Sighting) -> Question | None:
    """What to ask about a sighting; `None` where it is no digest of an image, so that nobody is asked about checksums."""
    if sighting.digest is None or sighting.standing is Standing.NOT_AN_IMAGE:
        return None
    return Question(sighting.digest, sighting.name, sighting.tag)


def make_plan(sightings: Iterable[Sighting], verdicts: Mapping[Question, Verdict], *, mentions: bool) -> Plan:
    """Decide on every sighting; `mentions` swaps in comments and prose as well."""
    return Plan(tuple(_decide(sighting, verdicts, mentions=mentions) for sighting in sightings))


def _decide(sighting: Sighting, verdicts: Mapping[Question, Verdict], *, mentions: bool) -> Decision:
    question = question_of(sighting)
    verdict = verdicts[question] if question is not None else _NOT_ASKED
    if not (sighting.is_live or (mentions and sighting.standing is Standing.MENTION)):
        return Decision(sighting, verdict, None, sighting.reason)
    match verdict:
        case Swap(old=old, new=new):
            return Decision(sighting, verdict, Edit(sighting.offset, old, new), None)
        case Current():
            return Decision(sighting, verdict, None, "needs no swap")
        case Unknown(reason=reason):
            return Decision(sighting, verdict, None, reason)


def without(plan: Plan, given_up: Mapping[Digest, str]) -> Plan:
    """The plan with no edit for the given digests, each with the reason: an image moves in all its places or in none."""
    return Plan(
        tuple(
            replace(decision, edit=None, reason=given_up[decision.edit.old]) if decision.edit is not None and decision.edit.old in given_up else decision
            for decision in plan.decisions
        )
    )
