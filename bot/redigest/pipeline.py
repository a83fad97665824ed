"""The way through the stages for one tree: find, resolve, plan, apply."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from redigest.apply import Refused, rewrite
from redigest.findings import Findings
from redigest.hints import tags_near
from redigest.model import Action, Decision, Digest, Edit, Outcome, Plan, Problem, Result, Sighting
from redigest.patch import patch
from redigest.plan import DEFAULT_POLICY, Policy, make_plan, question_of, without
from redigest.resolve import DigestSource, Hints, resolve
from redigest.rules import Rules
from redigest.staging import Staging
from redigest.steps import Step, Watch, counted, unwatched
from redigest.survey import Finder, Survey, survey
from redigest.tree import Tree, WorkTree

if TYPE_CHECKING:
    from concurrent.futures import Executor


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and how it is judged."""

    rules: Rules
    sources: Sequence[DigestSource]
    policy: Policy = DEFAULT_POLICY
    accept_tag: bool = False
    """Whether the digest that a tag points to today is taken where nothing better is known."""
    generated: bool = False
    """Whether files count that are marked as generated or vendored."""
    workflows: bool = True
    """Whether the workflow files of GitHub Actions may be changed."""
    own_files: Collection[str] = ()
    """Paths in the tree of files that belong to this run: mapping files and reports."""
    jobs: int | None = None
    """Processes that read files; `None` for as many as there are processors."""
    is_shared: bool = False
    """Whether several trees are searched with the same sources, whose problems then belong to no single outcome."""
    executor: "Executor | None" = None
    """Reads the files of large trees in place of processes that are started for one tree."""
    findings: Findings | None = None
    """What earlier runs have found in files."""
    watch: Watch = unwatched
    """Is told of files that are looked into or rewritten, and of digests that somebody is asked about."""


def scan(tree: WorkTree, search: Search) -> Outcome:
    """Say what stands in the tree and what would be swapped; nothing is written."""
    draft = prepare(tree, search)
    return outcome(draft, draft.plan, done=False)


def fix(tree: WorkTree, search: Search) -> Outcome:
    """Swap in place, every image in all its places or in none."""
    draft = prepare(tree, search)
    with Staging(tree.root) as staging:
        plan, problems = _apply(draft, draft.plan, stage=staging.stage, drop=staging.drop, watch=search.watch)
        try:
            staging.commit()
        except OSError as error:
            problems.append(Problem(error.filename, None, f"no file was changed, since this one cannot be: {_in_words(error)}", failed=True))
            plan = without(plan, {edit.old: f"{error.filename} cannot be changed" for edits in plan.edits().values() for edit in edits})
    return outcome(draft, plan, done=True, problems=problems)


def diff(tree: WorkTree, search: Search) -> tuple[Outcome, bytes]:
    """What `fix` would do, and the patch that does it."""
    draft = prepare(tree, search)
    prefix = tree.prefix_here()
    patches: dict[str, bytes] = {}

    def stage(path: str, old: bytes, new: bytes) -> None:
        patches[path] = patch(os.fsencode(prefix + path), old, new)

    def drop(path: str) -> None:
        patches.pop(path, None)

    plan, problems = _apply(draft, draft.plan, stage=stage, drop=drop, watch=search.watch)
    return outcome(draft, plan, done=False, problems=problems), b"".join(patches[path] for path in sorted(patches))


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What became of a plan whose edits were applied in memory: the plan without what had to be given up, the outcome, and changed files by path."""

    plan: Plan
    outcome: Outcome
    files: Mapping[str, bytes]


def rewriting(draft: "Draft", plan: Plan) -> Rewriting:
    """Apply a plan, that of the draft or a part of it, to the bytes of files; nothing is written."""
    files: dict[str, bytes] = {}

    def stage(path: str, _: bytes, new: bytes) -> None:
        files[path] = new

    applied, problems = _apply(draft, plan, stage=stage, drop=files.pop)
    return Rewriting(applied, outcome(draft, applied, done=True, problems=problems), files)


@dataclass(frozen=True, slots=True)
class Draft:
    """The plan for a tree before anything is applied, and what it was made from."""

    plan: Plan
    survey: Survey
    problems: tuple[Problem, ...]
    finder: Finder


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands in a tree, before it is known what it means."""

    finder: Finder
    survey: Survey


def prepare(tree: Tree, search: Search) -> Draft:
    """Find, resolve and plan."""
    return judge(look(tree, search), search)


def look(tree: Tree, search: Search) -> Seen:
    """Find every digest."""
    finder = Finder(tree, search.rules, tree.prefix(), search.own_files, search.findings)
    return Seen(
        finder,
        survey(finder, generated=search.generated, workflows=search.workflows, jobs=search.jobs, executor=search.executor, watch=search.watch),
    )


def judge(seen: Seen, search: Search) -> Draft:
    """Resolve and plan what was found."""
    finder, found = seen.finder, seen.survey
    questions = (question for sighting in found.sightings if (question := question_of(sighting)) is not None)
    hints = _hints(finder.tree, found.sightings)
    verdicts = resolve(questions, search.sources, accept_tag=search.accept_tag, hints=hints, watch=search.watch)
    problems = () if search.is_shared else tuple(problem for source in search.sources for problem in source.problems)
    return Draft(make_plan(found.sightings, verdicts, search.policy), found, (*problems, *found.problems), finder)


def _hints(tree: Tree, sightings: Sequence[Sighting]) -> Hints:
    by_digest: dict[Digest, list[Sighting]] = {}
    for sighting in sightings:
        if sighting.digest is not None:
            by_digest.setdefault(sighting.digest, []).append(sighting)
    return lambda digest: tags_near(tree, by_digest.get(digest, []), digest)


def _apply(
    draft: Draft,
    plan: Plan,
    *,
    stage: Callable[[str, bytes, bytes], None],
    drop: Callable[[str], object],
    watch: Watch = unwatched,
) -> tuple[Plan, list[Problem]]:
    """Stage every changed file; where one cannot be, give up its images everywhere and stage the other files anew."""
    finder = draft.finder
    before = {path: [decision.sighting for decision in group] for path, group in groupby(plan.decisions, key=_path)}
    problems: list[Problem] = []
    staged: dict[str, tuple[Edit, ...]] = {}
    while True:
        edits = plan.edits()
        for path in [path for path in staged if path not in edits]:
            drop(path)
            del staged[path]
        given_up: dict[Digest, str] = {}
        news = [(path, changes) for path, changes in edits.items() if staged.get(path) != changes]
        for path, changes in counted(news, Step.REWRITE, len(news), watch):
            try:
                old = finder.tree.read(path)
                stage(path, old, rewrite(path, old, changes, before=before[path], rules=finder.rules, prefix=finder.prefix))
                staged[path] = changes
            except (Refused, OSError) as problem:
                problems.append(Problem(path, None, f"left as it was: {_in_words(problem)}", failed=True))
                given_up |= {edit.old: f"{path} cannot be changed, and an image moves in all its places or in none" for edit in changes}
        if not given_up:
            return plan, problems
        plan = without(plan, given_up)


def _in_words(problem: Refused | OSError) -> str:
    return (problem.strerror if isinstance(problem, OSError) else None) or str(problem)


def _path(decision: Decision) -> str:
    return decision.sighting.path


def outcome(draft: Draft, plan: Plan, *, done: bool, problems: Iterable[Problem] = ()) -> Outcome:
    """What came of a tree under a plan, whose edits are `done` or would be."""
    results = tuple(Result(item.sighting, item.verdict, _action(item.edit, done=done), item.reason) for item in plan.decisions)
    return Outcome(results, (*draft.problems, *problems), draft.survey.files_screened, draft.survey.files_with_digests)


def _action(edit: Edit | None, *, done: bool) -> Action:
    if edit is None:
        return Action.KEPT
    if edit.new is None:
        return Action.UNPINNED if done else Action.WOULD_UNPIN
    return Action.SWAPPED if done else Action.WOULD_SWAP
