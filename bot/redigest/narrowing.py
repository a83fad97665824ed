"""The file `.redigest.yaml` of a repository, by which its owners narrow what the bot does there; nothing in it can widen that."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from redigest.clones.commit_tree import CommitTree
from redigest.config import Section
from redigest.config_file import parse, read
from redigest.config_values import Text
from redigest.errors import RepositoryError, UsageError
from redigest.globs import is_simple, takes
from redigest.owners import NARROWING

DISABLED = f"{NARROWING} says `enabled: false`"

_LARGEST = 64 << 10
_LONGEST_GLOB = 200
_MOST_GLOBS = 100


def _glob(value: str) -> str:
    """Refuse what could take very long: the globs and the paths are both foreign."""
    if len(value) > _LONGEST_GLOB or not is_simple(value):
        raise PydanticCustomError("wrong", f"must have at most {_LONGEST_GLOB} characters, and `**` only as `**/` in front or `/**` at the end")
    return value


Globs = Annotated[tuple[Annotated[Text, AfterValidator(_glob)], ...], Field(max_length=_MOST_GLOBS)]


class Paths(Section):
    """Files of a repository that its owners leave to the bot.

    Globs are those of `paths` in `redigest.yaml`, from the top of the repository; `**` stands only in front, as `**/`, or at the end, as `/**`.
    """

    include: Globs = Field(default=("**",), description="Globs of the files to look at; what the bot leaves out stays out.")
    exclude: Globs = Field(default=(), description="Globs of the files to leave alone.")


class Proposals(Section):
    """What the owners of a repository may say of proposals."""

    group_by: Literal["repository", "image", "folder"] | None = Field(default=None, description="What gets a proposal of its own.")


class Narrowing(Section):
    """The file `.redigest.yaml` of a repository, which can narrow what is done there and never widen it."""

    model_config = ConfigDict(title=".redigest.yaml")

    enabled: bool = Field(default=True, description="Whether the repository, or this branch of it, is worked on at all.")
    paths: Paths = Field(default=Paths(), description="Which files are looked at, of those that the bot looks at anyway.")
    proposals: Proposals = Field(default=Proposals(), description="How proposals are opened here.")

    def protection(self) -> Callable[[str], str | None]:
        """Make what tells for a path, from the top of the repository, why the file there is not to be changed; `None` where nothing is against it."""
        if not self.enabled:
            return lambda _: DISABLED
        is_taken = takes(self.paths.include, self.paths.exclude)
        reason = f"{NARROWING} leaves this file out"
        return lambda path: None if is_taken(path) else reason


def load(file: Path) -> Narrowing:
    """Read such a file from the disk. Raises `UsageError` with a line for each mistake."""
    return parse(read(file), Narrowing, where=str(file))


def narrowing_of(tree: CommitTree) -> Narrowing:
    """What the owners of a repository ask for in this commit. Raises `RepositoryError` for a file that cannot be understood: they wanted something."""
    if tree.is_other(NARROWING):
        raise _irregular(NARROWING)
    if NARROWING not in tree.blobs():
        return Narrowing()
    if tree.size(NARROWING) > _LARGEST:
        raise _too_large(NARROWING)
    return _understood(tree.read(NARROWING), NARROWING)


def narrowing_at(top: Path) -> Narrowing:
    """What the owners ask for in the file at the top of a checkout, which is there. Raises `RepositoryError` as `narrowing_of` does."""
    file = top / NARROWING
    where = os.path.relpath(file)
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # what waits for a writer is opened, and then is no file
        with open(descriptor, "rb") as stream:  # noqa: PTH123 -- a path cannot be opened so
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _irregular(where)
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):  # a symbolic link, a folder, a socket
            raise _irregular(where) from None
        raise RepositoryError("config", f"{where} cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise _too_large(where)
    return _understood(content, where)


def _understood(content: bytes, where: str) -> Narrowing:
    try:
        return parse(content, Narrowing, where=where)
    except UsageError as error:
        raise RepositoryError("config", str(error)) from error


def _irregular(where: str) -> RepositoryError:
    return RepositoryError("config", f"{where} is no regular file, so it is not known what the owners of the repository want")


def _too_large(where: str) -> RepositoryError:
    return RepositoryError("config", f"{where} is larger than 64 KiB, which no such file is")
