"""What can go wrong between us and a forge, and how it is told: with what was asked, what came back, and what to do."""

import contextlib
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from requests import exceptions

from redigest.errors import RepositoryError, Stage
from redigest.report.safety import visible
from redigest.secret import Secret

if TYPE_CHECKING:
    from redigest.config import Forge

_LONGEST = 300
"""Characters of what a forge says that are repeated."""

_SPACE = re.compile(r"\s+")

NO_REASON = "it gives no reason"
UNREADABLE = "it sends an answer that is none of its API; check the url of the forge, and whether something stands in between, such as a page to sign in"


class Failure(Exception):
    """A request that was not answered, or not with what was asked for.

    `status` is that of the HTTP answer, 400 for a refusal in GraphQL, `None` where there is no answer that can be read. `words` are fit to be shown.
    """

    def __init__(self, status: int | None, words: str) -> None:
        super().__init__(f"{status}: {words}" if status is not None else words)
        self.status = status
        self.words = words

    @property
    def is_unsure(self) -> bool:
        """Whether what was asked may have been done all the same."""
        return self.status is None or self.status >= 500

    @property
    def told(self) -> str:
        """Status and words, to go on after a colon."""
        return f"{self.words} ({self.status})" if self.status is not None else self.words


def foreign(text: str, secrets: Iterable[Secret]) -> str:
    """Make what a forge says fit to be repeated: in one short line, without what moves a cursor, and without our own secrets."""
    for secret in secrets:
        text = text.replace(secret.reveal(), "***")
    line = visible(_SPACE.sub(" ", text).strip())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def unanswered(error: Exception) -> Failure:
    """Say what happened when a client has no answer; the error's own text can hold what a server wrote."""
    match error:
        case exceptions.SSLError():
            words = "its certificate is not trusted, or TLS fails otherwise; name the certificates of its authority with ca-bundle"
        case exceptions.ProxyError():
            words = "it cannot be reached through the proxy that the environment names"
        case exceptions.Timeout():
            words = "it does not answer in time; try again later"
        case exceptions.ConnectionError() | exceptions.ChunkedEncodingError():
            words = "it cannot be reached, or breaks off in the middle; check its url and the network, and try again later"
        case exceptions.InvalidURL() | exceptions.InvalidSchema() | exceptions.MissingSchema():
            words = "it sends us to an address that is not its own, which is not followed; check the url of the forge"
        case _:
            words = UNREADABLE
    return Failure(None, words)


@contextlib.contextmanager
def reported(stage: Stage, asked: str, *, forge: "Forge", rights: str) -> Iterator[None]:
    """Turn a failure into the error of a repository; `asked` goes on from "cannot", and `rights` from "it needs"."""
    try:
        yield
    except Failure as failure:
        advice = _advice(failure.status, forge, rights)
        raise RepositoryError(stage, f"forge {forge.name} ({forge.url}): cannot {asked}: {failure.told}{advice}") from None


def _advice(status: int | None, forge: "Forge", rights: str) -> str:
    if status is None:
        return ""
    access = f"the token in {forge.token_env}" if forge.token_env is not None else "the GitHub App"
    known = {
        401: f"; {access} is not accepted: make a new one, or correct it",
        403: f"; {access} may not do this: it needs {rights}",
        404: f"; there is no such thing, or {access} may not see it: check the name, and what it may see",
        429: "; it wants to be left alone for longer than we wait: run again later",
    }
    classes = {
        3: "; redirects are not followed here: check the url of the forge, and whether the repository has a new name",
        4: "; correct what it complains about, and run again",
    }
    return known.get(status) or classes.get(status // 100) or "; the fault is on its side: try again later"


def is_same(text: str, other: str) -> bool:
    """Whether a forge has kept a text; it may change the ends of lines, and what is blank around it."""
    return text.split() == other.split()
