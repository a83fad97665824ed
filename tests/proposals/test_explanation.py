"""What a proposal says: everything that a reviewer needs, within the limits, and nothing that foreign text could make of it."""

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from redigest import reference
from redigest.model import Action, Digest, Evidence, EvidenceKind, Outcome, Standing, Swap, Unknown
from redigest.proposals.explanation import Subject, Written, title, write
from redigest.report.sections import ANNOUNCEMENT
from tests.unit.report_outcomes import ETCD, MAPPING, NEW, OLD, TAG, everything, everywhere, kept, outcome, result

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
GITHUB, GITLAB = (65_536, 65_536), (1_048_576, 1_000_000)


def address(path: str, line: int) -> str:
    return f"https://forge.example/acme/deploy/blob/{'c' * 40}/{re.sub('[^A-Za-z0-9/._-]', '-', path)}#L{line}"


def subject(of: Outcome, *, word: str = "pull request", is_suggestion: bool = False, wanted: str | None = None, base: str = "main") -> Subject:
    return Subject(of, base, address, word, is_suggestion, wanted, "redigest-recreate")


def written(of: Outcome, limits: tuple[int, int] = GITHUB) -> Written:
    return write(subject(of), body=limits[0], comment=limits[1])


def images(count: int) -> Outcome:
    """Make an outcome of many images, each in two places."""
    results = []
    for number in range(count):
        old, new = Digest(f"{number:064x}"), Digest(f"{number + 1_000_000:064x}")
        verdict = Swap(old, new, (replace(MAPPING, detail=f"row {number} of schema1.csv"),))
        name = f"registry.redhat.io/team/image-{number}"
        results += [result(path=f"apps/{number}/{file}.yaml", digest=old, name=name, verdict=verdict) for file in ("a", "b")]
    return outcome(*results)


def texts(of: Written) -> tuple[str, ...]:
    return (of.body, *of.comments)


def test_says_what_why_where_and_how_to_check() -> None:
    text = written(outcome(result(), result(line=14))).body
    assert "**1 image** is pinned here by a schema 1 digest" in text
    assert "2 places in 1 file" in text
    assert f"11 July 2022 Red Hat's registries answer a pull by the digest of a Docker V2 schema 1 manifest [with 404]({ANNOUNCEMENT})" in text
    assert "| Image | Tag | Old | New | Places | Evidence |" in text
    assert f"[`k8s/web.yaml:12`]({address('k8s/web.yaml', 12)})" in text
    assert str(OLD) in text
    assert str(NEW) in text
    assert f"skopeo inspect --raw docker://{ETCD}@{NEW} | jq .schemaVersion" in text
    assert "linux/amd64" in text
    assert "redigest-recreate" in text


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (outcome(result()), "Swap the schema 1 digest of rhel7/etcd"),
        (outcome(result(name=None)), "Swap 1 schema 1 image digest"),
        (outcome(result(name="@ann/x y")), "Swap 1 schema 1 image digest"),
        (images(3), "Swap 3 schema 1 image digests"),
        (outcome(result(action=Action.UNPINNED)), "Unpin the schema 1 digest of rhel7/etcd"),
    ],
)
def test_has_a_title_that_says_what_happens(of: Outcome, expected: str) -> None:
    assert title(subject(of), limit=255) == expected


def test_tells_proposals_of_one_repository_apart() -> None:
    of = replace(subject(images(3)), scope=("apps/web", "release-1.2", "@ann"))
    assert title(of, limit=255) == "Swap 3 schema 1 image digests (apps/web) (release-1.2)"


def test_takes_the_title_of_the_configuration_and_keeps_to_the_limit() -> None:
    assert title(subject(images(3), wanted="Fix images"), limit=255) == "Fix images"
    assert title(subject(images(3), wanted="x" * 300), limit=255) == "x" * 252 + "..."


def test_warns_that_a_suggestion_rests_on_a_tag_alone() -> None:
    of = outcome(result(verdict=Swap(OLD, NEW, (TAG,))))
    assert "nothing ties the new digests to the old ones" in write(subject(of, is_suggestion=True), body=65_536, comment=65_536).body
    assert "nothing ties" not in written(of).body


MIRROR = "mirror.corp.example:5000/rhel7/etcd"
PROOF = Evidence(EvidenceKind.RECOMPUTED, "proof", "redigest explain")


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (outcome(result(name=MIRROR, verdict=Swap(OLD, NEW, (MAPPING,)))), "`mirror.corp.example:5000` must hold the new digest"),
        (outcome(result(name=MIRROR, verdict=Swap(OLD, NEW, (MAPPING, PROOF)))), None),
        (outcome(result(verdict=Swap(OLD, NEW, (MAPPING,)))), None),
        (outcome(result(rule="olm/related-images", path="bundle/manifests/x.yaml")), "belongs to a bundle"),
        (outcome(result(rule="olm/related-images", path="catalog/operator.yaml")), "describes a catalogue"),
        (outcome(result(rule="olm/bundles", path="catalog/operator.yaml")), "describes a catalogue"),
    ],
)
def test_warns_of_what_a_reviewer_should_think_of(of: Outcome, expected: str | None) -> None:
    text = written(of).body
    assert (expected in text) if expected else ("**Warning:**" not in text)


def test_says_what_a_person_can_do_about_what_stays() -> None:
    text = written(
        outcome(
            result(),
            kept("gone from the registry", verdict=Unknown("gone from the registry", is_schema_1=True)),
            kept("no source of evidence knows this digest", verdict=Unknown("no source of evidence knows this digest"), line=30),
            kept("a comment", verdict=Swap(OLD, NEW, (MAPPING,)), standing=Standing.MENTION, line=40),
        )
    ).body
    assert "## Schema 1, and kept\n" in text
    assert "redigest mapping convert" in text
    assert "## Suspected, and left as it is\n" in text
    assert "## Looked at and left alone\n" in text


def test_folds_the_details_of_many_images() -> None:
    assert "<details>" not in written(images(10)).body
    assert written(images(11)).body.count("<details>") == written(images(11)).body.count("</details>") == 11


def balanced(text: str) -> bool:
    """Whether every fold and every fence that is opened is closed."""
    fences = [line for line in text.split("\n") if line.startswith("```")]
    return text.count("<details>") == text.count("</details>") and len(fences) % 2 == 0 and all(line == "```" for line in fences[1::2])


@pytest.mark.parametrize("count", [1, 40, 200, 5000])
@pytest.mark.parametrize("limits", [GITHUB, GITLAB, (20_000, 20_000)], ids=["github", "gitlab", "small"])
def test_keeps_to_the_limits_and_never_cuts_markdown(count: int, limits: tuple[int, int]) -> None:
    found = written(images(count), limits)
    assert len(found.body) <= limits[0]
    assert all(len(comment) <= limits[1] for comment in found.comments)
    assert len(found.comments) <= 10
    assert all(map(balanced, texts(found)))
    assert found.body.startswith(f"**{count} image")
    assert "## How to go on" in found.body


@pytest.mark.parametrize(("count", "limits"), [(200, GITHUB), (200, GITLAB), (900, GITLAB), (40, (20_000, 20_000))])
def test_drops_no_image(count: int, limits: tuple[int, int]) -> None:
    found = written(images(count), limits)
    everything_said = "\n".join(texts(found))
    for number in range(count):
        assert f"registry.redhat.io/team/image-{number}@sha256:{number + 1_000_000:064x}" in everything_said
        assert f"apps/{number}/b.yaml:12" in everything_said


def test_counts_what_has_no_room_at_all() -> None:
    found = written(images(5000), (20_000, 20_000))
    assert re.search(r"of \d+ sections only the report of the run", found.body)
    assert all(comment.startswith(f"**Part {number} of 10**") for number, comment in enumerate(found.comments, 1))


def test_keeps_to_the_limits_with_one_image_in_very_many_places() -> None:
    found = written(outcome(*(result(path=f"apps/{number}.yaml", line=number + 1) for number in range(4000))), (20_000, 20_000))
    assert len(found.body) <= 20_000
    assert all(len(comment) <= 20_000 for comment in found.comments)
    assert all(map(balanced, texts(found)))


def tokens(text: str) -> list[Token]:
    return [part for token in MARKDOWN.parse(text) for part in (token, *(token.children or ()))]


def blocks(of: Iterable[Token]) -> list[str]:
    return [token.type for token in of if token.block]


HOSTILE = st.one_of(
    st.text(st.one_of(st.characters(), st.sampled_from("`|\\<!->@#*_[]() \n\r&;~$x1/:"))),
    st.sampled_from(
        [
            "@everyone",
            "fixes #1",
            "closes acme/deploy#1",
            "GH-1",
            "!12",
            "&1",
            "x\n/close\n/merge",
            "</details><script>alert(1)</script>",
            "<!-- redigest:end -->",
            "safe\u202egpj\u200b",
            "[[_TOC_]]",
            ":tada: $x$ [^1]",
            "> [!NOTE]",
            "```\n``` `` `",
            "![](https://evil.example/x.png)",
            "https://evil.example",
            "a|b\\|c",
            "c" * 40,
            "\udcff",
        ]
    ),
)


@given(HOSTILE)
@settings(max_examples=150)
def test_foreign_text_means_nothing(text: str) -> None:
    assume(reference.parse(text) is None)  # an image of another registry, which is worth a warning
    found = written(everywhere(text)).body
    parsed, harmless = tokens(found), tokens(written(everywhere("()")).body)
    assert blocks(parsed) == blocks(harmless)
    assert {token.type for token in parsed if not token.block} <= {"text", "code_inline", "link_open", "link_close", "strong_open", "strong_close", "softbreak"}
    links = [str(token.attrs["href"]) for token in parsed if token.type == "link_open"]
    assert all(link == ANNOUNCEMENT or link.startswith("https://forge.example/acme/deploy/blob/") for link in links)
    assert not [token for token in parsed if token.type == "text" and set("@#<>$~[]") & set(token.content)]
    assert "<!--" not in found
    assert not any(line.lstrip().startswith("/") for line in outside_of_code(found))
    assert not re.search("[\u200b-\u200f\u202a-\u202e\u2066-\u2069]", found)


def outside_of_code(text: str) -> list[str]:
    lines, is_inside = [], False
    for line in text.split("\n"):
        if line.startswith("```"):
            is_inside = not is_inside
        elif not is_inside:
            lines.append(line)
    return lines


def test_says_everything_with_its_own_words_only() -> None:
    assert written(everything()).comments == ()
    for word in ("pull request", "merge request", "proposal"):
        assert f"This {word} " in write(subject(everything(), word=word), body=65_536, comment=65_536).body
