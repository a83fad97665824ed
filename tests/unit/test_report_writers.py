import os
import subprocess
import sys
from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.report import WRITERS, write, writer
from tests.unit.report_outcomes import everything, report


@pytest.mark.parametrize(
    ("name", "suffix"), [("report.json", ".json"), ("a.b/REPORT.JSON", ".json"), ("report.2026.md", ".md"), (".md", ".md"), ("r.GL.json", ".gl.json")]
)
def test_the_suffix_chooses_the_writer(name: str, suffix: str) -> None:
    assert writer(Path(name)) is WRITERS[suffix]


@pytest.mark.parametrize("name", ["report.xml", "report.gl", "report", "report.json.gz", "json"])
def test_another_suffix_is_an_error_that_names_those_there_are(name: str) -> None:
    with pytest.raises(UsageError, match=rf"^{name}: the suffix of a report is one of \.gl\.json, \.json, \.md, \.html, \.sarif$"):
        writer(Path(name))


@pytest.mark.parametrize("name", ["report.json", "report.md", "report.html", "report.sarif", "report.gl.json"])
def test_writes_what_the_writer_makes(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    write(report(everything()), path)
    assert path.read_bytes() == writer(path)(report(everything())).encode()


def test_a_file_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "report.json"
    with pytest.raises(UsageError, match=r"missing/report\.json: the report cannot be written \(No such file or directory\)"):
        write(report(everything()), path)


@pytest.mark.parametrize("module", ["redigest.report", "redigest.report.json", "redigest.report.markdown", "redigest.report.terminal"])
def test_heavy_modules_are_not_imported(module: str) -> None:
    program = f"import sys, {module}; print(*sorted({{'pydantic', 'rich', 'jinja2'}} & {{*sys.modules}}))"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
