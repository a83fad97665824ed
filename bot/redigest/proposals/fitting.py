"""Fitting an explanation into the limits of a forge: first everything in the body, then the details in comments, never Markdown cut in half."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from redigest.report.safety import table
from redigest.report.sections import Piece, folded, joined
from redigest.report.summary import plural

_MOST_OPEN = 10
"""Images whose details stand open; of more than these they are folded."""

_MOST_ROWS = 50
"""Rows of a table that stands open."""

_MOST_COMMENTS = 10
"""Nobody reads more of them; what would need more is said more shortly, and what still has no room is counted."""

_ROOM = 400
"""Characters that are kept free for what is said about parts."""

_TOO_LONG = "(A line was left out here because it is too long; the report of the run has it.)"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an explanation under one heading: what is always said, and details, for which `summary` stands while they are folded."""

    heading: str
    pieces: Sequence[Piece]
    details: Sequence[Piece] = ()
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An explanation in its parts: the head, a table with a row for each image, sections, and the tail."""

    head: Sequence[Piece]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    sections: Sequence[Section]
    tail: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Written:
    """The body of a proposal, and what had no room in it, as comments."""

    body: str
    comments: tuple[str, ...] = field(default=())


def fit(explanation: Explanation, *, body: int, comment: int) -> Written:
    """Write an explanation in a body and comments of no more than so many characters each."""
    is_folded = len(explanation.rows) > _MOST_OPEN
    sections = [piece for section in explanation.sections for piece in _pieces(section, is_folded=is_folded)]
    whole = joined([*explanation.head, *_table(explanation.columns, explanation.rows), *sections, *explanation.tail])
    if len(whole) <= body:
        return Written(whole)
    return _apart(explanation, body=body, comment=comment)


def _pieces(section: Section, *, is_folded: bool) -> list[Piece]:
    heading = [[section.heading]] if section.heading else []
    details = folded(section.summary, section.details) if is_folded and section.details else section.details
    return [*heading, *section.pieces, *details]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Piece]:
    if not rows:
        return []
    whole = [table(columns, rows)]
    return folded(plural(len(rows), "image"), whole) if len(rows) > _MOST_ROWS else whole


def _apart(explanation: Explanation, *, body: int, comment: int) -> Written:
    """The head, the table and the tail in the body, and the sections in comments; rows of the table that have no room go before them."""
    fixed = len(joined([*explanation.head, *explanation.tail])) + _ROOM
    shown = _rows_within(explanation, body - fixed)
    rest = [table(explanation.columns, explanation.rows[shown:])] if shown < len(explanation.rows) else []
    comments, missing = _comments(explanation, rest, limit=comment)
    said = [f"There is more to say than fits here: {plural(len(comments), 'comment')} below {'explains' if len(comments) == 1 else 'explain'} every image."]
    if missing:
        said = [f"There is more to say than fits here; of {plural(missing, 'section')} only the report of the run (`--report`) has the words."]
    more = [[f"{len(explanation.rows) - shown} more images stand in the comments."]] if rest else []
    rows = _table(explanation.columns, explanation.rows[:shown])
    return Written(joined([*explanation.head, said, *rows, *more, *explanation.tail]), comments)


def _rows_within(explanation: Explanation, room: int) -> int:
    """How many rows of the table fit."""
    used = len(joined(_table(explanation.columns, explanation.rows[:1]))) + 100
    for number, row in enumerate(explanation.rows):
        used += len(table([], [row])[-1]) + 1
        if used > room:
            return number
    return len(explanation.rows)


def _comments(explanation: Explanation, first: Sequence[Piece], *, limit: int) -> tuple[tuple[str, ...], int]:
    """The comments, and how many sections have no room even when they are said shortly."""
    room = limit - _ROOM
    full = list(_packed([first, *(_pieces(section, is_folded=False) for section in explanation.sections)], room))
    if len(full) <= _MOST_COMMENTS:
        return _numbered(full), 0
    short = list(_packed([first, *(_pieces(Section(section.heading, section.pieces), is_folded=False) for section in explanation.sections)], room))
    kept = short[:_MOST_COMMENTS]
    missing = sum(len([line for piece in pieces for line in piece if line.startswith("### ")]) for pieces in short[_MOST_COMMENTS:])
    return _numbered(kept), missing


def _numbered(parts: Sequence[Sequence[Piece]]) -> tuple[str, ...]:
    return tuple(joined([[f"**Part {number} of {len(parts)}** of the explanation above."], *pieces]) for number, pieces in enumerate(parts, 1))


def _packed(groups: Iterable[Sequence[Piece]], room: int) -> Iterator[list[Piece]]:
    """Put groups of pieces together so that each part has `room` characters at most; a group is split only where it has no room by itself."""
    part: list[Piece] = []
    used = 0
    for group in groups:
        for pieces in [list(group)] if _length(group) <= room else _split(group, room):
            length = _length(pieces)
            if part and used + length > room:
                yield part
                part, used = [], 0
            part = [*part, *pieces]
            used += length
    if part:
        yield part


def _length(pieces: Iterable[Piece]) -> int:
    return sum(sum(len(line) + 1 for line in piece) + 1 for piece in pieces)


def _split(pieces: Iterable[Piece], room: int) -> Iterator[list[Piece]]:
    """Split a group between its pieces, and a piece that has no room by itself between its lines. A fold is opened, since it cannot go over two parts."""
    for piece in pieces:
        if piece[:1] in (["<details>"], ["</details>"]):
            continue
        if _length([piece]) <= room:
            yield [piece]
        else:
            yield from ([part] for part in _split_lines(piece, room))


def _split_lines(piece: Piece, room: int) -> Iterator[Piece]:
    """Split a list, a table or a code block; the head of a table and the fences of a block stand in every part."""
    is_table, is_block = piece[0].startswith("| "), piece[0].startswith("```")
    head, lines, end = (piece[:2], piece[2:], []) if is_table else (piece[:1], piece[1:-1], piece[-1:]) if is_block else ([], piece, [])
    frame = _length([[*head, *end]])
    part: Piece = []
    used = frame
    for line in lines:
        shown = line if len(line) + frame + 2 <= room else _TOO_LONG
        if part and used + len(shown) + 1 > room:
            yield [*head, *part, *end]
            part, used = [], frame
        part.append(shown)
        used += len(shown) + 1
    if part:
        yield [*head, *part, *end]
