"""The fake forge does what forges do: asked by the real clients and by git, and in the state of its proposals."""

import socket
from pathlib import Path

import github as pygithub
import pytest

from redigest.config import Forge
from tests.forge.asking import address, ask, clone, hub, lab, run_git
from tests.forge.fake import FakeForge
from tests.forge.state import Repository

FILES = {"k8s/web.yaml": b"image: old\n", "README.md": b"Hello\n"}


@pytest.fixture
def proposed(forge: FakeForge) -> Repository:
    """A repository with a branch, and a proposal for it."""
    made = forge.add("acme/deploy", FILES)
    made.commit({"k8s/web.yaml": b"image: new\n"}, branch="bot/x")
    propose(forge, made)
    return made


def propose(forge: FakeForge, repository: Repository, branch: str = "bot/x", **more: object) -> None:
    if forge.kind == "github":
        reply = ask(forge, "POST", f"/repos/{repository.name}/pulls", {"title": "T", "body": "B", "head": branch, "base": "main", **more})
    else:
        fields = {"title": "T", "description": "B", "source_branch": branch, "target_branch": "main", **more}
        reply = ask(forge, "POST", f"/projects/{repository.id}/merge_requests", fields)
    assert reply.status == 201, reply.body


def test_github_takes_a_pull_request_through_its_life(github: FakeForge) -> None:
    made = github.add("acme/deploy", FILES)
    made.commit({"k8s/web.yaml": b"image: new\n"}, branch="bot/x")
    made.add_milestone("v1")
    github.add_team("acme/platform")
    with hub(github) as client:
        found = client.get_repo("acme/deploy")
        assert (found.default_branch, found.archived, found.fork, found.size > 0) == ("main", False, False, True)
        pull = found.create_pull(base="main", head="bot/x", title="T", body="B", draft=True)
        assert [one.number for one in found.get_pulls(head="acme:bot/x", state="all", sort="created", direction="desc")] == [pull.number]
        assert pull.mergeable
        assert pull.head.sha == made.head("bot/x")
        assert [file.filename for file in pull.get_files()] == ["k8s/web.yaml"]
        assert [commit.commit.message for commit in pull.get_commits()] == ["Change files"]
        pull.edit(title="U", body="C")
        found.create_label("one", "1d76db")
        pull.add_to_labels("one", "two")
        pull.create_review_request(reviewers=["alice"], team_reviewers=["platform"])
        issue = found.get_issue(pull.number)
        issue.add_to_assignees("bob", "stranger")
        issue.edit(milestone=found.get_milestones()[0])
        comment = issue.create_comment("first")
        comment.edit("second")
        issue.create_comment("third").delete()
        assert [one.body for one in issue.get_comments()] == ["second"]
        pull.edit(state="closed")
    (one,) = made.proposals()
    assert (one.title, one.body, one.state, one.labels, one.is_draft) == ("U", "C", "closed", ["one", "two"], True)
    assert (one.reviewers, one.team_reviewers, one.assignees, one.milestone) == (["alice"], ["acme/platform"], ["bob"], "v1")
    assert [(comment.author, comment.body) for comment in one.comments] == [(github.bot, "second")]
    assert github.labels(made)["one"].color == "1d76db"


def test_gitlab_takes_a_merge_request_through_its_life(gitlab: FakeForge) -> None:
    made = gitlab.add("acme/sub/deploy", FILES)
    made.commit({"k8s/web.yaml": b"image: new\n"}, branch="bot/x")
    milestone = gitlab.add_group_milestone("acme", "v1")
    with lab(gitlab) as client:
        client.auth()
        found = client.projects.get("acme/sub/deploy")
        assert (found.default_branch, found.archived, found.empty_repo) == ("main", False, False)
        assert [one.id for one in found.milestones.list(title="v1", include_ancestors=True, get_all=True)] == [milestone.id]
        people = [user.id for name in ("alice", "bob") for user in client.users.list(username=name, get_all=True)]
        found.labels.create({"name": "a,b", "color": "#1d76db"})
        fields = {"source_branch": "bot/x", "target_branch": "main", "title": "Draft: T", "description": "B", "labels": ["a,b", "two"]}
        more = {"assignee_ids": people[:1], "reviewer_ids": people, "milestone_id": milestone.id, "remove_source_branch": True}
        request = found.mergerequests.create({**fields, **more})
        assert [one.iid for one in found.mergerequests.list(source_branch="bot/x", state="all", get_all=True)] == [request.iid]
        assert (request.sha, request.draft) == (made.head("bot/x"), True)
        assert [commit.title for commit in request.commits()] == ["Change files"]
        note = request.notes.create({"body": "first"})
        note.body = "second"
        note.save()
        request.notes.create({"body": "third"}).delete()
        assert [one.body for one in request.notes.list(get_all=True)] == ["second"]
        request.title, request.description, request.state_event = "U", "C", "close"
        request.save()
    (one,) = made.proposals()
    assert (one.title, one.body, one.state, one.labels, one.is_draft) == ("U", "C", "closed", ["a,b", "two"], False)
    assert (one.reviewers, one.assignees, one.milestone) == (["alice", "bob"], ["alice"], "v1")


def test_serves_git(forge: FakeForge, tmp_path: Path) -> None:
    made = forge.add("acme/deploy", FILES)
    folder = clone(forge, "acme/deploy", tmp_path)
    content = bytes(range(256)) * 20_000  # git sends more than 1 MB in chunks
    (folder / "big").write_bytes(content)
    for arguments in (("add", "."), ("commit", "--quiet", "--amend", "--no-edit"), ("push", "--quiet", "origin", "HEAD:bot/x")):
        assert run_git(folder, *arguments) == (0, "")
    assert made.files("bot/x") == {**FILES, "new": b"new\n", "big": content}
    assert [(subject, author) for _, author, subject in made.log("bot/x")] == [("New", "bot@example.com"), ("Begin", "someone@example")]
    assert [(exchange.method, exchange.who) for exchange in forge.writes()] == [("POST", forge.bot)]


def test_serves_a_part_of_a_history(forge: FakeForge, tmp_path: Path) -> None:
    made = forge.add("acme/deploy", FILES)
    made.commit({"README.md": b"Changed\n"})
    assert run_git(tmp_path, "clone", "--quiet", "--depth=1", "--filter=blob:none", address(forge, "acme/deploy"), "clone") == (0, "")
    folder = tmp_path / "clone"
    assert (folder / ".git/shallow").read_text().strip() == made.head("main")
    for arguments in (("commit", "--quiet", "--allow-empty", "--message=Empty"), ("push", "--quiet", "origin", "HEAD:bot/x")):
        assert run_git(folder, *arguments) == (0, "")
    made.commit({"README.md": b"Again\n"}, branch="bot/x")
    status, said = run_git(folder, "push", "--force-with-lease=bot/x:" + str(made.head("main")), "origin", "HEAD:bot/x")
    assert (status, "stale info" in said) == (1, True)


def test_an_empty_repository_has_no_branch(forge: FakeForge, tmp_path: Path) -> None:
    made = forge.add("acme/new", branch=None)
    assert (made.branches(), made.head("main")) == ({}, None)
    status, said = run_git(tmp_path, "clone", address(forge, "acme/new"))
    assert (status, "empty repository" in said) == (0, True)
    path = f"/repos/{made.name}" if forge.kind == "github" else f"/projects/{made.id}"
    shown = ask(forge, "GET", path).content
    assert isinstance(shown, dict)
    assert shown["size"] == 0 if forge.kind == "github" else shown["empty_repo"]


def test_commits_as_a_person_does(forge: FakeForge) -> None:
    made = forge.add("acme/deploy", FILES)
    strange = {'a "quoted"\nname\\': b"", "grüße": b"1", "bytes-\udcff": b"2"}
    sha = made.commit({**strange, "README.md": None}, author=("Ann", "ann@example"), message="One\n\nTwo")
    assert made.files("main") == {"k8s/web.yaml": b"image: old\n", **strange}
    assert made.log("main")[0] == (sha, "ann@example", "One")
    assert made.head("main") == sha


def test_a_merge_is_a_commit_of_its_own(forge: FakeForge, proposed: Repository) -> None:
    proposed.commit({"README.md": b"Changed\n"})
    merged = forge.merge(proposed, 1)
    assert proposed.head("main") == merged
    assert proposed.files("main") == {"k8s/web.yaml": b"image: new\n", "README.md": b"Changed\n"}
    (one,) = proposed.proposals()
    assert (one.state, one.merge_commit) == ("merged", merged)


def test_follows_its_branch(forge: FakeForge, proposed: Repository) -> None:
    sha = proposed.commit({"new": b"1"}, branch="bot/x")
    assert proposed.proposals()[0].head == sha


@pytest.mark.parametrize(("kind", "state"), [("github", "closed"), ("gitlab", "open")])
def test_what_becomes_of_a_proposal_whose_branch_goes(request: pytest.FixtureRequest, kind: str, state: str) -> None:
    forge = request.getfixturevalue(kind)
    made = forge.add("acme/deploy", FILES)
    made.commit({"new": b"1"}, branch="bot/x")
    propose(forge, made)
    made.delete_branch("bot/x")
    assert made.proposals()[0].state == state


def test_a_push_of_its_commits_to_the_base_merges_it(forge: FakeForge, proposed: Repository, tmp_path: Path) -> None:
    status, said = run_git(tmp_path, "clone", "--quiet", "--branch=bot/x", address(forge, "acme/deploy"), "clone")
    assert status == 0, said
    status, said = run_git(tmp_path / "clone", "push", "--quiet", "origin", "HEAD:main")
    assert status == 0, said
    assert proposed.proposals()[0].state == "merged"


def test_people_can_change_proposals(forge: FakeForge, proposed: Repository) -> None:
    forge.edit(proposed, 1, title="Better", body="Words")
    forge.label(proposed, 1, "stop")
    forge.say(proposed, 1, "Why?", author="carol")
    forge.close(proposed, 1)
    (one,) = proposed.proposals()
    assert (one.title, one.body, one.labels, one.state) == ("Better", "Words", ["stop"], "closed")
    assert [(comment.author, comment.body) for comment in one.comments] == [("carol", "Why?")]
    forge.reopen(proposed, 1)
    assert one.state == "open"


def test_sees_whether_a_proposal_conflicts(forge: FakeForge, proposed: Repository) -> None:
    proposed.commit({"k8s/web.yaml": b"image: other\n"})
    path = "/repos/acme/deploy/pulls/1" if forge.kind == "github" else f"/projects/{proposed.id}/merge_requests/1"
    shown = ask(forge, "GET", path).content
    assert isinstance(shown, dict)
    assert (shown["mergeable"] is False) if forge.kind == "github" else shown["has_conflicts"]


def test_lists_come_in_pages(forge: FakeForge) -> None:
    names = {forge.add(f"acme/r{number}").name for number in range(5)}
    base = "/orgs/acme/repos?" if forge.kind == "github" else "/groups/acme/projects?"
    key = "full_name" if forge.kind == "github" else "path_with_namespace"
    replies = [ask(forge, "GET", f"{base}per_page=2&page={page}") for page in (1, 2, 3)]
    lists = [reply.content for reply in replies]
    assert [len(one) for one in lists if isinstance(one, list)] == [2, 2, 1]
    assert {entry[key] for one in lists if isinstance(one, list) for entry in one} == names
    assert [('rel="next"' in reply.headers.get("link", "")) for reply in replies] == [True, True, False]
    if forge.kind == "gitlab":
        assert [reply.headers["x-next-page"] for reply in replies] == ["2", "3", ""]
        assert replies[0].headers["x-total"] == "5"
    assert len(ask(forge, "GET", f"{base}per_page=1000").content) == 5  # type: ignore[arg-type]  # it is a list


def test_the_clients_walk_through_pages(forge: FakeForge) -> None:
    names = {forge.add(f"acme/r{number:03}").name for number in range(35)}
    if forge.kind == "github":
        with hub(forge) as client:
            assert {one.full_name for one in client.get_organization("acme").get_repos()} == names
    else:
        with lab(forge) as client:
            assert {one.path_with_namespace for one in client.groups.get("acme").projects.list(iterator=True)} == names


def test_groups_have_subgroups(gitlab: FakeForge) -> None:
    for name, options in (("acme/one", {}), ("acme/sub/two", {"topics": ["gitops"]}), ("acme/sub/old", {"archived": True}), ("acmeother/three", {})):
        gitlab.add(name, **options)
    with lab(gitlab) as client:
        group = client.groups.get("acme")
        assert {one.path for one in group.projects.list(get_all=True)} == {"one"}
        assert {one.path for one in group.projects.list(get_all=True, include_subgroups=True)} == {"one", "two", "old"}
        assert {one.path for one in group.projects.list(get_all=True, include_subgroups=True, topic="gitops")} == {"two"}
        assert {one.path for one in group.projects.list(get_all=True, include_subgroups=True, archived=False)} == {"one", "two"}


def test_a_renamed_repository_is_found_under_its_old_name(forge: FakeForge, tmp_path: Path) -> None:
    made = forge.add("acme/deploy", FILES)
    forge.rename("acme/deploy", "acme/gitops")
    if forge.kind == "github":
        reply = ask(forge, "GET", "/repos/acme/deploy/branches?per_page=1")
        assert (reply.status, reply.headers["location"]) == (301, f"{forge.api_url}/repositories/{made.id}/branches?per_page=1")
        assert ask(forge, "GET", f"/repositories/{made.id}/branches").status == 200
        assert ask(forge, "POST", "/repos/acme/deploy/labels", {"name": "x"}).status == 307
    else:
        reply = ask(forge, "GET", "/projects/acme%2Fdeploy/labels?per_page=1")
        assert (reply.status, reply.headers["location"]) == (301, f"{forge.git_url}/api/v4/projects/{made.id}/labels?per_page=1")
        assert ask(forge, "POST", "/projects/acme%2Fdeploy/labels", {"name": "x", "color": "red"}).status == 405
        with lab(forge) as client:
            assert client.projects.get("acme/deploy").path_with_namespace == "acme/gitops"
    status, said = run_git(tmp_path, "-c", "http.followRedirects=false", "ls-remote", address(forge, "acme/deploy"))
    assert (status, "301" in said) == (128, True)
    assert run_git(tmp_path, "ls-remote", address(forge, "acme/deploy"))[0] == 0


def test_github_commits_by_graphql(github: FakeForge) -> None:
    made = github.add("acme/deploy", FILES)
    parent = made.commit({"new": b"1"}, branch="bot/x")
    changes = {"additions": [{"path": "k8s/web.yaml", "contents": "bmV3Cg=="}], "deletions": [{"path": "README.md"}]}
    branch = {"repositoryNameWithOwner": "acme/deploy", "branchName": "bot/x"}
    fields = {"branch": branch, "message": {"headline": "One", "body": "Two"}, "fileChanges": changes, "expectedHeadOid": parent}
    with hub(github) as client:
        _, found = client.requester.graphql_named_mutation("createCommitOnBranch", fields, "commit { oid url }")
        assert found["commit"]["oid"] == made.head("bot/x")
        with pytest.raises(pygithub.GithubException, match=r"STALE_DATA|Expected branch to point to"):
            client.requester.graphql_named_mutation("createCommitOnBranch", fields, "commit { oid }")
    assert made.files("bot/x") == {"k8s/web.yaml": b"new\n", "new": b"1"}
    assert [exchange.is_write for exchange in github.log] == [True, True]


def test_auto_merge_needs_something_to_wait_for(forge: FakeForge, proposed: Repository) -> None:
    def enable() -> int:
        if forge.kind == "gitlab":
            return ask(forge, "PUT", f"/projects/{proposed.id}/merge_requests/1/merge", {"merge_when_pipeline_succeeds": True}).status
        node = f"PR_{proposed.proposals()[0].id}"
        query = "mutation M($input: EnablePullRequestAutoMergeInput!) { enablePullRequestAutoMerge(input: $input) { clientMutationId } }"
        found = ask(forge, "POST", "/graphql", {"query": query, "variables": {"input": {"pullRequestId": node, "mergeMethod": "SQUASH"}}}).content
        assert isinstance(found, dict)
        return 422 if "errors" in found else 200

    proposed.has_checks = True
    assert enable() == 200
    assert proposed.proposals()[0].auto_merge is not None
    proposed.has_checks = False
    assert enable() == (422 if forge.kind == "github" else 200)
    assert proposed.proposals()[0].state == ("open" if forge.kind == "github" else "merged")


def test_an_app_gets_tokens_for_its_installations(github: FakeForge, tmp_path: Path) -> None:
    made = github.add("acme/deploy", FILES)
    github.add("other/deploy", FILES)
    app = github.install_app("acme")
    auth = pygithub.Auth.AppAuth(app.id, app.pem)
    with pygithub.GithubIntegration(auth=auth, base_url=github.api_url, seconds_between_requests=0, seconds_between_writes=0) as integration:
        number = integration.get_org_installation("acme").id
        assert integration.get_repo_installation("acme", "deploy").id == number
        token = integration.get_access_token(number).token
        assert integration.get_app().slug == app.slug
        with pytest.raises(pygithub.UnknownObjectException):
            integration.get_org_installation("other")
    with hub(github, pygithub.Auth.Token(token)) as client:
        assert client.get_repo("acme/deploy").id == made.id
        with pytest.raises(pygithub.UnknownObjectException):
            client.get_repo("other/deploy")
        with pytest.raises(pygithub.GithubException, match="not accessible by integration"):
            client.get_user().login  # noqa: B018, it is asked for when it is read
    listed = ask(github, "GET", "/installation/repositories", token=token).content
    assert isinstance(listed, dict)
    assert (listed["total_count"], [one["full_name"] for one in listed["repositories"]]) == (1, ["acme/deploy"])
    assert run_git(tmp_path, "ls-remote", address(github, "acme/deploy", token))[0] == 0
    assert github.writes() == []


def test_its_configuration_is_an_entry_of_forges(forge: FakeForge) -> None:
    entry = Forge.model_validate(forge.config("corp", write_pause=0.5))
    assert (entry.name, entry.kind, entry.token_env, entry.write_pause) == ("corp", forge.kind, "FORGE_TOKEN", 0.5)


@pytest.mark.parametrize(
    "cut",
    [
        b"Content-Length: 9\r\n\r\n",
        b'Content-Length: 9\r\n\r\n{"a"',
        b"Transfer-Encoding: chunked\r\n\r\n9\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    ],
)
def test_a_client_that_dies_in_its_request_has_asked_nothing(forge: FakeForge, cut: bytes) -> None:
    host, _, port = forge.host.partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"POST /api/v3/repos/acme/deploy/pulls HTTP/1.1\r\nHost: forge\r\n" + cut)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert forge.log == []
