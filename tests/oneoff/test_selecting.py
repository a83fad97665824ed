"""Which files of a monorepo a run looks into: what git knows, paths and patterns, and what has changed since a revision."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oneoff.command import redigest
from tests.samples import ETCD, TOOLS, git, harvest, legacy, mapping_csv, plant, repository

pytestmark = pytest.mark.needs("git")

LIVE = f"image: {ETCD.before}\n"
MAPPING = ("--mapping", "schema1.csv")
NOT_UTF_8 = os.fsdecode(b"caf\xe9.yaml")


@pytest.fixture
def monorepo(tmp_path: Path) -> Path:
    """A repository with a digest in each of its files, some of which git ignores."""
    files = {f"{name}.yaml": LIVE for name in ("web", "clusters/east/a", "clusters/west/deep/b", "clusters/west/c", "apps/[1]")}
    top = repository(tmp_path / "top", {"schema1.csv": mapping_csv(), ".gitignore": "/out/\n*.out.yaml\n", **files})
    return plant(top, {"out/made.yaml": LIVE, "clusters/east/run.out.yaml": f"image: {ETCD.before}\n"})


def found(root: Path, *arguments: str, cwd: str = ".") -> list[str]:
    """The files with something to swap, as `scan --check` names them."""
    mapping = root / "schema1.csv"
    code, stdout, stderr = redigest("scan", "--check", "--mapping", mapping, *arguments, cwd=root / cwd)
    assert code == (1 if stdout else 0), stderr
    return [line.partition(":")[0] for line in stdout.splitlines()]


ALL = ["apps/[1].yaml", "clusters/east/a.yaml", "clusters/west/c.yaml", "clusters/west/deep/b.yaml", "web.yaml"]


@pytest.mark.parametrize(
    ("arguments", "cwd", "expected"),
    [
        pytest.param((), ".", ALL, id="everything"),
        pytest.param(("--all",), ".", sorted([*ALL, "out/made.yaml", "clusters/east/run.out.yaml"]), id="what is ignored too"),
        pytest.param(("out/made.yaml",), ".", ["out/made.yaml"], id="a file that is named"),
        pytest.param(("out",), ".", [], id="a folder that is ignored"),
        pytest.param(("--all", "out"), ".", ["out/made.yaml"], id="a folder that is ignored, with all"),
        pytest.param(("clusters/**/[abc].yaml",), ".", ALL[1:4], id="a pattern over folders"),
        pytest.param(("clusters/*/?.yaml",), ".", ALL[1:3], id="a pattern within folders"),
        pytest.param(("*.yaml",), ".", ["web.yaml"], id="a pattern at the top"),
        pytest.param(("**/[ab].yaml",), ".", [ALL[1], ALL[3]], id="a pattern with letters"),
        pytest.param(("apps/[1].yaml",), ".", ["apps/[1].yaml"], id="a name that looks like a pattern"),
        pytest.param(("clusters/e*/**", "web.yaml"), ".", [ALL[1], "web.yaml"], id="a pattern and a file"),
        pytest.param(("--all", "clusters/e*/**"), ".", [ALL[1], "clusters/east/run.out.yaml"], id="a pattern with what is ignored"),
        pytest.param(("../web.yaml", "east/?.yaml"), "clusters", ["east/a.yaml", "../web.yaml"], id="from a folder below"),
        pytest.param(("../*.yaml",), "clusters", ["../web.yaml"], id="a pattern above"),
    ],
)
def test_looks_into_what_was_asked_for(arguments: tuple[str, ...], cwd: str, expected: list[str], monorepo: Path) -> None:
    assert found(monorepo, *arguments, cwd=cwd) == expected


@pytest.mark.parametrize("pattern", ["*.yml", "nowhere/*.yaml", "out/*.yaml", "missing.yaml"])
def test_a_path_that_fits_nothing_is_an_error(pattern: str, monorepo: Path) -> None:
    code, stdout, stderr = redigest("scan", pattern, *MAPPING, cwd=monorepo)
    assert (code, stdout) == (2, "")
    assert stderr.startswith(f"redigest: {pattern.partition('/*')[0]}")
    assert "no such file" in stderr.lower()


def test_a_pattern_chooses_what_fix_changes(monorepo: Path) -> None:
    before = harvest(monorepo)
    assert redigest("fix", "clusters/**/*.yaml", *MAPPING, cwd=monorepo)[0] == 0
    changed = {name for name, content in harvest(monorepo).items() if content != before[name]}
    assert changed == set(ALL[1:4])


def _commit(root: Path, *arguments: str) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "change", *arguments)


def _edit(path: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_text(f"# changed\n{LIVE}")


def _add(path: str) -> Callable[[Path], object]:
    return lambda root: plant(root, {path: LIVE})


def _move(root: Path) -> None:
    git(root, "mv", "web.yaml", "moved.yaml")


def _delete(root: Path) -> None:
    (root / "web.yaml").unlink()


def _touch(root: Path) -> None:
    os.utime(root / "web.yaml", (1, 1))


def _make_executable(root: Path) -> None:
    (root / "web.yaml").chmod(0o755)


def _there_and_back(root: Path) -> None:
    _edit("web.yaml")(root)
    _commit(root)
    (root / "web.yaml").write_text(LIVE)


@pytest.mark.parametrize("is_committed", [True, False])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(_edit("web.yaml"), ["web.yaml"], id="changed"),
        pytest.param(_add("new/file.yaml"), ["new/file.yaml"], id="added"),
        pytest.param(_add(NOT_UTF_8), ["caf\\xe9.yaml"], id="a name that is not UTF-8"),
        pytest.param(_add('a "b"\tc.yaml'), ['a "b"\\x09c.yaml'], id="a name that git quotes"),
        pytest.param(_move, ["moved.yaml"], id="moved"),
        pytest.param(_delete, [], id="deleted"),
        pytest.param(_touch, [], id="touched"),
        pytest.param(_make_executable, [], id="another mode"),
        pytest.param(_there_and_back, [], id="there and back"),
        pytest.param(_add("out/more.yaml"), [], id="ignored"),
    ],
)
def test_looks_only_into_what_has_changed(change: Callable[[Path], object], expected: list[str], monorepo: Path, *, is_committed: bool) -> None:
    git(monorepo, "branch", "base")
    change(monorepo)
    if is_committed:
        _commit(monorepo, "--allow-empty")
    assert found(monorepo, "--since", "base") == expected
    assert found(monorepo, "--since", "base", "clusters") == []


def test_what_the_other_branch_has_changed_since_does_not_count(monorepo: Path) -> None:
    git(monorepo, "switch", "--quiet", "--create", "topic")
    _edit("clusters/west/c.yaml")(monorepo)
    _commit(monorepo)
    git(monorepo, "switch", "--quiet", "main")
    _edit("web.yaml")(monorepo)
    _commit(monorepo)
    git(monorepo, "switch", "--quiet", "topic")
    assert found(monorepo, "--since", "main") == ["clusters/west/c.yaml"]
    assert found(monorepo, "--since", "main", cwd="clusters/west") == ["c.yaml"]
    assert found(monorepo, "--since", "main~1", ".", cwd="apps") == []


@pytest.mark.parametrize("revision", [":/^firs", "HEAD^{/first}", "HEAD~", "first", "@{1}"])
def test_a_revision_is_named_in_any_way_that_git_knows(revision: str, monorepo: Path) -> None:
    git(monorepo, "commit", "--quiet", "--amend", "--message", "first")
    git(monorepo, "tag", "--annotate", "--message", "a tag", "first")
    _edit("web.yaml")(monorepo)
    _commit(monorepo)
    assert found(monorepo, "--since", revision) == ["web.yaml"]


def test_fix_changes_only_what_has_changed(monorepo: Path) -> None:
    _edit("web.yaml")(monorepo)
    before = harvest(monorepo)
    assert redigest("fix", "--since", "HEAD", *MAPPING, cwd=monorepo)[0] == 0
    assert {name for name, content in harvest(monorepo).items() if content != before[name]} == {"web.yaml"}


def test_runs_no_filter_to_tell_what_has_changed(monorepo: Path) -> None:
    git(monorepo, "config", "filter.evil.clean", "touch ran; cat")
    plant(monorepo, {".gitattributes": "*.yaml filter=evil\n", "web.yaml": f"# changed\n{LIVE}"})
    assert found(monorepo, "--since", "HEAD") == ["web.yaml"]
    assert not (monorepo / "ran").exists()


def test_every_repository_is_asked_what_has_changed_in_it(monorepo: Path, tmp_path: Path) -> None:
    for place in (monorepo / "inner", tmp_path / "beside"):
        repository(place, {"a.yaml": LIVE, "sub/b.yaml": LIVE})
        git(place, "branch", "base")
        _edit("sub/b.yaml")(place)
        _commit(place)
    git(monorepo, "branch", "base")
    _edit("web.yaml")(monorepo)
    since = ("--since", "base")
    assert found(monorepo, *since, "inner") == ["inner/sub/b.yaml"]
    assert found(monorepo, *since, "web.yaml", "inner/**/*.yaml") == ["inner/sub/b.yaml", "web.yaml"]
    assert found(monorepo, *since, "../beside", "web.yaml", "clusters") == ["../beside/sub/b.yaml", "web.yaml"]
    assert found(monorepo, *since, "../../beside/sub", "../inner/a.yaml", cwd="apps") == ["../../beside/sub/b.yaml"]
    git(monorepo / "inner", "branch", "--delete", "base")
    code, _, stderr = redigest("scan", *since, *MAPPING, "inner", "web.yaml", cwd=monorepo)
    assert (code, "base: no such revision" in stderr) == (2, True)


CONVERTED = {
    "an attribute": ("*.yaml text eol=crlf\n", {}, LIVE.replace("\n", "\r\n")),
    "a setting": ("", {"core.autocrlf": "true"}, LIVE.replace("\n", "\r\n")),
    "an identity": ("*.yaml ident\n", {}, "$Id: "),
    "a filter": ("*.yaml filter=x\n", {"filter.x.smudge": "sed s/^image/note/ | tee ran", "filter.x.clean": "sed s/^note/image/ | tee ran"}, "note: "),
}


@pytest.mark.parametrize("kind", CONVERTED)
def test_what_git_has_converted_has_not_changed(kind: str, tmp_path: Path) -> None:
    attributes, settings, expected = CONVERTED[kind]
    top = repository(
        tmp_path / "top", {"schema1.csv": mapping_csv(), ".gitattributes": attributes, "web.yaml": f"# $Id$\n{LIVE}", "api.yaml": f"# $Id$\n{LIVE}"}
    )
    for key, value in settings.items():
        git(top, "config", key, value)
    for path in ("web.yaml", "api.yaml"):
        (top / path).unlink()
        git(top, "checkout-index", "--force", "--index", path)
        os.utime(top / path, (1, 1))
        assert expected in (top / path).read_bytes().decode("latin-1")
    git(top, "update-index", "--refresh")
    (top / "ran").unlink(missing_ok=True)
    assert found(top, "--since", "HEAD") == []
    (top / "api.yaml").write_text(f"{LIVE}# changed\n")
    assert found(top, "--since", "HEAD") == ["api.yaml"]
    assert not (top / "ran").exists()


@pytest.mark.parametrize("hiding", ["--assume-unchanged", "--skip-worktree"])
def test_what_git_was_told_to_take_for_unchanged_has_changed(hiding: str, monorepo: Path) -> None:
    git(monorepo, "update-index", hiding, "web.yaml")
    _edit("web.yaml")(monorepo)
    assert found(monorepo, "--since", "HEAD") == ["web.yaml"]


@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("nowhere", "nowhere: no such revision in this repository; fetch it first"),
        ("--output=x", "--output=x: no revision begins with a dash"),
        ("-h", "-h: no revision begins with a dash"),
        ("", "no such revision"),
        ("HEAD:web.yaml", "HEAD:web.yaml: no such revision"),
        ("stranger", "stranger: has no commit in common with HEAD here"),
    ],
)
def test_a_revision_that_is_none_is_an_error(revision: str, message: str, monorepo: Path) -> None:
    tree = git(monorepo, "rev-parse", "HEAD^{tree}").decode().strip()
    git(monorepo, "branch", "stranger", git(monorepo, "commit-tree", "-m", "unrelated", tree).decode().strip())
    code, stdout, stderr = redigest("fix", f"--since={revision}", *MAPPING, cwd=monorepo)
    assert (code, stdout) == (2, "")
    assert message in stderr
    assert (monorepo / "web.yaml").read_text() == LIVE


def test_outside_of_a_repository_nothing_has_changed_since(tmp_path: Path) -> None:
    plant(tmp_path, {"web.yaml": LIVE, "schema1.csv": mapping_csv()})
    code, _, stderr = redigest("scan", "--since", "main", *MAPPING, cwd=tmp_path, env={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
    assert code == 2
    assert "not in a repository that git can read, so --since cannot tell what has changed" in stderr


def test_a_shallow_clone_says_what_to_do(monorepo: Path, tmp_path: Path) -> None:
    git(monorepo, "branch", "base")
    _edit("web.yaml")(monorepo)
    _commit(monorepo)
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{monorepo}", "clone")
    code, _, stderr = redigest("scan", "--since", "origin/base", *MAPPING, cwd=tmp_path / "clone")
    assert code == 2
    assert "origin/base: no such revision in this repository; fetch it first" in stderr


CHECK = f"web.yaml:1:45: {ETCD.name} is pinned by the schema 1 digest {ETCD.old}; the same image has the schema 2 digest {ETCD.new} (evidence: mapping).\n"


def test_check_prints_a_line_for_each_digest_and_nothing_else(tmp_path: Path) -> None:
    files = {"schema1.csv": mapping_csv(), "web.yaml": LIVE, "left.yaml": f"# {TOOLS.before}\nimage: {TOOLS.after}\n", "new\nline.yaml": LIVE}
    plant(tmp_path, files)
    before = harvest(tmp_path)
    assert redigest("scan", "--check", *MAPPING, cwd=tmp_path) == (1, CHECK.replace("web", "new\\x0aline") + CHECK, "")
    assert redigest("scan", "--check", "left.yaml", *MAPPING, cwd=tmp_path) == (0, "", "")
    assert redigest("scan", "--check", "--mapping", tmp_path / "schema1.csv", tmp_path, cwd=tmp_path.parent)[1].endswith(f"\n{tmp_path.name}/{CHECK}")
    assert harvest(tmp_path) == before


def test_check_prints_what_stays_only_if_that_counts(tmp_path: Path) -> None:
    """A digest is schema 1 whose rows contradict each other; in a comment it is in nobody's way."""
    contradiction = f"{ETCD.name},,{ETCD.old},{TOOLS.new}\n"
    plant(tmp_path, {"schema1.csv": mapping_csv(ETCD) + contradiction, "web.yaml": LIVE + f"# {ETCD.before}\n"})
    code, stdout, stderr = redigest("scan", "--check", *MAPPING, cwd=tmp_path)
    assert (code, stdout, stderr.startswith("schema 1, and kept:\n")) == (0, "", True)
    code, stdout, _ = redigest("scan", "--check", "--strict", *MAPPING, cwd=tmp_path)
    assert (code, len(stdout.splitlines())) == (1, 1)
    assert stdout.startswith(f"web.yaml:1:45: {ETCD.name} is pinned by the schema 1 digest {ETCD.old}, which stays: conflict: ")
    assert redigest("fix", *MAPPING, cwd=tmp_path)[0] == 1


def test_nothing_is_left_where_all_is_unpinned(tmp_path: Path) -> None:
    plant(tmp_path, {"web.yaml": f"image: {legacy(tmp_path)}\n"})
    assert redigest("fix", "--unpin", "--strict", "--manifests", "m", "web.yaml", cwd=tmp_path)[0] == 0
    assert (tmp_path / "web.yaml").read_text() == "image: registry.example/rhel7/old:7.6\n"


def test_check_prints_what_is_unknown_only_if_that_counts(tmp_path: Path) -> None:
    plant(tmp_path, {"schema1.csv": mapping_csv(TOOLS), "web.yaml": LIVE})
    assert redigest("scan", "--check", *MAPPING, cwd=tmp_path) == (0, "", "")
    code, stdout, stderr = redigest("scan", "--check", "--strict", *MAPPING, cwd=tmp_path)
    assert (code, stderr) == (1, "")
    assert stdout.startswith(f"web.yaml:1:45: {ETCD.name} is pinned by {ETCD.old}, and nothing tells whether that is schema 1: ")
