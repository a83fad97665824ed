"""redigest as a process, where nothing is asked."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def redigest(*arguments: str | bytes | Path, cwd: Path, env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    command = [sys.executable, "-m", "redigest", arguments[0], "--offline", *arguments[1:]]
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, check=False)
    said = os.fsdecode(done.stderr)
    assert "Traceback" not in said, said
    return done.returncode, os.fsdecode(done.stdout), said
