"""What holds for every test: nothing of the person who runs it, and no missing program in silence."""

import os
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

PERSONAL = ("GIT_", "GITHUB_", "GITLAB_", "XDG_", "REDIGEST_", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "SSH_AUTH_SOCK")

settings.register_profile("redigest", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault of the code
settings.load_profile("redigest")


@pytest.fixture(scope="session", autouse=True)
def _nobody_at_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the whole run an empty home: no Git identity, no settings, no credentials, no cache."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(PERSONAL):
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look for the programs that a test is marked to need."""
    missing = [program for mark in item.iter_markers("needs") for program in mark.args if shutil.which(program) is None]
    if missing:
        reason = f"not installed: {', '.join(missing)}; tests/install-programs says what to do"
        if "CI" in os.environ:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
