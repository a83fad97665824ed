"""redigest as a process, where nothing is asked."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def heard(terminal: int) -> bytes:
    """All that is written to the other end of a terminal until that is closed; closes this one."""
    said = b""
    try:
        while part := os.read(terminal, 1 << 16):
            said += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(terminal)
    return said


def redigest(*arguments: str | bytes | Path, cwd: Path, env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    command = [sys.executable, "-m", "redigest", arguments[0], "--offline", *arguments[1:]]
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, check=False)
    said = os.fsdecode(done.stderr)
    assert "Traceback" not in said, said
    return done.returncode, os.fsdecode(done.stdout), said
