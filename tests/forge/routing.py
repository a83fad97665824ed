"""From paths to functions of a dialect, with refusals and pages as both dialects have them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import unquote, urlencode

from tests.forge.http_server import Answer, Request, json_answer
from tests.forge.model import Access
from tests.forge.state import Repository, State


class Refusal(Exception):
    """An answer that says no."""

    def __init__(self, status: int, content: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, content)
        self.answer = json_answer(status, content, headers)


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the API: who asks whom, and below which address the API is."""

    state: State
    request: Request
    access: Access | None
    prefix: str

    @property
    def api(self) -> str:
        """The address of the API as the client knows it."""
        return self.request.root + self.prefix

    @property
    def web(self) -> str:
        """The address of the pages for people."""
        return self.request.root

    @property
    def fields(self) -> Mapping[str, object]:
        """The JSON object of the body; of GitHub's labels, which may be a bare list, nothing."""
        return self.request.fields

    def text(self, name: str) -> str | None:
        """A field that is a string."""
        found = self.fields.get(name)
        return found if isinstance(found, str) else None

    def texts(self, name: str) -> list[str]:
        """A field that is a list of strings, or GitLab's string with commas."""
        found = self.fields.get(name)
        if isinstance(found, str):
            return [part.strip() for part in found.split(",") if part.strip()]
        return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []

    def flag(self, name: str) -> bool:
        """A field that is true."""
        return self.fields.get(name) in (True, "true")

    @property
    def login(self) -> str:
        """Who asks; there is one."""
        assert self.access is not None
        return self.access.user.login


class Dialect(Protocol):
    """What the module of a dialect has."""

    def is_api(self, path: str, /) -> bool: ...

    def is_write(self, request: Request, /) -> bool: ...

    def described(self, state: State, path: str, /) -> str: ...

    def answer(self, state: State, request: Request, access: Access | None, /) -> Answer | None: ...

    def git_refusal(self, state: State, request: Request, access: Access | None, repository: Repository | None, /, *, is_push: bool) -> Answer | None: ...


Item = TypeVar("Item")
Function = Callable[..., Answer]


def expression(path: str) -> re.Pattern[str]:
    """What a path looks like: `{name}` stands for one part of it, `{name*}` for several."""
    return re.compile(re.sub(r"\\{\w+\\}", "([^/]+)", re.sub(r"\\{\w+\\\*\\}", "(.+)", re.escape(path))))


class Router:
    """Routes of one dialect."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Function]] = []

    def route(self, method: str, *paths: str) -> Callable[[Function], Function]:
        """Make a function answer these paths."""

        def add(function: Function) -> Function:
            for path in paths:
                self._routes.append((method, expression(path), function))
            return function

        return add

    def find(self, method: str, path: str) -> tuple[Function, list[str]] | None:
        """The function for a path, with what stands in its variable parts."""
        wanted = "GET" if method == "HEAD" else method
        for offered, pattern, function in self._routes:
            if offered == wanted and (match := pattern.fullmatch(path)):
                return function, [unquote(part) for part in match.groups()]
        return None


def page(request: Request, items: Sequence[Item], *, usual: int) -> tuple[Sequence[Item], int, int, int]:
    """Cut a page out of a list; give it with its number, its size and the number of pages."""
    size = min(max(int(request.query.get("per_page") or usual), 1), 100)
    number = max(int(request.query.get("page") or 1), 1)
    pages = max(-(-len(items) // size), 1)
    return items[(number - 1) * size : number * size], number, size, pages


def links(request: Request, *, number: int, pages: int) -> str:
    """The header Link (RFC 8288) as both forges write it."""

    def address(wanted: int) -> str:
        return f"{request.root}{request.path}?{urlencode({**request.query, 'page': wanted})}"

    relations: Iterable[tuple[str, int, bool]] = (
        ("prev", number - 1, 1 < number <= pages + 1),
        ("next", number + 1, number < pages),
        ("last", pages, number < pages),
        ("first", 1, number > 1),
    )
    return ", ".join(f'<{address(wanted)}>; rel="{relation}"' for relation, wanted, is_there in relations if is_there)
