"""From digests to verdicts: asks every source once for each distinct question and weighs what they say."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from redigest.model import Current, Digest, Evidence, Problem, Swap, Unknown, Verdict
from redigest.steps import Watch, unwatched


@dataclass(frozen=True, slots=True)
class Question:
    """What is this digest, as pinned under this name and beside this tag? Name and tag are `None` where they are not known."""

    digest: Digest
    name: str | None
    tag: str | None


Hints = Callable[[Digest], Iterable[str]]
"""Words near the places of a digest that may be its tag, the likeliest first: in comments, in older commits of the line."""


def no_hints(_: Digest) -> Iterable[str]:
    """Where no files are at hand."""
    return ()


@dataclass(frozen=True, slots=True)
class Context:
    """What goes with the questions: what cheaper sources have said, where a source may find more to go by, and who is told how many it has answered."""

    known: Mapping[Question, Verdict] = field(default_factory=dict)
    hints: Hints = no_hints
    watch: Watch = unwatched


NO_CONTEXT = Context()


class DigestSource(Protocol):
    """Knows equivalents of digests: mapping files, registries."""

    @property
    def problems(self) -> Sequence[Problem]:
        """What a person should know of its input, after the last answer."""
        ...

    def answer(self, questions: Collection[Question], context: Context = NO_CONTEXT, /) -> Mapping[Question, Verdict]:
        """Answer what it can; a question that it knows nothing of is left out.

        By what cheaper sources have said a costly one may spare itself a question, and hold an answer against what it can prove.
        """
        ...


class Remembered:
    """A source that threads may share: it gets each question once, and from one of them at a time."""

    def __init__(self, source: DigestSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._said: dict[Question, Verdict | None] = {}
        self._problems: dict[Problem, None] = {}

    @property
    def problems(self) -> Sequence[Problem]:
        """What a person should know of its input, over all questions so far."""
        with self._lock:
            return tuple(self._problems)

    def answer(self, questions: Collection[Question], context: Context = NO_CONTEXT, /) -> Mapping[Question, Verdict]:
        with self._lock:
            news = tuple(question for question in questions if question not in self._said)
            if news:
                self._said.update(dict.fromkeys(news, None) | dict(self._source.answer(news, context)))
            self._problems.update(dict.fromkeys(self._source.problems))
            return {question: verdict for question in questions if (verdict := self._said[question]) is not None}


def resolve(
    questions: Iterable[Question],
    sources: Sequence[DigestSource],
    *,
    accept_tag: bool = False,
    hints: Hints = no_hints,
    watch: Watch = unwatched,
) -> dict[Question, Verdict]:
    """Give each distinct question one verdict, the sources asked in order; `Unknown` where no source knows or where two contradict each other.

    With `accept_tag` the digest that a tag points to today is taken where nothing better is known, unless what is known contradicts itself.
    """
    distinct = tuple(dict.fromkeys(questions))
    said: dict[Question, list[Verdict]] = {question: [] for question in distinct}
    for source in sources if distinct else ():
        known = {question: weigh(verdicts) for question, verdicts in said.items() if verdicts}
        for question, verdict in source.answer(distinct, Context(known, hints, watch)).items():
            said[question].append(verdict)
    verdicts = {question: weigh(verdicts) for question, verdicts in said.items()}
    return {question: _accepting(question, verdict) for question, verdict in verdicts.items()} if accept_tag else verdicts


def weigh(verdicts: Sequence[Verdict]) -> Verdict:
    """Make one verdict of what several sources say of one question."""
    evidence: tuple[Evidence, ...] = tuple(item for verdict in verdicts for item in verdict.evidence)
    trials = tuple(item for verdict in verdicts for item in verdict.trials)
    doubts = [verdict for verdict in verdicts if isinstance(verdict, Unknown)]
    conflicts = [doubt for doubt in doubts if doubt.is_conflict]
    swaps = [verdict for verdict in verdicts if isinstance(verdict, Swap)]
    current = [verdict for verdict in verdicts if isinstance(verdict, Current)]
    is_schema_1 = bool(swaps) or any(doubt.is_schema_1 for doubt in doubts)
    if conflicts:
        return Unknown(_reasons(conflicts), evidence, is_schema_1, is_conflict=True, trials=trials, is_passing=any(doubt.is_passing for doubt in doubts))
    if len({swap.new for swap in swaps}) > 1 or (is_schema_1 and current):
        return Unknown("conflict: the sources of evidence contradict each other", evidence, is_schema_1, is_conflict=True, trials=trials)
    if swaps:
        proofs = tuple(item for swap in swaps for item in swap.evidence)
        return Swap(swaps[0].old, swaps[0].new, proofs, trials)
    if current:
        return Current(evidence, current[0].reason, trials)
    if doubts:
        suggestion = next((doubt.suggestion for doubt in doubts if doubt.suggestion is not None), None)
        is_passing = any(doubt.is_passing for doubt in doubts)
        return Unknown(_reasons(doubts), evidence, is_schema_1, suggestion=suggestion, trials=trials, is_passing=is_passing)
    return Unknown("no source of evidence knows this digest")


def _reasons(doubts: Iterable[Unknown]) -> str:
    return "; ".join(dict.fromkeys(doubt.reason for doubt in doubts))


def _accepting(question: Question, verdict: Verdict) -> Verdict:
    if isinstance(verdict, Unknown) and verdict.suggestion is not None and not verdict.is_conflict:
        return Swap(question.digest, verdict.suggestion, verdict.evidence, verdict.trials)
    return verdict
