"""The forge of the benchmark of a fleet, in a process of its own: the fake one of the tests, which serves git several at a time here."""

import argparse
import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, get_args

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script is in no package, and the tests import what they share as `tests.…`

from tests.forge import git_server, github, gitlab
from tests.forge.fake import FakeForge
from tests.forge.http_server import Answer, Request, listen
from tests.forge.model import Kind
from tests.run.bot import deployment
from tests.samples import ETCD

OWNER = "acme"


@dataclass(frozen=True, slots=True)
class Served:
    """What was asked since this was last wanted to be known: requests of git, those of the API, and how many of both change something."""

    git: int
    api: int
    writes: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """A running forge with repositories `acme/app-0` and so on; `entry` is its entry in the configuration."""

    git_url: str
    token: str
    entry: dict[str, object]
    _process: subprocess.Popen[str]

    def served(self) -> Served:
        """Count what was asked since the last time. Raises `RuntimeError` where the forge has found fault with a request."""
        answer = self._ask("count")
        if answer["violations"]:
            raise RuntimeError("\n".join(answer["violations"]))
        return Served(**answer["served"])

    def commit(self) -> None:
        """Have somebody commit to the base branch of each repository that holds a digest, without touching that."""
        self._ask("commit")

    def _ask(self, what: str) -> dict[str, Any]:
        requests, answers = _pipes(self._process)
        requests.write(f"{what}\n")
        requests.flush()
        return _next(answers)


def name(number: int) -> str:
    """The full name of a repository of the fleet."""
    return f"{OWNER}/app-{number}"


@contextlib.contextmanager
def started(kind: Kind, folder: Path, *, repositories: int, changed: int) -> Iterator[Fleet]:
    """Run a forge for a while; `changed` of its repositories hold a schema 1 digest."""
    command = [sys.executable, __file__, kind, str(folder), str(repositories), str(changed)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        requests, answers = _pipes(process)
        try:
            yield Fleet(**_next(answers), _process=process)
        finally:
            requests.close()


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def _next(answers: IO[str]) -> dict[str, Any]:
    line = answers.readline()
    if not line:
        raise RuntimeError("the forge has ended; what it said stands above")
    found: dict[str, Any] = json.loads(line)
    return found


class _Forge(FakeForge):
    """Answers readers of git at the same time, as forges do, and only counts them; whatever else is asked comes one after the other and is kept."""

    def __init__(self, kind: Kind, root: Path) -> None:
        super().__init__(kind, root)
        self._read = 0
        self._counting = threading.Lock()

    def answer(self, request: Request) -> Answer:
        if (github if self.kind == "github" else gitlab).is_api(request.path) or git_server.is_write(request):
            return super().answer(request)
        with self._counting:
            self._read += 1
        return self._answer(request, self._who(request))

    def served(self) -> Served:
        with self.lock, self._counting:
            api = sum(not exchange.path.endswith(("/info/refs", "/git-receive-pack")) for exchange in self.log)
            counted = Served(self._read + len(self.log) - api, api, len(self.writes()))
            self._read = 0
            self.log.clear()
        return counted


def main() -> None:
    """Serve until the standard input ends, and do what each of its lines says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=get_args(Kind))
    parser.add_argument("folder", type=Path)
    parser.add_argument("repositories", type=int)
    parser.add_argument("changed", type=int)
    arguments = parser.parse_args()
    forge = _Forge(arguments.kind, arguments.folder)
    changing = []
    for number in range(arguments.repositories):
        content = deployment(ETCD) if number < arguments.changed else b"image: registry.redhat.io/rhel7/etcd:3.2\n"
        repository = forge.add(name(number), {"k8s/web.yaml": content, "README.md": b"# Web\n"})
        if number < arguments.changed:
            changing.append(repository)
    with listen(forge.answer) as forge.host:
        print(json.dumps({"git_url": forge.git_url, "token": forge.token, "entry": forge.config()}), flush=True)
        for times, line in enumerate(sys.stdin):
            if line == "commit\n":
                for repository in changing:
                    repository.commit({"README.md": b"# Web, version %d\n" % times})
                print("{}", flush=True)
            else:
                print(json.dumps({"served": asdict(forge.served()), "violations": forge.violations}), flush=True)


if __name__ == "__main__":
    main()
