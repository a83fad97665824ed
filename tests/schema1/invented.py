"""Images that nobody would build: schema 2 manifests and configs, spelled in every way that JSON allows."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from redigest.media_types import SCHEMA_2
from redigest.model import Digest
from redigest.schema1.images import Image, read_image


def sha256(content: bytes) -> Digest:
    return Digest(hashlib.sha256(content).hexdigest())


LAYERS = tuple(sha256(b"layer %d" % number) for number in range(4))


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written."""

    written: str


@dataclass(frozen=True, slots=True)
class Invented:
    """A config, and the layers that go with it, oldest first, as indices into whatever layers there are."""

    config: bytes
    layers: tuple[int, ...]

    @property
    def image(self) -> Image:
        return image_of(self.config, [LAYERS[index] for index in self.layers])


def manifest_of(config: bytes, layers: Sequence[Digest]) -> bytes:
    """A schema 2 manifest; the sizes are invented."""
    described = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": str(sha256(config))}
    stack = [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 100, "digest": str(layer)} for layer in layers]
    return json.dumps({"schemaVersion": 2, "mediaType": SCHEMA_2, "config": described, "layers": stack}).encode()


def image_of(config: bytes, layers: Sequence[Digest]) -> Image:
    return read_image(manifest_of(config, layers), config)


ODD = [
    "<",
    ">",
    "&",
    "\u2028",
    "\u2029",
    "\x00",
    "\x01",
    "\b",
    "\f",
    "\n",
    "\r",
    "\t",
    "\x1f",
    "\x7f",
    "\x85",
    '"',
    "\\",
    "/",
    "'",
    "\ufffd",
    "\ufeff",
    "é",
    "😀",
]
texts = st.lists(st.one_of(st.sampled_from(ODD), st.characters(codec="utf-8")), max_size=8).map("".join)  # `st.text` would draw all characters alike
numbers = st.sampled_from(["0", "-0", "7", "1.50e+3", "1E5", "1e-7", "0.10", "123456789012345678901234567890", "-1.0"]).map(Number)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
_CLOCKS = ["00:00:00", "23:59:59", "22:22:54.690851950", "12:00:00.100000000", "12:00:00.1", "12:00:00.000000001", "12:00:00.000"]
_ZONES = ["Z", "+00:00", "-00:00", "+02:00", "-23:59"]
times = st.builds("{:04}-{}T{}{}".format, st.integers(1, 9999), st.sampled_from(["01-01", "02-28", "12-31"]), st.sampled_from(_CLOCKS), st.sampled_from(_ZONES))
_TAKEN = re.compile("rootfs|history|architecture", re.IGNORECASE)


def optional(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.one_of(st.none(), strategy)


def steps(is_empty: bool | None) -> st.SearchStrategy[dict[str, object]]:  # noqa: FBT001 -- it is what the step says
    known: dict[str, st.SearchStrategy[object]] = {
        "created": optional(times),
        "author": optional(texts),
        "created_by": optional(texts),
        "comment": optional(texts),
    }
    said: dict[str, st.SearchStrategy[object]] = {"empty_layer": st.just(is_empty)} if is_empty is not None else {}
    return st.fixed_dictionaries(said, optional={**known, "unknown": values})


@st.composite
def invented(draw: st.DrawFn) -> Invented:
    """Images that convert: each step has a layer or is empty, and there may be more layers than steps."""
    history = [draw(steps(is_empty)) for is_empty in draw(st.lists(st.sampled_from([None, False, True]), min_size=1, max_size=6))]
    count = sum(not step.get("empty_layer") for step in history) + draw(st.sampled_from([0, 0, 0, 1]))
    layers = tuple(draw(st.lists(st.integers(0, len(LAYERS) - 1), min_size=count, max_size=count)))
    root: dict[str, object] = {"type": "layers", "diff_ids": [f"sha256:{number:064}" for number in range(count)]}
    root |= draw(st.sampled_from([{}, {}, {"base_layer": "windowsservercore"}]))
    config: dict[str, object] = {key: value for key, value in draw(st.dictionaries(texts, values, max_size=3)).items() if not _TAKEN.fullmatch(key)}
    config |= draw(st.fixed_dictionaries({}, optional={"architecture": texts, "os": texts, "created": times, "id": texts, "parent": texts, "config": values}))
    config |= {"rootfs": root, "history": history}
    return Invented(_written(config, draw(st.randoms(use_true_random=False))).encode(), layers)


def _written(value: object, choices: Random) -> str:
    """JSON in a spelling of many."""
    comma, colon = choices.choice([(",", ":"), (", ", ": "), (" ,\n\t", " :\r\n")])
    match value:
        case Number(written):
            return written
        case str():
            return _spelled(value, choices)
        case list():
            return f"[{comma.join(_written(one, choices) for one in value)}]"
        case dict():
            members = [f"{_spelled(key, choices)}{colon}{_written(one, choices)}" for key, one in value.items()]
            choices.shuffle(members)
            return f"{{{comma.join(members)}}}"
        case _:
            return json.dumps(value)


def _spelled(chars: str, choices: Random) -> str:
    written = json.dumps(chars, ensure_ascii=choices.choice([True, False]))
    if choices.choice([True, False]):
        written = written.replace("/", r"\/").replace("<", r"\u003c").replace("&", r"\u0026").replace(r"\b", r"\u0008")
    return written
