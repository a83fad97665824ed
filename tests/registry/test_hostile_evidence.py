"""Registries that mean harm, asked for evidence: each ends as unknown with a reason, in bounded time, and learns nothing."""

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from redigest.evidence.registries import Registries
from redigest.evidence.session import Access
from redigest.facts import Facts
from redigest.mirrors import Mirrors
from redigest.model import Unknown
from redigest.registry.endpoints import endpoints
from redigest.resolve import Question
from tests.registry.asking import QUICK, keyring, login, registry
from tests.registry.scripted import Answer, Asked, Script, Scripted, scripted
from tests.samples import digest

OLD = digest("the old one")
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def tags_for_ever() -> Script:
    page = itertools.count()

    def script(asked: Asked) -> Answer:
        if not asked.path.endswith("/tags/list"):
            return Answer(404)
        number = next(page)
        return Answer(200, {"Link": f'</v2/a/b/tags/list?last={number}>; rel="next"'}, json.dumps({"tags": [f"t{number}"]}).encode())

    return script


def endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 65536


def dripping(running: Scripted) -> Iterator[bytes]:
    while not running.is_over.wait(0.05):
        yield b"{"


BOTH = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": {}, "layers": [], "fsLayers": [], "history": []}).encode()
DEEP = b'{"schemaVersion": 2, "layers": ' + b"[" * 100_000
ANSWERS: dict[str, Answer | Script] = {
    "HTML": Answer(200, {"Content-Type": "text/html"}, b"<html>sign in</html>"),
    "another manifest than was asked for": Answer(200, {"Content-Type": MANIFEST, "Docker-Content-Digest": str(OLD)}, b'{"schemaVersion": 2}'),
    "two kinds of manifest at once": Answer(200, {"Content-Type": MANIFEST}, BOTH),
    "deep nesting": Answer(200, {"Content-Type": MANIFEST}, DEEP),
    "a redirect to another host": Answer(307, {"Location": "http://169.254.169.254/latest"}),
    "a foreign realm": Answer(401, {"WWW-Authenticate": 'Bearer realm="http://169.254.169.254/token",service="x"'}),
    "10,000 pages of tags": tags_for_ever(),
    "a body without an end": lambda _: Answer(200, {"Content-Type": MANIFEST}, endless()),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_hostile_registry_ends_as_unknown_with_a_reason(answer: Answer | Script, tmp_path: Path) -> None:
    with scripted(answer if callable(answer) else lambda _: answer) as running:
        verdict = ask(running, tmp_path)
        assert "s3cret" not in running.everything
    assert isinstance(verdict, Unknown)
    assert verdict.reason
    assert not verdict.is_schema_1


def test_a_slow_drip_ends_with_the_deadline(tmp_path: Path) -> None:
    with scripted(lambda _: Answer(200, {"Content-Type": MANIFEST}, dripping(running))) as running:
        before = time.monotonic()
        verdict = ask(running, tmp_path, deadline=0.5)
        assert time.monotonic() - before < 10
    assert isinstance(verdict, Unknown)
    assert "no whole answer" in verdict.reason


def ask(running: Scripted, folder: Path, *, deadline: float = 10) -> object:
    known = endpoints([registry(running.host)])
    limits = replace(QUICK, deadline=deadline, pages=50)
    access = Access(known, frozenset(), keyring(folder, {"other.example": login()}), Facts(None), Mirrors(), limits=limits)
    with Registries(access) as source:
        return source.answer([question := Question(OLD, f"{running.host}/a/b", "1.0")])[question]
