"""Forges that fail: each fault is a clear line of the report, does no harm, and is over when the forge is well again."""

import pytest

from tests.forge.fake import FakeForge
from tests.forge.state import Repository
from tests.registry.scripted import Answer, scripted
from tests.run.bot import Bot, deployment
from tests.samples import ETCD

BRANCH = "redigest/schema-2/main"
PATH = "k8s/web.yaml"
API = r"/(pulls|merge_requests)"


@pytest.fixture
def repo(forge: FakeForge, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("FORGE_TOKEN", forge.token)
    bot.config = {"forges": [forge.config()], "repositories": [{"forge": "corp", "name": "acme/deploy"}], "proposals": {"labels": []}}
    return forge.add("acme/deploy", {PATH: deployment(ETCD)})


def test_a_redirect_is_not_followed_and_the_token_goes_nowhere_else(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    with scripted(lambda _: Answer(200, {}, b"{}")) as other:
        forge.redirect(r".*", to=other.url)
        ran = bot.run()
        assert (ran.code, ran.outcomes) == (3, ["failed"])
        assert other.asked == []
    forge.heal()
    assert bot.run().outcomes == ["opened"]


@pytest.mark.parametrize("where", [r"/info/refs", API])
def test_a_web_page_in_place_of_an_answer_is_a_failure(forge: FakeForge, repo: Repository, bot: Bot, where: str) -> None:
    forge.fail(None, where, status=200, headers={"Content-Type": "text/html"}, body=b"<html><title>Sign in</title></html>", times=50)
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (3, ["failed"])
    assert repo.proposals() == []
    forge.heal()
    assert bot.run().outcomes == ["opened"]
    assert len(repo.proposals()) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_waits_as_long_as_the_forge_asks(forge: FakeForge, repo: Repository, bot: Bot, method: str) -> None:
    forge.limit(method, API, wait=1)
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["opened"]), ran.said
    assert len(repo.proposals()) == 1
    assert [exchange.status for exchange in forge.log if exchange.status in (403, 429)] == [403 if forge.kind == "github" else 429]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("is_done", [False, True])
def test_makes_one_proposal_though_an_answer_is_lost(forge: FakeForge, repo: Repository, bot: Bot, method: str, *, is_done: bool) -> None:
    forge.fail(method, API, status=502, late=is_done)
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["opened"]), ran.said
    assert len(repo.proposals()) == 1


def test_a_refusal_that_lasts_is_a_failure_with_the_right_that_is_missing(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    forge.fail("POST", API, status=403, headers={"Content-Type": "application/json"}, body=b'{"message": "Resource not accessible by integration"}', times=50)
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (3, ["failed"])
    assert ran.report["repositories"][0]["stage"] == "propose"
    assert "403" in ran.messages
    forge.heal()
    assert bot.run().outcomes == ["opened"]


def test_a_connection_that_is_lost_in_a_push_leaves_all_as_it_was_or_as_it_should_be(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    forge.drop("POST", r"/git-receive-pack", after_bytes=200)
    first = bot.run()
    assert first.code in (0, 3)
    assert set(repo.branches()) <= {"main", BRANCH}
    forge.heal()
    second = bot.run()
    assert (second.code, second.outcomes) in [(0, ["opened"]), (0, ["unchanged"])]
    assert len(repo.proposals()) == 1


def test_an_answer_that_is_lost_after_a_push_was_done_is_no_failure(forge: FakeForge, repo: Repository, bot: Bot) -> None:
    forge.drop("POST", r"/git-receive-pack", after_bytes=-1)
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (0, ["opened"])


def test_a_token_that_is_not_accepted_is_a_failure_that_says_so(forge: FakeForge, repo: Repository, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORGE_TOKEN", "wrong-" + "x" * 20)
    ran = bot.run()
    assert (ran.code, ran.outcomes) == (3, ["failed"])
    assert "FORGE_TOKEN" in ran.messages or "token" in ran.messages


def test_a_token_that_is_missing_is_a_fault_of_the_configuration(forge: FakeForge, repo: Repository, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORGE_TOKEN")
    ran = bot.run()
    assert ran.code == 2
    assert "FORGE_TOKEN" in ran.said


@pytest.mark.parametrize(
    ("refuse", "words"),
    [("protect", "protected"), ("hook", "commit subject must name a ticket"), ("archive", "archived")],
)
def test_a_push_that_is_refused_says_why(forge: FakeForge, repo: Repository, bot: Bot, refuse: str, words: str) -> None:
    match refuse:
        case "protect":
            repo.protect(BRANCH)
        case "hook":
            repo.refuse_pushes("commit subject must name a ticket")
        case _:
            repo.archive()
    ran = bot.run()
    assert ran.outcomes == (["held"] if refuse == "archive" else ["failed"])
    assert words in ran.messages
    assert repo.proposals() == []
