"""How many proposals a run may still open."""

import threading
from collections.abc import Iterable

from redigest.report.summary import plural


class Quota:
    """Counts proposals that this run has opened and that are open anyway, by repository and branch; threads share it.

    A branch of ours counts as an open proposal until the forge has said that it has none.
    """

    def __init__(self, *, per_run: int, at_once: int) -> None:
        self._per_run = per_run
        self._at_once = at_once
        self._opened = 0
        self._open: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def see(self, repository: str, branches: Iterable[str]) -> None:
        """Count the branches of a repository that have a proposal or may have one."""
        with self._lock:
            self._open.update((repository, branch) for branch in branches)

    def forget(self, repository: str, branches: Iterable[str]) -> None:
        """Count branches no longer, since no proposal is open for them."""
        with self._lock:
            self._open.difference_update((repository, branch) for branch in branches)

    def take(self, repository: str, branch: str) -> str | None:
        """Take the right to open a proposal; if there is none, say why."""
        with self._lock:
            if self._opened >= self._per_run:
                return f"this run has opened {plural(self._opened, 'proposal')}, and limit-per-run allows no more; the next run goes on"
            if len(self._open) >= self._at_once:
                return f"limit-open allows {plural(self._at_once, 'proposal')}, and there are as many; merge or close some"
            self._opened += 1
            self._open.add((repository, branch))
            return None
