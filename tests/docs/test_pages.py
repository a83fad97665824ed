"""Every page is followed word for word, and says what really happens."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from redigest.config import Config, Section
from redigest.config_file import parse, schema
from redigest.config_tables import tables
from redigest.narrowing import Narrowing
from redigest.readers import FORMATS
from redigest.rules import Keys, Shape
from redigest.rules_files import FILE_KEYS, REQUIRED_OF_A_FILE, REQUIRED_OF_A_RULE, RULE_KEYS
from tests.docs.pages import CHECKOUT, PAGES, blocks, follow, says
from tests.docs.scenes import SCENES

LANGUAGES = {"sh", "text", "yaml", "json"}
NOT_RUN = {
    "CONTRIBUTING.md": 1,
    "README.md": 3,
    "docs/disconnected.md": 2,
    "docs/evidence.md": 2,
    "docs/gitlab.md": 1,
    "docs/limits.md": 2,
    "docs/performance.md": 3,
    "docs/proposal-example.md": 4,
    "docs/quick-start.md": 1,
    "docs/run.md": 1,
    "docs/scale.md": 1,
    "docs/self-hosted.md": 3,
    "docs/verify.md": 1,
}
"""How many blocks of commands are left out; why, stands above each of them."""
PROGRAMS = {"docs/evidence.md": ("skopeo",)}
"""What else the commands of a page need."""
SETTINGS: Mapping[str, type[Section]] = {"redigest.yaml": Config, ".redigest.yaml": Narrowing}


@pytest.mark.needs("git", "bash", "make")
@pytest.mark.parametrize("page", [pytest.param(page, marks=pytest.mark.needs(*PROGRAMS.get(page, ()))) for page in SCENES])
def test_a_reader_gets_what_the_page_shows(page: str, tmp_path: Path) -> None:
    with SCENES[page](tmp_path) as scene:
        ran = follow(page, scene.folder, environment=scene.environment, instead=scene.instead)
        assert ran
        assert [fault for each in ran for fault in each.faults()] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_block_is_left_out_in_silence(page: str) -> None:
    assert {block.language for block in blocks(page)} <= LANGUAGES
    reasons = [block.told("not run:") for block in blocks(page) if block.language == "sh" and not block.is_run]
    assert all(reasons)
    assert len(reasons) == NOT_RUN.get(page, 0)
    assert any(block.is_run for block in blocks(page)) == (page in SCENES)


@pytest.mark.parametrize("page", PAGES)
def test_every_output_that_is_shown_is_that_of_commands_that_are_run(page: str) -> None:
    before = None
    for block in blocks(page):
        before = block if block.language == "sh" else before
        if block.language == "text" and block.told("no output:") is None:
            assert before is not None
            assert before.is_run, block


def test_every_configuration_that_is_shown_is_one() -> None:
    seen = []
    for block in (block for page in PAGES for block in blocks(page) if block.language == "yaml"):
        name = re.match(r"# (\.?redigest\.yaml)\b", block.text)
        if name is not None:
            parse(block.text.encode(), SETTINGS[name[1]], where=f"{block.page}:{block.line}")
            seen.append(name[1])
    assert set(seen) == SETTINGS.keys()
    assert len(seen) > 8


def anchors(path: Path) -> set[str]:
    """What a forge lets a link lead to in a page: its lines, its headings, and the anchors that are written as HTML."""
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    lines = {f"L{number}" for number in range(1, text.count("\n") + 2)}
    return lines | {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings} | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere_on_a_forge(page: str) -> None:
    lost = []
    for link in re.findall(r"\]\((?![a-z]+:)([^)]+)\)", (CHECKOUT / page).read_text(encoding="utf-8")):
        path, _, anchor = link.replace("?plain=1", "").partition("#")
        target = (CHECKOUT / page).parent / path if path else CHECKOUT / page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


def table(page: str, head: str) -> dict[str, tuple[str, ...]]:
    """The rows of the table with that first heading, by their first cells."""
    _, _, rows = (CHECKOUT / page).read_text(encoding="utf-8").partition(f"| {head} |")
    cells = (tuple(cell.strip() for cell in row.strip("|").split(" | ")) for row in rows.partition("\n\n")[0].splitlines()[2:])
    return {row[0].strip("`"): row[1:] for row in cells}


@pytest.mark.parametrize(
    ("head", "keys", "required"),
    [("key of a file", FILE_KEYS, REQUIRED_OF_A_FILE), ("key of a rule", RULE_KEYS, REQUIRED_OF_A_RULE)],
)
def test_every_key_of_a_rule_is_explained(head: str, keys: tuple[str, ...], required: tuple[str, ...]) -> None:
    told = table("docs/rules.md", head)
    assert tuple(told) == keys
    assert tuple(key for key, (word, _) in told.items() if word == "yes") == required


def test_every_value_that_a_key_of_a_rule_can_have_is_named() -> None:
    assert list(table("docs/rules.md", "shape")) == [shape.value for shape in Shape]
    told = table("docs/rules.md", "key of a rule")
    assert set(re.findall(r"`([a-z]+)`", told["format"][1])) == {*FORMATS, "embedded"}
    assert {field.name for field in fields(Keys)} <= set(re.findall(r"`([a-z]+)`", told["keys"][1]))


def test_the_reference_of_the_configuration_is_that_of_its_schema() -> None:
    _, _, written = (CHECKOUT / "docs/configuration.md").read_text(encoding="utf-8").partition("<!-- tables -->\n")
    assert written == tables(), "run `make configuration`"


@pytest.mark.parametrize("model", SETTINGS.values())
def test_every_key_of_the_configuration_has_a_description(model: type[Section]) -> None:
    document = json.loads(json.dumps(schema(model)))
    sections = {model.__name__: document, **document["$defs"]}
    keys = [(name, key, value) for name, section in sections.items() for key, value in section["properties"].items()]
    assert [(name, key) for name, key, value in keys if "$ref" not in value and not value.get("description")] == []
    reference = tables()
    assert [key for _, key, _ in keys if f"| `{key}` |" not in reference] == []


@pytest.mark.parametrize(
    ("said", "shown", "expected"),
    [
        ("a\nb\nc\n", "b\n", True),
        ("a\nb\nc\n", "b\nc\n", True),
        ("a\nb\nc\n", "a\nc\n", False),
        ("a\nb\nc\n", "a\n...\nc\n", True),
        ("ab\n", "b\n", False),
        ("sha256:1234\n", "sha256:…\n", True),
        ("1.\n", "1x\n", False),
        ("0123456789ab..ba9876543210 passes\n", "aaaaaaaaaaaa..bbbbbbbbbbbb passes\n", True),
        ("0123456789ab\n", "aaaaaaaaaaaa\n", False),
    ],
)
def test_what_is_shown_is_whole_lines_of_what_was_said(said: str, shown: str, *, expected: bool) -> None:
    assert says(said, shown) == expected
