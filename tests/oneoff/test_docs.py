"""What docs/one-off.md says of findings; tests/docs follows its commands."""

import re
from pathlib import Path

from redigest.report.findings import KINDS

PAGE = (Path(__file__).parents[2] / "docs/one-off.md").read_text(encoding="utf-8")


def test_the_table_of_rules_has_every_kind() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (error|warning|note)", PAGE, re.MULTILINE)
    assert rows == [(kind.id, kind.level) for kind in KINDS]
