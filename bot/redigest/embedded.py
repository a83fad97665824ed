"""Files inside values: JSON in an annotation, a Dockerfile in a BuildConfig, a ConfigMap's files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from redigest.document import Note, Role, Spot
from redigest.readers import FORMATS, START, format_of, json, lines, of_program, yaml
from redigest.readers.nodes import Unreadable
from redigest.text import Text

_FILE_NAME = re.compile(r"[^\s/]*\.[A-Za-z][A-Za-z0-9]*|(?i:dockerfile|containerfile|makefile|jenkinsfile)")
_YAML_LINE = re.compile(r"^[ \t]*(?:- )*\{?[\"']?[A-Za-z0-9_./-]+[\"']?:(?:[ \t]|$)", re.MULTILINE)
_ACTION = re.compile(r"\{\{|<<-?[ \t]")
"""What a template begins an action with; Flux writes it in its own way in a `ResourceSet`."""

_NAMES = {"dockerfile": "Dockerfile", "prose": "README.md"}


@dataclass(frozen=True, slots=True)
class Inner:
    """A file inside a value: the name by which rules know it, and what its reader found."""

    name: str
    found: tuple[Spot | Note, ...]


def read(value: Text, digests: Sequence[int], *, name: str | None, given: str | None) -> Inner | None:
    """Read a value as the file that it is; `None` if it is none.

    `given` is the format that a rule names, which a first line `#!` overrides.
    Without one the key (`name`) tells if it looks like a file name and the value has lines, else the content.
    Digests that the inner reader could not place are left out where its format is a guess, so that rules for the value itself can take them.
    """
    try:
        inner = _read(value, digests, name, given)
    except Unreadable:
        return None
    if inner is None:
        return None
    return Inner(inner.name, tuple(spot for spot in inner.found if given or isinstance(spot, Note) or spot.role is not Role.TEXT))


def _read(value: Text, digests: Sequence[int], name: str | None, given: str | None) -> Inner | None:
    chars = value.chars
    if given is not None:
        form = of_program(chars[:START]) or given
        return Inner(_NAMES.get(form, f"value.{form}"), tuple(FORMATS[form].reader(value, digests)))
    if "\n" in chars:
        file = name if name is not None and _FILE_NAME.fullmatch(name) else "value"
        form = format_of(file, chars[:START])
        if form != "plain":
            return Inner(file, _read_named(value, digests, form))
    if (start := chars.lstrip()[:2])[:1] in ("{", "[") and start not in ("{{", "{%"):
        try:
            return Inner("value.json", tuple(json.read(value, digests)))
        except Unreadable:
            return Inner("value.yaml", tuple(yaml.read_strictly(value, digests)))
    if "\n" in chars and _YAML_LINE.search(chars):
        return Inner("value.yaml", _read_yaml(value, digests))
    return None


def _read_yaml(value: Text, digests: Sequence[int]) -> tuple[Spot | Note, ...]:
    """Read a text that only its content says to be YAML; a template of YAML is read line by line."""
    try:
        return tuple(yaml.read_strictly(value, digests))
    except Unreadable:
        if not _ACTION.search(value.chars):
            raise
        return tuple(lines.read(value, digests))


def _read_named(value: Text, digests: Sequence[int], form: str) -> tuple[Spot | Note, ...]:
    """Read a file of that format; one that is not what its name says is read line by line, as on disk."""
    try:
        return tuple(FORMATS[form].reader(value, digests))
    except Unreadable:
        return tuple(lines.read(value, digests))
