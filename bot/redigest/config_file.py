"""The configuration file: finding it, reading it as YAML 1.2, and saying where every mistake stands."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from operator import itemgetter
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, StreamMark
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from redigest.config import Config, Section
from redigest.config_values import Disk
from redigest.document import Path as Place
from redigest.errors import UsageError
from redigest.readers.nodes import MAXIMUM_DEPTH
from redigest.text import lines_and_columns
from redigest.urls import is_like_token

Position = tuple[int, int]
"""Line and column, from 1; a column counts characters."""

Mistake = tuple[Position, str]

_Root = TypeVar("_Root", bound=Section)

_NAME = "redigest.yaml"
_LARGEST = 1 << 20
_LONGEST_SHOWN = 80


def load(path: Path | None, *, is_checked: bool = False) -> Config:
    """Load the configuration from `path`; without one from `redigest.yaml` in the current directory, and if that is not there, the defaults.

    What paths in it name has to be there only if that `is_checked`; the folder of the cache never has to.

    Raises `UsageError` with a line `file:line:column: message` for each mistake, in the order of the file. Names that stand twice, and names of
    forges that are not there, are looked for only where the entries have no other mistakes.
    """
    file = path or Path(_NAME)
    content = b"" if path is None and not file.exists() else read(file)
    return parse(content, Config, where=str(file), folder=file.parent, is_checked=is_checked)


def parse(content: bytes, model: type[_Root], *, where: str, folder: Path | None = None, is_checked: bool = False) -> _Root:
    """Make the settings that YAML holds; `where` is what errors call the file, and `folder` is what relative paths in it begin at.

    With a folder and `is_checked`, what they name has to be there.

    Raises `UsageError` as `load` does.
    """
    try:
        root, mistakes = _parse(content)
    except _Malformed as malformed:
        raise _refusal(where, [malformed.mistake]) from None
    settings, wrong = _check(root, model, Disk(folder, is_checked) if folder is not None else None)
    if settings is None or mistakes:
        raise _refusal(where, [*mistakes, *wrong])
    return settings


def _refusal(where: str, mistakes: Iterable[Mistake]) -> UsageError:
    in_order = sorted(mistakes, key=itemgetter(0))
    return UsageError("\n".join(str(UsageError.at(where, line=line, column=column, message=message)) for (line, column), message in in_order))


def schema(model: type[Section] = Config) -> dict[str, object]:
    """Make the JSON Schema of `redigest.yaml`, or of the file that another model describes, draft 2020-12."""
    return {"$schema": GenerateJsonSchema.schema_dialect, **model.model_json_schema()}


def read(file: Path) -> bytes:
    """Read a file that is no larger than any configuration. Raises `UsageError`."""
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except FileNotFoundError as error:
        raise UsageError(f"{file}: there is no such file; write it, or name another with --config FILE") from error
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise UsageError(f"{file}: is larger than 1 MiB, which no configuration is")
    return content


class _Malformed(Exception):
    """The file is not YAML, and nothing more can be said of it."""

    def __init__(self, start: Position, message: str) -> None:
        super().__init__(message)
        self.mistake: Mistake = (start, message)


@dataclass(frozen=True, slots=True)
class _Part:
    """A value of the file, where it stands, and where its keys and the values in it stand. One that is `refused` has been reported already."""

    value: object
    start: Position
    keys: Mapping[str, Position] = field(default_factory=dict)
    parts: Mapping[str | int, "_Part"] = field(default_factory=dict)
    refused: bool = False

    def at(self, place: Place) -> "_Part":
        """Find the part at a place below this one; where the file does not have it, the nearest one around it."""
        part = self
        for step in place:
            if step not in part.parts:
                break
            part = part.parts[step]
        return part


def _parse(content: bytes) -> tuple[_Part, list[Mistake]]:
    """Read YAML, and give the mistakes in it that do not keep it from being read. Raises `_Malformed`."""
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _Malformed(lines_and_columns(content, [error.start])[0], "cannot be read: found bytes that are not UTF-8") from error
    lines = _Lines(text)
    node = _compose(text, lines)
    if node is None:
        return _Part({}, (1, 1)), []
    parts = _Parts(lines)
    return parts.of(node), parts.mistakes


class _Lines:
    """The lines of a text; as for grep and git, only LF ends one."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def position(self, index: int) -> Position:
        """Line and column of the character at `index`."""
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1

    def start(self, mark: StreamMark | None) -> Position:
        """Line and column of a mark of the parser."""
        return self.position(mark.index if mark is not None else 0)


_NO_CHARACTER = re.compile(r"\\U(?!0010|000)[0-9A-Fa-f]{8}")


def _compose(text: str, lines: _Lines) -> Node | None:
    """Compose the one document of the file in Python; the composer in C knows no limit for nesting, and its parser refuses some valid YAML."""
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MAXIMUM_DEPTH
    yaml.composer.warn_double_anchors = False
    try:
        node: Node | None = yaml.compose(text)
    except MaxDepthExceededError as error:
        raise _Malformed(lines.start(error.problem_mark), f"values nest deeper than {MAXIMUM_DEPTH} levels") from error
    except MarkedYAMLError as error:
        raise _Malformed(lines.start(error.problem_mark or error.context_mark), f"cannot be read: {_discreet(str(error.problem))}") from error
    except ReaderError as error:
        raise _Malformed(lines.position(error.position), "cannot be read: found a character that is not allowed") from error
    except (ValueError, OverflowError) as error:  # ruamel.yaml 0.19.1 asks for the character of every number
        escape = _NO_CHARACTER.search(text)
        raise _Malformed(lines.position(escape.start() if escape else 0), "cannot be read: found an escape that stands for no character") from error
    return node


_SCALARS: Mapping[str, Callable[[str], object]] = {
    "null": lambda _: None,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": int,
    "float": float,
    **dict.fromkeys(("str", "timestamp", "merge", "value"), str),
}
"""How a scalar with this tag is read (YAML 1.2.2, section 10.3). The parser knows the last three from YAML 1.1; in 1.2 they are texts."""


class _Parts:
    """Makes parts of nodes. What is anchored is made once, so that aliases cannot multiply the work."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines
        self.mistakes: list[Mistake] = []
        self._made: dict[int, _Part | None] = {}

    def of(self, node: Node, *, start: Position | None = None) -> _Part:
        """Make the part of a node; `start` is where it is to be shown if not where it stands."""
        start = start or self._lines.start(node.start_mark)
        if id(node) not in self._made:
            self._made[id(node)] = None
            self._made[id(node)] = self._make(node, str(node.tag).removeprefix("tag:yaml.org,2002:"), start)
        return self._made[id(node)] or self._refused(start, "this holds itself")

    def _make(self, node: Node, tag: str, start: Position) -> _Part:
        match node:
            case MappingNode() if tag == "map":
                return self._mapping(node, start)
            case SequenceNode() if tag == "seq":
                items = [self.of(item) for item in node.value]
                return _Part(tuple(item.value for item in items), start, parts=dict(enumerate(items)))
            case ScalarNode() if tag in _SCALARS:
                return self._scalar(node.value, tag, start)
        return self._refused(start, "this tag has no meaning here")

    def _mapping(self, node: MappingNode, start: Position) -> _Part:
        keys: dict[str, Position] = {}
        parts: dict[str | int, _Part] = {}
        for key, value in node.value:
            at = self._lines.start(key.start_mark)
            if not isinstance(key, ScalarNode):
                self.mistakes.append((at, "a key must be a text"))
            elif key.value in keys:
                self.mistakes.append((at, f"{_the_key(key.value)} stands twice, first in line {keys[key.value][0]}"))
            else:
                keys[key.value] = at
                is_empty = isinstance(value, ScalarNode) and not value.value and not value.style
                parts[key.value] = self.of(value, start=at if is_empty else None)  # an empty value has the mark of what comes after it
        return _Part({key: part.value for key, part in parts.items()}, start, keys, parts)

    def _scalar(self, text: str, tag: str, start: Position) -> _Part:
        try:
            return _Part(_SCALARS[tag](text), start)
        except (ValueError, KeyError):
            return self._refused(start, "this is neither true nor false" if tag == "bool" else "this is no number in decimal digits")

    def _refused(self, start: Position, message: str) -> _Part:
        self.mistakes.append((start, message))
        return _Part(None, start, refused=True)


def _check(root: _Part, model: type[_Root], disk: Disk | None) -> tuple[_Root | None, list[Mistake]]:
    """Make the settings, or give their mistakes; the exception of pydantic, which holds values, goes no further."""
    try:
        return model.model_validate(root.value, context=disk), []
    except ValidationError as error:
        refusals = error.errors(include_url=False)
    return None, [_mistake(refusal, root, model) for refusal in refusals if not root.at(_place(refusal["loc"], model)[0]).refused]


_MESSAGES = {
    "bool_type": "must be true or false",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "model_type": "must be a mapping",
    "string_too_short": "must not be empty",
    "string_type": "must be a text",
    "string_unicode": "must hold nothing but Unicode characters",
    "too_long": "must have at most {max_length} entries",
    "tuple_type": "must be a list",
}


def _mistake(refusal: ErrorDetails, root: _Part, model: type[Section]) -> Mistake:
    """Say in our words what pydantic refused."""
    place, _ = _place(refusal["loc"], model)
    context, found = refusal.get("ctx", {}), refusal["input"]
    match refusal["type"]:
        case "missing":
            return root.at(place).start, f"the key {place[-1]!r} is missing"
        case "extra_forbidden":
            return _unknown_key(refusal["loc"], root, model)
        case "literal_error":
            message = _cannot_be(found, context["expected"].replace("'", "").replace(" or ", ", ").split(", "))
        case "not_one_key":
            known = context["keys"].split(", ")
            meant = [_nearest(key, known) for key in found if key not in known] if isinstance(found, dict) else []
            message = f"must be a mapping with exactly one of the keys {context['keys']}{next(filter(None, meant), '')}"
        case "wrong":
            message = refusal["msg"]
        case kind:
            message = _MESSAGES.get(kind, "is not valid").format(**context)
    return root.at(place).start, f"{_name(place)} {message}"


def _unknown_key(location: tuple[int | str, ...], root: _Part, model: type[Section]) -> Mistake:
    place, section = _place(location[:-1], model)
    part, key = root.at(place), str(location[-1])
    known = _keys(section) if section is not None else ()
    return part.keys.get(key, part.start), f"{_the_key(key)} is not known here{_nearest(key, known)}; known are {', '.join(known)}"


def _name(place: Place) -> str:
    names = [step for step in place if isinstance(step, str)]
    if not names:
        return "the configuration"
    return names[-1] if isinstance(place[-1], str) else f"an entry of {names[-1]}"


def _place(location: Iterable[int | str], model: type[Section]) -> tuple[Place, type[Section] | None]:
    """Where in the file a refusal of pydantic is, and the section that is there, if one is.

    Pydantic puts the key by which it chose the member of a union behind the position of the entry.
    """
    place: list[int | str] = []
    sections: tuple[type[Section], ...] = (model,)
    for step in location:
        if isinstance(step, str) and len(sections) > 1:
            sections = tuple(section for section in sections if step in _keys(section))
            continue
        place.append(step)
        if isinstance(step, str):
            sections = tuple(found for section in sections for found in _below(section, step))
    return tuple(place), sections[0] if len(sections) == 1 else None


def _below(section: type[Section], key: str) -> tuple[type[Section], ...]:
    return next((_sections(field.annotation) for field in section.model_fields.values() if field.alias == key), ())


def _sections(annotation: object) -> tuple[type[Section], ...]:
    """The sections that a type is made of, from left to right."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return (annotation,)
    return tuple(section for argument in get_args(annotation) for section in _sections(argument))


def _keys(section: type[Section]) -> tuple[str, ...]:
    return tuple(str(field.alias) for field in section.model_fields.values())


def _cannot_be(word: object, known: Sequence[str]) -> str:
    shown = [name for name in known if _is_shown(name)]
    if not isinstance(word, str) or not _is_shown(word):
        return f"must be one of {', '.join(shown)}"
    return f"cannot be {word!r}{_nearest(word, shown)}; it is one of {', '.join(shown)}"


def _nearest(word: str, known: Sequence[str]) -> str:
    """Ask whether the nearest known word was meant, if one is near."""
    matches = get_close_matches(word, known, n=1) if _is_shown(word) else []
    return f" (did you mean {matches[0]!r}?)" if matches else ""


def _the_key(key: str) -> str:
    return f"the key {key!r}" if _is_shown(key) else "this key"


_QUOTED = re.compile(r"'([^']*)'")


def _discreet(problem: str) -> str:
    """What the parser says, without the words of the file that may be secret."""
    return _QUOTED.sub(lambda match: match[0] if _is_shown(match[1]) else "this", problem.removeprefix("but "))


def _is_shown(word: str) -> bool:
    return len(word) <= _LONGEST_SHOWN and not is_like_token(word)
