"""What registries prove of digests, asked of Debian's docker-registry, as it is and behind a front that serves no schema 1 any more."""

import contextlib
import gc
import json
import socket
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.evidence.registries import Registries
from redigest.evidence.saved import SavedManifests
from redigest.evidence.session import Access
from redigest.facts import Facts
from redigest.media_types import DOCKER_LIST
from redigest.media_types import SCHEMA_2 as SCHEMA_2_CLIENT
from redigest.mirrors import Mirror, Mirrors
from redigest.model import Current, Digest, Evidence, EvidenceKind, Swap, Unknown, Verdict
from redigest.registry.endpoints import Endpoint, endpoints
from redigest.resolve import Context, Question, resolve
from redigest.schema1.manifests import digest_of
from tests.registry.after_2022 import UNSUPPORTED, after_2022
from tests.registry.asking import NOBODY, QUICK, registry
from tests.registry.docker_registry import DockerRegistry, docker_registry
from tests.registry.scripted import Answer, Asked, scripted
from tests.samples import digest

pytestmark = pytest.mark.needs("docker-registry")


@pytest.fixture(scope="module")
def running() -> Iterator[DockerRegistry]:
    with docker_registry() as one:
        yield one


def schema_1(at: DockerRegistry, repository: str, tag: str) -> tuple[Digest, bytes]:
    """What the registry gives to a schema 1 client: the digest of the payload, and the signed body."""
    status, headers, body = at.request("GET", f"/v2/{repository}/manifests/{tag}")
    assert status == 200
    assert digest_of(body, headers["content-type"]) == Digest.parse(headers["docker-content-digest"])
    return Digest.parse(headers["docker-content-digest"]), body


def access(*hosts: str, **more: object) -> Access:
    known = endpoints(registry(host) for host in hosts)
    return replace(Access(known, frozenset(hosts), NOBODY, Facts(None), Mirrors(), limits=QUICK), **more)  # type: ignore[arg-type]  # the fields are checked at run time


def ask(at: Access, *questions: Question, known: Mapping[Question, Verdict] | None = None, hints: Sequence[str] = ()) -> list[Verdict]:
    with Registries(at) as source:
        answers = source.answer(questions, Context(known or {}, lambda _: hints))
    return [answers[question] for question in questions]


def kinds(verdict: Verdict) -> set[str]:
    return {str(item.kind) for item in verdict.evidence}


def test_a_registry_that_serves_schema_1_gives_every_proof(running: DockerRegistry) -> None:
    new = running.push_image("every/proof", "1.0", layers=(b"a", b"b"))
    old, _ = schema_1(running, "every/proof", "1.0")
    name = f"{running.host}/every/proof"
    tagged, bare = ask(access(running.host), Question(old, name, "1.0"), Question(old, name, None))
    assert isinstance(tagged, Swap)
    assert (tagged.old, tagged.new, kinds(tagged)) == (old, new, {"recomputed", "negotiated", "layers"})
    assert isinstance(bare, Swap)
    assert bare.new == new


def test_of_a_list_the_image_for_linux_on_amd64_is_the_replacement_and_the_list_is_named(running: DockerRegistry) -> None:
    new = running.push_image("of/list", "amd64", layers=(b"of a list",))
    size = len(running.request("GET", f"/v2/of/list/manifests/{new}", headers={"Accept": SCHEMA_2_CLIENT})[2])
    image = {"mediaType": SCHEMA_2_CLIENT, "size": size, "digest": str(new), "platform": {"architecture": "amd64", "os": "linux"}}
    whole = running.push_manifest("of/list", "1.0", json.dumps({"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": [image]}).encode(), DOCKER_LIST)
    old, _ = schema_1(running, "of/list", "1.0")
    with after_2022(running) as front:
        (verdict,) = ask(access(front.host), Question(old, f"{front.host}/of/list", "1.0"))
    assert isinstance(verdict, Swap)
    assert verdict.new == new != whole
    assert f"the tag 1.0 points to the list {whole}, of which this is the image for linux on amd64" in verdict.evidence[0].detail


def test_a_schema_1_image_that_was_pushed_is_known_by_its_body(running: DockerRegistry) -> None:
    running.push_image("pushed/first", "1.0", layers=(b"p",))
    old, body = schema_1(running, "pushed/first", "1.0")
    status, _, _ = running.request("PUT", "/v2/pushed/first/manifests/old", body, {"Content-Type": "application/json"})
    assert status == 201
    (verdict,) = ask(access(running.host), Question(old, f"{running.host}/pushed/first", None))
    assert isinstance(verdict, Swap)
    assert "layers" in kinds(verdict)


def test_behind_the_change_of_2022_recomputation_alone_proves_every_tag_that_is_there(running: DockerRegistry) -> None:
    news = {tag: running.push_image("since/then", tag, layers=(tag.encode(),)) for tag in ("1.0", "1.1", "2")}
    pairs = {tag: (schema_1(running, "since/then", tag)[0], new) for tag, new in news.items()}
    with after_2022(running) as front:
        questions = [Question(old, f"{front.host}/since/then", None) for old, _ in pairs.values()]
        verdicts = ask(access(front.host), *questions)
    assert [(verdict.new, kinds(verdict)) for verdict in verdicts if isinstance(verdict, Swap)] == [(new, {"recomputed"}) for _, new in pairs.values()]


def test_says_why_nothing_can_be_proven_for_a_tag_that_is_gone(running: DockerRegistry) -> None:
    gone = running.push_image("tag/gone", "1.0", layers=(b"gone",))
    old, _ = schema_1(running, "tag/gone", "1.0")
    running.push_image("tag/gone", "2.0", layers=(b"other",))
    status, _, _ = running.request("DELETE", f"/v2/tag/gone/manifests/{gone}")
    assert status == 202
    with after_2022(running) as front:
        (verdict,) = ask(access(front.host), Question(old, f"{front.host}/tag/gone", "1.0"))
    assert isinstance(verdict, Unknown)
    assert not verdict.is_schema_1
    assert "suspected to be schema 1 and not more" in verdict.reason
    assert "the tag 1.0: it is gone from the registry" in verdict.reason
    assert "recomputing it from the images that were found gave no hit, which proves nothing" in verdict.reason


def test_a_tag_that_has_moved_on_is_only_suggested(running: DockerRegistry) -> None:
    running.push_image("tag/moved", "1.0", layers=(b"first",))
    old, _ = schema_1(running, "tag/moved", "1.0")
    later = running.push_image("tag/moved", "1.0", layers=(b"second",))
    with after_2022(running) as front:
        question = Question(old, f"{front.host}/tag/moved", "1.0")
        (verdict,) = ask(access(front.host), question)
        with Registries(access(front.host)) as source:
            accepted = resolve([question], [source], accept_tag=True)[question]
    assert isinstance(verdict, Unknown)
    assert (verdict.suggestion, kinds(verdict)) == (later, {"tag"})
    assert isinstance(accepted, Swap)
    assert (accepted.new, kinds(accepted)) == (later, {"tag"})


def test_a_body_that_is_served_does_not_tie_its_tag_to_what_that_points_to_now(running: DockerRegistry) -> None:
    running.push_image("body/moved", "1.0", layers=(b"first", b"base"))
    old, body = schema_1(running, "body/moved", "1.0")
    running.request("PUT", "/v2/body/moved/manifests/keep", body, {"Content-Type": "application/json"})
    running.push_image("body/moved", "1.0", layers=(b"second", b"base"))
    (verdict,) = ask(access(running.host), Question(old, f"{running.host}/body/moved", "1.0"))
    assert isinstance(verdict, Unknown)
    assert verdict.is_schema_1
    assert [trial.answer.partition(":")[0] for trial in verdict.trials if trial.name == "layers"] == ["unsure"]


def test_a_schema_2_digest_needs_no_swap(running: DockerRegistry) -> None:
    new = running.push_image("is/current", "1.0")
    (verdict,) = ask(access(running.host), Question(new, f"{running.host}/is/current", "1.0"))
    assert verdict == Current((), "needs no swap: schema 2", verdict.trials)


def test_saved_manifests_stand_in_for_a_registry_that_serves_them_no_more(running: DockerRegistry, tmp_path: Path) -> None:
    new = running.push_image("saved/body", "7", layers=(b"saved",))
    old, body = schema_1(running, "saved/body", "7")
    (tmp_path / f"sha256-{old.hex}.json").write_bytes(body)
    (tmp_path / ("0" * 64)).write_bytes(body)
    with after_2022(running) as front:
        at = access(front.host, saved=(SavedManifests(tmp_path, digest_of),))
        verdict, lie = ask(at, Question(old, f"{front.host}/saved/body", None), Question(Digest("0" * 64), f"{front.host}/saved/body", None))
    assert isinstance(verdict, Swap)
    assert verdict.new == new
    assert kinds(verdict) == {"recomputed", "layers"}
    assert isinstance(lie, Unknown)


def test_a_hint_leads_to_a_tag_that_the_registry_does_not_list(running: DockerRegistry) -> None:
    new = running.push_image("with/hint", "3.2", layers=(b"hint",))
    old, _ = schema_1(running, "with/hint", "3.2")
    running.request(
        "PUT",
        "/v2/with/hint/manifests/3",
        running.request("GET", "/v2/with/hint/manifests/3.2", headers={"Accept": SCHEMA_2_CLIENT})[2],
        {"Content-Type": SCHEMA_2_CLIENT},
    )
    with after_2022(running) as front, without_tag(front.host, "3.2") as host:
        question = Question(old, f"{host}/with/hint", None)
        (blind,) = ask(access(host), question)
        (led,) = ask(access(host), question, hints=["3.2"])
    assert isinstance(blind, Unknown)
    assert isinstance(led, Swap)
    assert led.new == new


@contextlib.contextmanager
def without_tag(host: str, tag: str) -> Iterator[str]:
    """A front that has forgotten a tag, though not the image."""

    def script(asked: Asked) -> Answer:
        if asked.path.endswith(f"/manifests/{tag}"):
            return Answer(404, {}, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
        status, headers, body = DockerRegistry(host).request(asked.method, asked.target, headers={"Accept": asked.headers["Accept"]})
        if asked.path.endswith("/tags/list"):
            body = json.dumps({"tags": [name for name in json.loads(body)["tags"] if name != tag]}).encode()
        return Answer(status, {name: value for name, value in headers.items() if name in ("content-type", "docker-content-digest")}, body)

    with scripted(script) as running:
        yield running.host


def test_a_mapping_that_a_configured_registry_contradicts_is_a_conflict(running: DockerRegistry) -> None:
    running.push_image("map/wrong", "1.0", layers=(b"map",))
    old, _ = schema_1(running, "map/wrong", "1.0")
    question = Question(old, f"{running.host}/map/wrong", "1.0")
    row = Swap(old, digest("another image"), (Evidence(EvidenceKind.MAPPING, "a row", "grep"),))

    class Row:
        problems = ()

        def answer(self, questions: object, _: object = None, /) -> Mapping[Question, Verdict]:
            return {question: row}

    with Registries(access(running.host)) as source:
        assert isinstance(conflict := resolve([question], [Row(), source])[question], Unknown)
    assert conflict.is_conflict
    with Registries(access(running.host, configured=frozenset())) as source:
        assert resolve([question], [Row(), source])[question] == row


def test_names_in_git_keep_their_mirror_and_a_mirror_that_lacks_the_replacement_is_named(running: DockerRegistry) -> None:
    new = running.push_image("up/stream", "1.0", layers=(b"mirrored",))
    old, _ = schema_1(running, "up/stream", "1.0")
    with scripted(lambda _: Answer(404, {}, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')) as mirror:
        at = access(running.host, mirror.host, mirrors=Mirrors((Mirror(f"{mirror.host}/copy", f"{running.host}/up"),)))
        with Registries(at) as source:
            verdict = source.answer([question := Question(old, f"{mirror.host}/copy/stream", "1.0")])[question]
            (problem,) = source.problems
    assert isinstance(verdict, Swap)
    assert verdict.new == new
    assert (problem.path, problem.reason) == (f"{mirror.host}/copy/stream", f"this mirror lacks {new}, for which a digest is swapped; copy it there first")


def test_a_registry_that_is_not_configured_is_not_asked(running: DockerRegistry) -> None:
    with scripted(lambda _: Answer(500)) as stranger:
        (verdict,) = ask(access(running.host), Question(digest("x"), f"{stranger.host}/a/b", "1"))
        assert stranger.asked == []
    assert verdict == Unknown(f"registry not configured: {stranger.host}")


@pytest.mark.parametrize(("mapped", "warned"), [("another image", []), (None, ["copy/conflict"])])
def test_a_mirror_need_not_have_what_a_conflict_keeps_from_being_swapped(mapped: str | None, warned: list[str], running: DockerRegistry) -> None:
    new = running.push_image("up/conflict", "1.0", layers=(b"proven",))
    old, _ = schema_1(running, "up/conflict", "1.0")
    with scripted(lambda _: Answer(404, {}, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')) as mirror:
        at = access(running.host, mirror.host, mirrors=Mirrors((Mirror(f"{mirror.host}/copy", f"{running.host}/up"),)))
        question = Question(old, f"{mirror.host}/copy/conflict", "1.0")
        row = Swap(old, digest(mapped) if mapped else new, (Evidence(EvidenceKind.MAPPING, "a row", "grep"),))
        with Registries(at) as source:
            source.answer([question], Context({question: row}))
            assert [problem.path for problem in source.problems] == [f"{mirror.host}/{name}" for name in warned]


def test_a_mirror_must_have_what_a_mapping_says_and_no_registry_can_prove() -> None:
    with scripted(lambda _: UNSUPPORTED) as mirror:
        at = access(mirror.host, mirrors=Mirrors((Mirror(f"{mirror.host}/copy", f"{mirror.host}/up"),)))
        question = Question(digest("old"), f"{mirror.host}/copy/app", "1.0")
        with Registries(at) as source:
            source.answer([question], Context({question: Swap(question.digest, digest("new"), (Evidence(EvidenceKind.MAPPING, "a row", "grep"),))}))
            (problem,) = source.problems
    assert problem.reason == f"this mirror lacks {digest('new')}, for which a digest is swapped; copy it there first"


def test_a_digest_without_a_repository_shares_the_proof_of_its_namesakes(running: DockerRegistry) -> None:
    new = running.push_image("name/less", "1.0", layers=(b"nameless",))
    old, _ = schema_1(running, "name/less", "1.0")
    nameless, named = ask(access(running.host), Question(old, None, None), Question(old, f"{running.host}/name/less", "1.0"))
    assert isinstance(nameless, Swap)
    assert nameless == named
    assert nameless.new == new
    (alone,) = ask(access(running.host), Question(old, None, None))
    assert alone == Unknown("its repository is not known, so no registry can be asked")


def test_says_which_registry_is_asked_in_place_of_one_that_wants_a_login() -> None:
    login_only, open_twin = "registry.redhat.io", "registry.access.redhat.com"
    with scripted(lambda _: UNSUPPORTED) as server:
        known = {host: Endpoint(host, server.host, is_plain=True) for host in (login_only, open_twin)}
        written, twin = ask(access(endpoints=known), *(Question(digest("old"), f"{host}/rhel7/etcd", None) for host in (login_only, open_twin)))
    assert (written.trials[0].name, written.trials[0].answer) == ("registry", f"there is none, so {open_twin} is asked in its place")
    assert [trial.name for trial in twin.trials] == [trial.name for trial in written.trials[1:]]


def test_says_once_that_a_registry_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        host = f"127.0.0.1:{nobody.getsockname()[1]}"
    (verdict,) = ask(access(host), Question(digest("old"), f"{host}/app", "1.0"))
    assert isinstance(verdict, Unknown)
    assert verdict.reason.count("cannot be connected to") == 1
    assert f"the tag 1.0: {host} has not answered before, so it is not asked again" in verdict.reason
    assert [trial.answer for trial in verdict.trials if trial.name == "digest"] == ["127.0.0.1 cannot be connected to"]


def test_certificates_that_are_not_there_are_said_each_time_and_leave_nothing_over() -> None:
    at = access("registry.example", endpoints=endpoints([registry("registry.example", **{"ca-bundle": "missing.pem"})]))
    question = Question(digest("old"), "registry.example/app", "1.0")
    with warnings.catch_warnings(record=True) as warned, Registries(at) as source:
        warnings.simplefilter("always")
        for _ in range(2):
            with pytest.raises(UsageError, match=r"the certificates for registry\.example cannot be read: No such file or directory"):
                source.answer([question])
        gc.collect()
    assert [str(one.message) for one in warned] == []


def test_asks_each_distinct_question_once(running: DockerRegistry) -> None:
    olds = []
    for tag in ("1", "2", "3"):
        running.push_image("ask/once", tag, layers=(tag.encode(),))
        olds.append(schema_1(running, "ask/once", tag)[0])
    with after_2022(running) as front:
        with Registries(access(front.host)) as source:
            questions = [Question(old, f"{front.host}/ask/once", tag) for old in olds for tag in ("1", None)]
            source.answer(questions)
            source.answer(questions)
        asked = [(one.method, one.target, one.headers["Accept"]) for one in front.asked]
    assert len(asked) == len(set(asked))


def test_what_never_changes_is_not_asked_again_by_the_next_run(running: DockerRegistry, tmp_path: Path) -> None:
    running.push_image("cached/image", "1", layers=(b"cached",))
    old, _ = schema_1(running, "cached/image", "1")
    paths = []
    for _ in range(2):
        with after_2022(running) as front:
            (verdict,) = ask(access(front.host, facts=Facts(tmp_path)), Question(old, f"{front.host}/cached/image", "1"))
            assert isinstance(verdict, Swap)
            paths.append([one.path for one in front.asked])
    assert any("/blobs/" in path for path in paths[0])
    assert not any("/blobs/" in path for path in paths[1])
    assert any(path.endswith(f"/manifests/{old}") for path in paths[1])


def catalogue(entries: Sequence[object]) -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, json.dumps({"data": entries, "page": 0, "page_size": 100, "total": len(entries)}).encode())


def test_the_catalogue_ties_a_digest_to_the_tag_whose_config_it_names(running: DockerRegistry) -> None:
    new = running.push_image("in/catalogue", "7.6-1", layers=(b"catalogue",))
    manifest = json.loads(running.request("GET", "/v2/in/catalogue/manifests/7.6-1", headers={"Accept": SCHEMA_2_CLIENT})[2])
    signed, other, without = digest("signed under another name"), digest("another config"), digest("no schema 2 form")

    def entry(old: Digest, tag: str, config: str) -> dict[str, object]:
        tags = [{"name": tag, "manifest_schema1_digest": str(old)}]
        return {"docker_image_id": config, "repositories": [{"registry": "registry.access.redhat.com", "repository": "in/catalogue", "tags": tags}]}

    listed: list[object] = [
        entry(signed, "7.6-1", manifest["config"]["digest"]),
        entry(other, "7.6-1", "0" * 64),
        entry(without, "7.0", "0" * 64),
        {"repositories": None},
        7,
    ]
    with after_2022(running) as front, scripted(lambda _: catalogue(listed)) as pyxis:
        at = access(front.host, catalog=pyxis.url)
        tied, differs, legacy = ask(at, *(Question(old, f"{front.host}/in/catalogue", None) for old in (signed, other, without)))
    assert isinstance(tied, Swap)
    assert (tied.new, kinds(tied)) == (new, {"catalog"})
    for verdict in (differs, legacy):
        assert isinstance(verdict, Unknown)
        assert verdict.is_schema_1


@pytest.mark.parametrize("answer", [Answer(500), Answer(404), Answer(200, {}, b"<html>"), Answer(200, {}, b'{"data": 7}'), Answer(200, {}, b"[" * 100_000)])
def test_a_catalogue_that_does_not_answer_is_no_reason_to_fail(answer: Answer, running: DockerRegistry) -> None:
    with after_2022(running) as front, scripted(lambda _: answer) as pyxis:
        (verdict,) = ask(access(front.host, catalog=pyxis.url), Question(digest("nobody"), f"{front.host}/no/body", None))
    assert isinstance(verdict, Unknown)
    assert any(trial.name == "catalog" for trial in verdict.trials)
