"""Every repository of a run, several at a time: first a look at each, then the way of those at which a look was not enough."""

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from redigest.clones.command import interruptible
from redigest.errors import RedigestError, RepositoryError
from redigest.journey import Arrival, Plans, Sight, look, travel
from redigest.model import ProposalOutcome, RepositoryLine
from redigest.secret import scrubbed
from redigest.sources import Wanted
from redigest.steps import Step

_LOG = logging.getLogger(__name__)

_AHEAD = 4
"""How many repositories are handed out for each thread, so that listing stays ahead of working without filling memory."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def arrivals(repositories: Iterable[Wanted | RepositoryLine], plans: Plans, *, jobs: int) -> Iterator[Arrival]:
    """What comes of each repository, as it comes; `jobs` of them are worked on at the same time.

    All are looked at before the first one is worked on, so that it is known how many proposals are open. What fails in one stops no other.
    """
    sights: list[Sight] = []
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="repository")
    try:
        with interruptible():
            for seen in _as_done(pool, lambda found: _look(found, plans), repositories, ahead=_AHEAD * jobs):
                if isinstance(seen, Sight):
                    sights.append(seen)
                else:
                    yield seen
            if sights:
                plans.watch(Step.CLONE, 0, len(sights))
                for step in (Step.SCAN, Step.RESOLVE, Step.PROPOSE):
                    plans.watch(step, 0, sum(len(sight.bases) for sight in sights))
                plans.search()  # once, before threads want it; a mistake in a rule ends the run
            yield from _as_done(pool, lambda sight: _travel(sight, plans), sights, ahead=_AHEAD * jobs)
    finally:
        pool.shutdown(cancel_futures=True)


def _look(found: Wanted | RepositoryLine, plans: Plans) -> Sight | Arrival:
    if isinstance(found, RepositoryLine):
        return Arrival((found,))
    return _guarded(found, lambda: look(found, plans))


def _travel(sight: Sight, plans: Plans) -> Arrival:
    return _guarded(sight.wanted, lambda: travel(sight, plans))


def _guarded(wanted: Wanted, work: Callable[[], _Result]) -> _Result | Arrival:
    """The one place where any fault of one repository becomes a failed line of the report."""
    try:
        return work()
    except RepositoryError as error:
        return _failed(wanted, str(error), stage=error.stage)
    except RedigestError:
        raise
    except Exception as error:  # noqa: BLE001 -- see above
        _LOG.info("%s: unexpected", wanted.label, exc_info=True)
        message = f"unexpected {type(error).__name__}: {scrubbed(str(error))}; run again with -v and report what it says"
        return _failed(wanted, message, stage=None)


def _failed(wanted: Wanted, message: str, *, stage: str | None) -> Arrival:
    return Arrival((RepositoryLine(wanted.label, None, None, ProposalOutcome.FAILED, stage=stage, message=message),))


def _as_done(pool: ThreadPoolExecutor, work: Callable[[_Item], _Result], items: Iterable[_Item], *, ahead: int) -> Iterator[_Result]:
    """Results as they come; no more than `ahead` items are taken before theirs are there."""
    waiting: set[Future[_Result]] = set()
    for item in items:
        waiting.add(pool.submit(work, item))
        if len(waiting) >= ahead:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        yield from (future.result() for future in done)
