"""The clients of forges do what the protocol says, on a forge of either kind: what they find, what they write, and what becomes a warning."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from redigest.config import Forge as ForgeConfig
from redigest.config import GroupRepositories, OwnerRepositories, Selection
from redigest.errors import RepositoryError, UsageError
from redigest.forges import Forge, connect
from redigest.forges.model import Comment, Request, Status
from tests.forge.fake import FakeForge
from tests.forge.state import Repository
from tests.samples import git

FILES = {"k8s/web.yaml": b"image: old\n"}
BRANCH = "redigest/schema-2"
REQUEST = Request(branch=BRANCH, base="main", title="Swap digests", body="Text")


@pytest.fixture
def connected() -> Iterator[Callable[..., Forge]]:
    made: list[Forge] = []

    def start(forge: FakeForge, **more: object) -> Forge:
        made.append(connect(ForgeConfig.model_validate(forge.config(**more))))
        return made[-1]

    yield start
    for client in made:
        client.close_connections()


@pytest.fixture
def client(forge: FakeForge, connected: Callable[..., Forge]) -> Forge:
    return connected(forge)


@pytest.fixture
def deploy(forge: FakeForge) -> Repository:
    return with_branch(forge)


def with_branch(forge: FakeForge, name: str = "acme/deploy") -> Repository:
    """A repository with a branch of ours that is ahead of main."""
    made = forge.add(name, FILES)
    made.commit({"k8s/web.yaml": b"image: new\n"}, branch=BRANCH)
    return made


def selection(forge: FakeForge, owner: str = "acme", **more: object) -> Selection:
    """What a configuration selects of an owner or a group."""
    if forge.kind == "github":
        return OwnerRepositories.model_validate({"forge": "corp", "owner": owner, **more})
    return GroupRepositories.model_validate({"forge": "corp", "group": owner, **more})


def selected(client: Forge, forge: FakeForge, owner: str = "acme", **more: object) -> list[str]:
    return [repository.name for repository in client.select(selection(forge, owner, **more))]


def test_looks_a_repository_up(forge: FakeForge, client: Forge) -> None:
    forge.add("acme/deploy", FILES, topics=("gitops",))
    found = client.repository("acme/deploy")
    assert (found.name, found.default_branch, found.topics) == ("acme/deploy", "main", frozenset({"gitops"}))
    assert (found.is_archived, found.is_fork, found.is_empty) == (False, False, False)


def test_knows_archived_repositories_forks_and_empty_ones(forge: FakeForge, client: Forge) -> None:
    forge.add("acme/old", FILES, archived=True)
    forge.add("acme/fork", FILES, fork=True)
    forge.add("acme/empty", branch=None)
    assert client.repository("acme/old").is_archived
    assert client.repository("acme/fork").is_fork
    assert client.repository("acme/empty").is_empty


def test_takes_a_repository_of_no_size_for_empty_only_if_it_has_no_branch(github: FakeForge, connected: Callable[..., Forge]) -> None:
    github.add("acme/new", FILES).size = 0
    assert not connected(github).repository("acme/new").is_empty


def test_finds_a_renamed_repository(forge: FakeForge, client: Forge) -> None:
    forge.add("acme/deploy", FILES)
    forge.rename("acme/deploy", "other/gitops")
    assert client.repository("acme/deploy").name == "other/gitops"


def test_says_that_there_is_no_such_repository(client: Forge) -> None:
    with pytest.raises(RepositoryError, match=r"cannot look up the .* acme/none: .*\(404\); there is no such thing") as raised:
        client.repository("acme/none")
    assert raised.value.stage == "sources"


def test_selects_repositories_of_an_owner(forge: FakeForge, client: Forge) -> None:
    forge.add("acme/a", FILES)
    forge.add("acme/b", FILES, topics=("gitops",))
    forge.add("acme/old", FILES, archived=True)
    forge.add("acme/fork", FILES, fork=True)
    forge.add("acme/empty", branch=None)
    forge.add("other/c", FILES)
    assert selected(client, forge) == ["acme/a", "acme/b", "acme/empty"]
    assert set(selected(client, forge, archived=True, forks=True)) == {"acme/a", "acme/b", "acme/empty", "acme/old", "acme/fork"}
    assert selected(client, forge, topic="gitops") == ["acme/b"]
    assert selected(client, forge, include=("acme/[ab]",), exclude=("acme/b",)) == ["acme/a"]
    assert {one.name: one.is_empty for one in client.select(selection(forge))}["acme/empty"]


def test_selects_page_by_page_with_one_request_each(forge: FakeForge, client: Forge) -> None:
    names = [f"acme/r{number:03}" for number in range(203)]
    for name in names:
        forge.add_repository(name, branch="main").size = 1
    found = client.select(selection(forge))
    assert next(found).name == names[0]
    pages = [one for one in forge.log if one.path.endswith(("/repos", "/projects"))]
    assert len(pages) == 1
    assert [one.name for one in found] == names[1:]
    pages = [one for one in forge.log if one.path.endswith(("/repos", "/projects"))]
    assert len(pages) == 3
    assert len(forge.log) - len(pages) <= 2


def test_selects_nothing_of_an_owner_that_is_not_there(forge: FakeForge, client: Forge) -> None:
    with pytest.raises(RepositoryError, match=r"cannot list the .* of .*nobody: .*\(404\); there is no such thing") as raised:
        list(client.select(selection(forge, "nobody")))
    assert raised.value.stage == "sources"


def test_selects_private_repositories_of_its_own_account(github: FakeForge, connected: Callable[..., Forge]) -> None:
    github.add_repository(f"{github.bot}/mine", branch="main")
    github.add_repository("alice/hers", branch="main").is_private = False
    for login in (github.bot, "alice"):
        github.users[login] = replace(github.account(login), is_organisation=False)
    client = connected(github)
    assert selected(client, github, github.bot) == [f"{github.bot}/mine"]
    assert selected(client, github, "alice") == ["alice/hers"]


def test_selects_subgroups_where_they_are_wanted(gitlab: FakeForge, connected: Callable[..., Forge]) -> None:
    for name in ("acme/a", "acme/apps/b", "acme/apps/deep/c"):
        gitlab.add(name, FILES)
    client = connected(gitlab)
    assert selected(client, gitlab) == ["acme/a"]
    assert selected(client, gitlab, subgroups=True) == ["acme/a", "acme/apps/b", "acme/apps/deep/c"]
    assert selected(client, gitlab, "acme/apps", subgroups=True, exclude=("acme/apps/deep/**",)) == ["acme/apps/b"]


def test_opens_a_proposal(forge: FakeForge, client: Forge, deploy: Repository) -> None:
    opened = client.open("acme/deploy", REQUEST)
    (made,) = deploy.proposals()
    assert (made.title, made.body, made.branch, made.base, made.is_draft, made.labels) == ("Swap digests", "Text", BRANCH, "main", False, [])
    proposal = opened.proposal
    assert (proposal.number, proposal.status, proposal.head) == (made.number, Status.OPEN, deploy.head(BRANCH))
    assert (proposal.branch, proposal.base, proposal.title, proposal.body) == (BRANCH, "main", "Swap digests", "Text")
    assert proposal.url.startswith(f"http://{forge.host}/acme/deploy/")
    assert opened.warnings == ()
    assert len(forge.writes()) == 1


def test_opens_a_proposal_with_everything(forge: FakeForge, client: Forge, deploy: Repository) -> None:
    deploy.has_checks = True
    deploy.add_milestone("v1", is_open=False)
    deploy.add_milestone("v2")
    request = replace(REQUEST, labels=("redigest", "a, b/c"), reviewers=("alice", "BOB"), assignees=("bob",), milestone="v2", auto_merge=True)
    opened = client.open("acme/deploy", request)
    (made,) = deploy.proposals()
    assert opened.warnings == ()
    assert (made.labels, made.reviewers, made.assignees, made.milestone) == (["redigest", "a, b/c"], ["alice", "bob"], ["bob"], "v2")
    assert made.auto_merge == "merge"
    assert made.state == "open"
    assert forge.labels(deploy)["redigest"].color.removeprefix("#") == "1d76db"


def test_leaves_labels_as_they_are(forge: FakeForge, client: Forge, deploy: Repository) -> None:
    deploy.add_label("redigest", "#123456" if forge.kind == "gitlab" else "123456", "ours")
    client.open("acme/deploy", replace(REQUEST, labels=("redigest",)))
    assert forge.labels(deploy)["redigest"].color.endswith("123456")


def test_opens_a_draft_and_keeps_it_one(client: Forge, deploy: Repository) -> None:
    opened = client.open("acme/deploy", replace(REQUEST, is_draft=True))
    assert deploy.proposals()[0].is_draft
    assert opened.proposal.title == "Swap digests"
    client.update("acme/deploy", opened.proposal.number, title="New title", body="New text")
    (made,) = deploy.proposals()
    assert made.is_draft
    assert made.body == "New text"
    (found,) = client.proposals("acme/deploy", BRANCH)
    assert (found.title, found.body) == ("New title", "New text")


def test_opens_a_proposal_where_there_are_no_drafts(github: FakeForge, connected: Callable[..., Forge]) -> None:
    made = with_branch(github)
    made.allows_drafts = False
    opened = connected(github).open("acme/deploy", replace(REQUEST, is_draft=True))
    assert len(made.proposals()) == 1
    assert "is no draft: Draft pull requests are not supported" in opened.warnings[0]


def test_warns_of_what_cannot_be_had(client: Forge, deploy: Repository) -> None:
    request = replace(REQUEST, reviewers=("alice", "nobody"), assignees=("bob", "nobody"), milestone="v9", auto_merge=True)
    opened = client.open("acme/deploy", request)
    (made,) = deploy.proposals()
    assert (made.state, made.reviewers, made.assignees, made.milestone, made.auto_merge) == ("open", ["alice"], ["bob"], None, None)
    told = "\n".join(opened.warnings)
    assert len(opened.warnings) == 4
    for words in ("nobody could not be asked for a review", "nobody could not be assigned", "the milestone v9 could not be set", "auto-merge could not be"):
        assert words in told


def test_warns_when_people_are_passed_over(gitlab: FakeForge, connected: Callable[..., Forge]) -> None:
    gitlab.takes_one_person = True
    with_branch(gitlab)
    opened = connected(gitlab).open("acme/deploy", replace(REQUEST, reviewers=("alice", "bob")))
    assert opened.warnings == ("bob could not be asked for a review: GitLab has passed over it",)


def test_asks_teams_for_a_review(github: FakeForge, connected: Callable[..., Forge]) -> None:
    made = with_branch(github)
    github.add_team("acme/platform")
    github.add_team("acme/web")
    opened = connected(github).open("acme/deploy", replace(REQUEST, reviewers=("acme/platform", "team:web", "alice", "team:none")))
    assert made.proposals()[0].team_reviewers == ["acme/platform", "acme/web"]
    assert made.proposals()[0].reviewers == ["alice"]
    assert [warning.partition(":none ")[0] for warning in opened.warnings] == ["team"]


def test_finds_the_milestone_of_a_group_above(gitlab: FakeForge, connected: Callable[..., Forge]) -> None:
    made = with_branch(gitlab, "acme/apps/deploy")
    gitlab.add_group_milestone("acme", "v1")
    assert connected(gitlab).open("acme/apps/deploy", replace(REQUEST, milestone="v1")).warnings == ()
    assert made.proposals()[0].milestone == "v1"


def test_merges_in_a_way_that_the_repository_allows(github: FakeForge, connected: Callable[..., Forge]) -> None:
    made = with_branch(github)
    made.has_checks, made.merge_methods = True, ("squash",)
    assert connected(github).open("acme/deploy", replace(REQUEST, auto_merge=True)).warnings == ()
    assert made.proposals()[0].auto_merge == "squash"


def test_never_merges_at_once_for_want_of_checks(client: Forge, deploy: Repository) -> None:
    opened = client.open("acme/deploy", replace(REQUEST, auto_merge=True))
    assert deploy.proposals()[0].state == "open"
    assert "auto-merge could not be enabled" in opened.warnings[0]


@pytest.mark.parametrize("path", ["/labels$", "/assignees$|/users$", "requested_reviewers$|/users$", "/milestones$", "graphql$|/merge$"])
def test_has_opened_even_if_something_fails_afterwards(forge: FakeForge, client: Forge, deploy: Repository, path: str) -> None:
    deploy.has_checks = True
    deploy.add_milestone("v1")
    forge.fail(None, path, status=403, body={"message": "No"}, times=99)
    request = replace(REQUEST, labels=("redigest",), reviewers=("alice",), assignees=("bob",), milestone="v1", auto_merge=True)
    opened = client.open("acme/deploy", request)
    assert [made.number for made in deploy.proposals()] == [opened.proposal.number]
    assert opened.warnings


def test_brings_a_proposal_up_to_date_that_is_open_already(client: Forge, deploy: Repository) -> None:
    first = client.open("acme/deploy", REQUEST)
    second = client.open("acme/deploy", replace(REQUEST, title="Other", body="More", reviewers=("alice",)))
    (made,) = deploy.proposals()
    assert first.proposal.number == second.proposal.number == made.number
    assert (made.title, made.body) == (second.proposal.title, second.proposal.body) == ("Other", "More")


@pytest.mark.parametrize("is_late", [True, False])
def test_opens_one_proposal_when_an_answer_is_lost(forge: FakeForge, client: Forge, deploy: Repository, *, is_late: bool) -> None:
    forge.drop("POST", "/(pulls|merge_requests)$", late=is_late)
    opened = client.open("acme/deploy", replace(REQUEST, labels=("redigest",)))
    (made,) = deploy.proposals()
    assert (made.number, made.labels) == (opened.proposal.number, ["redigest"])


@pytest.mark.parametrize("is_late", [True, False])
def test_writes_one_comment_when_an_answer_is_lost(forge: FakeForge, client: Forge, deploy: Repository, *, is_late: bool) -> None:
    number = client.open("acme/deploy", REQUEST).proposal.number
    forge.drop("POST", "/(comments|notes)$", late=is_late)
    client.comment("acme/deploy", number, "One")
    assert [comment.body for comment in deploy.proposals()[0].comments] == ["One"]


def test_says_that_a_branch_has_nothing_to_propose(forge: FakeForge, client: Forge) -> None:
    made = forge.add("acme/deploy", FILES)
    if forge.kind == "github":  # GitLab takes a branch with nothing new
        git(made.path, "update-ref", f"refs/heads/{BRANCH}", "refs/heads/main")
    with pytest.raises(RepositoryError, match=r"cannot open a .* in acme/deploy: .*\(422\)") as raised:
        client.open("acme/deploy", REQUEST)
    assert raised.value.stage == "propose"


def test_says_that_an_archived_repository_takes_no_proposal(client: Forge, deploy: Repository) -> None:
    deploy.archive()
    with pytest.raises(RepositoryError, match=r"cannot open a .* \(403\); the token in FORGE_TOKEN may not do this"):
        client.open("acme/deploy", REQUEST)


def test_lists_proposals_in_every_state_the_newest_first(forge: FakeForge, client: Forge, deploy: Repository) -> None:
    first = client.open("acme/deploy", REQUEST).proposal.number
    forge.label(deploy, first, "redigest-recreate")
    client.close("acme/deploy", first, body="Not any more")
    second = client.open("acme/deploy", REQUEST).proposal.number
    deploy.commit({"other": b""}, branch="redigest/schema-2-else")
    client.open("acme/deploy", replace(REQUEST, branch="redigest/schema-2-else"))
    forge.merge(deploy, second)
    deploy.commit({"k8s/web.yaml": b"image: newest\n"}, branch=BRANCH)
    third = client.open("acme/deploy", REQUEST).proposal.number
    found = client.proposals("acme/deploy", BRANCH)
    assert [(one.number, one.status) for one in found] == [(third, Status.OPEN), (second, Status.MERGED), (first, Status.CLOSED)]
    assert found[2].labels == {"redigest-recreate"}
    assert found[2].body == "Not any more"
    assert client.proposals("acme/deploy", "redigest/none") == []


def test_updates_and_closes_in_one_request_each(forge: FakeForge, client: Forge, deploy: Repository) -> None:
    number = client.open("acme/deploy", REQUEST).proposal.number
    before = len(forge.writes())
    client.update("acme/deploy", number, title="Title", body="Body")
    client.update("acme/deploy", number, body="Only the body")
    assert (deploy.proposals()[0].title, deploy.proposals()[0].body) == ("Title", "Only the body")
    client.close("acme/deploy", number, body="Done")
    assert (deploy.proposals()[0].state, deploy.proposals()[0].body) == ("closed", "Done")
    assert len(forge.writes()) == before + 3


def test_writes_edits_and_deletes_comments_and_knows_its_own(forge: FakeForge, client: Forge, deploy: Repository) -> None:
    number = client.open("acme/deploy", REQUEST).proposal.number
    assert client.comments("acme/deploy", number) == []
    client.comment("acme/deploy", number, "Ours")
    forge.say(deploy, number, "Theirs", author="alice")
    client.comment("acme/deploy", number, "Ours too")
    ours, theirs, last = client.comments("acme/deploy", number)
    assert [(one.body, one.is_own) for one in (ours, theirs, last)] == [("Ours", True), ("Theirs", False), ("Ours too", True)]
    client.edit_comment("acme/deploy", number, ours.id, "Edited")
    client.delete_comment("acme/deploy", number, last.id)
    client.delete_comment("acme/deploy", number, last.id)
    assert client.comments("acme/deploy", number) == [Comment(ours.id, "Edited", is_own=True), theirs]


def test_reads_many_comments(forge: FakeForge, client: Forge, deploy: Repository) -> None:
    number = client.open("acme/deploy", REQUEST).proposal.number
    for position in range(205):
        forge.say(deploy, number, f"Comment {position}")
    assert [one.body for one in client.comments("acme/deploy", number)] == [f"Comment {position}" for position in range(205)]


def test_asks_who_it_is_once(forge: FakeForge, client: Forge, deploy: Repository) -> None:
    number = client.open("acme/deploy", REQUEST).proposal.number
    client.comment("acme/deploy", number, "Ours")
    for _ in range(3):
        client.comments("acme/deploy", number)
    assert len([one for one in forge.log if one.path.endswith("/user")]) == 1


def test_lets_github_commit(github: FakeForge, connected: Callable[..., Forge]) -> None:
    made = github.add("acme/deploy", {**FILES, "run.sh": b"#!/bin/sh\n", "bin": b"\x00"})
    parent = made.commit({"x": b""}, branch=BRANCH)
    files = {"k8s/web.yaml": b"\xff\x00new", "a b/\u00e9.yaml": b"1"}
    commit = connected(github).commit("acme/deploy", BRANCH, parent=parent, message="Swap\n\nBecause.\n\nSigned-off-by: me\n", files=files)
    assert made.head(BRANCH) == commit
    assert made.files(BRANCH) == {**FILES, "run.sh": b"#!/bin/sh\n", "bin": b"\x00", "x": b"", **files}
    assert made.log(BRANCH)[0][2] == "Swap"


def test_lets_github_commit_on_no_other_parent(github: FakeForge, connected: Callable[..., Forge]) -> None:
    made = with_branch(github)
    head = made.head(BRANCH)
    with pytest.raises(RepositoryError, match=r"cannot commit on branch redigest/schema-2 of acme/deploy: Expected branch to point to") as raised:
        connected(github).commit("acme/deploy", BRANCH, parent="0" * 40, message="Swap", files={"x": b""})
    assert raised.value.stage == "commit"
    assert made.head(BRANCH) == head


def test_says_that_a_name_is_not_utf_8(github: FakeForge, connected: Callable[..., Forge]) -> None:
    with pytest.raises(RepositoryError, match=r"not UTF-8.*through-api"):
        connected(github).commit("acme/deploy", BRANCH, parent="0" * 40, message="Swap", files={"caf\udce9": b""})


def test_gives_nothing_where_gitlab_should_commit(gitlab: FakeForge, connected: Callable[..., Forge]) -> None:
    assert connected(gitlab).commit("acme/deploy", BRANCH, parent="0" * 40, message="Swap", files={}) is None
    assert gitlab.log == []


@pytest.fixture
def key(github: FakeForge, tmp_path: Path) -> Path:
    """The key of an App that acme and a user have installed."""
    app = github.install_app("acme", "alice")
    path = tmp_path / "app.pem"
    path.write_text(app.pem)
    return path


def with_app(github: FakeForge, key: Path) -> dict[str, object]:
    assert github.app is not None
    return {"app": {"id": github.app.id, "key-file": str(key)}}


def test_works_as_an_app(github: FakeForge, connected: Callable[..., Forge], key: Path) -> None:
    made = with_branch(github)
    github.add("other/secret", FILES)
    client = connected(github, **with_app(github, key))
    assert selected(client, github) == ["acme/deploy"]
    number = client.open("acme/deploy", replace(REQUEST, labels=("redigest",))).proposal.number
    client.comment("acme/deploy", number, "Ours")
    assert [one.is_own for one in client.comments("acme/deploy", number)] == [True]
    assert made.proposals()[0].author == "redigest-app[bot]"
    assert len([one for one in github.log if one.path.endswith("/access_tokens")]) == 1


def test_gets_a_token_for_each_owner_that_has_installed_the_app(github: FakeForge, connected: Callable[..., Forge], key: Path) -> None:
    github.users["alice"] = replace(github.account("alice"), is_organisation=False)
    github.add("acme/deploy", FILES)
    github.add("alice/tools", FILES)
    client = connected(github, **with_app(github, key))
    assert client.repository("acme/deploy").name == "acme/deploy"
    assert client.repository("alice/tools").name == "alice/tools"
    assert client.remote("acme/deploy").authorization != client.remote("alice/tools").authorization


def test_says_where_the_app_is_not_installed(github: FakeForge, connected: Callable[..., Forge], key: Path) -> None:
    github.add("other/deploy", FILES)
    client = connected(github, **with_app(github, key))
    with pytest.raises(RepositoryError, match="the App is not installed for other: install it there"):
        client.repository("other/deploy")


def test_renews_the_token_of_an_app_before_it_ends(github: FakeForge, connected: Callable[..., Forge], key: Path) -> None:
    assert github.app is not None
    github.app.lifetime = timedelta(minutes=2)
    github.add("acme/deploy", FILES)
    client = connected(github, **with_app(github, key))
    client.repository("acme/deploy")
    client.repository("acme/deploy")
    assert len([one for one in github.log if one.path.endswith("/access_tokens")]) == 2


@pytest.mark.parametrize("content", [None, "", "no key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"])
def test_refuses_a_key_that_is_none(github: FakeForge, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "app.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=r"the key of the GitHub App of forge corp, .*app\.pem, cannot be used"):
        connect(ForgeConfig.model_validate(github.config(app={"id": 1, "key-file": str(path)})))


def test_asks_nothing_when_it_is_made_and_for_addresses(forge: FakeForge, client: Forge) -> None:
    client.remote("acme/deploy")
    client.link("acme/deploy", "1" * 40, "a", 1)
    assert client.host == forge.host
    assert forge.log == []
