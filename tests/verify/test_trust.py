"""Nothing that the check goes by comes from the commit that is checked, which is the one in the work tree of a CI job."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.run.bot import deployment
from tests.samples import ETCD, STRANGER, git, mapping_csv, plant, repository
from tests.verify.checking import Said, said

pytestmark = pytest.mark.needs("git")

FORGED = mapping_csv(STRANGER)
RULE = "title: T\nrules:\n- {id: mine, title: T, places: [mine], shape: reference, examples: {found: [], left: []}}\n"
BEFORE = deployment(STRANGER)
AFTER = BEFORE.replace(STRANGER.old.hex.encode(), STRANGER.new.hex.encode())


def checked_out(folder: Path, base: Mapping[str, str | bytes], head: Mapping[str, str | bytes]) -> Path:
    """A work tree at the commit that is checked."""
    work = repository(folder / "work", {"web.yaml": BEFORE, **base})
    git(work, "switch", "--quiet", "--create", "head")
    plant(work, {"web.yaml": AFTER, **head})
    git(work, "add", "--all", "--force")
    git(work, "commit", "--quiet", "--message", "swap")
    return work


def verify(work: Path, *flags: str) -> Said:
    with contextlib.chdir(work):
        return said("verify", "--offline", *flags, "main..head")


def test_reads_a_mapping_in_the_work_tree_as_the_base_has_it(tmp_path: Path) -> None:
    work = checked_out(tmp_path, {"schema1.csv": mapping_csv(ETCD)}, {"schema1.csv": FORGED})
    checked = verify(work, "--mapping", "schema1.csv")
    assert checked.code == 1
    assert [line for line in checked.lines if line.startswith("web.yaml:10:") and "without evidence" in line], checked.text
    assert [line for line in checked.lines if line.startswith("schema1.csv:2:")], checked.text


def test_cites_a_mapping_by_the_name_that_it_was_given(tmp_path: Path) -> None:
    work = checked_out(tmp_path, {"maps/schema1.csv": FORGED}, {})
    checked = verify(work, "--mapping", "maps/schema1.csv", "-v")
    assert checked.code == 0
    assert "  mapping: maps/schema1.csv:2 lists" in checked.text


def test_reads_the_configuration_as_the_base_has_it_with_all_that_it_names(tmp_path: Path) -> None:
    config = "mapping: [maps/schema1.csv]\nrules: [own]\ncache: .cache\n"
    base = {"redigest.yaml": config, "maps/schema1.csv": FORGED, "own/mine.yaml": RULE}
    work = checked_out(tmp_path / "good", base, {})
    assert verify(work).code == 0
    assert not (work / ".cache").exists()
    checked = verify(checked_out(tmp_path / "bad", base, {"redigest.yaml": "mapping: [evil.csv]\n", "own/mine.yaml": "", "maps/schema1.csv": ""}))
    assert checked.code == 1
    assert sorted(line.partition(":")[0] for line in checked.lines) == ["maps/schema1.csv", "own/mine.yaml", "redigest.yaml"], checked.text


IN_THE_WORK_TREE = [
    ("--mapping", "evil.csv"),
    ("--mapping", "web.yaml/../evil.csv"),
    ("--config", "evil.yaml"),
    ("--rules", "rules"),
    ("--manifests", "manifests"),
    ("--registry-config", "login.json"),
    ("--mapping", "link/evil.csv"),
    ("--mapping", "outside/evil.csv"),
]


@pytest.mark.parametrize(("flag", "name"), IN_THE_WORK_TREE)
def test_takes_nothing_that_only_the_branch_has(flag: str, name: str, tmp_path: Path) -> None:
    head = {"evil.csv": FORGED, "evil.yaml": "mentions: true\n", "rules/a.yaml": "", "manifests/a": "", "login.json": "{}"}
    plant(tmp_path / "elsewhere", {"evil.csv": FORGED})
    work = checked_out(tmp_path, {}, head)
    (work / "link").symlink_to(".")
    (work / "outside").symlink_to(tmp_path / "elsewhere")
    for given in (name, str(work / name)):
        checked = verify(work, flag, given)
        assert (checked.code, "is in the work tree, whose files anybody may have changed" in checked.text) == (2, True), checked.text


def test_takes_the_branch_for_no_base_through_a_link_to_the_work_tree(tmp_path: Path) -> None:
    work = checked_out(tmp_path, {}, {"evil.csv": FORGED})
    (tmp_path / "alias").symlink_to(work)
    checked = verify(work, "--mapping", str(tmp_path / "alias" / "evil.csv"))
    assert (checked.code, "is in the work tree" in checked.text) == (2, True), checked.text


@pytest.mark.parametrize("where", ["git's own folder", "another work tree", "a work tree inside"])
def test_takes_no_work_tree_of_the_repository_for_elsewhere(where: str, tmp_path: Path) -> None:
    """Git names no work tree to somebody who asks in its own folder, and only one of several."""
    work = checked_out(tmp_path, {"schema1.csv": mapping_csv(ETCD)}, {"schema1.csv": FORGED, "evil.csv": FORGED})
    folder, asked = work, work / ".git"
    if where != "git's own folder":
        folder, asked = (work if where == "a work tree inside" else tmp_path) / "linked", work
        git(work, "worktree", "add", "--quiet", "--detach", str(folder))
    for repository_of in (asked, work / ".git"):
        checked = verify(work, "--repository", str(repository_of), "--mapping", str(folder / "schema1.csv"))
        assert (checked.code, "without evidence" in checked.text) == (1, True), checked.text
        for flags in IN_THE_WORK_TREE[:1], [("--config", "evil.csv")]:
            checked = verify(work, "--repository", str(repository_of), flags[0][0], str(folder / flags[0][1]))
            assert (checked.code, "is in the work tree" in checked.text) == (2, True), checked.text


@pytest.mark.parametrize("target", ["../elsewhere.yaml", "real.yaml", "none.yaml"])
def test_takes_no_link_of_the_base_for_a_missing_configuration(target: str, tmp_path: Path) -> None:
    work = repository(tmp_path / "work", {"web.yaml": BEFORE, "real.yaml": ""})
    (work / "redigest.yaml").symlink_to(target)
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", "link")
    git(work, "branch", "head")
    for flags in ((), ("--config", "redigest.yaml"), ("--mapping", "redigest.yaml")):
        checked = verify(work, *flags)
        assert (checked.code, "redigest.yaml is no regular file in the base" in checked.text) == (2, True), checked.text


def test_takes_no_folder_of_the_base_for_a_missing_configuration(tmp_path: Path) -> None:
    work = checked_out(tmp_path, {"redigest.yaml/a": ""}, {})
    assert verify(work).code == 2


@pytest.mark.parametrize(("flag", "name"), [("--mapping", "schema1.csv"), ("--config", "schema1.csv"), (None, "redigest.yaml")])
def test_says_that_the_base_has_a_pointer_in_the_place_of_a_large_file(flag: str | None, name: str, tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'1' * 64}\nsize 12345\n"
    work = checked_out(tmp_path, {"redigest.yaml" if flag is None else "schema1.csv": pointer}, {})
    checked = verify(work, *((flag, name) if flag is not None else ()))
    assert (checked.code, "is a pointer of Git LFS in the base" in checked.text, "name a copy" in checked.text) == (2, True, True), checked.text


ELSEWHERE = [
    ("--mapping", "none.csv", "no such mapping file"),
    ("--mapping", "http://files.example/schema1.csv", "the URL of a mapping"),
    ("--config", "none.yaml", "there is no such file"),
    ("--rules", "none", "no such folder of rules"),
    ("--mapping", ".", "cannot be read"),
]


@pytest.mark.parametrize(("flag", "name", "words"), ELSEWHERE)
def test_says_what_is_wrong_with_what_is_elsewhere(flag: str, name: str, words: str, tmp_path: Path) -> None:
    work = checked_out(tmp_path, {}, {})
    checked = verify(work, flag, name if "://" in name else str(tmp_path / name))
    assert (checked.code, words in checked.text) == (2, True), checked.text


def test_takes_a_mapping_that_is_elsewhere(tmp_path: Path) -> None:
    work = checked_out(tmp_path, {}, {})
    (tmp_path / "schema1.csv").write_text(FORGED)
    assert verify(work, "--mapping", "../schema1.csv").code == 0


@pytest.mark.parametrize(("variable", "value"), [("DOCKER_CONFIG", ".docker"), ("REGISTRY_AUTH_FILE", ".docker/config.json"), ("HOME", "")])
def test_takes_no_credentials_from_the_work_tree(variable: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their files name programs that are run."""
    work = checked_out(tmp_path, {}, {".docker/config.json": '{"credsStore": "evil"}'})
    monkeypatch.setenv(variable, str(work / value))
    checked = verify(work)
    assert (checked.code, "would be read for credentials" in checked.text) == (2, True), checked.text


def test_believes_nothing_that_other_runs_have_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = checked_out(tmp_path, {}, {})
    (tmp_path / "schema1.csv").write_text(FORGED)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    before = git(work, "status", "--porcelain", "--ignored"), git(work, "count-objects", "-v")
    assert verify(work, "--mapping", "../schema1.csv").code == 0
    assert not (tmp_path / "cache").exists()
    assert (git(work, "status", "--porcelain", "--ignored"), git(work, "count-objects", "-v")) == before


def test_owners_who_switch_redigest_off_get_nothing_swapped(tmp_path: Path) -> None:
    (tmp_path / "schema1.csv").write_text(FORGED)
    work = checked_out(tmp_path, {".redigest.yaml": "enabled: false\n"}, {".redigest.yaml": "enabled: true\n"})
    checked = verify(work, "--mapping", "../schema1.csv")
    assert checked.code == 1
    assert [line for line in checked.lines if line.startswith("web.yaml:10:") and "`enabled: false`" in line], checked.text


OWNERS = {
    "everything": ("enabled: false\n", "`enabled: false`"),
    "a file": ("paths:\n  exclude: [web.yaml]\n", "something other than a digest that may be swapped was changed"),
    "all but a folder": ("paths:\n  include: [other/**]\n", "something other than a digest that may be swapped was changed"),
}


@pytest.mark.parametrize("name", OWNERS)
@pytest.mark.parametrize("is_later", [True, False])
def test_counts_what_owners_forbid_at_either_end(name: str, *, is_later: bool, tmp_path: Path) -> None:
    """Whoever makes a branch chooses where it begins, and so which of their files was there."""
    content, words = OWNERS[name]
    (tmp_path / "schema1.csv").write_text(FORGED)
    work = checked_out(tmp_path, {} if is_later else {".redigest.yaml": content}, {})
    git(work, "switch", "--quiet", "main")
    plant(work, {"later.txt": "", ".redigest.yaml": content if is_later else ""})
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", "later")
    checked = verify(work, "--mapping", "../schema1.csv")
    assert (checked.code, words in checked.text) == (1, True), checked.text


@pytest.mark.parametrize("at", ["base", "later", "both"])
def test_lets_folders_move_alone_where_owners_have_it_so_at_both_ends(at: str, tmp_path: Path) -> None:
    folder = {".redigest.yaml": "proposals: {group-by: folder}\n"}
    (tmp_path / "schema1.csv").write_text(FORGED)
    work = checked_out(tmp_path, {"b/web.yaml": BEFORE, "a/web.yaml": BEFORE, **(folder if at != "later" else {".redigest.yaml": ""})}, {"a/web.yaml": AFTER})
    git(work, "switch", "--quiet", "main")
    plant(work, {"later.txt": "", **(folder if at != "base" else {".redigest.yaml": ""})})
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", "later")
    checked = verify(work, "--mapping", "../schema1.csv")
    assert (checked.code, "b/web.yaml:10:" in checked.text) == ((0, False) if at == "both" else (1, True)), checked.text


def test_runs_no_program_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "schema1.csv").write_text(FORGED)
    program = f"sh -c 'echo run >> {tmp_path}/executed'"
    work = checked_out(tmp_path, {".gitattributes": "*.yaml diff=evil filter=evil\n"}, {})
    for name in ("diff.evil.textconv", "diff.evil.command", "diff.external", "filter.evil.clean", "filter.evil.smudge", "core.fsmonitor", "core.pager"):
        git(work, "config", name, program)
    patch = tmp_path / "change.patch"
    patch.write_bytes(git(work, "-c", "diff.external=", "diff", "--no-ext-diff", "--no-textconv", "main", "head"))
    (tmp_path / "executed").unlink(missing_ok=True)
    assert verify(work, "--mapping", "../schema1.csv").code == 0
    with contextlib.chdir(work):
        assert said("verify", "--offline", "--mapping", "../schema1.csv", "--patch", str(patch), "main").code == 0
    assert not (tmp_path / "executed").exists()
