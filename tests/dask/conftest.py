"""A bot for whole runs, as those of tests/run have it."""

from tests.run.conftest import bot

__all__ = ["bot"]
