"""The block of ours in the body of a proposal: what is read back is what was written, and what people wrote is kept."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redigest.proposals.marker import Marker, block, outside, parse, renewed, swap_key, title_mark, withdrawn

MARKER = Marker(
    "release/1.2", "rhel7/etcd", "f" * 32, "a" * 40, "b" * 40, title_mark("A title"), frozenset({swap_key("etcd", "1", "2"), swap_key("web", "3", "4")})
)

markers = st.builds(
    Marker,
    base=st.text(min_size=1),
    group=st.text(),
    fingerprint=st.text("0123456789abcdef", min_size=32, max_size=32),
    parent=st.sampled_from(["a" * 40, "c" * 64]),
    head=st.sampled_from(["b" * 40, "d" * 64]),
    title=st.builds(title_mark, st.text()),
    swaps=st.frozensets(st.builds(swap_key, st.none() | st.text(), st.text(), st.text())),
    is_withdrawn=st.booleans(),
)


@given(markers, st.text(alphabet=st.characters(exclude_characters="<")))
def test_reads_back_what_it_has_written(marker: Marker, text: str) -> None:
    body = parse(block(marker, text))
    assert (body.before, body.marker, body.text.strip(), body.after) == ("", marker, text.strip(), "")


@given(markers)
def test_is_a_comment_that_ends_where_it_should(marker: Marker) -> None:
    first = block(marker, "").split("\n")[0]
    assert first.startswith("<!-- ")
    assert first.endswith(" -->")
    assert first.count("<!--") == first.count("-->") == 1
    assert "--" not in first[4:-3]


@given(st.text(alphabet=st.characters(exclude_characters="<")), st.text(alphabet=st.characters(exclude_characters="<")))
def test_keeps_what_people_wrote_around_it(before: str, after: str) -> None:
    body = f"{before}{block(MARKER, 'old')}{after}"
    changed = renewed(body, block(replace(MARKER, group="other"), "new"))
    found = parse(changed)
    assert (found.before, found.after) == (before, after)
    assert found.text.strip() == "new"
    assert len(changed) <= outside(body) + len(block(replace(MARKER, group="other"), "new"))


def test_comes_last_where_a_person_has_taken_it_away() -> None:
    changed = renewed("Only this is left.\n", block(MARKER, "new"))
    assert parse(changed).before == "Only this is left.\n\n"
    assert parse(changed).marker == MARKER
    assert parse(renewed("", block(MARKER, "new"))).before == ""


def test_reads_a_body_whose_line_ends_a_browser_has_changed() -> None:
    body = f"Hello.\n{block(MARKER, 'text')}\nBye."
    assert parse(body.replace("\n", "\r\n")).marker == MARKER


def test_takes_nothing_for_ours_when_the_end_is_missing() -> None:
    body = block(MARKER, "text").replace("<!-- redigest:end -->", "") + "A person wrote this."
    assert parse(body).marker is None
    assert renewed(body, block(MARKER, "new")).count("A person wrote this.") == 1


@pytest.mark.parametrize(
    "change", [("fingerprint=", "fingerprint=x"), ("base=", "base=!"), ("begin 1", "begin 2"), ("state=open", "state=other"), (" -->", "\n-->")]
)
def test_does_not_believe_a_marker_that_is_not_of_its_form(change: tuple[str, str]) -> None:
    assert parse(block(MARKER, "text").replace(*change)).marker is None


def test_says_that_a_proposal_was_withdrawn_and_changes_nothing_else() -> None:
    body = f"Before.\n{block(MARKER, 'text')}\nAfter."
    found = parse(withdrawn(body))
    assert found.marker == replace(MARKER, is_withdrawn=True)
    assert (found.before, found.text, found.after) == ("Before.\n", parse(body).text, "\nAfter.")
    assert withdrawn("nothing of ours") == "nothing of ours"


def test_tells_swaps_apart() -> None:
    keys = {swap_key("a", "1", "2"), swap_key("b", "1", "2"), swap_key("a", "3", "2"), swap_key("a", "1", ""), swap_key(None, "1", "2")}
    assert len(keys) == 5
    assert swap_key(None, "1", "2") == swap_key("", "1", "2")
