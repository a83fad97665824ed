"""A GitHub App of the fake forge: its key, and the accounts that have installed it."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_LONGEST = 600
"""Seconds that GitHub lets a JWT live."""


@dataclass
class App:
    """An App with its installations, by number; `lifetime` is that of the tokens it gets."""

    id: int
    slug: str
    installations: dict[int, str] = field(default_factory=dict)
    lifetime: timedelta = timedelta(hours=1)

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def pem(self) -> str:
        """The private key as GitHub hands it out."""
        form, encryption = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        return self._key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()

    def has_signed(self, credential: str) -> bool:
        """Whether a JWT is of this App, and valid for no longer than it may be."""
        try:
            claims = jwt.decode(credential, self._key.public_key(), algorithms=["RS256"], options={"require": ["exp", "iat", "iss"]})
        except jwt.PyJWTError:
            return False
        return str(claims["iss"]) == str(self.id) and claims["exp"] <= time.time() + _LONGEST
