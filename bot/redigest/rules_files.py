"""Reading rule files: YAML into rules, every mistake with file, line and column."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from redigest.document import Mapping, Node, Scalar
from redigest.document import Sequence as Items
from redigest.errors import UsageError
from redigest.places import BadPattern, expression_of
from redigest.readers import FORMATS
from redigest.readers.nodes import Unreadable
from redigest.readers.yaml import compose
from redigest.rules import Ecosystem, Example, Keys, Rule, Shape
from redigest.text import Text, lines_and_columns

FILE_KEYS = ("title", "about", "files", "keys", "rules")
REQUIRED_OF_A_FILE = ("title", "rules")
RULE_KEYS = ("id", "title", "files", "where", "places", "shape", "keys", "format", "before", "in-keys", "reason", "examples")
REQUIRED_OF_A_RULE = ("id", "title", "places", "shape", "examples")
"""The keys that a rule file and a rule may have, and those that they must have."""


def read(shown: str, data: bytes, *, ecosystem: str, rank: int = 0) -> list[Rule]:
    """Read the rules of one file; `shown` names it in errors. Raises `UsageError` with file, line and column."""
    text = Text.of_file(data)
    file = _File(shown, text)
    try:
        root, _ = compose(text.chars)
    except Unreadable as problem:
        raise file.error(problem.at, f"not YAML: {problem.reason}") from problem
    top = file.mapping(root, "a rule file", FILE_KEYS, required=REQUIRED_OF_A_FILE)
    files = file.texts(top.get("files"), "files")
    about = Ecosystem(file.text(top["title"], "title"), file.text(top["about"], "about") if "about" in top else None)
    defaults = _Defaults(files, _keys(file, top.get("keys"), Keys()))
    return [replace(_rule(file, node, ecosystem, defaults), ecosystem=about, rank=rank) for node in file.items(top["rules"], "rules")]


@dataclass(frozen=True, slots=True)
class _Defaults:
    """What a rule file says for all of its rules."""

    files: tuple[str, ...]
    keys: Keys


def _rule(file: "_File", node: Node, ecosystem: str, defaults: _Defaults) -> Rule:
    fields = file.mapping(node, "a rule", RULE_KEYS, required=REQUIRED_OF_A_RULE)
    shape = file.one_of(fields["shape"], "shape", [shape.value for shape in Shape])
    examples = file.mapping(fields["examples"], "examples", ("found", "left"), required=("found", "left"))
    files = file.texts(fields.get("files"), "files") or defaults.files
    example_path = files[0].replace("**/", "").replace("*", "example") if files else "example.yaml"
    places = file.places(fields["places"])
    if shape == Shape.BARE_HEX:
        _check_bare_keys(file, fields["places"], places)
    return Rule(
        id=f"{ecosystem}/{file.text(fields['id'], 'id')}",
        title=file.text(fields["title"], "title"),
        places=places,
        shape=Shape(shape),
        files=files,
        where=tuple((key, file.texts(value, key)) for key, value in file.pairs(fields.get("where"), "where")),
        keys=_keys(file, fields.get("keys"), defaults.keys),
        format=file.one_of(fields["format"], "format", list(FORMATS)) if "format" in fields else None,
        before=file.texts(fields.get("before"), "before"),
        in_keys="in-keys" in fields and file.one_of(fields["in-keys"], "in-keys", ("true", "false")) == "true",
        reason=file.text(fields["reason"], "reason") if "reason" in fields else None,
        found=_examples(file, examples["found"], example_path),
        left=_examples(file, examples["left"], example_path),
        source=f"{file.shown}:{file.position(node.start)[0]}",
    )


def _check_bare_keys(file: "_File", node: Node, places: Sequence[str]) -> None:
    """The byte screen searches for the keys of bare hex, so they must be told."""
    for place in places:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", place.rpartition(".")[2]):
            raise file.error(node.start, f"the place {place!r} of bare hex must end in a key without stars")


def _keys(file: "_File", node: Node | None, defaults: Keys) -> Keys:
    fields = file.mapping(node, "keys", ("registry", "repository", "image", "tag")) if node is not None else {}
    return replace(defaults, **{name: file.texts(value, name) for name, value in fields.items()})


def _examples(file: "_File", node: Node, path: str) -> tuple[Example, ...]:
    examples = []
    for item in file.items(node, "examples"):
        if isinstance(item, Scalar):
            examples.append(Example(path, item.value))
        else:
            fields = file.mapping(item, "an example", ("path", "text"), required=("path", "text"))
            examples.append(Example(file.text(fields["path"], "path"), file.text(fields["text"], "text")))
    return tuple(examples)


class _File:
    """Checks the nodes of one rule file and says where a mistake stands."""

    def __init__(self, shown: str, content: Text) -> None:
        self.shown = shown
        self.content = content

    def position(self, at: int) -> tuple[int, int]:
        return lines_and_columns(self.content.data, [self.content.offset(at, 1) or 0])[0]

    def error(self, at: int, message: str) -> UsageError:
        line, column = self.position(at)
        return UsageError.at(self.shown, line=line, column=column, message=message)

    def pairs(self, node: Node | None, what: str) -> list[tuple[str, Node]]:
        if node is None:
            return []
        if not isinstance(node, Mapping):
            raise self.error(node.start, f"{what} must be a mapping")
        return [(self.text(key, "a key"), value) for key, value in node.entries]

    def mapping(self, node: Node, what: str, known: Sequence[str], *, required: Iterable[str] = ()) -> dict[str, Node]:
        fields: dict[str, Node] = {}
        for key, value in self.pairs(node, what):
            if key not in known:
                raise self.error(self._key_start(node, key), f"{what} has no key {key!r}{_nearest(key, known)}; it may have {', '.join(known)}")
            if key in fields:
                raise self.error(value.start, f"the key {key!r} stands twice")
            fields[key] = value
        for key in required:
            if key not in fields:
                raise self.error(node.start, f"{what} must have the key {key!r}")
        return fields

    def _key_start(self, node: Node, key: str) -> int:
        entries = node.entries if isinstance(node, Mapping) else ()
        return next((name.start for name, _ in entries if isinstance(name, Scalar) and name.value == key), node.start)

    def items(self, node: Node, what: str) -> tuple[Node, ...]:
        if not isinstance(node, Items):
            raise self.error(node.start, f"{what} must be a list")
        return node.items

    def text(self, node: Node, what: str) -> str:
        if not isinstance(node, Scalar):
            raise self.error(node.start, f"{what} must be a text")
        return node.value

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        if node is None:
            return ()
        return (node.value,) if isinstance(node, Scalar) else tuple(self.text(item, f"each of {what}") for item in self.items(node, what))

    def one_of(self, node: Node, what: str, known: Sequence[str]) -> str:
        value = self.text(node, what)
        if value not in known:
            raise self.error(node.start, f"{what} cannot be {value!r}{_nearest(value, known)}; it is one of {', '.join(known)}")
        return value

    def places(self, node: Node) -> tuple[str, ...]:
        """The patterns of places, each of which can be read."""
        written = self.texts(node, "places")
        for place, item in zip(written, node.items if isinstance(node, Items) else (node,), strict=True):
            try:
                expression_of(place)
            except BadPattern as problem:
                raise self.error(item.start, str(problem)) from problem
        return written


def _nearest(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # imported here: only mistakes need it

    matches = get_close_matches(word, known, n=1)
    return f" (did you mean {matches[0]!r}?)" if matches else ""
