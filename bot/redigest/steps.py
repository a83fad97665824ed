"""The steps that are counted while work goes on, and who is told how far they have come."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import TypeVar

_Item = TypeVar("_Item")


class Step(StrEnum):
    """What is counted."""

    REPOSITORIES = "repositories"
    """All that happens to a repository."""
    CLONE = "clone"
    SCAN = "scan"
    RESOLVE = "resolve"
    REWRITE = "rewrite"
    PROPOSE = "propose"


Watch = Callable[[Step, int, int], None]
"""Is told of a step how many more are done, and how many more there are to do; from any thread."""


def unwatched(_step: Step, _done: int, _due: int) -> None:
    """Where nobody looks."""


def counted(items: Iterable[_Item], step: Step, expected: int, watch: Watch) -> Iterator[_Item]:
    """Give items, and tell of each as soon as the next one is asked for; what comes to fewer than expected is done in the end all the same."""
    watch(step, 0, expected)
    left = expected
    for item in items:
        yield item
        if left:
            left -= 1
            watch(step, 1, 0)
    if left:
        watch(step, left, 0)
