"""How fast redigest is: it goes over trees in turn with plain searches; what each takes, and whether targets are kept, is printed as Markdown."""

import argparse
import contextlib
import cProfile
import os
import platform
import pstats
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script is in no package, and the tests import what they share as `tests.…`

from tests.bench import trees
from tests.bench.measure import Cost, Target, in_turn, redigest, table

_PATTERN = "sha256:[0-9a-f]{64}"
_MAPPING_ROWS = 100_000
_MANIFEST = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111
"""


def main() -> int:
    """Measure what the arguments ask for, and print it."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="redigest-bench-") as name:
        scratch = Path(name).resolve()
        os.environ["XDG_CACHE_HOME"] = str(scratch / "cache")
        if arguments.profile:
            _profile(arguments.tree or _generated(scratch / "tree", arguments.kind or "clean", arguments), folder=scratch)
            return 0
        print(f"{_circumstances()}; {arguments.runs} runs after one to warm up, in turn.\n")
        if arguments.tree:
            _measure("--tree", arguments.tree.resolve(), scratch, runs=arguments.runs)
            return 0
        for kind in [arguments.kind] if arguments.kind else trees.KINDS:
            tree = _generated(scratch / kind, kind, arguments)
            _measure(kind, tree, scratch, runs=arguments.runs)
            shutil.rmtree(tree)
        if not arguments.kind:
            _measure_start_up(scratch, runs=arguments.runs)
            _measure_growth(scratch, arguments)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tree", metavar="DIR", type=_folder, help="measure on this tree; nothing in it is changed")
    parser.add_argument("--kind", choices=trees.KINDS, help="without --tree: generate such a tree alone (default: each kind, the start, and how cost grows)")
    parser.add_argument("--files", metavar="N", type=_count, help="without --tree: how many files to generate")
    parser.add_argument("--digests", metavar="N", type=_count, help="without --tree: how many digests to put in them")
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="without --tree: the same number gives the same tree (%(default)s)")
    parser.add_argument("--runs", metavar="N", type=_count, default=5, help="how often to measure each command (%(default)s)")
    parser.add_argument("--profile", action="store_true", help="instead of measuring, print where one scan spends its time")
    return parser.parse_args()


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text}: no such folder")
    return Path(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text}: not a number above 0")
    return int(text)


def _generated(folder: Path, kind: str, arguments: argparse.Namespace) -> Path:
    trees.write(folder, trees.KINDS[kind].scaled(files=arguments.files, digests=arguments.digests), seed=arguments.seed)
    trees.commit(folder)
    return folder


def _measure(kind: str, tree: Path, scratch: Path, *, runs: int) -> None:
    found = _census(tree)
    (scratch / "schema1.csv").write_text("".join(_mapping(found.digests)), encoding="ascii")
    print(f"## {kind}\n\n{found}.\n")
    is_repository = _git(tree, "rev-parse") is not None
    targets = _TARGETS.get(kind, ())
    _report(in_turn(_over(tree, writes=kind in trees.KINDS), runs=runs, folder=scratch, after=lambda: _restore(tree, kind)), targets)
    if is_repository:
        _report(in_turn(_over_commit(tree, scratch), runs=runs, folder=scratch), _COMMIT_TARGETS if targets else ())


def _restore(tree: Path, kind: str) -> None:
    """Undo what was fixed in a tree of our own."""
    if kind in trees.KINDS:
        _git(tree, "checkout", "--quiet", "--", ".")


def _report(costs: Mapping[str, Sequence[Cost]], targets: Iterable[Target]) -> None:
    print(table(costs))
    for target in targets:
        if target.command in costs and (target.floor is None or target.floor in costs):
            print(f"* {target.said(costs)}")
    print(flush=True)


_SCAN, _SCAN_AGAIN, _FIX, _FIX_AGAIN = "redigest scan --no-cache", "redigest scan", "redigest fix --no-cache", "redigest fix"
"""Without a cache every file is looked into; with one, after the first round, only those that have changed."""
_RG, _COMMIT, _COMMIT_AGAIN, _BLOBS = "rg -l", "a commit, nothing remembered", "a commit, again", "git cat-file --batch"
_MEMORY = 200

_TARGETS: dict[str, tuple[Target, ...]] = {
    "clean": (Target(_SCAN, 3, _RG), Target(_SCAN, 0.6, unit="s"), Target(_SCAN_AGAIN, 3, _RG), Target(_SCAN, _MEMORY, unit="MB")),
    "monorepo": (
        *(Target(command, 8, _RG) for command in (_SCAN, _SCAN_AGAIN)),
        *(Target(command, 4, _RG) for command in (_FIX, _FIX_AGAIN)),
        *(Target(command, _MEMORY, unit="MB") for command in (_SCAN, _SCAN_AGAIN, _FIX)),
    ),
    "operators": (Target(_SCAN, _MEMORY, unit="MB"),),
}
_COMMIT_TARGETS = (Target(_COMMIT, 1.3, _BLOBS), Target(_COMMIT_AGAIN, 1.3, _BLOBS), Target(_COMMIT, _MEMORY, unit="MB"))
_START_TARGETS = (Target("redigest --version", 0.12, unit="s"), Target("redigest scan pod.yaml", 0.25, unit="s"))


@dataclass(frozen=True, slots=True)
class _Census:
    """What is in a tree: `size` in bytes, `places` of digests with repetitions, and the distinct digests in order."""

    files: int
    size: int
    holding: int
    places: int
    digests: Sequence[str]

    def __str__(self) -> str:
        files = f"{self.files:,} files with {self.size / 1e6:.0f} MB"
        return f"{files}, {self.holding:,} of them with {len(self.digests):,} digests in {self.places:,} places"


def _census(tree: Path) -> _Census:
    files = size = holding = places = 0
    digests: set[bytes] = set()
    for file in _files(tree):
        data = file.read_bytes()
        found = re.findall(_PATTERN.encode(), data)
        files, size, holding, places = files + 1, size + len(data), holding + bool(found), places + len(found)
        digests.update(found)
    return _Census(files, size, holding, places, sorted(digest.decode() for digest in digests))


def _files(tree: Path) -> Iterator[Path]:
    """The regular files that git tracks or would track, and all of them where there is no repository."""
    listed = _git(tree, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
    paths = (tree / path for path in listed.split("\0") if path) if listed is not None else tree.rglob("*")
    return (path for path in paths if path.is_file() and not path.is_symlink())


def _git(tree: Path, *arguments: str) -> str | None:
    """What git says, `None` where there is no repository."""
    answer = subprocess.run(["git", "-C", str(tree), *arguments], capture_output=True, check=False)
    return os.fsdecode(answer.stdout) if answer.returncode == 0 else None


_MAPPED = 200
"""How many of the digests of a tree the mapping knows."""


def _mapping(digests: Sequence[str]) -> Iterator[str]:
    """The lines of a mapping file that knows some of the digests, and as many others as it takes to be of a realistic length."""
    yield "repository,tag,schema 1 digest,schema 2 digest\n"
    known = digests[:: max(1, len(digests) // _MAPPED)][:_MAPPED]
    invented = (f"sha256:{sha256(b'%d' % number).hexdigest()}" for number in range(max(0, _MAPPING_ROWS - len(known))))
    for number, digest in enumerate((*known, *invented)):
        yield f"acme/image-{number % 1000},1.{number},{digest},sha256:{sha256(digest.encode()).hexdigest()}\n"


def _over(tree: Path, *, writes: bool) -> dict[str, list[str]]:
    """The commands that go over a tree, the one that ratios refer to first; files are rewritten only where `writes` allows it."""
    commands: dict[str, list[str]] = {}
    if shutil.which("rg"):
        commands[_RG] = ["rg", "--files-with-matches", "--hidden", "--glob", "!.git", _PATTERN, str(tree)]
    if _git(tree, "rev-parse") is not None:
        # In this locale git is at its best: with UTF-8 its extended expressions take several times as long.
        commands["git grep -lE"] = ["env", "LC_ALL=C", "git", "-C", str(tree), "grep", "-lE", _PATTERN]
        commands["git grep -lF"] = ["git", "-C", str(tree), "grep", "-lF", "sha256:"]
    command = redigest()
    fix = [*command, "fix", "--offline", "--quiet", "--mapping", "schema1.csv", *([] if writes else ["--diff"])]
    commands[_SCAN] = [*command, "scan", "--offline", "--no-cache", str(tree)]
    commands[_SCAN_AGAIN] = [*command, "scan", "--offline", str(tree)]
    commands[_FIX] = [*fix, "--no-cache", str(tree)]
    commands[_FIX_AGAIN] = [*fix, str(tree)]
    return commands


def _over_commit(tree: Path, scratch: Path) -> dict[str, list[str]]:
    """The commands that read a commit without a work tree, the one that ratios refer to first."""
    bare = scratch / "bare.git"
    shutil.rmtree(bare, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", "--no-local", "--depth", "1", tree.as_uri(), str(bare)], check=True)
    listed = subprocess.run(["git", "-C", str(bare), "ls-tree", "-r", "HEAD"], check=True, capture_output=True).stdout
    blobs = sorted({line.split()[2] for line in listed.splitlines() if b" blob " in line})
    (scratch / "blobs").write_bytes(b"".join(blob + b"\n" for blob in blobs))
    look = [sys.executable, str(Path(__file__).with_name("commit.py")), str(bare)]
    return {
        _BLOBS: ["sh", "-c", 'git -C "$1" cat-file --batch --buffer < "$2"', "sh", str(bare), str(scratch / "blobs")],
        _COMMIT: look,
        _COMMIT_AGAIN: [*look, "--cache", str(scratch / "cache" / "commits")],
    }


def _measure_start_up(scratch: Path, *, runs: int) -> None:
    """Measure the commands that have next to nothing to do."""
    (scratch / "pod.yaml").write_text(_MANIFEST, encoding="ascii")
    command = redigest()
    print("## The start\n")
    costs = in_turn(
        {
            "python -c pass": [sys.executable, "-c", "pass"],
            "redigest --version": [*command, "--version"],
            "redigest scan pod.yaml": [*command, "scan", "--offline", "pod.yaml"],
        },
        runs=runs,
        folder=scratch,
    )
    _report(costs, _START_TARGETS)


def _measure_growth(scratch: Path, arguments: argparse.Namespace) -> None:
    """Show what a file costs in small and in large trees; the cost of the start is in all of them."""
    print("## Growth\n\n| files | digests | wall time | for each file | processor time, for each file |\n|--:|--:|--:|--:|--:|")
    for files in _GROWTH:
        kind = trees.KINDS["monorepo"].scaled(files=files, digests=None)
        tree = scratch / "growth"
        trees.write(tree, kind, seed=arguments.seed)
        trees.commit(tree)
        taken = in_turn({_SCAN: _over(tree, writes=False)[_SCAN]}, runs=arguments.runs, folder=scratch)[_SCAN]
        wall, processor = median(run.wall for run in taken), median(run.processor for run in taken)
        print(f"| {files:,} | {kind.digests:,} | {wall:.2f} s | {wall / files * 1e6:.0f} µs | {processor / files * 1e6:.0f} µs |", flush=True)
        shutil.rmtree(tree)


_GROWTH = (1_000, 5_000, 20_000, 80_000)


def _circumstances() -> str:
    versions = [f"Python {platform.python_version()}"]
    for program in ("rg", "git"):
        if shutil.which(program):
            said = subprocess.run([program, "--version"], capture_output=True, check=True, text=True).stdout
            versions += [f"{program} {version}" for version in re.findall(r"\d+\.[\d.]+", said)[:1]]
    return f"{platform.system()} with {os.cpu_count()} processors, {', '.join(versions)}"


def _profile(tree: Path, *, folder: Path) -> None:
    """Scan once in this process and print the functions that take the most time by themselves, then those that take the most with what they call."""
    from redigest.cli import main as run

    profiler = cProfile.Profile()
    with contextlib.chdir(folder):
        profiler.runcall(run, ["scan", "--offline", "--quiet", "--jobs", "1", str(tree)])
    shown = pstats.Stats(profiler).strip_dirs()
    for order in ("tottime", "cumulative"):
        shown.sort_stats(order).print_stats(25)


if __name__ == "__main__":
    sys.exit(main())
