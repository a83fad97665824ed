"""What the documentation says is what the program does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import pytest

from redigest.cli import main, redigest
from redigest.model import Sighting
from redigest.pipeline import scan
from redigest.proposals import marker
from redigest.proposals.warnings import Concern
from redigest.rules import Shape
from redigest.tree import WorkTree
from tests.samples import RULES, search

DOCS = Path(__file__).parents[2] / "docs"
REWRITES = Path(__file__).parents[1] / "rewrites"


def test_the_tables_of_rules_are_those_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "list", "--format", "md"]) == 0
    _, _, tables = (DOCS / "rules.md").read_text(encoding="utf-8").partition("<!-- tables -->\n")
    assert tables == capsys.readouterr().out, "run `make rules`"


def test_the_commands_that_take_rules_are_named() -> None:
    (named,) = re.findall(r"^`--rules my-rules` gives it to (.*?);", (DOCS / "rules.md").read_text(encoding="utf-8"), re.MULTILINE)
    context = click.Context(redigest)
    assert set(re.findall(r"`(\w+)`", named)) == {name for name in redigest.list_commands(context) if _takes_rules(redigest.get_command(context, name))}


def _takes_rules(command: click.Command | None) -> bool:
    if isinstance(command, click.Group):
        return any(map(_takes_rules, command.commands.values()))
    return command is not None and any("--rules" in parameter.opts for parameter in command.params)


@pytest.mark.needs("git")
def test_the_example_of_a_proposal_is_what_the_demonstration_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--keep", str(tmp_path / "demo")]) == 0
    capsys.readouterr()
    written = marker.parse((tmp_path / "demo/deploy/.git/redigest/1.md").read_text(encoding="utf-8")).text
    _, _, example = (DOCS / "proposal-example.md").read_text(encoding="utf-8").partition("<!-- example -->\n")
    assert example == f"{written.rstrip()}\n", "run `make example`"


def test_the_documentation_of_proposals_has_every_warning() -> None:
    _, _, table = (DOCS / "proposals.md").read_text(encoding="utf-8").partition("## Warnings\n")
    assert set(re.findall(r"^\| ([A-Z][^|]*) \|", table, re.MULTILINE)) == {concern.title for concern in Concern}


NEVER_SWAPPED = "Never swapped"
ROW = re.compile(
    r"""\|\ (?P<place>.+)\ \|\ (?P<says>.+)\ \|
        \ \[(?P<case>[^\]]+)\]\(\.\./tests/rewrites/(?P<folder>[^()#]+)/before/(?P<path>[^()#?]+)(?P<query>\?plain=1)?\#L(?P<line>\d+)\)\ \|""",
    re.VERBOSE,
)
RULE = re.compile(r"\[`(?P<id>[a-z0-9/-]+)`\]\(rules\.md#(?P<anchor>[a-z0-9-]+)\)")


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a table of places."""

    heading: str
    place: str
    rules: tuple[tuple[str, str], ...]
    """Their ids and anchors; the first takes the digest, and a second one says that it stands in a file inside a value."""
    reason: str
    case: str
    folder: str
    path: str
    line: int
    is_plain: bool
    """The link asks for the text of the file, as it must where a forge shows a page that has no lines."""


def rows() -> Iterator[Place]:
    heading = ""
    for line in (DOCS / "places.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| ") and not line.startswith("| place |"):
            row = ROW.fullmatch(line)
            assert row is not None, line
            rules = tuple((rule["id"], rule["anchor"]) for rule in RULE.finditer(row["says"]))
            yield Place(heading, row["place"], rules, row["says"], row["case"], row["folder"], row["path"], int(row["line"]), row["query"] is not None)


PLACES = tuple(rows())


@cache
def sightings_of(case: str) -> tuple[Sighting, ...]:
    return tuple(result.sighting for result in scan(WorkTree.at([REWRITES / case / "before"]), search(own_files={"mapping.csv"})).results)


def line_of(place: Place, folder: str) -> bytes:
    return (REWRITES / place.folder / folder / place.path).read_bytes().split(b"\n")[place.line - 1]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.heading}: {place.place}")
def test_a_digest_stands_in_the_place_as_the_table_says(place: Place) -> None:
    is_swapped = place.heading != NEVER_SWAPPED
    here = [sighting for sighting in sightings_of(place.folder) if (sighting.path, sighting.line) == (place.path, place.line)]
    taken = {sighting.rule if place.rules else sighting.reason for sighting in here if sighting.is_live == is_swapped}
    assert (place.rules[0][0] if place.rules else place.reason) in taken
    assert (line_of(place, "before") != line_of(place, "expected")) == is_swapped
    assert place.case == place.folder
    assert place.is_plain == place.path.endswith(".md")


@pytest.mark.parametrize("place", [place for place in PLACES if len(place.rules) > 1], ids=lambda place: f"{place.heading}: {place.place}")
def test_a_digest_stands_in_a_file_inside_a_value_as_the_table_says(place: Place) -> None:
    (rule,) = (rule for rule in RULES.rules if rule.id == place.rules[1][0])
    assert rule.shape is Shape.EMBEDDED
    assert rule in RULES.for_file(place.path).rules
    found = {sighting.place for sighting in sightings_of(place.folder) if (sighting.path, sighting.line) == (place.path, place.line)}
    values = {where.partition(" > ")[0] for where in found if " > " in where}
    keys = {re.findall(r"[a-z_-]+", pattern)[-1] for pattern in rule.places}
    assert any(key in value for key in keys for value in values)


def test_a_rule_that_swaps_is_no_reason_to_leave_something() -> None:
    keeping = {rule.id for rule in RULES.rules if rule.shape in (Shape.PROSE, Shape.NOT_AN_IMAGE)}
    assert {identifier for place in PLACES if place.heading == NEVER_SWAPPED for identifier, _ in place.rules} - keeping == set()


def test_the_links_of_the_table_lead_to_the_rules() -> None:
    anchors = dict(re.findall(r'<a id="([^"]+)"></a>`([^`]+)`', (DOCS / "rules.md").read_text(encoding="utf-8")))
    links = {(identifier, anchor) for place in PLACES for identifier, anchor in place.rules}
    assert {(identifier, anchor) for identifier, anchor in links if anchors.get(anchor) != identifier} == set()


def test_the_table_has_a_place_for_every_rule() -> None:
    linked = {identifier for place in PLACES for identifier, _ in place.rules}
    assert {rule.id for rule in RULES.rules} - linked == set()


def test_the_table_names_a_place_once() -> None:
    names = [(place.heading, place.place) for place in PLACES]
    assert len(names) > 300
    assert [name for name in names if names.count(name) > 1] == []
