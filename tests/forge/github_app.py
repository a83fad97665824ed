"""What the GitHub dialect answers to an App: who it is, where it is installed, and tokens for that."""

import secrets
from datetime import UTC, datetime
from functools import partial

from tests.forge import github_shapes as shapes
from tests.forge.app import App
from tests.forge.github_access import listed, not_found, readable
from tests.forge.http_server import Answer, json_answer
from tests.forge.model import Access
from tests.forge.routing import Call, Refusal, Router

ROUTER = Router()
_EPOCH = "2026-01-01T00:00:00Z"
_PERMISSIONS = {"contents": "write", "pull_requests": "write", "issues": "write", "metadata": "read"}


def _app(call: Call) -> App:
    """The App that asks with a JWT."""
    if call.access is None or not call.access.is_app or call.state.app is None:
        raise Refusal(401, shapes.error("A JSON web token could not be decoded", 401))
    return call.state.app


def _shape(call: Call, number: int) -> shapes.Json:
    app = _app(call)
    account = call.state.account(app.installations[number])
    return {
        "id": number,
        "account": shapes.user(call, account),
        "app_id": app.id,
        "app_slug": app.slug,
        "target_id": account.id,
        "target_type": "Organization" if account.is_organisation else "User",
        "repository_selection": "all",
        "permissions": _PERMISSIONS,
        "events": [],
        "single_file_name": None,
        "suspended_at": None,
        "suspended_by": None,
        "access_tokens_url": f"{call.api}/app/installations/{number}/access_tokens",
        "repositories_url": f"{call.api}/installation/repositories",
        "html_url": f"{call.web}/organizations/{account.login}/settings/installations/{number}",
        "created_at": _EPOCH,
        "updated_at": _EPOCH,
    }


def _of_owner(call: Call, owner: str) -> Answer:
    number = next((number for number, login in _app(call).installations.items() if login.casefold() == owner.casefold()), None)
    if number is None:
        raise not_found()
    return json_answer(200, _shape(call, number))


@ROUTER.route("GET", "/app")
def _self(call: Call) -> Answer:
    app = _app(call)
    return json_answer(
        200,
        {
            "id": app.id,
            "slug": app.slug,
            "node_id": f"A_{app.id}",
            "name": app.slug,
            "description": None,
            "owner": shapes.user(call, call.state.account(f"{app.slug}[bot]")),
            "external_url": f"{call.web}/apps/{app.slug}",
            "html_url": f"{call.web}/apps/{app.slug}",
            "permissions": _PERMISSIONS,
            "events": [],
            "created_at": _EPOCH,
            "updated_at": _EPOCH,
        },
    )


@ROUTER.route("GET", "/app/installations")
def _installations(call: Call) -> Answer:
    return listed(call, list(_app(call).installations), partial(_shape, call))


@ROUTER.route("GET", "/app/installations/{number}")
def _installation(call: Call, number: str) -> Answer:
    if int(number) not in _app(call).installations:
        raise not_found()
    return json_answer(200, _shape(call, int(number)))


@ROUTER.route("GET", "/orgs/{owner}/installation")
def _of_organisation(call: Call, owner: str) -> Answer:
    account = call.state.user(owner)
    if account is None or not account.is_organisation:
        raise not_found()
    return _of_owner(call, owner)


@ROUTER.route("GET", "/users/{owner}/installation")
def _of_user(call: Call, owner: str) -> Answer:
    return _of_owner(call, owner)


@ROUTER.route("GET", "/repos/{owner}/{name}/installation")
def _of_repository(call: Call, owner: str, name: str) -> Answer:
    _app(call)
    if call.state.find(f"{owner}/{name}") is None:
        readable(call, owner, name)
    return _of_owner(call, owner)


@ROUTER.route("POST", "/app/installations/{number}/access_tokens")
def _token(call: Call, number: str) -> Answer:
    app = _app(call)
    owner = app.installations.get(int(number))
    if owner is None:
        raise not_found()
    token = f"ghs_{secrets.token_hex(18)}"
    ends = datetime.now(UTC) + app.lifetime
    user = call.state.account(f"{app.slug}[bot]")
    call.state.tokens[token] = Access(user, owners=frozenset({owner.casefold()}), ends=ends)
    return json_answer(201, {"token": token, "expires_at": shapes.time(ends), "permissions": _PERMISSIONS, "repository_selection": "all"})
