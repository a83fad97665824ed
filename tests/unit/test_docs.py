"""What the documentation says is what the program does."""

from pathlib import Path

import pytest

from redigest.cli import main

DOCS = Path(__file__).parents[2] / "docs"


def test_the_tables_of_rules_are_those_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "list", "--format", "md"]) == 0
    _, _, tables = (DOCS / "rules.md").read_text(encoding="utf-8").partition("<!-- tables -->\n")
    assert tables == capsys.readouterr().out, "run `make rules`"
