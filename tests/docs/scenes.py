"""Where a reader of a page stands: the folder, what lies in it, and the programs that are at hand."""

import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.docs.pages import CHECKOUT
from tests.samples import ETCD, IMAGES, mapping_csv, plant, repository

COMMAND = f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(CHECKOUT / 'bot')!r})\nfrom redigest.cli import main\nsys.exit(main())\n"
"""redigest as it stands in this checkout, whatever is installed."""

WEB = f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          env: []
          command: [etcd]
          image: {ETCD.name}:3.2@{ETCD.old}
"""
"""Its digest stands at 12:59."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A folder to begin in, and what stands in the commands in place of what the page says."""

    folder: Path
    environment: Mapping[str, str]
    instead: Mapping[str, str] = field(default_factory=dict)


def program(path: Path, text: str = COMMAND) -> None:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def environment(root: Path) -> dict[str, str]:
    """One in which redigest and Python are on the path, and git knows who the reader is."""
    program(root / "bin/redigest")
    program(root / "bin/python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    identity = {f"GIT_{role}_{what}": f"{what.lower()}@reader.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    own = {"PATH": f"{root / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(CHECKOUT / "bot"), "GIT_PAGER": "cat", "TERM": "dumb"}
    return {**os.environ, **identity, **own}


@contextmanager
def clone(root: Path) -> Iterator[Scene]:
    """A clone of redigest, in which `make` finds its environment made already: installing takes the index of packages, and has tests of its own."""
    folder = root / "redigest"
    for name in ("Makefile", "pyproject.toml", "bot/redigest/__init__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CHECKOUT / name, folder / name)
    (folder / "tests").symlink_to(CHECKOUT / "tests")  # pages only read there
    program(folder / ".venv/bin/redigest")
    program(folder / ".venv/bin/python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    plant(folder / ".venv", {"made": "", "installed": "", "installed-for-development": ""})
    yield Scene(folder, environment(root))


@contextmanager
def monorepo(root: Path) -> Iterator[Scene]:
    """A repository of the reader, with the mapping beside its files; in places of the page stand the images of the test."""
    folder = repository(root / "monorepo", {"k8s/web.yaml": WEB, "schema1.csv": mapping_csv(*IMAGES)})
    yield Scene(folder, environment(root))


@contextmanager
def checked(root: Path) -> Iterator[Scene]:
    """The same, and at the end a look at the files for forges: both have what was printed."""
    with monorepo(root) as scene:
        yield scene
    (run,) = json.loads((scene.folder / "redigest.sarif").read_text())["runs"]
    issues = json.loads((scene.folder / "gl-code-quality-report.gl.json").read_text())
    found = [(each["ruleId"], each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for each in run["results"]]
    assert found == [(issue["check_name"], issue["location"]["path"]) for issue in issues]
    assert [path for rule, path in found if rule == "schema1-digest"] == ["k8s/api.yaml", "k8s/web.yaml"], found


@contextmanager
def fleet(root: Path) -> Iterator[Scene]:
    """A folder with a mapping and a configuration that names a repository on this disk, where the page names some on forges."""
    repository(root / "deploy", {"k8s/web.yaml": WEB})
    settings = "mapping: [schema1.csv]\nrepositories:\n  - {path: ../deploy}\ncache: cache\n"
    plant(root / "bot", {"redigest.yaml": settings, "schema1.csv": mapping_csv(*IMAGES)})
    yield Scene(root / "bot", environment(root))


@contextmanager
def machine(root: Path) -> Iterator[Scene]:
    """A machine on which redigest is installed and configured, with its folders below one that is there for the test."""
    with fleet(root) as scene:
        shutil.copyfile(CHECKOUT / "deploy/systemd/environment.example", scene.folder / "environment")
        yield replace(scene, instead={"/etc/redigest": str(scene.folder), "/opt/redigest": str(root)})


@contextmanager
def registry(root: Path) -> Iterator[Scene]:
    """A clone of redigest, and somebody who serves the folder `example` in it."""
    with clone(root) as scene:
        handler = partial(_Quiet, directory=str(scene.folder / "example"))
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever).start()
            yield replace(scene, instead={"127.0.0.1:8000": f"127.0.0.1:{server.server_port}"})
            server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    """What `python3 -m http.server` serves with, without its log."""

    def log_message(self, *_arguments: object) -> None:
        pass


SCENES: Mapping[str, Callable[[Path], AbstractContextManager[Scene]]] = {
    "README.md": clone,
    "docs/configuration.md": clone,
    "docs/disconnected.md": registry,
    "docs/evidence.md": registry,
    "docs/mapping.md": clone,
    "docs/one-off.md": checked,
    "docs/quick-start.md": clone,
    "docs/report.md": monorepo,
    "docs/rules.md": clone,
    "docs/run.md": fleet,
    "docs/scale.md": clone,
    "docs/self-hosted.md": machine,
    "docs/verify.md": clone,
}
"""Every page with commands that are run."""
