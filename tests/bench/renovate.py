"""Renovate beside redigest on one tree: what finding the image references takes, and how many of the digests each of them finds.

Renovate is installed from npm into a folder that is removed again, and run in its mode `extract`, which looks nothing up. It takes the version of Node.js
that this machine has; nothing of Renovate is a dependency of redigest or of its tests.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script is in no package, and the tests import what they share as `tests.…`

from tests.bench.measure import in_turn, redigest, table

_VERSIONS = ((24, "44"), (22, "40"), (20, "39.264.1"))
"""The least version of Node.js, and the newest major version of Renovate for it (its package.json, `engines`)."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SETTINGS = {
    "LOG_LEVEL": "fatal",
    "RENOVATE_CONFIG": json.dumps({"extends": [], "onboarding": False, "requireConfig": "ignored"}),
    "RENOVATE_PLATFORM": "local",
    "RENOVATE_DRY_RUN": "extract",
    "RENOVATE_REPORT_TYPE": "file",
}


def main() -> int:
    """Install Renovate, measure both, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path, help="a work tree of Git; nothing in it is changed")
    parser.add_argument("--runs", metavar="N", type=int, default=3, help="how often to measure each (%(default)s)")
    arguments = parser.parse_args()
    tree = arguments.tree.resolve()
    version = _version()
    if version is None or not tree.is_dir():
        print("this takes npm, Node.js 20 or newer, and a tree that is there", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="redigest-bench-") as name:
        scratch = Path(name)
        print(f"installing renovate@{version}", file=sys.stderr)
        install = ["npm", "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", f"renovate@{version}"]
        subprocess.run(install, cwd=scratch, check=True)
        os.environ.update(_SETTINGS, RENOVATE_REPORT_PATH=str(scratch / "renovate.json"), RENOVATE_BASE_DIR=str(scratch / "base"))
        os.environ["XDG_CACHE_HOME"] = str(scratch / "cache")
        commands = {
            "redigest scan --no-cache": [*redigest(), "scan", "--offline", "--no-cache", "--report", str(scratch / "redigest.json"), str(tree)],
            f"renovate {version}, extract": ["node", str(scratch / "node_modules" / "renovate" / "dist" / "renovate.js")],
        }
        costs = in_turn(commands, runs=arguments.runs, folder=tree)
        print(table(costs))
        found = {name: _pairs(scratch / name) for name in ("redigest.json", "renovate.json")}
        print(f"Different pairs of a file and a digest in it: redigest {len(found['redigest.json']):,}, Renovate {len(found['renovate.json']):,}.")
    return 0


def _version() -> str | None:
    if not shutil.which("node") or not shutil.which("npm"):
        return None
    major = int(subprocess.run(["node", "--version"], capture_output=True, check=True, text=True).stdout.lstrip("v").partition(".")[0])
    return next((version for least, version in _VERSIONS if major >= least), None)


def _pairs(report: Path) -> set[tuple[str, str]]:
    """Files with the digests that stand in them, of a report of either."""
    said = json.loads(report.read_bytes())
    if "sightings" in said:
        return {(sighting["path"], sighting["digest"]) for sighting in said["sightings"]}
    packages = (file for repository in said["repositories"].values() for files in repository["packageFiles"].values() for file in files)
    return {(file["packageFile"], digest) for file in packages for digest in _DIGEST.findall(json.dumps(file["deps"]))}


if __name__ == "__main__":
    sys.exit(main())
