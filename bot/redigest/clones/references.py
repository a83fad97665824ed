"""The branches of a remote, without a clone."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from redigest.clones import access
from redigest.clones.command import DEFAULT_LIMITS, Failed, Limits, run
from redigest.clones.refusals import NotFound, Passing, persist, reading
from redigest.clones.remote import Remote
from redigest.errors import RepositoryError
from redigest.urls import NO_PROXIES

__all__ = ["NotFound", "References", "is_object_id", "references"]

HEADS = "refs/heads/"

_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ADVERTISEMENT = "application/x-git-upload-pack-advertisement"
"""What a smart server announces (gitprotocol-http, "Smart Clients")."""


@dataclass(frozen=True, slots=True)
class References:
    """Every branch of a remote, by its name without `refs/heads/`, with its commit; and the one that HEAD points to, `None` where there is none."""

    heads: Mapping[str, str]
    default: str | None


def references(remote: Remote, limits: Limits = DEFAULT_LIMITS) -> References:
    """Ask a remote for its branches. Raises `NotFound`, and `RepositoryError` when it cannot be asked."""
    return persist(lambda: _references(remote, limits), limits)


def is_object_id(text: str) -> bool:
    """Whether a text is the id of an object, SHA-1 or SHA-256, and so neither an option nor anything else."""
    return _OBJECT_ID.fullmatch(text) is not None


def _references(remote: Remote, limits: Limits) -> References:
    command = ("ls-remote", "--quiet", "--symref", *access.other_side(remote, "upload-pack"), "--", remote.url, "HEAD", f"{HEADS}*")
    try:
        said = run(*command, repository=None, surroundings=access.surroundings(remote), seconds=limits.command)
    except Failed as failed:
        raise reading(failed, remote, stage="tree") from None
    if not said and access.is_http(remote):
        _see_that_it_is_a_repository(remote)
    default: str | None = None
    heads: dict[str, str] = {}
    for line in said.decode("utf-8", "surrogateescape").split("\n"):
        value, _, name = line.partition("\t")
        if name == "HEAD" and value.startswith(f"ref: {HEADS}"):
            default = value.removeprefix(f"ref: {HEADS}")
        elif name.startswith(HEADS) and is_object_id(value):
            heads[name.removeprefix(HEADS)] = value
    return References(heads, default)


def _see_that_it_is_a_repository(remote: Remote) -> None:
    """Git takes a web page, such as one to sign in, for a repository without branches."""
    import httpx  # imported here: few runs meet a repository without branches

    headers = {"Authorization": remote.authorization.reveal()} if remote.authorization is not None else {}
    verify = ssl.create_default_context(cafile=remote.ca_bundle) if remote.ca_bundle is not None else True
    try:
        with (
            httpx.Client(verify=verify, mounts=NO_PROXIES, follow_redirects=False, timeout=30.0) as client,
            client.stream("GET", f"{remote.url}/info/refs", params={"service": "git-upload-pack"}, headers=headers) as response,
        ):
            media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    except httpx.HTTPError:
        raise Passing("tree", f"{remote.url}: the connection fails; run again later") from None
    if media_type != _ADVERTISEMENT:
        raise RepositoryError("tree", f"{remote.url}: a web page answers, such as one to sign in, and no repository; check the URL, the token and any proxy")
