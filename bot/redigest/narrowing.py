"""The file `.redigest.yaml` of a repository, by which its owners narrow what the bot does there; nothing in it can widen that."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from redigest.clones.commit_tree import CommitTree
from redigest.config import Section
from redigest.config_file import parse, read
from redigest.config_values import Text
from redigest.errors import RepositoryError, UsageError
from redigest.globs import is_simple

NARROWING = ".redigest.yaml"

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
    """Files of a repository that its owners leave to the bot."""

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


def load(file: Path) -> Narrowing:
    """Read such a file from the disk. Raises `UsageError` with a line for each mistake."""
    return parse(read(file), Narrowing, where=str(file))


def narrowing_of(tree: CommitTree) -> Narrowing:
    """What the owners of a repository ask for in this commit. Raises `RepositoryError` for a file that cannot be understood: they wanted something."""
    if tree.is_other(NARROWING):
        raise RepositoryError("config", f"{NARROWING} is no regular file, so it is not known what the owners of the repository want")
    if NARROWING not in tree.blobs():
        return Narrowing()
    if tree.size(NARROWING) > _LARGEST:
        raise RepositoryError("config", f"{NARROWING} is larger than 64 KiB, which no such file is")
    try:
        return parse(tree.read(NARROWING), Narrowing, where=NARROWING)
    except UsageError as error:
        raise RepositoryError("config", str(error)) from error
