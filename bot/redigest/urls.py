"""URLs that a person may give, and what of them others may read."""

import re
from urllib.parse import urlsplit

_MALFORMED = "must be a URL that begins with https://"
_LOOPBACK = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|::1")
_TOKEN_PREFIX = re.compile(r"(?<![A-Za-z0-9])(?:gh[opsur]_|github_pat_|gl(?:agent|cbt|dt|ft|imt|oas|pat|ptt|rt|soat)-)")
_LONG_WORD = re.compile(r"[A-Za-z0-9]{20,}")
_SECRET_NAME = re.compile(r"token|secret|pass|credential|auth|key|sig|code", re.IGNORECASE)
"""In the name of a parameter: its value gives access, as in signed URLs and in raw files of GitLab."""

NO_PROXIES = {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
"""The `mounts` of an HTTP client with proxies: none of them reaches the loopback of this machine."""


def is_url(text: str) -> bool:
    """Tell a URL from a path."""
    return "://" in text


def fault_in(url: str) -> str | None:
    """Say what is wrong with a URL, in words that go on from its name and repeat nothing of it; `None` for a good one."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return _MALFORMED
    if not host or parts.scheme not in ("https", "http") or not url.isprintable() or " " in url:
        return _MALFORMED
    if "@" in parts.netloc:
        return "must not hold a user name or a password"
    if parts.scheme == "http" and not _LOOPBACK.fullmatch(host):
        return "must begin with https://; only a loopback address may do without TLS"
    return None


def is_like_token(text: str) -> bool:
    """Whether a word in it begins as the tokens of forges do, or mixes many letters and digits, as random text does."""
    return _TOKEN_PREFIX.search(text) is not None or any(not word.isalpha() and not word.isdecimal() for word in _LONG_WORD.findall(text))


def citable(url: str) -> str:
    """Make a URL fit to be cited where others read it: a query that may hold a token, as signed URLs do, is cut off, and so is a fragment."""
    address, mark, query = url.partition("#")[0].partition("?")
    return f"{address}?..." if secrets_in(url) else address + mark + query


def secrets_in(url: str) -> tuple[str, ...]:
    """The values in the query of a URL that may be tokens, as they are written, and the query itself where it has no parameters."""
    query = url.partition("#")[0].partition("?")[2]
    pairs = [pair.partition("=") for pair in query.split("&")]
    return tuple(value or name for name, _, value in pairs if is_like_token(value or name) or (value and _SECRET_NAME.search(name)))
