"""docs/one-off.md, followed word for word."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from redigest.report.findings import KINDS
from tests.oneoff.test_completion import REDIGEST
from tests.samples import ETCD, TOOLS, git, mapping_csv, plant, repository

PAGE = (Path(__file__).parents[2] / "docs/one-off.md").read_text(encoding="utf-8")
EXPECTED = (1, 0, 0, 0, 0, 0, 1, 0, 1)
"""Exit codes of the lines of all shell blocks; before the check in CI an old file comes in, and something new that is committed."""


@pytest.mark.needs("git")
def test_the_commands_do_what_the_page_says(tmp_path: Path) -> None:
    top = repository(tmp_path / "top", {"schema1.csv": mapping_csv(), "web.yaml": f"image: {ETCD.before}\n"})
    plant(tmp_path, {"bin/redigest": REDIGEST})
    (tmp_path / "bin/redigest").chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "GIT_PAGER": "cat"}
    lines = [line for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) for line in block.splitlines()]
    codes = []
    for line in lines:
        if "fix" in line and "--diff" in line:
            git(top, "checkout", "--", "web.yaml")
        if "scan --check" in line and "--since" not in line:
            plant(top, {"old.yaml": f"image: {TOOLS.before}\n"})
            git(top, "add", "--all")
            git(top, "commit", "--quiet", "--message", "more")
            git(top, "update-ref", "refs/remotes/origin/main", "HEAD")
        codes.append(subprocess.run(["bash", "-c", line], cwd=top, env=env, capture_output=True, check=False).returncode)
    assert tuple(codes) == EXPECTED, [*zip(lines, codes, strict=True)]
    assert (top / "web.yaml").read_text() == f"image: {ETCD.after}\n"
    (run,) = json.loads((top / "redigest.sarif").read_text())["runs"]
    issues = json.loads((top / "gl-code-quality-report.gl.json").read_text())
    found = [(each["ruleId"], each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for each in run["results"]]
    assert found == [(issue["check_name"], issue["location"]["path"]) for issue in issues]
    assert ("schema1-digest", "old.yaml") in found


def test_the_table_of_rules_has_every_kind() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (error|warning|note)", PAGE, re.MULTILINE)
    assert rows == [(kind.id, kind.level) for kind in KINDS]
