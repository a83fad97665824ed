"""The schemas in `docs/schemas` are those of the models."""

from pathlib import Path

import pytest

from redigest.schemas import schemas, write

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", ["config.schema.json", "report.schema.json"])
def test_publishes_the_schema_of_the_models(name: str) -> None:
    assert (PUBLISHED / name).read_text(encoding="utf-8") == schemas()[name], "run `make schema`"


def test_writes_every_schema(tmp_path: Path) -> None:
    write(tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(schemas())
