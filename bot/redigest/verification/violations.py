"""What can be wrong with a change, as data for the terminal and for reports."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """The kinds of violations; the values are the ids that reports give them."""

    OTHER_BYTES = "other-bytes"
    OTHER_DIGEST = "other-digest"
    NO_EVIDENCE = "no-evidence"
    NOT_LIVE = "not-live"
    LEFT_BEHIND = "left-behind"
    FILE = "file"
    UNDECIDED = "undecided"

    @property
    def meaning(self) -> str:
        """What every violation of this kind is, in one sentence."""
        return _MEANINGS[self]


_MEANINGS = {
    Fault.OTHER_BYTES: "Bytes were changed that are not part of a digest which may be swapped.",
    Fault.OTHER_DIGEST: "A digest was replaced by another one than the evidence gives.",
    Fault.NO_EVIDENCE: "A digest was changed for which there is no evidence.",
    Fault.NOT_LIVE: "A digest was changed where nothing is deployed from it, or where it may not be changed.",
    Fault.LEFT_BEHIND: "An image was swapped in one place and left in another.",
    Fault.FILE: "A file was added, deleted or renamed, or its mode or kind was changed.",
    Fault.UNDECIDED: "A registry could not be asked about a digest that was changed.",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong; `line` and `column` count from 1, the column in characters, and are those of the changed file.

    What concerns a file as a whole stands at its first character. `offset` is the byte of the position in the changed file, `None` for a whole file.
    """

    path: str
    line: int
    column: int
    fault: Fault
    message: str
    offset: int | None = None
