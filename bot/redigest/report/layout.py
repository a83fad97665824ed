"""Markdown in blocks that know where a long text may be split."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

PARAGRAPHS = "\n\n"
LINES = "\n"

MOST_BYTES = 1 << 20
"""GitHub shows no job summary that is larger."""

_LONGEST_WHOLE = 64 << 10
"""Characters of a part that is rather left out than cut."""

_CUT = "\n\nThe rest has no room here; a report in JSON has all of it."


class NoRoom(Exception):
    """A text that is never split is longer than a page."""


@dataclass(frozen=True, slots=True)
class Block:
    """Items one after another. A text among them is never split, and a block is split between its items and nowhere else.

    `gap` stands between items, `head` before the first and `tail` behind the last; both are repeated around each part, where `again` takes the place of
    `head`. Items without text are left out, and a block without items has no text.
    """

    items: "tuple[Block | str, ...]"
    gap: str = PARAGRAPHS
    head: str = ""
    tail: str = ""
    again: str | None = None

    def __str__(self) -> str:
        inner = self.gap.join(text for item in self.items if (text := str(item)))
        return f"{self.head}{inner}{self.tail}" if inner else ""

    @property
    def head_of_rest(self) -> str:
        """What stands before the first item of every part but the first."""
        return self.head if self.again is None else self.again


Item = Block | str


def paragraphs(*items: Item) -> Block:
    """Items with blank lines between them."""
    return Block(items)


def bullets(texts: Iterable[str]) -> Block:
    """A list, one line for each text."""
    return Block(tuple(f"- {text}" for text in texts), LINES)


def section(title: str, *items: Item, level: int = 2) -> Block:
    """Items below a heading, which a later part repeats."""
    line = f"{'#' * level} {title}"
    return Block(items, head=f"{line}{PARAGRAPHS}", again=f"{line} (continued){PARAGRAPHS}")


def folded(summary: str, *items: Item) -> Block:
    """Items that a reader has to open; `summary` is HTML."""
    head = f"<details>\n<summary>{{}}</summary>{PARAGRAPHS}".format
    return Block(items, head=head(summary), again=head(f"{summary} (continued)"), tail=f"{PARAGRAPHS}</details>")


def between(lines: Sequence[str], *, first: int, last: int = 0) -> Block:
    """Lines of which the `first` and the `last` ones are repeated around each part: those of a table or of a code block."""
    inner = lines[first : len(lines) - last]
    return Block(tuple(inner), LINES, head=LINES.join([*lines[:first], ""]), tail=LINES.join(["", *lines[len(lines) - last :]]) if last else "")


def fitted(whole: Block, most: int = MOST_BYTES) -> str:
    """Write a report in at most `most` bytes of UTF-8; where its end is left out, the last line says so."""
    text = f"{whole}\n"
    room = len(text)
    while (size := len(text.encode())) > most:
        room = int(room * most / size) - len(_CUT) - 1  # in characters, which may be of several bytes each
        text = f"{pages(whole, first=room, room=_LONGEST_WHOLE)[0]}{_CUT}\n"
    return text


def pages(block: Block, *, first: int, room: int) -> list[str]:
    """Split a block into texts of at most `room` characters each; the first has `first` at most, and is empty where nothing has room in it.

    What has room on a page of its own is not split. Raises `NoRoom`.
    """
    return list(_pages(block, first, room))


def _pages(block: Block, first: int, room: int) -> Iterator[str]:
    page = _Page(block, block.head, first)
    rest = block.head_of_rest
    for item in block.items:
        text = str(item)
        if not text or page.put(text):
            continue
        if len(rest) + len(text) + len(block.tail) <= room:
            yield page.end()
            page = _Page(block, rest, room)
            page.put(text)
            continue
        if isinstance(item, str):
            raise NoRoom
        *full, last = _pages(item, page.left, room - len(rest) - len(block.tail))
        for part in full:
            page.put(part)
            yield page.end()
            page = _Page(block, rest, room)
        page.put(last)
    yield page.end()


class _Page:
    """What stands on the page that is being filled."""

    def __init__(self, block: Block, head: str, room: int) -> None:
        self._block = block
        self._head = head
        self._items: list[str] = []
        self._left = room - len(head) - len(block.tail)

    @property
    def left(self) -> int:
        """How many characters one more item may have."""
        return self._left - (len(self._block.gap) if self._items else 0)

    def put(self, text: str) -> bool:
        """Put an item on the page, and say whether it has room there."""
        if not text:
            return True
        if len(text) > self.left:
            return False
        self._left = self.left - len(text)
        self._items.append(text)
        return True

    def end(self) -> str:
        return f"{self._head}{self._block.gap.join(self._items)}{self._block.tail}" if self._items else ""
