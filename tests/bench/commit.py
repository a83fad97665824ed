"""Looks into the newest commit of a bare repository without a checkout, as `redigest run` does, and prints how many digests it has found."""

import argparse
import contextlib
import subprocess
import sys
from pathlib import Path

from redigest.cli.setup import load_rules
from redigest.clones.commit_tree import CommitTree
from redigest.findings import Findings
from redigest.survey import Finder, survey


def main() -> int:
    """Search one commit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep what was found there, and begin with what is kept")
    arguments = parser.parse_args()
    head = subprocess.run(["git", "-C", str(arguments.repository), "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    rules = load_rules([])
    with contextlib.ExitStack() as stack:
        findings = stack.enter_context(contextlib.closing(Findings(arguments.cache, rules))) if arguments.cache else None
        tree = stack.enter_context(contextlib.closing(CommitTree(arguments.repository, head)))
        found = survey(Finder(tree, rules, "", (), findings))
    print(f"{found.files_screened:,} files, {found.files_with_digests:,} of them with {len(found.sightings):,} digests")
    return 0


if __name__ == "__main__":
    sys.exit(main())
