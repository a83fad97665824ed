"""The folder for what can be made again, and files that are there as a whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def default_folder() -> Path:
    """The folder of the XDG base directory specification; a pod can run under a user that has no home folder."""
    if (cache := os.environ.get("XDG_CACHE_HOME", "")).startswith("/"):
        return Path(cache) / "redigest"
    try:
        return Path.home() / ".cache" / "redigest"
    except RuntimeError:
        return Path(tempfile.gettempdir()) / "redigest"


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file that takes its name, and the place of one that has it, in one step at the end; after an exception nothing is left of it.

    Of several processes that write one file the last one wins. Raises `OSError`.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".redigest-", delete=False) as stream:
        try:
            yield stream  # type: ignore[misc]  # the wrapper has all methods of a binary file
            stream.close()
            Path(stream.name).replace(path)
        except BaseException:
            Path(stream.name).unlink(missing_ok=True)
            raise
