"""Making the proposals of one base branch what they should be: opened, updated, left alone or closed. No state is kept but that of the forge."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from redigest.clones.clone import Author, BranchMoved, Clone, Signing
from redigest.clones.references import references
from redigest.forges import Forge
from redigest.forges.model import Proposal, Request
from redigest.model import ProposalOutcome, RepositoryLine
from redigest.pipeline import Rewriting
from redigest.proposals import commits, explanation
from redigest.proposals.history import History, Known
from redigest.proposals.marker import UNFINISHED, Marker, block, outside, renewed, title_mark, withdrawn
from redigest.proposals.partition import Group, fingerprint
from redigest.proposals.quota import Quota
from redigest.report.safety import code

if TYPE_CHECKING:
    from redigest.config import Commit, Proposals

_HANDS_OFF = "<!-- redigest:hands-off -->"
_CLOSED = "<!-- redigest:closed -->"
_PART = "<!-- redigest:part -->"

_NOT_THE_SAME = "the commit is not the forge's, as through-api asks, since that would have changed more than digests, such as the mode of a file"
_ARCHIVED = "the repository is archived, so it can only be read"
_MOVED = "somebody changed a branch while this run worked on it; the next run looks again"


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every proposal of a run."""

    proposals: "Proposals"
    commit: "Commit"
    quota: Quota
    is_dry: bool = False
    recreate: bool = False


@dataclass(frozen=True, slots=True)
class Base:
    """The branch that proposals are for, at the commit that was looked at."""

    repository: str
    """As reports name it, with the host."""
    name: str
    """As the forge names it."""
    branch: str
    head: str
    is_default: bool

    def line(self, outcome: ProposalOutcome, message: str | None = None, *, url: str | None = None) -> RepositoryLine:
        """What the report says of it."""
        return RepositoryLine(repository=self.repository, branch=self.branch, head=self.head, outcome=outcome, url=url, message=message)


class Settlement:
    """Settles the proposals for one base branch.

    `heads` are our branches as they were seen, which is what a push must find there, and as they are left; `numbers` those of open proposals by branch.
    """

    def __init__(self, forge: Forge, clone: Clone, base: Base, heads: Mapping[str, str], terms: Terms) -> None:
        self.forge = forge
        self._clone = clone
        self.base = base
        self.heads = dict(heads)
        self.numbers: dict[str, int] = {}
        self._archived: bool | None = None
        self.terms = terms

    def propose(self, history: History, group: Group, rewriting: Rewriting) -> RepositoryLine:
        """See to it that the proposal of a branch swaps what is due, and nothing else. Raises `RepositoryError`."""
        known = history.open
        if known is not None:
            self.numbers[history.branch] = known.proposal.number
        edits = fingerprint(rewriting.plan.edits())
        if (line := self._hands_off(history) or self._as_it_is(history, edits)) is not None:
            return line
        if known is None and (refusal := self.terms.quota.take(self.base.repository, history.branch)) is not None:
            return self._line(ProposalOutcome.HELD, None, refusal)
        if self.terms.is_dry:
            return self._line(ProposalOutcome.WOULD_UPDATE if known else ProposalOutcome.WOULD_OPEN, known)
        try:
            if self._has_moved(history.branch):
                return self._line(ProposalOutcome.HELD, known, _MOVED)
            pushed = self._push(history.branch, rewriting)
        except BranchMoved:
            return self._line(ProposalOutcome.HELD, known, _MOVED)
        return self._write(history.branch, known, pushed, _Content(group, rewriting, edits))

    @property
    def has_labels(self) -> bool:
        """Whether people can put a label on a proposal; on this disk it is a file."""
        return self.forge.request_word != "proposal"

    def withdraw(self, history: History, why: "Farewell") -> RepositoryLine:
        """Close the proposal of a branch, with a comment that says why, and delete the branch. Raises `RepositoryError`."""
        known = history.open
        if (line := self._hands_off(history)) is not None:
            return line
        if self._is_archived():
            return self._line(ProposalOutcome.HELD, known, _ARCHIVED)
        if self.terms.is_dry:
            return self._line(ProposalOutcome.UNCHANGED, known, f"would be closed: {why.reason}")
        try:
            if self._has_moved(history.branch):
                return self._line(ProposalOutcome.HELD, known, _MOVED)
            if known is not None and known.marker is not None:  # before the branch goes, for a forge may close the proposal with it
                self.forge.update(self.base.name, known.proposal.number, body=withdrawn(known.proposal.body))
            if history.branch in self.heads:
                self._clone.delete(history.branch, expected=self.heads[history.branch])
                del self.heads[history.branch]
        except BranchMoved:
            if known is not None:
                self.forge.update(self.base.name, known.proposal.number, body=known.proposal.body)
            return self._line(ProposalOutcome.HELD, known, _MOVED)
        if known is not None:
            self._say_once(known.proposal, _CLOSED, str(why))
            self.forge.close(self.base.name, known.proposal.number, body=withdrawn(known.proposal.body))
            self.terms.quota.forget(self.base.repository, [history.branch])
            self.numbers.pop(history.branch, None)
        return self._line(ProposalOutcome.CLOSED, known)

    def _hands_off(self, history: History) -> RepositoryLine | None:
        """The line of a proposal that must not be touched, because of what people have done with it; they are told so once."""
        known, head = history.open, self.heads.get(history.branch)
        if known is not None and known.is_retargeted and known.marker is not None and known.proposal.base != self.base.branch:
            return self._line(ProposalOutcome.HELD, known, "somebody has given the proposal another base branch")
        if head is None or self._is_ours(head, known):
            return None
        if self._is_archived():
            return self._line(ProposalOutcome.HELD, known, _ARCHIVED)
        if known is None:
            reason = f"the branch {history.branch} holds a commit by someone else, and no proposal is open for it; delete or rename the branch"
            return self._line(ProposalOutcome.HELD, None, reason)
        if not self.terms.is_dry:
            label = f"close this, delete the branch, and put the label {code(self.terms.proposals.recreate_label)} on this"
            self._say_once(
                known.proposal,
                _HANDS_OFF,
                f"The branch {code(history.branch)} holds a commit by someone else, so redigest leaves it and this text alone from now on.\n"
                f"To have the swaps proposed anew, {label if self.has_labels else 'delete the branch, and run `redigest run --recreate`'}.",
            )
        return self._line(ProposalOutcome.HELD, known, f"the branch {history.branch} holds a commit by someone else")

    def _as_it_is(self, history: History, edits: str) -> RepositoryLine | None:
        """The line of a proposal that is as it should be, or cannot be written."""
        known, head = history.open, self.heads.get(history.branch)
        if known and head and known.marker and known.marker.fingerprint == edits and not self._is_stale(head, known.marker):
            return self._line(ProposalOutcome.UNCHANGED, known)
        return self._line(ProposalOutcome.HELD, known, _ARCHIVED) if self._is_archived() else None

    def _has_moved(self, branch: str) -> bool:
        """Whether the base or the branch is elsewhere by now; all repositories are looked at before the first one is worked on."""
        now = references(self.forge.remote(self.base.name)).heads
        return now.get(self.base.branch) != self.base.head or now.get(branch) != self.heads.get(branch)

    def _is_archived(self) -> bool:
        """Asked before the first write, of a repository that was named and not listed."""
        if self._archived is None:
            self._archived = self.forge.repository(self.base.name).is_archived
        return self._archived

    def _is_ours(self, head: str, known: Known | None) -> bool:
        if known is not None and known.marker is not None and known.marker.head == head:
            return True
        self._clone.fetch([head])
        return commits.is_sealed(self._clone.facts(head))

    def _is_stale(self, head: str, marker: Marker) -> bool:
        """Whether the branch is to be made anew on its base, which has moved."""
        if marker.head != head or marker.base != self.base.branch:
            return True
        match self.terms.proposals.rebuild:
            case "never":
                return False
            case "behind":
                return marker.parent != self.base.head
            case "conflicted":
                if marker.parent == self.base.head:
                    return False
                self._clone.fetch([head])
                return not self._clone.merges_cleanly(head, self.base.head)

    def _say_once(self, proposal: Proposal, mark: str, text: str) -> None:
        comments = self.forge.comments(self.base.name, proposal.number)
        if not any(comment.is_own and mark in comment.body for comment in comments):
            self.forge.comment(self.base.name, proposal.number, f"{mark}\n{text}")

    def _push(self, branch: str, rewriting: Rewriting) -> "_Pushed":
        """Put the commit on the branch, unless an interrupted run has left just this commit there."""
        parent, head = self.base.head, self.heads.get(branch)
        tree = self._clone.write(parent, rewriting.files)
        if head is not None:
            self._clone.fetch([head])
            facts = self._clone.facts(head)
            if facts.tree == tree and facts.parents == (parent,):
                return _Pushed(head)
        commit = self.terms.commit
        subjects = self._clone.subjects(parent, commits.HISTORY) if commit.conventional and commit.prefix is None else ()
        message = commits.message(rewriting.outcome, commit, tree=tree, parent=parent, subjects=subjects)
        beside = beside_branch(self.terms.proposals.branch, branch)
        offered = self._commit_through_api(beside, message, rewriting.files) if commit.through_api else None
        if offered is not None and self._clone.facts(offered).tree == tree:
            made = offered
        else:
            signing = Signing(commit.sign, commit.signing_key) if commit.sign != "none" else None
            made = self._clone.commit(tree, parent=parent, message=message, author=Author(commit.name, commit.email), signing=signing)
        try:
            self._clone.push(made, branch, expected=head)
        finally:
            if offered is not None:  # not before: a shallow clone can push only what some branch of the forge holds
                self._clone.delete(beside, expected=offered)
        self.heads[branch] = made
        return _Pushed(made, (_NOT_THE_SAME,) if offered not in (None, made) else ())

    def _commit_through_api(self, beside: str, message: str, files: Mapping[str, bytes]) -> str | None:
        """Let the forge commit on a branch beside ours, and fetch what it has made; that branch stays. `None` where the forge has no such way.

        The forge commits only on top of a branch, so that ours would be without swaps for a moment.
        """
        parent = self.base.head
        left_behind = references(self.forge.remote(self.base.name)).heads.get(beside)
        self._clone.push(parent, beside, expected=left_behind)
        made = self.forge.commit(self.base.name, beside, parent=parent, message=message, files=files)
        if made is None:
            self._clone.delete(beside, expected=parent)
            return None
        self._clone.fetch([made])
        return made

    def _write(self, branch: str, known: Known | None, pushed: "_Pushed", content: "_Content") -> RepositoryLine:
        """Open the proposal, or give it its new texts."""
        limits = self.forge.limits
        before = known.proposal.body if known else ""
        subject = self._subject(pushed.commit, content)
        title = explanation.title(subject, limit=limits.title)
        marker = Marker(
            base=self.base.branch,
            group=content.group.key,
            fingerprint=content.fingerprint,
            parent=self.base.head,
            head=pushed.commit,
            title=title_mark(title),
            swaps=_kept(content.swaps, limits.body),
        )
        room = limits.body - outside(before) - len(block(marker, ""))
        written = explanation.write(subject, body=room, comment=limits.comment - len(_PART) - 1)
        unfinished = renewed(before, block(replace(marker, fingerprint=UNFINISHED), written.body))
        finished = renewed(before, block(marker, written.body))
        has_parts = bool(written.comments) or known is not None
        if known is None:
            opened = self.forge.open(self.base.name, self._request(branch, title, unfinished if written.comments else finished))
            proposal, warnings, outcome = opened.proposal, opened.warnings, ProposalOutcome.OPENED
        else:
            is_our_title = known.marker is not None and title_mark(known.proposal.title) == known.marker.title
            first = unfinished if written.comments else finished
            self.forge.update(self.base.name, known.proposal.number, title=title if is_our_title else None, body=first)
            proposal, warnings, outcome = known.proposal, (), ProposalOutcome.UPDATED
        self.numbers[branch] = proposal.number
        if has_parts:
            self._write_parts(proposal, written.comments)
        if written.comments:  # only now it is complete, should the run have been interrupted before
            self.forge.update(self.base.name, proposal.number, body=finished)
        return self.base.line(outcome, "; ".join((*pushed.warnings, *warnings)) or None, url=proposal.url)

    def _write_parts(self, proposal: Proposal, parts: tuple[str, ...]) -> None:
        """Make our comments under a proposal the parts of the explanation that had no room in the body."""
        name, number = self.base.name, proposal.number
        ours = [comment for comment in self.forge.comments(name, number) if comment.is_own and comment.body.startswith(_PART)]
        bodies = [f"{_PART}\n{part}" for part in parts]
        for comment, body in zip(ours, bodies, strict=False):
            if comment.body != body:
                self.forge.edit_comment(name, number, comment.id, body)
        for body in bodies[len(ours) :]:
            self.forge.comment(name, number, body)
        for comment in ours[len(bodies) :]:
            self.forge.delete_comment(name, number, comment.id)

    def _subject(self, commit: str, content: "_Content") -> explanation.Subject:
        return explanation.Subject(
            outcome=content.rewriting.outcome,
            base=self.base.branch,
            link=lambda path, line: self.forge.link(self.base.name, commit, path, line),
            request_word=self.forge.request_word,
            is_suggestion=content.group.is_suggestion,
            title=self.terms.proposals.title,
            recreate_label=self.terms.proposals.recreate_label,
            scope=(*([content.group.folder] if content.group.folder else []), *([] if self.base.is_default else [self.base.branch])),
        )

    def _request(self, branch: str, title: str, body: str) -> Request:
        wanted = self.terms.proposals
        return Request(
            branch=branch,
            base=self.base.branch,
            title=title,
            body=body,
            labels=wanted.labels,
            reviewers=wanted.reviewers,
            assignees=wanted.assignees,
            milestone=wanted.milestone,
            is_draft=wanted.draft,
            auto_merge=wanted.auto_merge,
        )

    def _line(self, outcome: ProposalOutcome, known: Known | None, message: str | None = None) -> RepositoryLine:
        return self.base.line(outcome, message, url=known.proposal.url if known else None)


def beside_branch(prefix: str, branch: str) -> str:
    """The branch on which a forge makes a commit for one of ours; an interrupted run can leave it behind, and the next one takes it up."""
    return f"{prefix}-unfinished/{branch.removeprefix(f'{prefix}/')}"


@dataclass(frozen=True, slots=True)
class Farewell:
    """Why a proposal is closed, as the middle of a sentence, and what is to be said beside it."""

    reason: str
    note: str = ""

    def __str__(self) -> str:
        """What the comment says when it is done."""
        return " ".join(filter(None, (f"{self.reason[0].upper()}{self.reason[1:]}, so this is closed, and its branch is deleted.", self.note)))


@dataclass(frozen=True, slots=True)
class _Pushed:
    """The commit that is on the branch now, and what a person should know of it."""

    commit: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Content:
    """What a proposal is to say and do."""

    group: Group
    rewriting: Rewriting
    fingerprint: str

    @property
    def swaps(self) -> frozenset[str]:
        return frozenset(self.group.key_of(decision) for decision in self.rewriting.plan.decisions if decision.edit is not None)


def _kept(swaps: frozenset[str], limit: int) -> frozenset[str]:
    """The keys that the marker holds: all, or none where they would take the room of what people read."""
    return swaps if 8 * len(swaps) <= limit // 2 else frozenset()
