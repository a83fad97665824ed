"""A server with one repository, and a cache to clone it into."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from redigest.clones.clone import Clone, Clones
from tests.clones.remotes import FILES, KEY, QUICK, bare
from tests.clones.smart_server import SmartServer, serve


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmartServer]:
    bare(tmp_path / "remotes/deploy.git", FILES)
    with serve(tmp_path / "remotes") as running:
        yield running


@pytest.fixture
def target(server: SmartServer) -> Path:
    return server.root / "deploy.git"


@pytest.fixture
def clones(tmp_path: Path) -> Clones:
    return Clones(tmp_path / "cache", QUICK)


@pytest.fixture
def clone(clones: Clones, server: SmartServer) -> Iterator[Clone]:
    with clones.open(server.remote(), KEY) as opened:
        yield opened
