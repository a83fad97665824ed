"""The API of GitLab by way of python-gitlab: requests and pages, and every failure in one form."""

import contextlib
from collections.abc import Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import gitlab
import requests
from gitlab.exceptions import GitlabError
from pydantic import BaseModel, ValidationError
from requests.adapters import HTTPAdapter

from redigest import __version__
from redigest.forges import access
from redigest.forges.failures import NO_REASON, UNREADABLE, Failure, foreign, unanswered
from redigest.forges.paging import next_query
from redigest.forges.waiting import TIMEOUT, Pace, Patience

if TYPE_CHECKING:
    from redigest.config import Forge

Model = TypeVar("Model", bound=BaseModel)


class _OneOrigin(requests.Session):
    """Sends nothing to any other host than the one it was made for: the library follows a redirect, with the token, wherever it leads."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._origin = access.origin(url)
        self.max_redirects = 3
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(max_retries=Patience.new_one()))

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        if access.origin(request.url or "") != self._origin:
            raise requests.exceptions.InvalidURL("another host")
        return super().send(request, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Follow a redirect only of what reads; the library would make a write into one that reads."""
        return super().get_redirect_target(resp) if resp.request.method == "GET" else None

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Leave the token as it is, and take no password of ~/.netrc."""


class _Client(gitlab.Gitlab):
    def http_request(self, verb: str, path: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # the rest is passed on as it is
        """Ask once: the session waits and asks again, and knows a longest wait."""
        return super().http_request(verb, path, **{**kwargs, "obey_rate_limit": False})


class Api:
    """Asks GitLab; threads share it. Every method that asks raises `Failure`."""

    def __init__(self, forge: "Forge") -> None:
        self.token = access.token(forge)
        self._pace = Pace(forge.write_pause)
        self._session = _OneOrigin(forge.url)
        self._client = _Client(
            forge.url,
            private_token=self.token.reveal(),
            ssl_verify=access.certificates(forge),
            timeout=TIMEOUT,
            user_agent=f"redigest/{__version__}",
            session=self._session,
        )

    def get(self, path: str, into: type[Model], *, query: Mapping[str, object] | None = None) -> Model:
        """Ask for one thing."""
        with self._told():
            found = self._client.http_get(path, query_data=dict(query or {}))
        return _read(found, into)

    def pages(self, path: str, into: type[Model], *, query: Mapping[str, object] | None = None) -> Iterator[Model]:
        """Everything in a list, page by page."""
        following: Mapping[str, object] | None = {**(query or {}), "per_page": 100}
        while following is not None:
            with self._told():
                answer = self._client.http_request("get", path, query_data=dict(following))
                entries = answer.json()
            if not isinstance(entries, list):
                raise Failure(None, UNREADABLE)
            yield from (_read(entry, into) for entry in entries)
            following = next_query(answer.headers.get("Link", "")) if entries else None

    def post(self, path: str, fields: Mapping[str, object], into: type[Model]) -> Model:
        """Make something, and read what was made."""
        with self._pace, self._told():
            found = self._client.http_post(path, post_data=dict(fields))
        return _read(found, into)

    def put(self, path: str, fields: Mapping[str, object]) -> None:
        """Change something."""
        with self._pace, self._told():
            self._client.http_put(path, post_data=dict(fields))

    def delete(self, path: str) -> None:
        """Delete something."""
        with self._pace, self._told():
            self._client.http_delete(path)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn whatever the library raises into a failure."""
        try:
            yield
        except GitlabError as error:
            if error.response_code is None:
                raise Failure(None, UNREADABLE) from None
            raise Failure(error.response_code, self._words(error)) from None
        except (OSError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise unanswered(error) from None

    def _words(self, error: GitlabError) -> str:
        """What an error says; the library gives the whole page where that is no JSON."""
        said: object = error.error_message  # declared as text, and what the answer has
        if isinstance(said, str) and said.lstrip().startswith("<"):
            return NO_REASON
        words = said if isinstance(said, str) else "; ".join(_flat(said))
        return foreign(words, [self.token]) or NO_REASON


def _read(found: object, into: type[Model]) -> Model:
    try:
        return into.model_validate(found)
    except ValidationError:
        raise Failure(None, UNREADABLE) from None


def _flat(said: object) -> Iterator[str]:
    """The words of `message`, which can be a list, or lists by field."""
    match said:
        case str():
            yield said
        case list():
            for entry in said:
                yield from _flat(entry)
        case dict():
            for key, value in said.items():
                yield f"{key}: {', '.join(_flat(value))}"


def project_path(name: str, *more: str | int) -> str:
    """The path of a project in the API, or of what it has."""
    return "/".join(("/projects", quote(name, safe=""), *(str(part) for part in more)))
