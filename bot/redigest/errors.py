"""Every error that ends a run, each with its exit code.

RedigestError
└── UsageError        2   the command line, the configuration, a rule or a mapping file is wrong
"""

from typing import ClassVar


class RedigestError(Exception):
    """An expected end of a run; the message says what happened, where, and what to do next."""

    exit_code: ClassVar[int] = 4


class UsageError(RedigestError):
    """The command line, the configuration, a rule or a mapping file is wrong."""

    exit_code: ClassVar[int] = 2

    @classmethod
    def at(cls, where: str, *, line: int | None = None, column: int | None = None, message: str) -> "UsageError":
        """Make an error that begins with `file:line:column`; lines and columns count from 1."""
        position = "".join(f":{number}" for number in (line, column) if number is not None)
        return cls(f"{where}{position}: {message}")
