"""Images with invented digests, a source that knows them, and small trees to try the change stages on."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from redigest.model import Digest, Evidence, EvidenceKind, Problem, Swap, Verdict
from redigest.pipeline import Search
from redigest.plan import Policy
from redigest.resolve import NO_CONTEXT, Context, Question
from redigest.resources import locate_rules
from redigest.rules_folders import load

RULES = load([("rules", locate_rules())])


def digest(seed: str) -> Digest:
    """Make a digest that looks like a real one; the same for the same seed."""
    return Digest(hashlib.sha256(seed.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Image:
    """An image with both of its digests."""

    name: str

    @property
    def old(self) -> Digest:
        return digest(f"{self.name} schema 1")

    @property
    def new(self) -> Digest:
        return digest(f"{self.name} schema 2")

    @property
    def before(self) -> str:
        return f"{self.name}@{self.old}"

    @property
    def after(self) -> str:
        return f"{self.name}@{self.new}"

    @property
    def swap(self) -> Swap:
        return Swap(self.old, self.new, (Evidence(EvidenceKind.MAPPING, f"a row lists {self.name}", "grep"),))


ETCD, TOOLS, WEB = (Image(f"registry.redhat.io/rhel7/{name}") for name in ("etcd", "tools", "web"))
IMAGES = (ETCD, TOOLS, WEB)
STRANGER = Image("registry.redhat.io/rhel7/stranger")
"""An image that nothing is known of."""


class Known:
    """A source of digests that knows some images and counts how often it is asked."""

    problems: tuple[Problem, ...] = ()

    def __init__(self, *images: Image) -> None:
        self.verdicts: dict[Digest, Verdict] = {image.old: image.swap for image in images}
        self.asked: list[Collection[Question]] = []

    def answer(self, questions: Collection[Question], _context: Context = NO_CONTEXT, /) -> Mapping[Question, Verdict]:
        self.asked.append(questions)
        return {question: self.verdicts[question.digest] for question in questions if question.digest in self.verdicts}


def legacy(root: Path) -> str:
    """Save a schema 1 manifest below `m`, of which nothing else is known, and give a reference that has a tag and its digest; no registry is asked."""
    layer = {"blobSum": str(digest("layer"))}, {"v1Compatibility": json.dumps({"id": digest("id").hex, "architecture": "amd64", "os": "linux"})}
    manifest = {"schemaVersion": 1, "name": "rhel7/old", "tag": "7.6", "architecture": "amd64", "fsLayers": [layer[0]], "history": [layer[1]]}
    body = json.dumps(manifest).encode()
    of = Digest(hashlib.sha256(body).hexdigest())
    plant(root, {f"m/sha256-{of.hex}.json": body})
    return f"registry.example/rhel7/old:7.6@{of}"


def search(*, mentions: bool = False, unpin: bool = False, generated: bool = False, own_files: Collection[str] = ()) -> Search:
    """Look for the three images with the rules that are shipped, in this process."""
    return Search(RULES, (Known(*IMAGES),), Policy(mentions, unpin), generated=generated, own_files=own_files, jobs=1)


def mapping_csv(*images: Image) -> str:
    """Write a mapping file; of all three images if none is given."""
    return "repository,tag,schema 1 digest,schema 2 digest\n" + "".join(f"{image.name},,{image.old},{image.new}\n" for image in images or IMAGES)


def plant(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder, and give the folder."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def harvest(root: Path) -> dict[str, bytes]:
    """The bytes of every regular file below a folder but for Git's own, with whatever was left behind."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {name: path.read_bytes() for path in files if not (name := path.relative_to(root).as_posix()).startswith(".git/")}


def git(root: Path, *arguments: str | bytes, stdin: bytes = b"") -> bytes:
    """Run git with a name and nothing else of the person who runs the tests; raise if it fails, and show what it says."""
    identity = ("-c", "user.name=tester", "-c", "user.email=tester@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=root, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, (arguments, os.fsdecode(done.stderr))
    return done.stdout


def git_after(folder: Path, line: str) -> str:
    """A PATH on which git does a line of shell before its work."""
    program = plant(folder, {"git": f'#!/bin/sh\n{line}\nexec "{shutil.which("git")}" "$@"\n'}) / "git"
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def repository(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Make a repository whose files are all committed, whatever it ignores."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet")
    git(plant(root, files), "add", "--all", "--force")
    git(root, "commit", "--quiet", "--message", "all")
    return root


_NOBODY = 65534


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A folder for a while that others can get to; the folders of pytest are closed. What is closed below it is opened at the end."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        for path, _, _ in os.walk(folder):
            Path(path).chmod(0o700)


@contextlib.contextmanager
def unprivileged(root: Path) -> Iterator[None]:
    """Be nobody for a while where the tests run as root, for whom no permission counts; everything at and below `root` is nobody's then."""
    if os.geteuid() != 0:
        yield
        return
    for path in (root, *root.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)
    groups = os.getgroups()
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, 0)
    os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)
        os.setgroups(groups)
