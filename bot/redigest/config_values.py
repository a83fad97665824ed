"""The values that keys of `redigest.yaml` take: what each may be, and the words for what it may not."""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, PlainValidator, ValidationError, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

from redigest.document import Path as Place
from redigest.model import EvidenceKind
from redigest.urls import fault_in, is_like_token, is_url

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]{{1,5}})?"
_IMAGE_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_FORGE_PART = r"(?!-|\.{1,2}(?:/|$))[A-Za-z0-9_.-]+"
_NOT_IN_BRANCH = re.compile(r"\.\.|//|@\{|[\x00-\x20\x7f~^:?*\[\\]|(?:^|/)\.|\.lock(?:/|$)|^[-/]|[./]$|^@$")
"""What git-check-ref-format(1) forbids, and a hyphen in front, which programs take for an option."""


def wrong(message: str) -> PydanticCustomError:
    """Refuse a value; the message goes on from the name of its key, and repeats no value that may be a secret."""
    return PydanticCustomError("wrong", message)


def wrong_inside(mistakes: Iterable[tuple[Place, str]]) -> ValidationError:
    """Refuse what stands at places below the value in hand."""
    return ValidationError.from_exception_data("", [{"type": wrong(message), "loc": place, "input": None} for place, message in mistakes])


def _matching(pattern: str, message: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise wrong(message)
        return value

    return AfterValidator(check)


def _printable(value: str) -> str:
    if not value.strip():
        raise wrong("must not be empty")
    if not value.isprintable():
        raise wrong("must be one line of printable characters")
    return value


def _branch(value: str) -> str:
    if not value or _NOT_IN_BRANCH.search(value):
        raise wrong("must be a valid name of a Git branch and not begin with a hyphen")
    return value


def _variable(value: str) -> str:
    if is_like_token(value):
        raise wrong("must be the name of an environment variable; what stands here looks like a token, so revoke it if others can read this file")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise wrong("must be the name of an environment variable, such as CORP_TOKEN")
    return value


def _url(value: str) -> str:
    if (fault := fault_in(value)) is not None:
        raise wrong(fault)
    return value


def _root_url(value: str) -> str:
    if "?" in value or "#" in value:
        raise wrong("must not hold a query or a fragment")
    return _url(value).rstrip("/")


def _git_url(value: str) -> str:
    if not value.startswith("ssh://"):
        return _root_url(value)
    if not re.fullmatch(rf"ssh://(?:[A-Za-z_][A-Za-z0-9_.-]*@)?{_HOST}(?:/{_FORGE_PART})*/?", value):
        raise wrong("must be like ssh://git@host, with a port and a path if need be, and without a password")
    return value.rstrip("/")


@dataclass(frozen=True, slots=True)
class Disk:
    """Where a configuration lies: the folder that relative paths begin at, and whether what its paths name has to be there.

    It is the context of a validation; without one relative paths stay as they are.
    """

    folder: Path
    is_checked: bool = False


def _path(value: object, info: ValidationInfo) -> Path:
    """Resolve a path against the folder of the file."""
    if not isinstance(value, str | Path):
        raise PydanticKnownError("string_type")
    _printable(str(value))
    try:
        path = Path(value).expanduser() if str(value).startswith("~") else Path(value)
    except RuntimeError:
        raise wrong("begins with ~, and the home folder of that user is not known") from None
    return info.context.folder / path if isinstance(info.context, Disk) else path


def _file(value: Path, info: ValidationInfo) -> Path:
    return _there(value, info, is_kind=os.path.exists, kind="file")  # also one that is a pipe


def _folder(value: Path, info: ValidationInfo) -> Path:
    return _there(value, info, is_kind=os.path.isdir, kind="folder")


def _there(value: Path, info: ValidationInfo, *, is_kind: Callable[[Path], bool], kind: str) -> Path:
    if isinstance(info.context, Disk) and info.context.is_checked and not is_kind(value):
        raise wrong(f"names a {kind} that is not there, {value}")
    return value


def _file_or_url(value: object, info: ValidationInfo) -> Path | str:
    return _url(value) if isinstance(value, str) and is_url(value) else _file(_path(value, info), info)


def _accepted(value: object) -> EvidenceKind:
    if value == EvidenceKind.TAG:
        return EvidenceKind.TAG
    if value in tuple(EvidenceKind):
        raise wrong(f"cannot be '{value}': evidence of this kind is accepted already")
    raise PydanticKnownError("literal_error", {"expected": EvidenceKind.TAG.value})


def by_key(*keys: str) -> Discriminator:
    """Choose the member of a union by which of these keys is there."""

    def only_key(value: object) -> str | None:
        present = [key for key in keys if (key in value if isinstance(value, dict) else hasattr(value, key))]
        return present[0] if len(present) == 1 else None

    return Discriminator(only_key, "not_one_key", "not one key", {"keys": ", ".join(keys)})


Text = Annotated[str, Field(min_length=1), AfterValidator(_printable)]
Texts = tuple[Text, ...]
Host = Annotated[str, _matching(_HOST, "must be a host, with its port if need be, such as registry.example:5000")]
ImagePrefix = Annotated[str, _matching(rf"{_HOST}(?:/{_IMAGE_PART})*", "must be a registry, with a path if need be, such as mirror.example/redhat")]
RepositoryName = Annotated[str, _matching(rf"{_FORGE_PART}(?:/{_FORGE_PART})+", "must be owner and name, such as acme/deploy")]
OwnerName = Annotated[str, _matching(_FORGE_PART, "must be one name, such as acme")]
GroupName = Annotated[str, _matching(rf"{_FORGE_PART}(?:/{_FORGE_PART})*", "must be the path of a group, such as platform/apps")]
Identity = Annotated[Text, _matching(r"[^<>]*", "must not hold < or >")]
Branch = Annotated[str, AfterValidator(_branch)]
Variable = Annotated[str, AfterValidator(_variable)]
RootUrl = Annotated[str, AfterValidator(_root_url)]
GitUrl = Annotated[str, AfterValidator(_git_url)]
AnyPath = Annotated[Path, BeforeValidator(_path)]
FilePath = Annotated[AnyPath, AfterValidator(_file)]
FolderPath = Annotated[AnyPath, AfterValidator(_folder)]
FileOrUrl = Annotated[Path | str, PlainValidator(_file_or_url), WithJsonSchema({"type": "string", "minLength": 1})]
Accepted = Annotated[EvidenceKind, PlainValidator(_accepted), WithJsonSchema({"type": "string", "enum": ["tag"]})]
Limit = Annotated[int, Field(ge=1)]
