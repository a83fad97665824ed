"""Mapping files as a source of digests: which rows answer for a digest, and what if they contradict each other."""

import contextlib
import shlex
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from redigest.mapping import index
from redigest.mapping.blocks import blocks
from redigest.mapping.columns import Columns, columns_of
from redigest.mapping.files import MappingFile
from redigest.mapping.locate import FOLDER, located
from redigest.mapping.rows import Note, Row, path_of, plain, read
from redigest.model import Current, Digest, Evidence, EvidenceKind, Problem, Swap, Unknown, Verdict
from redigest.resolve import NO_CONTEXT, Context, Question
from redigest.urls import is_url

_NOTES_OF_ONE_FILE = 100
_ROWS_NAMED = 5
"""How many rows the reason of a conflict names before it only counts them."""


class MappingFiles:
    """A digest source over mapping files, each named by path or URL; they are read for every call and never held in memory.

    The folder `cache` keeps copies of what URLs name, and indexes of large files; without one there are no indexes, and copies are in the default folder.
    What a URL names is fetched when the first question comes, and once.
    """

    def __init__(self, names: Iterable[Path | str | MappingFile], *, cache: Path | None = None, offline: bool = False) -> None:
        self.names = tuple(dict.fromkeys(names))
        self._cache = cache
        self._offline = offline
        self._files: tuple[MappingFile, ...] | None = None
        self._fetching: tuple[Problem, ...] = ()
        self._notes: tuple[Note, ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the last call of `answer` skipped, in order; of one file the first hundred rows, then how many more there are."""
        return self._notes

    @property
    def problems(self) -> Sequence[Problem]:
        """Why copies of files are used that may be old, and the notes as problems of the files."""
        return (*self._fetching, *(Problem(note.file, note.line, note.reason, is_outside=True, column=note.column) for note in self._notes))

    def files(self) -> tuple[MappingFile, ...]:
        """The files; what URLs name is fetched at the first call. Raises `UsageError` for one that cannot be had."""
        if self._files is None:
            self._files, self._fetching = located(self.names, cache=self._cache, offline=self._offline)
        return self._files

    def answer(self, questions: Collection[Question], _context: Context = NO_CONTEXT, /) -> Mapping[Question, Verdict]:
        """Answer by digest alone; name and tag of a question decide only between rows that contradict each other.

        Raises `UsageError` for a file that cannot be had or read, that has neither rows nor a header, or that does not say which digest is which.
        """
        wanted = frozenset(question.digest for question in questions)
        if not wanted:
            return {}
        with contextlib.ExitStack() as stack:
            readings = [stack.enter_context(_reading(file, self._cache)) for file in self.files()]
            rows, self._notes = _gather(readings, wanted)
            replacements = frozenset(row.new for row in rows if row.old in wanted) - wanted
            if replacements:  # a chain goes on where the schema 2 digest of one row is the schema 1 digest of another
                rows += [row for row in _gather(readings, replacements)[0] if row.old in replacements]
        table = _Table.of(rows, packed=frozenset(reading.file.name for reading in readings if reading.is_packed))
        verdicts = {question: table.verdict(question) for question in questions}
        return {question: verdict for question, verdict in verdicts.items() if verdict is not None}


@dataclass(frozen=True, slots=True)
class _Reading:
    """A file that is open for questions."""

    file: MappingFile
    columns: Columns
    is_packed: bool
    index: index.Index | None

    def entries(self, wanted: frozenset[Digest]) -> Iterator[Row | Note]:
        found = self.index.blocks(wanted) if self.index else blocks(self.file)
        return read(self.file.name, found, self.columns, wanted)


@contextlib.contextmanager
def _reading(file: MappingFile, cache: Path | None) -> Iterator[_Reading]:
    columns = columns_of(file)
    is_packed = file.is_packed
    if cache is None:
        yield _Reading(file, columns, is_packed, None)
        return
    with index.opened(file, cache / FOLDER, digests=columns.digests) as found:
        yield _Reading(file, columns, is_packed, found)


def _gather(readings: Iterable[_Reading], wanted: frozenset[Digest]) -> tuple[list[Row], tuple[Note, ...]]:
    rows: list[Row] = []
    notes: list[Note] = []
    for reading in readings:
        skipped: list[Note] = []
        count = 0
        for entry in reading.entries(wanted):
            if isinstance(entry, Row):
                rows.append(entry)
            else:
                count += 1
                skipped[_NOTES_OF_ONE_FILE:] = [entry]  # the first ones, and the last one behind them
        if count > _NOTES_OF_ONE_FILE:
            more = count - _NOTES_OF_ONE_FILE
            rest = f"{_more(more)} up to this one {'is' if more == 1 else 'are'} skipped; `redigest mapping check` tells why"
            skipped[-1] = replace(skipped[-1], reason=rest)
        notes += skipped
    return rows, tuple(notes)


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows that concern the questions, by schema 1 and by schema 2 digest; `packed` are the names of those that are gzipped."""

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
        look = ("-inF", "--", digest.hex)
        is_packed = file in self.packed
        if not is_url(file):
            return shlex.join(["zgrep" if is_packed else "grep", *look, file])
        steps = (["curl", "-fsSL", "--", file], *([["gzip", "-dc"]] if is_packed else []), ["grep", *look])
        return " | ".join(map(shlex.join, steps))


def _decide(question: Question, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that agree on one schema 2 digest: all, or those of the repository, or those of repository and tag; none if even these differ."""
    named = [row for row in rows if _is_same_repository(row, question)]
    tagged = [row for row in named if row.tag is not None and row.tag == question.tag]
    return next((chosen for chosen in (rows, named, tagged) if len({row.new for row in chosen}) == 1), ())


def _closest(question: Question, rows: Sequence[Row]) -> Row:
    return max(rows, key=lambda row: (_is_same_repository(row, question), row.tag == question.tag))


def _is_same_repository(row: Row, question: Question) -> bool:
    return row.repository is not None and question.name is not None and path_of(row.repository) == path_of(question.name)


def _by_replacement(rows: Iterable[Row]) -> dict[Digest, list[Row]]:
    groups: dict[Digest, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.new, []).append(row)
    return groups


def _places(rows: Sequence[Row]) -> str:
    named = ", ".join(row.place for row in rows[:_ROWS_NAMED])
    return named if len(rows) <= _ROWS_NAMED else f"{named} and {_more(len(rows) - _ROWS_NAMED)}"


def _more(rows: int) -> str:
    return f"{rows:,} more row{'s' if rows != 1 else ''}"


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
