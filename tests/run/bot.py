"""The bot as a person runs it: a folder with a configuration and a mapping, the command line, and what it says."""

import contextlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from redigest.cli import main
from tests.samples import IMAGES, Image, mapping_csv


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one run."""

    code: int
    said: str
    report: Mapping[str, Any]

    @property
    def outcomes(self) -> list[str]:
        """The outcome of each line of the report, in order."""
        return [line["outcome"] for line in self.report["repositories"]]

    @property
    def messages(self) -> str:
        return "\n".join(line["message"] or "" for line in self.report["repositories"])


@dataclass(slots=True)
class Bot:
    """Runs `redigest run` in a folder of its own; `config` can be changed between runs."""

    folder: Path
    config: dict[str, Any] = field(default_factory=dict)

    def knows(self, images: Iterable[Image] = IMAGES) -> None:
        """Write the mapping anew."""
        (self.folder / "schema1.csv").write_text(mapping_csv(*images))

    def run(self, *flags: str) -> Ran:
        """Run once, in this process."""
        (self.folder / "redigest.yaml").write_text(yaml.safe_dump({"mapping": ["schema1.csv"], "cache": "cache", **self.config}))
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        said = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stderr(said):
            code = main(["run", *flags, "--report", "report.json"])
        assert "Traceback" not in said.getvalue(), said.getvalue()
        return Ran(code, said.getvalue(), json.loads(report.read_bytes()) if report.exists() else {})


def deployment(*images: Image, name: str = "web") -> bytes:
    """A Kubernetes manifest that runs images by their schema 1 digests."""
    containers = "".join(f"        - name: c{number}\n          image: {image.before}\n" for number, image in enumerate(images))
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n      containers:\n{containers}".encode()
