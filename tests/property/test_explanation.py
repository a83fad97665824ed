"""What holds for any text of a repository or a registry: in a proposal it means nothing, it hides nothing, and it fits."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from redigest import reference
from redigest.model import Action, Current, Evidence, EvidenceKind, Outcome, Problem, Result, Standing, Swap, Trial, Unknown
from redigest.proposals.explanation import Subject, Written, title, write
from redigest.report.markdown import body as report_of
from redigest.report.safety import visible
from redigest.report.sections import ANNOUNCEMENT
from tests.forge.markdown import closes, mentions, quick_actions, references
from tests.samples import digest
from tests.unit.report_outcomes import result

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
LARGE, SMALL = (1_048_576, 1_000_000), (4_000, 4_000)
WEB = "https://forge.example/acme/deploy/blob/"

FORGES_READ = [
    "@everyone",
    "@acme/owners",
    "fixes #1",
    "Closes: acme/deploy#1",
    "resolves https://github.com/acme/deploy/issues/1",
    "GH-1",
    "!12 &1 %1 ~bug $1 ^alert#1 [vulnerability:1]",
    "deadbeef",
    "c" * 40,
    "x\n/close\n/merge\n/assign @ann",
    "/close",
    "\n\n/label ~x",
    "```\n/close\n```",
    "````",
    "`` ` ``",
    "\\`",
    "$`x`$ $$x$$",
    "```math\nx\n```",
    ":tada:",
    "[[_TOC_]]",
    "[TOC]",
    "[^1]\n\n[^1]: x",
    "> [!NOTE]",
    "[text](https://evil.example)",
    "![](https://evil.example/x.png)",
    "<https://evil.example>",
    "https://evil.example www.evil.example ann@evil.example",
    "[x]: https://evil.example",
    "</details></summary><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- redigest:end -->",
    "<!--",
    "-->",
    "<![CDATA[",
    "a|b\\|c\\",
    "# Title",
    "Title\n===\n---",
    "- [ ] task",
    "1. one",
    "    code",
    "safe\u202egpj\u200b\u2066\ufeff\u00ad\u115f",
    "\x00\x1b[2J\r\x85\u2028",
    "&lt;b&gt; &#64;ann &commat;ann",
    "\udcff\ud800",
    "H\u0336i",
    "*a* _b_ ~~c~~ **d**",
    " ",
    "...",
]

foreign = st.one_of(
    st.sampled_from(FORGES_READ),
    st.lists(st.sampled_from([*FORGES_READ, "word", "\n", " ", "`", "|", "\\"]), min_size=2, max_size=5).map("".join),
    st.text(st.one_of(st.characters(), st.characters(categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), st.sampled_from("`|\\<!->@#*_[]() \n\r&;~$x1/:"))),
    st.tuples(st.sampled_from(["`", "a", "\u202e", "|", "@a ", "\\"]), st.integers(500, 3000)).map(lambda pair: pair[0] * pair[1]),
)

HARMLESS = "()"
"""No word and no reference, so that it becomes code and makes no command, as what is foreign here does."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What comes from elsewhere, by where it stands."""

    path: str = HARMLESS
    place: str = HARMLESS
    name: str = HARMLESS
    tag: str = HARMLESS
    rule: str = HARMLESS
    reason: str = HARMLESS
    detail: str = HARMLESS
    check: str = HARMLESS
    tried: str = HARMLESS
    branch: str = HARMLESS
    label: str = HARMLESS


def found(texts: Texts, seed: str, verdict: Swap | Unknown | Current, *, action: Action = Action.KEPT, standing: Standing = Standing.LIVE) -> Result:
    made = result(
        path=texts.path,
        place=texts.place,
        name=texts.name,
        tag=texts.tag,
        rule=texts.rule,
        digest=digest(seed),
        verdict=verdict,
        action=action,
        standing=standing,
    )
    reason = texts.reason if action is Action.KEPT else None
    return replace(made, sighting=replace(made.sighting, reason=None if standing is Standing.LIVE else texts.reason), reason=reason)


def outcome_of(texts: Texts) -> Outcome:
    """Make an outcome that has the texts wherever a proposal could show them."""
    evidence = (Evidence(EvidenceKind.MAPPING, texts.detail, texts.check), Evidence(EvidenceKind.CATALOG, "a word", f"echo {texts.check}"))
    trials = (Trial("digest", texts.tried, texts.tried),)
    new = digest("new")

    def swap(seed: str) -> Swap:
        return Swap(digest(seed), new, evidence, trials)

    return Outcome(
        results=(
            found(texts, "swapped", swap("swapped"), action=Action.SWAPPED),
            found(texts, "swapped", swap("swapped"), standing=Standing.MENTION),
            found(texts, "unpinned", Unknown(texts.reason, evidence, is_schema_1=True), action=Action.UNPINNED),
            found(texts, "stays", swap("stays")),
            found(texts, "schema 1", Unknown(texts.reason, evidence, is_schema_1=True, trials=trials)),
            found(texts, "suspected", Unknown(texts.reason, evidence, trials=trials)),
            found(texts, "unknown", Unknown(texts.reason)),
            found(texts, "current", Current(evidence, texts.reason)),
            found(texts, "protected", swap("protected"), standing=Standing.PROTECTED),
            found(texts, "checksum", Unknown("not asked"), standing=Standing.NOT_AN_IMAGE),
        ),
        problems=(Problem(texts.path, 3, texts.reason, failed=True), Problem(texts.path, None, texts.reason)),
        files_screened=1,
        files_with_digests=1,
    )


def address(path: str, line: int) -> str:
    return f"{WEB}{'c' * 40}/{re.sub('[^A-Za-z0-9/._-]', '-', path)}#L{line}"


def subject(texts: Texts) -> Subject:
    return Subject(outcome_of(texts), texts.branch, address, "merge request", False, None, texts.label)


def written(texts: Texts, limits: tuple[int, int] = LARGE) -> Written:
    return write(subject(texts), body=limits[0], comment=limits[1])


def tokens(text: str) -> Sequence[Token]:
    return [part for token in MARKDOWN.parse(text) for part in (token, *(token.children or ()))]


def blocks(text: str) -> list[str]:
    return [token.type for token in tokens(text) if token.block]


FOLD = re.compile(r"<details>\n<summary>(?:[A-Za-z0-9 ,:()]|<code>(?:[A-Za-z0-9 ._/:-]|&#[0-9]+;)*</code>)*</summary>\n?|</details>\n?")
INLINE = {"text", "code_inline", "link_open", "link_close", "strong_open", "strong_close", "softbreak", "inline"}


def check(text: str) -> None:
    """Show that a text has nothing in it but what redigest means to say."""
    parsed = tokens(text)
    assert {token.type for token in parsed if not token.block} <= INLINE
    assert all(FOLD.fullmatch(token.content) for token in parsed if token.type == "html_block")
    links = [str(token.attrs["href"]) for token in parsed if token.type == "link_open"]
    assert [link for link in links if link != ANNOUNCEMENT and not link.startswith(WEB)] == []
    plain = [token.content for token in parsed if token.type == "text"]
    assert [content for content in plain if re.search(r"[@#<>$~\[\]!&*_|\\`^{}=]|\b[0-9a-f]{7,40}\b|://|www\.|\bgh-?\d", content, re.IGNORECASE)] == []
    assert (mentions(text), references(text), closes(text), quick_actions(text)[0]) == (set(), set(), set(), ())
    assert "<!--" not in text
    assert [line for line in text.split("\n") if line.startswith("/") or not line.isprintable()] == []
    end = MARKDOWN.parse(f"{text}\n\nThe end.")[-3:]
    assert [token.type for token in end] == ["paragraph_open", "inline", "paragraph_close"]
    assert (end[1].content, end[1].level) == ("The end.", 1)
    folds = [token.content.strip("\n/")[:8] for token in parsed if token.type == "html_block"]
    assert [fold.startswith("<details") for fold in folds] == [True, False] * (len(folds) // 2), "folds are closed, and none is in another"


FIELDS = list(Texts.__dataclass_fields__)
CONCERNING = re.compile(r"bundle/.*manifests/|\.clusterserviceversion\.|^ClusterServiceVersion", re.IGNORECASE | re.DOTALL)


@pytest.mark.parametrize("text", FORGES_READ)
def test_what_forges_would_read_means_nothing_in_any_field(text: str) -> None:
    for_all = written(Texts(*[text] * len(FIELDS)))
    assert for_all.comments == ()
    check(for_all.body)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, foreign)))
@settings(max_examples=100)
def test_any_text_leaves_the_structure_as_it_is(texts: dict[str, str]) -> None:
    assume(reference.parse(texts.get("name", HARMLESS)) is None)  # one of another registry is worth a warning, and a command
    assume(not any(CONCERNING.search(texts.get(field, "")) for field in ("path", "place")))
    assume(0 < len(visible(texts.get("check", HARMLESS))) < 5000)  # there is nothing to run without one, and nobody runs a longer one
    found = written(Texts(**texts))
    assert found.comments == ()
    check(found.body)
    assert blocks(found.body) == blocks(written(Texts()).body)


@given(foreign)
@settings(max_examples=60)
def test_any_text_fits_and_is_not_cut_open(text: str) -> None:
    found = written(Texts(*[text] * len(FIELDS)), SMALL)
    assert len(found.body) <= SMALL[0]
    assert all(len(comment) <= SMALL[1] for comment in found.comments)
    assert found.body.startswith("This merge request swaps ")
    for part in (found.body, *found.comments):
        check(part)


@given(foreign)
@settings(max_examples=40)
def test_any_text_means_nothing_where_images_are_folded(text: str) -> None:
    results = [found(Texts(name=text, tag=text), str(number), Swap(digest(str(number)), digest("new"), ()), action=Action.SWAPPED) for number in range(11)]
    of = write(replace(subject(Texts()), outcome=Outcome(tuple(results), (), 1, 1)), body=LARGE[0], comment=LARGE[1])
    assert len([token for token in tokens(of.body) if token.content.startswith("<details>")]) == len(results)
    check(of.body)


@given(foreign)
@settings(max_examples=40)
def test_any_text_means_nothing_in_the_report(text: str) -> None:
    check(report_of(outcome_of(Texts(*[text] * len(FIELDS)))))


@given(foreign, foreign, st.integers(20, 300))
@settings(max_examples=200)
def test_any_text_means_nothing_in_the_title(name: str, branch: str, limit: int) -> None:
    swapped = found(Texts(name=name), "x", Swap(digest("x"), digest("y"), ()), action=Action.SWAPPED)
    said = title(replace(subject(Texts()), outcome=Outcome((swapped,), (), 1, 1), scope=(branch, branch)), limit=limit)
    assert len(said) <= limit
    assert re.fullmatch(r"[A-Za-z0-9 ._/+()-]+", said)
    assert not re.search(r"\bgh-\d|\b[0-9a-f]{7,64}\b", said, re.IGNORECASE)


HOSTILE_ADDRESSES = [
    "javascript:alert(1)",
    "https://evil.example/a)b",
    "https://evil.example/ x",
    "https://evil.example/\n/close",
    "https://evil.example/<x>",
    "x" * 5000,
    "",
]


@pytest.mark.parametrize("where", HOSTILE_ADDRESSES)
def test_an_address_that_is_not_safe_makes_no_link(where: str) -> None:
    of = replace(subject(Texts()), link=lambda _path, _line: where)
    check(write(of, body=LARGE[0], comment=LARGE[1]).body)
