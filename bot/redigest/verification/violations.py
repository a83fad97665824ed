"""What can be wrong with a change, as data for the terminal and for reports."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """The kinds of violations; the values are the ids that reports give them."""

    OTHER_BYTES = "other-bytes"
    """Bytes were changed that are no part of a digest which may be swapped."""
    OTHER_DIGEST = "other-digest"
    """A digest was replaced by another one than the evidence gives."""
    NO_EVIDENCE = "no-evidence"
    """A digest was changed for which there is no evidence."""
    NOT_LIVE = "not-live"
    """A digest was changed in a place that is to be left alone."""
    LEFT_BEHIND = "left-behind"
    """An image was swapped in one place and left in another."""
    FILE = "file"
    """A file was added or deleted, or its mode or kind was changed."""
    UNDECIDED = "undecided"
    """A digest was changed, and a registry could not be asked about it."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong; `line` and `column` count from 1, the column in characters, and are those of the changed file.

    What has come to BASE since the changes began stands where BASE has it, and what concerns a file as a whole at its first character. `offset` is
    the byte of the position, `None` for a whole file.
    """

    path: str
    line: int
    column: int
    fault: Fault
    message: str
    offset: int | None = None
