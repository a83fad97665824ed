"""Cuts what the tests need out of GitHub's published descriptions; run it as `npm pack` of each package and `subset.py OPENAPI_PACKAGE GRAPHQL_PACKAGE`.

The packages are @octokit/openapi 23.0.2 and @octokit/graphql-schema 15.26.1, unpacked. Both are under the MIT licence that stands beside what is cut out.
"""

import gzip
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    TypeNode,
    parse,
    print_ast,
)

HERE = Path(__file__).parent

PATHS = (
    "/app",
    "/app/installations",
    "/app/installations/{installation_id}",
    "/app/installations/{installation_id}/access_tokens",
    "/installation/repositories",
    "/orgs/{org}",
    "/orgs/{org}/installation",
    "/orgs/{org}/repos",
    "/rate_limit",
    "/repos/{owner}/{repo}",
    "/repos/{owner}/{repo}/assignees",
    "/repos/{owner}/{repo}/branches",
    "/repos/{owner}/{repo}/branches/{branch}",
    "/repos/{owner}/{repo}/compare/{basehead}",
    "/repos/{owner}/{repo}/git/matching-refs/{ref}",
    "/repos/{owner}/{repo}/git/ref/{ref}",
    "/repos/{owner}/{repo}/git/refs",
    "/repos/{owner}/{repo}/git/refs/{ref}",
    "/repos/{owner}/{repo}/installation",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/issues/{issue_number}",
    "/repos/{owner}/{repo}/issues/{issue_number}/assignees",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/issues/{issue_number}/labels",
    "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}",
    "/repos/{owner}/{repo}/labels",
    "/repos/{owner}/{repo}/labels/{name}",
    "/repos/{owner}/{repo}/milestones",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/pulls/{pull_number}",
    "/repos/{owner}/{repo}/pulls/{pull_number}/commits",
    "/repos/{owner}/{repo}/pulls/{pull_number}/files",
    "/repos/{owner}/{repo}/pulls/{pull_number}/merge",
    "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
    "/repos/{owner}/{repo}/topics",
    "/user",
    "/user/repos",
    "/users/{username}",
    "/users/{username}/installation",
    "/users/{username}/repos",
)
"""What of the REST API is used or answered."""

MUTATIONS = ("createCommitOnBranch", "enablePullRequestAutoMerge", "disablePullRequestAutoMerge")
_UNUSED = frozenset({"description", "summary", "example", "examples", "externalDocs", "x-github", "tags", "x-multi-segment"})


def cut_openapi(whole: Mapping[str, object]) -> dict[str, object]:
    """Keep the paths above with all that they refer to, without prose and examples."""
    paths = _members(whole, "paths")
    kept: dict[str, object] = {"openapi": whole["openapi"], "info": whole["info"], "paths": {path: paths[path] for path in PATHS}}
    kept = {key: _bare(value) if key == "paths" else value for key, value in kept.items()}
    components: dict[str, dict[str, object]] = {}
    left = list(_references(kept["paths"]))
    while left:
        kind, name = left.pop().removeprefix("#/components/").split("/")
        if kind == "examples" or name in components.get(kind, {}):
            continue
        found = _bare(_members(_members(whole, "components"), kind)[name])
        components.setdefault(kind, {})[name] = found
        left += _references(found)
    kept["components"] = {kind: dict(sorted(members.items())) for kind, members in sorted(components.items())}
    return kept


def _members(node: object, key: str) -> Mapping[str, object]:
    assert isinstance(node, dict)
    found = node[key]
    assert isinstance(found, dict)
    return found


def _bare(node: object, *, is_map: bool = False) -> object:
    """Leave out prose; the keys of a map are names, which may be called as a keyword is."""
    if isinstance(node, dict):
        kept = node if is_map else {key: value for key, value in node.items() if key not in _UNUSED}
        return {key: _bare(value, is_map=not is_map and key in {"properties", "paths", "responses", "headers"}) for key, value in kept.items()}
    return [_bare(one) for one in node] if isinstance(node, list) else node


def _references(node: object) -> Iterable[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for one in node:
            yield from _references(one)


def cut_graphql(text: str) -> str:
    """Keep the mutations above: their inputs whole, and of their payloads the objects that they name with what is no object itself."""
    whole = {one.name.value: one for one in parse(text, no_location=True).definitions if isinstance(one, TypeDefinitionNode)}
    mutation = whole["Mutation"]
    assert isinstance(mutation, ObjectTypeDefinitionNode)
    fields = tuple(field for field in mutation.fields or () if field.name.value in MUTATIONS)
    kept: dict[str, TypeDefinitionNode] = {"Mutation": _with_fields(mutation, fields)}
    for field in fields:
        payload = whole[_name(field.type)]
        assert isinstance(payload, ObjectTypeDefinitionNode)
        kept_fields = tuple(one for one in payload.fields or () if isinstance(whole.get(_name(one.type)), ObjectTypeDefinitionNode) or _is_leaf(one, whole))
        kept[payload.name.value] = _with_fields(payload, kept_fields)
        for named in kept_fields:
            target = whole.get(_name(named.type))
            if isinstance(target, ObjectTypeDefinitionNode):
                kept[target.name.value] = _with_fields(target, tuple(one for one in target.fields or () if _is_leaf(one, whole)))
    left = [name for one in kept.values() for name in _mentioned(one)]
    while left:
        name = left.pop()
        if name in whole and name not in kept:
            kept[name] = whole[name]
            left += _mentioned(whole[name])
    query = ObjectTypeDefinitionNode(
        name=whole["Query"].name, directives=(), interfaces=(), fields=tuple(one for one in _fields(whole["Query"]) if one.name.value == "id")
    )
    kept["Query"] = query
    return print_ast(DocumentNode(definitions=tuple(_undirected(kept[name]) for name in sorted(kept)))) + "\n"


def _fields(node: TypeDefinitionNode) -> tuple[FieldDefinitionNode, ...]:
    assert isinstance(node, ObjectTypeDefinitionNode)
    return tuple(node.fields or ())


def _with_fields(node: ObjectTypeDefinitionNode, fields: tuple[FieldDefinitionNode, ...]) -> ObjectTypeDefinitionNode:
    return ObjectTypeDefinitionNode(name=node.name, interfaces=(), directives=(), fields=fields)


def _undirected(node: TypeDefinitionNode) -> TypeDefinitionNode:
    match node:
        case ObjectTypeDefinitionNode():
            fields = tuple(FieldDefinitionNode(name=one.name, type=one.type, arguments=one.arguments, directives=()) for one in node.fields or ())
            return _with_fields(node, fields)
        case InputObjectTypeDefinitionNode():
            return InputObjectTypeDefinitionNode(name=node.name, directives=(), fields=node.fields)
        case EnumTypeDefinitionNode():
            return EnumTypeDefinitionNode(name=node.name, directives=(), values=node.values)
        case ScalarTypeDefinitionNode():
            return ScalarTypeDefinitionNode(name=node.name, directives=())
        case _:
            raise AssertionError(node.name.value)


def _name(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode)
    return node.name.value


def _is_leaf(field: FieldDefinitionNode, whole: Mapping[str, TypeDefinitionNode]) -> bool:
    found = whole.get(_name(field.type))
    return found is None or isinstance(found, ScalarTypeDefinitionNode | EnumTypeDefinitionNode)


def _mentioned(node: TypeDefinitionNode) -> Iterable[str]:
    if isinstance(node, ObjectTypeDefinitionNode):
        for field in node.fields or ():
            yield _name(field.type)
            yield from (_name(argument.type) for argument in field.arguments or ())
    elif isinstance(node, InputObjectTypeDefinitionNode):
        yield from (_name(one.type) for one in node.fields or ())


if __name__ == "__main__":
    openapi, graphql = (Path(argument) for argument in sys.argv[1:])
    described = json.loads((openapi / "generated/api.github.com.json").read_text())
    cut = json.dumps(cut_openapi(described), sort_keys=True, separators=(",", ":")).encode()
    (HERE / "github.json.gz").write_bytes(gzip.compress(cut, mtime=0))
    (HERE / "github.graphql").write_text(cut_graphql((graphql / "schema.graphql").read_text()))
    notices = (
        f"{name}\n\n{path.read_text().strip()}\n"
        for name, path in (("@octokit/openapi", openapi / "LICENSE"), ("@octokit/graphql-schema", graphql / "LICENSE.md"))
    )
    (HERE / "LICENSE-octokit").write_text("\n".join(notices))
