"""Secrets: where one is planted in everything that may hold one, it comes out nowhere but on the wire to whom it is for."""

import base64
import json
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


def forms(secret: str) -> list[bytes]:
    """How a secret can be written: as it is, and inside of what Basic authentication sends."""
    packed = [base64.b64encode(f"{user}:{secret}".encode()) for user in ("x-access-token", "oauth2", "robot")]
    return [secret.encode(), *packed]


class Watch:
    """Reads the argument lists of a process and of all that it starts, over and over while it runs."""

    def __init__(self, root: int) -> None:
        self.seen: set[bytes] = set()
        self._root = root
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._is_over.is_set():
            self._look_at(self._root)

    def _look_at(self, process: int) -> None:
        try:
            self.seen.add(Path(f"/proc/{process}/cmdline").read_bytes())
            children = [child for task in Path(f"/proc/{process}/task").iterdir() for child in (task / "children").read_text().split()]
        except OSError:
            return
        for child in children:
            self._look_at(int(child))

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
    with scripted(routes({"/schema1.csv": Answer(body=mapping_csv().encode())})) as server:
        config = {
            "mapping": [f"{server.url}/schema1.csv?token={IN_QUERY}"],
            "forges": [forge.config()],
            "repositories": [{"forge": "corp", "name": "acme/deploy"}, {"forge": "corp", "name": "acme/other"}, {"forge": "corp", "name": "acme/none"}],
            "registries": [{"host": "registry.invalid"}],
            "registry-config": "pull-secret.json",
            "cache": "cache",
        }
        (bot.folder / "redigest.yaml").write_text(yaml.safe_dump(config))
        command = [sys.executable, "-m", "redigest", "run", "-vv", "--report", "r.json", "--report", "r.md"]
        with (bot.folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=bot.folder, stdout=log, stderr=log)
            with Watch(process.pid) as watch:
                process.wait()
    said = (bot.folder / "log").read_bytes()
    assert process.returncode == 3, said.decode()
    report = json.loads((bot.folder / "r.json").read_bytes())
    assert sorted(line["outcome"] for line in report["repositories"]) == ["failed", "failed", "opened"]
    assert b" git ls-remote " in said
    assert b"urllib3" in said, "the log of the libraries is there"
    assert any(b"ls-remote" in command for command in watch.seen)
    places = {str(file.relative_to(bot.folder)): file.read_bytes() for file in bot.folder.rglob("*") if file.is_file()}
    places |= {f"arguments {number}": command for number, command in enumerate(watch.seen)}
    planted = [form for secret in (forge.token, IN_QUERY, IN_PULL_SECRET) for form in forms(secret)]
    ours = {"redigest.yaml", "pull-secret.json"}
    leaks = [(place, form) for place, content in places.items() for form in planted if form in content and place not in ours]
    assert leaks == [], leaks


@pytest.mark.parametrize("key", ["url", "git-url", "token-env"])
def test_a_token_where_none_belongs_is_refused_and_not_repeated(forge: FakeForge, bot: Bot, key: str) -> None:
    secret = "ghp_" + "abcdefghij0123456789" + "ABCDEFGHIJ012345"
    value = secret if key == "token-env" else f"https://bot:{secret}@forge.example"
    bot.config = {"forges": [{**forge.config(), key: value}], "repositories": [{"forge": "corp", "name": "acme/deploy"}]}
    ran = bot.run()
    assert ran.code == 2
    assert "redigest.yaml:" in ran.said
    assert secret not in ran.said
