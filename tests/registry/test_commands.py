"""The commands that ask registries, typed as a user would, against Debian's docker-registry."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from redigest.model import Digest
from redigest.schema1.manifests import digest_of
from tests.registry.after_2022 import after_2022
from tests.registry.docker_registry import DockerRegistry, docker_registry
from tests.samples import harvest, plant

pytestmark = pytest.mark.needs("docker-registry")


@pytest.fixture(scope="module")
def running() -> Iterator[DockerRegistry]:
    with docker_registry() as one:
        yield one


def redigest(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "redigest", *arguments]
    done = subprocess.run(command, cwd=folder, env={**os.environ, "HOME": str(folder), **(env or {})}, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def configured(folder: Path, *hosts: str, more: str = "") -> None:
    registries = ", ".join(f'{{host: "{host}", plain-http: true}}' for host in hosts)
    (folder / "redigest.yaml").write_text(f"registries: [{registries}]\ncache: cache\n{more}")


def schema_1(at: DockerRegistry, repository: str, tag: str) -> tuple[Digest, bytes]:
    _, headers, body = at.request("GET", f"/v2/{repository}/manifests/{tag}")
    return digest_of(body, headers["content-type"]), body


def test_fix_swaps_what_no_mapping_knows_and_a_second_run_has_nothing_to_do(running: DockerRegistry, tmp_path: Path) -> None:
    new = running.push_image("cli/fix", "1.0", layers=(b"cli",))
    old, _ = schema_1(running, "cli/fix", "1.0")
    with after_2022(running) as front:
        plant(tmp_path, {"tree/web.yaml": f"image: {front.host}/cli/fix@{old}  # 1.0\n"})
        configured(tmp_path, front.host)
        code, _, said = redigest(tmp_path, "fix", "tree", "--report", "report.json")
        assert (code, harvest(tmp_path / "tree")) == (0, {"web.yaml": f"image: {front.host}/cli/fix@{new}  # 1.0\n".encode()}), said
        assert redigest(tmp_path, "fix", "tree")[0] == redigest(tmp_path, "scan", "tree")[0] == 0
    (sighting,) = json.loads((tmp_path / "report.json").read_text())["sightings"]
    assert (sighting["verdict"], sighting["action"], sighting["replacement"]) == ("swap", "swapped", str(new))
    assert [item["kind"] for item in sighting["evidence"]] == ["recomputed"]


def test_offline_opens_no_connection(running: DockerRegistry, tmp_path: Path) -> None:
    running.push_image("cli/offline", "1.0", layers=(b"offline",))
    old, body = schema_1(running, "cli/offline", "1.0")
    with after_2022(running) as front:
        plant(tmp_path, {"tree/web.yaml": f"image: {front.host}/cli/offline@{old}\n", f"saved/{old.hex}": body})
        configured(tmp_path, front.host)
        assert redigest(tmp_path, "fix", "tree", "--offline")[0] == 0
        code, said, _ = redigest(tmp_path, "explain", f"{front.host}/cli/offline@{old}", "--offline", "--manifests", "saved", "--format", "json")
        _, why, _ = redigest(tmp_path, "explain", f"{front.host}/cli/offline:1.0@sha256:{'0' * 64}", "--offline", "--manifests", "saved")
        made = redigest(tmp_path, "mapping", "build", f"{front.host}/cli/offline", "--offline")
        copied = redigest(tmp_path, "mapping", "convert", f"{front.host}/cli/offline:1.0", f"{front.host}/cli/copied:1.0", "--offline")
        assert front.asked == []
    assert code == 0
    assert json.loads(said)["schema_1"]
    assert "not configured" not in why
    assert f"verdict: unknown\n  {front.host} is not asked: --offline" in why
    assert [(code, "not asked: --offline" in said) for code, _, said in (made, copied)] == [(2, True), (2, True)]


def test_unpin_leaves_the_tag_of_what_is_schema_1_without_an_equivalent(running: DockerRegistry, tmp_path: Path) -> None:
    running.push_image("cli/unpin", "1.0", layers=(b"old",), config=None)
    old, body = schema_1(running, "cli/unpin", "1.0")
    running.push_image("cli/unpin", "1.0", layers=(b"new", b"one more"))
    with after_2022(running) as front:
        before = f"a: {front.host}/cli/unpin:1.0@{old} # kept\nb: {front.host}/cli/unpin:1.0@sha256:{'0' * 64}\n"
        plant(tmp_path, {"tree/web.yaml": before, f"saved/sha256-{old.hex}.json": body})
        configured(tmp_path, front.host)
        assert redigest(tmp_path, "scan", "tree", "--unpin")[0] == 0
        assert redigest(tmp_path, "scan", "tree", "--manifests", "saved", "--unpin")[0] == 1
        assert redigest(tmp_path, "fix", "tree", "--manifests", "saved")[0] == 1
        assert (tmp_path / "tree/web.yaml").read_text() == before
        code, _, said = redigest(tmp_path, "fix", "tree", "--manifests", "saved", "--unpin", "--report", "r.json")
        after = before.replace(f"@{old}", "")
        assert (code, (tmp_path / "tree/web.yaml").read_text()) == (0, after), said
        assert [item["action"] for item in json.loads((tmp_path / "r.json").read_text())["sightings"]] == ["unpinned", "kept"]


def test_the_tag_is_taken_only_if_it_is_accepted(running: DockerRegistry, tmp_path: Path) -> None:
    running.push_image("cli/accept", "1.0", layers=(b"old",))
    old, _ = schema_1(running, "cli/accept", "1.0")
    later = running.push_image("cli/accept", "1.0", layers=(b"new",))
    with after_2022(running) as front:
        plant(tmp_path, {"tree/web.yaml": f"image: {front.host}/cli/accept:1.0@{old}\n"})
        configured(tmp_path, front.host)
        _, _, said = redigest(tmp_path, "fix", "tree")
        assert f"the tag 1.0 points to {later} today, which nothing ties to it; --accept tag swaps it all the same" in said
        assert str(old) in (tmp_path / "tree/web.yaml").read_text()
        _, explained, _ = redigest(tmp_path, "explain", f"{front.host}/cli/accept:1.0@{old}", "--accept", "tag")
        assert explained.endswith(f"verdict: swap\n  {later} is what the tag 1.0 points to today; nothing proves that it is the same image\n")
        _, _, scanned = redigest(tmp_path, "scan", "tree", "--accept", "tag", "--report", "r.sarif")
        assert "1 digest can be swapped for what its tag points to today, which nothing proves to be the same image" in scanned
        assert "the same image has the schema 2 digest" not in (tmp_path / "r.sarif").read_text()
        assert redigest(tmp_path, "fix", "tree", "--accept", "tag")[0] == 0
        assert str(later) in (tmp_path / "tree/web.yaml").read_text()


def test_explain_says_what_was_tried_and_what_came_of_it(running: DockerRegistry, tmp_path: Path) -> None:
    new = running.push_image("cli/explain", "3", layers=(b"explained",))
    old, _ = schema_1(running, "cli/explain", "3")
    with after_2022(running) as front:
        configured(tmp_path, front.host)
        code, said, _ = redigest(tmp_path, "explain", f"{front.host}/cli/explain:3@{old}", "--format", "json")
        _, text, _ = redigest(tmp_path, "explain", f"{front.host}/cli/explain:3@{old}")
    record = json.loads(said)
    assert (code, record["verdict"], record["replacement"], record["reason"]) == (0, "swap", str(new), None)
    assert {trial["name"] for trial in record["tried"]} >= {"digest", "recomputed", "negotiated"}
    assert "verdict: swap" in text
    assert "$ redigest explain" in text


@pytest.mark.needs("skopeo")
def test_the_commands_that_check_work_where_the_registry_speaks_plain_http(running: DockerRegistry, tmp_path: Path) -> None:
    new = running.push_image("cli/plain", "1", layers=(b"plain",))
    old, body = schema_1(running, "cli/plain", "1")
    assert running.request("PUT", "/v2/cli/plain/manifests/old", body, {"Content-Type": "application/json"})[0] == 201
    running.push_image("cli/moved", "1", layers=(b"first",))
    gone, _ = schema_1(running, "cli/moved", "1")
    running.push_image("cli/moved", "1", layers=(b"second",))
    configured(tmp_path, running.host)
    plant(tmp_path, {"tree/a.yaml": f"image: {running.host}/cli/plain:1@{old}\n"})
    assert redigest(tmp_path, "fix", "tree", "--report", "r.json", "--report", "r.md")[0] == 0
    (sighting,) = json.loads((tmp_path / "r.json").read_text())["sightings"]
    _, said, _ = redigest(tmp_path, "explain", f"{running.host}/cli/moved:1@{gone}", "--accept", "tag", "--format", "json")
    evidence = [*sighting["evidence"], *json.loads(said)["evidence"]]
    checks = [item["check"] for item in evidence if not item["check"].startswith("redigest explain")]
    checks += [line.partition(" | ")[0] for line in (tmp_path / "r.md").read_text().splitlines() if line.startswith("skopeo inspect") and f"@{new}" in line]
    assert {item["kind"] for item in evidence} >= {"negotiated", "layers", "tag"}
    assert f"skopeo inspect --raw --tls-verify=false docker://{running.host}/cli/plain@{new}" in checks
    for check in checks:
        done = subprocess.run(["bash", "-o", "pipefail", "-c", check], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, (check, done.stderr)


@pytest.mark.parametrize("written", ["registry.redhat.io/rhel7/etcd:3.2", "no image", "sha256:" + "0" * 64, "a/b@sha256:12"])
def test_explain_takes_an_image_with_a_digest(written: str, tmp_path: Path) -> None:
    code, _, said = redigest(tmp_path, "explain", written)
    assert (code, "not an image with a digest" in said) == (2, True)


def test_build_writes_a_mapping_that_fix_takes(running: DockerRegistry, tmp_path: Path) -> None:
    pushed = {tag: running.push_image("cli/build", tag, layers=(tag.encode(),)) for tag in ("1", "2", "3")}
    olds = {tag: schema_1(running, "cli/build", tag)[0] for tag in pushed}
    configured(tmp_path, running.host)
    code, said, complaint = redigest(tmp_path, "mapping", "build", f"{running.host}/cli/build")
    assert code == 0, complaint
    rows = list(csv.DictReader(said.splitlines()))
    negotiated = {row["tag"]: (row["schema1_digest"], row["schema2_digest"]) for row in rows if row["evidence"] == "negotiated"}
    assert negotiated == {tag: (str(olds[tag]), str(new)) for tag, new in pushed.items()}
    assert {row["detail"] for row in rows if row["evidence"] == "recomputed"} >= {"as containers-image converts it", "as pulp converts it"}
    with after_2022(running) as front:
        configured(tmp_path, front.host)
        assert redigest(tmp_path, "mapping", "build", f"{front.host}/cli/build", "--output", "built.csv")[0] == 0
    plant(tmp_path, {"tree/a.yaml": "".join(f"- image: {running.host}/cli/build@{old}\n" for old in olds.values())})
    assert redigest(tmp_path, "mapping", "check", "built.csv")[0] == 0
    assert redigest(tmp_path, "fix", "tree", "--mapping", "built.csv", "--offline")[0] == 0
    assert (tmp_path / "tree/a.yaml").read_text() == "".join(f"- image: {running.host}/cli/build@{new}\n" for new in pushed.values())


def test_check_asks_the_registry_which_column_is_which(running: DockerRegistry, tmp_path: Path) -> None:
    new = running.push_image("cli/check", "1.0", layers=(b"check",))
    old, _ = schema_1(running, "cli/check", "1.0")
    gone = f"sha256:{'0' * 64}"
    with after_2022(running) as front:
        name = f"{front.host}/cli/check"
        plant(tmp_path, {"right.csv": f"{name},1.0,{old},{new}\n", "swapped.csv": f"{name},1.0,{new},{old}\n"})
        plant(tmp_path, {"gone.csv": f"{name},1.0,{old},{gone}\n", "elsewhere.csv": f"elsewhere.example/a/b,1.0,{old},{new}\n,,{old},{new}\n"})
        configured(tmp_path, front.host)
        answers = {file: redigest(tmp_path, "mapping", "check", f"{file}.csv", "--format", "json") for file in ("right", "swapped", "gone", "elsewhere")}
        code, _, said = redigest(tmp_path, "mapping", "check", "swapped.csv")
        _, _, unsaid = redigest(tmp_path, "mapping", "check", "elsewhere.csv")
        asked = len(front.asked)
        for arguments in (("--offline",), ("--samples", "0")):
            assert redigest(tmp_path, "mapping", "check", "swapped.csv", *arguments)[0] == 0
        assert len(front.asked) == asked
    assert (code, f"swapped.csv:1:1: contradicted: {front.host} has the digest that is taken for schema 1 as schema 2" in said) == (1, True)
    nobody = "no row was answered for, so no registry has confirmed which column is which"
    assert (nobody in unsaid, nobody in said) == (True, False)
    outcomes = {file: (code, [one["outcome"] for one in json.loads(stdout)["spot_checks"]]) for file, (code, stdout, _) in answers.items()}
    assert outcomes == {
        "right": (0, ["confirmed"]),
        "swapped": (1, ["contradicted"]),
        "gone": (0, ["unanswered"]),
        "elsewhere": (0, ["unanswered", "unanswered"]),
    }


def test_build_says_what_it_has_no_row_for(running: DockerRegistry, tmp_path: Path) -> None:
    configured(tmp_path, running.host)
    code, said, complaint = redigest(tmp_path, "mapping", "build", f"{running.host}/no/such")
    assert (code, said.splitlines()) == (3, ["repository,tag,schema1_digest,schema2_digest,evidence,detail"])
    assert f"{running.host}/no/such: {running.host} answers 404" in complaint
    assert redigest(tmp_path, "mapping", "build", "elsewhere.example/a/b")[0] == 2


@pytest.mark.needs("skopeo")
def test_convert_copies_with_skopeo_and_records_what_the_registries_report(running: DockerRegistry, tmp_path: Path) -> None:
    running.push_image("cli/source", "1.0", layers=(GZIPPED,))
    old, body = schema_1(running, "cli/source", "1.0")
    status, _, _ = running.request("PUT", "/v2/cli/source/manifests/legacy", body, {"Content-Type": "application/json"})
    assert status == 201
    configured(tmp_path, running.host)
    plant(tmp_path, {".config/containers/policy.json": '{"default": [{"type": "insecureAcceptAnything"}]}'})
    code, said, complaint = redigest(tmp_path, "mapping", "convert", f"{running.host}/cli/source@{old}", f"{running.host}/cli/copied:1.0")
    assert code == 0, complaint
    (row,) = csv.DictReader(said.splitlines())
    _, headers, _ = running.request("GET", "/v2/cli/copied/manifests/1.0", headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"})
    assert (row["schema1_digest"], row["schema2_digest"]) == (str(old), headers["docker-content-digest"])


def test_convert_needs_skopeo_and_says_so(running: DockerRegistry, tmp_path: Path) -> None:
    running.push_image("cli/nothing", "1.0", layers=(b"x",))
    old, body = schema_1(running, "cli/nothing", "1.0")
    running.request("PUT", "/v2/cli/nothing/manifests/legacy", body, {"Content-Type": "application/json"})
    configured(tmp_path, running.host)
    (tmp_path / "empty").mkdir()
    arguments = ("mapping", "convert", f"{running.host}/cli/nothing@{old}", f"{running.host}/cli/other:1")
    code, _, said = redigest(tmp_path, *arguments, env={"PATH": str(tmp_path / "empty")})
    assert (code, "skopeo is not installed" in said) == (2, True)


GZIPPED = bytes.fromhex("1f8b08000000000000ff621805a360148c5800080000ffff2eafb5ef00040000")
"""An empty archive, compressed."""
