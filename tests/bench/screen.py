"""How fast redigest is: it goes over a tree in turn with plain searches, and what each takes is printed as Markdown tables."""

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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script is in no package, and the tests import what they share as `tests.…`

from tests.bench import trees
from tests.bench.measure import in_turn, redigest, table

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
        tree = arguments.tree.resolve() if arguments.tree else _generated(scratch / "tree", arguments)
        if arguments.profile:
            _profile(tree, folder=scratch)
            return 0
        found = _census(tree)
        (scratch / "schema1.csv").write_text("".join(_mapping(found.digests)), encoding="ascii")
        (scratch / "pod.yaml").write_text(_MANIFEST, encoding="ascii")
        print(f"{arguments.tree or arguments.kind}: {found}.\n{_circumstances()}; {arguments.runs} runs after one to warm up, in turn.\n")
        for commands in (_over(tree), _start_up()):
            print(table(in_turn(commands, runs=arguments.runs, folder=scratch)), flush=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tree", metavar="DIR", type=_folder, help="measure on this tree; nothing in it is changed")
    parser.add_argument("--kind", choices=trees.KINDS, default="clean", help="without --tree: what to generate (%(default)s)")
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


def _generated(folder: Path, arguments: argparse.Namespace) -> Path:
    trees.write(folder, trees.KINDS[arguments.kind].scaled(files=arguments.files, digests=arguments.digests), seed=arguments.seed)
    trees.commit(folder)
    return folder


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


def _mapping(digests: Sequence[str]) -> Iterator[str]:
    """The lines of a mapping file that knows all the digests, and as many others as it takes to be of a realistic length."""
    yield "repository,tag,schema 1 digest,schema 2 digest\n"
    invented = (f"sha256:{sha256(b'%d' % number).hexdigest()}" for number in range(max(0, _MAPPING_ROWS - len(digests))))
    for number, digest in enumerate((*digests, *invented)):
        yield f"acme/image-{number % 1000},1.{number},{digest},sha256:{sha256(digest.encode()).hexdigest()}\n"


def _over(tree: Path) -> dict[str, list[str]]:
    """The commands that go over a tree, the one that ratios refer to first."""
    commands: dict[str, list[str]] = {}
    if shutil.which("rg"):
        commands["rg -l"] = ["rg", "--files-with-matches", "--hidden", "--glob", "!.git", _PATTERN, str(tree)]
    if _git(tree, "rev-parse") is not None:
        # In this locale git is at its best: with UTF-8 its extended expressions take several times as long.
        commands["git grep -lE"] = ["env", "LC_ALL=C", "git", "-C", str(tree), "grep", "-lE", _PATTERN]
    command = redigest()
    commands["redigest scan"] = [*command, "scan", "--offline", str(tree)]
    commands["redigest fix --diff"] = [*command, "fix", "--diff", "--offline", "--mapping", "schema1.csv", str(tree)]
    return commands


def _start_up() -> dict[str, list[str]]:
    """The commands that have next to nothing to do."""
    command = redigest()
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "redigest --version": [*command, "--version"],
        "redigest scan pod.yaml": [*command, "scan", "--offline", "pod.yaml"],
    }


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
