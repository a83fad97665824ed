"""What a proposal says to a reviewer: what changes and why, image by image, how to check it, what was left alone, and how to go on."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from redigest import reference
from redigest.model import Outcome
from redigest.proposals import fitting
from redigest.proposals.fitting import Section, Written
from redigest.proposals.warnings import architecture, warnings
from redigest.report.grouping import ImageSection, by_fate, by_image, by_reason, short
from redigest.report.safety import block, code
from redigest.report.sections import (
    ANNOUNCEMENT,
    Piece,
    before_and_after,
    codes,
    commands,
    evidence,
    heading,
    image_row,
    kept,
    left,
    pinned,
    places,
    problems,
    why,
)
from redigest.report.summary import Fate, plural

__all__ = ["Subject", "Written", "title", "write"]

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
"""A name that means nothing to a forge in a title, where there are no code spans."""

_COLUMNS = ("Image", "Tag", "Old", "New", "Places", "Evidence")


@dataclass(frozen=True, slots=True)
class Subject:
    """What one proposal does: the outcome that belongs to it, its base branch, and how lines of files are linked to.

    `is_suggestion` tells that nothing but a tag speaks for its swaps. `title` is the one that the configuration gives. `scope` is what tells the proposal
    from others of the repository: a folder, or a base branch that is not the default one.
    """

    outcome: Outcome
    base: str
    link: Callable[[str, int], str | None]
    request_word: str
    is_suggestion: bool
    title: str | None
    recreate_label: str
    scope: tuple[str, ...] = ()


def title(subject: Subject, *, limit: int) -> str:
    """Say what happens, in `limit` characters at most."""
    sections = _changed(subject.outcome)
    verb = "Unpin" if sections and all(section.is_unpinned for section in sections) else "Swap"
    what = f"{verb} {plural(len(sections), 'schema 1 image digest')}"
    if len(sections) == 1 and (name := _plain_name(sections[0])):
        what = f"{verb} the schema 1 digest of {name}"
    scope = "".join(f" ({name})" for name in subject.scope if _PLAIN.fullmatch(name))
    text = (subject.title or (f"{what} for what the tags point to" if subject.is_suggestion else what)) + scope
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."


def write(subject: Subject, *, body: int, comment: int) -> Written:
    """Explain every image, in a body of `body` characters at most and comments of `comment` characters at most."""
    fates = by_fate(subject.outcome)
    changed = by_image(fates[Fate.CHANGED])
    sections = [
        Section("## What changes, image by image", []),
        *(_change(section, subject) for section in changed),
        *_stuck("## Schema 1, and kept", _REMAINING, by_image(fates[Fate.REMAINING]), subject),
        *_stuck("## Suspected, and left as it is", _UNKNOWN, by_image(fates[Fate.UNKNOWN]), subject),
        Section("", left("Looked at and left alone", by_reason(fates[Fate.IGNORED]), subject.link)),
        Section("", left("Current", by_reason(fates[Fate.CURRENT]), subject.link)),
        Section("", problems(subject.outcome.problems)),
    ]
    explanation = fitting.Explanation(
        head=[*_lead(subject, changed), *_suggestion(subject)],
        columns=_COLUMNS,
        rows=[_row(section) for section in changed],
        sections=[section for section in sections if section.heading or section.pieces],
        tail=[*architecture(changed), *_how_to_go_on(subject)],
    )
    return fitting.fit(explanation, body=body, comment=comment)


def _changed(outcome: Outcome) -> list[ImageSection]:
    return by_image(by_fate(outcome)[Fate.CHANGED])


def _plain_name(section: ImageSection) -> str | None:
    """The name of an image for a title, in which there are no code spans; only one that is a reference by the grammar."""
    if len(section.names) != 1 or (image := reference.parse(section.names[0])) is None:
        return None
    return image.repository


def _lead(subject: Subject, sections: Sequence[ImageSection]) -> list[Piece]:
    results = [result for section in sections for result in section.results]
    files = len({result.sighting.path for result in results})
    unpinned = sum(len(section.results) for section in sections if section.is_unpinned)
    images = plural(len(sections), "image")
    is_are, that = ("is", "it") if len(sections) == 1 else ("are", "each of them")
    swapped = f"This {subject.request_word} swaps {that} for the schema 2 digest of the same image"
    if unpinned == len(results):
        swapped = f"This {subject.request_word} takes the digest away and leaves the tag beside it"
    elif unpinned:
        swapped += ", and takes away those that have none and stand beside a tag"
    where = f"{plural(len(results), 'place')} in {plural(files, 'file')}"
    since = f"Since 11 July 2022 Red Hat's registries answer a pull by the digest of a Docker V2 schema 1 manifest [with 404]({ANNOUNCEMENT})"
    return [
        [f"**{images}** {is_are} pinned here by a schema 1 digest, which can no longer be pulled. {swapped}: {where}. **Nothing but digests changes.**"],
        [f"{since}, and container runtimes have dropped schema 1 altogether: what is pinned by one fails to deploy, to restart and to scale."],
    ]


def _suggestion(subject: Subject) -> list[Piece]:
    if not subject.is_suggestion:
        return []
    reason = f"this {subject.request_word} was opened because the configuration accepts that (`accept: [tag]`)"
    doubt = "**Warning:** nothing ties the new digests to the old ones. They are what the tags point to today, which may be a later build with other contents"
    return [[f"{doubt}; {reason}. Test it like an upgrade."]]


def _row(section: ImageSection) -> Sequence[str]:
    names, tags, _, count, kinds = image_row(section)
    new = "tag only" if section.is_unpinned or section.new is None else code(short(str(section.new)))
    return names, tags, code(short(section.old)), new, count, kinds


def _change(section: ImageSection, subject: Subject) -> Section:
    kinds = ", ".join(dict.fromkeys(item.kind for item in section.evidence)) or "no evidence"
    summary = f"{plural(len(section.results), 'place')}, evidence: {kinds}, how to check it"
    details = [*places(section.results, "Where it stands", subject.link), *evidence(section.evidence), *commands(section)]
    return Section(f"### {heading(section)}", [why(section), before_and_after(section), *warnings(section)], details, summary)


_REMAINING: list[Piece] = [
    ["These digests are schema 1, something uses them, and they stay as they are, each for the reason given. They fail in the same way:"],
    [
        "- an image that is still needed and has no schema 2 manifest has to be built or pushed again, and pinned by its new digest;",
        "- `redigest mapping convert` copies an image that exists as schema 1 only, and gives the row for a mapping;",
        "- a mapping of your own, one row for each image, tells redigest what to swap the digest for;",
        "- with a tag beside the digest, `unpin: true` takes the digest away and leaves the tag.",
    ],
]

_UNKNOWN: list[Piece] = [
    ["Nothing tells whether these digests are schema 1. Where the image can still be pulled, this prints 1 or 2:"],
    block(["skopeo inspect --raw docker://NAME@DIGEST | jq .schemaVersion"], "sh"),
    ["If it prints 1 or the image is gone, add a row to a mapping, or pin the image anew; if it prints 2, nothing is to be done."],
]


def _stuck(name: str, advice: list[Piece], images: Sequence[ImageSection], subject: Subject) -> list[Section]:
    """What has no equivalent, in a section of its own, with what a person can do."""
    if not images:
        return []
    return [Section(name, advice), *(_kept(image, subject) for image in images)]


def _kept(image: ImageSection, subject: Subject) -> Section:
    details = [*places(image.results, "Where it stands", subject.link), *evidence(image.evidence)]
    return Section(f"### {codes(pinned(image, image.old))}", kept(image), details, plural(len(image.results), "place"))


def _how_to_go_on(subject: Subject) -> list[Piece]:
    return [
        ["## How to go on"],
        [
            f"- **Merge** this {subject.request_word}, and nothing is left to do here.",
            f"- **Close** it, and these swaps are not proposed again; new ones are. The label {code(subject.recreate_label)} on it brings them back.",
            "- **Push** a commit to the branch, and redigest leaves the branch and this text alone from then on.",
            "- **Write** above or below this text: redigest keeps that, and renews only its own part when other digests are to be swapped.",
        ],
        [f"Base branch: {codes([subject.base])}."],
    ]
