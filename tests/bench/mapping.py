"""How fast a mapping of a million rows is usable: streamed, when its index is made, and from the index; what each takes is printed as a Markdown table."""

import argparse
import gzip
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script is in no package, and the tests import what they share as `tests.…`

from tests.bench.measure import in_turn, table

_ASK = """
import shutil, sys
from hashlib import sha256
from pathlib import Path
from redigest.mapping import MappingFiles
from redigest.model import Digest
from redigest.resolve import Question

path, cache, step, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
if cache == "new":
    shutil.rmtree(cache, ignore_errors=True)
questions = [Question(Digest(sha256(b"old %d" % number).hexdigest()), None, None) for number in range(0, rows, step)]
answers = MappingFiles([Path(path)], cache=Path(cache) if cache else None).answer(questions)
sys.exit(4 if len(answers) != len(questions) else 0)
"""
"""Ask for every so many-th digest; all are known."""


def main() -> int:
    """Measure what the arguments ask for, and print it."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="redigest-bench-") as name:
        scratch = Path(name).resolve()
        plain, packed = scratch / "schema1.csv", scratch / "schema1.csv.gz"
        plain.write_text("".join(_lines(arguments.rows)), encoding="ascii")
        with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as stream:
            shutil.copyfileobj(source, stream)
        sizes = f"{plain.stat().st_size / 1e6:.0f} MB, gzipped {packed.stat().st_size / 1e6:.0f} MB"
        print(f"A mapping of {arguments.rows:,} rows, {sizes}; {arguments.runs} runs after one to warm up, in turn.\n")
        print(table(in_turn(_commands(arguments), runs=arguments.runs, folder=scratch)))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", metavar="N", type=int, default=1_000_000, help="rows of the mapping (%(default)s)")
    parser.add_argument("--runs", metavar="N", type=int, default=5, help="how often to measure each command (%(default)s)")
    return parser.parse_args()


def _lines(rows: int) -> Iterator[str]:
    yield "repository,tag,V2 schema 1 digest,V2 schema 2 digest\n"
    for number in range(rows):
        digests = (sha256(f"{which} {number}".encode()).hexdigest() for which in ("old", "new"))
        yield f"registry.redhat.io/rhel7/image-{number % 1000},1.{number},sha256:{next(digests)},sha256:{next(digests)}\n"


def _commands(arguments: argparse.Namespace) -> dict[str, Sequence[str]]:
    """The commands by name, the one that ratios refer to first."""

    def ask(file: str, cache: str, questions: int) -> Sequence[str]:
        return [sys.executable, "-c", _ASK, file, cache, str(max(1, arguments.rows // questions)), str(arguments.rows)]

    return {
        "cat": ["cat", "schema1.csv"],
        "grep -c": ["env", "LC_ALL=C", "grep", "-c", "sha256:0123456789", "schema1.csv"],
        "zcat": ["zcat", "schema1.csv.gz"],
        "python -c pass": [sys.executable, "-c", "pass"],
        "streamed, 1 digest": ask("schema1.csv", "", 1),
        "streamed, 100 digests": ask("schema1.csv", "", 100),
        "streamed, 2,000 digests": ask("schema1.csv", "", 2000),
        "index made, 100 digests": ask("schema1.csv", "new", 100),
        "index made, 2,000 digests": ask("schema1.csv", "new", 2000),
        "from the index, 1 digest": ask("schema1.csv", "kept", 1),
        "from the index, 100 digests": ask("schema1.csv", "kept", 100),
        "from the index, 2,000 digests": ask("schema1.csv", "kept", 2000),
        "gzipped, streamed, 100 digests": ask("schema1.csv.gz", "", 100),
        "gzipped, index made, 100 digests": ask("schema1.csv.gz", "new", 100),
        "gzipped, from the index, 100 digests": ask("schema1.csv.gz", "kept", 100),
    }


if __name__ == "__main__":
    sys.exit(main())
