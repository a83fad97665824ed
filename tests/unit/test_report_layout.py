from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redigest.report.layout import Block, Item, NoRoom, between, bullets, folded, pages, paragraphs, section

WORDS = st.integers(0, 40).map(lambda length: "x" * length)


def containers(children: st.SearchStrategy[Item]) -> st.SearchStrategy[Item]:
    several = st.lists(children, max_size=4).map(tuple)
    return st.one_of(
        several.map(lambda items: paragraphs(*items)),
        several.map(lambda items: section("Title", *items)),
        several.map(lambda items: folded("Summary", *items)),
        st.lists(WORDS.filter(bool), max_size=6).map(bullets),
    )


ITEMS = st.recursive(WORDS, containers, max_leaves=20)


def leaves(item: Item) -> list[str]:
    if isinstance(item, str):
        return [item] if item else []
    return list(chain.from_iterable(map(leaves, item.items)))


def numbered(item: Item) -> Item:
    """The same item with texts that can be told apart, of the same lengths at least."""
    count = iter(range(10_000))

    def renamed(part: Item) -> Item:
        if isinstance(part, str):
            return f"{f'<{next(count)}>':x<{len(part)}}" if part else ""
        return Block(tuple(map(renamed, part.items)), part.gap, part.head, part.tail, part.again)

    return renamed(item)


@given(st.lists(ITEMS, max_size=4).map(lambda items: paragraphs(*items)), st.integers(0, 400), st.integers(60, 400))
def test_pages_keep_to_their_room_and_hold_everything_in_order(block: Block, first: int, room: int) -> None:
    of = numbered(block)
    assert isinstance(of, Block)
    try:
        found = pages(of, first=first, room=room)
    except NoRoom:
        assert len(str(of)) > min(first, room)
        return
    assert len(found[0]) <= first
    assert all(0 < len(page) <= room for page in found[1:])
    texts = leaves(of)
    at = 0
    whole = "\0".join(found)
    for text in texts:
        at = whole.index(text, at) + len(text)
    assert sum(page.count("<details>") for page in found) == sum(page.count("</details>") for page in found)
    assert all(page.count("<details>") == page.count("</details>") for page in found)


def test_what_fits_is_one_page() -> None:
    block = paragraphs("one", section("Title", "two", bullets(["three", "four"])))
    assert pages(block, first=1000, room=1000) == [str(block)] == ["one\n\n## Title\n\ntwo\n\n- three\n- four"]


def test_repeats_what_stands_around_a_part() -> None:
    table = between(["| a |", "| --- |", "| 1 |", "| 2 |", "| 3 |"], first=2)
    assert pages(table, first=30, room=30) == ["| a |\n| --- |\n| 1 |\n| 2 |", "| a |\n| --- |\n| 3 |"]
    fence = between(["```sh", "one", "two", "three", "```"], first=1, last=1)
    assert pages(fence, first=18, room=18) == ["```sh\none\ntwo\n```", "```sh\nthree\n```"]
    assert pages(folded("S", "one" * 10, "two" * 10), first=90, room=90) == [
        f"<details>\n<summary>S</summary>\n\n{'one' * 10}\n\n</details>",
        f"<details>\n<summary>S (continued)</summary>\n\n{'two' * 10}\n\n</details>",
    ]


def test_begins_a_page_rather_than_splitting_what_has_room_there() -> None:
    block = paragraphs("x" * 50, section("Title", "y" * 20, "z" * 20))
    assert pages(block, first=100, room=100) == ["x" * 50, f"## Title\n\n{'y' * 20}\n\n{'z' * 20}"]


def test_uses_the_room_that_is_left_for_what_has_to_be_split() -> None:
    block = paragraphs("x" * 30, section("Title", *("y" * 30 for _ in range(4))))
    assert pages(block, first=100, room=100) == [
        f"{'x' * 30}\n\n## Title\n\n{'y' * 30}",
        f"## Title (continued)\n\n{'y' * 30}\n\n{'y' * 30}",
        f"## Title (continued)\n\n{'y' * 30}",
    ]


def test_leaves_out_what_has_no_text() -> None:
    assert str(paragraphs("one", "", section("Title"), folded("Summary", ""), bullets([]), "two")) == "one\n\ntwo"


def test_leaves_the_first_page_empty_where_it_has_no_room() -> None:
    assert pages(paragraphs("x" * 50), first=10, room=60) == ["", "x" * 50]


@pytest.mark.parametrize("block", [paragraphs("x" * 61), section("Title", "x" * 51), folded("Summary", "x" * 20)])
def test_says_when_a_text_has_no_room_anywhere(block: Block) -> None:
    with pytest.raises(NoRoom):
        pages(block, first=60, room=60)
