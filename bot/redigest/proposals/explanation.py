"""What a proposal says to a reviewer: what changes and why, image by image, how to check it, what was left alone, and how to go on."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from redigest import reference
from redigest.model import Outcome, Result
from redigest.proposals import fitting, left_alone
from redigest.proposals.fitting import Detail, Explanation, Written
from redigest.proposals.warnings import Concern, by_concern, warnings
from redigest.report.grouping import ImageSection, by_fate, by_image, reason
from redigest.report.layout import Block, Item, between, bullets, paragraphs, section
from redigest.report.safety import code, html, prose, table
from redigest.report.sections import (
    ANNOUNCEMENT,
    IMAGE_COLUMNS,
    Style,
    before_and_after,
    codes,
    commands,
    evidence,
    extent,
    heading,
    image_row,
    place,
    places,
    problems,
    why,
)
from redigest.report.summary import Fate, plural

__all__ = ["Subject", "Written", "title", "write"]

_PLAIN = re.compile(r"(?!.*(?:\bgh-\d|\b[0-9a-f]{7,64}\b))[a-z0-9][a-z0-9._/+-]*", re.IGNORECASE)
"""A name that means nothing to a forge in a title, where there are no code spans: neither an issue nor a commit."""

_MOST_LEFT = 12
"""Places of one image that were left alone, as they are listed with it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What one proposal does: the outcome that belongs to it, its base branch, and how lines of files are linked to.

    `is_suggestion` tells that nothing but a tag speaks for its swaps. `title` is the one that the configuration gives. `scope` is what tells the proposal
    from others of the repository: a folder, or a base branch that is not the default one. `request_word` is `proposal` for a repository on disk.
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
    scope = "".join(f" ({name})" for name in subject.scope if _PLAIN.fullmatch(name))
    titles = (subject.title,) if subject.title is not None else _titles(subject)
    return next((text for text in (*(f"{what}{scope}" for what in titles), *titles) if len(text) <= limit), _cut(titles[-1], limit))


def _titles(subject: Subject) -> Sequence[str]:
    """What happens, from what says most down to what is shortest."""
    images = by_image(by_fate(subject.outcome)[Fate.CHANGED])
    is_unpinning = bool(images) and all(image.is_unpinned for image in images)
    verb, by = ("Unpin", "") if is_unpinning else ("Swap", " by its tag" if len(images) == 1 else " by their tags") if subject.is_suggestion else ("Swap", "")
    name = _repository(images[0]) if len(images) == 1 else None
    if name is not None:
        return f"{verb} the schema 1 digest of {name}{by}", f"{verb} a schema 1 image digest{by}"
    what = f"{verb} {plural(len(images), 'schema 1 image digest')}"
    return f"{what}{by}" if by else f"{what} that can no longer be pulled", what


def _repository(image: ImageSection) -> str | None:
    """The one name of an image without its registry, if it is a reference by the grammar and means nothing else."""
    found = reference.parse(image.names[0]) if len(image.names) == 1 else None
    return found.repository if found is not None and _PLAIN.fullmatch(found.repository) else None


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3].rstrip()}..."


def write(subject: Subject, *, body: int, comment: int) -> Written:
    """Explain every image, in a body of `body` characters at most and comments of `comment` characters at most."""
    return fitting.fit(lambda longest: _explanation(subject, Style(subject.link, longest)), body=body, comment=comment)


def _explanation(subject: Subject, style: Style) -> Explanation:
    fates = by_fate(subject.outcome)
    images = by_image(fates[Fate.CHANGED])
    elsewhere = _elsewhere(images, fates[Fate.IGNORED])
    listed = {id(result) for results in elsewhere.values() for result in results}
    ignored = [result for result in fates[Fate.IGNORED] if id(result) not in listed]
    return Explanation(
        lead=paragraphs(*_lead(subject, images), _before_merging(images, style)),
        table=between(table(IMAGE_COLUMNS, [image_row(image, style) for image in images]), first=2),
        details=tuple(_detail(image, elsewhere.get(image.old, ()), style) for image in images),
        sections=(
            *left_alone.sections(fates[Fate.REMAINING], fates[Fate.UNKNOWN], ignored, fates[Fate.CURRENT], style),
            problems(subject.outcome.problems, style),
        ),
        tail=_how_to_go_on(subject, style),
    )


def _elsewhere(images: Sequence[ImageSection], ignored: Sequence[Result]) -> Mapping[str, Sequence[Result]]:
    """Where the old digests stand and stay, by digest."""
    found: dict[str, list[Result]] = defaultdict(list)
    changed = {image.old for image in images}
    for result in ignored:
        if result.sighting.text in changed:
            found[result.sighting.text].append(result)
    return found


def _lead(subject: Subject, images: Sequence[ImageSection]) -> list[str]:
    results = [result for image in images for result in image.results]
    unpinned = [image for image in images if image.is_unpinned]
    swapped = len(images) - len(unpinned)
    what = "the digests that their tags point to today" if subject.is_suggestion else "the schema 2 digests of the same images"
    if swapped == 1:
        what = "what its tag points to today" if subject.is_suggestion else "the schema 2 digest of the same image"
    done = [
        f"swaps **{plural(swapped, 'schema 1 image digest')}** for {what}" if swapped else "",
        f"takes away **{plural(len(unpinned), 'schema 1 image digest')}** without an equivalent and leaves the tag" if unpinned else "",
    ]
    since = f"since 11 July 2022 Red Hat's registries answer a pull by a schema 1 digest [with 404]({ANNOUNCEMENT})"
    fails = "What is pinned by one goes on where it runs already, and fails to deploy, to restart and to scale."
    restart = "A controller that sees another digest starts its pods anew" + ("." if subject.is_suggestion or unpinned else ", though the image is the same.")
    return [
        f"This {subject.request_word} {' and '.join(filter(None, done))}, in {extent(results)}. Nothing but digests changes: every other byte is as it was.",
        f"**Why:** {since}, and container runtimes have dropped schema 1. {fails}",
        *([_DOUBT] if subject.is_suggestion else []),
        f"**What to do:** check an image or two by the commands that stand with them, and merge. {restart}",
    ]


_DOUBT = (
    "> **Nothing ties the new digests to the old ones.** They are what the tags point to today, which may be later builds with other contents. "
    "The configuration accepts that (`accept: [tag]`); test this like an upgrade."
)


def _before_merging(images: Sequence[ImageSection], style: Style) -> Item:
    """The concerns over all images, so that nobody has to read every image to learn of one."""
    concerns = {concern: about for concern, about in by_concern(images).items() if concern is not Concern.TAG}
    lines = [f"**{concern.title}** ({codes(about, style)}): {concern.words}." for concern, about in concerns.items()]
    return paragraphs("**Before you merge:**", bullets(lines)) if lines else ""


def _detail(image: ImageSection, elsewhere: Sequence[Result], style: Style) -> Detail:
    name = html(image.references[0], style.longest) if image.references else "An image whose name is not known"
    more = f" and {len(image.references) - 1} more" if len(image.references) > 1 else ""
    kinds = ", ".join(dict.fromkeys(item.kind for item in image.evidence))
    return Detail(
        heading(image, style),
        f"{name}{more}: {plural(len(image.results), 'place')}{f', {kinds}' if kinds else ''}",
        (
            why(image),
            before_and_after(image, style),
            _warned(image, style),
            places(image.results, "Where it stands", style),
            evidence(image.evidence, style),
            commands(image, style),
            _stays(elsewhere, style),
        ),
    )


def _warned(image: ImageSection, style: Style) -> Item:
    return paragraphs(*(f"**Warning, {each.concern.title.lower()}** ({codes(each.about, style)}): {each.concern.words}." for each in warnings(image)))


def _stays(results: Sequence[Result], style: Style) -> Item:
    """The same digest where it was looked at and left alone."""
    lines = [f"{place(result, style)}: {prose(reason(result), style.longest)}" for result in results[:_MOST_LEFT]]
    more = [f"and {plural(len(results) - _MOST_LEFT, 'more place')}"] if len(results) > _MOST_LEFT else []
    return paragraphs("Seen and left alone:", bullets([*lines, *more])) if lines else ""


def _how_to_go_on(subject: Subject, style: Style) -> Block:
    word = subject.request_word
    close, again = f"Close this {word}", f"The label {code(subject.recreate_label, style.longest)} on the closed {word} brings them back."
    if word == "proposal":
        close, again = "Delete the branch", "`redigest run --recreate` brings them back."
    return section(
        "How to go on",
        bullets(
            [
                f"**Merge** into {code(subject.base, style.longest)}, and there is nothing left to do for these images.",
                f"**{close}** without merging, and these swaps are not proposed again; other ones are. {again}",
                "**Push a commit** to the branch, and redigest leaves the branch and this text alone from then on.",
                "**Write** above or below this text if you like: redigest keeps that, and renews only its own part, when other digests are to be swapped.",
                "**Keep redigest away** from some files, or from all, with a file `.redigest.yaml` on the base branch.",
            ]
        ),
    )
