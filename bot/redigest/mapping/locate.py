"""Mapping files by the names that a person gave them: a path is read where it is, and what a URL names is fetched first."""

from collections.abc import Iterable
from pathlib import Path

from redigest.cache import default_folder
from redigest.mapping.files import MappingFile
from redigest.model import Problem

FOLDER = "mappings"
"""What all that is kept of mapping files is below, in the cache."""


def located(names: Iterable[Path | str | MappingFile], *, cache: Path | None, offline: bool) -> tuple[tuple[MappingFile, ...], tuple[Problem, ...]]:
    """Give the files, each once and in order, and for each that could not be fetched anew and has a copy what went wrong.

    A path is a `Path`, a URL a `str`, and a file that has been found already stays as it is. Raises `UsageError` for a URL that has neither.
    """
    files: list[MappingFile] = []
    problems: list[Problem] = []
    for name in dict.fromkeys(names):
        if isinstance(name, MappingFile):
            files.append(name)
            continue
        if isinstance(name, Path):
            files.append(MappingFile.local(name))
            continue
        from redigest.mapping.fetch import fetched

        copy = fetched(name, (cache or default_folder()) / FOLDER, offline=offline)
        files.append(copy.file)
        problems += [Problem(copy.file.name, None, copy.warning, is_outside=True)] if copy.warning else []
    return tuple(files), tuple(problems)
