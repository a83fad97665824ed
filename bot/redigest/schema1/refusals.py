"""Why a body is not read or not converted; the words are for people and repeat nothing of the body.

Refused
├── Malformed        not what the format's specification allows, or something that programs read in different ways
└── Unconvertible    an image of which the other form does not exist, or cannot be known for certain
"""


class Refused(ValueError):
    """Nothing follows from the bytes, neither that two images are equal nor that they differ."""


class Malformed(Refused):
    """The bytes are not what the format's specification allows, or programs read them in different ways."""


class Unconvertible(Refused):
    """The bytes are well-formed, and the other form of the image does not exist or cannot be known for certain."""
