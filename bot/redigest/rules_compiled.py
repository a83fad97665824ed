"""The shipped rules once more in a form that is read in a small part of the time; each file of them counts only while it is what was compiled."""

import json
import sys
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from redigest.rules import Ecosystem, Example, Keys, Rule, Shape

NAME = "compiled.json"


def read(folder: Traversable) -> Mapping[str, Any]:
    """What is compiled in a folder, for `rules_of`; nothing where it is not there or cannot be read."""
    try:
        found = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def rules_of(file: str, data: bytes, compiled: Mapping[str, Any]) -> list[Rule] | None:
    """The rules of a file with these bytes; `None` where the file was compiled when it had others, or never."""
    known = compiled.get(file)
    return [_rule(fields) for fields in known["rules"]] if known and known["sha256"] == sha256(data).hexdigest() else None


def compiled(folder: Path) -> str:
    """Compile the rule files of a folder, each to a line of its own. Raises `UsageError` for a mistake in them."""
    from redigest.rules_files import read as read_file

    lines = []
    for file in sorted(folder.glob("*.yaml")):
        data = file.read_bytes()
        rules = [_fields(rule) for rule in read_file(f"rules/{file.name}", data, ecosystem=file.stem)]
        lines.append(f"{json.dumps(file.name)}: {json.dumps({'sha256': sha256(data).hexdigest(), 'rules': rules})}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _fields(rule: Rule) -> dict[str, object]:
    """What is not as it is by default."""
    plain = Rule(rule.id, rule.title, rule.places, rule.shape)
    fields = {name: value for name in Rule.__slots__ if (value := getattr(rule, name)) != getattr(plain, name) or name in ("id", "title", "places", "shape")}
    for name, parts in (("keys", Keys), ("ecosystem", Ecosystem)):
        if name in fields:
            fields[name] = [getattr(fields[name], part) for part in parts.__slots__]
    for name in {"found", "left"} & fields.keys():
        fields[name] = [(example.path, example.text) for example in fields[name]]
    return fields


def _rule(fields: dict[str, Any]) -> Rule:
    """The rule that has these fields, in which lists stand for tuples."""
    for name in _TEXTS & fields.keys():
        fields[name] = tuple(fields[name])
    if "where" in fields:
        fields["where"] = tuple((key, tuple(values)) for key, values in fields["where"])
    if "keys" in fields:
        fields["keys"] = Keys(*map(tuple, fields["keys"]))
    for name in _EXAMPLES & fields.keys():
        fields[name] = tuple(Example(path, text) for path, text in fields[name])
    fields["ecosystem"] = Ecosystem(*fields["ecosystem"])
    fields["shape"] = Shape(fields["shape"])
    return Rule(**fields)


_TEXTS = {"places", "files", "before"}
_EXAMPLES = {"found", "left"}


if __name__ == "__main__":
    (Path(sys.argv[1]) / NAME).write_text(compiled(Path(sys.argv[1])), encoding="utf-8")
