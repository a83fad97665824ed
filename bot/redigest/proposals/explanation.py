"""What a proposal says."""

from collections.abc import Callable
from dataclasses import dataclass

from redigest.model import Outcome
from redigest.report import markdown
from redigest.report.grouping import by_fate, by_image
from redigest.report.summary import Fate, plural


@dataclass(frozen=True, slots=True)
class Subject:
    """What one proposal does: the outcome that belongs to it, its base branch, and how lines of files are linked to."""

    outcome: Outcome
    base: str
    link: Callable[[str, int], str | None]
    request_word: str
    is_suggestion: bool
    title: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """The body of a proposal, and what had no room in it."""

    body: str
    comments: tuple[str, ...] = ()


def title(subject: Subject, *, limit: int) -> str:
    """Say what happens, in `limit` characters at most."""
    images = by_image(by_fate(subject.outcome)[Fate.CHANGED])
    return (subject.title or f"Swap {plural(len(images), 'schema 1 image digest')}")[:limit]


def write(subject: Subject, *, body: int, comment: int) -> Written:  # noqa: ARG001 -- the first draft is short
    """Explain every image."""
    return Written(markdown.body(subject.outcome))
