"""What a proposal says: everything that a reviewer needs, within the limits, and nothing that foreign text could make of it."""

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from redigest.model import Action, Digest, Outcome, Standing, Swap, Trial, Unknown
from redigest.proposals.explanation import Subject, Written, title, write
from redigest.report.sections import ANNOUNCEMENT
from tests.unit.report_outcomes import ETCD, MAPPING, NEW, OLD, OTHER, TAG, everything, kept, outcome, result

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
    assert text.startswith("This pull request swaps **1 schema 1 image digest** for the schema 2 digest of the same image, in 2 places in 1 file.")
    assert f"since 11 July 2022 Red Hat's registries answer a pull by a schema 1 digest [with 404]({ANNOUNCEMENT})" in text
    assert "| Image | Tag | Old digest | New digest | Places | Evidence |" in text
    assert f"[`k8s/web.yaml:12`]({address('k8s/web.yaml', 12)})" in text
    assert str(OLD) in text
    assert str(NEW) in text
    assert f"skopeo inspect --raw docker://{ETCD}@{NEW} | jq .schemaVersion" in text
    assert "row 17 of `schema1.csv`" in text
    assert "redigest-recreate" in text
    assert "into `main`" in text


ONE, SEVERAL = "Swap 1 schema 1 image digest that can no longer be pulled", "Swap 3 schema 1 image digests that can no longer be pulled"


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (outcome(result()), "Swap the schema 1 digest of rhel7/etcd"),
        (outcome(result(name=None)), ONE),
        (outcome(result(name="@ann/x y")), ONE),
        (outcome(result(name="registry.example/gh-12")), ONE),
        (outcome(result(name="registry.example/acme/deadbeef")), ONE),
        (images(3), SEVERAL),
        (outcome(result(action=Action.UNPINNED)), "Unpin the schema 1 digest of rhel7/etcd"),
    ],
)
def test_has_a_title_that_says_what_happens(of: Outcome, expected: str) -> None:
    assert title(subject(of), limit=255) == expected


def test_says_in_the_title_of_a_suggestion_what_it_rests_on() -> None:
    assert title(subject(images(3), is_suggestion=True), limit=255) == "Swap 3 schema 1 image digests by their tags"
    assert title(subject(outcome(result()), is_suggestion=True), limit=255) == "Swap the schema 1 digest of rhel7/etcd by its tag"


@pytest.mark.parametrize(
    ("scope", "note"),
    [
        (("release-1.2",), " (release-1.2)"),
        (("apps/web", "release-1.2"), " (apps/web) (release-1.2)"),
        (("apps/web", "@ann"), " (apps/web)"),
        (("fixes #1",), ""),
        (("fix/gh-12",), ""),
        (("x/deadbeef",), ""),
        (("safe\u202egpj",), ""),
    ],
)
def test_tells_proposals_of_one_repository_apart_where_that_means_nothing_else(scope: tuple[str, ...], note: str) -> None:
    assert title(replace(subject(images(3)), scope=scope), limit=255) == f"{SEVERAL}{note}"
    assert title(replace(subject(images(3), wanted="Fix images"), scope=scope), limit=255) == f"Fix images{note}"


def test_takes_the_title_of_the_configuration_and_keeps_to_the_limit() -> None:
    assert title(subject(images(3), wanted="Fix images"), limit=255) == "Fix images"
    assert title(subject(images(3), wanted="x" * 300), limit=255) == "x" * 252 + "..."
    assert title(subject(images(3)), limit=40) == "Swap 3 schema 1 image digests"
    assert title(replace(subject(images(3)), scope=("b" * 300,)), limit=40) == "Swap 3 schema 1 image digests"


def test_warns_that_a_suggestion_rests_on_a_tag_alone() -> None:
    of = outcome(result(verdict=Swap(OLD, NEW, (TAG,))))
    assert "Nothing ties the new digests to the old ones" in write(subject(of, is_suggestion=True), body=65_536, comment=65_536).body
    assert "Nothing ties" not in written(of).body


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
    assert "## Kind not known\n" in text
    assert "Seen and left alone:\n\n- [`k8s/web.yaml:40`]" in text


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
    assert len(found.comments) <= 20
    assert all(map(balanced, texts(found)))
    assert found.body.startswith(f"This pull request swaps **{count} schema 1 image digest")
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
    [shown] = re.findall(r"The table and 20 comments below list ([\d,]+) of 5,000", found.body)
    rows = sum(text.count("| `registry.redhat.io/team/image-") for text in texts(found))
    assert int(shown.replace(",", "")) == rows
    assert all(comment.startswith(f"**Part {number} of 21**") for number, comment in enumerate(found.comments, 2))


def in_many_places(count: int) -> Outcome:
    return outcome(*(result(path=f"apps/{number}.yaml", line=number + 1) for number in range(count)))


def test_lists_the_places_of_one_image_over_several_comments() -> None:
    found = written(in_many_places(1000), (20_000, 20_000))
    assert len(found.body) <= 20_000
    assert all(len(comment) <= 20_000 for comment in found.comments)
    assert all(map(balanced, texts(found)))
    assert all(any(f"[`apps/{number}.yaml:{number + 1}`]" in comment for comment in found.comments) for number in range(1000))
    assert "The details of each image are in " in found.body


def test_counts_the_places_of_one_image_that_would_fill_too_many_comments() -> None:
    found = written(in_many_places(20_000), (20_000, 20_000))
    assert found.comments == ()
    assert "20000 places in 20000 files" in found.body or "20,000 places" in found.body
    assert "The table lists all of them." in found.body


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("body", [-100, 0, 50, 300, 1_000, 2_000, 4_000])
def test_leaves_to_comments_what_people_leave_no_room_for(body: int, count: int) -> None:
    found = written(images(count), (body, 4_000))
    whole = "\n".join(texts(found))
    assert len(found.body) <= max(0, body)
    assert all(len(comment) <= 4_000 for comment in found.comments)
    assert all(map(balanced, texts(found)))
    assert "This pull request swaps " in whole
    assert "## How to go on" in whole
    for number in range(count):
        assert f"| `registry.redhat.io/team/image-{number}` |" in whole
    assert f"- [`apps/0/b.yaml:12`]({address('apps/0/b.yaml', 12)})" in whole


@pytest.mark.parametrize("comment", [-10, 0, 100, 700])
def test_says_what_it_can_where_comments_have_no_room(comment: int) -> None:
    found = written(images(200), (20_000, comment))
    assert len(found.body) <= 20_000
    assert all(len(text) <= comment for text in found.comments)
    assert found.body.startswith("This pull request swaps **200 schema 1 image digests**")


def test_lists_the_warnings_before_the_images_and_with_them() -> None:
    mirror = "mirror.corp.example:5000"
    text = written(outcome(result(name=f"{mirror}/etcd", verdict=Swap(OLD, NEW, (MAPPING,))))).body
    before, _, after = text.partition("## What changes, image by image")
    assert f"**Before you merge:**\n\n- **Another registry** (`{mirror}`): it must hold the new digest" in before
    assert f"**Warning, another registry** (`{mirror}`): it must hold the new digest" in after
    assert f"skopeo inspect --raw docker://{mirror}/etcd@{NEW} | jq .schemaVersion\n```" in after


def test_says_what_was_tried_for_what_is_suspected() -> None:
    trials = (Trial("digest", "what is behind it", "the registry does not serve it"), Trial("tags", "which tags there are", "3, of which 3 are tried"))
    unproven = Unknown("the registry does not serve it; suspected to be schema 1 and not more", trials=trials)
    text = written(outcome(result(), kept(unproven.reason, verdict=unproven, line=30))).body
    _, _, suspected = text.partition("## Suspected, and without an equivalent\n")
    assert "- digest: what is behind it: the registry does not serve it\n- tags: which tags there are: 3, of which 3 are tried\n" in suspected
    assert "## Kind not known" not in text


def test_tells_of_schema_1_digests_that_have_to_be_changed_by_hand() -> None:
    of = outcome(result(), kept("a workflow file", verdict=Swap(OTHER, NEW, (MAPPING,)), standing=Standing.PROTECTED, path=".github/workflows/ci.yaml"))
    _, _, by_hand = written(of).body.partition("## Schema 1, where redigest does not write\n")
    assert "[`.github/workflows/ci.yaml:12`]" in by_hand


def test_is_short_about_very_many_digests_that_are_no_concern() -> None:
    of = outcome(
        result(),
        *(kept("a checksum", verdict=Unknown("not asked"), standing=Standing.NOT_AN_IMAGE, path="go.sum", line=line) for line in range(1, 5000)),
        *(result(digest=Digest(f"{n:064x}"), verdict=Unknown("nobody knows it"), action=Action.KEPT, line=n + 1, path="z.yaml") for n in range(5000)),
    )
    found = written(of)
    assert found.comments == ()
    assert "4999 places in 1 file" in found.body
    assert "and 4979 more places" in found.body
    assert "and 4980 more images" in found.body


def test_says_to_delete_the_branch_of_a_repository_on_disk() -> None:
    text = write(subject(outcome(result()), word="proposal"), body=65_536, comment=65_536).body
    assert "**Delete the branch**" in text
    assert "--recreate" in text


def test_says_everything_with_its_own_words_only() -> None:
    assert written(everything()).comments == ()
    for word in ("pull request", "merge request", "proposal"):
        assert f"This {word} " in write(subject(everything(), word=word), body=65_536, comment=65_536).body
