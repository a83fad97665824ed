"""The standard streams of our process, where they are closed, full, or cannot encode a name."""

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Unwritable(OSError):
    """Standard output does not take what is written to it."""


class _Output(io.FileIO):
    """The file behind standard output, whose errors are told from those of other files."""

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise Unwritable(error.errno, error.strerror) from None


def take_over() -> None:
    """Let no other file take the number of a stream that is closed, and have standard output write as an escape what its encoding lacks."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY), True)
    sys.stderr = sys.stderr or io.TextIOWrapper(io.FileIO(2, "w", closefd=False), errors="backslashreplace", write_through=True)
    sys.stdout = _guarded(sys.stdout)


def _guarded(before: TextIO | None) -> TextIO:
    if not isinstance(before, io.TextIOWrapper | None):  # somebody has put another one in its place
        return before
    raw = _Output(1, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=before.encoding if before else "utf-8",
        errors=before.errors if before and before.errors != "strict" else "backslashreplace",
        line_buffering=raw.isatty(),
        write_through=before is not None and before.write_through,
    )
