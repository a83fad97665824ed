"""Registries as a source of digests: which of them may be asked about what, and one run of questions for whoever asks."""

import asyncio
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from redigest.evidence.cases import Case
from redigest.evidence.investigation import Investigation, verdict
from redigest.evidence.session import Access, Session, opened
from redigest.model import Digest, Problem, Swap, Unknown, Verdict
from redigest.registry.answers import Failure, Reason, not_asked
from redigest.registry.endpoints import Location, locate
from redigest.resolve import NO_CONTEXT, Context, Question, weigh
from redigest.steps import Step

if TYPE_CHECKING:
    from redigest.evidence.inquiry import Inquiry


class Registries:
    """A source of digests; to be closed after use. Threads may share one: each distinct question is asked once."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._problems: dict[Problem, None] = {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread()
        self._stack = AsyncExitStack()
        self._session: Session | None = None

    @property
    def problems(self) -> Sequence[Problem]:
        """What was wrong with credentials and the cache, and which mirrors lack a replacement."""
        access = self._access
        notes = (*access.keyring.notes, *access.facts.warnings)
        return (*(Problem("registries", None, note, is_outside=True) for note in notes), *self._problems)

    def answer(self, questions: Collection[Question], context: Context = NO_CONTEXT, /) -> Mapping[Question, Verdict]:
        """Look for evidence for what is not known yet, and hold swaps that are known against registries that the user has named."""
        verdicts: dict[Question, Verdict] = {}
        groups: dict[Location, list[Case]] = {}
        for question in questions:
            located = self._locate(question)
            if isinstance(located, Unknown):
                if question not in context.known:
                    verdicts[question] = located
            elif self._is_wanted(question, located, context):
                groups.setdefault(located, []).append(Case(question, located))
        if groups or self._access.mirrors.mirrors:
            loop = self._started()  # before there is a coroutine, which would be left over if this raises
            answered = asyncio.run_coroutine_threadsafe(self._answer(groups, context), loop).result()
            verdicts = _shared({**verdicts, **answered})
        return {question: found for question, found in verdicts.items() if question not in context.known or _says_something(found)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            if self._loop is not None:
                asyncio.run_coroutine_threadsafe(self._stack.aclose(), self._loop).result()
                self._stop(self._loop)
                self._loop = None
        self._access.facts.close()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=loop.run_forever, name="registries", daemon=True)
                self._thread.start()
                try:
                    asyncio.run_coroutine_threadsafe(self._open(), loop).result()
                except BaseException:
                    self._stop(loop)
                    raise
                self._loop = loop
            return self._loop

    def _stop(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join()
        loop.close()

    async def _open(self) -> None:
        self._session = await self._stack.enter_async_context(opened(self._access))

    async def _answer(self, groups: Mapping[Location, Sequence[Case]], context: Context) -> Mapping[Question, Verdict]:
        assert self._session is not None  # noqa: S101 -- opened when the loop was started
        session = self._session
        context.watch(Step.RESOLVE, 0, sum(map(len, groups.values())))
        await asyncio.gather(*(self._investigate(location, cases, context, session) for location, cases in groups.items()))
        verdicts = {case.question: verdict(case) for cases in groups.values() for case in cases}
        said = {question: (context.known.get(question), verdicts.get(question)) for question in {**context.known, **verdicts}}
        await self._look_at_mirrors({question: weigh([one for one in both if one is not None]) for question, both in said.items()}, session.inquiry)
        return verdicts

    def _locate(self, question: Question) -> Location | Unknown:
        if question.name is None:
            return Unknown("its repository is not known, so no registry can be asked")
        location = locate(self._access.mirrors.upstream(question.name))
        if location is None:
            return Unknown("its repository has no valid name, so no registry can be asked")
        if location.host not in self._access.endpoints and not self._access.saved:
            return Unknown(not_asked(location.host, is_offline=self._access.is_offline))
        return location

    def _is_wanted(self, question: Question, location: Location, context: Context) -> bool:
        known = context.known.get(question)
        if known is None or (isinstance(known, Unknown) and not known.is_conflict):
            return True
        return isinstance(known, Swap) and location.host in self._access.configured

    async def _investigate(self, location: Location, cases: Sequence[Case], context: Context, session: Session) -> None:
        copies = self._copies(location)
        investigation = Investigation(location, session.inquiry, copies=copies, hints=context.hints, catalog=session.catalog)
        known = [case for case in cases if isinstance(context.known.get(case.question), Swap)]
        await investigation.judge([case for case in cases if case not in known])
        context.watch(Step.RESOLVE, len(cases) - len(known), 0)
        for case in known:
            await investigation.check(case)
            context.watch(Step.RESOLVE, 1, 0)

    def _copies(self, location: Location) -> tuple[Location, ...]:
        """Where mirrors that may be asked hold a repository."""
        found = (locate(name) for name in self._access.mirrors.copies(location.name))
        return tuple(copy for copy in found if copy is not None and copy.host in self._access.endpoints)

    async def _look_at_mirrors(self, verdicts: Mapping[Question, Verdict], inquiry: "Inquiry") -> None:
        """Warn of mirrors that lack what a digest is to be swapped for: clusters behind them could not pull it."""
        swaps = [(self._locate(question), found.new) for question, found in verdicts.items() if isinstance(found, Swap)]
        wanted = {(copy, new) for location, new in swaps if isinstance(location, Location) for copy in self._copies(location)}
        await asyncio.gather(*(self._look_at_mirror(copy, new, inquiry) for copy, new in wanted))

    async def _look_at_mirror(self, copy: Location, new: Digest, inquiry: "Inquiry") -> None:
        answer = await inquiry.now(copy, new)
        if isinstance(answer, Failure) and answer.reason in (Reason.NOT_FOUND, Reason.UNSUPPORTED):
            self._problems[Problem(copy.name, None, f"this mirror lacks {new}, for which a digest is swapped; copy it there first", is_outside=True)] = None


def _shared(verdicts: Mapping[Question, Verdict]) -> dict[Question, Verdict]:
    """A digest that is proven under one name is the same image under every other: the digest alone is the key."""
    proven = {found.old: found for found in verdicts.values() if isinstance(found, Swap)}
    return {
        question: proven.get(question.digest, found) if isinstance(found, Unknown) and not found.is_conflict else found for question, found in verdicts.items()
    }


def _says_something(found: Verdict) -> bool:
    return not isinstance(found, Unknown) or found.is_conflict
