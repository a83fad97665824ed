"""The API of GitHub by way of PyGithub: who we are, requests and pages, and every failure in one form."""

import contextlib
import json
import logging
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar
from urllib.parse import urljoin

import jwt
from github import Auth
from github.GithubException import GithubException, RateLimitExceededException
from github.GithubRetry import GithubRetry
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester
from pydantic import BaseModel, ValidationError
from urllib3 import BaseHTTPResponse
from urllib3.connectionpool import ConnectionPool

from redigest import __version__
from redigest.errors import UsageError
from redigest.forges import access
from redigest.forges.failures import NO_REASON, UNREADABLE, Failure, foreign, unanswered
from redigest.forges.paging import next_query
from redigest.forges.waiting import TIMEOUT, Pace, Patience
from redigest.secret import Secret

if TYPE_CHECKING:
    from redigest.config import App, Forge

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EARLY = timedelta(minutes=5)
"""So long before its end a token is replaced, that a push begun with it can still finish."""

_Connection = HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass
Model = TypeVar("Model", bound=BaseModel)


class _Id(BaseModel):
    id: int


class _Token(BaseModel):
    token: str
    expires_at: datetime


class _Named(BaseModel):
    login: str


class _Slug(BaseModel):
    slug: str


class _Moved(Exception):  # an answer that says where to ask instead
    def __init__(self, status: int, location: str) -> None:
        super().__init__(f"{status}: {location}")
        self.status = status
        self.location = location


class _GitHubPatience(Patience, GithubRetry):
    """GitHub tells of limits by 403 as well; and the library follows redirects further than we want it to, so that they are caught before it sees them."""

    limits: ClassVar[frozenset[int]] = frozenset({403, 429})

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: FBT001, FBT002, the signature is that of urllib3
        return status_code in _REDIRECTS or super().is_retry(method, status_code, has_retry_after)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if response is not None and response.status in _REDIRECTS:
            response.close()
            raise _Moved(response.status, response.headers.get("Location", ""))
        return super().increment(method, url, response, error, _pool, _stacktrace)


class _Strict(Requester):
    """Follows a redirect of what only reads, once, and to the very same host and port; takes nothing but JSON for an answer."""

    def requestJson(  # noqa: N802, PLR0917, the signature is that of the library
        self,
        verb: str,
        url: str,
        parameters: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        input: Any | None = None,  # noqa: A002, likewise
        cnx: _Connection | None = None,
        follow_302_redirect: bool = False,  # noqa: FBT001, FBT002, likewise
    ) -> tuple[int, dict[str, Any], str]:
        try:
            answer = super().requestJson(verb, url, parameters, headers, input, cnx, follow_302_redirect)
        except _Moved as moved:
            location = urljoin(self.base_url, moved.location)
            if verb != "GET" or access.origin(location) != access.origin(self.base_url):
                raise
            answer = super().requestJson(verb, location, parameters, headers, input, cnx, follow_302_redirect)
        status, answered, text = answer
        if status >= 400:
            raise self.createException(status, answered, _reasons(text))
        if text and "json" not in answered.get("content-type", ""):
            raise ValueError("no JSON")
        return answer


_SILENT = logging.getLogger("redigest.forges.github")
_SILENT.disabled = True
_Strict.injectLogger(_SILENT)  # at its level DEBUG the library writes whole answers, new tokens among them


class _Installation(Auth.Auth):
    """The changing token of an App for one owner; threads share it."""

    def __init__(self, api: "Api", number: int) -> None:
        self._api = api
        self._number = number
        self._lock = threading.Lock()
        self._current: _Token | None = None

    @property
    def token_type(self) -> str:
        return "token"

    @property
    def token(self) -> str:
        with self._lock:
            if self._current is None or self._current.expires_at - _EARLY < datetime.now(UTC):
                self._current = self._api.installation_token(self._number)
            return self._current.token


class Api:
    """Asks GitHub, as a user with a token or as an App; threads share it. Every method that asks raises `Failure`."""

    def __init__(self, forge: "Forge") -> None:
        self._forge = forge
        self._verify = access.certificates(forge)
        self._pace = Pace(forge.write_pause)
        self._app = _app_auth(forge, forge.app) if forge.app is not None else None
        self._secrets = [access.token(forge)] if self._app is None else []
        self._auths: dict[str, Auth.Auth] = {}
        self._idle: dict[Auth.Auth, deque[_Strict]] = {}
        self._lock = threading.RLock()
        self._login: str | None = None
        if self._app is None:
            self._token_auth = Auth.Token(self._secrets[0].reveal())

    @property
    def is_app(self) -> bool:
        return self._app is not None

    def ask(
        self, method: str, path: str, into: type[Model], *, owner: str, query: Mapping[str, str] | None = None, body: Mapping[str, object] | None = None
    ) -> Model:
        """Send a request, and read the answer as a model."""
        _, found = self._request(method, path, self._auth(owner), query=query, body=body)
        return self._read(found, into)

    def tell(self, method: str, path: str, *, owner: str, body: Mapping[str, object] | None = None) -> None:
        """Send a request whose answer is of no use."""
        self._request(method, path, self._auth(owner), body=body)

    def pages(self, path: str, into: type[Model], *, owner: str, query: Mapping[str, str] | None = None, key: str | None = None) -> Iterator[Model]:
        """Everything in a list, page by page; `key` is where an answer has it, if it is not the list itself."""
        following: Mapping[str, str] | None = {**(query or {}), "per_page": "100"}
        while following is not None:
            headers, found = self._request("GET", path, self._auth(owner), query=following)
            entries = found.get(key) if key is not None and isinstance(found, dict) else found
            if not isinstance(entries, list):
                raise Failure(None, UNREADABLE)
            yield from (self._read(entry, into) for entry in entries)
            following = next_query(headers.get("link", "")) if entries else None

    def mutate(self, mutation: str, fields: Mapping[str, object], wanted: str, into: type[Model], *, owner: str) -> Model:
        """Run a mutation of GraphQL; `wanted` is what to give back of it."""
        with self._pace, self._lent(self._auth(owner)) as requester:
            _, found = requester.graphql_named_mutation(mutation, dict(fields), wanted)
        return self._read(found, into)

    def login(self) -> str:
        """The account that writes, as it stands under what it has written."""
        with self._lock:
            if self._login is None:
                self._login = self._ask_login()
            return self._login

    def _ask_login(self) -> str:
        if self._app is not None:
            _, found = self._request("GET", "/app", self._app)
            return f"{self._read(found, _Slug).slug}[bot]"
        try:
            _, found = self._request("GET", "/user", self._token_auth)
        except Failure as failure:
            if failure.status != 403:
                raise
            with self._lent(self._token_auth) as requester:  # the token of a workflow is one of an App, and has no user
                _, answer = requester.graphql_query("query { viewer { login } }", {})
            found = answer.get("data", {}).get("viewer")
        return self._read(found, _Named).login

    def token(self, owner: str) -> Secret:
        """The token that gets git into the repositories of an owner."""
        auth = self._auth(owner)
        with self._told():
            return Secret(auth.token)

    def installation_token(self, number: int) -> _Token:
        """Get a new token of an installation of the App."""
        assert self._app is not None  # noqa: S101, only an App has installations
        _, found = self._request("POST", f"/app/installations/{number}/access_tokens", self._app, body={})
        token = self._read(found, _Token)
        with self._lock:
            self._secrets.append(Secret(token.token))
        return token

    def close(self) -> None:
        """Close every connection that is not in use."""
        for idle in list(self._idle.values()):
            while idle:
                idle.pop().close()

    def _auth(self, owner: str) -> Auth.Auth:
        if self._app is None:
            return self._token_auth
        with self._lock:
            auth = self._auths.get(owner.casefold())
            if auth is None:
                auth = self._auths[owner.casefold()] = _Installation(self, self._installation(owner, self._app))
            return auth

    def _installation(self, owner: str, app: Auth.Auth) -> int:
        try:
            _, found = self._request("GET", f"/orgs/{access.quoted(owner)}/installation", app)
        except Failure as failure:
            if failure.status != 404:
                raise
            try:
                _, found = self._request("GET", f"/users/{access.quoted(owner)}/installation", app)
            except Failure as none:
                if none.status != 404:
                    raise
                raise Failure(404, f"the App is not installed for {owner}: install it there") from None
        return self._read(found, _Id).id

    def _request(
        self, method: str, path: str, auth: Auth.Auth, *, query: Mapping[str, str] | None = None, body: Mapping[str, object] | None = None
    ) -> tuple[Mapping[str, str], Any]:
        is_write = method != "GET" and auth is not self._app
        headers = {"Accept": "application/vnd.github+json"}
        with self._pace if is_write else contextlib.nullcontext(), self._lent(auth) as requester:
            return requester.requestJsonAndCheck(method, path, dict(query or {}), headers, dict(body) if body is not None else None)

    @contextlib.contextmanager
    def _lent(self, auth: Auth.Auth) -> Iterator[_Strict]:
        """Give a connection for one request to one thread: the library keeps the request in hand in the connection, so that two must not share one."""
        idle = self._idle.setdefault(auth, deque())
        try:
            requester = idle.pop()
        except IndexError:
            requester = self._connect(auth)
        try:
            with self._told():
                yield requester
        finally:
            idle.append(requester)

    def _connect(self, auth: Auth.Auth) -> _Strict:
        return _Strict(
            auth,
            self._forge.url,
            TIMEOUT,
            f"redigest/{__version__}",
            100,
            self._verify,
            _GitHubPatience.new_one(),
            None,
            api_version="2022-11-28",
        )

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn whatever the library raises into a failure."""
        try:
            yield
        except RateLimitExceededException as error:
            raise Failure(429, self._words(error.data)) from None
        except GithubException as error:
            raise Failure(error.status, self._words(error.data)) from None
        except _Moved as moved:
            raise Failure(moved.status, foreign(f"it answers with a redirect to {moved.location}", self._secrets)) from None
        except (OSError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise unanswered(error) from None

    def _words(self, answer: object) -> str:
        """What an error says, with its details: `message` and `errors` of an answer, by REST or by GraphQL."""
        if not isinstance(answer, dict):
            return NO_REASON
        details = answer.get("errors")
        entries = details if isinstance(details, list) else []
        said = [answer.get("message"), *(_detail(entry) for entry in entries)]
        words = "; ".join(word for word in said if isinstance(word, str) and word)
        return foreign(words, self._secrets) or NO_REASON

    def _read(self, found: object, into: type[Model]) -> Model:
        try:
            return into.model_validate(found)
        except ValidationError:
            raise Failure(None, UNREADABLE) from None


def api_path(name: str, *more: str | int) -> str:
    """The path of a repository in the API, or of what it has."""
    return "/".join(("/repos", access.quoted(name), *(str(part) for part in more)))


def _reasons(text: str) -> dict[str, Any]:
    """Read the answer that refuses something as far as it is one; the library takes for granted that it is."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return found if isinstance(found.get("message"), str) else {**found, "message": ""}


def _detail(entry: object) -> str | None:
    if not isinstance(entry, dict):
        return entry if isinstance(entry, str) else None
    message = entry.get("message")
    return message if isinstance(message, str) else " ".join(str(entry[key]) for key in ("resource", "field", "code") if key in entry)


def _app_auth(forge: "Forge", app: "App") -> Auth.AppAuth:
    try:
        auth = Auth.AppAuth(app.id, app.key_file.read_text(encoding="ascii"))
        auth.create_jwt()
    except (OSError, ValueError, TypeError, AssertionError, jwt.exceptions.PyJWTError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it holds no private key as GitHub gives them, in PEM"
        raise UsageError(f"the key of the GitHub App of forge {forge.name}, {app.key_file}, cannot be used: {reason}") from None
    return auth
