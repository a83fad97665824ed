"""The reference of the configuration as Markdown, made from its JSON Schemas: `python -m redigest.config_tables` writes it to standard output."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from redigest.schemas import schemas

_SCHEMAS = ("config.schema.json", "narrowing.schema.json")
_WORDS = {"string": "text", "boolean": "`true` or `false`", "integer": "whole number", "number": "number"}
_HEAD = "| key | value | default | meaning |\n|---|---|---|---|\n"


def tables() -> str:
    """A section for each file, and one for each kind of mapping in it."""
    made = schemas()
    return "\n".join(_file(json.loads(made[name])) for name in _SCHEMAS)


def _file(schema: Mapping[str, Any]) -> str:
    file = schema["title"]
    where = f" in `{file}`" if file.startswith(".") else ""
    return "\n".join([f"## `{file}`\n", *_section(schema, schema["$defs"], key="", where=where)])


def _section(section: Mapping[str, Any], definitions: Mapping[str, Any], *, key: str, where: str) -> Iterator[str]:
    """The description and the table of a mapping that stands at a key, and the sections of all mappings in it."""
    required = section.get("required", ())
    rows, below = [], []
    for name, value in section["properties"].items():
        path = f"{key}.{name}" if key else name
        titles = {kind: f"{title}{where}" for kind, title in _titles(path, _references(value), definitions).items()}
        default = "required" if name in required else _default(value)
        meaning = value.get("description") or " ".join(definitions[kind]["description"] for kind in titles)
        rows.append(f"| `{name}` | {_value(value, next(iter(titles.values()), ''))} | {default} | {meaning} |\n")
        for kind, title in titles.items():
            below += [f"### {title}\n", *_section(definitions[kind], definitions, key=path, where=where)]
    yield f"{section['description']}\n\n{_HEAD}{''.join(rows)}"
    yield from below


def _titles(path: str, names: Sequence[str], definitions: Mapping[str, Any]) -> Mapping[str, str]:
    """The titles of the sections on the kinds of mapping that can stand at a place; a key that only one of them has tells several apart."""
    titles = {}
    for name in names:
        others = {key for rest in names if rest != name for key in definitions[rest]["properties"]}
        own = next((key for key in definitions[name].get("required", ()) if key not in others), None)
        titles[name] = f"`{path}` with `{own}`" if others else f"`{path}`"
    return titles


def _references(value: Mapping[str, Any]) -> Sequence[str]:
    """The names of the definitions that a value refers to."""
    items = value.get("items", {})
    kinds = (value, items, *value.get("anyOf", ()), *items.get("oneOf", ()))
    return [kind["$ref"].rpartition("/")[2] for kind in kinds if "$ref" in kind]


def _default(value: Mapping[str, Any]) -> str:
    if _references(value) or value.get("default") is None:
        return ""
    return f"`{json.dumps(value['default'])}`"


def _value(value: Mapping[str, Any], title: str) -> str:
    """What may stand at a key, in words; of a mapping with a link to its section."""
    if title:
        anchor = re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        return f"a list of [mappings](#{anchor})" if value.get("type") == "array" else f"a [mapping](#{anchor})"
    return " or ".join(_kind(kind) for kind in value.get("anyOf", (value,)) if kind.get("type") != "null")


def _kind(kind: Mapping[str, Any]) -> str:
    if "enum" in kind:
        return ", ".join(f"`{word}`" for word in kind["enum"])
    if kind["type"] == "array":
        return f"a list: {_kind(kind['items'])}"
    if kind.get("format") == "path":
        return "path"
    bounds = [f"{word} {kind[name]}" for word, name in (("from", "minimum"), ("to", "maximum")) if name in kind]
    return " ".join((_WORDS[kind["type"]], *bounds))


if __name__ == "__main__":
    print(tables(), end="")  # noqa: T201 - it is what the program is for
