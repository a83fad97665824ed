"""Large trees are looked into by the workers of a scheduler, and the report is the same as without, whatever becomes of them."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import Any, ParamSpec, TypeVar

import pytest
from distributed import Client, SchedulerPlugin

import redigest as package
from redigest import pipeline
from redigest.cluster import connected
from redigest.errors import RepositoryError, UsageError
from redigest.model import Outcome
from redigest.pipeline import Search
from redigest.tree import WorkTree
from redigest.workers import _AHEAD
from tests.clones.remotes import bare
from tests.dask.scheduling import Dask, dask
from tests.run.bot import Bot
from tests.samples import ETCD, IMAGES, RULES, TOOLS, WEB, Known, mapping_csv, plant

_P = ParamSpec("_P")
_T = TypeVar("_T")

VERSION = package.__version__
ROOT = Path(__file__).parents[2]

FILES = 24
FILLING = "# nothing but text\n" * 56_000
"""As much as goes into one batch."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Dask]:
    with dask(workers=2) as running:
        yield running


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of more batches than are read ahead, with a name that is not in UTF-8 and a file that is not what its name says."""
    files: dict[str, str] = {
        f"{number:02}.yaml": f"image: {image.before}\n{FILLING}# {TOOLS.before}\n" for number, image in enumerate([ETCD, WEB] * (FILES // 2))
    }
    return plant(tmp_path_factory.mktemp("large"), {**files, "odd\udcff.yaml": f"image: {ETCD.before}\n", "bad.json": f"{{{ETCD.before}\n"})


def scan(root: Path, executor: Executor | None) -> Outcome:
    return pipeline.scan(WorkTree.at([root]), Search(RULES, (Known(*IMAGES),), jobs=1, executor=executor))


def redigest(*arguments: str, cwd: Path, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "redigest", *arguments], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=300
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


def executed(client: Client) -> Mapping[str, int]:
    """How many tasks each worker has done."""
    done: Mapping[str, int] = client.run(lambda dask_worker: dask_worker.state.executed_count)
    return done


class Meddled(Executor):
    """Another executor, in whose work something happens once: when the first of it is done."""

    def __init__(self, executor: Executor, meddle: Callable[[], object]) -> None:
        self._executor = executor
        self._meddle = meddle
        self._lock = threading.Lock()
        self.is_done = False
        self.submitted = 0

    def submit(self, work: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future = self._executor.submit(work, *args, **kwargs)
        self.submitted += 1
        future.add_done_callback(self._once)
        return future

    def _once(self, future: Future[Any]) -> None:
        with self._lock:
            if not self.is_done:
                self.is_done = True
                self._meddle()


def test_reports_and_writes_the_same_as_without(cluster: Dask, tmp_path: Path) -> None:
    large = {f"{number}.yaml": f"image: {ETCD.before}\n{FILLING * 2}" for number in range(4)}
    reports: list[Mapping[str, Any]] = []
    for name, flags in (("here", ["--offline", "--jobs", "1"]), ("there", ["--executor", cluster.address])):
        folder = plant(tmp_path / name, {"schema1.csv": mapping_csv()})
        plant(folder / "tree", large)
        assert redigest("scan", "tree", "--mapping", "schema1.csv", *flags, "--report", "scan.json", cwd=folder)[0] == 1
        code, said = redigest("fix", "tree", "--mapping", "schema1.csv", "--quiet", *flags, cwd=folder)
        assert (code, said) == (0, "")
        assert {path.name: path.read_text() for path in (folder / "tree").iterdir()} == {
            name: text.replace(ETCD.before, ETCD.after) for name, text in large.items()
        }
        reports.append(json.loads((folder / "scan.json").read_text()))
    assert len(reports[0]["sightings"]) == 4
    assert reports[1]["sightings"] == reports[0]["sightings"]
    assert reports[1]["summary"] == reports[0]["summary"]


def test_has_large_trees_looked_into_by_all_workers(cluster: Dask, root: Path) -> None:
    with cluster.client() as client:
        before = executed(client)
    with connected(cluster.address) as executor:
        outcome = scan(root, executor)
        with cluster.client() as client:
            after = executed(client)
    assert all(after[worker] > before[worker] for worker in after)
    assert outcome == scan(root, None)
    assert len(outcome.results) == 2 * FILES + 2
    assert len(outcome.problems) == 1


@pytest.mark.parametrize("holds", ["tasks", "results"])
def test_loses_and_doubles_nothing_when_a_worker_is_killed(holds: str, root: Path) -> None:
    with dask(workers=2) as running, connected(running.address) as executor, running.client() as client:
        killed: list[str] = []

        def kill() -> None:
            if holds == "results":
                executor._client.gather(list(executor._waiting.values()))
            held = client.has_what() if holds == "results" else client.processing()
            killed.append(next(worker for worker, keys in held.items() if keys))
            running.kill_worker(killed[0])

        meddled = Meddled(executor, kill)
        assert scan(root, meddled) == scan(root, None)
        assert len(killed) == 1
        assert list(client.nthreads()) == list(running.workers) != killed
        assert meddled.submitted > _AHEAD


def test_gives_up_on_files_that_kill_workers() -> None:
    with dask(workers=1) as running, connected(running.address) as executor:
        for _ in range(4):
            running.start_worker()
        with pytest.raises(BrokenExecutor, match="workers have died again and again over the same files"):
            executor.submit(os._exit, 1).result(120)


def test_says_that_the_scheduler_is_gone(root: Path) -> None:
    with dask(workers=1) as running, connected(running.address) as executor:
        with pytest.raises(RepositoryError, match=r"the workers that look into files are gone .*the connection to the scheduler is lost") as caught:
            scan(root, Meddled(executor, running.kill_scheduler))
        assert caught.value.stage == "find"
        with pytest.raises(BrokenExecutor):
            executor.submit(len, "x").result(30)


def test_says_that_a_process_of_this_machine_was_killed(root: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        with pytest.raises(RepositoryError, match=r"the workers that look into files are gone \(A .*process.* terminated abruptly") as caught:
            scan(root, Meddled(pool, lambda: next(iter(pool._processes.values())).kill()))
        assert caught.value.stage == "find"


def test_says_that_all_workers_are_gone(root: Path) -> None:
    with dask(workers=1) as running, connected(running.address, patience=1) as executor:
        with pytest.raises(RepositoryError, match=r"there has been no worker for 1 seconds\); see that they run"):
            scan(root, Meddled(executor, lambda: running.kill_worker(next(iter(running.workers)))))
        with pytest.raises(BrokenExecutor):
            executor.submit(len, "x")


class Mortal(SchedulerPlugin):
    """Ends the scheduler when it learns of the first result."""

    name = "mortal"

    def transition(self, key: object, start: str, finish: str, *_: object, **__: object) -> None:
        if finish == "memory":
            os._exit(1)


def test_a_scheduler_that_dies_ends_a_scan_with_3(root: Path, tmp_path: Path) -> None:
    (tmp_path / "schema1.csv").write_text(mapping_csv())
    with dask(workers=1) as running:
        with running.client() as client:
            client.register_plugin(Mortal())
        code, said = redigest("scan", str(root), "--mapping", "schema1.csv", "--executor", running.address, cwd=tmp_path)
        assert running.scheduler.wait() == 1
    assert code == 3, said
    assert said.startswith("redigest: the workers that look into files are gone")
    assert said.count("\n") == 1


def test_a_run_goes_on_with_what_needs_no_workers(root: Path, bot: Bot, tmp_path: Path) -> None:
    for name, files in (("large", {"web.yaml": f"image: {ETCD.before}\n{FILLING * 5}"}), ("small", {"web.yaml": f"image: {ETCD.before}\n"})):
        bare(tmp_path / f"{name}.git", files)
    bot.config["repositories"] = [{"path": "../large.git"}, {"path": "../small.git"}]
    with dask(workers=1) as running:
        with running.client() as client:
            client.register_plugin(Mortal())
        ran = bot.run("--executor", running.address)
    assert (ran.code, sorted(ran.outcomes)) == (3, ["failed", "opened"])
    assert "the workers that look into files are gone" in ran.messages
    with dask(workers=2) as running:
        ran = bot.run("--executor", running.address)
    assert (ran.code, sorted(ran.outcomes)) == (0, ["opened", "unchanged"])


def stub(folder: Path, version: str) -> str:
    """The path of another version of redigest, which has the modules of this one."""
    plant(folder, {"redigest/__init__.py": f"__path__ = {list(package.__path__)!r}\n__version__ = {version!r}\n"})
    return f"{folder}{os.pathsep}{ROOT}"


def refusal(address: str) -> str:
    """Why an address is refused; at once, or after a few seconds."""
    begun = monotonic()
    with pytest.raises(UsageError) as caught, connected(address):
        pass
    assert monotonic() - begun < 60
    return str(caught.value)


NO_ADDRESSES = (
    *("localhost:8786", "tcp://localhost:8786", "dask://", "dask://localhost", "dask://:8786", "dask://localhost:0", "dask://localhost:99999"),
    *("dask://localhost:x", "dask://me:word@localhost:8786", "dask://localhost:8786/", "dask://localhost:8786?x", "dask://[::1:8786"),
    *("dask://local host:8786", "dask://local\nhost:8786", "dask://local\x1bhost:8786"),
)


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_refuses_what_is_no_address(address: str) -> None:
    assert refusal(address) == "--executor must be dask://HOST:PORT, the address of a scheduler of Dask"


def test_refuses_a_scheduler_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        silent = refusal(f"dask://127.0.0.1:{port}")
    closed = refusal(f"dask://127.0.0.1:{port}")
    assert silent == closed == f"--executor dask://127.0.0.1:{port}: no scheduler of Dask answers there; start one with `dask scheduler`, and name its address"


def test_the_command_line_ends_with_2_when_nothing_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        code, said = redigest("scan", ".", "--executor", f"dask://127.0.0.1:{server.getsockname()[1]}", cwd=tmp_path)
    assert code == 2
    assert "no scheduler of Dask answers there" in said
    assert said.count("\n") == 1


def test_refuses_a_scheduler_without_workers() -> None:
    with dask() as running:
        assert refusal(running.address) == f"--executor {running.address}: the scheduler has no workers; start some with `dask worker {running.place}`"


def test_refuses_workers_of_another_version(tmp_path: Path) -> None:
    broken = plant(tmp_path / "broken", {"redigest/__init__.py": "raise ImportError\n"})
    with dask(workers=1) as running:
        older = running.start_worker(PYTHONPATH=stub(tmp_path / "older", "0.0.1"))
        assert refusal(running.address) == f"--executor {running.address}: install redigest {VERSION} on all workers, as it is here: {older} has 0.0.1"
        without = running.start_worker(PYTHONPATH=str(broken))
        said = refusal(running.address)
        assert f"{older} has 0.0.1" in said
        assert f"{without} has none" in said


def test_refuses_a_worker_of_another_version_that_joins_later(root: Path, tmp_path: Path) -> None:
    with dask(workers=1) as running, connected(running.address) as executor:
        first = next(iter(running.workers))
        running.start_worker(PYTHONPATH=stub(tmp_path, "0.0.1"))
        running.kill_worker(first)
        with pytest.raises(UsageError, match=rf"a worker that has joined runs redigest 0\.0\.1, and {VERSION} is wanted"):
            scan(root, executor)


def test_says_how_to_install_dask(tmp_path: Path) -> None:
    plant(tmp_path / "stub", {"distributed.py": "raise ImportError\n"})
    (tmp_path / "tree").mkdir()
    code, said = redigest(
        "scan", "tree", "--executor", "dask://127.0.0.1:8786", cwd=tmp_path, PYTHONPATH=f"{tmp_path / 'stub'}{os.pathsep}{package.__path__[0]}/.."
    )
    assert (code, said) == (2, "redigest: --executor dask://127.0.0.1:8786 takes Dask, which is not installed: pip install 'redigest[dask]'\n")
    assert redigest("scan", "tree", "--offline", cwd=tmp_path, PYTHONPATH=f"{tmp_path / 'stub'}{os.pathsep}{package.__path__[0]}/..")[0] == 0


def test_refuses_to_open_connections_offline(tmp_path: Path) -> None:
    assert redigest("scan", ".", "--offline", "--executor", "dask://127.0.0.1:8786", cwd=tmp_path) == (
        2,
        "redigest: --executor opens connections, which --offline forbids; leave one of them away\n",
    )


def test_refuses_workers_that_do_not_answer() -> None:
    with dask(workers=2) as running:
        next(iter(running.workers.values())).send_signal(signal.SIGSTOP)
        assert refusal(running.address).endswith(": some workers do not say which version of redigest they run; see that all of them answer")
