"""What is known so far of the digests of one repository while evidence for them is looked for."""

from dataclasses import dataclass, field

from redigest.model import Digest, Evidence, EvidenceKind, Trial
from redigest.registry.answers import Failure, Reason
from redigest.registry.endpoints import Location
from redigest.resolve import Question


@dataclass(frozen=True, slots=True)
class Finding:
    """Evidence, and the schema 2 digest that it speaks for."""

    new: Digest
    evidence: Evidence


@dataclass(slots=True)
class Case:
    """One question on its way to a verdict."""

    question: Question
    location: Location
    trials: list[Trial] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    body: bytes | None = None
    """The schema 1 body, if it is at hand; its digest is the one that is asked for."""
    is_schema_1: bool = False
    current: str | None = None
    """Why the digest needs no swap, if it does not."""
    near: tuple[str, ...] | None = None
    """Words near the places of the digest that may be its tag, once they were looked for."""
    doubt: str = ""
    """What the registry says of the digest itself, in words."""
    is_passing: bool = False
    """Whether somebody could not be asked, so that more may be known another time."""

    @property
    def digest(self) -> Digest:
        return self.question.digest

    @property
    def is_proven(self) -> bool:
        return any(finding.evidence.kind is not EvidenceKind.TAG for finding in self.findings)

    @property
    def is_open(self) -> bool:
        return self.current is None and not self.is_proven

    @property
    def written(self) -> str:
        """The reference as people check it."""
        return f"{self.location.name}@{self.digest}"

    def failed(self, failure: Failure) -> None:
        """Keep in mind that there was no answer, if one may come another time."""
        self.is_passing |= failure.reason is Reason.UNREACHABLE

    def tried(self, name: str, asked: str, answer: str) -> None:
        """Keep what was asked and what came of it; the same is kept once."""
        trial = Trial(name, asked, answer)
        if trial not in self.trials:
            self.trials.append(trial)

    def found(self, new: Digest, kind: EvidenceKind, *, detail: str, check: str, listed_in: Digest | None = None, plain_host: str | None = None) -> None:
        """Keep a finding; of one kind and digest the first."""
        if all((finding.new, finding.evidence.kind) != (new, kind) for finding in self.findings):
            self.findings.append(Finding(new, Evidence(kind, detail, check, listed_in, plain_host)))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Names and tags that may have been signed into the schema 1 payloads of a repository, the likeliest first."""

    names: tuple[str, ...]
    tags: tuple[str, ...]
