"""The values that flow from stage to stage; this module imports nothing of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A sha256 digest as the OCI image specification writes it, section "Digests"; nothing else can be built."""

    hex: str

    def __post_init__(self) -> None:
        if not _HEX.fullmatch(self.hex):
            raise ValueError(f"not the 64 lower-case hex digits of a sha256 digest: {self.hex!r}")

    @classmethod
    def parse(cls, text: str) -> "Digest":
        """Read `sha256:<hex>`; raise `ValueError` for any other text."""
        algorithm, colon, digits = text.partition(":")
        if algorithm != "sha256" or not colon:
            raise ValueError(f"not a sha256 digest: {text!r}")
        return cls(digits)

    @property
    def algorithm(self) -> str:
        return "sha256"

    @property
    def short(self) -> str:
        """The first twelve hex digits, for people."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"sha256:{self.hex}"


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image reference in its written parts; `str()` gives the text that was parsed.

    `registry` is `None` where the text names none (Docker Hub short names); `repository` is the path without the registry.
    """

    registry: str | None
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    @property
    def name(self) -> str:
        """Registry and repository as written, without tag and digest."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag is not None else ""
        digest = f"@{self.digest}" if self.digest is not None else ""
        return f"{self.name}{tag}{digest}"


class EvidenceKind(StrEnum):
    """Why a digest is taken to be the equivalent of another, strongest first."""

    MAPPING = "mapping"
    RECOMPUTED = "recomputed"
    NEGOTIATED = "negotiated"
    CATALOG = "catalog"
    FORWARD = "forward"
    LAYERS = "layers"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a verdict: what was found, in words a reviewer can check, and a command that repeats the check.

    `listed_in` is the list of manifests, for several platforms, through which a tag leads to the image. `plain_host` is the registry that was asked, if
    that speaks HTTP without TLS.
    """

    kind: EvidenceKind
    detail: str
    check: str
    listed_in: Digest | None = None
    plain_host: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to learn something of a digest that was gone: what it is called, what was asked, and what came of it, in words."""

    name: str
    asked: str
    answer: str


@dataclass(frozen=True, slots=True)
class Swap:
    """The digest is schema 1 and `new` is the schema 2 digest of the same image, as far as the evidence goes."""

    old: Digest
    new: Digest
    evidence: tuple[Evidence, ...]
    trials: tuple[Trial, ...] = ()

    @property
    def is_suggestion(self) -> bool:
        """Nothing but a tag speaks for it: `new` is what that points to today, and neither digest is tied to the other."""
        return {item.kind for item in self.evidence} <= {EvidenceKind.TAG}


@dataclass(frozen=True, slots=True)
class Current:
    """The digest is known and needs no swap."""

    evidence: tuple[Evidence, ...]
    reason: str = "needs no swap"
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """No equivalent can be given: nothing is known of the digest, or what is known contradicts itself (`is_conflict`); `reason` says which.

    `is_schema_1` tells that the digest is certainly schema 1 all the same, so that something is left to do where it stands. `suggestion` is what the tag
    beside it points to today, with evidence of the kind `tag`, which ties it to nothing. `is_passing` tells that somebody could not be asked.
    """

    reason: str
    evidence: tuple[Evidence, ...] = ()
    is_schema_1: bool = False
    is_conflict: bool = False
    suggestion: Digest | None = None
    trials: tuple[Trial, ...] = ()
    is_passing: bool = False


Verdict = Swap | Current | Unknown


class Standing(StrEnum):
    """What a digest stands in, and so whether it may be swapped."""

    LIVE = "live"
    """Something deploys, pulls or builds from it."""
    MENTION = "mention"
    """A comment or prose; swapped with `--mentions` only."""
    NOT_AN_IMAGE = "not-an-image"
    """A checksum, a layer, recorded state: never swapped."""
    DERIVED = "derived"
    """In a file that is marked as generated or vendored, which is made anew from its source; swapped with `--generated` only."""
    PROTECTED = "protected"
    """In a file that the run may not change."""
    UNREADABLE = "unreadable"
    """An image digest that cannot be swapped where it stands (escaped, broken over lines)."""
    UNPLACED = "unplaced"
    """Nothing says that it is an image, and nothing says that it is not: no rule names the place, or the file is not read as text."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One digest in one file.

    `offset` counts bytes from the start of the file to the first hex digit; `line` and `column` are those of the same digit, from 1, the column in
    characters. `text` is what stands there (`sha256:` and the hex digits; more or fewer than 64 of them in a near miss). `name` is the repository with
    its registry as written, `None` where it cannot be known. `reason` says why it is not live, `None` for a live one.
    """

    path: str
    offset: int
    line: int
    column: int
    text: str
    digest: Digest | None
    rule: str | None
    place: str
    name: str | None
    tag: str | None
    standing: Standing
    reason: str | None = None
    is_tagged: bool = False
    """The tag stands in the same reference, so that this is whole without the digest."""

    @property
    def is_live(self) -> bool:
        return self.standing is Standing.LIVE


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person should know of a file; `failed` when work on it was given up.

    `is_outside` says that it is no file of the tree: a mapping file or a registry.
    """

    path: str
    line: int | None
    reason: str
    failed: bool = False
    is_outside: bool = False
    column: int | None = None
    """In characters, from 1; of mapping files, whose rows can be long."""

    @property
    def place(self) -> str:
        """Where it is, as `path:line:column` as far as that is known."""
        return ":".join([self.path, *(str(number) for number in (self.line, self.column) if number is not None)])

    @property
    def words(self) -> str:
        """The reason, with the column, for what has no other room for that."""
        return self.reason if self.column is None else f"column {self.column}: {self.reason}"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the 64 hex digits at `offset` (bytes) of one file, at equal length.

    Without `new` the digest goes, with the `@sha256:` before it, and leaves the tag: the one edit that changes a length.
    """

    offset: int
    old: Digest
    new: Digest | None

    @property
    def before(self) -> bytes:
        """The bytes that are replaced; they end with the hex digits."""
        return self.old.hex.encode() if self.new is not None else f"@{self.old}".encode()

    @property
    def after(self) -> bytes:
        return self.new.hex.encode() if self.new is not None else b""

    @property
    def start(self) -> int:
        """Byte offset of the first byte that is replaced."""
        return self.offset + len(self.old.hex) - len(self.before)


class Action(StrEnum):
    """What was done with a sighting."""

    SWAPPED = "swapped"
    WOULD_SWAP = "would-swap"
    UNPINNED = "unpinned"
    WOULD_UNPIN = "would-unpin"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with one sighting: the edit, or `None` and the reason why it stays as it is."""

    sighting: Sighting
    verdict: Verdict
    edit: Edit | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with every sighting of a tree, in order of path and offset."""

    decisions: tuple[Decision, ...]

    def edits(self) -> Mapping[str, tuple[Edit, ...]]:
        """The edits by path, each file's in order of offset; they do not overlap."""
        by_path: dict[str, list[Edit]] = {}
        for decision in self.decisions:
            if decision.edit is not None:
                by_path.setdefault(decision.sighting.path, []).append(decision.edit)
        return {path: tuple(sorted(edits)) for path, edits in by_path.items()}


@dataclass(frozen=True, slots=True)
class Result:
    """One sighting after its way through the stages."""

    sighting: Sighting
    verdict: Verdict
    action: Action
    reason: str | None

    @property
    def is_unknown(self) -> bool:
        """A digest stays in force here without a known equivalent."""
        return self.sighting.is_live and isinstance(self.verdict, Unknown) and self.action is Action.KEPT

    @property
    def is_left_over(self) -> bool:
        """A digest that is known to be schema 1 is still in force here."""
        is_in_force = self.sighting.standing in (Standing.LIVE, Standing.UNREADABLE)
        is_schema_1 = isinstance(self.verdict, Swap) or (isinstance(self.verdict, Unknown) and self.verdict.is_schema_1)
        return is_in_force and is_schema_1 and self.action is Action.KEPT

    @property
    def is_open(self) -> bool:
        """A digest stays in force here that is known to be schema 1, or of which nothing is known."""
        return self.is_unknown or self.is_left_over


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one tree: every sighting in order of path and offset, and what went wrong.

    `branch` and `head` are those of a commit that was looked at, `None` for a directory.
    """

    results: tuple[Result, ...]
    problems: tuple[Problem, ...]
    files_screened: int
    files_with_digests: int
    branch: str | None = None
    head: str | None = None


class ProposalOutcome(StrEnum):
    """What a run did about one branch of a repository."""

    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CLOSED = "closed"
    NOTHING_TO_DO = "nothing-to-do"
    HELD = "held"
    """Hands off: people have the last word there, or a limit is reached."""
    WOULD_OPEN = "would-open"
    WOULD_UPDATE = "would-update"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RepositoryLine:
    """What came of one branch of one repository, or of a repository where it did not come to branches.

    `head` is the commit that was looked at. `stage` says where a failure happened, and `message` why an outcome is what it is.
    """

    repository: str
    branch: str | None
    head: str | None
    outcome: ProposalOutcome
    url: str | None = None
    stage: str | None = None
    message: str | None = None
