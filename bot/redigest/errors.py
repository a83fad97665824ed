"""Every error that ends a run, or the work on one repository, each with its exit code.

RedigestError
├── UsageError        2   the command line, the configuration, a rule or a mapping file is wrong
└── RepositoryError   3   one repository cannot be worked on; the others go on
"""

from typing import ClassVar, Literal

Stage = Literal["config", "sources", "tree", "find", "resolve", "plan", "apply", "commit", "propose", "report"]
"""Where in the way of a repository something failed, as reports name it."""


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


class RepositoryError(RedigestError):
    """One repository cannot be worked on. The message goes into reports, so it holds no secret; it may hold foreign text, which reports make safe."""

    exit_code: ClassVar[int] = 3

    def __init__(self, stage: Stage, message: str) -> None:
        super().__init__(message)
        self.stage: Stage = stage

    def __reduce__(self) -> tuple[object, ...]:
        """Get whole through to another process."""
        return type(self), (self.stage, str(self))
