"""The form of a patch: every line belongs to a diff as git writes it, so that no other program finds more to apply in it than git does."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from redigest.errors import UsageError
from redigest.report.safety import LONGEST, printed
from redigest.verification.violations import Fault, Violation

_MAIL = re.compile(rb"From [0-9a-f]{40,64} Mon Sep 17 00:00:00 2001")
_FIELD = re.compile(rb"[!-9;-~]+:.*")
_FOLDED = re.compile(rb"[ \t]+\S.*")
_CONTENT = re.compile(rb"content-[!-9;-~]*:", re.IGNORECASE)
"""A field that says how the text of a mail is to be read (RFC 2045); git once obeyed it among the words too."""
_AS_IT_STANDS = re.compile(rb'content-transfer-encoding: *[78]bit|content-type: *text/plain(?:; *charset="?(?:utf-8|us-ascii)"?)?', re.IGNORECASE)
"""What such a field may say: any other lets a mail hold lines that are not seen in it."""
_BEGINNING = re.compile(rb"From .*[0-9]:[0-9]")
"""What git takes for the first line of the next mail."""
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!$)")
"""Characters at which some programs end a line."""
_TAIL = b"-- "
_MADE_FROM = re.compile(rb"(?:base-commit|prerequisite-patch-id): [0-9a-f]{40,64}")

_TAKEN = re.compile(
    rb"(?:[ \tX]|- )*(?:\*\*\*|--- |\+\+\+ |@@|diff |[Ii]ndex[: ]|Prereq:|GIT binary patch|[0-9][0-9,]*[acd][0-9,]*\s*$"
    rb"|(?:old|new|deleted file|new file) mode |(?:rename|copy) (?:from|to) |(?:dis)?similarity index )"
)
"""What GNU patch takes for a part of a diff, wherever it stands: it passes over indentation, over `X`, and over `- ` of forwarded mails."""

_COMMAND = re.compile(rb"diff -(?!-git )[!-~ ]*")
_EXTENDED = re.compile(
    rb"(?:old|new|deleted file|new file) mode [0-7]{6}|(?:rename|copy) (?:from|to) .+|(?:dis)?similarity index [0-9]{1,3}%"
    rb"|index [0-9a-f]+\.\.[0-9a-f]+(?: [0-7]{6})?"
)
_HUNK = re.compile(rb"@@ -[0-9]{1,10}(?:,(?P<old>[0-9]{1,10}))? \+[0-9]{1,10}(?:,(?P<new>[0-9]{1,10}))? @@(?: .*)?")
_BINARY = re.compile(rb"Binary files (?P<old>.+) and (?P<new>.+) differ|GIT binary patch")
_NO_FILE = b"/dev/null"


@dataclass(frozen=True, slots=True)
class Form:
    """What of a patch git can apply, and the files of which it only says that their bytes are others."""

    text: bytes
    violations: tuple[Violation, ...]


def read(patch: bytes) -> Form:
    """Read a patch as `git diff` or `git format-patch` writes it, or a unified diff. Raises `UsageError` for a line that belongs to none."""
    lines = patch.removesuffix(b"\n").split(b"\n") if patch else []
    kept: list[bytes] = []
    violations: list[Violation] = []
    has_text = False
    position = 0
    while position < len(lines):
        start, line = position, lines[position]
        position, binary = _part(lines, start)
        if binary is not None:
            message = "the bytes were changed, which the patch does not show line by line, and no swap of a digest is such a change"
            violations.append(Violation(binary, 1, 1, Fault.FILE, message))
        else:
            kept += lines[start:position]
            has_text = has_text or line.startswith((b"diff --git ", b"--- "))
    if not violations:
        return Form(patch, ())
    return Form(b"".join(line + b"\n" for line in kept) if has_text else b"", tuple(violations))


def _part(lines: Sequence[bytes], start: int) -> tuple[int, str | None]:
    """Where the part ends that begins in a line, and the path of a file of which it only says that its bytes are others."""
    line = lines[start]
    if line.startswith(b"diff --git "):
        return _file(lines, start)
    if line.startswith(b"--- "):
        return _texts(lines, start, is_named=True), None
    if found := _BINARY.fullmatch(line):
        return start + 1, _path(found["old"] or b"")
    if _MAIL.fullmatch(line):
        return _head(lines, start), None
    if line == _TAIL:
        return _signature(lines, start), None
    if not line or _MADE_FROM.fullmatch(line) or _COMMAND.fullmatch(line):
        return start + 1, None
    raise _refused(lines, start)


def _file(lines: Sequence[bytes], start: int) -> tuple[int, str | None]:
    """As `_part`, for what git says of one file."""
    position = start + 1
    while position < len(lines) and _EXTENDED.fullmatch(lines[position]):
        position += 1
    following = lines[position] if position < len(lines) else b""
    if _BINARY.fullmatch(following):
        names = lines[start].removeprefix(b"diff --git ")
        old, new = names[: len(names) // 2], names[len(names) // 2 + 1 :]
        path = _path(old) if _path(old) == _path(new) else os.fsdecode(names)
        position += 1
        while following == b"GIT binary patch" and position < len(lines) and not lines[position].startswith((b"diff --git ", b"--- ", _TAIL)):
            position += 1
        return position, path
    return _texts(lines, position, is_named=False) if following.startswith(b"--- ") else position, None


def _texts(lines: Sequence[bytes], start: int, *, is_named: bool) -> int:
    """Where the hunks end that follow the two names of a file, which are the same if nothing else names it."""
    old, new = (lines[place] if place < len(lines) else b"" for place in (start, start + 1))
    if not new.startswith(b"+++ ") or old.endswith(b"\r") or new.endswith(b"\r"):
        raise _refused(lines, start)
    names = {name for line in (old, new) if (name := line[4:].partition(b"\t")[0]) != _NO_FILE}
    if is_named and len({_path(name) for name in names}) != 1:
        raise UsageError(f"line {start + 1} of the patch begins a change of one file that has two names, so programs do not agree on which it is")
    position = start + 2
    while position < len(lines) and (hunk := _HUNK.fullmatch(lines[position])):
        position = _hunk(lines, position + 1, old=int(hunk["old"] or 1), new=int(hunk["new"] or 1))
    if position == start + 2:
        raise _refused(lines, min(position, len(lines) - 1))
    return position


def _hunk(lines: Sequence[bytes], start: int, *, old: int, new: int) -> int:
    """Where a hunk ends that has so many lines before and after."""
    position = start
    while old > 0 or new > 0:
        sign = (lines[position][:1] or b" ") if position < len(lines) else b""
        if sign not in (b" ", b"-", b"+", b"\\"):
            raise _refused(lines, min(position, len(lines) - 1))
        old -= sign in (b" ", b"-")
        new -= sign in (b" ", b"+")
        position += 1
    if old < 0 or new < 0:
        raise _refused(lines, position - 1)
    return position + 1 if position < len(lines) and lines[position].startswith(b"\\ ") else position


def _head(lines: Sequence[bytes], start: int) -> int:
    """Where the first change of a mail begins; nothing before it may pass for one, nor have it read in another way than it stands."""
    position = _fields(lines, start + 1)
    while position < len(lines) and not lines[position].startswith(b"diff --git "):
        if not _is_words(lines[position]):
            raise _refused(lines, position)
        position += 1
    if position == len(lines):
        raise _refused(lines, start)
    return position


def _fields(lines: Sequence[bytes], start: int) -> int:
    """Where the words of a mail begin: behind its fields and an empty line (RFC 5322, section 2.1)."""
    position = start
    while position < len(lines) and lines[position]:
        first = position
        if not _FIELD.fullmatch(lines[first]):
            raise _refused(lines, first)
        position += 1
        while position < len(lines) and _FOLDED.fullmatch(lines[position]):
            position += 1
        field = b"".join(lines[first:position])
        if _CONTROL.search(field):
            raise _refused(lines, first)
        if _CONTENT.match(field) and not _AS_IT_STANDS.fullmatch(field):
            raise UsageError(
                f"the patch cannot be used: line {first + 1} ({_cited(lines[first])}) has the mail read in another way than it stands, so there may be more in "
                "it; give what `git format-patch` writes without --attach and --inline, in UTF-8"
            )
    return position


def _signature(lines: Sequence[bytes], start: int) -> int:
    """Where the signature of a mail ends: at an empty line, or where the next mail begins."""
    position = start + 1
    while position < len(lines) and lines[position] and not _MAIL.fullmatch(lines[position]):
        if not _is_words(lines[position]):
            raise _refused(lines, position)
        position += 1
    return position


def _is_words(line: bytes) -> bool:
    """Whether no program takes a line for anything but words."""
    return not (_TAKEN.match(line) or _CONTENT.match(line) or _BEGINNING.match(line) or _CONTROL.search(line))


def _path(name: bytes) -> str:
    """The path that a name in a diff means: without the folder in front of it, which is `a` or `b`."""
    return os.fsdecode(name.strip(b'"').partition(b"/")[2] or name)


def _refused(lines: Sequence[bytes], position: int) -> UsageError:
    return UsageError(
        f"the patch cannot be used: line {position + 1} ({_cited(lines[position])}) belongs to no diff as git writes it, "
        "and other programs could take it for one; give what `git diff` or `git format-patch` writes"
    )


def _cited(line: bytes) -> str:
    return printed(os.fsdecode(line), LONGEST // 10)
