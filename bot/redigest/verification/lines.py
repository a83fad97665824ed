"""One file before and after: which of the planned edits were made, and what else is different."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from redigest.model import Current, Decision, Edit, Swap, Unknown
from redigest.report.summary import plural
from redigest.screen import HEX_LENGTH, PREFIX
from redigest.verification.violations import Fault, Violation

_MOST = 100
"""Violations that are named of one file; somebody who changes more than that has not swapped digests."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of one file: the edits of the plan that were made, what is wrong, and the digests about whose places enough is said by that."""

    made: tuple[Decision, ...] = ()
    violations: tuple[Violation, ...] = ()
    spoilt: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line before and after: its number from 1, where it begins in the file before and after, and what the plan has for it in order of offset."""

    path: str
    number: int
    start: int
    new_start: int
    old: bytes
    new: bytes
    decisions: Sequence[Decision]

    def at(self, index: int, fault: Fault, message: str) -> Violation:
        """A violation at a byte of the changed line."""
        before = self.new[:index].removeprefix(_BOM) if self.number == 1 else self.new[:index]
        return Violation(self.path, self.number, len(before.decode("utf-8", "replace")) + 1, fault, message, self.new_start + index)


@dataclass(frozen=True, slots=True)
class _Wrong:
    """What is wrong at a byte of a changed line; where that is in characters takes as long to say as the line is."""

    line: _Line
    index: int
    fault: Fault
    message: str

    def violation(self) -> Violation:
        return self.line.at(self.index, self.fault, self.message)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What became of one line, as `Compared` has it of a file."""

    made: Sequence[Decision]
    wrong: Sequence[_Wrong]
    spoilt: Sequence[Decision]


def compare(path: str, old: bytes, new: bytes, decisions: Sequence[Decision]) -> Compared:
    """Hold a changed file against what the plan has for it; `decisions` are all for the file, in order of offset."""
    old_lines, new_lines = old.split(b"\n"), new.split(b"\n")
    made: list[Decision] = []
    spoilt: list[Decision] = []
    wrong: list[_Wrong] = []
    for line in _changed_lines(path, old_lines, new_lines, decisions):
        found, other = _walked(line)
        if other is None:
            made += found
        elif len(old_lines) != len(new_lines):
            return Compared((), (_other_lines(line, other, len(new_lines) - len(old_lines)).violation(),), tuple(decisions))
        elif len(line.old) != len(line.new):
            wrong.append(_other_length(line, other))
            spoilt += line.decisions
        else:
            judged = _judged(line)
            made += judged.made
            wrong += judged.wrong
            spoilt += judged.spoilt
    if len(old_lines) != len(new_lines):
        last = _Line(path, len(new_lines), len(old), len(new) - len(new_lines[-1]), b"", new_lines[-1], ())
        return Compared((), (_other_lines(last, 0, len(new_lines) - len(old_lines)).violation(),), tuple(decisions))
    named = wrong[:_MOST]
    if len(wrong) > _MOST:
        named.append(replace(wrong[_MOST], fault=Fault.OTHER_BYTES, message=f"and {len(wrong) - _MOST:,} more violations in this file"))
    return Compared(tuple(made), tuple(item.violation() for item in named), tuple(spoilt))


def _changed_lines(path: str, old: Sequence[bytes], new: Sequence[bytes], decisions: Sequence[Decision]) -> Iterator[_Line]:
    """The lines that are not the same, as far as both files have lines."""
    offsets = [decision.sighting.offset for decision in decisions]
    start = new_start = 0
    for number, (before, after) in enumerate(zip(old, new, strict=False), 1):
        if before != after:
            here = decisions[bisect_left(offsets, start) : bisect_left(offsets, start + len(before))]
            yield _Line(path, number, start, new_start, before, after, here)
        start += len(before) + 1
        new_start += len(after) + 1


def _walked(line: _Line) -> tuple[Sequence[Decision], int | None]:
    """The edits of the plan that were made in a line, and the first byte of the new line that they do not explain, `None` where they explain all."""
    made: list[Decision] = []
    position = new_position = 0
    for decision, edit in _edits(line.decisions):
        gap = line.old[position : edit.start - line.start]
        if not line.new.startswith(gap, new_position):
            return made, new_position + _alike(gap, line.new[new_position:])
        new_position += len(gap)
        if line.new.startswith(edit.before, new_position):
            new_position += len(edit.before)
        elif line.new.startswith(edit.after, new_position):
            new_position += len(edit.after)
            made.append(decision)
        else:
            return made, new_position
        position = edit.start - line.start + len(edit.before)
    rest, new_rest = line.old[position:], line.new[new_position:]
    return made, None if rest == new_rest else new_position + _alike(rest, new_rest)


def _alike(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common at their beginnings."""
    return next((index for index, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), min(len(one), len(other)))


def _edits(decisions: Sequence[Decision]) -> Iterator[tuple[Decision, Edit]]:
    return ((decision, decision.edit) for decision in decisions if decision.edit is not None)


def _judged(line: _Line) -> _Judged:
    """What of a line of the same length that is not as the plan allows was made by it, and what is wrong with the rest; at least one violation."""
    made: list[Decision] = []
    spoilt: list[Decision] = []
    wrong: list[_Wrong] = []
    position = 0
    for decision in line.decisions:
        start = decision.sighting.offset - line.start
        end = start + len(decision.sighting.text) - len(PREFIX)
        wrong += _other_bytes(line, position, start)
        position = max(position, end)
        if line.old[start:end] == line.new[start:end]:
            continue
        fault = _fault(decision, line.new[start:end].decode("utf-8", "replace"))
        if fault is None:
            made.append(decision)
        else:
            spoilt.append(decision)
            wrong.append(_Wrong(line, start, *fault))
    wrong += _other_bytes(line, position, len(line.old))
    if not wrong:
        raise AssertionError("a line of the same length that the edits of the plan do not make differs elsewhere")
    return _Judged(made, wrong, spoilt)


def _other_bytes(line: _Line, start: int, end: int) -> list[_Wrong]:
    if start >= end or line.old[start:end] == line.new[start:end]:
        return []
    at = start + _alike(line.old[start:end], line.new[start:end])
    return [_Wrong(line, at, Fault.OTHER_BYTES, "something other than a digest that may be swapped was changed")]


def _other_length(line: _Line, index: int) -> _Wrong:
    """A line that became longer or shorter, as when a digest was taken away."""
    before, after = _alike(line.old, line.new), _alike(line.old[::-1], line.new[::-1])
    for decision in line.decisions:
        sighting = decision.sighting
        end = sighting.offset - line.start + HEX_LENGTH
        pin = f"@{sighting.digest}".encode()
        at = end - len(pin)
        if len(line.old) - len(line.new) == len(pin) and at <= before and len(line.old) - end <= after and line.old.startswith(pin, at):
            what = f"{sighting.digest} was taken away, which is allowed with --unpin only, beside a tag and without an equivalent"
            return _Wrong(line, at, Fault.NO_EVIDENCE, what)
    return _Wrong(line, index, Fault.OTHER_BYTES, f"the line has another length: {len(line.new):,} bytes, and it had {len(line.old):,}")


def _other_lines(line: _Line, index: int, more: int) -> _Wrong:
    what = f"{plural(abs(more), 'line')} {'added' if more > 0 else 'taken away'}"
    return _Wrong(line, index, Fault.OTHER_BYTES, f"the file has other lines from here on, {what} in all")


def _fault(decision: Decision, new: str) -> tuple[Fault, str] | None:
    """What is wrong with other digits for a digest, `None` if they are those of the plan."""
    sighting, verdict = decision.sighting, decision.verdict
    change = f"{sighting.text} became sha256:{new}"
    if decision.edit is not None:
        if decision.edit.new is None:
            return Fault.OTHER_DIGEST, f"{change}, and it may only be taken away"
        return None if decision.edit.new.hex == new else (Fault.OTHER_DIGEST, f"{change}, and the evidence gives {decision.edit.new}")
    if not sighting.is_live and decision.reason == sighting.reason:
        return Fault.NOT_LIVE, f"{change} in a place that is to be left alone: {decision.reason or sighting.standing}"
    match verdict:
        case Swap():
            return Fault.NO_EVIDENCE, f"{change}, and it is to be left alone: {decision.reason}"
        case Current(reason=reason):
            return Fault.NO_EVIDENCE, f"{change}, and the old digest {reason}"
        case Unknown(reason=reason, is_passing=is_passing):
            return Fault.UNDECIDED if is_passing else Fault.NO_EVIDENCE, f"{change} without evidence: {reason}"
