"""What reports and proposals say in Markdown of images, places and evidence, block by block.

It is GitHub Flavored Markdown that GitLab shows as well. All foreign text in it went through `redigest.report.safety`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from redigest import reference
from redigest.model import Evidence, EvidenceKind, Problem, Result
from redigest.report import Link, no_link
from redigest.report.grouping import ImageSection, ReasonSection, short
from redigest.report.layout import Block, Item, between, bullets, folded, paragraphs, section
from redigest.report.safety import LONGEST, block, code, is_web_address, prose, visible
from redigest.report.summary import plural

ANNOUNCEMENT = "https://access.redhat.com/articles/6138332"

RED_HAT = ("registry.redhat.io", "registry.access.redhat.com")
"""The registries that the announcement is about."""

IMAGE_COLUMNS = ("Image", "Tag", "Old digest", "New digest", "Places", "Evidence")

KINDS: Mapping[EvidenceKind, str] = {
    EvidenceKind.MAPPING: "a row of a mapping file",
    EvidenceKind.RECOMPUTED: "a proof by hash",
    EvidenceKind.NEGOTIATED: "the registry gives both digests for one tag",
    EvidenceKind.CATALOG: "Red Hat's catalogue ties the two together",
    EvidenceKind.FORWARD: "the old manifest converts to the new image",
    EvidenceKind.LAYERS: "both have the same layers and config",
    EvidenceKind.TAG: "the tag alone, which proves nothing",
}
"""What each kind of evidence says, for somebody who has not met it."""

_LONGEST_LIST = 12
"""A longer list is folded."""

_MOST_NAMES = 5
_MOST_REASONS = 5
_LONGEST_ADDRESS = 2000
_SCHEMA_VERSION = " | jq .schemaVersion"


@dataclass(frozen=True, slots=True)
class Style:
    """How foreign text is shown: which lines of files have an address, and how many characters of one text there are."""

    link: Link = no_link
    longest: int = LONGEST

    @property
    def longest_command(self) -> int:
        """Characters of a command that is shown; half a command is of no use."""
        return 5 * self.longest + 100


PLAIN = Style()


def image_row(image: ImageSection, style: Style = PLAIN) -> Sequence[str]:
    """The row of an image in a table with `IMAGE_COLUMNS`."""
    return (
        codes(image.names, style) or "not known",
        codes(image.tags, style),
        code(short(image.old)),
        code(short(str(image.new))) if image.new and not image.is_unpinned else "no digest",
        str(len(image.results)),
        ", ".join(dict.fromkeys(item.kind for item in image.evidence)),
    )


def heading(image: ImageSection, style: Style = PLAIN) -> str:
    """What an image is called."""
    return codes(image.references, style) or "An image whose name is not known"


def why(image: ImageSection) -> str:
    """Why an image must change, in one sentence."""
    is_proven = any(item.kind is not EvidenceKind.TAG for item in image.evidence) or image.is_unpinned
    what = f"{code(image.old)} {'is' if is_proven else 'is taken, without proof, for'} the digest of a Docker V2 schema 1 manifest"
    hosts = list(dict.fromkeys(host for name in image.names if (host := name.partition("/")[0]) in RED_HAT))
    if len(hosts) == 1:
        answer = f"{code(hosts[0])} has answered such a pull [with 404 since 11 July 2022]({ANNOUNCEMENT})"
    else:
        answer = f"since 11 July 2022 Red Hat's registries answer such a pull [with 404]({ANNOUNCEMENT}), and container runtimes have dropped schema 1"
    return f"{what}: {answer}, so what uses it fails to deploy, to restart and to scale."


def before_and_after(image: ImageSection, style: Style = PLAIN, *, is_proposed: bool = False) -> Block:
    """What stood there and what stands there, in full; `is_proposed` says that it stands in a proposal only."""
    new = None if image.is_unpinned else image.new
    before, after = ("Now", "After the change") if not image.is_done else ("Now", "In the proposal") if is_proposed else ("Before", "Now")
    return bullets(
        [
            f"{before}: {codes(pinned(image, image.old, style), style)}",
            f"{after}: {codes(pinned(image, str(new) if new else None, style), style) or 'no digest'}",
        ]
    )


def evidence(items: Iterable[Evidence], style: Style = PLAIN) -> Item:
    """What speaks for a swap."""
    lines = [f"{item.kind} ({KINDS[item.kind]}): {prose(item.detail, style.longest)}" for item in items]
    return paragraphs("Evidence, the strongest first:", bullets(lines)) if lines else ""


def commands(image: ImageSection, style: Style = PLAIN) -> Item:
    """What a person can run to check, as far as a command is not absurdly long.

    A name that is no reference by the grammar is left out: nobody should paste it into a shell.
    """
    checks = dict.fromkeys([*(item.check for item in image.evidence if item.check), *_inspections(image)])
    usable = [check for check in checks if len(visible(check)) <= style.longest_command]
    asks = " (the last command has to print 2)" if usable and usable[-1].endswith(_SCHEMA_VERSION) else ""
    return paragraphs(
        paragraphs(f"To check it again{asks}:", fenced(usable)) if usable else "",
        "A command that is too long to be read here is left out; the JSON report has it." if len(usable) < len(checks) else "",
    )


def inspected(image: ImageSection) -> Sequence[str]:
    """The references that are to be schema 2 once an image is changed, as far as they can be pulled by a person."""
    targets = image.references if image.is_unpinned else [f"{name}@{image.new}" for name in image.names]
    return [target for target in targets if reference.parse(target)]


def _inspections(image: ImageSection) -> Iterator[str]:
    """The commands that show them; skopeo speaks to a registry without TLS only if it is told to."""
    plain = {item.plain_host for item in image.evidence}
    for target in inspected(image):
        insecure = "--tls-verify=false " if target.partition("/")[0] in plain else ""
        yield f"skopeo inspect --raw {insecure}docker://{target}{_SCHEMA_VERSION}"


def fenced(lines: Iterable[str]) -> Block:
    """Commands of a shell."""
    return between(block(lines, "sh"), first=1, last=1)


def kept(image: ImageSection, style: Style = PLAIN) -> Block:
    """Why an image stays as it is, what is suggested in place of its digest, and where it stands."""
    reasons = some([prose(reason, style.longest) for reason in image.reasons[: _MOST_REASONS + 1]], _MOST_REASONS, "reasons", count=len(image.reasons))
    return paragraphs(
        f"Why it stays: {'; '.join(reasons)}.",
        f"Suggested in its place: {code(str(image.new))}." if image.new else "",
        places(image.results, "Where it stands", style),
        evidence(image.evidence, style),
    )


def left(title: str, reasons: Sequence[ReasonSection], style: Style = PLAIN, *, most: int | None = None) -> Item:
    """What stays as it is, by reason; for each the first `most` places."""
    return section(title, *by_reasons(reasons, style, most=most))


def by_reasons(reasons: Sequence[ReasonSection], style: Style = PLAIN, *, most: int | None = None) -> Sequence[Block]:
    """The places of each reason, the first `most` of them."""
    return [places(each.results, f"Reason: {prose(each.reason, style.longest)}", style, most=most) for each in reasons]


def problems(found: Sequence[Problem], style: Style = PLAIN) -> Item:
    """What a person should know of files."""
    return section("Problems", bullets(_problem(problem, style) for problem in found))


def places(results: Sequence[Result], lead: str, style: Style = PLAIN, *, most: int | None = None) -> Block:
    """Where digests stand, the first `most` of them; a long list is folded."""
    most = most or len(results)
    lines = bullets(
        [*(place(result, style) for result in results[:most]), *([f"and {plural(len(results) - most, 'more place')}"] if len(results) > most else [])]
    )
    if len(results) > _LONGEST_LIST:
        return paragraphs(f"{lead}:", folded(extent(results), lines))
    return paragraphs(f"{lead} ({extent(results)}):", lines)


def extent(results: Sequence[Result]) -> str:
    """How many places there are, in how many files."""
    return f"{plural(len(results), 'place')} in {plural(len({result.sighting.path for result in results}), 'file')}"


def place(result: Result, style: Style = PLAIN) -> str:
    """Where one digest stands."""
    sighting = result.sighting
    where = linked(f"{sighting.path}:{sighting.line}", style.link(sighting.path, sighting.line), style)
    named = f": {code(sighting.place, style.longest)}" if sighting.place else ""
    rule = f" (rule {code(sighting.rule, style.longest)})" if sighting.rule else ""
    return f"{where}{named}{rule}"


def pinned(image: ImageSection, digest: str | None, style: Style = PLAIN) -> Sequence[str]:
    """The references of an image with a digest behind them; the digest alone where no name is known."""
    if digest is None:
        return image.references
    return [f"{name[: style.longest]}@{digest}" for name in image.references] or [digest]


def codes(texts: Sequence[str], style: Style = PLAIN) -> str:
    """The first few texts as code spans, and how many more there are."""
    return ", ".join(some([code(text, style.longest) for text in texts[: _MOST_NAMES + 1]], _MOST_NAMES, "names", count=len(texts)))


def some(texts: Sequence[str], most: int, noun: str, *, count: int | None = None) -> Sequence[str]:
    """All texts, or the first ones and how many more there are of `count`."""
    more = (len(texts) if count is None else count) - most
    return [*texts[:most], f"and {more} more {noun}"] if more > 0 else texts


def linked(text: str, address: str | None, style: Style = PLAIN) -> str:
    """Text as a code span, with a link where there is an address that cannot end it (CommonMark, section 6.3)."""
    shown = code(text, style.longest)
    if address is None or len(address) > min(_LONGEST_ADDRESS, 2 * style.longest) or not is_web_address(address):
        return shown
    return f"[{shown}]({address})"


def _problem(problem: Problem, style: Style) -> str:
    return f"{code(problem.place, style.longest)}: {prose(problem.reason, style.longest)}{' (given up)' if problem.failed else ''}"
