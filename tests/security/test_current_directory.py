"""Where redigest is started may hold anything, and nothing of it is imported: not by the program, and not by the processes that it starts."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.run.bot import deployment
from tests.samples import ETCD, git, mapping_csv

MODULES = ("multiprocessing", "concurrent", "json", "redigest", "yaml", "click", "sitecustomize")


@pytest.mark.needs("git")
def test_imports_nothing_from_the_current_directory(tmp_path: Path) -> None:
    work, owned = tmp_path / "work", tmp_path / "owned"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    padding = b"# nothing\n" * 200_000  # so much that processes read it
    for number in range(3):
        (work / f"{number}.yaml").write_bytes(deployment(ETCD) + padding)
    for module in MODULES:
        (work / f"{module}.py").write_text(f"open({str(owned)!r}, 'a').write({module!r})\n")
    git(work, "add", "--all")
    git(work, "-c", "user.name=x", "-c", "user.email=x@example", "commit", "--quiet", "--message=Begin")
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    (tmp_path / "redigest.yaml").write_text(f"mapping: [schema1.csv]\ncache: cache\nrepositories: [{{path: {work}}}]\n")
    program = tmp_path / "program.py"  # what pip writes for the command, in a folder of its own
    program.write_text("import sys\nfrom redigest.cli import main\n\nif __name__ == '__main__':\n    sys.exit(main())\n")
    command = [sys.executable, str(program), "run", "--offline", "--config", str(tmp_path / "redigest.yaml")]
    ran = subprocess.run(command, cwd=work, check=False, capture_output=True, text=True)
    assert not owned.exists(), owned.read_text()
    assert ran.returncode == 0, ran.stderr
    assert "1 opened" in ran.stderr
