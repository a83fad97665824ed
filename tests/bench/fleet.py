"""What a run over a fleet costs in which nothing has changed since the last one, beside as many `git ls-remote` at the same concurrency.

The forge is the fake one of the tests on loopback, in a process of its own, with `git http-backend`. Both sides run in turn, several times; the medians count.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import get_args

import yaml

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script is in no package, and the tests import what they share as `tests.…`

from tests.bench.fleet_forge import Fleet, Served, name, started
from tests.bench.measure import Cost, cost, redigest, table
from tests.forge.model import Kind
from tests.samples import ETCD, mapping_csv

_TARGET = 1.5

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
            _configure(root, fleet, arguments)
            first = _run(root, fleet, arguments, expected={"opened": arguments.changed})
            print(f"{arguments.repositories:,} repositories of which {arguments.changed:,} change, {arguments.kind}, {arguments.jobs} at a time; ", end="")
            print(f"the first run took {first[0].wall:.0f} s. {arguments.runs} rounds after one to warm up.\n", flush=True)
            rounds = [_round(root, fleet, arguments) for _ in range(arguments.runs + 1)][1:]
    print(table({command: [taken[command][0] for taken in rounds] for command in rounds[0]}))
    for command, (_, served) in rounds[-1].items():
        print(f"`{command}`: {served.git:,} requests of git, {served.api:,} of the API")
    floor, run = rounds[0].keys()
    ratio = statistics.median(taken[run][0].wall / taken[floor][0].wall for taken in rounds)
    print(f"ratio {ratio:.2f} (target {_TARGET}): {'pass' if ratio <= _TARGET else 'miss'}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", metavar="N", type=int, default=200, help="how many repositories there are (%(default)s)")
    parser.add_argument("--changed", metavar="N", type=int, default=5, help="how many of them hold a schema 1 digest (%(default)s)")
    parser.add_argument("--kind", choices=get_args(Kind), default="github", help="the kind of the forge (%(default)s)")
    parser.add_argument("--jobs", metavar="N", type=int, default=8, help="how many repositories are asked at the same time (%(default)s)")
    parser.add_argument("--runs", metavar="N", type=int, default=5, help="how often to measure (%(default)s)")
    return parser.parse_args()


def _configure(root: Path, fleet: Fleet, arguments: argparse.Namespace) -> None:
    repositories = [{"forge": fleet.entry["name"], "name": name(number)} for number in range(arguments.repositories)]
    config = {"mapping": ["schema1.csv"], "cache": "cache", "forges": [fleet.entry], "repositories": repositories}
    (root / "redigest.yaml").write_text(yaml.safe_dump(config))
    (root / "schema1.csv").write_text(mapping_csv(ETCD))


def _round(root: Path, fleet: Fleet, arguments: argparse.Namespace) -> dict[str, tuple[Cost, Served]]:
    """What each side takes once, and what it asks of the forge; the one that ratios refer to first."""
    names = [name(number) for number in range(arguments.repositories)]
    floor = cost([sys.executable, "-c", _ASK, fleet.git_url, str(arguments.jobs), *names], folder=root, done=(0,))
    return {"git ls-remote": (floor, fleet.served()), "redigest run": _run(root, fleet, arguments, expected={"unchanged": arguments.changed})}


def _run(root: Path, fleet: Fleet, arguments: argparse.Namespace, *, expected: dict[str, int]) -> tuple[Cost, Served]:
    """Run once and see to it that everything came out as expected, and that a run with nothing to do wrote nothing."""
    taken = cost([*redigest(), "run", "--jobs", str(arguments.jobs), "--report", "report.json"], folder=root, done=(0,))
    served = fleet.served()
    outcomes = Counter(line["outcome"] for line in json.loads((root / "report.json").read_bytes())["repositories"])
    wanted = Counter({**expected, "nothing-to-do": arguments.repositories - arguments.changed})
    if outcomes != wanted:
        raise RuntimeError(f"the run made {dict(outcomes)} of what should have been {dict(wanted)}")
    if bool(served.writes) != ("opened" in outcomes):
        raise RuntimeError(f"the run has sent {served.writes} requests that write, with {dict(outcomes)}")
    return taken, served


if __name__ == "__main__":
    sys.exit(main())
