"""Reports in files: which suffix gets which writer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from redigest.errors import UsageError
from redigest.model import Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """What a report is made from: an outcome, when the work on it began and ended (aware times), and the version of the tool."""

    outcome: Outcome
    started: datetime
    finished: datetime
    version: str


Writer = Callable[[Report], str]


def _json(report: Report) -> str:
    from redigest.report import json

    return json.render(report)


def _markdown(report: Report) -> str:
    from redigest.report import markdown

    return markdown.render(report)


WRITERS: Mapping[str, Writer] = {
    ".json": _json,
    ".md": _markdown,
}

_CODE_QUALITY = ".gl.json"
"""Not supported yet; named because it ends in a suffix that is."""


def writer(path: Path) -> Writer:
    """Choose the writer by the suffix of a file name, in either case. Raises `UsageError` for a suffix that has none."""
    name = path.name.lower()
    suffix = next((suffix for suffix in (_CODE_QUALITY, *WRITERS) if name.endswith(suffix)), path.suffix)
    if suffix not in WRITERS:
        supported = ", ".join(WRITERS)
        raise UsageError.at(str(path), message=f"the suffix of a report is one of {supported}")
    return WRITERS[suffix]


def write(report: Report, path: Path) -> None:
    """Write a report in the form that the suffix of `path` asks for. Raises `UsageError` where there is none or the file cannot be written."""
    text = writer(path)(report)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError.at(str(path), message=f"the report cannot be written ({error.strerror}); name another file") from error
