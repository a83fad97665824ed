"""What BASE has become since the changes began: whoever makes them chooses where that was, and a merge leaves what has come to BASE meanwhile."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from redigest import pipeline
from redigest.clones.commit_tree import CommitTree
from redigest.model import Decision, Digest, Sighting
from redigest.pipeline import Search
from redigest.proposals.partition import folder_of
from redigest.verification.violations import Fault, Violation


def protected(later: CommitTree, made: Sequence[Decision], search: Search) -> Mapping[Decision, Violation]:
    """The swaps in files that BASE has marked as generated or vendored by now, each with what is wrong."""
    marks = {} if search.generated else later.derived({decision.sighting.path for decision in made})
    return {decision: _marked(decision, marks[decision.sighting.path]) for decision in made if decision.sighting.path in marks}


def _marked(decision: Decision, mark: str) -> Violation:
    sighting, edit = decision.sighting, decision.edit
    became = f"became {edit.new}" if edit is not None and edit.new is not None else "was taken away"
    message = f"{sighting.text} {became} in a place that is to be left alone: BASE has the file marked as {mark} in .gitattributes by now"
    return Violation(sighting.path, sighting.line, sighting.column, Fault.NOT_LIVE, message, sighting.offset)


def left_behind(
    later: CommitTree, before: Sequence[Sighting], made: Sequence[Decision], search: Search, *, by: Literal["repository", "folder"], depth: int
) -> Iterator[Violation]:
    """The live places of digests that were changed, in files in which BASE has more of them than the commit had that the changes began at.

    Nobody is asked about them. They are where BASE has them.
    """

    def group(sighting: Sighting) -> str:
        return folder_of(sighting.path, depth) if by == "folder" else ""

    moved: dict[tuple[str, Digest | None], Decision] = {}
    for decision in made:
        moved.setdefault((group(decision.sighting), decision.sighting.digest), decision)
    if not moved:
        return
    known = Counter((sighting.path, sighting.digest) for sighting in before if sighting.is_live)
    places = {(sighting.path, sighting.place) for sighting in before}
    for sighting in sorted(pipeline.look(later, search).survey.sightings, key=lambda sighting: (sighting.path, sighting.place) not in places):
        mover = moved.get((group(sighting), sighting.digest))
        if mover is None or not sighting.is_live:
            continue
        known[sighting.path, sighting.digest] -= 1
        if known[sighting.path, sighting.digest] < 0:
            elsewhere = f"{mover.sighting.path}:{mover.sighting.line}"
            message = f"{sighting.digest} has come here on BASE since the changes began, and was changed at {elsewhere}; make them anew on BASE"
            yield Violation(sighting.path, sighting.line, sighting.column, Fault.LEFT_BEHIND, message, sighting.offset)
