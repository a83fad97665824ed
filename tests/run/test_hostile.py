"""Repositories that mean harm: nothing of them is run, nothing outside of them is read or written, and what can be swapped is swapped."""

import os

import pytest

from tests.forge.fake import FakeForge
from tests.forge.state import Repository
from tests.run.bot import Bot, deployment
from tests.samples import ETCD, git

BRANCH = "redigest/schema-2/main"
NEW = deployment(ETCD).replace(ETCD.old.hex.encode(), ETCD.new.hex.encode())


@pytest.fixture
def forge(forge: FakeForge, bot: Bot) -> FakeForge:
    """A forge for which the bot is configured."""
    bot.config = {"forges": [forge.config()], "repositories": [{"forge": "corp", "name": "acme/deploy"}]}
    return forge


def link(repo: Repository, path: str, target: str) -> None:
    """Commit a symbolic link."""
    stream = f"commit refs/heads/main\ncommitter x <x@example> 0 +0000\ndata 1\nx\nfrom {repo.head('main')}\nM 120000 inline {path}\n"
    git(repo.path, "fast-import", "--quiet", stdin=f"{stream}data {len(target)}\n{target}\n".encode())


NAMES = [
    "line\nfeed.yaml",
    'quo"te.yaml',
    "apo'strophe.yaml",
    "--output=x.yaml",
    "-x/y.yaml",
    "back\\slash.yaml",
    "tab\there.yaml",
    "\u202egnp.yaml",
    os.fsdecode(b"latin-\xe9.yaml"),
    "$(touch executed).yaml",
    "@everyone.yaml",
    "`code` <img src=x> | cell.yaml",
    " leading and trailing .yaml",
    "x" * 200 + ".yaml",
    ":(glob)**.yaml",
    "<!-- redigest:end -->.yaml",
]


def test_swaps_in_files_whatever_they_are_called(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {**dict.fromkeys(NAMES, deployment(ETCD)), "README.md": b"text\n"})
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["opened"])
    assert repo.files(BRANCH) == {**dict.fromkeys(NAMES, NEW), "README.md": b"text\n"}
    [proposal] = repo.proposals()
    assert proposal.mentions == set()
    assert proposal.quick_actions == []
    assert bot.run().outcomes == ["unchanged"]


def test_neither_follows_nor_replaces_symbolic_links(forge: FakeForge, bot: Bot) -> None:
    outside = bot.folder / "outside.yaml"
    outside.write_bytes(deployment(ETCD))
    repo = forge.add("acme/deploy", {"k8s/web.yaml": deployment(ETCD)})
    for path, target in (("values.yaml", str(outside)), ("k8s/loop.yaml", "web.yaml"), ("folder", "/etc")):
        link(repo, path, target)
    assert bot.run().outcomes == ["opened"]
    assert outside.read_bytes() == deployment(ETCD)
    changed = git(repo.path, "diff", "--name-only", "-z", "main", BRANCH).split(b"\0")
    assert changed == [b"k8s/web.yaml", b""]
    assert b"120000 blob" in git(repo.path, "ls-tree", BRANCH, "values.yaml")


def test_runs_no_filter_and_changes_no_line_end(forge: FakeForge, bot: Bot) -> None:
    content = deployment(ETCD).replace(b"\n", b"\r\n") + b"# $Id$\r\n"
    attributes = b"*.yaml filter=evil diff=evil merge=evil text eol=lf ident working-tree-encoding=UTF-16\n*.yaml filter=lfs\n"
    repo = forge.add("acme/deploy", {".gitattributes": attributes, "k8s/web.yaml": content, ".lfsconfig": b"[lfs]\n\turl = https://evil.invalid\n"})
    assert bot.run().outcomes == ["opened"]
    assert repo.files(BRANCH)["k8s/web.yaml"] == content.replace(ETCD.old.hex.encode(), ETCD.new.hex.encode())


def test_has_no_configuration_of_the_repository_in_its_clone(forge: FakeForge, bot: Bot) -> None:
    poison = b'[core]\n\tfsmonitor = touch executed\n\thooksPath = hooks\n\tsshCommand = touch executed\n[filter "evil"]\n\tclean = touch executed\n'
    hook = b"#!/bin/sh\ntouch executed\n"
    files = dict.fromkeys(("config", "dot.git/config", ".gitconfig"), poison) | {"hooks/pre-push": hook, "hooks/post-checkout": hook}
    modules = b'[submodule "x"]\n\tpath = x\n\turl = https://evil.invalid/x.git\n'
    repo = forge.add("acme/deploy", {**files, ".gitmodules": modules, "k8s/web.yaml": deployment(ETCD)})
    for key, value in (("core.fsmonitor", "touch executed"), ("core.hooksPath", "hooks"), ("uploadpack.packObjectsHook", "false")):
        git(repo.path, "config", f"poison.{key}", value)
    assert bot.run().outcomes == ["opened"]
    assert list(bot.folder.rglob("executed")) == []
    clones = [path for path in (bot.folder / "cache" / "clones").rglob("config") if path.is_file()]
    assert clones
    for config in clones:
        assert b"evil" not in config.read_bytes()
        assert b"poison" not in config.read_bytes()
    assert list((bot.folder / "cache").rglob("web.yaml")) == [], "there is no work tree anywhere"


@pytest.mark.parametrize("branch", ["-x", "--upload-pack=touch;executed", "$(touch;executed)", "gr\u00f6\u00dfe", "HEAD"])
def test_works_on_a_branch_whatever_it_is_called(forge: FakeForge, bot: Bot, branch: str) -> None:
    repo = forge.add("acme/deploy", {"k8s/web.yaml": deployment(ETCD)})
    git(repo.path, "update-ref", f"refs/heads/{branch}", str(repo.head("main")))
    bot.config["repositories"][0]["branches"] = ["*"]
    ran = bot.run()
    assert (ran.code, sorted(ran.outcomes)) == (0, ["opened", "opened"])
    assert {proposal.base for proposal in repo.proposals()} == {"main", branch}
    assert list(bot.folder.rglob("executed")) == []


def test_stays_within_what_its_owners_leave_to_it(forge: FakeForge, bot: Bot) -> None:
    narrowing = b"paths: {include: ['k8s/**', 'vendor/**'], exclude: ['k8s/old/**']}\n"
    files = {path: deployment(ETCD) for path in ("k8s/web.yaml", "k8s/old/web.yaml", "vendor/web.yaml", "other/web.yaml")}
    repo = forge.add("acme/deploy", {**files, ".redigest.yaml": narrowing})
    bot.config["paths"] = {"exclude": ["vendor/**"]}
    assert bot.run().outcomes == ["opened"]
    assert {path for path, content in repo.files(BRANCH).items() if content == NEW} == {"k8s/web.yaml"}


def test_does_nothing_where_its_owners_do_not_want_it(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {"k8s/web.yaml": deployment(ETCD), ".redigest.yaml": b"enabled: false\n"})
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["held"])
    assert ".redigest.yaml" in ran.messages
    assert set(repo.branches()) == {"main"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"enable: false\n", ".redigest.yaml:1:1: the key 'enable' is not known here (did you mean 'enabled'?)"),
        (b"mapping: [x.csv]\n", ".redigest.yaml:1:1: the key 'mapping' is not known here"),
        (b"paths:\n  exclude: yes\n", ".redigest.yaml:2:12: exclude must be a list"),
        (b"#" * 70_000, "larger than 64 KiB"),
        (b"\xff\n", ".redigest.yaml:1:1: cannot be read"),
    ],
)
def test_fails_on_wishes_that_it_does_not_understand(forge: FakeForge, bot: Bot, content: bytes, words: str) -> None:
    repo = forge.add("acme/deploy", {"k8s/web.yaml": deployment(ETCD), ".redigest.yaml": content})
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (3, ["failed"])
    assert words in ran.messages
    assert ran.report["repositories"][0]["stage"] == "config"
    assert set(repo.branches()) == {"main"}


def test_leaves_workflow_files_alone_unless_told(forge: FakeForge, bot: Bot) -> None:
    workflow = f"jobs:\n  build:\n    container: {ETCD.before}\n".encode()
    repo = forge.add("acme/deploy", {".github/workflows/ci.yaml": workflow, "k8s/web.yaml": deployment(ETCD)})
    repo.refuse_workflows()
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["opened"])
    assert repo.files(BRANCH)[".github/workflows/ci.yaml"] == workflow
    kept = next(sighting for sighting in ran.report["sightings"] if sighting["path"].startswith(".github"))
    assert kept["action"] == "kept"
    assert "workflows: true" in kept["reason"]
    assert bot.run().outcomes == ["unchanged"]


def test_says_what_a_token_lacks_that_may_not_change_workflow_files(github: FakeForge, bot: Bot) -> None:
    workflow = f"jobs:\n  build:\n    container: {ETCD.before}\n".encode()
    repo = github.add("acme/deploy", {".github/workflows/ci.yaml": workflow})
    repo.refuse_workflows()
    bot.config = {"forges": [github.config()], "repositories": [{"forge": "corp", "name": "acme/deploy"}], "paths": {"workflows": True}}
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (3, ["failed"])
    assert "workflow" in ran.messages
    assert repo.proposals() == []
