import subprocess
import sys
from pathlib import Path

from tests.samples import ETCD, mapping_csv, plant

PROGRAM = """
import sys
from redigest.cli import main
print(main(), *sorted({"httpx", "stamina", "h2"} & {*sys.modules}))
"""


def test_scans_with_a_mapping_without_loading_the_http_client(tmp_path: Path) -> None:
    plant(tmp_path, {"deploy/pod.yaml": f"image: {ETCD.before}\n", "schema1.csv": mapping_csv()})
    command = [sys.executable, "-c", PROGRAM, "scan", "deploy", "--mapping", "schema1.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
