"""The life of a proposal on both forges, by whole runs: what is written, and above all what is not."""

from copy import copy

import pytest

from tests.forge.fake import FakeForge
from tests.forge.state import Repository
from tests.run.bot import Bot, deployment
from tests.samples import ETCD, TOOLS, WEB, git

BRANCH = "redigest/schema-2/main"
PATH = "k8s/web.yaml"
API = r"/(pulls|merge_requests)$"


def parent(repo: Repository) -> str:
    """The parent of the commit on our branch."""
    return git(repo.path, "rev-parse", f"{BRANCH}^").decode().strip()


def amend(repo: Repository, content: bytes) -> None:
    """Change the commit on our branch as a person does: the message, the author and the parent stay."""
    message = git(repo.path, "log", "-1", "--format=%B", BRANCH).decode()
    start = parent(repo)
    repo.delete_branch(BRANCH)
    repo.commit({PATH: content}, branch=BRANCH, parent=start, author=("redigest", "redigest@users.noreply.example"), message=message)


@pytest.fixture
def repo(forge: FakeForge, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with one image to swap, and a bot that is configured for it."""
    monkeypatch.setenv("FORGE_TOKEN", forge.token)
    bot.config = {
        "forges": [forge.config()],
        "repositories": [{"forge": "corp", "name": "acme/deploy"}],
        "proposals": {"labels": ["redigest"], "reviewers": ["alice"]},
    }
    return forge.add("acme/deploy", {PATH: deployment(ETCD), "README.md": b"# Deploy\n"})


def test_writes_nothing_where_there_is_nothing_to_do(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    repo.commit({PATH: b"image: busybox\n"})
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["nothing-to-do"])
    assert forge.writes() == []
    assert set(repo.branches()) == {"main"}


def test_opens_a_proposal_that_changes_nothing_but_digests(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    before = repo.files("main")
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["opened"])
    [proposal] = repo.proposals()
    assert (proposal.state, proposal.branch, proposal.base, proposal.labels, proposal.reviewers) == ("open", BRANCH, "main", ["redigest"], ["alice"])
    assert repo.files(BRANCH) == {**before, PATH: deployment(ETCD).replace(ETCD.old.hex.encode(), ETCD.new.hex.encode())}
    assert len(repo.log(BRANCH)) == 2
    assert ETCD.name in proposal.body
    assert str(ETCD.old) in proposal.body
    assert str(ETCD.new) in proposal.body
    assert ran.report["repositories"][0]["url"] in ran.said


def test_writes_nothing_when_the_swaps_are_the_same(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    written = len(forge.writes())
    bot.config["jobs"] = 2
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["unchanged"])
    repo.commit({"README.md": b"# Changed\n"})
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["unchanged"])
    assert len(forge.writes()) == written


def test_updates_branch_title_and_body_for_new_swaps(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    before = copy(*repo.proposals())
    repo.commit({PATH: deployment(ETCD, TOOLS)})
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["updated"])
    [after] = repo.proposals()
    assert after.number == before.number
    assert after.title != before.title
    assert str(TOOLS.new) in after.body
    assert TOOLS.new.hex.encode() in repo.files(BRANCH)[PATH]
    assert ETCD.new.hex.encode() in repo.files(BRANCH)[PATH]
    assert bot.run().outcomes == ["unchanged"]


def test_keeps_its_hands_off_a_branch_with_a_commit_by_someone_else(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    theirs = repo.commit({"NOTES.md": b"by hand\n"}, branch=BRANCH)
    repo.commit({PATH: deployment(ETCD, TOOLS)})
    before = copy(*repo.proposals())
    for _ in range(2):
        ran = bot.run()
        assert (ran.code, ran.outcomes) == (0, ["held"])
        assert "someone else" in ran.messages
    assert repo.head(BRANCH) == theirs
    [after] = repo.proposals()
    assert (after.title, after.body, after.state) == (before.title, before.body, "open")
    assert len(after.comments) == 1
    assert "someone else" in after.comments[0].body


def test_keeps_its_hands_off_when_someone_has_amended_the_commit(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    amend(repo, deployment(WEB))
    theirs = repo.head(BRANCH)
    repo.commit({PATH: deployment(ETCD, TOOLS)})
    assert bot.run().outcomes == ["held"]
    assert repo.head(BRANCH) == theirs


def test_does_not_propose_again_what_was_closed_without_being_merged(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    forge.close(repo, repo.proposals()[0].number)
    written = len(forge.writes())
    for _ in range(2):
        ran = bot.run()
        assert (ran.code, ran.outcomes) == (0, ["held"])
        assert ran.messages.endswith("without being merged; it is proposed again with --recreate, or once that proposal has the label redigest-recreate")
    assert len(forge.writes()) == written
    repo.commit({PATH: deployment(ETCD, TOOLS)})
    assert bot.run().outcomes == ["opened"]
    newest = max(repo.proposals(), key=lambda proposal: proposal.number)
    changed = repo.files(BRANCH)[PATH]
    assert TOOLS.new.hex.encode() in changed
    assert ETCD.old.hex.encode() in changed
    assert newest.state == "open"
    assert len(repo.proposals()) == 2


def test_does_not_propose_again_when_the_branch_was_deleted_too(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    forge.close(repo, repo.proposals()[0].number)
    repo.delete_branch(BRANCH)
    assert bot.run().outcomes == ["held"]
    assert set(repo.branches()) == {"main"}


@pytest.mark.parametrize("way", ["flag", "label"])
def test_proposes_again_what_was_declined_when_asked(forge: FakeForge, repo: Repository, bot: Bot, way: str) -> None:
    bot.run()
    first = repo.proposals()[0].number
    forge.close(repo, first)
    assert bot.run().outcomes == ["held"]
    if way == "label":
        forge.label(repo, first, "redigest-recreate")
    assert bot.run(*(["--recreate"] if way == "flag" else [])).outcomes == ["opened"]
    assert [proposal.state for proposal in sorted(repo.proposals(), key=lambda proposal: proposal.number)] == ["closed", "open"]
    assert bot.run().outcomes == ["unchanged"]


def test_is_done_once_a_proposal_is_merged(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    forge.merge(repo, repo.proposals()[0].number)
    written = len(forge.writes())
    assert bot.run().outcomes == ["nothing-to-do"]
    assert bot.run().outcomes == ["nothing-to-do"]
    assert len(forge.writes()) == written
    assert [proposal.state for proposal in repo.proposals()] == ["merged"]


def test_makes_a_branch_anew_that_conflicts_with_its_base(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    old = repo.head(BRANCH)
    repo.commit({PATH: deployment(ETCD).replace(b"c0\n          image", b"renamed\n          image").replace(b"name: c0", b"name: renamed")})
    assert bot.run().outcomes == ["updated"]
    assert repo.head(BRANCH) != old
    assert b"renamed" in repo.files(BRANCH)[PATH]
    assert parent(repo) == repo.head("main")
    assert len(repo.proposals()) == 1


@pytest.mark.parametrize(("policy", "outcome"), [("conflicted", "unchanged"), ("behind", "updated"), ("never", "unchanged")])
def test_makes_a_branch_anew_as_the_policy_says(forge: FakeForge, repo: Repository, bot: Bot, policy: str, outcome: str) -> None:
    bot.config["proposals"]["rebuild"] = policy
    bot.run()
    repo.commit({"README.md": b"# Moved on\n"})
    assert bot.run().outcomes == [outcome]
    is_new = parent(repo) == repo.head("main")
    assert is_new == (outcome == "updated")
    assert bot.run().outcomes == ["unchanged"]


def test_closes_a_proposal_with_nothing_left_to_swap(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    repo.commit({PATH: b"image: busybox\n"})
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["closed"])
    [proposal] = repo.proposals()
    assert proposal.state == "closed"
    assert len(proposal.comments) == 1
    assert set(repo.branches()) == {"main"}
    assert bot.run().outcomes == ["nothing-to-do"]
    repo.commit({PATH: deployment(ETCD)})
    assert bot.run().outcomes == ["opened"], "what redigest itself has closed was not declined"


def test_leaves_a_proposal_with_nothing_left_to_swap_that_others_have_touched(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    theirs = repo.commit({"NOTES.md": b"by hand\n"}, branch=BRANCH)
    repo.commit({PATH: b"image: busybox\n"})
    for _ in range(2):
        assert bot.run().outcomes == ["held"]
    [proposal] = repo.proposals()
    assert (proposal.state, repo.head(BRANCH), len(proposal.comments)) == ("open", theirs, 1)


def test_keeps_what_a_person_wrote_around_its_text(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    [proposal] = repo.proposals()
    forge.edit(repo, proposal.number, title="Ours now", body=f"Please wait for ann.\r\n\r\n{proposal.body}\n\nSee the runbook.")
    repo.commit({PATH: deployment(ETCD, TOOLS)})
    assert bot.run().outcomes == ["updated"]
    [after] = repo.proposals()
    assert after.body.startswith("Please wait for ann.")
    assert after.body.endswith("See the runbook.")
    assert str(TOOLS.new) in after.body
    assert after.body.count("redigest:begin") == 1
    assert after.title == "Ours now"


def test_sets_labels_and_reviewers_only_once(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    [proposal] = repo.proposals()
    proposal.labels.clear()
    proposal.reviewers.clear()
    repo.commit({PATH: deployment(ETCD, TOOLS)})
    assert bot.run().outcomes == ["updated"]
    [after] = repo.proposals()
    assert (after.labels, after.reviewers) == ([], [])


def test_makes_a_missing_label_and_warns_of_an_unknown_reviewer(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.config["proposals"] = {"labels": ["brand new", "a, comma"], "reviewers": ["nobody", "alice"]}
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["opened"])
    assert "nobody" in ran.messages
    [proposal] = repo.proposals()
    assert proposal.labels == ["brand new", "a, comma"]
    assert proposal.reviewers == ["alice"]
    assert forge.labels(repo).keys() >= {"brand new", "a, comma"}


def test_finds_and_updates_a_proposal_that_is_there_already(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    forge.fail("GET", API, status=200, headers={"Content-Type": "application/json"}, body="[]")
    bot.run()
    before = copy(*repo.proposals())
    repo.commit({PATH: deployment(ETCD, TOOLS)})
    forge.fail("GET", API, status=200, headers={"Content-Type": "application/json"}, body="[]")
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["opened"])
    [after] = repo.proposals()
    assert after.number == before.number
    assert str(TOOLS.new) in after.body


def test_goes_on_where_an_interrupted_run_has_pushed_and_not_proposed(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    forge.fail("POST", r"/(pulls|merge_requests)$", status=500, times=20)
    assert bot.run().code == 3
    pushed = repo.head(BRANCH)
    assert pushed is not None
    forge.heal()
    assert bot.run().outcomes == ["opened"]
    assert repo.head(BRANCH) == pushed
    assert len(repo.proposals()) == 1
