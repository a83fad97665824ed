"""One file before and after: which of the planned edits were made, and what else is different."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from redigest.model import Current, Decision, Edit, Swap, Unknown
from redigest.report.summary import plural
from redigest.screen import HEX_LENGTH
from redigest.verification.violations import Fault, Violation

_MOST = 100
"""Violations that are named of one file; somebody who changes more than that has not swapped digests."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of one file. `is_aligned` tells that its lines are those that it had, so that what was not made is known too."""

    made: tuple[Decision, ...]
    violations: tuple[Violation, ...]
    is_aligned: bool = True


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


def compare(path: str, old: bytes, new: bytes, decisions: Sequence[Decision]) -> Compared:
    """Hold a changed file against what the plan has for it; `decisions` are all for the file, in order of offset."""
    old_lines, new_lines = old.split(b"\n"), new.split(b"\n")
    made: list[Decision] = []
    violations: list[Violation] = []
    for line in _changed_lines(path, old_lines, new_lines, decisions):
        found = _made(line)
        if found is None and len(old_lines) != len(new_lines):
            return Compared((), (_other_lines(line, len(new_lines) - len(old_lines)),), is_aligned=False)
        if found is None:
            found, faults = _judged(line)
            violations += faults
        made += found
    if len(old_lines) != len(new_lines):
        last = _Line(path, len(new_lines), len(old), len(new) - len(new_lines[-1]), b"", new_lines[-1], ())
        return Compared((), (_other_lines(last, len(new_lines) - len(old_lines)),), is_aligned=False)
    if len(violations) > _MOST:
        rest = f"and {len(violations) - _MOST:,} more violations in this file"
        violations[_MOST:] = [Violation(path, violations[_MOST].line, violations[_MOST].column, Fault.OTHER_BYTES, rest, violations[_MOST].offset)]
    return Compared(tuple(made), tuple(violations))


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


def _made(line: _Line) -> list[Decision] | None:
    """The edits that make the old line the new one, `None` if the edits of the plan do not."""
    made: list[Decision] = []
    position = new_position = 0
    for decision, edit in _edits(line.decisions):
        gap = line.old[position : edit.start - line.start]
        if not line.new.startswith(gap, new_position):
            return None
        new_position += len(gap)
        if line.new.startswith(edit.before, new_position):
            new_position += len(edit.before)
        elif line.new.startswith(edit.after, new_position):
            new_position += len(edit.after)
            made.append(decision)
        else:
            return None
        position = edit.start - line.start + len(edit.before)
    return made if line.old[position:] == line.new[new_position:] else None


def _edits(decisions: Sequence[Decision]) -> Iterator[tuple[Decision, Edit]]:
    return ((decision, decision.edit) for decision in decisions if decision.edit is not None)


def _judged(line: _Line) -> tuple[list[Decision], list[Violation]]:
    """What of a line that is not as the plan allows was made by it, and what is wrong with the rest; at least one violation."""
    if len(line.old) != len(line.new):
        return [], [_other_length(line)]
    made: list[Decision] = []
    violations: list[Violation] = []
    position = 0
    for decision in line.decisions:
        start = decision.sighting.offset - line.start
        end = min(start + HEX_LENGTH, len(line.old))
        violations += _other_bytes(line, position, start)
        position = max(position, end)
        old, new = line.old[start:end], line.new[start:end]
        if old == new:
            continue
        fault = _fault(decision, new.decode("utf-8", "replace"))
        if fault is None:
            made.append(decision)
        else:
            violations.append(line.at(start, *fault))
    violations += _other_bytes(line, position, len(line.old))
    return made, violations or [line.at(0, Fault.OTHER_BYTES, "the line was changed in another way than the evidence gives")]


def _other_bytes(line: _Line, start: int, end: int) -> list[Violation]:
    if start >= end or line.old[start:end] == line.new[start:end]:
        return []
    index = next(index for index in range(start, end) if line.old[index] != line.new[index])
    return [line.at(index, Fault.OTHER_BYTES, "something other than a digest that may be swapped was changed")]


def _other_length(line: _Line) -> Violation:
    """A line that became longer or shorter, as when a digest was taken away."""
    for decision in line.decisions:
        sighting = decision.sighting
        start = sighting.offset - line.start
        pin = f"@{sighting.digest}".encode()
        at = start + HEX_LENGTH - len(pin)
        if line.old[:at] + line.old[start + HEX_LENGTH :] == line.new and line.old[at:].startswith(pin):
            return line.at(
                at, Fault.NO_EVIDENCE, f"{sighting.digest} was taken away, which is allowed with --unpin only, beside a tag and without an equivalent"
            )
    index = next((index for index, (old, new) in enumerate(zip(line.old, line.new, strict=False)) if old != new), min(len(line.old), len(line.new)))
    return line.at(index, Fault.OTHER_BYTES, f"the line has another length: {len(line.new):,} bytes, and it had {len(line.old):,}")


def _other_lines(line: _Line, more: int) -> Violation:
    what = f"{plural(abs(more), 'line')} {'added' if more > 0 else 'taken away'}"
    index = next((index for index, (old, new) in enumerate(zip(line.old, line.new, strict=False)) if old != new), min(len(line.old), len(line.new)))
    return line.at(index, Fault.OTHER_BYTES, f"the file has other lines from here on, {what} in all")


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
