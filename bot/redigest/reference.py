"""Image references: the grammar of the distribution project, and finding the reference that ends in a digest inside a longer string."""

import re
from dataclasses import dataclass

from redigest.model import Digest, ImageReference

# https://github.com/distribution/reference, regexp.go. A first component is a registry if it has a dot or a port, or is localhost.
_COMPONENT = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REGISTRY = rf"(?:(?:{_COMPONENT}(?:\.{_COMPONENT})+|localhost)(?::[0-9]+)?|{_COMPONENT}:[0-9]+|\[[a-fA-F0-9:]+\](?::[0-9]+)?)"
_PATH_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = rf"{_PATH_PART}(?:/{_PATH_PART})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_REFERENCE = re.compile(rf"(?:({_REGISTRY})/)?({_PATH})(?::({_TAG}))?(?:@sha256:([0-9a-f]{{64}}))?")
_TAG_ALONE = re.compile(_TAG)
_NAME_LENGTH = 255
_LONGEST = len(f"{'n' * _NAME_LENGTH}:{'t' * 128}@sha256:{'0' * 64}")

_LOOK_BACK = 512
"""How many characters before a digest can belong to its reference: a name of 255, a tag of 128, and variables in them."""

_TOKEN_REVERSED = re.compile(r"(?:[A-Za-z0-9._:/-]++|\][A-Fa-f0-9:]*+\[|)*+")
"""Brackets belong to a reference only around an IPv6 address."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*::?(?=[^/:]*(?::[0-9]+)?/)")
"""What other programs put before a reference: `oci:`, `oci::`, the name of a check."""
_ENCODED_MARK = re.compile(r"09|0[AaDd]|2[027]|2[Cc]|3[BbDd]")
"""Blanks, line ends, quotes, `,`, `;` and `=`, as a URL has them behind a percent sign."""
_ENCODED = re.compile(r"[0-9A-Fa-f]{2}")
_VERSION = re.compile(r"v?[0-9]+(?:\.[0-9]+[a-z0-9._-]*)?|latest")
"""What is written like a name but is a tag, whose repository stands elsewhere."""
_INSIDE_DEFAULT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*:?[-=]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VERB = re.compile(r"[svq](?![A-Za-z0-9])")
"""What stands for a value in a format string, behind the percent sign."""
_VARIABLE_BEFORE = re.compile(r"(?:[$#]\{[^{}]*\}|\{[A-Za-z0-9_.]*\}|\$\([^()]*\)|\$?\{\{[^{}]*\}\}|%[A-Za-z_][A-Za-z0-9_]*%)$")
_DEFAULT = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*:?-([^{}]*)\}")
_VARIABLES = 8
"""More variables than this in one reference are not looked at."""

_OPEN = "\0"
"""Stands for the value of a variable that is not known."""


def parse(text: str) -> ImageReference | None:
    """Parse `text` as a whole by the grammar of distribution/reference; `None` if it is no reference or its digest is not sha256."""
    match = _REFERENCE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    registry, repository, tag, digits = match.groups()
    reference = ImageReference(registry, repository, tag, Digest(digits) if digits else None)
    return reference if len(reference.name) <= _NAME_LENGTH else None


def is_tag(text: str) -> bool:
    """Tell whether `text` as a whole is a tag by the same grammar."""
    return _TAG_ALONE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Pinned:
    """A reference that ends in a digest, inside a longer string.

    `start` is the index at which it begins: a scheme such as `docker://` is left out, a variable kept in. `name` and `tag` are as far as they are known:
    the default of a variable (`${REGISTRY:-registry.redhat.io}`) counts as its value, and what a variable without one stands in is `None`.
    """

    start: int
    name: str | None
    tag: str | None


def pinned_at(string: str, digest_start: int) -> Pinned | None:
    """Look back from `sha256:` at index `digest_start` for the reference that it pins; `None` if no valid reference ends there.

    Reads a bounded number of characters, so the cost does not depend on what stands before.
    """
    if digest_start < 1 or string[digest_start - 1] != "@":
        return None
    end = digest_start - 1
    window = string[max(0, end - _LOOK_BACK) : end]
    written, length = _written_before(window)
    start, before = end - length, window[: len(window) - length]
    if scheme := _SCHEME.match(written):
        start += scheme.end()
        written = written[scheme.end() :]
    elif before.endswith("${") and (default := _INSIDE_DEFAULT.match(written)):
        start += default.end()
        written = written[default.end() :]
    elif before.endswith("$") and (name := _NAME.match(written)):
        start -= 1
        written = _OPEN + written[name.end() :]
    elif before.endswith("%") and (mark := _ENCODED_MARK.match(written)):
        start += mark.end()
        written = written[mark.end() :]
    elif before.endswith("%") and (encoded := _ENCODED.match(written)):
        start -= 1
        written = _OPEN + written[encoded.end() :]
    elif before.endswith("%") and _VERB.match(written):
        start -= 1
        written = _OPEN + written[1:]
    elif before.endswith("@"):
        return None
    return _pinned(start, written)


def _written_before(window: str) -> tuple[str, int]:
    """The longest text at the end of the window that can be a reference, variables replaced, and the length of what stands there."""
    parts: list[str] = []
    end = len(window)
    for _ in range(_VARIABLES):
        match = _TOKEN_REVERSED.match(window[:end][::-1])
        token = match.group()[::-1] if match else ""
        parts.append(token)
        end -= len(token)
        variable = _VARIABLE_BEFORE.search(window[:end])
        if variable is None:
            break
        default = _DEFAULT.fullmatch(variable.group())
        parts.append(default.group(1) if default else _OPEN)
        end = variable.start()
    return "".join(reversed(parts)), len(window) - end


def _pinned(start: int, written: str) -> Pinned | None:
    if _VERSION.fullmatch(written):
        return Pinned(start, None, written)
    if _OPEN not in written:
        reference = parse(written)
        if reference is not None:
            return Pinned(start, reference.name, reference.tag)
        label = _LABEL.match(written)
        return _pinned(start + label.end(), written[label.end() :]) if label else None
    folder, slash, last = written.rpartition("/")
    image, _, tag = last.partition(":")
    name = parse(folder + slash + image) if _OPEN not in folder + image else None
    return Pinned(start, name.name if name is not None else None, tag if tag and _OPEN not in tag else None)
