"""The bot whose proposals are checked."""

from tests.run.conftest import bot

__all__ = ["bot"]
