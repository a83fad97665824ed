"""Where a reader of a page stands: the folder, what lies in it, and the programs that are at hand."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.pages import CHECKOUT
from tests.samples import plant

COMMAND = f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(CHECKOUT / 'bot')!r})\nfrom redigest.cli import main\nsys.exit(main())\n"
"""redigest as it stands in this checkout, whatever is installed."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A folder to begin in, and what stands in the commands in place of what the page says."""

    folder: Path
    environment: Mapping[str, str]
    instead: Mapping[str, str] = field(default_factory=dict)


def installed(root: Path) -> dict[str, str]:
    """An environment in which redigest is on the path."""
    program(root / "bin/redigest")
    return {**os.environ, "PATH": f"{root / 'bin'}:{os.environ['PATH']}", "GIT_PAGER": "cat", "COLUMNS": "200"}


def program(path: Path) -> None:
    """Write the command."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(COMMAND)
    path.chmod(0o755)


def clone(root: Path) -> Scene:
    """A clone of redigest, in which `make` finds its environment made already: installing takes the index of packages, and has tests of its own."""
    folder = root / "redigest"
    for name in ("Makefile", "pyproject.toml", "bot/redigest/__init__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CHECKOUT / name, folder / name)
    for name in ("deploy", "docs", "tests/vectors"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    program(folder / ".venv/bin/redigest")
    plant(folder / ".venv", {"made": "", "installed": "", "installed-for-development": ""})
    return Scene(folder, installed(root))


SCENES: Mapping[str, Callable[[Path], Scene]] = {
    "docs/quick-start.md": clone,
}
"""Every page with commands that are run."""
