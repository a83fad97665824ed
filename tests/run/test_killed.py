"""A run that is killed at any moment is taken up by the next one: what was finished is left alone, and no proposal is made twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args
from urllib.parse import unquote

import pytest
import yaml

from redigest.finished import Records
from tests.forge.fake import TOKEN, Exchange, FakeForge
from tests.forge.http_server import Answer, Request, listen
from tests.forge.model import Kind
from tests.forge.state import Repository
from tests.run.bot import Bot, deployment
from tests.samples import ETCD, TOOLS

PLAIN = "acme/plain"
PATH = "k8s/web.yaml"
JOBS = 2
MOMENTS = range(2, 50, 6)


class Deadly(FakeForge):
    """A forge that kills who asks it, once it has done what the request of a number asked for; nobody hears of that."""

    victim: "subprocess.Popen[bytes] | None" = None
    left = 0

    def answer(self, request: Request) -> Answer:
        with self.lock:
            answer = super().answer(request)
            if not isinstance(answer.body, bytes):
                answer = replace(answer, body=b"".join(answer.body))
            self.left -= 1
            if self.left == 0 and self.victim is not None:
                self.victim.kill()
            return answer


@pytest.fixture(params=get_args(Kind))
def deadly(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deadly]:
    monkeypatch.setenv("FORGE_TOKEN", TOKEN)
    forge = Deadly(request.param, tmp_path / "forge")
    with listen(forge.answer) as forge.host:
        yield forge
    assert not forge.violations, "\n".join(forge.violations)


@pytest.fixture
def repositories(deadly: Deadly, bot: Bot) -> Mapping[str, Repository]:
    made = {f"acme/app-{number}": deadly.add(f"acme/app-{number}", {PATH: deployment(ETCD, TOOLS)}) for number in range(3)}
    made[PLAIN] = deadly.add(PLAIN, {"README.md": b"# Nothing to swap\n"})
    bot.config = {"forges": [deadly.config()], "repositories": [{"forge": "corp", "name": name} for name in made], "jobs": JOBS}
    return made


def killed(forge: Deadly, bot: Bot, *, moment: int) -> None:
    """Begin a run that does not outlive the request of this number."""
    (bot.folder / "redigest.yaml").write_text(yaml.safe_dump({"mapping": ["schema1.csv"], "cache": "cache", **bot.config}))
    forge.left = moment
    with subprocess.Popen([sys.executable, "-m", "redigest", "run"], cwd=bot.folder, env=os.environ, stderr=subprocess.DEVNULL) as process:
        forge.victim = process
        process.wait(timeout=60)
    forge.victim = None
    assert process.returncode == -signal.SIGKILL, "the run has ended before"


def times_of_records(bot: Bot) -> Mapping[str, int]:
    """When each record of a finished repository was written, by its file."""
    return {file.name: file.stat().st_mtime_ns for file in (bot.folder / "cache/finished").glob("*.json")}


def concerns(exchange: Exchange, name: str) -> bool:
    return name in unquote(exchange.path)


def is_fetch(exchange: Exchange, name: str) -> bool:
    return exchange.path == f"/{name}.git/git-upload-pack" and b"command=fetch" in exchange.request_body


@pytest.mark.parametrize("moment", MOMENTS)
def test_repeats_no_more_than_what_was_in_flight_and_doubles_nothing(deadly: Deadly, repositories: Mapping[str, Repository], bot: Bot, moment: int) -> None:
    killed(deadly, bot, moment=moment)
    records = Records(bot.folder / "cache")
    finished = {name for name in repositories if records.read(f"{deadly.host}/{name}") is not None}
    written = times_of_records(bot)
    begun = {name for name in repositories if any(is_fetch(exchange, name) for exchange in deadly.log)}
    assert len(begun - finished) <= JOBS

    length = len(deadly.log)
    again = bot.run()
    assert again.code == 0, again.said
    assert written.items() <= times_of_records(bot).items(), "what was finished was worked on again"
    for name in finished:  # a look, and a question whether the proposal is still open
        assert sum(concerns(exchange, name) for exchange in deadly.log[length:]) == (2 if name == PLAIN else 3)
    assert_proposed_once(repositories)

    length = len(deadly.log)
    assert set(bot.run().outcomes) == {"unchanged", "nothing-to-do"}
    assert [exchange.path for exchange in deadly.log[length:] if exchange.is_write] == []


def assert_proposed_once(repositories: Mapping[str, Repository]) -> None:
    """Every repository with something to swap has one proposal, without comments, on the only branch beside its own, with one commit."""
    for name, repository in repositories.items():
        proposals = [(one.state, one.branch, len(one.comments)) for one in repository.proposals()]
        if name == PLAIN:
            assert (proposals, set(repository.branches())) == ([], {"main"})
            continue
        [branch] = set(repository.branches()) - {"main"}
        assert proposals == [("open", branch, 0)]
        assert repository.files(branch) == {PATH: deployment(ETCD, TOOLS).replace(*swap(0)).replace(*swap(1))}
        assert len(repository.log(branch)) == len(repository.log("main")) + 1


def swap(number: int) -> tuple[bytes, bytes]:
    image = (ETCD, TOOLS)[number]
    return image.before.encode(), image.after.encode()
