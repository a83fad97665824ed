"""A repository whose branch `head` anybody may have made, and the check as a CI job runs it."""

import contextlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from redigest.cli import main
from tests.clones.remotes import Content, bare, commit, head
from tests.run.bot import deployment
from tests.samples import ETCD, STRANGER, TOOLS, WEB, Image, mapping_csv

WORKFLOW = f"on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    container: {WEB.before}\n    steps: []\n"
NOTE = f"# was {TOOLS.before}\n".encode()

BASE: Mapping[str, Content] = {
    "k8s/web.yaml": deployment(ETCD, TOOLS) + NOTE,
    "k8s/again.yaml": deployment(ETCD, name="again"),
    "k8s/crlf.yaml": deployment(TOOLS, name="crlf").replace(b"\n", b"\r\n"),
    "k8s/stranger.yaml": deployment(STRANGER),
    "k8s/done.yaml": deployment(WEB).replace(WEB.old.hex.encode(), WEB.new.hex.encode()),
    "made/web.yaml": deployment(WEB, name="made"),
    "run.sh": ("100755", f"#!/bin/sh\npodman run {WEB.before}\n"),
    "README.md": f"# Deploy\n\nIt runs {ETCD.before}.\n",
    "link": ("120000", "README.md"),
    "modules/one": ("160000", "1" * 40),
    ".gitattributes": "made/* linguist-generated\n",
    ".github/workflows/test.yaml": WORKFLOW,
    "a\udcff\nb.yaml": deployment(TOOLS, name="strange"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a check: the exit code, and what it wrote to standard output and standard error."""

    code: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        """All of it, as a terminal shows it."""
        return self.output + self.errors

    @property
    def lines(self) -> list[str]:
        """The lines of violations."""
        return self.output.splitlines()


def swapped(files: Mapping[str, Content], *images: Image, only: str = "") -> dict[str, Content]:
    """The files with the digests of images swapped wherever they are live, in those whose path begins with `only`."""
    return {path: _swapped(path, content, images) if path.startswith(only) else content for path, content in files.items()}


def _swapped(path: str, content: Content, images: tuple[Image, ...]) -> Content:
    if path in ("README.md", "made/web.yaml", ".github/workflows/test.yaml"):
        return content
    if isinstance(content, tuple):
        return (content[0], replaced(content[1], images)) if content[0] == "100755" else content
    return replaced(content, images)


def replaced(content: str | bytes, images: tuple[Image, ...]) -> bytes:
    """The bytes with every digest of the images swapped, but not in the note at the end."""
    data = content.encode() if isinstance(content, str) else content
    body, note = (data[: -len(NOTE)], NOTE) if data.endswith(NOTE) else (data, b"")
    for image in images:
        body = body.replace(image.old.hex.encode(), image.new.hex.encode())
    return body + note


@dataclass(frozen=True, slots=True)
class Case:
    """A bare repository with a branch `main`, and beside it a mapping that the check can trust."""

    folder: Path

    @property
    def repository(self) -> Path:
        return self.folder / "deploy.git"

    @classmethod
    def of(cls, folder: Path, base: Mapping[str, Content] = BASE) -> "Case":
        made = cls(folder)
        bare(made.repository, base)
        (folder / "schema1.csv").write_text(mapping_csv())
        return made

    def commit(self, files: Mapping[str, Content], *, parents: tuple[str, ...] | None = None, branch: str = "head") -> str:
        """Put a commit on a branch, which begins at `main`."""
        if parents is None:
            parents = (head(self.repository, branch) or head(self.repository),)
        return commit(self.repository, branch, files, parents=parents)

    def verify(self, *arguments: str, revisions: str | None = "main..head", mapping: bool = True, is_offline: bool = True) -> Said:
        """Run the check in the folder of the case, in this process."""
        named = ["--mapping", "schema1.csv"] if mapping else []
        revised = [revisions] if revisions is not None else []
        with contextlib.chdir(self.folder):
            return said("verify", "--repository", str(self.repository), *(["--offline"] if is_offline else []), *named, *arguments, *revised)


def said(*arguments: str) -> Said:
    """Run the command line in this process."""
    errors, output = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(output):
        code = main(arguments)
    assert "Traceback" not in errors.getvalue(), errors.getvalue()
    return Said(code, output.getvalue(), errors.getvalue())
