"""The fake forge for tests: in both dialects, or in one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forge.fake import TOKEN, FakeForge, running
from tests.forge.model import Kind


def one_forge(kind: Kind, root: Path) -> Iterator[FakeForge]:
    """Run a forge, and fail the test if anything passed that the description of its API does not know."""
    with pytest.MonkeyPatch.context() as patch, running(kind, root) as made:
        patch.setenv("FORGE_TOKEN", TOKEN)
        yield made
        assert not made.violations, "\n".join(made.violations)


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeForge]:
    yield from one_forge(request.param, tmp_path / "forge")


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeForge]:
    yield from one_forge("github", tmp_path / "github")


@pytest.fixture
def gitlab(tmp_path: Path) -> Iterator[FakeForge]:
    yield from one_forge("gitlab", tmp_path / "gitlab")
