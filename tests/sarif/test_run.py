"""SARIF of a run over repositories: it is about the commits that were looked at, in a later run too that finds them as they were left."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from tests.oneoff.command import redigest
from tests.samples import ETCD, git, mapping_csv, plant, repository

pytestmark = pytest.mark.needs("git")

SCHEMA = json.loads((Path(__file__).parent / "schemas/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
CONFIG = "mapping: [schema1.csv]\nrepositories:\n  - {path: deploy, branches: [main, old]}\n  - {path: missing}\ncache: cache\n"


def test_names_branch_and_commit_of_each_tree(tmp_path: Path) -> None:
    deploy = repository(tmp_path / "deploy", {"k8s/web.yaml": f"image: {ETCD.before}\n"})
    git(deploy, "branch", "old")
    plant(tmp_path, {"schema1.csv": mapping_csv(), "redigest.yaml": CONFIG})
    head = git(deploy, "rev-parse", "HEAD").decode().strip()
    for outcome in ("opened", "unchanged"):
        code, _, stderr = redigest("run", "--report", "fleet.sarif", cwd=tmp_path)
        assert (code, outcome in stderr) == (3, True), stderr
        log: dict[str, Any] = json.loads((tmp_path / "fleet.sarif").read_text())
        assert [error.message for error in Draft4Validator(SCHEMA).iter_errors(log)] == []
        *trees, rest = log["runs"]
        assert [run["versionControlProvenance"] for run in trees] == [
            [{"repositoryUri": deploy.as_uri(), "branch": branch, "revisionId": head}] for branch in ("main", "old")
        ]
        for run in trees:
            (found,) = run["results"]
            assert found["ruleId"] == "schema1-digest"
            assert found["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"] == {"text": ETCD.new.hex}
        (notice,) = rest["invocations"][0]["toolExecutionNotifications"]
        assert notice["message"]["text"].startswith("missing: failed (sources)")
