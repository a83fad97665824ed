"""What a proposal says of digests that it does not change: those for which a person has to do something first, and the rest in short."""

from collections.abc import Iterable, Sequence
from itertools import filterfalse

from redigest.model import Result, Standing, Swap, Unknown
from redigest.report.grouping import ImageSection, ReasonSection, by_image, by_reason
from redigest.report.layout import Item, bullets, folded, paragraphs, section
from redigest.report.safety import prose
from redigest.report.sections import Style, by_reasons, codes, extent, fenced, kept, pinned, place
from redigest.report.summary import plural

_MOST_PLACES = 20
"""Places that are listed for one reason; the report of the run has them all."""

_MOST_TRIALS = 12
_MOST_OPEN = 10

_BY_HAND = (Standing.PROTECTED, Standing.DERIVED, Standing.UNPLACED)
"""Standings of which nothing says that the digest is out of force there."""

_INSPECT = "skopeo inspect --raw docker://NAME@DIGEST | jq .schemaVersion"


def sections(remaining: Sequence[Result], unknown: Sequence[Result], ignored: Sequence[Result], current: Sequence[Result], style: Style) -> Sequence[Item]:
    """All sections, what takes a person first; those without digests are empty."""
    return (
        _images("Schema 1, and kept", _ADVICE_ON_REMAINING, remaining, style),
        _listed("Schema 1, where redigest does not write", _ADVICE_BY_HAND, list(filter(_is_for_a_hand, ignored)), style, is_open=True),
        _images("Suspected, and without an equivalent", _ADVICE_ON_SUSPECTED, list(filter(_is_suspected, unknown)), style),
        _unknown(list(filterfalse(_is_suspected, unknown)), style),
        _listed("Looked at and left alone", (), list(filterfalse(_is_for_a_hand, ignored)), style),
        _listed("Current", (), current, style),
    )


_ADVICE_ON_REMAINING: tuple[Item, ...] = (
    "These digests are schema 1, something uses them, and they stay, each for the reason that is given. What a person can do:",
    bullets(
        [
            "name the schema 2 digest in a mapping file of your own, one row for each image, and the next run swaps it;",
            "pin the image anew, by the digest to which the tag points that the old one was once taken from;",
            "with a tag beside the digest, set `unpin: true`, which takes the digest away and leaves the tag;",
            "where an image exists as schema 1 only, copy it with `redigest mapping convert`, or build it again.",
        ]
    ),
)

_ADVICE_ON_SUSPECTED: tuple[Item, ...] = (
    "Nothing proves that these digests are schema 1, and nothing that they are not. Where the image can still be pulled, this prints 1 or 2:",
    fenced([_INSPECT]),
    "If it prints 2, nothing is to be done. If it prints 1 or the image is gone, what uses it will fail. What a person can do:",
    bullets(
        [
            "pin the image anew, by the digest to which its tag points today, if that build will do;",
            "name the schema 2 digest in a mapping file of your own, and the next run swaps it;",
            "take the digest out of the files if nothing needs the image any more.",
        ]
    ),
)

_ADVICE_ON_UNKNOWN: tuple[Item, ...] = (
    "No mapping has these digests, and no registry was asked about them. Most digests that are in use are schema 2; this prints 1 or 2:",
    fenced([_INSPECT]),
)

_ADVICE_BY_HAND: tuple[Item, ...] = (
    "These are the digests of schema 1 images too. Where something pulls by them they have to be changed by hand, or what the files are made from.",
    "Under `paths` in the configuration, `workflows: true` and `generated: true` let redigest do it.",
)


def _is_for_a_hand(result: Result) -> bool:
    """Whether it is the digest of a schema 1 image, at a place that may be in force and that is not changed."""
    return result.sighting.standing in _BY_HAND and isinstance(result.verdict, Swap)


def _is_suspected(result: Result) -> bool:
    """Whether something was found out about a digest of unknown kind, if only that a registry does not serve it."""
    verdict = result.verdict
    return isinstance(verdict, Unknown) and bool(verdict.trials or verdict.evidence or verdict.is_conflict or verdict.suggestion)


def _images(title: str, advice: Iterable[Item], results: Sequence[Result], style: Style) -> Item:
    """Images one by one, below what a person can do about them."""
    if not results:
        return ""
    images = by_image(results)
    is_open = len(images) <= _MOST_OPEN
    told = [_image(image, style) for image in images]
    return section(title, *advice, *(told if is_open else [folded(f"{len(images)} images in {extent(results)}", *told)]))


def _image(image: ImageSection, style: Style) -> Item:
    return section(codes(pinned(image, image.old, style), style), kept(image, style), _tried(image, style), level=3)


def _tried(image: ImageSection, style: Style) -> Item:
    trials = list(dict.fromkeys(trial for result in image.results for trial in result.verdict.trials))
    lines = [f"{trial.name}: {prose(trial.asked, style.longest)}: {prose(trial.answer, style.longest)}" for trial in trials[:_MOST_TRIALS]]
    more = [f"and {len(trials) - _MOST_TRIALS} more that found nothing"] if len(trials) > _MOST_TRIALS else []
    return paragraphs("What was tried:", bullets([*lines, *more])) if lines else ""


def _unknown(results: Sequence[Result], style: Style) -> Item:
    """Images that nobody was asked about, by reason, each in one line."""
    if not results:
        return ""
    return section("Kind not known", *_ADVICE_ON_UNKNOWN, folded(extent(results), *(_briefly(each, style) for each in by_reason(results))))


def _briefly(reason: ReasonSection, style: Style) -> Item:
    images = by_image(reason.results)
    lines = [f"{codes(pinned(image, image.old, style), style)}: {_first_place(image, style)}" for image in images[:_MOST_PLACES]]
    more = [f"and {plural(len(images) - _MOST_PLACES, 'more image')}"] if len(images) > _MOST_PLACES else []
    return paragraphs(f"Reason: {prose(reason.reason, style.longest)} ({plural(len(images), 'image')}):", bullets([*lines, *more]))


def _first_place(image: ImageSection, style: Style) -> str:
    more = f", and {plural(len(image.results) - 1, 'more place')}" if len(image.results) > 1 else ""
    return f"{place(image.results[0], style)}{more}"


def _listed(title: str, advice: Iterable[Item], results: Sequence[Result], style: Style, *, is_open: bool = False) -> Item:
    """Places by reason, the first ones of each."""
    if not results:
        return ""
    found = by_reasons(by_reason(results), style, most=_MOST_PLACES)
    return section(title, *advice, *(found if is_open else [folded(extent(results), *found)]))
