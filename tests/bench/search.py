"""How many names and tags a second are tried for one image on one core, printed as a Markdown table."""

import json
import sys
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script is in no package, and the tests import what they share as `tests.…`

from redigest.model import Digest
from redigest.schema1.recompute import recompute
from redigest.schema1.search import search
from redigest.schema1.templates import Template
from tests.schema1.invented import image_of

_NOBODY = Digest(sha256(b"no payload").hexdigest())
_NAMES = [f"team-{number}/image" for number in range(20)]
_TAGS = [f"v4.{number // 100}.{number % 100}-2020{number:04}" for number in range(2000)]
_RUNS = 5


def main() -> None:
    """Measure images with short and long histories: the longer the payload, the longer a try."""
    print(f"search: {len(_NAMES) * len(_TAGS):,} pairs of name and tag in vain, median of {_RUNS} runs after one to warm up.\n")
    print("| steps of history | bytes of the payload | tries a second, the flavour `distribution` alone | tries a second, each with all flavours |")
    print("|--:|--:|--:|--:|")
    for steps in (2, 10, 40):
        print(_row(steps))


def _row(steps: int) -> str:
    config, layers = _image(steps)
    templates = recompute(image_of(config, layers)).templates
    size = len(templates[0].payload(_NAMES[0], _TAGS[0]))
    return f"| {steps} | {size:,} | {_pairs_a_second(templates[:1]):,.0f} | {_pairs_a_second(templates):,.0f} |"


def _pairs_a_second(templates: Sequence[Template]) -> float:
    """Pairs of name and tag in a second of processor time."""
    times = []
    for _ in range(_RUNS + 1):
        begun = time.process_time()
        done = search([_NOBODY], templates, names=_NAMES, tags=_TAGS, budget=1 << 62)
        times.append(time.process_time() - begun)
        assert done.tries == len(_NAMES) * len(_TAGS) * len(templates)
    return len(_NAMES) * len(_TAGS) / median(times[1:])


def _image(steps: int) -> tuple[bytes, list[Digest]]:
    """A config like those that Docker writes, and its layers."""
    layers = [Digest(sha256(b"layer %d" % number).hexdigest()) for number in range(steps)]
    history = [{"created": "2019-03-07T22:19:53.313789681Z", "created_by": f"/bin/sh -c dnf install --assumeyes package-{number}"} for number in range(steps)]
    settings = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Cmd": ["/bin/sh"], "Labels": {f"io.example.label-{number}": "x" * 40 for number in range(20)}}
    root = {"type": "layers", "diff_ids": [str(layer) for layer in layers]}
    config = {"architecture": "amd64", "os": "linux", "created": "2019-03-07T22:19:53.447205048Z", "config": settings, "history": history, "rootfs": root}
    return json.dumps(config).encode(), layers


if __name__ == "__main__":
    main()
