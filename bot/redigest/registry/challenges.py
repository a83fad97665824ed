"""What a registry says it wants to be shown: the header `WWW-Authenticate` (RFC 9110, section 11.6.1)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
"""What the RFC calls a token, section 5.6.2."""
_SCHEME = re.compile(rf"({_WORD})(?=[ \t,]|$)")
_TOKEN_68 = re.compile(r"[ \t]++[A-Za-z0-9._~+/-]++=*+(?=[ \t]*+(?:,|$))")
_PARAMETER = re.compile(rf'({_WORD})[ \t]*+=[ \t]*+(?:({_WORD})|"((?:[^"\\]|\\.|)*+)")(?=[ \t]*+(?:,|$))')
_BETWEEN = re.compile(r"[ \t,]*+")
_ESCAPE = re.compile(r"\\(.)")
_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in; scheme and names of parameters are in lower case, and the first of two equal parameters counts."""

    scheme: str
    parameters: Mapping[str, str]

    @property
    def scopes(self) -> frozenset[str]:
        """What the token must be good for; a space stands between two scopes (distribution, token authentication specification)."""
        return frozenset(self.parameters.get("scope", "").split())


def parse(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Read all challenges of all headers of this name; what follows something malformed in a header is left out."""
    return tuple(challenge for header in headers for challenge in _parse(header[:_LONGEST]))


def _parse(header: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str]]] = []
    at = 0
    while (at := _end(_BETWEEN.match(header, at), at)) < len(header):
        if found and (parameter := _PARAMETER.match(header, at)):
            name, plain, quoted = parameter.groups()
            found[-1][1].setdefault(name.lower(), plain if plain is not None else _ESCAPE.sub(r"\1", quoted))
            at = parameter.end()
        elif scheme := _SCHEME.match(header, at):
            found.append((scheme.group(1).lower(), {}))
            at = _end(_TOKEN_68.match(header, scheme.end()), scheme.end())
        else:
            break
    return [Challenge(scheme, parameters) for scheme, parameters in found]


def _end(match: re.Match[str] | None, otherwise: int) -> int:
    return match.end() if match else otherwise
