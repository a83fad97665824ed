"""Holds requests and replies of the GitHub dialect against GitHub's own OpenAPI description, and queries against its GraphQL schema."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graphql import GraphQLError, OperationDefinitionNode, parse
from graphql.execution import get_variable_values
from jsonschema import Draft4Validator
from referencing.jsonschema import DRAFT4, EMPTY_REGISTRY, SchemaRegistry

from tests.forge import github_graphql
from tests.forge.http_server import Answer, Request

_DESCRIPTION = Path(__file__).with_name("schemas") / "github.json.gz"
_ROOT = "urn:github"
_LONG = frozenset({"ref", "branch", "basehead"})
"""Parameters of paths that may hold slashes."""

_GENERAL = frozenset({301, 307, 401, 403, 404, 422, 429})
"""What is answered everywhere, though the description names it in few places."""

_ERROR = {
    "type": "object",
    "required": ["message", "documentation_url"],
    "properties": {"message": {"type": "string"}, "documentation_url": {"type": "string"}},
}

Node = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Operation:
    """What the description says of a method of a path."""

    name: str
    node: Node

    def queries(self) -> set[str]:
        """The parameters that may stand in the query."""
        parameters = self.node.get("parameters")
        resolved = (_resolved(one) for one in parameters if isinstance(one, dict)) if isinstance(parameters, list) else ()
        return {str(one["name"]) for one in resolved if one.get("in") == "query"}

    def body(self) -> Node | None:
        """The schema of the body of a request."""
        return _content(_resolved(_node(self.node, "requestBody")))

    def reply(self, status: int) -> Node | None:
        """The schema of a reply; an empty one for a reply that has no body, `None` for a status that is not described."""
        responses = _node(self.node, "responses")
        described = _content(_resolved(_node(responses, str(status))))
        if described is None and (status in _GENERAL or (status >= 400 and str(status) in responses)):
            return _ERROR  # of some errors only the status is described
        return described if described is not None or str(status) not in responses else {}


def complaints(request: Request, path: str, answer: Answer) -> Iterator[str]:
    """Say what is wrong with a request to this path, and with the answer to it."""
    if path.endswith("/graphql"):
        yield from (f"GraphQL: {mistake}" for mistake in _mistakes(request))
        return
    operation = _find("get" if request.method == "HEAD" else request.method.lower(), path)
    if operation is None:
        yield "the description has no such operation"
        return
    yield from (f"unknown parameter {name} in the query" for name in sorted(set(request.query) - operation.queries()))
    if request.body or operation.body() is not None:
        yield from _wrong_body(operation, request)
    schema = operation.reply(answer.status)
    if schema is None:
        yield f"status {answer.status} is not described"
    elif schema and isinstance(answer.body, bytes):
        content = json.loads(answer.body)
        if answer.status >= 400 and isinstance(content, dict):
            content.pop("status", None)  # every error has it, and few descriptions of errors
        yield from (f"reply {answer.status}: {error}" for error in _errors(schema, content))
    elif answer.body:
        yield f"reply {answer.status} has a body, and the description none"


def _wrong_body(operation: Operation, request: Request) -> Iterator[str]:
    schema = operation.body()
    if schema is None:
        if request.json not in (None, {}):
            yield "a body, which the description does not have"
        return
    if not request.body:
        if _node(operation.node, "requestBody").get("required") is True and schema.get("required"):
            yield "no body, which the description requires"
        return
    body = {"labels": request.json} if isinstance(request.json, list) and operation.name.endswith("/labels") else request.json
    yield from (f"request: {error}" for error in _errors(schema, body))  # GitHub takes a bare list of labels, and its description does not know


def _mistakes(request: Request) -> Iterator[str]:
    query = request.fields.get("query")
    yield from github_graphql.mistakes(str(query))
    try:
        operations = [one for one in parse(str(query)).definitions if isinstance(one, OperationDefinitionNode)]
    except GraphQLError:
        return
    variables = request.fields.get("variables")
    for operation in operations:
        values = get_variable_values(github_graphql.schema(), operation.variable_definitions or (), variables if isinstance(variables, dict) else {})
        if isinstance(values, list):
            yield from (error.message for error in values)


@cache
def _described() -> Node:
    with gzip.open(_DESCRIPTION) as file:
        found = _converted(json.load(file))
    assert isinstance(found, dict)
    return found


def _converted(node: object) -> object:
    """Make JSON Schema of OpenAPI 3.0, whose `nullable` it does not know; references become absolute.

    Objects have what is described and nothing else, so that nobody relies on more. Of `allOf` the first part is taken: others add what we do not give.
    """
    if isinstance(node, list):
        return [_converted(one) for one in node]
    if not isinstance(node, dict):
        return node
    if isinstance(parts := node.get("allOf"), list):
        return _converted(parts[0])
    found = {key: _converted(value) for key, value in node.items() if key != "nullable"}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    if isinstance(reference := found.get("$ref"), str):
        found["$ref"] = _ROOT + reference
    if node.get("nullable") is not True:
        return found
    if isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if isinstance(values := found.get("enum"), list):
            found["enum"] = [*values, None]
        return found
    return {"anyOf": [{"type": "null"}, found]}


@cache
def _registry() -> SchemaRegistry:
    registry: SchemaRegistry = EMPTY_REGISTRY.with_resource(_ROOT, DRAFT4.create_resource(dict(_described())))
    return registry


@cache
def _operations() -> list[tuple[re.Pattern[str], str, Node]]:
    """Every path with the expression it is found by; those with fewer parameters, and longer ones, first."""
    paths = _node(_described(), "paths")
    found = []
    for path in sorted(paths, key=lambda path: (path.count("{"), -len(path))):
        expression = re.sub(r"\\\{(\w+)\\\}", lambda match: "(.+)" if match[1] in _LONG else "([^/]+)", re.escape(path))
        found.append((re.compile(expression), path, _node(paths, path)))
    return found


@cache
def _known(method: str, path: str) -> Operation:
    return Operation(f"{method} {path}", _node(_node(_node(_described(), "paths"), path), method))


def _find(method: str, path: str) -> Operation | None:
    return next((_known(method, template) for expression, template, node in _operations() if expression.fullmatch(path) and method in node), None)


_validators: dict[int, Draft4Validator] = {}


def _errors(schema: Node, instance: object) -> Iterator[str]:
    validator = _validators.get(id(schema))
    if validator is None:
        validator = _validators[id(schema)] = Draft4Validator(dict(schema), registry=_registry())
    for error in validator.iter_errors(instance):
        where = "/".join(str(part) for part in error.absolute_path)
        yield f"{where or 'the whole'}: {error.message[:300]}"


def _node(node: Node, key: str) -> Node:
    found = node.get(key)
    return found if isinstance(found, dict) else {}


def _resolved(node: Node) -> Node:
    """Follow a reference at the top."""
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    found = _described()
    for part in reference.removeprefix(f"{_ROOT}#/").split("/"):
        found = _node(found, part)
    return found


def _content(node: Node) -> Node | None:
    content = _node(node, "content")
    return _node(_node(content, "application/json"), "schema") or None
