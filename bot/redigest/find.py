"""From the bytes of a file to its sightings: a reader says what each digest stands in, the rules say what that means."""

import contextlib
import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from redigest import embedded, places, screen
from redigest.comments import is_commented
from redigest.document import Note, Role, Spot
from redigest.model import Digest, Problem, Sighting, Standing
from redigest.own_reports import REASON, is_own_report
from redigest.readers import FORMATS, START, format_of, lines, plain
from redigest.readers.nodes import Unreadable
from redigest.reference import pinned_at
from redigest.rules import FileRules, Rule, Rules, Shape
from redigest.shapes import Fit, fit
from redigest.text import Text, lines_and_columns

_EMBEDDED_DEPTH = 8
_CLOSED = (Shape.NOT_AN_IMAGE, Shape.PROSE)


@dataclass(frozen=True, slots=True)
class Found:
    """What one file holds: sightings in order of offset, and remarks on how it was read."""

    sightings: tuple[Sighting, ...]
    problems: tuple[Problem, ...] = ()


def find(path: str, data: bytes, rules: Rules, *, prefix: str = "") -> Found:
    """Find every digest in the bytes of one file. Raises nothing.

    `path` is its path in the tree, with `/` between the parts; `prefix` is the way to the tree from the top of its repository, which rules may name.
    """
    low_byte = screen.UTF_16.get(data[:2])
    if low_byte is not None:
        found = unread(path, data[2 + low_byte :: 2], first=2 + low_byte, unit=2, reason="the file is UTF-16")
        return found if found.sightings else unread(path, data, reason="the file begins with the mark of UTF-16 and goes on as something else")
    if b"\0" in data:
        return unread(path, data, reason="the file is binary")
    if is_own_report(path, data):
        return unread(path, data, reason=REASON, standing=Standing.NOT_AN_IMAGE)
    with _collecting_nothing():
        return _Finder(path, data, rules, prefix).found()


@contextlib.contextmanager
def _collecting_nothing() -> Iterator[None]:
    """Keep the garbage collector from going over the nodes of a document again and again while they are made; they hold no cycles, so none are left."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def unread(path: str, data: bytes, *, reason: str, first: int = 0, unit: int = 1, standing: Standing = Standing.UNPLACED) -> Found:
    """The digests of a file that is never edited; `data` holds its characters, which stand at every `unit` bytes from `first` on."""
    text = Text.of_file(data)
    starts = [(at, *screen.digits_at(text.chars, at)) for at in screen.hits(text.chars, bare=False)]
    offsets = [text.offset(start, 1) or 0 for _, start, _ in starts]
    return Found(
        tuple(
            Sighting(
                path=path,
                offset=first + unit * offset,
                line=line,
                column=column,
                text=screen.PREFIX + digits[: screen.HEX_LENGTH],
                digest=_digest(digits),
                rule=None,
                place="file",
                name=None,
                tag=None,
                standing=standing,
                reason=reason,
            )
            for (_, _, digits), offset, (line, column) in zip(starts, offsets, lines_and_columns(data, offsets), strict=True)
        )
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    """A sighting that still lacks its line and column."""

    offset: int
    text: str
    digest: Digest | None
    rule: Rule | None
    place: str
    fit: Fit


@dataclass(frozen=True, slots=True)
class _Level:
    """A file, or a file inside a value of another: its path for the rules, its text, and the place of the value around it."""

    path: str
    text: Text
    place: str = ""
    depth: int = 0


class _Finder:
    """The way of one file through its reader, the texts embedded in it, and the rules."""

    def __init__(self, path: str, data: bytes, rules: Rules, prefix: str) -> None:
        self.path = path
        self.top = _Level(prefix + path, Text.of_file(data))
        self.data = data
        self.rules = rules
        self.drafts: dict[int, _Draft] = {}
        self.notes: list[tuple[int, str]] = []

    def found(self) -> Found:
        text = self.top.text
        hits = screen.hits(text.chars, bare=screen.has_bare(self.data, self.rules.bare_keys))
        try:
            self._take(FORMATS[format_of(self.path, text.chars[:START])].reader(text, hits), self.top)
        except Unreadable as problem:
            self._note(text, Note(problem.at, f"the file is not what its name says ({problem.reason}) and was read line by line"))
            self._take(lines.read(text, hits), self.top)
        self._take_rest(hits)
        drafts = sorted(self.drafts.values(), key=lambda draft: draft.offset)
        positions = lines_and_columns(self.data, [draft.offset for draft in drafts])
        noted = sorted(self.notes)
        noted_at = lines_and_columns(self.data, [offset for offset, _ in noted])
        return Found(
            tuple(self._sighting(draft, position) for draft, position in zip(drafts, positions, strict=True)),
            tuple(Problem(self.path, line, reason) for (_, reason), (line, _) in zip(noted, noted_at, strict=True)),
        )

    def _take(self, found: Iterable[Spot | Note], level: _Level) -> None:
        spots: list[Spot] = []
        for item in found:
            if isinstance(item, Note):
                self._note(level.text, item)
            else:
                spots.append(item)
        rules = self.rules.for_file(level.path)
        for _, group in groupby(spots, key=lambda spot: id(spot.value)):
            self._take_value(list(group), rules, level)

    def _take_value(self, spots: list[Spot], file_rules: FileRules, level: _Level) -> None:
        """Place all digests of one value, from the inside out: what stands in an embedded file is placed by its own reader."""
        first = spots[0]
        rules = file_rules.at(first)
        is_closed = any(rule.shape in _CLOSED and fit(rule, first) for rule in rules)
        if first.role is Role.VALUE and level.depth < _EMBEDDED_DEPTH and not is_closed:
            given = next((rule.format for rule in rules if rule.shape is Shape.EMBEDDED), None)
            name = next((step for step in reversed(first.path) if isinstance(step, str)), None)
            inner = embedded.read(first.value, [spot.at for spot in spots], name=name, given=given)
            if inner is not None:
                place = f"{self._place(first, level.place)} > "
                self._take(inner.found, _Level(f"{level.path}/{inner.name}", first.value, place, level.depth + 1))
        for spot in spots:
            self._place_spot(spot, rules, level.place)

    def _take_rest(self, hits: list[int]) -> None:
        """What no reader has placed is listed all the same."""
        text = self.top.text
        rest = []
        for at in hits:
            start, _ = screen.digits_at(text.chars, at)
            if start > at and text.offset(start, 1) not in self.drafts:
                rest.append(at)
        self._take(plain.read(text, rest), self.top)

    def _place_spot(self, spot: Spot, rules: tuple[Rule, ...], outer: str) -> None:
        start, digits = screen.digits_at(spot.value.chars, spot.at)
        offset = spot.value.offset(start, 1)
        if offset is None or offset in self.drafts:
            return
        rule, placed = self._decide(spot, rules, start, digits)
        if start == spot.at and not (rule is not None and rule.takes_bare_hex):
            return
        is_whole = spot.value.offset(spot.at, start - spot.at + min(len(digits), screen.HEX_LENGTH)) is not None
        if not is_whole and placed.standing in (Standing.LIVE, Standing.MENTION, Standing.UNPLACED):
            placed = Fit(Standing.UNREADABLE, placed.name, placed.tag, "the digest is escaped or broken over lines here; change it by hand")
        text = screen.PREFIX + digits[: screen.HEX_LENGTH]
        self.drafts[offset] = _Draft(offset, text, _digest(digits), rule, self._place(spot, outer), placed)

    def _decide(self, spot: Spot, rules: tuple[Rule, ...], start: int, digits: str) -> tuple[Rule | None, Fit]:
        if start > spot.at and (miss := _near_miss(spot.value.chars, spot.at, start=start, digits=digits)):
            return None, Fit(Standing.NOT_AN_IMAGE, reason=miss)
        for rule in rules:
            fitted = fit(rule, spot)
            if fitted is not None:
                return rule, fitted
        return None, _without_rule(spot)

    def _place(self, spot: Spot, outer: str) -> str:
        match spot.role:
            case Role.COMMENT:
                return f"{outer}comment"
            case Role.PROSE | Role.TEXT:
                return f"{outer}{places.in_words(spot.path) or 'text'}"
            case _:
                key = " (key)" if spot.role is Role.KEY else ""
                return f"{outer}{places.of_spot(spot) or (outer and 'text')}{key}"

    def _note(self, text: Text, note: Note) -> None:
        offset = text.offset(min(note.at, max(0, len(text.chars) - 1)), 1) if text.chars else 0
        self.notes.append((offset or 0, note.reason))

    def _sighting(self, draft: _Draft, position: tuple[int, int]) -> Sighting:
        return Sighting(
            path=self.path,
            offset=draft.offset,
            line=position[0],
            column=position[1],
            text=draft.text,
            digest=draft.digest,
            rule=draft.rule.id if draft.rule else None,
            place=draft.place,
            name=draft.fit.name,
            tag=draft.fit.tag,
            standing=draft.fit.standing,
            reason=draft.fit.reason,
            is_tagged=draft.fit.is_tagged,
        )


def _digest(digits: str) -> Digest | None:
    return Digest(digits) if len(digits) == screen.HEX_LENGTH and digits == digits.lower() else None


def _near_miss(chars: str, at: int, *, start: int, digits: str) -> str | None:
    """Why something that begins like a digest is none, `None` if it is one."""
    if len(digits) != screen.HEX_LENGTH:
        return f"{len(digits)} hex digits follow sha256:, a digest has 64"
    if digits != digits.lower():
        return "upper-case hex digits; a digest is written in lower case"
    end = start + len(digits)
    if chars[end : end + 1].isalnum() or chars[end : end + 1] == "_":
        return "the digest runs into other letters"
    if at and (chars[at - 1].isalnum() or chars[at - 1] == "_"):
        return "something other than sha256 stands before the digest"
    return None


_MENTIONS = {Role.COMMENT: "a comment", Role.PROSE: "prose"}


def _without_rule(spot: Spot) -> Fit:
    """How a digest stands that no rule takes."""
    chars = spot.value.chars
    pinned = pinned_at(chars, spot.at)
    name, tag = (pinned.name, pinned.tag) if pinned else (spot.repository, None)
    mention = _MENTIONS.get(spot.role)
    if mention is None and pinned and spot.role is Role.TEXT:
        mention = "text in a format that is not known"
    if mention is None and is_commented(chars, spot.at):
        mention = "a comment"
    if mention is not None:
        return Fit(Standing.MENTION, name, tag, mention)
    if chars.endswith("@", 0, spot.at):
        return Fit(Standing.UNPLACED, reason="what stands around the digest is not a valid image reference")
    return Fit(Standing.UNPLACED, name, tag, "a digest without an image beside it, at a place that no rule names")
