"""Credentials of registries, from the files that container programs keep (containers-auth.json(5), and `config.json` of Docker)."""

import asyncio
import base64
import binascii
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from redigest.errors import UsageError
from redigest.registry.credential_helpers import HelperFailed, ask_helper
from redigest.registry.endpoints import DOCKER_HUB, Location
from redigest.registry.json_object import json_object
from redigest.secret import Secret

_LARGEST_FILE = 4 * 1024 * 1024
_HELPER_SECONDS = 30.0
_DOCKER_HUB_KEY = "https://index.docker.io/v1/"
"""The name of Docker Hub in the files of Docker, and what its credential helpers are asked for."""
_IDENTITY_TOKEN_USER = "<token>"  # noqa: S105, what a credential helper gives as the user name of an identity token


@dataclass(frozen=True, slots=True)
class Login:
    """A user name, which for a service account can hold `|`, and a password."""

    user: str
    password: Secret

    def basic(self) -> Secret:
        """The value of the header `Authorization` (RFC 7617)."""
        return Secret("Basic " + base64.b64encode(f"{self.user}:{self.password.reveal()}".encode()).decode())


@dataclass(frozen=True, slots=True)
class IdentityToken:
    """A token that gets tokens (distribution, OAuth2 token authentication, grant type `refresh_token`)."""

    token: Secret


Credential = Login | IdentityToken


@dataclass(frozen=True, slots=True)
class _File:
    """One file of credentials, its hosts in one spelling."""

    path: Path
    entries: Mapping[str, Mapping[str, object]] = field(repr=False)
    helpers: Mapping[str, str]
    store: str | None


class Keyring:
    """Finds credentials; `notes` says, after the last question, what was wrong with the files and helpers that were asked."""

    def __init__(self, files: Sequence[_File], notes: Sequence[str] = (), *, helper_seconds: float = _HELPER_SECONDS) -> None:
        self._files = files
        self._notes = dict.fromkeys(notes)
        self._helper_seconds = helper_seconds
        self._from_helpers: dict[tuple[str, str], asyncio.Task[Credential | None]] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    @classmethod
    def of_file(cls, path: Path, *, helper_seconds: float = _HELPER_SECONDS) -> "Keyring":
        """Read the one file that the user names. Raises `UsageError` when it cannot be."""
        try:
            return cls([_read(path)], helper_seconds=helper_seconds)
        except _Unusable as problem:
            raise UsageError(f"{path}: {problem}") from None
        except OSError as error:
            raise UsageError(f"{path}: {_unreadable(error)}") from None

    @classmethod
    def of_user(cls, environment: Mapping[str, str] | None = None) -> "Keyring":
        """Read the files of the user that are there, in the order of containers-auth.json(5); one that cannot be read becomes a note."""
        files: list[_File] = []
        notes: list[str] = []
        for path in places(os.environ if environment is None else environment):
            try:
                files.append(_read(path))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except _Unusable as problem:
                notes.append(f"{path}: {problem}, so it is not used")
            except OSError as error:
                notes.append(f"{path}: {_unreadable(error)}, so it is not used")
        return cls(files, notes)

    async def find(self, location: Location) -> Credential | None:
        """The credential for a repository: from the first file that has one, and there of the longest prefix of its name."""
        for file in self._files:
            helper = file.helpers.get(location.host) or file.store
            if helper is not None and (credential := await self._ask(helper, location.host)) is not None:
                return credential
            for key in _prefixes(location):
                if key in file.entries and (credential := self._of_entry(file, key)) is not None:
                    return credential
        return None

    def _of_entry(self, file: _File, key: str) -> Credential | None:
        try:
            return _credential(file.entries[key])
        except ValueError:
            self._notes[f"{file.path}: the entry for {key} cannot be read, so it is not used"] = None
            return None

    async def _ask(self, helper: str, host: str) -> Credential | None:
        """Ask a helper for a host once, whoever wants to know."""
        question = helper, host
        if question not in self._from_helpers:
            self._from_helpers[question] = asyncio.create_task(self._ask_anew(helper, host))
        return await asyncio.shield(self._from_helpers[question])

    async def _ask_anew(self, helper: str, host: str) -> Credential | None:
        try:
            answer = await ask_helper(helper, _DOCKER_HUB_KEY if host == DOCKER_HUB else host, seconds=self._helper_seconds)
        except HelperFailed as problem:
            self._notes[f"{problem}, so no credentials for {host} come from it"] = None
            return None
        if answer is None:
            return None
        user, secret = answer
        return IdentityToken(secret) if user == _IDENTITY_TOKEN_USER else Login(user, secret)


class _Unusable(Exception):
    """The content of a file of credentials cannot be used; the message says why."""


def _unreadable(error: OSError) -> str:
    return f"the credentials in it cannot be read: {error.strerror}"


def _read(path: Path) -> _File:
    """Read a file; raise `_Unusable` or `OSError`."""
    with path.open("rb") as stream:
        content = stream.read(_LARGEST_FILE + 1)
    whole = json_object(content) if len(content) <= _LARGEST_FILE else None
    if whole is None:
        raise _Unusable("a file of credentials is a JSON object of at most 4 MiB, and this is none")
    auths = whole if path.name == ".dockercfg" and "auths" not in whole else whole.get("auths", {})
    helpers = whole.get("credHelpers", {})
    store = whole.get("credsStore")
    if not isinstance(auths, dict) or not isinstance(helpers, dict) or not isinstance(store, str | None):
        raise _Unusable("auths, credHelpers or credsStore is not of the form that Docker writes")
    # An entry under the name itself counts before one under a URL of the same host.
    keys = sorted(auths, key=lambda key: "://" not in key)
    entries = {_key(key): auths[key] for key in keys if isinstance(auths[key], dict)}
    return _File(path, entries, {_key(host): name for host, name in helpers.items() if isinstance(name, str)}, store or None)


def _key(written: str) -> str:
    """One spelling for the hosts of Docker's URLs (`https://host/v1/`), and for what containers programs write (`host/namespace`)."""
    _, scheme, rest = written.rpartition("://")
    host, slash, path = rest.partition("/")
    host = host.lower()
    if scheme or host in ("index.docker.io", "registry-1.docker.io"):
        path = ""
    host = DOCKER_HUB if host in ("index.docker.io", "registry-1.docker.io") else host
    return f"{host}{slash}{path}".rstrip("/") if path else host


def _prefixes(location: Location) -> Iterator[str]:
    """Name, folder by folder shorter, down to the host."""
    name = location.name
    while name:
        yield name
        name = name.rpartition("/")[0]


def _credential(entry: Mapping[str, object]) -> Credential | None:
    """Read an entry of `auths`; `None` for an empty one, which says that a helper has it. Raises `ValueError`."""
    identity_token = entry.get("identitytoken")
    if isinstance(identity_token, str) and identity_token:
        return IdentityToken(Secret(identity_token))
    auth = entry.get("auth")
    if isinstance(auth, str) and auth:
        try:
            user, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise ValueError from None
        if not colon:
            raise ValueError
        return Login(user, Secret(password.rstrip("\0")))  # Docker pads old files
    written_user, written_password = entry.get("username"), entry.get("password")
    if isinstance(written_user, str) and isinstance(written_password, str) and written_user:
        return Login(written_user, Secret(written_password))
    return None


def places(environment: Mapping[str, str]) -> Iterator[Path]:
    """Where the files of the user are, of those that are there, in the order in which they count."""
    if named := environment.get("REGISTRY_AUTH_FILE"):
        yield Path(named)
        return
    runtime = environment.get("XDG_RUNTIME_DIR")
    yield Path(runtime) / "containers/auth.json" if runtime else Path(f"/run/containers/{os.getuid()}/auth.json")
    home = environment.get("HOME")
    settings = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else None)
    if settings:
        yield Path(settings) / "containers/auth.json"
    docker = environment.get("DOCKER_CONFIG") or (f"{home}/.docker" if home else None)
    if docker:
        yield Path(docker) / "config.json"
    if home:
        yield Path(home) / ".dockercfg"
