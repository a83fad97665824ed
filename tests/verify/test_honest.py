"""Ranges that hold nothing but swaps with evidence pass, whoever made them and however."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clones.remotes import Content, head
from tests.run.bot import Bot, deployment
from tests.samples import ETCD, TOOLS, WEB, digest, git, mapping_csv, plant, repository
from tests.schema1.vectors import OURS, vectors
from tests.verify.checking import BASE, NOTE, Case, said, swapped

pytestmark = pytest.mark.needs("git")

EVERYTHING = swapped(BASE, ETCD, TOOLS, WEB)

HONEST: Mapping[str, tuple[Mapping[str, Content], str]] = {
    "everything": (EVERYTHING, "6 digests in 5 files"),
    "one image of several": (swapped(BASE, ETCD), "2 digests in 2 files"),
    "an executable file": (swapped(BASE, WEB), "1 digest in 1 file"),
    "a strange name and CRLF": (swapped(BASE, TOOLS), "3 digests in 3 files"),
    "nothing": (BASE, "nothing was changed"),
}


@pytest.mark.parametrize("name", HONEST)
def test_passes(name: str, tmp_path: Path) -> None:
    files, counts = HONEST[name]
    case = Case.of(tmp_path)
    case.commit(files)
    checked = case.verify()
    assert (checked.code, checked.lines) == (0, [])
    assert f"passes: {counts}" in checked.text


def test_passes_an_empty_range_with_a_plain_line(tmp_path: Path) -> None:
    checked = Case.of(tmp_path).verify(revisions="main..main")
    assert checked.code == 0
    assert checked.text.endswith("passes: nothing was changed\n")


def test_judges_the_last_tree_and_no_commit_on_the_way_to_it(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(swapped(BASE, ETCD, only="k8s/web"))
    case.commit({**BASE, "evil.sh": "rm -rf /\n"})
    case.commit(EVERYTHING)
    assert case.verify().code == 0


def test_judges_what_was_changed_since_the_branches_parted(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(EVERYTHING)
    case.commit({**BASE, "later.txt": "on the base\n"}, branch="main", parents=(head(case.repository),))
    assert case.verify().code == 0
    assert case.verify(revisions="main...head").code == 0


def test_takes_a_merge_of_the_base_for_what_the_base_has(tmp_path: Path) -> None:
    case = Case.of(tmp_path)
    case.commit(EVERYTHING)
    later = {"later.txt": "on the base\n"}
    case.commit({**BASE, **later}, branch="main", parents=(head(case.repository),))
    case.commit({**EVERYTHING, **later}, parents=(head(case.repository, "head"), head(case.repository)))
    assert case.verify().code == 0


def test_passes_what_the_bot_proposes(bot: Bot) -> None:
    base: Mapping[str, str | bytes] = {"k8s/web.yaml": deployment(ETCD, TOOLS) + NOTE, "k8s/again.yaml": deployment(ETCD), "README.md": "# Deploy\n"}
    work = repository(bot.folder / "work", base)
    bot.config = {"repositories": [{"path": "work"}]}
    assert bot.run("--offline").outcomes == ["opened"]
    checked = said("verify", "--offline", "--repository", str(work), "--mapping", str(bot.folder / "schema1.csv"), "main..redigest/schema-2/main")
    assert (checked.code, checked.lines) == (0, [])
    assert "3 digests in 2 files, with evidence (mapping 3)" in checked.text


@pytest.mark.parametrize("by", ["image", "folder"])
def test_passes_each_proposal_of_a_bot_that_groups(by: str, bot: Bot) -> None:
    work = repository(bot.folder / "work", {"a/web.yaml": deployment(ETCD, TOOLS), "b/web.yaml": deployment(ETCD), "c/web.yaml": deployment(WEB)})
    bot.config = {"repositories": [{"path": "work"}], "proposals": {"group-by": by}}
    bot.run("--offline")
    branches = git(work, "for-each-ref", "--format=%(refname)", "refs/heads/redigest").decode().split()
    assert len(branches) == {"image": 3, "folder": 3}[by]
    for branch in branches:
        checked = said("verify", "--offline", "--repository", str(work), "--config", str(bot.folder / "redigest.yaml"), f"main..{branch}")
        assert (checked.code, checked.lines) == (0, []), branch


def test_passes_what_owners_had_the_bot_leave_out(tmp_path: Path) -> None:
    base = {**BASE, ".redigest.yaml": "paths:\n  exclude: [k8s/again.yaml]\n"}
    case = Case.of(tmp_path, base)
    case.commit({**swapped(base, ETCD), "k8s/again.yaml": base["k8s/again.yaml"]})
    assert case.verify().code == 0


STAYING = {
    "a digest that is broken over two lines": (f'a: {ETCD.before}\nb: "{ETCD.before[:60]}\\\n  {ETCD.before[60:]}"\n', "a.yaml:2:42"),
    "rows that contradict each other": (f"a: {ETCD.name}:1@{ETCD.old}\nb: {ETCD.before}\n", "a.yaml:2:41"),
}


@pytest.mark.parametrize("name", STAYING)
def test_passes_and_counts_what_redigest_leaves_where_it_swaps_elsewhere(name: str, tmp_path: Path) -> None:
    written, place = STAYING[name]
    work = repository(tmp_path / "work", {"a.yaml": written})
    other = digest("another")
    rows = "".join(f"{ETCD.name},{tag},{ETCD.old},{new}\n" for tag, new in (("1", ETCD.new), ("2", other)))
    (tmp_path / "schema1.csv").write_text(mapping_csv(ETCD) if "lines" in name else f"repository,tag,schema 1 digest,schema 2 digest\n{rows}")
    git(work, "switch", "--quiet", "--create", "head")
    flags = ("--offline", "--no-cache", "--mapping", str(tmp_path / "schema1.csv"))
    with contextlib.chdir(work):
        assert said("fix", *flags, ".").code == 1
        git(work, "commit", "--quiet", "--all", "--message", "swap")
        checked = said("verify", *flags, "--report", "../r.json", "--report", "../r.md", "main..head")
    assert (checked.code, checked.lines) == (0, []), checked.text
    assert checked.text.endswith(f"; nothing else was changed; digests that were swapped stay in 1 place where redigest cannot swap: {place}\n")
    record = json.loads((tmp_path / "r.json").read_bytes())
    assert [f"{item['path']}:{item['line']}:{item['column']}" for item in record["kept"]] == [place]
    assert record["kept"][0]["reason"]
    assert "digest that stays" in (tmp_path / "r.md").read_text()


def test_names_a_few_of_the_places_that_stay(tmp_path: Path) -> None:
    broken = f'b: "{ETCD.before[:60]}\\\n  {ETCD.before[60:]}"\n'
    base = {"a.yaml": f"a: {ETCD.before}\n", **{f"b{number}.yaml": broken for number in range(5)}}
    case = Case.of(tmp_path, base)
    case.commit({**base, "a.yaml": f"a: {ETCD.after}\n"})
    assert case.verify().text.endswith("stay in 5 places where redigest cannot swap: b0.yaml:1:42, b1.yaml:1:42, b2.yaml:1:42, 2 more\n")


def test_passes_a_swap_in_a_comment_where_mentions_are_allowed(tmp_path: Path) -> None:
    written = f"a: {ETCD.before} # {ETCD.before}\n"
    case = Case.of(tmp_path, {"a.yaml": written})
    case.commit({"a.yaml": written.replace(ETCD.old.hex, ETCD.new.hex)})
    assert case.verify().code == 1
    assert case.verify("--mentions").code == 0


def test_passes_a_digest_that_was_taken_away_where_that_is_allowed(tmp_path: Path) -> None:
    vector = next(vector for vector in vectors(OURS, "lab-simple") if vector.signed is not None)
    written = f"a: {{b: '{ETCD.name}:3.2@{vector.digest}', c: '{ETCD.before}'}}\n"
    case = Case.of(plant(tmp_path, {"saved/manifest.json": vector.signed or b""}), {"a.yaml": written})
    case.commit({"a.yaml": written.replace(f"@{vector.digest}", "").replace(ETCD.old.hex, ETCD.new.hex)})
    checked = case.verify("--manifests", "saved")
    assert (checked.code, "was taken away, which is allowed with --unpin only" in checked.text) == (1, False), checked.text
    assert case.verify("--manifests", "saved", "--unpin").code == 0
    assert case.verify("--unpin").code == 1
    case.commit({"a.yaml": written.replace(f"@{vector.digest}", "")})
    assert "was taken away, which is allowed with --unpin only" in case.verify("--manifests", "saved").text
