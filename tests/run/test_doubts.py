"""What a run must not do when it is not sure: close, open again, or leave behind what people or circumstances have decided otherwise."""

import re
from copy import copy

import pytest

from tests.forge.fake import FakeForge
from tests.forge.state import Repository
from tests.registry.scripted import Answer, scripted
from tests.run.bot import Bot, deployment
from tests.samples import ETCD, IMAGES, TOOLS, WEB, Image, git

BRANCH = "redigest/schema-2/main"
PATH = "k8s/web.yaml"


@pytest.fixture
def repo(forge: FakeForge, bot: Bot) -> Repository:
    bot.config = {"forges": [forge.config()], "repositories": [{"forge": "corp", "name": "acme/deploy"}], "proposals": {}}
    return forge.add("acme/deploy", {PATH: deployment(ETCD)})


def states(repo: Repository) -> list[str]:
    return [proposal.state for proposal in repo.proposals()]


def test_declining_one_folder_leaves_the_others_open(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    repo.commit({PATH: None, "a/x.yaml": deployment(ETCD), "b/y.yaml": deployment(ETCD)})
    bot.config["proposals"]["group-by"] = "folder"
    assert bot.run().outcomes == ["opened", "opened"]
    forge.close(repo, 1)
    for _ in range(2):
        assert bot.run().outcomes == ["held", "unchanged"]
    assert states(repo) == ["closed", "open"]


def test_what_was_recreated_stays_open_though_it_was_declined_in_another_grouping(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    forge.close(repo, 1)
    bot.config["proposals"]["group-by"] = "image"
    assert bot.run("--recreate").outcomes == ["opened"]
    repo.commit({"README.md": b"moved\n"})
    assert bot.run().outcomes == ["unchanged"]
    assert states(repo) == ["closed", "open"]


def test_regrouping_replaces_a_proposal_and_says_so(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    repo.commit({"b.yaml": deployment(TOOLS)})
    bot.run()
    bot.config["proposals"]["group-by"] = "image"
    assert sorted(bot.run().outcomes) == ["closed", "opened", "opened"]
    assert "take the place" in repo.proposals()[0].comments[0].body
    assert "Nothing is left" not in repo.proposals()[0].comments[0].body


def test_regrouping_closes_nothing_before_its_successors_are_open(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    repo.commit({"b.yaml": deployment(TOOLS), "c.yaml": deployment(WEB)})
    bot.run()
    bot.config["proposals"] = {"group-by": "image", "limit-per-run": 2}
    assert sorted(bot.run().outcomes) == ["held", "held", "opened", "opened"]
    assert states(repo) == ["open", "open", "open"]
    assert sorted(bot.run().outcomes) == ["closed", "opened", "unchanged", "unchanged"]
    assert states(repo) == ["closed", "open", "open", "open"]


def test_leaves_a_proposal_alone_that_was_given_another_base(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    git(repo.path, "branch", "release", "main")
    bot.run()
    repo.proposals()[0].base = "release"
    repo.commit({PATH: b"image: busybox\n"})
    before = copy(repo.proposals()[0])
    for _ in range(2):
        assert bot.run().outcomes == ["held"]
    assert (repo.proposals()[0].state, repo.proposals()[0].body) == ("open", before.body)
    assert BRANCH in repo.branches()


def test_goes_on_with_a_proposal_whose_base_was_renamed(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    git(repo.path, "branch", "trunk", "main")
    git(repo.path, "symbolic-ref", "HEAD", "refs/heads/trunk")
    repo.default_branch = repo.proposals()[0].base = "trunk"
    repo.delete_branch("main")
    assert bot.run().outcomes == ["updated"]
    assert len(repo.proposals()) == 1
    assert bot.run().outcomes == ["unchanged"]


def test_owners_are_heard_though_their_file_is_not_among_those_that_are_looked_at(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    repo.commit({".redigest.yaml": b"enabled: false\n"})
    bot.config["paths"] = {"include": ["k8s/**"]}
    assert bot.run().outcomes == ["held"]
    assert states(repo) == []


def test_swaps_a_second_place_of_the_same_digest_in_the_same_file(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    repo.commit({PATH: deployment(ETCD) + b"# far\n" * 200})
    bot.run()
    repo.commit({PATH: deployment(ETCD) + b"# far\n" * 200 + b"---\n" + deployment(ETCD, name="other")})
    assert bot.run().outcomes == ["updated"]
    assert ETCD.old.hex.encode() not in repo.files(BRANCH)[PATH]


def test_writes_the_comments_that_an_interrupted_run_did_not_write(github: FakeForge, bot: Bot) -> None:
    images = [Image(f"registry.redhat.io/team/image-{number}") for number in range(120)]
    bot.knows(images)
    bot.config = {"forges": [github.config()], "repositories": [{"forge": "corp", "name": "acme/many"}]}
    repo = github.add("acme/many", {f"apps/{number}.yaml": deployment(image) for number, image in enumerate(images)})
    github.fail("POST", r"/comments$", status=422, headers={"Content-Type": "application/json"}, body='{"message": "no"}', times=50)
    assert bot.run().code == 3
    github.heal()
    assert bot.run().outcomes == ["updated"]
    assert len(repo.proposals()[0].comments) > 0
    assert bot.run().outcomes == ["unchanged"]


def test_sees_a_label_though_something_else_is_open(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    forge.close(repo, 1)
    repo.commit({PATH: deployment(ETCD, TOOLS)})
    assert bot.run().outcomes == ["opened"]
    assert bot.run().outcomes == ["unchanged"]
    forge.label(repo, 1, "redigest-recreate")
    assert bot.run().outcomes == ["updated"]
    assert ETCD.new.hex.encode() in repo.files(BRANCH)[PATH]


def test_an_archived_repository_with_nothing_left_to_swap_is_held(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    repo.commit({PATH: b"image: busybox\n"})
    repo.archive()
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["held"])


def test_names_a_repository_once_though_it_is_written_in_two_ways(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.config["repositories"] += [{"forge": "corp", "name": "Acme/Deploy"}, {"forge": "corp", "name": "acme/deploy", "branches": ["release"]}]
    ran = bot.run()
    assert (ran.code, sorted(ran.outcomes)) == (3, ["failed", "opened"])
    assert "named twice" in ran.messages


def test_says_that_an_entry_takes_no_repository(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.config["repositories"] = [{"forge": "corp", "group" if forge.kind == "gitlab" else "owner": "acme", "topic": "gitosp"}]
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["nothing-to-do"])
    assert "takes no repository" in ran.messages


def test_a_registry_that_is_down_closes_nothing_and_is_asked_again(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    bot.knows([WEB])
    with scripted(lambda _: Answer(503)) as registry:
        bot.config["registries"] = [{"host": registry.host, "plain-http": True}]
        bot.config["mirrors"] = [{"prefix": "registry.redhat.io", "upstream": registry.host}]
        repo.commit({"README.md": b"moved\n"})
        for _ in range(2):
            ran = bot.run()
            assert (ran.code, ran.outcomes) == (0, ["held"]), ran.said
            assert "could not be asked" in ran.messages
    assert states(repo) == ["open"]
    bot.knows(IMAGES)
    assert bot.run().outcomes == ["unchanged"]


def test_a_proposal_without_evidence_is_closed_and_says_that_the_digest_is_still_there(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    bot.run()
    bot.knows([WEB])
    with scripted(lambda _: Answer(404)) as registry:
        bot.config["registries"] = [{"host": registry.host, "plain-http": True}]
        bot.config["mirrors"] = [{"prefix": "registry.redhat.io", "upstream": registry.host}]
        assert bot.run().outcomes == ["closed"]
    assert "still there" in repo.proposals()[0].comments[0].body


def test_reports_hold_what_was_found_when_nothing_has_changed(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    first = bot.run()
    second = bot.run()
    assert second.outcomes == ["unchanged"]
    assert second.report["sightings"] == first.report["sightings"]
    assert second.report["summary"] == first.report["summary"]
    assert "1 digest in proposals" in second.said


def test_the_page_links_to_the_lines_that_were_looked_at_also_when_nothing_has_changed(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    ran = bot.run("--report", "first.html")
    bot.run("--report", "second.html")
    first, second = (set(re.findall(r'href="(http[^"]*/blob/[^"]*)"', (bot.folder / name).read_text())) for name in ("first.html", "second.html"))
    [line], [sighting] = ran.report["repositories"], ran.report["sightings"]
    assert first == second
    assert [address.partition("/blob/")[2] for address in first] == [f"{line['head']}/{sighting['path']}#L{sighting['line']}"]
