import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from redigest.apply import Refused, check_bytes, check_sightings, rewrite, splice
from redigest.find import find
from redigest.model import Edit, Sighting
from tests.samples import ETCD, RULES, TOOLS, WEB, Image


def edits_for(data: bytes, *images: Image) -> list[Edit]:
    """An edit for the first place of each image, as often as it is named."""
    seen: dict[Image, int] = {}
    edits = []
    for image in images:
        seen[image] = data.index(image.old.hex.encode(), seen.get(image, -1) + 1)
        edits.append(Edit(seen[image], image.old, image.new))
    return edits


def rewritten(path: str, data: bytes, *images: Image) -> bytes:
    return rewrite(path, data, edits_for(data, *images), before=find(path, data, RULES).sightings, rules=RULES)


TWO = f"a: {ETCD.before}\nb: {TOOLS.before}\n".encode()


def test_splices_at_equal_length() -> None:
    assert splice(TWO, edits_for(TWO, ETCD, TOOLS)) == f"a: {ETCD.after}\nb: {TOOLS.after}\n".encode()
    assert splice(TWO, []) == TWO


def test_the_order_of_the_edits_does_not_matter() -> None:
    data = b"".join(f"{image.before}\n".encode() for image in (ETCD, TOOLS, WEB, ETCD, TOOLS))
    edits = edits_for(data, ETCD, TOOLS, WEB, ETCD, TOOLS)
    shuffled = random.Random(1).sample(edits, len(edits))
    assert shuffled != edits
    assert splice(data, shuffled) == splice(data, edits)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TWO.replace(ETCD.old.hex.encode(), WEB.old.hex.encode()), id="another digest"),
        pytest.param(b"\n" + TWO, id="moved"),
        pytest.param(TWO[:80], id="cut short"),
        pytest.param(TWO.upper(), id="upper case"),
        pytest.param(b"", id="empty"),
    ],
)
def test_refuses_a_file_in_which_the_old_digest_is_not_there_any_more(data: bytes) -> None:
    edits = edits_for(TWO, ETCD)
    with pytest.raises(Refused, match=f"no longer at byte {edits[0].offset}; the file has changed meanwhile"):
        splice(data, edits)


def test_refuses_edits_that_overlap() -> None:
    zeros = replace(ETCD.old, hex="0" * 64)
    with pytest.raises(Refused, match="two edits overlap at byte 63"):
        splice(b"0" * 200, [Edit(63, zeros, ETCD.new), Edit(0, zeros, ETCD.new)])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda new: new + b"\n", "the length would change from 211 to 212 bytes"),
        (lambda new: new[:-1], "the length would change"),
        (lambda new: b"A" + new[1:], "a byte between 0 and"),
        (lambda new: new.replace(b"\nb:", b"\nB:"), "a byte between"),
        (lambda new: new[:-1] + b"\r", "a byte after"),
    ],
)
def test_refuses_a_byte_outside_every_edit(damage: Callable[[bytes], bytes], message: str) -> None:
    edits = edits_for(TWO, TOOLS, ETCD)
    new = splice(TWO, edits)
    check_bytes(TWO, new, edits)
    with pytest.raises(Refused, match=message):
        check_bytes(TWO, damage(new), edits)


def test_a_file_without_edits_must_stay_the_same() -> None:
    check_bytes(TWO, TWO, [])
    with pytest.raises(Refused, match="a byte after 0"):
        check_bytes(TWO, TWO.swapcase(), [])


def sightings(data: bytes) -> tuple[Sighting, ...]:
    return find("web.yaml", data, RULES).sightings


def test_the_same_must_be_found_in_the_same_places() -> None:
    edits = edits_for(TWO, ETCD)
    before, after = sightings(TWO), sightings(splice(TWO, edits))
    check_sightings(before, after, edits)
    for wrong in (after[:1], (*after, after[0]), before, tuple(reversed(after)), (replace(after[0], place="elsewhere"), after[1])):
        with pytest.raises(Refused, match="does not find the same images in the same places"):
            check_sightings(before, wrong, edits)


def test_a_new_digest_must_not_be_swapped_again() -> None:
    data = TWO.replace(TOOLS.old.hex.encode(), ETCD.new.hex.encode())
    edits = [*edits_for(data, ETCD), Edit(data.index(ETCD.new.hex.encode()), ETCD.new, WEB.new)]
    with pytest.raises(Refused, match="would be swapped again by the next run"):
        check_sightings(sightings(data), sightings(splice(data, edits)), edits)


def test_refuses_a_file_of_which_the_sightings_are_not_known() -> None:
    with pytest.raises(Refused, match="does not find the same images"):
        rewrite("web.yaml", TWO, edits_for(TWO, ETCD), before=sightings(TWO)[:1], rules=RULES)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web.yaml", "a: OLD"),
        ("web.yaml", "\ufeffa: 'OLD'\r\nb:\r\n- OLD\r\n"),
        ("web.yaml", "{a: OLD, b: [OLD, OLD]}\n"),
        ("web.json", '{"a": "OLD"}'),
        ("Dockerfile", "FROM OLD AS build\nCOPY --from=OLD /a /a\n"),
        (".env", "IMAGE=OLD\n"),
    ],
)
def test_rewrites_every_place_and_nothing_else(path: str, text: str) -> None:
    data, expected = (text.replace("OLD", written).encode() for written in (ETCD.before, ETCD.after))
    assert rewritten(path, data, *[ETCD] * text.count("OLD")) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("OLD:\n  image: OLD\n", 2, id="key and value"),
        pytest.param("'since OLD':\n  image: OLD\n", -1, id="a value below a key that stays"),
        pytest.param("apiVersion: v1\nkind: Note\nmetadata: {name: OLD}\nspec: {image: OLD}\n", 2, id="the name of an object"),
    ],
)
def test_a_swap_may_change_the_words_for_a_place(text: str, count: int) -> None:
    data = text.replace("OLD", ETCD.before).encode()
    edits = edits_for(data, ETCD, ETCD)[-1:] if count == -1 else edits_for(data, *[ETCD] * count)
    new = rewrite("web.yaml", data, edits, before=sightings(data), rules=RULES)
    assert new == splice(data, edits) != data


def test_a_swap_may_change_a_place_that_holds_bare_digits() -> None:
    data = f"all:\n\tcheck a@{ETCD.old}--hash={ETCD.old}\n".encode()
    before = find("Makefile", data, RULES).sightings
    edits = edits_for(data, *[ETCD] * len(before))
    assert ETCD.old.hex in "".join(sighting.place for sighting in before)
    assert rewrite("Makefile", data, edits, before=before, rules=RULES) == splice(data, edits)


def unpin(data: bytes, *images: Image) -> list[Edit]:
    return [replace(edit, new=None) for edit in edits_for(data, *images)]


TAGGED = f"a: r.io/a:1.2@{ETCD.old} # {ETCD.old}\nb: {{c: 'r.io/b:3@{TOOLS.old}', d: {WEB.before}}}\ne: {ETCD.before}\n".encode()


def test_takes_a_digest_away_and_leaves_the_tag() -> None:
    edits = [*unpin(TAGGED, ETCD, TOOLS), *edits_for(TAGGED, WEB)]
    new = rewrite("a.yaml", TAGGED, edits, before=find("a.yaml", TAGGED, RULES).sightings, rules=RULES)
    assert new == f"a: r.io/a:1.2 # {ETCD.old}\nb: {{c: 'r.io/b:3', d: {WEB.after}}}\ne: {ETCD.before}\n".encode()


def test_refuses_to_take_a_digest_away_that_no_at_sign_pins() -> None:
    data = f"a: {{tag: 1.2, digest: '{ETCD.old}'}}\n".encode()
    with pytest.raises(Refused, match="no longer at byte"):
        splice(data, unpin(data, ETCD))


def test_refuses_a_byte_that_changes_behind_a_digest_that_goes() -> None:
    edits = unpin(TAGGED, ETCD)
    new = splice(TAGGED, edits)
    check_bytes(TAGGED, new, edits)
    with pytest.raises(Refused, match="outside every edit"):
        check_bytes(TAGGED, new[:-2] + b"X\n", edits)
    with pytest.raises(Refused, match="the length would change"):
        check_bytes(TAGGED, new + b"\n", edits)


def test_refuses_a_digest_that_goes_where_it_moves_what_is_found() -> None:
    before = find("a.yaml", TAGGED, RULES).sightings
    edits = unpin(TAGGED, ETCD)
    after = find("a.yaml", splice(TAGGED, edits), RULES).sightings
    check_sightings(before, after, edits)
    with pytest.raises(Refused, match="does not find the same images"):
        check_sightings(before, after[:-1], edits)
