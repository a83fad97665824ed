"""What the owners of a repository say in `.redigest.yaml` holds for one run over a checkout too."""

import json
from pathlib import Path

import pytest

from tests.oneoff.command import redigest
from tests.samples import ETCD, git, harvest, mapping_csv, plant, repository

pytestmark = pytest.mark.needs("git")

LIVE = f"image: {ETCD.before}\n"
OUT = ".redigest.yaml leaves this file out"
OFF = ".redigest.yaml says `enabled: false`"
EXCLUDING = 'paths: {exclude: ["k8s/vendor/**"]}\n'
FILES = dict.fromkeys(("k8s/vendor/v.yaml", "k8s/a.yaml", "chart/c.yaml"), LIVE)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    return repository(tmp_path / "top", {**FILES, ".redigest.yaml": EXCLUDING})


def run(root: Path, *arguments: str | Path, cwd: str = ".") -> tuple[int, set[str], dict[str, str], str]:
    """The exit code, the files that were swapped in, why others were not, by their paths in the report, and standard error."""
    report, mapping = root.parent / "report.json", root.parent / "schema1.csv"
    report.unlink(missing_ok=True)
    code, _, stderr = redigest(*arguments, "--mapping", mapping, "--report", report, cwd=root / cwd)
    swapped = {name for name, content in harvest(root).items() if ETCD.new.hex.encode() in content}
    sightings = json.loads(report.read_text())["sightings"] if report.exists() else []
    return code, swapped, {sighting["path"]: sighting["reason"] for sighting in sightings if sighting["reason"] in (OFF, OUT)}, stderr


@pytest.mark.parametrize(
    ("text", "arguments", "cwd", "swapped", "kept"),
    [
        (EXCLUDING, (), ".", {"k8s/a.yaml", "chart/c.yaml"}, {"k8s/vendor/v.yaml": OUT}),
        ("paths: {exclude: [k8s]}\n", (), ".", {"chart/c.yaml"}, {"k8s/a.yaml": OUT, "k8s/vendor/v.yaml": OUT}),
        (EXCLUDING, ("k8s",), ".", {"k8s/a.yaml"}, {"vendor/v.yaml": OUT}),
        (EXCLUDING, ("k8s", "chart"), ".", {"k8s/a.yaml", "chart/c.yaml"}, {"k8s/vendor/v.yaml": OUT}),
        (EXCLUDING, ("k8s/vendor/v.yaml",), ".", set(), {"k8s/vendor/v.yaml": OUT}),
        (EXCLUDING, ("**/*.yaml",), ".", {"k8s/a.yaml", "chart/c.yaml"}, {"k8s/vendor/v.yaml": OUT}),
        (EXCLUDING, (".",), "k8s", {"k8s/a.yaml"}, {"vendor/v.yaml": OUT}),
        (EXCLUDING, ("--mentions", "--generated", "k8s/vendor"), ".", set(), {"v.yaml": OUT}),
        (EXCLUDING, ("top/k8s",), "..", {"k8s/a.yaml"}, {"vendor/v.yaml": OUT}),
        ('paths: {include: ["chart/*"]}\n', (), ".", {"chart/c.yaml"}, {"k8s/a.yaml": OUT, "k8s/vendor/v.yaml": OUT}),
        ("enabled: false\n", (), ".", set(), dict.fromkeys(FILES, OFF)),
        ("enabled: false\n", ("k8s/a.yaml",), ".", set(), {"k8s/a.yaml": OFF}),
        ("proposals: {group-by: folder}\n", (), ".", set(FILES), {}),
    ],
)
def test_what_owners_protect_is_kept_and_listed(text: str, arguments: tuple[str, ...], cwd: str, swapped: set[str], *, kept: dict[str, str], top: Path) -> None:
    (top / ".redigest.yaml").write_text(text)
    assert run(top, "fix", *arguments, cwd=cwd)[:3] == (0, swapped, kept)


def test_what_owners_protect_is_no_digest_to_swap(top: Path) -> None:
    (top / ".redigest.yaml").write_text("enabled: false\n")
    said = "left alone:\n  3 places: .redigest.yaml says `enabled: false` (3 with the digest of a schema 1 image)\n"
    assert redigest("scan", "--check", "--mapping", "../schema1.csv", cwd=top) == (0, "", said)
    code, _, stderr = redigest("scan", "--mapping", "../schema1.csv", cwd=top)
    assert (code, f"3 places: {OFF} (3 with the digest of a schema 1 image)" in stderr) == (0, True), stderr
    assert redigest("fix", "--diff", "--mapping", "../schema1.csv", cwd=top)[:2] == (0, "")


def test_each_repository_has_owners_of_its_own(top: Path) -> None:
    repository(top / "sub", {**FILES, ".redigest.yaml": "enabled: false\n"})
    plant(top.parent, {".redigest.yaml": "enabled: false\n", "plain/.redigest.yaml": "enabled: false\n", "plain/a.yaml": LIVE})
    assert run(top, "fix", "sub", "k8s")[1:3] == ({"k8s/a.yaml"}, {f"sub/{path}": OFF for path in FILES} | {"k8s/vendor/v.yaml": OUT})
    assert run(top, "fix", "sub")[1:3] == ({"k8s/a.yaml"}, dict.fromkeys(FILES, OFF))
    assert run(top, "fix", "..")[1:3] == (
        {"k8s/a.yaml", "chart/c.yaml"},
        {"top/k8s/vendor/v.yaml": OUT},
    )
    assert ETCD.new.hex in (top.parent / "plain/a.yaml").read_text(), "it is in no repository"


def _link(file: Path) -> None:
    file.unlink()
    file.symlink_to("../schema1.csv")


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda file: file.write_text("enabled: perhaps\n"), ".redigest.yaml:1:10: enabled must be true or false"),
        (lambda file: file.write_text("# " + "x" * (64 << 10)), ".redigest.yaml is larger than 64 KiB, which no such file is"),
        (_link, ".redigest.yaml is no regular file, so it is not known what the owners of the repository want"),
        (_folder, ".redigest.yaml is no regular file"),
    ],
    ids=["mistake", "size", "link", "folder"],
)
@pytest.mark.parametrize(("path", "cwd"), [(".", "."), ("chart", "."), ("c.yaml", "chart")])
def test_what_cannot_be_understood_ends_it(spoil: object, message: str, path: str, cwd: str, top: Path) -> None:
    assert callable(spoil)
    spoil(top / ".redigest.yaml")
    code, swapped, _, stderr = run(top, "fix", path, cwd=cwd)
    assert (code, swapped) == (3, set())
    assert message in stderr


def test_verify_passes_what_fix_has_made(top: Path) -> None:
    run(top, "fix", "k8s")
    run(top, "fix", "chart")
    git(top, "commit", "--quiet", "--all", "--message", "swap")
    code, _, stderr = redigest("verify", "--mapping", "../schema1.csv", "HEAD~..HEAD", cwd=top)
    assert code == 0, stderr
