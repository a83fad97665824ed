"""`--log-format json`: what a run says, for programs that read it."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from typing import Any

import pytest
import yaml

from redigest.report.sarif import MOST_RUNS
from tests.forge.fake import FakeForge
from tests.run.bot import Bot, deployment
from tests.samples import ETCD, repository


def records(said: str) -> list[dict[str, Any]]:
    """The objects, one a line and nothing else."""
    found = [json.loads(line) for line in said.splitlines()]
    assert all(list(one) == ["time", "level", "message", "repository"] for one in found)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one["time"]) for one in found)
    return found


def test_every_line_of_a_run_is_an_object(forge: FakeForge, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORGE_TOKEN", forge.token)
    forge.add("acme/one", {"k8s/web.yaml": deployment(ETCD), "a\u202eb.yaml": deployment(ETCD)})
    forge.add("acme/old", {"k8s/web.yaml": deployment(ETCD)}).archive()
    bot.config = {"forges": [forge.config()], "repositories": [{"forge": "corp", "name": f"acme/{name}"} for name in ("one", "old", "missing")]}
    ran = bot.run("--log-format", "json", "-v")
    assert ran.code == 3
    found = records(ran.said)
    told = {one["repository"]: (one["level"], one["message"]) for one in reversed(found) if one["repository"] is not None}
    assert {name.rpartition("/")[2]: level for name, (level, _) in told.items()} == {"one": "info", "old": "warning", "missing": "error"}
    assert ": opened http" in told[f"{forge.host}/acme/one"][1]
    assert [(one["level"], one["repository"]) for one in found[-2:]] == [("info", None), ("error", None)]
    assert "\u202e" not in ran.said
    assert forge.token not in ran.said


def test_what_the_libraries_log_is_in_objects_too(forge: FakeForge, bot: Bot) -> None:
    environment = {**os.environ, "FORGE_TOKEN": forge.token}
    forge.add("acme/one", {"k8s/web.yaml": deployment(ETCD)})
    config = {"mapping": ["schema1.csv"], "cache": "cache", "forges": [forge.config()], "repositories": [{"forge": "corp", "name": "acme/one"}]}
    (bot.folder / "redigest.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "redigest", "run", "--log-format", "json", "-vv"]
    said = subprocess.run(command, cwd=bot.folder, env=environment, stderr=subprocess.PIPE, text=True, check=True).stderr
    assert {"debug", "info"} <= {one["level"] for one in records(said)}
    assert forge.token not in said


def test_a_run_that_cannot_begin_says_so_in_an_object(bot: Bot) -> None:
    bot.config = {"repositories": [{"forge": "github", "name": "acme/deploy"}]}
    ran = bot.run("--log-format", "json")
    (one,) = records(ran.said)
    assert (ran.code, one["level"]) == (2, "error")
    assert "GITHUB_TOKEN" in one["message"]


def test_a_run_that_ends_as_nobody_expected_says_so_in_an_object(bot: Bot) -> None:
    (bot.folder / "redigest.yaml").write_text("repositories: [{path: .}]\ncache: cache\n")
    command = f"ulimit -n 8; exec {shlex.quote(sys.executable)} -m redigest run --offline --log-format json"
    ended = subprocess.run(["sh", "-c", command], cwd=bot.folder, stderr=subprocess.PIPE, text=True, check=False)
    warned, one = records(ended.stderr)
    assert warned["message"].startswith("redigest: no mapping was given and no registry may be asked")
    assert (ended.returncode, one["level"], one["message"].splitlines()[0]) == (4, "error", "Traceback (most recent call last):")
    assert "Too many open files" in one["message"].splitlines()[-1]


def test_warnings_have_their_level(bot: Bot) -> None:
    """Those that no `-v` asks for too: more repositories than GitHub takes runs in SARIF."""
    names = [f"r{number}" for number in range(MOST_RUNS + 1)]
    for name in names:
        repository(bot.folder / name, {"a.yaml": "a: b\n"})
    bot.config = {"repositories": [{"path": name} for name in names]}
    found = records(bot.run("--offline", "--log-format", "json", "--report", "r.sarif").said)
    assert [one["level"] for one in found if "too large for GitHub" in one["message"]] == ["warning"]


def test_all_tokens_that_are_missing_are_said_at_once(bot: Bot) -> None:
    bot.config = {"repositories": [{"forge": forge, "name": "acme/deploy"} for forge in ("github", "gitlab", "github")]}
    names = ["GITHUB_TOKEN", "GITLAB_TOKEN"]
    ran = bot.run()
    said = [f"environment variable {name}, which is not set; set it and run again" for name in names]
    assert (ran.code, [line.startswith("redigest: forge ") for line in ran.said.splitlines()]) == (2, [True, True])
    assert [words in line for words, line in zip(said, ran.said.splitlines(), strict=True)] == [True, True]
    objects = records(bot.run("--log-format", "json").said)
    assert [words in one["message"] for words, one in zip(said, objects, strict=True)] == [True, True]


@pytest.mark.parametrize("wrong", [("--shard", "3/2"), ("--nonsense",), ("--jobs=0",), ("elsewhere",)], ids=" ".join)
@pytest.mark.parametrize("wanted", [("--log-format", "json"), ("--log-format=json",)], ids=" ".join)
def test_a_wrong_command_line_is_an_object(bot: Bot, wrong: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    ran = bot.run(*wrong, *wanted)
    assert ran.code == 2
    (one,) = records(ran.said)
    assert one["level"] == "error"
    assert re.search(r"must be I/N|No such option|is not in the range|unexpected extra argument", one["message"])


def test_an_interrupted_run_says_so_in_an_object(bot: Bot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        forge = {"name": "corp", "kind": "gitlab", "url": f"http://127.0.0.1:{server.getsockname()[1]}", "token-env": "FORGE_TOKEN"}
        config = {"cache": "cache", "forges": [forge], "repositories": [{"forge": "corp", "name": "acme/deploy"}]}
        (bot.folder / "redigest.yaml").write_text(yaml.safe_dump(config))
        command = [sys.executable, "-m", "redigest", "run", "--log-format", "json"]
        environment = {**os.environ, "FORGE_TOKEN": "not-a-real-token-77"}
        with subprocess.Popen(command, cwd=bot.folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = server.accept()
            with connection:
                process.send_signal(signal.SIGTERM)
                _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert [(one["level"], one["message"]) for one in records(said)] == [("error", "interrupted")]
