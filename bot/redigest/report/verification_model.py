"""The JSON report of `redigest verify`, version 1, as it is published: `Verification.model_json_schema()` is its JSON Schema.

`redigest.report.verification` writes it without these models, as the report of a scan is written.
"""

from typing import Literal

from pydantic import ConfigDict

from redigest.report.model import Count, Evidence, FullDigest, Position, Problem, Published, Tool
from redigest.verification.violations import Fault


class Violation(Published):
    """One thing that is wrong with the change."""

    rule: Fault
    path: str
    """From the top of the repository; a byte that is not UTF-8 is written as `\\xNN`."""
    line: Position
    """In the changed file, or in that of BASE for a place that a merge leaves behind; what concerns a file as a whole stands at its first character."""
    column: Position
    offset: Count | None
    """In bytes from the start of the changed file; `null` for a whole file."""
    message: str


class Change(Published):
    """A digest that was changed, or one of those that were changed elsewhere and stay here."""

    path: str
    line: Position
    column: Position
    """Of the first hex digit, in characters."""
    image: str | None
    tag: str | None
    digest: str
    """What stood there."""
    replacement: FullDigest | None
    """What stands there now; `null` where the tag stands alone, or the digest stays."""
    reason: str | None
    """Why it stays."""
    evidence: tuple[Evidence, ...]


class Verification(Published):
    """What came of a check of a range of commits, or of a patch."""

    model_config = ConfigDict(title="Report of redigest verify")

    version: Literal[1]
    kind: Literal["verification"]
    """What tells it from the report of a scan, a fix or a run, which has no such key."""
    tool: Tool
    base: str
    """The commit that was named."""
    merge_base: str
    """The commit with which the changed one was compared."""
    head: str | None
    """The changed commit; `null` for a patch."""
    passed: bool
    violations: tuple[Violation, ...]
    swaps: tuple[Change, ...]
    kept: tuple[Change, ...]
    """Places where digests that were swapped elsewhere stay, since redigest cannot swap there."""
    problems: tuple[Problem, ...]
