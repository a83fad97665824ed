"""How a forge is got into, as its configuration says: the token, the certificates, and the addresses of repositories."""

import base64
import os
import ssl
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from redigest.clones.remote import Remote
from redigest.errors import UsageError
from redigest.secret import Secret

if TYPE_CHECKING:
    from redigest.config import Forge


def token(forge: "Forge") -> Secret:
    """Take the token from the environment. Raises `UsageError` where there is none."""
    if forge.token_env is None:
        raise UsageError(f"forge {forge.name} has neither token-env nor app; name the environment variable that holds its token with token-env")
    text = os.environ.get(forge.token_env, "").strip()
    if not text:
        raise UsageError(f"forge {forge.name} takes its token from the environment variable {forge.token_env}, which is not set; set it and run again")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(f"the environment variable {forge.token_env} of forge {forge.name} holds something that is no token; correct it and run again")
    return Secret(text)


def certificates(forge: "Forge") -> str | bool:
    """What the clients take for `verify`. Raises `UsageError` for a file that cannot be used."""
    if forge.ca_bundle is None:
        return True
    try:
        ssl.create_default_context(cafile=forge.ca_bundle)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or error.__class__.__name__
        raise UsageError(f"the ca-bundle of forge {forge.name}, {forge.ca_bundle}, cannot be read: {reason}; give a PEM file") from None
    return str(forge.ca_bundle)


def remote(forge: "Forge", url: str, *, user: str, secret: Secret | None) -> Remote:
    """Where git finds a repository; over SSH, without the secret."""
    if url.startswith("ssh://"):
        return Remote(url, ssh_key=forge.ssh_key_file, known_hosts=forge.known_hosts)
    basic = base64.b64encode(f"{user}:{secret.reveal()}".encode()).decode() if secret is not None else None
    return Remote(url, authorization=Secret(f"Basic {basic}") if basic is not None else None, ca_bundle=forge.ca_bundle)


def is_ssh(forge: "Forge") -> bool:
    """Whether git gets in with a key of SSH."""
    return forge.git_url is not None and forge.git_url.startswith("ssh://")


def quoted(path: str) -> str:
    """Write a path for a URL: every byte that is not unreserved (RFC 3986, section 2.3) is escaped, and slashes are kept."""
    return quote(os.fsencode(path), safe="/")


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of a URL (RFC 6454, section 4). Raises `ValueError` for one that cannot be read."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
