"""Which reader reads which file: the one table of formats."""

import re
from collections.abc import Iterator, Sequence
from fnmatch import translate
from typing import Protocol

from redigest.document import Note, Spot
from redigest.readers import dockerfile, dotenv, json, lines, plain, yaml
from redigest.text import Text


class Reader(Protocol):
    """Says of each digest in a text what it stands in."""

    def __call__(self, text: Text, digests: Sequence[int], /) -> Iterator[Spot | Note]:
        """Yield spots for `digests`, which are ascending indexes in `text`, and notes. May raise `readers.nodes.Unreadable`."""
        ...


FORMATS: dict[str, tuple[Reader, tuple[str, ...]]] = {
    "yaml": (yaml.read, ("*.yaml", "*.yml")),
    "json": (json.read, ("*.json", "*.jsonc", "*.json5", "*.jsonl", "*.ndjson")),
    "dockerfile": (
        dockerfile.read,
        ("dockerfile", "dockerfile.*", "dockerfile-*", "*.dockerfile", "containerfile", "containerfile.*", "containerfile-*", "*.containerfile"),
    ),
    "dotenv": (dotenv.read, ("*.env", ".env.*", "*.conf", "*.properties")),
    "template": (lines.read, ("*.tpl", "*.gotmpl", "*.tmpl", "*.j2")),
    "prose": (plain.read_prose, ("*.md", "*.markdown", "*.mdx", "*.rst", "*.adoc", "*.asciidoc", "*.html", "*.htm", "readme*", "changelog*", "license*")),
    "plain": (plain.read, ("*",)),
}
"""Formats by name: the reader, and the patterns of the file names that it reads, in lower case. The first pattern that fits decides."""

_PATTERNS = re.compile("|".join(f"(?P<{name}>{'|'.join(map(translate, patterns))})" for name, (_, patterns) in FORMATS.items()))


def format_of(path: str) -> str:
    """The name of the format of a file, told by the last part of its path, in any case of letters."""
    match = _PATTERNS.match(path.rpartition("/")[2].lower())
    return (match.lastgroup if match else None) or "plain"
