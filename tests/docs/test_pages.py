"""Every page is followed word for word, and says what really happens."""

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, blocks, follow, says
from tests.docs.scenes import SCENES

LANGUAGES = {"sh", "text", "yaml", "json", "csv"}


@pytest.mark.needs("git", "bash", "make")
@pytest.mark.parametrize("page", SCENES)
def test_a_reader_gets_what_the_page_shows(page: str, tmp_path: Path) -> None:
    scene = SCENES[page](tmp_path)
    ran = follow(page, scene.folder, environment=scene.environment, instead=scene.instead)
    assert ran
    assert [fault for each in ran for fault in each.faults()] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_block_is_left_out_in_silence(page: str) -> None:
    assert [block for block in blocks(page) if block.language not in LANGUAGES] == []
    assert [block for block in blocks(page) if block.told("not run:") == ""] == []
    assert any(block.is_run for block in blocks(page)) == (page in SCENES)


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
