"""Whole runs over several repositories and branches: what is taken, what is split, what goes on when something fails."""

import os
import subprocess
import sys

import pytest
import yaml

from tests.forge.fake import FakeForge
from tests.forge.state import Repository
from tests.run.bot import Bot, deployment
from tests.samples import ETCD, IMAGES, TOOLS, WEB, Image, git

BRANCH = "redigest/schema-2/main"
PATH = "k8s/web.yaml"


@pytest.fixture(autouse=True)
def _configured(forge: FakeForge, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORGE_TOKEN", forge.token)
    bot.config = {"forges": [forge.config()], "repositories": [{"forge": "corp", "name": "acme/deploy"}]}


def executable(repo: Repository, path: str) -> bytes:
    """What makes a file executable, for git fast-import."""
    blob = git(repo.path, "rev-parse", f"main:{path}").decode().strip()
    return f"commit refs/heads/main\ncommitter x <x@example> 0 +0000\ndata 1\nx\nfrom {repo.head('main')}\nM 100755 {blob} {path}\n".encode()


def many(bot: Bot, *names: str) -> None:
    bot.config["repositories"] = [{"forge": "corp", "name": name} for name in names]


def test_writes_nothing_in_a_dry_run(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {PATH: deployment(ETCD)})
    for _ in range(2):
        ran = bot.run("--dry-run")
        assert (ran.code, ran.outcomes) == (0, ["would-open"])
        assert [sighting["action"] for sighting in ran.report["sightings"]] == ["would-swap"]
    assert forge.writes() == []
    bot.run()
    repo.commit({PATH: deployment(ETCD, TOOLS)})
    written = len(forge.writes())
    assert bot.run("--dry-run").outcomes == ["would-update"]
    repo.commit({PATH: b"image: busybox\n"})
    ran = bot.run("--dry-run")
    assert ran.outcomes == ["unchanged"]
    assert "would be closed" in ran.messages
    repo.commit({"NOTES.md": b"by hand\n"}, branch=BRANCH)
    assert bot.run("--dry-run").outcomes == ["held"]
    assert len(forge.writes()) == written


def test_proposes_on_each_branch_that_is_wanted(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {PATH: deployment(ETCD)})
    for branch in ("release-1", "release-2", "release/3", "other"):
        git(repo.path, "branch", branch, "main")
    repo.commit({PATH: deployment(TOOLS)}, branch="release-2")
    bot.config["repositories"][0]["branches"] = ["main", "release-*", "release/*"]
    ran = bot.run()
    assert ran.outcomes == ["opened"] * 4
    assert {proposal.base: proposal.branch for proposal in repo.proposals()} == {
        "main": BRANCH,
        "release-1": "redigest/schema-2/release-1",
        "release-2": "redigest/schema-2/release-2",
        "release/3": next(branch for branch in repo.branches() if branch.startswith("redigest/schema-2/release-3-")),
    }
    assert TOOLS.new.hex.encode() in repo.files("redigest/schema-2/release-2")[PATH]
    assert bot.run().outcomes == ["unchanged"] * 4


def test_does_not_take_what_was_declined_on_one_branch_for_declined_on_another(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {PATH: deployment(ETCD)})
    git(repo.path, "branch", "main-2", "main")
    bot.config["repositories"][0]["branches"] = ["main-2"]
    assert bot.run().outcomes == ["opened"]
    forge.close(repo, repo.proposals()[0].number)
    bot.config["repositories"][0]["branches"] = ["main", "main-2"]
    assert bot.run().outcomes == ["opened", "held"]
    assert bot.run().outcomes == ["unchanged", "held"]


def test_says_that_a_branch_is_missing_and_does_the_others(forge: FakeForge, bot: Bot) -> None:
    forge.add("acme/deploy", {PATH: deployment(ETCD)})
    bot.config["repositories"][0]["branches"] = ["main", "gone", "never-*"]
    ran = bot.run()
    assert ran.code == 3
    assert {line["branch"]: line["outcome"] for line in ran.report["repositories"]} == {"gone": "failed", "main": "opened"}


def test_a_glob_may_fit_no_branch(forge: FakeForge, bot: Bot) -> None:
    forge.add("acme/deploy", {PATH: deployment(ETCD)})
    bot.config["repositories"][0]["branches"] = ["main", "release-*"]
    ran = bot.run()
    assert (ran.code, [line["branch"] for line in ran.report["repositories"]]) == (0, ["main"])
    bot.config["repositories"][0]["branches"] = ["release-*"]
    ran = bot.run()
    assert ran.code == 0
    assert [(line["branch"], line["outcome"], line["message"]) for line in ran.report["repositories"]] == [
        ("release-*", "nothing-to-do", "there is no such branch")
    ]


def test_one_failure_never_stops_the_others(forge: FakeForge, bot: Bot) -> None:
    forge.add("acme/one", {PATH: deployment(ETCD)})
    forge.add("acme/two", {PATH: deployment(ETCD)}).protect("redigest/schema-2/main")
    forge.add("acme/three", {PATH: deployment(ETCD)})
    many(bot, "acme/one", "acme/two", "acme/missing", "acme/three")
    ran = bot.run()
    assert ran.code == 3
    host = forge.host
    assert {line["repository"]: line["outcome"] for line in ran.report["repositories"]} == {
        f"{host}/acme/one": "opened",
        f"{host}/acme/two": "failed",
        f"{host}/acme/missing": "failed",
        f"{host}/acme/three": "opened",
    }
    *_, summary, names = ran.said.rstrip().split("\n")
    assert "2 failed" in summary
    assert names == f"failed: {host}/acme/missing, {host}/acme/two main"
    failed = {line["repository"].rpartition("/")[2]: line for line in ran.report["repositories"] if line["outcome"] == "failed"}
    assert failed["two"]["stage"] == "commit"
    assert "protected" in failed["two"]["message"]
    assert [sighting["repository"] for sighting in ran.report["sightings"] if sighting["action"] == "swapped"] == [f"{host}/acme/one", f"{host}/acme/three"]


def test_opens_one_proposal_for_each_image(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {PATH: deployment(ETCD), "b.yaml": deployment(ETCD), "c.yaml": deployment(TOOLS)})
    bot.config["proposals"] = {"group-by": "image"}
    assert bot.run().outcomes == ["opened", "opened"]
    first, second = sorted(repo.proposals(), key=lambda proposal: proposal.branch)
    assert {path for path, content in repo.files(first.branch).items() if ETCD.new.hex.encode() in content} == {PATH, "b.yaml"}
    assert all(TOOLS.new.hex.encode() not in content for content in repo.files(first.branch).values())
    assert str(TOOLS.new) in second.body
    assert str(ETCD.new) not in second.body
    repo.commit({PATH: b"image: busybox\n", "b.yaml": b"image: busybox\n"})
    assert sorted(bot.run().outcomes) == ["closed", "unchanged"]


def test_opens_one_proposal_for_each_folder(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {"a/x.yaml": deployment(ETCD), "a/b/y.yaml": deployment(TOOLS), "c/z.yaml": deployment(WEB, name="@x")})
    bot.config["proposals"] = {"group-by": "folder"}
    assert bot.run().outcomes == ["opened", "opened"]
    changed = {tuple(git(repo.path, "diff", "--name-only", "main", proposal.branch).decode().split()) for proposal in repo.proposals()}
    assert changed == {("a/b/y.yaml", "a/x.yaml"), ("c/z.yaml",)}


def test_a_repository_can_choose_how_proposals_are_grouped(forge: FakeForge, bot: Bot) -> None:
    forge.add("acme/deploy", {PATH: deployment(ETCD, TOOLS), ".redigest.yaml": b"proposals: {group-by: image}\n"})
    assert bot.run().outcomes == ["opened", "opened"]


def test_opens_no_more_than_the_limits_allow(forge: FakeForge, bot: Bot) -> None:
    names = [f"acme/r{number}" for number in range(4)]
    for name in names:
        forge.add(name, {PATH: deployment(ETCD)})
    many(bot, *names)
    bot.config["proposals"] = {"limit-per-run": 1}
    for opened in (1, 2):
        ran = bot.run()
        assert ran.code == 0
        assert sorted(ran.outcomes) == sorted(["opened"] + ["unchanged"] * (opened - 1) + ["held"] * (4 - opened))
        assert "limit-per-run" in ran.messages
    bot.config["proposals"] = {"limit-open": 3}
    assert sorted(bot.run().outcomes) == ["held", "opened", "unchanged", "unchanged"]
    assert "limit-open" in bot.run().messages


def test_takes_the_repositories_of_an_owner_or_a_group(forge: FakeForge, bot: Bot) -> None:
    forge.add("acme/one", {PATH: deployment(ETCD)}, topics=("gitops",))
    forge.add("acme/two", {PATH: deployment(ETCD)})
    forge.add("acme/sandbox-x", {PATH: deployment(ETCD)}, topics=("gitops",))
    forge.add("acme/archived", {PATH: deployment(ETCD)}, topics=("gitops",), archived=True)
    forge.add("acme/fork", {PATH: deployment(ETCD)}, topics=("gitops",), fork=True)
    forge.add("other/one", {PATH: deployment(ETCD)}, topics=("gitops",))
    forge.add("acme/empty", {}, branch=None, topics=("gitops",))
    entry: dict[str, object] = {"forge": "corp", "group" if forge.kind == "gitlab" else "owner": "acme", "topic": "gitops", "exclude": ["acme/sandbox-*"]}
    bot.config["repositories"] = [entry]
    ran = bot.run()
    found = {line["repository"].partition("/")[2]: line["outcome"] for line in ran.report["repositories"]}
    assert (ran.code, found) == (0, {"acme/one": "opened", "acme/empty": "nothing-to-do"})
    entry |= {"archived": True, "forks": True}
    found = {line["repository"].partition("/")[2]: line["outcome"] for line in bot.run().report["repositories"]}
    assert found == {"acme/one": "unchanged", "acme/empty": "nothing-to-do", "acme/archived": "held", "acme/fork": "opened"}


def test_says_that_an_owner_cannot_be_listed_and_does_the_others(forge: FakeForge, bot: Bot) -> None:
    forge.add("acme/deploy", {PATH: deployment(ETCD)})
    bot.config["repositories"].insert(0, {"forge": "corp", "group" if forge.kind == "gitlab" else "owner": "nobody"})
    ran = bot.run()
    assert (ran.code, sorted(ran.outcomes)) == (3, ["failed", "opened"])
    assert next(line for line in ran.report["repositories"] if line["outcome"] == "failed")["stage"] == "sources"


def test_shards_share_the_repositories_between_them(forge: FakeForge, bot: Bot) -> None:
    names = [f"acme/r{number}" for number in range(8)]
    for name in names:
        forge.add(name, {PATH: b"nothing\n"})
    many(bot, *names)
    parts = [{line["repository"] for line in bot.run("--shard", f"{index}/3").report["repositories"]} for index in (1, 2, 3)]
    assert set().union(*parts) == {f"{forge.host}/{name}" for name in names}
    assert sum(map(len, parts)) == len(names)
    assert [bot.run("--shard", wrong).code for wrong in ("0/3", "4/3", "x", "1/0")] == [2, 2, 2, 2]


def test_finds_a_renamed_repository_under_its_new_name(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {PATH: deployment(ETCD)})
    forge.rename("acme/deploy", "acme/gitops")
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["opened"])
    assert ran.report["repositories"][0]["repository"] == f"{forge.host}/acme/gitops"
    assert len(repo.proposals()) == 1
    assert bot.run().outcomes == ["unchanged"]


def test_holds_an_archived_repository_and_passes_over_an_empty_one(forge: FakeForge, bot: Bot) -> None:
    forge.add("acme/old", {PATH: deployment(ETCD)}).archive()
    forge.add("acme/empty", {}, branch=None)
    forge.add("acme/fork", {PATH: deployment(ETCD)}, fork=True)
    many(bot, "acme/old", "acme/empty", "acme/fork")
    ran = bot.run()
    found = {line["repository"].partition("/")[2]: line["outcome"] for line in ran.report["repositories"]}
    assert (ran.code, found) == (0, {"acme/old": "held", "acme/empty": "nothing-to-do", "acme/fork": "opened"})
    assert not any(exchange.path.startswith("/acme/old") for exchange in forge.writes())


def test_asks_an_unchanged_repository_for_its_branches_and_no_more(forge: FakeForge, bot: Bot) -> None:
    forge.add("acme/deploy", {PATH: b"image: busybox\n"})
    assert bot.run().outcomes == ["nothing-to-do"]
    seen = len(forge.log)
    assert bot.run().outcomes == ["nothing-to-do"]
    assert {exchange.path for exchange in forge.log[seen:]} <= {"/acme/deploy.git/info/refs", "/acme/deploy.git/git-upload-pack"}
    assert len([exchange for exchange in forge.log[seen:] if exchange.path.endswith("/info/refs") and exchange.status == 200]) == 1


def test_looks_again_when_the_mapping_or_the_settings_have_changed(forge: FakeForge, bot: Bot) -> None:
    forge.add("acme/deploy", {PATH: deployment(ETCD)})
    bot.config["accept"] = []
    bot.knows([WEB])
    bot.config["paths"] = {"exclude": ["k8s"]}
    assert bot.run().outcomes == ["nothing-to-do"]
    bot.config["paths"] = {}
    bot.knows(IMAGES)
    assert bot.run().outcomes == ["opened"]


def test_two_runs_at_the_same_time_on_one_cache_make_one_proposal(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {PATH: deployment(ETCD)})
    (bot.folder / "redigest.yaml").write_text(yaml.safe_dump({"mapping": ["schema1.csv"], "cache": "cache", **bot.config}))
    command = [sys.executable, "-m", "redigest", "run"]
    runs = [subprocess.Popen(command, cwd=bot.folder, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [run.communicate()[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], said
    assert len(repo.proposals()) == 1
    assert set(repo.branches()) == {"main", BRANCH}
    assert bot.run().outcomes == ["unchanged"]


def test_explains_200_images_within_the_limit_of_the_forge(forge: FakeForge, bot: Bot) -> None:
    images = [Image(f"registry.redhat.io/team-{number % 9}/image-{number}") for number in range(200)]
    bot.knows(images)
    files = {f"apps/app-{number}/deployment.yaml": deployment(image, image) for number, image in enumerate(images)}
    repo = forge.add("acme/deploy", files)
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["opened"])
    [proposal] = repo.proposals()
    texts = [proposal.body, *(comment.body for comment in proposal.comments)]
    for image in images:
        assert any(image.name in text and str(image.new) in text for text in texts)
    assert bot.run().outcomes == ["unchanged"]
    repo.commit({"apps/app-0/deployment.yaml": b"image: busybox\n"})
    assert bot.run().outcomes == ["updated"]
    comments = len(repo.proposals()[0].comments)
    assert comments <= len(texts) - 1


def test_lets_github_commit_when_told_to(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {PATH: deployment(ETCD)})
    bot.config["commit"] = {"through-api": True}
    assert bot.run().outcomes == ["opened"]
    assert is_by_the_forge(repo) == (forge.kind == "github")
    assert set(repo.branches()) == {"main", BRANCH}
    assert bot.run().outcomes == ["unchanged"]
    repo.commit({PATH: deployment(ETCD, WEB)})
    assert bot.run().outcomes == ["updated"]
    assert WEB.new.hex.encode() in repo.files(BRANCH)[PATH]
    assert set(repo.branches()) == {"main", BRANCH}


def test_commits_itself_what_github_would_change_besides(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {"run.sh": f"podman run {TOOLS.before}\n".encode()})
    git(repo.path, "fast-import", "--quiet", stdin=executable(repo, "run.sh"))
    bot.config["commit"] = {"through-api": True}
    ran = bot.run()
    assert ran.outcomes == ["opened"]
    assert not is_by_the_forge(repo)
    assert git(repo.path, "diff", "--summary", "main", BRANCH) == b""
    assert ("through-api" in ran.messages) == (forge.kind == "github")
    assert set(repo.branches()) == {"main", BRANCH}


def is_by_the_forge(repo: Repository) -> bool:
    return b"web-flow" in git(repo.path, "log", "-1", "--format=%cn", BRANCH) or b"GitHub" in git(repo.path, "log", "-1", "--format=%cn", BRANCH)


def test_follows_the_conventions_of_the_history(forge: FakeForge, bot: Bot) -> None:
    repo = forge.add("acme/deploy", {PATH: deployment(ETCD)})
    for number in range(4):
        repo.commit({"README.md": b"%d\n" % number}, message=f"docs(readme): change {number}")
    bot.config["commit"] = {"name": "Ann", "email": "ann@example.com", "sign-off": True}
    assert bot.run().outcomes == ["opened"]
    _, email, subject = repo.log(BRANCH)[0]
    assert (email, subject) == ("ann@example.com", "fix: swap the schema 1 digest of rhel7/etcd")
    assert b"\nSigned-off-by: Ann <ann@example.com>\n" in git(repo.path, "cat-file", "commit", BRANCH)


def test_an_interrupted_run_can_be_repeated(forge: FakeForge, bot: Bot) -> None:
    names = [f"acme/r{number}" for number in range(3)]
    repos = [forge.add(name, {PATH: deployment(ETCD)}) for name in names]
    many(bot, *names)
    (bot.folder / "redigest.yaml").write_text(yaml.safe_dump({"mapping": ["schema1.csv"], "cache": "cache", "jobs": 1, **bot.config}))
    process = subprocess.Popen([sys.executable, "-m", "redigest", "run"], cwd=bot.folder, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stderr is not None
    process.stderr.readline()
    process.terminate()
    process.communicate()
    assert process.returncode in (130, 0)
    ran = bot.run()
    assert ran.code == 0
    assert all(len(repo.proposals()) == 1 for repo in repos)


def test_ends_for_a_mistake_in_a_rule_before_anything_is_written(forge: FakeForge, bot: Bot) -> None:
    forge.add("acme/deploy", {PATH: deployment(ETCD)})
    (bot.folder / "rules").mkdir()
    rule = bot.folder / "rules" / "own.yaml"
    rule.write_text("title: Ours\nrules: {}\n")
    bot.config["rules"] = ["rules"]
    ran = bot.run()
    assert (ran.code, ran.report) == (2, {})
    assert "own.yaml:2" in ran.said
    assert forge.writes() == []
    rule.write_text("title: Ours\nrules: []\n")
    assert bot.run().outcomes == ["opened"]
