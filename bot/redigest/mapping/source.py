"""Mapping files as a source of digests: which rows answer for a digest, and what if they contradict each other."""

import shlex
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from redigest import reference
from redigest.mapping.blocks import is_gzip
from redigest.mapping.rows import LONGEST_NAME, Note, Row, plain, read
from redigest.model import Current, Digest, Evidence, EvidenceKind, Problem, Swap, Unknown, Verdict
from redigest.resolve import NO_CONTEXT, Context, Question

_NOTES_OF_ONE_FILE = 100
_ROWS_NAMED = 5
"""How many rows the reason of a conflict names before it only counts them."""


class MappingFiles:
    """A digest source over mapping files; they are streamed for every call and never held in memory."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(dict.fromkeys(paths))
        self._notes: tuple[Note, ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the last call of `answer` skipped, in order; of one file the first hundred rows, then how many more there are."""
        return self._notes

    @property
    def problems(self) -> Sequence[Problem]:
        """The notes as problems of the files."""
        return tuple(Problem(note.file, note.line, f"column {note.column}: {note.reason}") for note in self._notes)

    def answer(self, questions: Collection[Question], _context: Context = NO_CONTEXT, /) -> Mapping[Question, Verdict]:
        """Answer by digest alone; name and tag of a question decide only between rows that contradict each other.

        Raises `UsageError` for a file that cannot be read, that has no rows, or that does not say which digest is which.
        """
        wanted = frozenset(question.digest for question in questions)
        if not wanted:
            return {}
        rows, self._notes = self._gather(wanted)
        replacements = frozenset(row.new for row in rows if row.old in wanted) - wanted
        if replacements:  # a chain goes on where the schema 2 digest of one row is the schema 1 digest of another
            rows += [row for row in self._gather(replacements)[0] if row.old in replacements]
        table = _Table.of(rows, packed=frozenset(str(path) for path in self._paths if is_gzip(path)))
        verdicts = {question: table.verdict(question) for question in questions}
        return {question: verdict for question, verdict in verdicts.items() if verdict is not None}

    def _gather(self, wanted: frozenset[Digest]) -> tuple[list[Row], tuple[Note, ...]]:
        rows: list[Row] = []
        notes: list[Note] = []
        for path in self._paths:
            skipped: list[Note] = []
            count = 0
            for entry in read(path, wanted):
                if isinstance(entry, Row):
                    rows.append(entry)
                else:
                    count += 1
                    skipped[_NOTES_OF_ONE_FILE:] = [entry]  # the first ones, and the last one behind them
            if count > _NOTES_OF_ONE_FILE:
                rest = f"{count - _NOTES_OF_ONE_FILE:,} more rows up to this one are skipped; `redigest mapping check` tells why"
                skipped[-1] = replace(skipped[-1], reason=rest)
            notes += skipped
        return rows, tuple(notes)


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows that concern the questions, by schema 1 and by schema 2 digest; `packed` are the files that take `zgrep`."""

    by_old: Mapping[Digest, Sequence[Row]]
    by_new: Mapping[Digest, Sequence[Row]]
    packed: frozenset[str]

    @classmethod
    def of(cls, rows: Iterable[Row], *, packed: frozenset[str]) -> "_Table":
        by_old: dict[Digest, list[Row]] = defaultdict(list)
        by_new: dict[Digest, list[Row]] = defaultdict(list)
        for row in rows:
            by_old[row.old].append(row)
            by_new[row.new].append(row)
        return cls(dict(by_old), dict(by_new), packed)

    def verdict(self, question: Question) -> Verdict | None:
        """Give the verdict of the rows, `None` if no row has the digest."""
        as_old, as_new = (rows.get(question.digest, ()) for rows in (self.by_old, self.by_new))
        if as_old and as_new:
            both = f"{as_old[0].place} lists {_short(question.digest)} as a schema 1 digest and {as_new[0].place} lists it as a schema 2 digest"
            return Unknown(f"conflict: {both}", is_schema_1=True, is_conflict=True)
        if as_old:
            return self._replacement(question, as_old)
        return Current((self._current(_closest(question, as_new), len(as_new)),)) if as_new else None

    def _replacement(self, question: Question, rows: Sequence[Row]) -> Verdict:
        agreed = _decide(question, rows)
        if not agreed:
            given = "; ".join(f"{_short(new)} in {_places(group)}" for new, group in _by_replacement(rows).items())
            several = f"{_short(question.digest)} has several schema 2 digests, and name and tag do not decide"
            return Unknown(f"conflict: {several}: {given}", is_schema_1=True, is_conflict=True)
        row = _closest(question, agreed)
        if further := self.by_old.get(row.new):
            first = f"{row.place} replaces {_short(row.old)} by {_short(row.new)}"
            return Unknown(f"conflict: {first}, which {further[0].place} lists as a schema 1 digest", is_schema_1=True, is_conflict=True)
        return Swap(row.old, row.new, (self._swap(row, agreeing=len(agreed), differing=[row for row in rows if row.new != agreed[0].new]),))

    def _swap(self, row: Row, *, agreeing: int, differing: Sequence[Row]) -> Evidence:
        detail = f"{row.place} lists {_short(row.old)}{_image(row)} as schema 1 and {_short(row.new)} as its schema 2 digest{_agreement(agreeing)}"
        if differing:
            detail += f"; {_places(differing)} give another one for another repository or tag"
        return Evidence(EvidenceKind.MAPPING, detail, self._check(row.old, row.file))

    def _current(self, row: Row, agreeing: int) -> Evidence:
        detail = f"{row.place} lists {_short(row.new)}{_image(row)} as a schema 2 digest{_agreement(agreeing)}"
        return Evidence(EvidenceKind.MAPPING, detail, self._check(row.new, row.file))

    def _check(self, digest: Digest, file: str) -> str:
        return shlex.join(["zgrep" if file in self.packed else "grep", "-inF", "--", digest.hex, file])


def _decide(question: Question, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that agree on one schema 2 digest: all, or those of the repository, or those of repository and tag; none if even these differ."""
    named = [row for row in rows if _is_same_repository(row, question)]
    tagged = [row for row in named if row.tag is not None and row.tag == question.tag]
    return next((chosen for chosen in (rows, named, tagged) if len({row.new for row in chosen}) == 1), ())


def _closest(question: Question, rows: Sequence[Row]) -> Row:
    return max(rows, key=lambda row: (_is_same_repository(row, question), row.tag == question.tag))


def _is_same_repository(row: Row, question: Question) -> bool:
    return row.repository is not None and question.name is not None and _path(row.repository) == _path(question.name)


def _path(name: str) -> str:
    """The repository without its registry: the same images are found at registry.redhat.io, at registry.access.redhat.com and on mirrors."""
    parsed = reference.parse(name) if len(name) <= LONGEST_NAME else None
    return (parsed.repository if parsed else name).removeprefix("library/")


def _by_replacement(rows: Iterable[Row]) -> dict[Digest, list[Row]]:
    groups: dict[Digest, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.new, []).append(row)
    return groups


def _places(rows: Sequence[Row]) -> str:
    named = ", ".join(row.place for row in rows[:_ROWS_NAMED])
    return named if len(rows) <= _ROWS_NAMED else f"{named} and {len(rows) - _ROWS_NAMED:,} more rows"


def _image(row: Row) -> str:
    repository = f" of {plain(row.repository)}" if row.repository else ""
    return repository + (f" tag {plain(row.tag)}" if row.tag else "")


def _agreement(rows: int) -> str:
    match rows:
        case 1:
            return ""
        case 2:
            return "; 1 more row agrees"
        case _:
            return f"; {rows - 1:,} more rows agree"


def _short(digest: Digest) -> str:
    return f"sha256:{digest.short}…"
