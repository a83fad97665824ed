"""Where the globs under `paths` of a configuration begin, whatever is named on the command line."""

from pathlib import Path

import pytest

from tests.oneoff.command import redigest
from tests.samples import ETCD, harvest, mapping_csv, plant, repository

pytestmark = pytest.mark.needs("git")

LIVE = f"image: {ETCD.before}\n"
EXCLUDING = 'mapping: [SCHEMA1]\npaths: {exclude: ["k8s/vendor/**"]}\n'
KEPT = {"k8s/vendor/v.yaml", "apps/k8s/vendor/w.yaml"}
FILES = dict.fromkeys(("k8s/a.yaml", "chart/c.yaml", *KEPT), LIVE)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository whose configuration leaves out a folder, beside a configuration that says the same."""
    text = EXCLUDING.replace("SCHEMA1", str(tmp_path / "schema1.csv"))
    plant(tmp_path, {"schema1.csv": mapping_csv(), "central.yaml": text, "elsewhere/redigest.yaml": text})
    return repository(tmp_path / "top", {**FILES, "redigest.yaml": text, "apps/redigest.yaml": text})


def swapped(root: Path) -> set[str]:
    return {name for name, content in harvest(root).items() if ETCD.new.hex.encode() in content}


@pytest.mark.parametrize(
    ("arguments", "cwd", "expected"),
    [
        pytest.param((), ".", {"k8s/a.yaml", "chart/c.yaml", "apps/k8s/vendor/w.yaml"}, id="nothing"),
        pytest.param(("k8s",), ".", {"k8s/a.yaml"}, id="one folder"),
        pytest.param(("k8s", "chart"), ".", {"k8s/a.yaml", "chart/c.yaml"}, id="two folders"),
        pytest.param(("k8s/vendor",), ".", set(), id="the folder that is left out"),
        pytest.param(("k8s/vendor/v.yaml",), ".", set(), id="a file that is left out"),
        pytest.param(("k8s/vendor/v.yaml", "k8s/a.yaml"), ".", {"k8s/a.yaml"}, id="two files"),
        pytest.param(("k8s/**/*.yaml",), ".", {"k8s/a.yaml"}, id="a pattern"),
        pytest.param(("../top/k8s",), ".", {"k8s/a.yaml"}, id="by another way"),
        pytest.param(("--config", "redigest.yaml", "k8s"), ".", {"k8s/a.yaml"}, id="the same configuration, named"),
        pytest.param(("--config", "../redigest.yaml"), "k8s", {"k8s/a.yaml"}, id="from a folder below"),
        pytest.param(("--config", "../redigest.yaml", "vendor", "../chart"), "k8s", {"chart/c.yaml"}, id="two folders from a folder below"),
        pytest.param(("--config", "../central.yaml"), ".", {"k8s/a.yaml", "chart/c.yaml", "apps/k8s/vendor/w.yaml"}, id="a configuration above"),
        pytest.param(("--config", "../central.yaml", "k8s"), ".", {"k8s/a.yaml"}, id="a configuration above, one folder"),
        pytest.param(("--config", "../../elsewhere/redigest.yaml", "."), "k8s", {"k8s/a.yaml"}, id="a configuration elsewhere, from below"),
        pytest.param(("--config", "../elsewhere/redigest.yaml", "k8s/vendor", "chart"), ".", {"chart/c.yaml"}, id="a configuration elsewhere"),
        pytest.param(("../top/k8s", "../top/chart"), "../elsewhere", {"k8s/a.yaml", "chart/c.yaml"}, id="a configuration here, and files elsewhere"),
        pytest.param(("k8s",), "apps", set(), id="a configuration below the top"),
        pytest.param(("..",), "apps", {"k8s/a.yaml", "chart/c.yaml"}, id="above the configuration"),
    ],
)
def test_globs_of_a_configuration_begin_at_one_place(arguments: tuple[str, ...], cwd: str, expected: set[str], top: Path) -> None:
    code, _, stderr = redigest("fix", *arguments, cwd=top / cwd)
    assert (code, swapped(top)) == (0, expected), stderr


@pytest.mark.parametrize("arguments", [("libs/sub",), ("libs/sub", "k8s"), ("libs/sub/k8s/a.yaml", "libs/sub/k8s/vendor")])
def test_a_repository_inside_is_below_the_configuration(arguments: tuple[str, ...], top: Path) -> None:
    text = (top / "redigest.yaml").read_text()
    repository(top / "libs/sub", FILES)
    plant(top, {"redigest.yaml": text.replace("k8s/vendor", "libs/sub/k8s/vendor")})
    assert redigest("fix", *arguments, cwd=top)[0] == 0
    assert {"libs/sub/k8s/a.yaml"} <= swapped(top)
    assert "libs/sub/k8s/vendor/v.yaml" not in swapped(top)


@pytest.mark.parametrize(
    ("config", "arguments", "expected"),
    [
        pytest.param("redigest.yaml", ("k8s",), {"k8s/a.yaml"}, id="below the configuration"),
        pytest.param("redigest.yaml", ("k8s", "chart"), {"k8s/a.yaml", "chart/c.yaml"}, id="two folders"),
        pytest.param("../elsewhere/redigest.yaml", (), {"k8s/a.yaml", "chart/c.yaml", "apps/k8s/vendor/w.yaml"}, id="the folder that is named"),
        pytest.param("../elsewhere/redigest.yaml", ("apps",), set(), id="a folder that is named"),
        pytest.param("../elsewhere/redigest.yaml", ("apps", "chart"), {"chart/c.yaml"}, id="two folders that are named"),
    ],
)
def test_outside_of_a_repository_they_begin_at_the_configuration_or_what_is_named(
    config: str, arguments: tuple[str, ...], expected: set[str], tmp_path: Path
) -> None:
    text = EXCLUDING.replace("SCHEMA1", str(tmp_path / "schema1.csv"))
    tree = plant(tmp_path / "tree", {**FILES, "redigest.yaml": text})
    plant(tmp_path, {"schema1.csv": mapping_csv(), "elsewhere/redigest.yaml": text})
    code, _, stderr = redigest("fix", "--config", config, *arguments, cwd=tree, env={"GIT_CEILING_DIRECTORIES": str(tmp_path)})
    assert (code, swapped(tree)) == (0, expected), stderr


def test_what_is_included_begins_there_too(top: Path) -> None:
    (top / "redigest.yaml").write_text((top / "redigest.yaml").read_text().replace("exclude:", "include:"))
    assert redigest("fix", "k8s", cwd=top)[0] == 0
    assert swapped(top) == {"k8s/vendor/v.yaml"}
