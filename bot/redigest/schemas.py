"""The published JSON Schemas, made from the models: `python -m redigest.schemas DIR` writes them."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel


def schemas() -> dict[str, str]:
    """The text of each schema by file name."""
    from redigest.config_file import schema as config_schema
    from redigest.narrowing import Narrowing
    from redigest.report.model import Document
    from redigest.report.verification_model import Verification

    made = {
        "config.schema.json": config_schema(),
        "narrowing.schema.json": config_schema(Narrowing),
        "report.schema.json": _published(Document),
        "verification.schema.json": _published(Verification),
    }
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in made.items()}


def _published(model: type["BaseModel"]) -> dict[str, object]:
    """The schema of a model, with the draft of JSON Schema that it is written in."""
    from pydantic.json_schema import GenerateJsonSchema

    return {"$schema": GenerateJsonSchema.schema_dialect, **model.model_json_schema()}


def write(folder: Path) -> None:
    """Write every schema into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
