"""A bot, and a forge of each kind, for tests of whole runs."""

from pathlib import Path

import pytest

from tests.forge.conftest import forge, github
from tests.run.bot import Bot

__all__ = ["forge", "github"]


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    folder = tmp_path / "bot"
    folder.mkdir()
    made = Bot(folder)
    made.knows()
    return made
