"""Rows of a mapping that name no registry, as those of the announcement, are asked for at the registries of the announcement."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from redigest.evidence.session import Access, opened
from redigest.facts import Facts
from redigest.mapping.rows import Row
from redigest.mapping.spot_checks import Outcome, spot_check
from redigest.media_types import SCHEMA_2
from redigest.mirrors import Mirrors
from redigest.registry.credentials import Keyring
from redigest.registry.endpoints import Endpoint
from tests.registry.after_2022 import UNSUPPORTED
from tests.registry.asking import NOBODY, QUICK, keyring, login
from tests.registry.docker_registry import sha256
from tests.registry.scripted import Answer, Asked, Scripted, scripted
from tests.samples import digest

LOGIN_ONLY, OPEN_TWIN = "registry.redhat.io", "registry.access.redhat.com"
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": SCHEMA_2, "config": {}, "layers": []}).encode()
NEW = sha256(MANIFEST)
OLD = digest("1")


def has_the_image(asked: Asked) -> Answer:
    return Answer(200, {"Content-Type": SCHEMA_2}, MANIFEST) if asked.path == f"/v2/rhel7/etcd/manifests/{NEW}" else UNSUPPORTED


def has_nothing(_: Asked) -> Answer:
    return UNSUPPORTED


def outcome(repository: str, servers: Mapping[str, Scripted], keyring: Keyring) -> tuple[Outcome, str]:
    endpoints = {host: Endpoint(host, server.host, is_plain=True) for host, server in servers.items()}
    access = Access(endpoints, frozenset(), keyring, Facts(None), Mirrors(), limits=QUICK)

    async def run() -> tuple[Outcome, str]:
        async with opened(access) as session:
            (found,) = await spot_check([Row(repository, "3.2", OLD, NEW, "rows.csv", 2)], session.inquiry, endpoints)
            return found.outcome, found.reason

    return asyncio.run(run())


@pytest.mark.parametrize("repository", ["rhel7/etcd", f"{LOGIN_ONLY}/rhel7/etcd", f"{OPEN_TWIN}/rhel7/etcd"])
def test_without_a_login_the_open_registry_of_the_announcement_is_asked(repository: str) -> None:
    with scripted(has_nothing) as login_only, scripted(has_the_image) as open_twin:
        found = outcome(repository, {LOGIN_ONLY: login_only, OPEN_TWIN: open_twin}, NOBODY)
    assert found == (Outcome.CONFIRMED, f"{OPEN_TWIN} has the schema 2 digest as schema 2")
    assert login_only.asked == []


def test_with_a_login_both_are_asked_until_one_answers(tmp_path: Path) -> None:
    with scripted(has_nothing) as login_only, scripted(has_the_image) as open_twin:
        found = outcome("rhel7/etcd", {LOGIN_ONLY: login_only, OPEN_TWIN: open_twin}, keyring(tmp_path, {LOGIN_ONLY: login()}))
    assert found == (Outcome.CONFIRMED, f"{OPEN_TWIN} has the schema 2 digest as schema 2")
    assert login_only.asked


def test_a_row_that_none_of_them_answers_for_says_what_each_said(tmp_path: Path) -> None:
    with scripted(has_nothing) as login_only, scripted(has_nothing) as open_twin:
        found = outcome("rhel7/etcd", {LOGIN_ONLY: login_only, OPEN_TWIN: open_twin}, keyring(tmp_path, {LOGIN_ONLY: login()}))
    said = "; ".join(f"{host} answers 404 UNSUPPORTED for rhel7/etcd" for host in (LOGIN_ONLY, OPEN_TWIN))
    assert found == (Outcome.UNANSWERED, said)
