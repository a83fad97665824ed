"""Commits: what stands in one, and how one is made and signed."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from redigest.clones.command import Failed, Surroundings, run
from redigest.clones.refusals import cited
from redigest.errors import RepositoryError

_PERSON = re.compile(rb"(.*?) ?<([^>]*)>.*", re.DOTALL)
_NOT_IN_IDENTITY = re.compile(r"[\x00-\x1f\x7f<>]")


@dataclass(frozen=True, slots=True)
class Author:
    """Who has written a commit, or put it there."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Signing:
    """How a commit is signed: by GPG with the key of this id, `None` for that of the author; or with a private SSH key, by its path."""

    kind: Literal["gpg", "ssh"]
    key: str | None = None


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """What stands in a commit; the parents are the real ones, also those that a shallow clone does not have."""

    author: Author
    committer: Author
    message: str
    parents: tuple[str, ...]
    tree: str


def facts(content: bytes) -> CommitFacts:
    """Read a commit object; bytes that are no text of its encoding become replacement characters."""
    head, _, message = content.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        if not line.startswith(b" "):  # else it goes on with a signature
            name, _, value = line.partition(b" ")
            fields.setdefault(name, []).append(value)
    encoding = fields.get(b"encoding", [b"utf-8"])[0].decode("ascii", "replace")
    return CommitFacts(
        _person(fields.get(b"author", [b""])[0], encoding),
        _person(fields.get(b"committer", [b""])[0], encoding),
        _decoded(message, encoding),
        tuple(parent.decode() for parent in fields.get(b"parent", [])),
        fields[b"tree"][0].decode(),
    )


def create(repository: Path, tree: str, *, parent: str, message: str, author: Author, signing: Signing | None) -> str:
    """Make a commit of a tree on a parent, dated now, and give its id. Raises `RepositoryError`."""
    for part in (author.name, author.email):
        if not part.strip() or _NOT_IN_IDENTITY.search(part):
            raise RepositoryError("commit", "the name or the address of the author cannot stand in a commit; correct commit.name and commit.email")
    people = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in (("NAME", author.name), ("EMAIL", author.email))}
    settings, kept = _signature(signing)
    option = ("--gpg-sign",) if signing is not None else ()
    try:
        said = run(
            *("commit-tree", "-p", parent, *option, tree),
            repository=repository,
            surroundings=Surroundings(settings=settings, variables=people, kept=kept),
            fed=message.encode("utf-8", "replace"),
        )
    except Failed as failed:
        if signing is not None:
            advice = "see that the key is there, and that nothing has to be typed for it"
            raise RepositoryError("commit", f"the commit cannot be signed: {cited(failed.complaint)}; {advice}") from None
        raise RepositoryError("commit", f"the commit cannot be made: {cited(failed.complaint)}; see that there is room in the cache") from None
    return said.decode().strip()


def _signature(signing: Signing | None) -> tuple[dict[str, str], frozenset[str]]:
    """The settings for a signature, and the variables of our own environment that it takes."""
    if signing is None:
        return {}, frozenset()
    if signing.kind == "gpg":
        key = {"user.signingKey": signing.key} if signing.key is not None else {}
        return {"gpg.format": "openpgp", **key}, frozenset({"HOME", "GNUPGHOME"})
    if signing.key is None:
        raise RepositoryError("commit", "to sign by SSH takes a key; name it with commit.signing-key")
    return {"gpg.format": "ssh", "user.signingKey": signing.key}, frozenset({"SSH_AUTH_SOCK"})


def _person(value: bytes, encoding: str) -> Author:
    match = _PERSON.fullmatch(value)
    name, email = match.groups() if match is not None else (value, b"")
    return Author(_decoded(name, encoding), _decoded(email, encoding))


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding, "replace")
    except (LookupError, UnicodeError):
        return content.decode("utf-8", "replace")
