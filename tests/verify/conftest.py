"""The bot whose proposals are checked."""

from pathlib import Path

import pytest

from tests.run.bot import Bot


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    folder = tmp_path / "bot"
    folder.mkdir()
    made = Bot(folder)
    made.knows()
    return made
