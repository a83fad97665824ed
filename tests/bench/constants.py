"""What one repository costs a run in each case of its life, measured on the fake forge, and the memory of a run by the number of repositories.

A case is measured over two fleets, and the difference is taken, so that what a run costs once does not count. The results are kept in scale.json.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import yaml

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script is in no package, and the tests import what they share as `tests.…`

from tests import samples
from tests.bench.measure import Cost, cost, redigest
from tests.forge.fake import FakeForge
from tests.forge.github import GRAPHQL
from tests.forge.http_server import Answer, Request, listen
from tests.forge.model import Kind
from tests.forge.state import Repository
from tests.run.bot import deployment
from tests.samples import ETCD, TOOLS, mapping_csv

RESULTS = Path(__file__).with_name("scale.json")
CASES = ("first", "same", "changed", "held", "opened", "verified", "open", "updated", "merged")
"""In a repository without schema 1 digests: a first run, nothing changed, a commit. In one with a digest: a limit keeps it from being proposed; the
proposal is opened, or that with a commit by the API; nothing changed; another digest came; it was merged."""

_SMALL, _LARGE = 4, 44
_FLEETS = (100, 400, 1000)
_PAYLOAD = 100_000
"""Bytes of a file in each repository that cannot be compressed and that no commit changes."""

_HELD = """
import re, sys
from pathlib import Path
from redigest.cli import main
code = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s*([0-9]+)", Path("/proc/self/status").read_text())[1])
sys.exit(code)
"""
"""Run redigest in this process, and say the most memory it has held, in KiB (proc_pid_status(5)); that of git beside it depends on `--jobs` alone."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Requests of the API that read, that write, and of GraphQL; requests and connections of git; bytes of all bodies; seconds of processor."""

    reads: float
    writes: float
    graphql: float
    git: float
    connections: float
    received: float
    sent: float
    processor: float

    def each(self, smaller: "Usage", count: int) -> "Usage":
        """What each of so many repositories more has cost."""
        spent = ((getattr(self, field.name) - getattr(smaller, field.name)) / count for field in fields(self))
        return Usage(*(round(one, 4) for one in spent))


class _Forge(FakeForge):
    """A fake forge that counts the bytes it sends."""

    sent = 0

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
        with self.lock:
            self.sent += len(body)
        return Answer(answer.status, body, answer.headers, answer.cut)

    def usage(self, processor: float) -> Usage:
        """What was asked since the last time."""
        with self.lock:
            git = [one for one in self.log if one.path.endswith(("/info/refs", "/git-upload-pack", "/git-receive-pack"))]
            api = [one for one in self.log if one not in git and one.path != GRAPHQL]
            writes = sum(one.is_write for one in api)
            found = Usage(
                reads=len(api) - writes,
                writes=writes,
                graphql=len(self.log) - len(git) - len(api),
                git=len(git),
                connections=sum(one.path.endswith("/info/refs") for one in git),
                received=self.sent,
                sent=sum(len(one.request_body) for one in self.log),
                processor=processor,
            )
            self.log.clear()
            self.sent = 0
            return found


@dataclass(frozen=True, slots=True)
class _Fleet:
    """Repositories with a bot of their own."""

    forge: _Forge
    folder: Path
    repositories: tuple[Repository, ...]

    def run(self, *expected: str, cache: str = "cache", limit: int = 1000, **config: object) -> Usage:
        """Run once, and give what it has cost; every repository must come out as expected."""
        names = [{"forge": "corp", "name": repository.name} for repository in self.repositories]
        limits = {"limit-per-run": limit, "limit-open": limit}
        taken = _run(self.folder, expected, cache=cache, forges=[self.forge.config()], repositories=names, proposals=limits, **config)
        if self.forge.violations:
            raise RuntimeError("\n".join(self.forge.violations))
        return self.forge.usage(taken.processor)

    def commit(self, path: str, content: bytes) -> None:
        for repository in self.repositories:
            repository.commit({path: content})

    def merge(self) -> None:
        for repository in self.repositories:
            self.forge.merge(repository, next(one.number for one in repository.proposals() if one.state == "open"))


def main() -> int:
    """Measure everything, and keep it."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="redigest-bench-") as scratch:
        root = Path(scratch).resolve()
        measured = {kind: {case: asdict(usage) for case, usage in _cases(kind, root / kind).items()} for kind in get_args(Kind)}
        memory, disk = _keeping(root / "local")
    found = {"measured": datetime.now(UTC).date().isoformat(), "repositories": _LARGE - _SMALL, "payload": _PAYLOAD, **measured, "memory": memory, "disk": disk}
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    return 0


def _run(folder: Path, expected: Collection[str], **config: object) -> Cost:
    """Run redigest once in a folder; every line of the report must have an outcome that is expected. Raises `RuntimeError`."""
    (folder / "redigest.yaml").write_text(yaml.safe_dump({"mapping": ["schema1.csv"], "cache": "cache", **config}))
    (folder / "schema1.csv").write_text(mapping_csv(ETCD, TOOLS))
    taken = cost([*redigest(), "run", "--report", "report.json"], folder=folder, done=(0,))
    lines = json.loads((folder / "report.json").read_bytes())["repositories"]
    if found := {line["outcome"]: line["message"] for line in lines if line["outcome"] not in expected}:
        raise RuntimeError(f"the run made {found} of what should have been {expected}")
    return taken


def _cases(kind: Kind, root: Path) -> dict[str, Usage]:
    forge = _Forge(kind, root / "forge")
    os.environ["FORGE_TOKEN"] = forge.token
    with listen(forge.answer) as forge.host:
        small, large = (dict(_phases(forge, root / str(count), count)) for count in (_SMALL, _LARGE))
    return {case: large[case].each(small[case], _LARGE - _SMALL) for case in CASES if case in large}


def _phases(forge: _Forge, root: Path, count: int) -> Iterator[tuple[str, Usage]]:
    """Take a number of repositories through their lives."""
    plain = _fleet(forge, root / "plain", count, b"image: registry.redhat.io/rhel7/etcd:3.2\n")
    yield "first", plain.run("nothing-to-do")
    yield "same", _middle([plain.run("nothing-to-do") for _ in range(3)])
    plain.commit("README.md", b"# Changed\n")
    yield "changed", plain.run("nothing-to-do")
    pinned = _fleet(forge, root / "pinned", count, deployment(ETCD))
    pinned.run("opened", "held", cache="held", limit=1)
    yield "held", _middle([pinned.run("unchanged", "held", cache="held", limit=1) for _ in range(3)])
    yield "opened", pinned.run("unchanged", "opened")
    yield "open", _middle([pinned.run("unchanged") for _ in range(3)])
    pinned.commit("k8s/tools.yaml", deployment(TOOLS))
    yield "updated", pinned.run("updated")
    pinned.merge()
    yield "merged", pinned.run("nothing-to-do")
    if forge.kind == "github":
        verified = _fleet(forge, root / "verified", count, deployment(ETCD))
        yield "verified", verified.run("opened", commit={"through-api": True})


def _fleet(forge: _Forge, folder: Path, count: int, content: bytes) -> _Fleet:
    folder.mkdir(parents=True)
    payload = random.Random(0).randbytes(_PAYLOAD)
    files = {"k8s/web.yaml": content, "README.md": b"# Web\n", "logo.png": payload}
    return _Fleet(forge, folder, tuple(forge.add(f"{folder.parent.name}-{folder.name}/app-{number}", files) for number in range(count)))


def _middle(usages: Sequence[Usage]) -> Usage:
    """The one of which the processor has taken a middling time."""
    return sorted(usages, key=lambda usage: usage.processor)[len(usages) // 2]


def _keeping(root: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Repositories on this disk in which nothing has changed: the most memory that redigest itself holds, in bytes by their number, and what each leaves
    in the cache, in bytes by the folder there.
    """
    git = samples.git
    samples.plant(root / "template", {"k8s/web.yaml": b"image: registry.redhat.io/rhel7/etcd:3.2\n"})
    git(root / "template", "init", "--quiet", "--initial-branch=main", "--template=")
    git(root / "template", "add", ".")
    git(root / "template", "commit", "--quiet", "--message=Begin")
    for number in range(max(_FLEETS)):
        shutil.copytree(root / "template/.git", root / f"app-{number}.git")
    memory = {}
    for count in _FLEETS:
        repositories = [{"path": f"app-{number}.git"} for number in range(count)]
        _run(root, ["nothing-to-do"], repositories=repositories)
        said = subprocess.run([sys.executable, "-c", _HELD, "run", "--quiet"], cwd=root, stdout=subprocess.PIPE, check=True).stdout
        memory[str(count)] = int(said) * 1024
    disk = {folder: sum(file.lstat().st_blocks * 512 for file in (root / "cache" / folder).rglob("*")) for folder in ("finished", "clones")}
    return memory, {folder: size // max(_FLEETS) for folder, size in disk.items()}


if __name__ == "__main__":
    sys.exit(main())
