"""What a run over a fleet costs in which next to nothing has changed since the last one, beside as many `git ls-remote` at the same concurrency.

The forge is the fake one of the tests on loopback, in a process of its own, with `git http-backend`. Both sides run in turn, several times; the medians count.
"""

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import yaml

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script is in no package, and the tests import what they share as `tests.…`

from tests.bench.fleet_forge import Fleet, Served, name, started
from tests.bench.measure import Cost, Target, cost, redigest, table
from tests.forge.model import Kind
from tests.samples import ETCD, mapping_csv

_TARGETS = {"nothing": 1.5, "some": 1.3}
"""With no commit since the last run, and with one to each repository that holds a digest."""
_FLOOR, _START = "git ls-remote", "redigest run, one repository"
_RUNS = {"nothing": "redigest run, nothing changed", "some": "redigest run, some changed"}

_ASK = """
import base64, os, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

url, jobs, names = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
header = "Authorization: Basic " + base64.b64encode(b"x-access-token:" + os.environb[b"FORGE_TOKEN"]).decode()
settings = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"http.{url}/.extraHeader", "GIT_CONFIG_VALUE_0": header}
environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0", **settings}

def ask(name):
    command = ["git", "ls-remote", "--quiet", "--symref", "--", f"{url}/{name}.git", "HEAD", "refs/heads/*"]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, start_new_session=True).stdout

with ThreadPoolExecutor(jobs) as pool:
    sys.exit(0 if all(b"refs/heads/main" in said for said in pool.map(ask, names)) else 4)
"""
"""Ask every repository for its branches, and do nothing else.

Each git is in a session of its own, as those of redigest are: on a busy machine Linux gives every session the same share of time (sched(7), autogroup).
"""


def main() -> int:
    """Measure what the arguments ask for, and print it."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="redigest-bench-") as scratch:
        root = Path(scratch).resolve()
        with started(arguments.kind, root / "forge", repositories=arguments.repositories, changed=arguments.changed) as fleet:
            os.environ["FORGE_TOKEN"] = fleet.token
            bench = _Bench(root, fleet, arguments.repositories, arguments.changed, arguments.jobs)
            first = bench.begin()
            print(
                f"{arguments.repositories:,} repositories, {arguments.changed:,} of them with digests, {arguments.kind}, {arguments.jobs} at a time; ", end=""
            )
            print(f"the first run took {first.wall:.0f} s. {arguments.runs} rounds after one to warm up.\n", flush=True)
            rounds = [bench.round() for _ in range(arguments.runs + 1)][1:]
    print(table({command: [taken[command][0] for taken in rounds] for command in rounds[0]}))
    for command, (_, served) in rounds[-1].items():
        print(f"`{command}`: {served.git:,} requests of git, {served.api:,} of the API")
    costs = {command: [taken[command][0] for taken in rounds] for command in rounds[0]}
    print()
    for changed, limit in _TARGETS.items():
        print(f"* {Target(_RUNS[changed], limit, _FLOOR).said(costs)}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", metavar="N", type=int, default=1000, help="how many repositories there are (%(default)s)")
    parser.add_argument("--changed", metavar="N", type=int, default=10, help="how many of them hold a schema 1 digest (%(default)s)")
    parser.add_argument("--kind", choices=get_args(Kind), default="github", help="the kind of the forge (%(default)s)")
    parser.add_argument("--jobs", metavar="N", type=int, default=8, help="how many repositories are asked at the same time (%(default)s)")
    parser.add_argument("--runs", metavar="N", type=int, default=3, help="how often to measure (%(default)s)")
    arguments = parser.parse_args()
    if not 0 <= arguments.changed < arguments.repositories:
        parser.error("--changed must be less than --repositories, since one of them is also run alone")
    return arguments


@dataclass(frozen=True, slots=True)
class _Bench:
    """A folder with what a run over the fleet needs, and one over a single repository of it, which shows what it takes to start."""

    root: Path
    fleet: Fleet
    repositories: int
    changed: int
    jobs: int

    def begin(self) -> Cost:
        """Configure both and run them for the first time; give what it takes to open the proposals of the fleet."""
        (self.root / "schema1.csv").write_text(mapping_csv(ETCD))
        self._configure("fleet", range(self.repositories))
        self._configure("one", range(self.repositories - 1, self.repositories))
        self._run("one", {"nothing-to-do": 1})
        return self._run("fleet", {"opened": self.changed, "nothing-to-do": self.repositories - self.changed})[0]

    def round(self) -> dict[str, tuple[Cost, Served]]:
        """What each command takes once, and what it asks of the forge; the one that ratios refer to first."""
        names = map(name, range(self.repositories))
        expected = {"unchanged": self.changed, "nothing-to-do": self.repositories - self.changed}
        floor = cost([sys.executable, "-c", _ASK, self.fleet.git_url, str(self.jobs), *names], folder=self.root, done=(0,))
        return {
            _FLOOR: (floor, self.fleet.served()),
            _RUNS["nothing"]: self._run("fleet", expected),
            _RUNS["some"]: self._run_after_commits(expected),
            _START: self._run("one", {"nothing-to-do": 1}),
        }

    def _run_after_commits(self, expected: Mapping[str, int]) -> tuple[Cost, Served]:
        self.fleet.commit()
        return self._run("fleet", expected)

    def _configure(self, which: str, numbers: Iterable[int]) -> None:
        repositories = [{"forge": self.fleet.entry["name"], "name": name(number)} for number in numbers]
        config = {"mapping": ["schema1.csv"], "cache": f"cache-{which}", "forges": [self.fleet.entry], "repositories": repositories}
        (self.root / f"{which}.yaml").write_text(yaml.safe_dump(config))

    def _run(self, which: str, expected: Mapping[str, int]) -> tuple[Cost, Served]:
        """Run once, and see to it that everything came out as expected and that nothing was written but to open proposals."""
        command = [*redigest(), "run", "--config", f"{which}.yaml", "--jobs", str(self.jobs), "--report", "report.json"]
        taken = cost(command, folder=self.root, done=(0,))
        served = self.fleet.served()
        outcomes = Counter(line["outcome"] for line in json.loads((self.root / "report.json").read_bytes())["repositories"])
        if outcomes != Counter(expected):
            raise RuntimeError(f"the run made {dict(outcomes)} of what should have been {dict(expected)}")
        if bool(served.writes) != bool(outcomes["opened"]):
            raise RuntimeError(f"the run has sent {served.writes} requests that write, with {dict(outcomes)}")
        return taken, served


if __name__ == "__main__":
    sys.exit(main())
