"""Known schema 1 payloads: those in `tests/vectors`, and more beside the checkout or where REDIGEST_VECTORS says, made of images that others published."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from redigest.schema1.images import Image, read_image

OURS = Path(__file__).parents[1] / "vectors"
OTHERS = Path(os.environ.get("REDIGEST_VECTORS") or Path(__file__).parents[3] / "shared" / "data" / "schema1-vectors")


@dataclass(frozen=True, slots=True)
class Vector:
    """One image, and what one program made of it; `payload` is `None` where the program refuses it, and `signed` where there is no body with signatures."""

    folder: Path
    flavour: str
    name: str
    tag: str
    digest: str
    payload: bytes | None
    signed: bytes | None

    @property
    def image(self) -> Image:
        return read_image((self.folder / "s2.json").read_bytes(), (self.folder / "config.json").read_bytes())

    def __str__(self) -> str:
        return f"{self.folder.name}-{self.flavour}"


def vectors(root: Path, prefix: str) -> list[Vector]:
    """All vectors below a folder in those of its folders whose names begin so; none where there is no such folder."""
    index = root / "index.json"
    listed = json.loads(index.read_text(encoding="utf-8")) if index.exists() else []
    return [_vector(root / image["dir"], case) for image in listed if image["dir"].startswith(prefix) for case in image["cases"]]


def _vector(folder: Path, case: Mapping[str, str]) -> Vector:
    def content(key: str) -> bytes | None:
        return (folder / case[key]).read_bytes() if key in case else None

    return Vector(folder, case["flavour"], case["name"], case["tag"], case.get("s1_digest", ""), content("payload"), content("signed"))


LAB = vectors(OURS, "lab-")
REAL = vectors(OTHERS, "real-")
ALL = [*LAB, *REAL]
CONVERTED = [vector for vector in ALL if vector.payload is not None]
REFUSED = [vector for vector in ALL if vector.payload is None]
