"""The page of a check: what is wrong with a change, and each swap in it with its evidence."""

from collections.abc import Mapping
from datetime import datetime

from redigest.model import EvidenceKind
from redigest.report.html.page import fill
from redigest.report.sections import KINDS
from redigest.report.violations import KINDS as FAULTS
from redigest.verification.judgement import Judgement
from redigest.verification.revisions import Range


def render(span: Range, judgement: Judgement, *, lead: str, started: datetime, finished: datetime) -> str:
    """Write the page; `lead` says in a sentence what came of the check."""
    wrong = (*judgement.violations, *judgement.undecided)
    return fill(
        "check.html",
        started=started,
        finished=finished,
        lead=lead,
        span=span,
        wrong=[(violation, FAULTS[violation.fault]) for violation in wrong],
        swaps=judgement.swaps,
        kept=judgement.kept,
        problems=judgement.problems,
        kinds=_kinds(judgement),
    )


def _kinds(judgement: Judgement) -> Mapping[EvidenceKind, str]:
    """What the kinds of evidence say that the page has."""
    there = {item.kind for decision in judgement.swaps for item in decision.verdict.evidence}
    return {kind: words for kind, words in KINDS.items() if kind in there}
