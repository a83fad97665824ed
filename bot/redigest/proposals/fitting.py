"""Fitting an explanation into the limits of a forge: folded, then spread over comments, then shorter, and never Markdown cut in half."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from redigest.report.layout import Block, Item, NoRoom, folded, pages, paragraphs, section
from redigest.report.summary import plural

_MOST_OPEN = 10
"""Images that are explained openly; of more than these each is folded."""

_MOST_ROWS = 30
"""Rows of a table that stands open."""

_MOST_COMMENTS = 20
"""More of them nobody reads, and forges bound how fast they are written."""

_LONGEST = (1000, 200, 40)
"""Characters of one foreign text, from what reads best down to what fits nearly everywhere."""

_ROOM = 500
"""Characters that are kept free for what is said about the parts."""


@dataclass(frozen=True, slots=True)
class Detail:
    """All about one image: its name as Markdown, its name as HTML with the extent, for while it is folded, and what is said."""

    title: str
    summary: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """An explanation in its parts; `table` has a row for each image, `sections` are what is said besides of other digests."""

    lead: Item
    table: Block
    details: tuple[Detail, ...]
    sections: tuple[Item, ...]
    tail: Item


@dataclass(frozen=True, slots=True)
class Written:
    """The body of a proposal, and what had no room in it, to be written as comments."""

    body: str
    comments: tuple[str, ...] = ()


def fit(explained: Callable[[int], Explanation], *, body: int, comment: int) -> Written:
    """Write an explanation in a body and comments of at most so many characters each.

    `explained` makes it for a greatest length of foreign texts. What has no room even so is counted, not cut; a body without room stays empty.
    """
    for longest in _LONGEST:
        explanation = explained(longest)
        for arrange in (_whole, _apart, _short):
            with suppress(NoRoom):
                return arrange(explanation, body, comment)
    return _least(explained(_LONGEST[-1]), body)


def _whole(explanation: Explanation, body: int, _: int) -> Written:
    text = str(paragraphs(explanation.lead, _table(explanation), _details(explanation), *explanation.sections, explanation.tail))
    if len(text) > body:
        raise NoRoom
    return Written(text)


def _apart(explanation: Explanation, body: int, comment: int) -> Written:
    """The details in comments, and with them what else has no room in the body."""
    lead, tail = _frame(explanation, body)
    around = len(str(paragraphs(lead, tail))) + _ROOM
    table = _table(explanation) if around + len(str(_table(explanation))) <= body else ""
    moved = [*_moved(explanation, lead), "" if table else explanation.table, _details(explanation), *explanation.sections, "" if tail else explanation.tail]
    parts = pages(paragraphs(*moved), first=comment - _ROOM, room=comment - _ROOM)
    if len(parts) > _MOST_COMMENTS:
        raise NoRoom
    said = f"The details of each image are in {plural(len(parts), 'comment')} below."
    return Written(_within(body, paragraphs(lead, said, table, tail)), _numbered(parts))


def _short(explanation: Explanation, body: int, comment: int) -> Written:
    """The table and what is said of other digests, as far as there are comments for it, and no details."""
    lead, tail = _frame(explanation, body)
    around = len(str(paragraphs(lead, tail))) + _ROOM
    table, *rest = pages(explanation.table, first=body - around, room=comment - _ROOM)
    others = paragraphs(*explanation.sections, "" if tail else explanation.tail)
    parts = [*map(str, _moved(explanation, lead)), *rest, *(pages(others, first=comment - _ROOM, room=comment - _ROOM) if str(others) else [])]
    kept = parts[:_MOST_COMMENTS]
    said = paragraphs(*_said(explanation, shown=sum(map(_rows, [table, *kept])), parts=len(kept), is_cut=len(kept) < len(parts)))
    return Written(_within(body, paragraphs(lead, said, table, tail)), _numbered(kept))


def _frame(explanation: Explanation, body: int) -> tuple[Item, Item]:
    """What of lead and tail has room in the body, beside what is said about the parts."""
    whole = explanation.lead, explanation.tail
    return next((frame for frame in (whole, (explanation.lead, "")) if len(str(paragraphs(*frame))) + _ROOM <= body), ("", ""))


def _moved(explanation: Explanation, lead: Item) -> list[Item]:
    return [] if lead else [explanation.lead]


def _within(body: int, text: Block) -> str:
    return str(text) if len(str(text)) <= body else ""


def _said(explanation: Explanation, *, shown: int, parts: int, is_cut: bool) -> Iterator[str]:
    """What is told of what had no room."""
    count = len(explanation.details)
    where = f"The table and {plural(parts, 'comment')} below list" if parts else "The table lists"
    yield f"These are too many images to explain each of them here. {where} {'all of them' if shown == count else f'{shown:,} of {count:,}'}."
    yield "`redigest run --report report.md` writes places, evidence and commands for all, and `redigest explain REFERENCE` shows what there is for one image."
    if is_cut:
        yield "Not even the list of what was left alone has room in full; that report has it."


def _least(explanation: Explanation, body: int) -> Written:
    """What there is room for when people have nearly filled the body, or a forge leaves next to none."""
    texts = (str(paragraphs(explanation.lead, explanation.tail)), str(explanation.lead), str(explanation.lead).partition("\n")[0], "")
    return Written(next((text for text in texts if len(text) <= body), ""))


def _table(explanation: Explanation) -> Block:
    count = len(explanation.details)
    return folded(f"All {count} images in a table", explanation.table) if count > _MOST_ROWS else explanation.table


def _details(explanation: Explanation) -> Block:
    is_open = len(explanation.details) <= _MOST_OPEN
    return section(
        "What changes, image by image",
        *(section(detail.title, *detail.items, level=3) if is_open else folded(detail.summary, *detail.items) for detail in explanation.details),
    )


def _rows(page: str) -> int:
    """How many rows of the table a page has; no other table is made."""
    return max(0, f"\n{page}".count("\n| ") - 2)


def _numbered(parts: list[str]) -> tuple[str, ...]:
    """The texts of comments; the body is the first part."""
    count = len(parts) + 1
    return tuple(f"**Part {number} of {count}** of what the description above explains.\n\n{part}" for number, part in enumerate(parts, 2))
