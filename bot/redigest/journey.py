"""The way of one repository through a run: a look at its branches, and where that does not settle it, fetching, searching and proposing."""

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from redigest import pipeline
from redigest.clones.clone import BranchMoved, Clone, Clones
from redigest.clones.commit_tree import CommitTree
from redigest.clones.references import NotFound, References, references
from redigest.errors import RepositoryError
from redigest.finished import NOTHING, Record, Records, Tally
from redigest.forges.model import Repository, Status
from redigest.globs import compile_globs, is_glob
from redigest.model import Action, Outcome, ProposalOutcome, RepositoryLine, Unknown
from redigest.narrowing import DISABLED, narrowing_of
from redigest.pipeline import Draft, Search
from redigest.proposals.base_branch import Settled, settle
from redigest.proposals.history import Shelf
from redigest.proposals.settlement import Base, Settlement, Terms, beside_branch
from redigest.report import Searched
from redigest.sources import Wanted, renamed
from redigest.steps import Step, Watch, unwatched

_FRESH_SECONDS = 12 * 3600.0
"""How long it is believed that nothing is known of a digest: a registry may know it tomorrow."""

_LASTING = (ProposalOutcome.OPENED, ProposalOutcome.UPDATED, ProposalOutcome.UNCHANGED, ProposalOutcome.CLOSED, ProposalOutcome.NOTHING_TO_DO)
"""Outcomes after which there is nothing to do until something changes."""


@dataclass(frozen=True, slots=True)
class Plans:
    """What holds for every repository of a run.

    `search` gives what is looked for, and always the same; rules take time to load, and most runs change nothing.
    `settings` stands for everything that could change what a run finds or does. `own_blobs` are the ids of blobs that are a mapping file of this run.
    `wants_outcomes` asks for what was found in every repository, those in which nothing has changed included.
    `watch` is told of repositories that are cloned and of branches that have passed a step.
    """

    search: Callable[[], Search]
    terms: Terms
    clones: Clones
    records: Records
    settings: str
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    own_blobs: Collection[str] = ()
    wants_outcomes: bool = False
    watch: Watch = unwatched


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of a repository: lines for the report, each branch that was searched, now or when it last changed, and what to count."""

    lines: tuple[RepositoryLine, ...]
    trees: tuple[Searched, ...] = ()
    tally: Tally = NOTHING


@dataclass(frozen=True, slots=True)
class Sight:
    """A repository at which a look was not enough: the branches that are rewritten, those of ours, and what was left behind, with their commits.

    `others` are the names of all branches that are not ours.
    """

    wanted: Wanted
    default: str | None
    bases: Mapping[str, str]
    ours: Mapping[str, str]
    left_behind: Mapping[str, str]
    others: frozenset[str]

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
        trees = _kept(sight, plans)
        if trees is not None:
            plans.terms.quota.see(wanted.label, record.proposals)
            return Arrival(tuple(map(_again, record.lines)), trees, record.tally)
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
    prefix = plans.terms.proposals.branch
    ours = _below(f"{prefix}/", found.heads)
    left_behind = _below(beside_branch(prefix, ""), found.heads)
    others = {branch: head for branch, head in found.heads.items() if branch not in ours and branch not in left_behind}
    if wanted.branches:
        patterns = compile_globs(wanted.branches, anchored=True)
        bases = {branch: head for branch, head in sorted(others.items()) if patterns.fullmatch(branch)}
    elif found.default is not None and found.default in others:
        bases = {found.default: others[found.default]}
    else:
        there = f"is at {found.default}, a branch of redigest" if found.default in ours else "is at no branch"
        raise RepositoryError("sources", f"HEAD {there}, so it is not known which branch to rewrite; name `branches` in the configuration")
    return Sight(wanted, found.default, bases, ours, left_behind, frozenset(others))


def _below(prefix: str, heads: Mapping[str, str]) -> Mapping[str, str]:
    return {branch: head for branch, head in heads.items() if branch.startswith(prefix)}


def _kept(sight: Sight, plans: Plans) -> tuple[Searched, ...] | None:
    """What was found on each branch when the record was written, as far as a report wants it; `None` where that was not kept."""
    if not plans.wants_outcomes:
        return ()
    outcomes = plans.records.outcomes(sight.wanted.label)
    if outcomes is None or len(outcomes) != len(sight.bases):
        return None
    return tuple(_searched(sight.wanted, outcome) for outcome in outcomes)


def _is_as_left(record: Record, sight: Sight, plans: Plans) -> bool:
    """Whether nothing has changed; of each proposal that is open the forge is asked, for people close proposals and leave the branch."""
    if record.settings != _settings(sight.wanted, plans) or record.heads != sight.heads or (record.until is not None and time.time() > record.until):
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
    lines = [_missing(wanted, pattern) for pattern in wanted.branches if _is_missed(pattern, sight)]
    heads = sight.ours
    settled: list[Settled] = []
    with plans.clones.open(wanted.forge.remote(wanted.name), wanted.label) as clone:
        clone.fetch(set(sight.bases.values()))
        plans.watch(Step.CLONE, 1, 0)
        shelf = Shelf(wanted.forge, wanted.name, ours=sight.ours, others=sight.others)
        for branch, commit in sight.bases.items():
            base = Base(wanted.label, wanted.name, branch, commit, branch == sight.default)
            settled.append(_branch(Settlement(wanted.forge, clone, base, heads, plans.terms), clone, shelf, plans))
            heads = settled[-1].heads
            plans.watch(Step.PROPOSE, 1, 0)
        _tidy(sight, clone, plans)
    lines += [line for part in settled for line in part.lines]
    trees = tuple(_searched(wanted, part.outcome) for part in settled if part.outcome is not None)
    outcomes = tuple(tree.outcome for tree in trees)
    tally = _tally(outcomes)
    if not plans.terms.is_dry and _is_lasting(lines, outcomes) and not any(part.has_declined for part in settled):
        proposals = {branch: number for part in settled for branch, number in part.proposals.items()}
        until = time.time() + _FRESH_SECONDS if tally.unknown or plans.search().accept_tag else None
        record = Record({**sight.bases, **heads}, _settings(wanted, plans), tuple(lines), proposals, tally, until)
        plans.records.write(wanted.label, record, outcomes)
    return Arrival(tuple(lines), trees, tally)


def _searched(wanted: Wanted, outcome: Outcome) -> Searched:
    """What was found in a commit; lines of its files have the address that the forge gives them."""
    return Searched(wanted.label, outcome, link=partial(wanted.forge.link, wanted.name, outcome.head or outcome.branch or ""))


def _settings(wanted: Wanted, plans: Plans) -> str:
    return " ".join((plans.settings, *wanted.branches))


def _tidy(sight: Sight, clone: Clone, plans: Plans) -> None:
    """Delete the branches that interrupted runs have left behind on which a forge was to commit."""
    if plans.terms.is_dry or not plans.terms.commit.through_api:
        return
    for branch, head in sight.left_behind.items():
        with contextlib.suppress(BranchMoved):
            clone.delete(branch, expected=head)


def _tally(outcomes: Iterable[Outcome]) -> Tally:
    results = [result for outcome in outcomes for result in outcome.results]
    return Tally(
        places=sum(result.action is not Action.KEPT for result in results),
        unknown=sum(result.is_unknown and not result.is_left_over for result in results),
        kept=sum(result.is_left_over for result in results),
    )


def _is_missed(pattern: str, sight: Sight) -> bool:
    """Whether a name or a glob fits no branch; a glob that fits none is no news where another one does."""
    if any(map(compile_globs([pattern], anchored=True).fullmatch, sight.bases)):
        return False
    return not (is_glob(pattern) and sight.bases)


def _missing(wanted: Wanted, pattern: str) -> RepositoryLine:
    if is_glob(pattern):
        return RepositoryLine(wanted.label, pattern, None, ProposalOutcome.NOTHING_TO_DO, message="there is no such branch")
    return RepositoryLine(wanted.label, pattern, None, ProposalOutcome.FAILED, stage="sources", message="there is no such branch")


def _is_lasting(lines: Iterable[RepositoryLine], outcomes: Iterable[Outcome]) -> bool:
    """Whether there is nothing to do until something changes: nothing is held, has failed, or could not be asked."""
    if any(line.outcome not in _LASTING for line in lines) or any(problem.failed for outcome in outcomes for problem in outcome.problems):
        return False
    return not any(isinstance(result.verdict, Unknown) and result.verdict.is_passing for outcome in outcomes for result in outcome.results)


def _branch(settlement: Settlement, clone: Clone, shelf: Shelf, plans: Plans) -> Settled:
    base = settlement.base
    try:
        tree = clone.tree(base.head)
        narrowing = narrowing_of(tree)
        if not narrowing.enabled:
            return Settled((base.line(ProposalOutcome.HELD, DISABLED),), settlement.heads)
        tree = tree.narrowed(plans.include, plans.exclude).narrowed(narrowing.paths.include, narrowing.paths.exclude)
        return settle(_draft(tree, plans), settlement, narrowing.proposals.group_by or plans.terms.proposals.group_by, shelf)
    except RepositoryError as error:
        return Settled((replace(base.line(ProposalOutcome.FAILED, str(error)), stage=error.stage),), settlement.heads)


def _draft(tree: CommitTree, plans: Plans) -> Draft:
    search = replace(plans.search(), own_files=_own_files(tree, plans.own_blobs))
    seen = pipeline.look(tree, search)
    plans.watch(Step.SCAN, 1, 0)
    draft = pipeline.judge(seen, search)
    plans.watch(Step.RESOLVE, 1, 0)
    return draft


def _own_files(tree: CommitTree, own_blobs: Collection[str]) -> frozenset[str]:
    return frozenset(path for path, blob in tree.blobs().items() if blob in own_blobs) if own_blobs else frozenset()
