"""Repositories on this disk: the branch is pushed into them, and the proposal is a Markdown file."""

from pathlib import Path

import pytest

from tests.run.bot import Bot, deployment
from tests.samples import ETCD, STRANGER, TOOLS, git, legacy, mapping_csv, repository

BRANCH = "redigest/schema-2/main"
PATH = "k8s/web.yaml"


@pytest.fixture(params=["normal", "bare"])
def path(request: pytest.FixtureRequest, bot: Bot) -> Path:
    """A repository with one image to swap, and a bot that is configured for it."""
    made = repository(bot.folder / "work", {PATH: deployment(ETCD), "README.md": "# Deploy\n"})
    if request.param == "bare":
        made = bot.folder / "bare.git"
        git(bot.folder, "clone", "--quiet", "--bare", "work", "bare.git")
        git(bot.folder / "work", "remote", "add", "origin", str(made))
    bot.config = {"repositories": [{"path": made.name}]}
    return made


def change(bot: Bot, files: dict[str, bytes]) -> None:
    """Commit on the base branch, wherever that is."""
    work = bot.folder / "work"
    for name, content in files.items():
        (work / name).write_bytes(content)
    git(work, "commit", "--quiet", "--all", "--message", "change")
    if (bot.folder / "bare.git").exists():
        git(work, "push", "--quiet", "origin", "main")


def proposal(path: Path, number: int = 1) -> str:
    folder = path / ".git" if (path / ".git").exists() else path
    return (folder / "redigest" / f"{number}.md").read_text()


def show(path: Path, branch: str = BRANCH) -> bytes:
    return git(path, "show", f"{branch}:{PATH}")


def test_pushes_a_branch_and_writes_the_proposal(path: Path, bot: Bot) -> None:
    head = git(path, "rev-parse", "main")
    ran = bot.run("--offline")
    assert (ran.code, ran.outcomes) == (0, ["opened"])
    assert show(path) == deployment(ETCD).replace(ETCD.old.hex.encode(), ETCD.new.hex.encode())
    assert git(path, "rev-parse", "main") == head
    assert git(path, "diff", "--name-only", "main", BRANCH) == f"{PATH}\n".encode()
    assert str(ETCD.new) in proposal(path)
    [line] = ran.report["repositories"]
    assert Path(bot.folder, line["url"]).read_text() == proposal(path)
    if path.name == "work":
        assert git(path, "status", "--porcelain") == b""


def test_changes_nothing_when_nothing_has_changed(path: Path, bot: Bot) -> None:
    bot.run("--offline")
    before = proposal(path), git(path, "rev-parse", BRANCH)
    assert bot.run("--offline").outcomes == ["unchanged"]
    change(bot, {"README.md": b"# Changed\n"})
    assert bot.run("--offline").outcomes == ["unchanged"]
    assert (proposal(path), git(path, "rev-parse", BRANCH)) == before


def test_brings_the_proposal_up_to_date(path: Path, bot: Bot) -> None:
    bot.run("--offline")
    change(bot, {PATH: deployment(ETCD, TOOLS)})
    assert bot.run("--offline").outcomes == ["updated"]
    assert str(TOOLS.new) in proposal(path)
    assert TOOLS.new.hex.encode() in show(path)


def test_takes_a_deleted_branch_for_a_declined_proposal(path: Path, bot: Bot) -> None:
    bot.run("--offline")
    git(path, "branch", "--quiet", "-D", BRANCH)
    for _ in range(2):
        ran = bot.run("--offline")
        assert (ran.code, ran.outcomes) == (0, ["held"])
        assert ran.said.splitlines()[-1] == "1 repository: 1 held; 0 digests in proposals, 1 schema 1 kept, 0 unknown"
        assert ran.messages == "a proposal with this swap was closed without being merged; it is proposed again with --recreate"
    assert bot.run("--offline", "--recreate").outcomes == ["opened"]
    assert str(ETCD.new) in proposal(path, 2)


def test_says_how_to_go_on_where_there_are_no_labels(path: Path, bot: Bot) -> None:
    bot.run("--offline")
    work = bot.folder / "work"
    if path.name == "bare.git":
        git(work, "fetch", "--quiet", "origin", f"{BRANCH}:{BRANCH}")
    git(work, "checkout", "--quiet", BRANCH)
    git(work, "commit", "--quiet", "--allow-empty", "--message", "by hand")
    if path.name == "bare.git":
        git(work, "push", "--quiet", "origin", BRANCH)
    git(work, "checkout", "--quiet", "main")
    change(bot, {PATH: deployment(ETCD, TOOLS)})
    assert bot.run("--offline").outcomes == ["held"]
    folder = path / ".git" if (path / ".git").exists() else path
    comment = (folder / "redigest/1.comment-1.md").read_text()
    assert "To have the swaps proposed anew, delete the branch, and run `redigest run --recreate`." in comment
    assert "label" not in comment


def test_is_done_once_the_branch_is_merged(path: Path, bot: Bot) -> None:
    bot.run("--offline")
    if path.name == "work":
        git(path, "merge", "--quiet", "--ff-only", BRANCH)
    else:
        git(path, "branch", "--force", "main", BRANCH)
    assert bot.run("--offline").outcomes == ["nothing-to-do"]
    git(path, "branch", "--quiet", "-D", BRANCH)
    assert bot.run("--offline").outcomes == ["nothing-to-do"]


def test_closes_a_proposal_with_nothing_left_to_swap(path: Path, bot: Bot) -> None:
    bot.run("--offline")
    change(bot, {PATH: b"image: busybox\n"})
    dry = bot.run("--offline", "--dry-run")
    assert (dry.outcomes, dry.messages) == (["unchanged"], "would be closed: nothing is left to swap here")
    assert bot.run("--offline").outcomes == ["closed"]
    folder = path / ".git" if (path / ".git").exists() else path
    assert (folder / "redigest/1.comment-1.md").read_text().endswith("Nothing is left to swap here, so this is closed, and its branch is deleted.")
    assert proposal(path).startswith("<!-- closed: ")
    assert git(path, "branch", "--list", BRANCH) == b""
    change(bot, {PATH: deployment(ETCD)})
    assert bot.run("--offline").outcomes == ["opened"]


def test_counts_what_stays_where_nothing_has_changed(path: Path, bot: Bot) -> None:
    escaped = f'image: "{ETCD.name}@sha256:\\x{ord(ETCD.old.hex[0]):02x}{ETCD.old.hex[1:]}"\n'
    change(bot, {PATH: escaped.encode()})
    for flags in (("--dry-run",), (), ()):
        ran = bot.run("--offline", *flags)
        assert ran.outcomes == ["nothing-to-do"]
        assert ran.said.splitlines()[-1] == f"1 repository: 1 nothing-to-do; 0 digests {'to swap' if flags else 'in proposals'}, 1 schema 1 kept, 0 unknown"


def test_writes_nothing_in_a_dry_run(path: Path, bot: Bot) -> None:
    everything = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    for _ in range(2):
        ran = bot.run("--offline", "--dry-run")
        assert (ran.code, ran.outcomes) == (0, ["would-open"])
        [sighting] = ran.report["sightings"]
        assert (sighting["repository"], sighting["path"], sighting["action"]) == (path.name, PATH, "would-swap")
    assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == everything


def test_runs_no_hook_of_the_repository(path: Path, bot: Bot) -> None:
    folder = path / ".git" if (path / ".git").exists() else path
    (folder / "hooks").mkdir(exist_ok=True)
    for hook in ("pre-receive", "update", "post-receive", "post-update", "reference-transaction", "pre-push", "post-checkout"):
        (folder / "hooks" / hook).write_text(f"#!/bin/sh\necho {hook} >> {bot.folder}/executed\n")
        (folder / "hooks" / hook).chmod(0o755)
    assert bot.run("--offline").outcomes == ["opened"]
    assert not (bot.folder / "executed").exists()


def test_says_what_is_wrong_with_a_path_and_goes_on(bot: Bot) -> None:
    repository(bot.folder / "good", {PATH: deployment(ETCD)})
    (bot.folder / "plain").mkdir()
    bot.config = {"repositories": [{"path": "plain"}, {"path": "missing"}, {"path": "good"}]}
    ran = bot.run("--offline")
    assert ran.code == 3
    assert {line["repository"]: line["outcome"] for line in ran.report["repositories"]} == {"plain": "failed", "missing": "failed", "good": "opened"}
    assert all(line["message"] for line in ran.report["repositories"] if line["outcome"] == "failed")


def test_counts_unknown_digests_only_when_strict(bot: Bot) -> None:
    repository(bot.folder / "work", {PATH: deployment(STRANGER)})
    bot.config = {"repositories": [{"path": "work"}]}
    assert (bot.run("--offline").code, bot.run("--offline", "--strict").code) == (0, 1)


def test_counts_each_digest_once(bot: Bot) -> None:
    """One whose rows contradict each other is schema 1, and has no equivalent."""
    repository(bot.folder / "work", {PATH: deployment(ETCD, STRANGER), "README.md": f"It runs {ETCD.before}\n"})
    (bot.folder / "schema1.csv").write_text(f"{mapping_csv(ETCD)}{ETCD.name},,{ETCD.old},{TOOLS.new}\n")
    bot.config = {"repositories": [{"path": "work"}]}
    ran = bot.run("--offline")
    assert ran.said.splitlines()[-1].endswith("; 0 digests in proposals, 1 schema 1 kept, 1 unknown")
    counts = ran.report["summary"]
    assert (counts["sightings"], counts["swapped"], counts["current"], counts["unknown"], counts["ignored"]) == (3, 0, 0, 2, 1)
    assert bot.run("--offline", "--strict").code == 1


def test_what_is_unpinned_is_not_counted_as_unknown_too(bot: Bot) -> None:
    repository(bot.folder / "work", {PATH: f"image: {legacy(bot.folder)}\n"})
    bot.config = {"repositories": [{"path": "work"}], "manifests": ["m"], "unpin": True}
    ran = bot.run("--offline", "--strict")
    assert (ran.code, ran.said.splitlines()[-1].rpartition("; ")[2]) == (0, "1 digest in proposals, 0 unknown")


def test_says_what_it_leaves_alone_when_it_is_to_say_more(bot: Bot) -> None:
    repository(bot.folder / "work", {".github/workflows/ci.yaml": f"jobs: {{a: {{container: '{ETCD.before}'}}}}\n"})
    bot.config = {"repositories": [{"path": "work"}]}
    assert "workflows: true" not in bot.run("--offline", "--dry-run").said
    said = bot.run("--offline", "--dry-run", "-v").said
    assert "workflows: true" in said
    assert ".github/workflows/ci.yaml:1:" in said


def test_counts_schema_1_digests_without_an_equivalent_only_when_strict(bot: Bot) -> None:
    repository(bot.folder / "work", {PATH: deployment(ETCD)})
    bot.config = {"repositories": [{"path": "work"}]}
    row = f",,{ETCD.old},"
    (bot.folder / "schema1.csv").write_text(f"{row}{ETCD.new}\n{row}{TOOLS.new}\n")
    assert (bot.run("--offline").code, bot.run("--offline", "--strict").code) == (0, 1)


def test_says_that_forges_are_out_of_reach_when_offline(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_" + "x" * 36)
    bot.config = {"repositories": [{"forge": "github", "name": "acme/deploy"}]}
    ran = bot.run("--offline")
    assert ran.code == 2
    assert "--offline" in ran.said
