"""The way of one repository through a run: a look at its branches, and where that does not settle it, fetching, searching and proposing."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from redigest import pipeline
from redigest.clones.clone import Clone, Clones
from redigest.clones.commit_tree import CommitTree
from redigest.clones.references import NotFound, References, references
from redigest.config_file import parse
from redigest.errors import RepositoryError, UsageError
from redigest.finished import Record, Records
from redigest.forges import Forge
from redigest.forges.model import Repository, Status
from redigest.globs import compile_globs
from redigest.model import Outcome, ProposalOutcome, RepositoryLine
from redigest.narrowing import Narrowing
from redigest.pipeline import Search
from redigest.proposals.base_branch import Settled, settle
from redigest.proposals.settlement import Base, Settlement, Terms
from redigest.sources import Wanted, renamed

_NARROWING = ".redigest.yaml"
_LARGEST_NARROWING = 64 << 10

_FRESH_SECONDS = 12 * 3600.0
"""How long it is believed that nothing is known of a digest: a registry may know it tomorrow."""

_LASTING = (ProposalOutcome.OPENED, ProposalOutcome.UPDATED, ProposalOutcome.UNCHANGED, ProposalOutcome.CLOSED, ProposalOutcome.NOTHING_TO_DO)
"""Outcomes after which there is nothing to do until something changes."""


@dataclass(frozen=True, slots=True)
class Plans:
    """What holds for every repository of a run.

    `search` gives what is looked for, and always the same; rules take time to load, and most runs change nothing.
    `settings` stands for everything that could change what a run finds or does. `own_blobs` are the ids of blobs that are a mapping file of this run.
    """

    search: Callable[[], Search]
    terms: Terms
    clones: Clones
    records: Records
    settings: str
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    own_blobs: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of a repository: lines for the report, the outcome of each branch that was searched, and how many digests are unknown."""

    lines: tuple[RepositoryLine, ...]
    outcomes: tuple[Outcome, ...] = ()
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """A repository at which a look was not enough: the branches that are rewritten and those of ours, with their commits."""

    wanted: Wanted
    default: str | None
    bases: Mapping[str, str]
    ours: Mapping[str, str]

    @property
    def heads(self) -> Mapping[str, str]:
        return {**self.bases, **self.ours}


def look(wanted: Wanted, plans: Plans) -> Sight | Arrival:
    """Ask which branches a repository has, and go no further if it is as the last run left it. Raises `RepositoryError`."""
    if wanted.known is not None and (line := _closed(wanted, wanted.known)) is not None:
        return Arrival((line,))
    try:
        found = references(wanted.forge.remote(wanted.name))
    except NotFound:
        repository = wanted.forge.repository(wanted.name)
        if (line := _closed(wanted, repository)) is not None:
            return Arrival((line,))
        if repository.name == wanted.name:
            raise
        wanted = renamed(wanted, repository)
        found = references(wanted.forge.remote(wanted.name))
    if not found.heads:
        return Arrival((_line(wanted, ProposalOutcome.NOTHING_TO_DO, "the repository is empty"),))
    sight = _sight(wanted, found, plans)
    record = plans.records.read(wanted.label)
    if record is not None and not plans.terms.recreate and _is_as_left(record, sight, plans):
        plans.terms.quota.see(wanted.label, record.proposals)
        return Arrival(tuple(map(_again, record.lines)), unknown=record.unknown)
    plans.terms.quota.see(wanted.label, sight.ours)
    return sight


def _closed(wanted: Wanted, repository: Repository) -> RepositoryLine | None:
    """The line of a repository that cannot be worked on."""
    if repository.is_archived:
        return _line(wanted, ProposalOutcome.HELD, "the repository is archived, so it can only be read")
    if repository.is_empty:
        return _line(wanted, ProposalOutcome.NOTHING_TO_DO, "the repository is empty")
    return None


def _line(wanted: Wanted, outcome: ProposalOutcome, message: str) -> RepositoryLine:
    return RepositoryLine(wanted.label, None, None, outcome, message=message)


def _sight(wanted: Wanted, found: References, plans: Plans) -> Sight:
    prefix = f"{plans.terms.proposals.branch}/"
    ours = {branch: head for branch, head in found.heads.items() if branch.startswith(prefix)}
    others = {branch: head for branch, head in found.heads.items() if branch not in ours}
    if not wanted.branches:
        if found.default is None or found.default not in others:
            raise RepositoryError("sources", "the repository does not say which branch is its default one; name `branches` in the configuration")
        return Sight(wanted, found.default, {found.default: others[found.default]}, ours)
    patterns = compile_globs(wanted.branches, anchored=True)
    bases = {branch: head for branch, head in sorted(others.items()) if patterns.fullmatch(branch)}
    return Sight(wanted, found.default, bases, ours)


def _is_as_left(record: Record, sight: Sight, plans: Plans) -> bool:
    """Whether nothing has changed; of each proposal that is open the forge is asked, for people close proposals and leave the branch."""
    if record.settings != plans.settings or record.heads != sight.heads or (record.until is not None and time.time() > record.until):
        return False
    wanted = sight.wanted
    return all(_is_open(wanted, branch, number) for branch, number in record.proposals.items())


def _is_open(wanted: Wanted, branch: str, number: int) -> bool:
    return any(proposal.number == number and proposal.status is Status.OPEN for proposal in wanted.forge.proposals(wanted.name, branch))


def _again(line: RepositoryLine) -> RepositoryLine:
    """The line of a repository of which nothing has changed since."""
    match line.outcome:
        case ProposalOutcome.OPENED | ProposalOutcome.UPDATED:
            return replace(line, outcome=ProposalOutcome.UNCHANGED, message=None)
        case ProposalOutcome.CLOSED:
            return replace(line, outcome=ProposalOutcome.NOTHING_TO_DO, url=None, message=None)
        case _:
            return line


def travel(sight: Sight, plans: Plans) -> Arrival:
    """Fetch the branches of a repository, rewrite them, and settle their proposals; one branch that fails does not stop the others.

    Raises `RepositoryError` for what concerns all branches.
    """
    wanted = sight.wanted
    lines = [
        _missing(wanted, pattern) for pattern in wanted.branches if not any(compile_globs([pattern], anchored=True).fullmatch(base) for base in sight.bases)
    ]
    heads = sight.ours
    settled: list[Settled] = []
    with plans.clones.open(wanted.forge.remote(wanted.name), wanted.label) as clone:
        clone.fetch(set(sight.bases.values()))
        for branch, commit in sight.bases.items():
            settled.append(_branch(Base(wanted.label, wanted.name, branch, commit, branch == sight.default), heads, clone, plans, wanted.forge))
            heads = settled[-1].heads
    lines += [line for part in settled for line in part.lines]
    outcomes = tuple(part.outcome for part in settled if part.outcome is not None)
    unknown = sum(result.is_unknown for outcome in outcomes for result in outcome.results)
    if not plans.terms.is_dry and _is_lasting(lines, outcomes):
        proposals = {branch: number for part in settled for branch, number in part.proposals.items()}
        until = time.time() + _FRESH_SECONDS if unknown else None
        plans.records.write(wanted.label, Record({**sight.bases, **heads}, plans.settings, tuple(lines), proposals, unknown, until))
    return Arrival(tuple(lines), outcomes, unknown)


def _matches(pattern: str, branches: Iterable[str]) -> bool:
    return any(map(compile_globs([pattern], anchored=True).fullmatch, branches))


def _missing(wanted: Wanted, pattern: str) -> RepositoryLine:
    return RepositoryLine(wanted.label, pattern, None, ProposalOutcome.FAILED, stage="sources", message="there is no such branch")


def _is_lasting(lines: Iterable[RepositoryLine], outcomes: Iterable[Outcome]) -> bool:
    """Whether there is nothing to do until something changes."""
    return all(line.outcome in _LASTING for line in lines) and not any(problem.failed for outcome in outcomes for problem in outcome.problems)


def _branch(base: Base, heads: Mapping[str, str], clone: Clone, plans: Plans, forge: Forge) -> Settled:
    try:
        tree = clone.tree(base.head, include=plans.include, exclude=plans.exclude)
        narrowing = _narrowing(tree)
        if not narrowing.enabled:
            return Settled((base.line(ProposalOutcome.HELD, f"{_NARROWING} says `enabled: false`"),), heads)
        tree = tree.narrowed(narrowing.paths.include, narrowing.paths.exclude)
        draft = pipeline.prepare(tree, replace(plans.search(), own_files=_own_files(tree, plans.own_blobs)))
        group_by = narrowing.proposals.group_by or plans.terms.proposals.group_by
        return settle(draft, Settlement(forge, clone, base, heads, plans.terms), group_by)
    except RepositoryError as error:
        return Settled((replace(base.line(ProposalOutcome.FAILED, str(error)), stage=error.stage),), heads)


def _own_files(tree: CommitTree, own_blobs: Collection[str]) -> frozenset[str]:
    return frozenset(path for path, blob in tree.blobs().items() if blob in own_blobs) if own_blobs else frozenset()


def _narrowing(tree: CommitTree) -> Narrowing:
    """What the owners of a repository ask for on this branch. Raises `RepositoryError` for a file that cannot be understood: they wanted something."""
    if _NARROWING not in tree.blobs():
        return Narrowing()
    if tree.size(_NARROWING) > _LARGEST_NARROWING:
        raise RepositoryError("config", f"{_NARROWING} is larger than 64 KiB, which no such file is")
    try:
        return parse(tree.read(_NARROWING), Narrowing, where=_NARROWING)
    except UsageError as error:
        raise RepositoryError("config", str(error)) from error
