"""The JSON report, version 1, as it is published: `Document.model_json_schema()` is its JSON Schema.

`redigest.report.json` writes it without these models, because 60,000 sightings as models cost more than all the rest of a scan.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from redigest.model import Action, EvidenceKind, ProposalOutcome

Count = Annotated[int, Field(ge=0)]
Position = Annotated[int, Field(ge=1)]
FullDigest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class Published(BaseModel):
    """A part of a report as it is published."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Tool(Published):
    """What wrote the report."""

    name: Literal["redigest"]
    version: str


class Summary(Published):
    """Counts over the whole report; `swapped`, `current`, `unknown` and `ignored` make up `sightings`."""

    files_screened: Count
    files_with_digests: Count
    sightings: Count
    """All entries of `sightings`."""
    swapped: Count
    """Sightings that were or would be changed, those that are unpinned among them."""
    current: Count
    """Live sightings that need no change."""
    unknown: Count
    """Live sightings without a known equivalent: those of which it is not known whether they are schema 1, and those that are and stay."""
    ignored: Count
    """Sightings that are left alone because of where they stand: comments, prose, checksums, recorded state, and where nothing can be swapped."""
    problems: Count


class Evidence(Published):
    """One reason for a verdict."""

    kind: EvidenceKind
    detail: str
    """What was found, in words."""
    check: str
    """A command that repeats the check."""


class Sighting(Published):
    """One digest in one file."""

    repository: str | None
    """`null` outside `run`."""
    path: str
    """Relative to the path that was given; a byte that is not UTF-8 is written as `\\xNN`."""
    line: Position
    column: Position
    """Of the first hex digit, in characters."""
    offset: Count
    """Of the first hex digit, in bytes from the start of the file."""
    digest: str
    """What stands there: `sha256:` and hex digits, as a rule 64 of them."""
    image: str | None
    """Registry and repository as written; `null` where they cannot be known."""
    tag: str | None
    rule: str | None
    place: str
    verdict: Literal["swap", "current", "unknown", "not-an-image"]
    action: Action
    replacement: FullDigest | None
    """The schema 2 digest of the same image, also where it was only suggested; `null` without one."""
    evidence: tuple[Evidence, ...]
    reason: str | None
    """Why it stays as it is."""


class Problem(Published):
    """Something that a person should know of a file."""

    path: str
    """In reports of `run` with the repository and a colon before it; a mapping file or a registry where nothing of a repository is at fault."""
    line: Position | None
    reason: str


class Repository(Published):
    """What came of one branch of one repository."""

    repository: str
    branch: str | None
    """The branch that was or would be rewritten; `null` where it never came to branches."""
    head: str | None
    """The commit that was looked at; `null` where it never came to that."""
    outcome: ProposalOutcome
    url: str | None
    """Of the pull or merge request; of a repository on disk the path of the proposal."""
    stage: str | None
    """Where it failed: config, sources, tree, find, resolve, plan, apply, commit, propose or report."""
    message: str | None


class Document(Published):
    """A report of redigest, version 1."""

    model_config = ConfigDict(title="Report of redigest")

    version: Literal[1]
    tool: Tool
    started: AwareDatetime
    finished: AwareDatetime
    summary: Summary
    sightings: tuple[Sighting, ...]
    """In order of repository, path and offset; a second branch of a repository follows the first one."""
    problems: tuple[Problem, ...]
    repositories: tuple[Repository, ...] | None = None
    """In reports of `run` only."""
