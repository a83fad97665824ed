"""The schemas in `docs/schemas` are those of the models."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from redigest.schemas import schemas, write

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", sorted(schemas()))
def test_publishes_the_schema_of_the_models(name: str) -> None:
    assert (PUBLISHED / name).read_text(encoding="utf-8") == schemas()[name], "run `make schema`"


@pytest.mark.parametrize("name", sorted(schemas()))
def test_says_what_it_is_and_in_which_draft(name: str) -> None:
    schema = json.loads(schemas()[name])
    Draft202012Validator.check_schema(schema)
    assert (schema["$schema"], "redigest" in schema["title"]) == ("https://json-schema.org/draft/2020-12/schema", True)


def test_writes_every_schema(tmp_path: Path) -> None:
    write(tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(schemas())
