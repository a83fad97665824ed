"""How a step speaks to the runner of GitHub Actions: commands in its log, outputs and summaries in files."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TextIO

Level = Literal["error", "warning", "notice"]


def annotation(level: Level, message: str, *, path: str | None = None, line: int | None = None, column: int | None = None) -> str:
    """The command that shows a message at a place of a file, or at none; lines and columns count from 1."""
    place = {"file": path, "line": line, "col": column, "title": "redigest"}
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value is not None)
    return f"::{level} {properties}::{_data(message)}"


def output(name: str, value: str) -> str:
    """What GITHUB_OUTPUT gets for one output; no value can end it and begin another one."""
    mark = secrets.token_hex(16)
    return f"{name}<<{mark}\n{value}\n{mark}\n"


def append(path: Path, text: str) -> None:
    """Add to a file of the runner; what is no Unicode text is written out."""
    with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
        stream.write(text)


@contextmanager
def unheeded(stream: TextIO) -> Iterator[None]:
    """Have the runner take no command from what is written meanwhile, where names of files and branches stand; all of it goes to the same stream."""
    mark = secrets.token_hex(16)
    print(f"::stop-commands::{mark}", file=stream, flush=True)
    try:
        yield
    finally:
        print(f"::{mark}::", file=stream, flush=True)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
