"""The mutations of GitHub's GraphQL API, run by graphql-core on GitHub's own schema."""

import base64
import binascii
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, build_schema, graphql_sync, parse, validate

from tests.forge.http_server import Answer, json_answer
from tests.forge.model import Proposal
from tests.forge.routing import Call
from tests.forge.state import Repository

_SCHEMA = Path(__file__).with_name("schemas") / "github.graphql"
_WEB_FLOW = ("GitHub", "noreply@github.com")


@cache
def schema() -> GraphQLSchema:
    """The part of the schema that the tests need."""
    return build_schema(_SCHEMA.read_text(), assume_valid=True)


def mistakes(query: str) -> list[str]:
    """What the schema has against a query."""
    try:
        return [error.message for error in validate(schema(), parse(query))]
    except GraphQLError as error:
        return [error.message]


def answer(call: Call) -> Answer:
    """Run a request; GraphQL answers 200 to what it refuses as well."""
    if call.access is None:
        return json_answer(401, {"message": "This endpoint requires you to be authenticated.", "documentation_url": "https://docs.github.com/graphql"})
    variables = call.fields.get("variables")
    done = graphql_sync(schema(), call.text("query") or "", _Mutations(call), variable_values=variables if isinstance(variables, dict) else None)
    return json_answer(200, _content(done))


def _content(done: ExecutionResult) -> Mapping[str, object]:
    """GitHub writes the type of an error beside its message."""
    if not done.errors:
        return {"data": done.data}
    errors = [{**{name: value for name, value in error.formatted.items() if name != "extensions"}, **(error.extensions or {})} for error in done.errors]
    return {"data": done.data, "errors": errors}


def _refusal(kind: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": kind})


class _Mutations:
    """The root of what is executed: each method is a field of Mutation, and has its name."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def createCommitOnBranch(self, _info: object, input: Mapping[str, object]) -> Mapping[str, object]:  # noqa: A002, N802, the schema calls them so
        branch = _mapping(input["branch"])
        name = str(branch.get("branchName", "")).removeprefix("refs/heads/")
        found = self._repository(str(branch.get("repositoryNameWithOwner", "")))
        head, expected = found.head(name), input["expectedHeadOid"]
        if head is None:
            raise _refusal("NOT_FOUND", f'No ref named "{name}" exists in the repository')
        if head != expected:
            raise _refusal("STALE_DATA", f'Expected branch to point to "{expected}" but it did not. Pull and try again.')
        if name in found.protected:
            raise _refusal("UNPROCESSABLE", "Changes must be made through a pull request.")
        files = _changed(_mapping(input.get("fileChanges") or {}))
        if not found.takes_workflows and any(path.startswith(".github/workflows/") for path in files):
            raise _refusal("FORBIDDEN", "Resource not accessible by personal access token")
        message = _mapping(input["message"])
        text = "\n\n".join(str(message[part]) for part in ("headline", "body") if message.get(part))
        user = self._call.state.account(self._call.login)
        made = found.commit(files, branch=name, author=user.identity, message=text, committer=_WEB_FLOW)
        url = f"{self._call.web}/{found.name}/commit/{made}"
        return {"clientMutationId": input.get("clientMutationId"), "commit": {"oid": made, "url": url, "committedViaWeb": True, "abbreviatedOid": made[:7]}}

    def enablePullRequestAutoMerge(self, _info: object, input: Mapping[str, object]) -> Mapping[str, object]:  # noqa: A002, N802, the schema calls them so
        found, one = self._pull(str(input["pullRequestId"]))
        method = str(input.get("mergeMethod") or "MERGE").lower()
        if not found.allows_auto_merge:
            raise _refusal("UNPROCESSABLE", "Auto merge is not allowed for this repository")
        if method not in found.merge_methods:
            raise _refusal("UNPROCESSABLE", f"Merge method {method} merging is not allowed on this repository")
        if one.state != "open" or not found.has_checks:
            raise _refusal("UNPROCESSABLE", "Pull request is in clean status" if one.state == "open" else "Pull request is closed")
        one.auto_merge = method
        return {"clientMutationId": input.get("clientMutationId"), "pullRequest": {"number": one.number, "title": one.title}}

    def disablePullRequestAutoMerge(self, _info: object, input: Mapping[str, object]) -> Mapping[str, object]:  # noqa: A002, N802, the schema calls them so
        _, one = self._pull(str(input["pullRequestId"]))
        one.auto_merge = None
        return {"clientMutationId": input.get("clientMutationId"), "pullRequest": {"number": one.number, "title": one.title}}

    def _repository(self, name: str) -> Repository:
        found = self._call.state.find(name) or self._call.state.renamed(name)
        if found is None or not self._call.state.may_see(self._call.access, found):
            raise _refusal("NOT_FOUND", f"Could not resolve to a Repository with the name '{name}'.")
        return self._writable(found)

    def _pull(self, node: str) -> tuple[Repository, Proposal]:
        for found in self._call.state.repositories.values():
            for one in found.proposals():
                if node == f"PR_{one.id}" and self._call.state.may_see(self._call.access, found):
                    return self._writable(found), one
        raise _refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'")

    def _writable(self, found: Repository) -> Repository:
        if found.is_archived:
            raise _refusal("FORBIDDEN", "Repository was archived so is read-only.")
        if self._call.access is None or not self._call.access.may_write:
            raise _refusal("FORBIDDEN", "Resource not accessible by personal access token")
        return found


def _changed(changes: Mapping[str, object]) -> dict[str, bytes | None]:
    """The contents that are added, and the files that are deleted."""
    found: dict[str, bytes | None] = {}
    for addition in _mappings(changes.get("additions")):
        try:
            found[str(addition["path"])] = base64.b64decode(str(addition["contents"]), validate=True)
        except binascii.Error:
            raise _refusal("UNPROCESSABLE", "A file addition has contents that are no Base64") from None
    return {**found, **{str(deletion["path"]): None for deletion in _mappings(changes.get("deletions"))}}


def _mapping(value: object) -> Mapping[str, object]:
    assert isinstance(value, dict)
    return value


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [_mapping(one) for one in value] if isinstance(value, list) else []
