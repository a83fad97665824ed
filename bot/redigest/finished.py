"""Records of finished runs: a repository that is as the last run left it, under the same settings, is not looked at again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redigest.cache import whole_file
from redigest.model import ProposalOutcome, RepositoryLine

_FOLDER = "finished"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Record:
    """How a run left a repository: the commits of the branches that matter, the lines of its report, and until when (seconds since 1970) that holds.

    `proposals` has for each branch with a proposal that is open its number. `unknown` counts the digests in force of which nothing is known.
    """

    heads: Mapping[str, str]
    settings: str
    lines: tuple[RepositoryLine, ...]
    proposals: Mapping[str, int]
    unknown: int
    until: float | None


class Records:
    """The records in a folder of the cache, one file for each repository. One that cannot be read does not exist."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / _FOLDER

    def read(self, repository: str) -> Record | None:
        """The record of a repository, by the name that reports have."""
        try:
            found = json.loads(self._file(repository).read_bytes())
            if found["version"] != _VERSION or found["repository"] != repository:
                return None
            return Record(
                heads=found["heads"],
                settings=found["settings"],
                lines=tuple(map(_line, found["lines"])),
                proposals=found["proposals"],
                unknown=found["unknown"],
                until=found["until"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, repository: str, record: Record) -> None:
        """Keep the record; where that fails the next run looks again."""
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
            "unknown": record.unknown,
            "until": record.until,
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with whole_file(self._file(repository)) as stream:
                stream.write(json.dumps(found).encode())
        except OSError:
            return

    def _file(self, repository: str) -> Path:
        return self._folder / f"{hashlib.sha256(repository.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.json"


def _line(found: Mapping[str, Any]) -> RepositoryLine:
    return RepositoryLine(
        repository=found["repository"],
        branch=found["branch"],
        head=found["head"],
        outcome=ProposalOutcome(found["outcome"]),
        url=found["url"],
        message=found["message"],
    )
