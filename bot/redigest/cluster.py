"""Workers on other machines: the scheduler of Dask that `--executor` names, as an executor like any other."""

import contextlib
import logging
import pkgutil
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, InvalidStateError
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from redigest import __version__
from redigest.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as Asked

_P = ParamSpec("_P")
_T = TypeVar("_T")

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 20.0
"""How long a worker has for saying which version it runs; one that is busy answers as well."""
_PATIENCE = 30.0
"""Seconds without any worker after which none is expected to come back; one that was restarted takes a few."""
_LOOKS = 10
"""How often workers are counted in that time."""
_LOGGERS = ("distributed", "distributed.client", "tornado.application")
_SHOWN = 3
"""How many workers an error names."""


class Cluster(Executor):
    """Has work done by the workers of a scheduler, which repeats what was lost with a worker."""

    def __init__(self, client: "Client", address: str, patience: float) -> None:
        self._client = client
        self._address = address
        self._patience = patience
        self._lock = threading.Lock()
        self._waiting: dict[Future[Any], Asked[Any]] = {}
        self._broken: BrokenExecutor | None = None
        self._is_closed = threading.Event()
        threading.Thread(target=self._watch, name="cluster", daemon=True).start()

    def submit(self, work: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """As `Executor` has it; the future raises `BrokenExecutor` when the workers are gone."""
        future: Future[_T] = Future()
        with self._lock:
            if self._broken is not None:
                raise self._broken
            try:
                asked = self._client.submit(_do, __version__, work, *args, pure=False, **kwargs)
            except Exception as error:
                raise self._gone(str(error)) from error
            self._waiting[future] = asked
        future.add_done_callback(self._forget)
        asked.add_done_callback(lambda done: self._settle(future, done))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 -- as `Executor` has it
        """Give up what is still to be done."""
        self._is_closed.set()
        for future in list(self._waiting):
            future.cancel()

    def _settle(self, future: Future[_T], asked: "Asked[_T]") -> None:
        """Give on what came of a task; if its result was lost with a worker meanwhile, Dask waits until it is repeated."""
        from distributed import KilledWorker
        from distributed.client import ClosedClientError

        with contextlib.suppress(InvalidStateError):  # it was given up meanwhile
            try:
                future.set_result(self._result(asked))
            except InvalidStateError:
                raise
            except KilledWorker:
                future.set_exception(self._gone("workers have died again and again over the same files, perhaps for want of memory"))
            except (CancelledError, ClosedClientError, OSError):
                future.set_exception(self._gone("the connection to the scheduler is lost"))
            except Exception as error:  # noqa: BLE001 -- what the task raised
                future.set_exception(error)

    def _result(self, asked: "Asked[_T]") -> _T:
        """What a task gave, as long as somebody wants it: if the connection ends while Dask waits, it waits for ever, and so do all that come after."""
        while not self._is_closed.is_set():
            try:
                result: _T = asked.result(timeout=self._patience / _LOOKS)
            except TimeoutError:
                if asked.status == "error":  # the task itself raised it
                    raise
            else:
                return result
        raise CancelledError

    def _forget(self, future: Future[Any]) -> None:
        asked = self._waiting.pop(future, None)
        if asked is not None and future.cancelled():
            with contextlib.suppress(Exception):  # the scheduler may be gone
                asked.cancel()

    def _watch(self) -> None:
        """Look whether there are workers: tasks would wait for one for ever."""
        missed = 0
        while missed < _LOOKS and not self._is_closed.wait(self._patience / _LOOKS):
            missed = missed + 1 if not _workers(self._client) else 0
        if self._is_closed.is_set():
            return
        with self._lock:
            self._broken = self._gone(f"there has been no worker for {self._patience:g} seconds")
        for future in list(self._waiting):
            with contextlib.suppress(InvalidStateError):
                future.set_exception(self._broken)

    def _gone(self, reason: str) -> BrokenExecutor:
        return BrokenExecutor(f"--executor {self._address}: {reason}")


@contextlib.contextmanager
def connected(address: str, *, patience: float = _PATIENCE) -> Iterator[Cluster]:
    """Have the workers of the scheduler at `dask://HOST:PORT` for a while; they are given up after `patience` seconds without any worker.

    Raises `UsageError` where there is no such scheduler, where it has no workers, and where these run another version.
    """
    place = _place(address)
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise UsageError(f"--executor {address} takes Dask, which is not installed: pip install 'redigest[dask]'") from error
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what they complain of arrives as an error as well
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):  # files are sent in batches, however large one is
        try:
            client = _within(2 * _CONNECT_SECONDS, lambda: Client(place, timeout=_CONNECT_SECONDS, set_as_default=False))
        except Exception as error:
            raise UsageError(f"--executor {address}: no scheduler of Dask answers there; start one with `dask scheduler`, and name its address") from error
        with client:
            _check(address, _versions(address, client))
            cluster = Cluster(client, address, patience)
            with cluster:
                yield cluster


def _place(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or not address.isprintable() or " " in address or address.lower() not in (f"dask://{host}:{port}", f"dask://[{host}]:{port}"):
        raise UsageError("--executor must be dask://HOST:PORT, the address of a scheduler of Dask")
    return address.replace("dask", "tcp", 1)


def _within(seconds: float, work: Callable[[], _T]) -> _T:
    """Do what may never come to an end: Dask waits without limit for the first words of whatever listens at an address. Raises `TimeoutError`."""
    done: Future[_T] = Future()

    def attempt() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 -- it is raised where it is waited for
            done.set_exception(error)

    threading.Thread(target=attempt, daemon=True).start()
    return done.result(seconds)


def _versions(address: str, client: "Client") -> Mapping[str, object]:
    """The version of redigest on each worker by its address, or the error for want of one; asked by a function that every worker has."""
    try:
        said: Mapping[str, object] = _within(_ANSWER_SECONDS, lambda: client.run(pkgutil.resolve_name, "redigest:__version__", on_error="return"))
    except Exception as error:
        raise UsageError(f"--executor {address}: some workers do not say which version of redigest they run; see that all of them answer") from error
    return said


def _check(address: str, versions: Mapping[str, object]) -> None:
    if not versions:
        raise UsageError(f"--executor {address}: the scheduler has no workers; start some with `dask worker {_place(address)}`")
    others = [f"{worker} {_in_words(version)}" for worker, version in sorted(versions.items()) if version != __version__]
    if others:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        raise UsageError(f"--executor {address}: install redigest {__version__} on all workers, as it is here: {', '.join(others[:_SHOWN])}{more}")


def _in_words(version: object) -> str:
    if isinstance(version, ImportError | AttributeError):
        return "has none"
    return f"does not answer ({type(version).__name__})" if isinstance(version, Exception) else f"has {version}"


def _workers(client: "Client") -> int:
    try:
        return len(client.nthreads())
    except Exception:  # noqa: BLE001 -- the connection is lost, and a client that is closed fails in many ways
        return 0


def _do(version: str, work: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """On a worker: do it, unless this one has joined with another version since workers were asked."""
    if version != __version__:
        raise UsageError(f"a worker that has joined runs redigest {__version__}, and {version} is wanted; install that on all workers")
    return work(*args, **kwargs)
