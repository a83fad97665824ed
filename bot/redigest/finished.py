"""Records of finished runs: a repository that is as the last run left it, under the same settings, is not looked at again."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redigest.cache import whole_file
from redigest.model import Outcome, Problem, ProposalOutcome, RepositoryLine

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_FOLDER = "finished"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run counts: places that proposals change, and of the digests in force those of which nothing is known, and schema 1 ones that stay."""

    places: int = 0
    unknown: int = 0
    kept: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.places + other.places, self.unknown + other.unknown, self.kept + other.kept)


NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class Record:
    """How a run left a repository: the commits of the branches that matter, the lines of its report, and until when (seconds since 1970) that holds.

    `proposals` has for each branch with a proposal that is open its number. `tally` counts what the summary of a run counts.
    """

    heads: Mapping[str, str]
    settings: str
    lines: tuple[RepositoryLine, ...]
    proposals: Mapping[str, int]
    tally: Tally
    until: float | None


class Records:
    """The records in a folder of the cache, with what was found in files of their own. One that cannot be read does not exist."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / _FOLDER

    def read(self, repository: str) -> Record | None:
        """The record of a repository, by the name that reports have."""
        try:
            found = json.loads(self._file(repository, ".json").read_bytes())
            if found["version"] != _VERSION or found["repository"] != repository:
                return None
            return Record(
                heads=found["heads"],
                settings=found["settings"],
                lines=tuple(map(_line, found["lines"])),
                proposals=found["proposals"],
                tally=Tally(found["places"], found["unknown"], found["kept"]),
                until=found["until"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def outcomes(self, repository: str) -> tuple[Outcome, ...] | None:
        """What was found when the record was written; `None` where that was not kept."""
        try:
            return _outcomes().validate_python(json.loads(gzip.decompress(self._file(repository, ".found").read_bytes())))
        except (OSError, EOFError, ValueError):
            return None

    def notes(self, settings: str) -> tuple[Problem, ...]:
        """What was wrong with mapping files and registries when a run with these settings last asked them."""
        try:
            found = json.loads(self._file(settings, ".notes").read_bytes())
            return tuple(Problem(str(note["path"]), note["line"], str(note["reason"]), is_outside=True, column=note.get("column")) for note in found)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return ()

    def keep_notes(self, settings: str, notes: Iterable[Problem]) -> None:
        """Keep what was wrong with mapping files and registries, for runs that have nothing to ask."""
        self._keep(self._file(settings, ".notes"), [{"path": note.path, "line": note.line, "column": note.column, "reason": note.reason} for note in notes])

    def write(self, repository: str, record: Record, outcomes: tuple[Outcome, ...]) -> None:
        """Keep the record and what was found; where that fails the next run looks again."""
        found = {
            "version": _VERSION,
            "repository": repository,
            "heads": dict(record.heads),
            "settings": record.settings,
            "lines": [
                {"repository": line.repository, "branch": line.branch, "head": line.head, "outcome": line.outcome, "url": line.url, "message": line.message}
                for line in record.lines
            ],
            "proposals": dict(record.proposals),
            "places": record.tally.places,
            "unknown": record.tally.unknown,
            "kept": record.tally.kept,
            "until": record.until,
        }
        packed = gzip.compress(json.dumps(_outcomes().dump_python(outcomes, mode="json")).encode(), compresslevel=1)
        self._save(self._file(repository, ".found"), packed)
        self._keep(self._file(repository, ".json"), found)

    def _keep(self, file: Path, found: object) -> None:
        self._save(file, json.dumps(found).encode())

    def _save(self, file: Path, content: bytes) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with whole_file(file) as stream:
                stream.write(content)
        except OSError:
            return

    def _file(self, name: str, suffix: str) -> Path:
        return self._folder / f"{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}{suffix}"


@cache
def _outcomes() -> "TypeAdapter[tuple[Outcome, ...]]":
    from pydantic import TypeAdapter

    return TypeAdapter(tuple[Outcome, ...])


def _line(found: Mapping[str, Any]) -> RepositoryLine:
    return RepositoryLine(
        repository=found["repository"],
        branch=found["branch"],
        head=found["head"],
        outcome=ProposalOutcome(found["outcome"]),
        url=found["url"],
        message=found["message"],
    )
