"""The search for name and tag: what it finds, in which order, and when it gives up."""

from itertools import product

from redigest.schema1.search import Hit, search
from redigest.schema1.templates import Flavour, Template
from tests.schema1.invented import sha256

FIRST = Template(Flavour.DISTRIBUTION, b'{"name":"', b'","tag":"', b'"}')
SECOND = Template(Flavour.PULP, b"<", b"|", b">")
NAMES = ("library/a", "b", "")
TAGS = ("latest", "1.0", "")
NOBODY = sha256(b"nobody")


def test_finds_every_pair_of_every_template() -> None:
    for name, tag, template in product(NAMES, TAGS, (FIRST, SECOND)):
        digest = sha256(template.payload(name, tag))
        found = search([digest], [FIRST, SECOND], names=NAMES, tags=TAGS)
        assert found.hits == (Hit(digest, template.flavour, name, tag),)
        assert found.is_complete


def test_finds_several_digests_at_once_and_stops_with_the_last() -> None:
    wanted = [sha256(FIRST.payload("b", "1.0")), sha256(FIRST.payload("library/a", "latest"))]
    found = search(wanted, [FIRST], names=NAMES, tags=TAGS)
    assert [hit.digest for hit in found.hits] == wanted[::-1]
    assert (found.tries, found.is_complete) == (6, True)


def test_says_when_it_tried_everything_in_vain() -> None:
    found = search([NOBODY], [FIRST, SECOND], names=[*NAMES, *NAMES], tags=[*TAGS, *TAGS])
    assert (found.hits, found.tries, found.is_complete) == ((), 18, True)


def test_tries_nothing_for_no_digests_no_templates_no_names_or_no_tags() -> None:
    assert search([], [FIRST], names=NAMES, tags=TAGS).tries == 0
    assert search([NOBODY], [], names=NAMES, tags=TAGS).tries == 0
    assert search([NOBODY], [FIRST], names=[], tags=TAGS).tries == 0
    assert search([NOBODY], [FIRST], names=NAMES, tags=[]).tries == 0


def test_passes_over_what_is_no_name_and_no_tag() -> None:
    odd = ['a"b', "a\\b", "a b", "é", "a\n", "\ud800", "a" * 256]
    assert search([NOBODY], [FIRST], names=odd, tags=TAGS).tries == 0
    assert search([NOBODY], [FIRST], names=NAMES, tags=odd).tries == 0


def test_gives_up_within_its_budget_and_says_so() -> None:
    large = Template(Flavour.DISTRIBUTION, b"", b"", b"x" * 1_000_000)
    tags = [str(number) for number in range(1000)]
    last = sha256(large.payload("b", "999"))
    found = search([last], [large], names=["b"], tags=tags, budget=10_000_000)
    assert (found.hits, found.tries, found.is_complete) == ((), 9, False)
    found = search([sha256(large.payload("b", "8"))], [large], names=["b"], tags=tags, budget=10_000_000)
    assert ([hit.tag for hit in found.hits], found.is_complete) == (["8"], True)
