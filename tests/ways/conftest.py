"""A runner of GitHub whose API is the fake forge."""

from pathlib import Path

import pytest

from tests.forge.conftest import github
from tests.forge.fake import FakeForge
from tests.samples import mapping_csv
from tests.ways.runner import Runner

__all__ = ["github"]


@pytest.fixture
def runner(github: FakeForge, tmp_path: Path) -> Runner:
    """A workflow of acme/deploy, with the mapping of all images in the workspace."""
    workspace, temporary = tmp_path / "workspace", tmp_path / "temporary files"
    workspace.mkdir()
    temporary.mkdir()
    (workspace / "schema1.csv").write_text(mapping_csv())
    context = {
        "repository": "acme/deploy",
        "api_url": github.api_url,
        "server_url": github.git_url,
        "token": github.token,
        "run_id": "1",
        "run_attempt": "1",
    }
    return Runner(workspace, temporary, context)
