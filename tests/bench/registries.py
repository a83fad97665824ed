"""What evidence from a registry costs beside a bare loop of httpx that asks the same requests, at the same concurrency.

The registry is Debian's docker-registry on loopback, with one image for each digest. Both sides run in turn, several times; the medians count.
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script is in no package, and the tests import what they share as `tests.…`

from redigest.evidence.registries import Registries
from redigest.evidence.session import Access
from redigest.facts import Facts
from redigest.mirrors import Mirrors
from redigest.model import Digest, Swap
from redigest.registry.endpoints import endpoints
from redigest.registry.exchange import Limits
from redigest.resolve import Question
from tests.registry.asking import NOBODY, registry
from tests.registry.docker_registry import DockerRegistry, docker_registry
from tests.registry.scripted import Answer, Asked, scripted

Request = tuple[str, str, str]


def pushed(running: DockerRegistry, count: int) -> list[Question]:
    """Push images, and give a question for the schema 1 digest of each."""
    questions = []
    for number in range(count):
        repository = f"bench/app{number % 50}"
        running.push_image(repository, f"1.{number}", layers=(f"layer {number}".encode(),))
        _, headers, _ = running.request("GET", f"/v2/{repository}/manifests/1.{number}")
        questions.append(Question(Digest.parse(headers["docker-content-digest"]), f"{running.host}/{repository}", f"1.{number}"))
    return questions


def resolved(host: str, questions: Sequence[Question]) -> float:
    """Seconds that it takes to prove all of them."""
    access = Access(endpoints([registry(host)]), frozenset(), NOBODY, Facts(None), Mirrors())
    begun = time.perf_counter()
    with Registries(access) as source:
        answers = source.answer(questions)
    elapsed = time.perf_counter() - begun
    assert all(isinstance(verdict, Swap) for verdict in answers.values())
    return elapsed


def recorded(running: DockerRegistry, questions: Sequence[Question]) -> list[Request]:
    """The requests that proving them takes."""

    def script(asked: Asked) -> Answer:
        status, headers, body = running.request(asked.method, asked.target, headers={"Accept": asked.headers["Accept"]})
        return Answer(status, {name: value for name, value in headers.items() if name in ("content-type", "docker-content-digest")}, body)

    with scripted(script) as front:
        resolved(front.host, [Question(one.digest, one.name.replace(running.host, front.host) if one.name else None, one.tag) for one in questions])
        return [(asked.method, asked.target, asked.headers["Accept"]) for asked in front.asked]


def bare(host: str, requests: Sequence[Request]) -> float:
    """Seconds that the same requests take without anything around them."""

    async def run() -> None:
        slots = asyncio.Semaphore(Limits().connections)
        async with httpx.AsyncClient(base_url=f"http://{host}", limits=httpx.Limits(max_connections=Limits().connections)) as client:

            async def ask(method: str, target: str, accept: str) -> None:
                async with slots:
                    await client.request(method, target, headers={"Accept": accept})

            await asyncio.gather(*itertools.starmap(ask, requests))

    begun = time.perf_counter()
    asyncio.run(run())
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--digests", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with docker_registry() as running:
        questions = pushed(running, options.digests)
        requests = recorded(running, questions)
        pairs = [(bare(running.host, requests), resolved(running.host, questions)) for _ in range(options.runs)]
    ratio = statistics.median(ours / theirs for theirs, ours in pairs)
    print(f"{options.digests} digests, {len(requests)} requests")
    print(f"bare httpx {statistics.median(theirs for theirs, _ in pairs):.2f} s, evidence {statistics.median(ours for _, ours in pairs):.2f} s")
    print(f"ratio {ratio:.2f} (target 2): {'pass' if ratio <= 2 else 'miss'}")


if __name__ == "__main__":
    main()
