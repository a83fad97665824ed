"""From digests to verdicts: asks every source once for each distinct question and weighs what they say."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from redigest.model import Current, Digest, Evidence, Problem, Swap, Unknown, Verdict


@dataclass(frozen=True, slots=True)
class Question:
    """What is this digest, as pinned under this name and beside this tag? Name and tag are `None` where they are not known."""

    digest: Digest
    name: str | None
    tag: str | None


class DigestSource(Protocol):
    """Knows equivalents of digests: a mapping file, a registry."""

    @property
    def problems(self) -> Sequence[Problem]:
        """What a person should know of its input, after the last answer."""
        ...

    def answer(self, questions: Collection[Question], /) -> Mapping[Question, Verdict]:
        """Answer what it can; a question that it knows nothing of is left out."""
        ...


def resolve(questions: Iterable[Question], sources: Sequence[DigestSource]) -> dict[Question, Verdict]:
    """Give each distinct question one verdict; `Unknown` where no source knows or where two contradict each other."""
    distinct = tuple(dict.fromkeys(questions))
    answers = [source.answer(distinct) for source in sources] if distinct else []
    return {question: _weigh([found[question] for found in answers if question in found]) for question in distinct}


def _weigh(verdicts: Sequence[Verdict]) -> Verdict:
    evidence: tuple[Evidence, ...] = tuple(item for verdict in verdicts for item in verdict.evidence)
    doubts = [verdict for verdict in verdicts if isinstance(verdict, Unknown)]
    swaps = [verdict for verdict in verdicts if isinstance(verdict, Swap)]
    current = [verdict for verdict in verdicts if isinstance(verdict, Current)]
    if doubts:
        is_schema_1 = bool(swaps) or any(doubt.is_schema_1 for doubt in doubts)
        return Unknown("; ".join(dict.fromkeys(doubt.reason for doubt in doubts)), evidence, is_schema_1)
    if len({swap.new for swap in swaps}) > 1 or (swaps and current):
        return Unknown("conflict: the sources of evidence contradict each other", evidence, is_schema_1=bool(swaps))
    if swaps:
        return Swap(swaps[0].old, swaps[0].new, evidence)
    if current:
        return Current(evidence)
    return Unknown("no source of evidence knows this digest")
