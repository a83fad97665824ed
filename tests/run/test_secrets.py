"""Secrets: where one is planted in everything that may hold one, it comes out nowhere but on the wire to whom it is for."""

import base64
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import pytest
import yaml
from tests.forge.fake import FakeForge

from tests.registry.scripted import Answer, routes, scripted
from tests.run.bot import Bot, deployment
from tests.samples import ETCD, STRANGER, mapping_csv

IN_QUERY = "planted-in-the-query-0123456789"
IN_PULL_SECRET = "planted-in-the-pull-secret-0123456789"
PROXY_PASSWORD = "planted-in-a-proxy-0123456789"


def forms(secret: str) -> list[bytes]:
    """How a secret can be written: as it is, and inside of what Basic authentication sends."""
    packed = [base64.b64encode(f"{user}:{secret}".encode()) for user in ("x-access-token", "oauth2", "robot")]
    return [secret.encode(), *packed]


class Watch:
    """Reads the argument list of every process that is there while something runs, over and over."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._is_over.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    self.seen.add((process / "cmdline").read_bytes())
                except OSError:
                    continue

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()


def test_no_secret_is_in_a_log_a_report_the_cache_or_an_argument_list(forge: FakeForge, bot: Bot) -> None:
    forge.add("acme/deploy", {"k8s/web.yaml": deployment(ETCD, STRANGER)})
    forge.add("acme/other", {"k8s/web.yaml": deployment(ETCD)}).refuse_pushes(f"not with {forge.token}")
    pull_secret = {"auths": {"registry.invalid": {"auth": base64.b64encode(f"robot:{IN_PULL_SECRET}".encode()).decode()}}}
    (bot.folder / "pull-secret.json").write_text(json.dumps(pull_secret))
    with scripted(routes({"/schema1.csv": Answer(body=mapping_csv().encode())})) as server, Watch() as watch:
        config = {
            "mapping": [f"{server.url}/schema1.csv?token={IN_QUERY}"],
            "forges": [forge.config()],
            "repositories": [{"forge": "corp", "name": "acme/deploy"}, {"forge": "corp", "name": "acme/other"}, {"forge": "corp", "name": "acme/none"}],
            "registries": [{"host": "registry.invalid"}],
            "registry-config": "pull-secret.json",
            "cache": "cache",
        }
        (bot.folder / "redigest.yaml").write_text(yaml.safe_dump(config))
        done = subprocess.run(
            [sys.executable, "-m", "redigest", "run", "-vv", "--report", "r.json", "--report", "r.md"],
            cwd=bot.folder,
            env={**os.environ, "FORGE_TOKEN": forge.token, "http_proxy": "", "https_proxy": ""},
            capture_output=True,
            check=False,
        )
    assert done.returncode == 3, done.stderr.decode()
    report = json.loads((bot.folder / "r.json").read_bytes())
    assert sorted(line["outcome"] for line in report["repositories"]) == ["failed", "failed", "opened"]
    assert b"git" in done.stderr, "the log of the libraries is there"
    assert any(b"ls-remote" in command for command in watch.seen)
    places = {"the log": done.stdout + done.stderr, **{str(file): file.read_bytes() for file in bot.folder.rglob("*") if file.is_file()}}
    places |= {f"arguments {number}": command for number, command in enumerate(watch.seen)}
    planted = [form for secret in (forge.token, IN_QUERY, IN_PULL_SECRET) for form in forms(secret)]
    ours = {str(bot.folder / "redigest.yaml"), str(bot.folder / "pull-secret.json")}
    leaks = [(place, form) for place, content in places.items() for form in planted if form in content and place not in ours]
    assert leaks == []


@pytest.mark.parametrize("key", ["url", "git-url", "token-env"])
def test_a_token_where_none_belongs_is_refused_and_not_repeated(forge: FakeForge, bot: Bot, key: str) -> None:
    secret = "ghp_" + "abcdefghij0123456789" + "ABCDEFGHIJ012345"
    value = secret if key == "token-env" else f"https://bot:{secret}@forge.example"
    bot.config = {"forges": [{**forge.config(), key: value}], "repositories": [{"forge": "corp", "name": "acme/deploy"}]}
    ran = bot.run()
    assert ran.code == 2
    assert "redigest.yaml:" in ran.said
    assert secret not in ran.said
