"""Patches in git's format for files of which only digests changed, so that every line keeps its number."""

from collections.abc import Iterator, Sequence

_CONTEXT = 3
_ESCAPES = {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 12: b"\\f", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}


def patch(path: bytes, old: bytes, new: bytes) -> bytes:
    """A unified diff that `git apply` takes, with paths from the top of the repository; both versions must have the same number of lines."""
    old_lines, new_lines = old.split(b"\n"), new.split(b"\n")
    changed = [number for number, (before, after) in enumerate(zip(old_lines, new_lines, strict=True)) if before != after]
    names = (_quoted(b"a/" + path), _quoted(b"b/" + path))
    header = b"diff --git %s %s\n--- %s\n+++ %s\n" % (*names, *(_header_name(name) for name in names))
    return header + b"".join(_hunk(old_lines, new_lines, start, end) for start, end in _hunks(changed, len(old_lines)))


def _hunks(changed: Sequence[int], count: int) -> Iterator[tuple[int, int]]:
    """First and past-the-last line of each hunk: changed lines whose context meets are in one."""
    index = 0
    while index < len(changed):
        last = index
        while last + 1 < len(changed) and changed[last + 1] - changed[last] <= 2 * _CONTEXT:
            last += 1
        yield max(0, changed[index] - _CONTEXT), min(count, changed[last] + _CONTEXT + 1)
        index = last + 1


def _hunk(old: Sequence[bytes], new: Sequence[bytes], start: int, end: int) -> bytes:
    ends_open = end == len(old) and old[-1] != b""
    if end == len(old) and not ends_open:
        end -= 1
    parts = [b"@@ -%d,%d +%d,%d @@\n" % (start + 1, end - start, start + 1, end - start)]
    number = start
    while number < end:
        run = number
        while run < end and old[run] != new[run]:
            run += 1
        if run == number:
            parts.append(_line(b" ", old, number, ends_open=ends_open))
            number += 1
        else:
            parts += [_line(b"-", old, line, ends_open=ends_open) for line in range(number, run)]
            parts += [_line(b"+", new, line, ends_open=ends_open) for line in range(number, run)]
            number = run
    return b"".join(parts)


def _line(sign: bytes, lines: Sequence[bytes], number: int, *, ends_open: bool) -> bytes:
    marker = b"\n\\ No newline at end of file\n" if ends_open and number == len(lines) - 1 else b"\n"
    return sign + lines[number] + marker


def _quoted(path: bytes) -> bytes:
    """A path as git quotes it: in quotes with C escapes where it holds anything but printable ASCII without quotes."""
    if all(32 <= byte < 127 and byte not in b'"\\' for byte in path):
        return path
    return b'"' + b"".join(_ESCAPES.get(byte) or (bytes([byte]) if 32 <= byte < 127 else b"\\%03o" % byte) for byte in path) + b'"'


def _header_name(name: bytes) -> bytes:
    """End a name with spaces by a tab, as git does, so that no date is read out of it."""
    return name + b"\t" if b" " in name and not name.startswith(b'"') else name
