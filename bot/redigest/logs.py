"""What is said on standard error while a run goes on: as lines for people or as JSON, and with `-v` what is logged inside. No secret is in any of it."""

import io
import json
import logging
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, TextIO

from redigest.report.safety import log_line, visible
from redigest.secret import scrubbed

Level = Literal["debug", "info", "warning", "error"]

_LEVELS: dict[int, Level] = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warning"}
_LIBRARIES = ("github", "gitlab", "httpx", "httpcore", "urllib3", "requests", "stamina", "hpack", "h2")


def show(verbose: int) -> None:
    """Show what is logged: our warnings by default, what we do with `-v`, and what the libraries do as well with `-vv`."""
    root = logging.getLogger()
    if not verbose:
        ours = _handler(sys.stderr, line="redigest: %(message)s", told="%(message)s")
        ours.setLevel(logging.WARNING)
        logging.getLogger("redigest").addHandler(ours)
        root.addHandler(logging.NullHandler())  # or Python writes the warnings of libraries to standard error
        return
    where = "%(threadName)s %(name)s: %(message)s"
    root.addHandler(_handler(sys.stderr, line=f"%(asctime)s {where}", told=where))
    logging.getLogger("redigest").setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    logging.getLogger("git").setLevel(logging.WARNING)  # it shows whole environments by name; what is run we say ourselves
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG if verbose > 1 else logging.WARNING)


class JsonLines(io.TextIOBase):
    """Takes the place of standard error where a program reads it: each line that is written becomes a JSON object on a line of its own (jsonlines.org)."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun = ""

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):  # click finds out in this way whether it has to write bytes
            raise TypeError("lines are text")
        *lines, self._begun = f"{self._begun}{text}".split("\n")
        for line in filter(str.strip, lines):
            self.say(line)
        return len(text)

    def flush(self) -> None:
        """Pass on what is whole: the end of a line may still come."""
        self._stream.flush()

    def close(self) -> None:
        """Say what was begun and has no line feed; the stream itself stays open."""
        if self._begun:
            self.write("\n")
        super().close()

    def say(self, message: str, *, level: Level = "info", repository: str | None = None) -> None:
        """Write one object: when, how bad it is, what is said, and of which repository, `null` where it is of none or of several."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"time": time, "level": level, "message": _safe(message.strip()), "repository": visible(repository) if repository is not None else None}
        self._stream.write(f"{_unheard(json.dumps(record))}\n")
        self._stream.flush()


class _Telling(logging.Handler):
    """Has each record told as one object, a traceback included."""

    def __init__(self, say: Callable[..., None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(self.format(record), level=_LEVELS.get(record.levelno, "error"))


def _handler(stream: TextIO, *, line: str, told: str) -> logging.Handler:
    """Write records by one of two formats: as lines, or told as objects, which have the time themselves."""
    handler, form = (_Telling(stream.say), told) if isinstance(stream, JsonLines) else (logging.StreamHandler(stream), line)
    handler.setFormatter(_Scrubbing(form))
    return handler


def _unheard(record: str) -> str:
    """The same JSON without what a runner of GitHub Actions would obey wherever it stands; it can stand in strings alone."""
    return record.replace("##[", "#\\u0023[")


def unexpected(error: BaseException) -> str:
    """The traceback of an error that nobody has expected, in lines for the log."""
    return _lines("".join(traceback.format_exception(error)).rstrip())


def _lines(text: str) -> str:
    return "\n".join(map(log_line, _safe(text).split("\n")))


def _safe(text: str) -> str:
    return "\n".join(visible(line) for line in scrubbed(text).split("\n"))


class _Scrubbing(logging.Formatter):
    """Masks secrets in the whole text of a record, its traceback included, and lets no foreign text move the cursor or give orders to a runner."""

    def format(self, record: logging.LogRecord) -> str:
        return _lines(super().format(record))
