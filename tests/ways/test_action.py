"""The GitHub Action: its steps run as GitHub runs them, against the fake forge."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from redigest.errors import UsageError
from redigest.github_action.inputs import inputs
from tests.forge.fake import FakeForge
from tests.run.bot import deployment
from tests.samples import ETCD, STRANGER, TOOLS, Image, git, legacy, mapping_csv, plant, repository
from tests.ways.runner import CHECKOUT, LARGEST_SUMMARY, Job, Runner, proposals_of, read_outputs

PATH = "k8s/web.yaml"
BRANCH = "redigest/schema-2/main"

HOSTILE = (
    """$(touch owned) `touch owned` '; touch owned; ' "; touch owned; " \\""",
    "--help",
    "a\nswapped=9\n::error::owned",
    "a\r\n::set-output name=swapped::9%0A::error::owned",
    "${{ github.token }}",
    "*",
    "\u202eowned",
)


def configured(runner: Runner, github: FakeForge, **more: object) -> None:
    """Write a configuration into the workspace; its forge takes writes without a pause."""
    forge = {"name": "github", "kind": "github", "url": github.api_url, "git-url": github.git_url, "token-env": "GITHUB_TOKEN", "write-pause": 0}
    (runner.workspace / "redigest.yaml").write_text(yaml.safe_dump({"mapping": ["schema1.csv"], "forges": [forge], **more}))


def report_of(outputs: Mapping[str, str]) -> Mapping[str, Any]:
    found = json.loads(Path(outputs["report-json"]).read_bytes())
    assert isinstance(found, dict)
    return found


def test_opens_a_pull_request_in_the_repository_of_the_workflow(github: FakeForge, runner: Runner) -> None:
    repo = github.add("acme/deploy", {PATH: deployment(ETCD, TOOLS, STRANGER)})
    job = runner.act({"mapping": "schema1.csv"})
    assert job.code == 0, job.log
    (proposal,) = repo.proposals()
    (told,) = proposals_of(job)
    assert told == {"repository": f"{github.host}/acme/deploy", "branch": "main", "outcome": "opened", "url": told["url"]}
    assert told["url"].endswith(f"/acme/deploy/pull/{proposal.number}")
    assert (job.outputs["swapped"], job.outputs["remaining"]) == ("2", "0")
    assert report_of(job.outputs)["summary"]["swapped"] == 2
    assert job.summary.startswith("# Image digests\n")
    assert ETCD.new.hex in job.summary
    assert github.token not in job.log
    again = runner.act({"mapping": "schema1.csv"})
    assert [one["outcome"] for one in proposals_of(again)] == ["unchanged"]


def test_takes_settings_from_the_configuration_in_the_checkout(github: FakeForge, runner: Runner) -> None:
    repo = github.add("acme/deploy", {PATH: deployment(ETCD)})
    configured(runner, github, proposals={"labels": ["migration"]}, commit={"name": "Ann Bot"})
    assert runner.act({}).code == 0
    assert repo.proposals()[0].labels == ["migration"]
    assert b"Ann Bot" in git(repo.path, "log", "-1", "--format=%an", BRANCH)


def test_works_on_the_branches_that_are_named(github: FakeForge, runner: Runner) -> None:
    repo = github.add("acme/deploy", {PATH: deployment(ETCD)})
    for branch in ("release-1", "release-2", "other"):
        git(repo.path, "branch", branch, "main")
    configured(runner, github)
    assert runner.act({"branches": "main\n\n  release-*  \n"}).code == 0
    assert {proposal.base for proposal in repo.proposals()} == {"main", "release-1", "release-2"}


def test_works_on_all_repositories_that_the_configuration_names(github: FakeForge, runner: Runner) -> None:
    names = ("acme/one", "acme/two", "acme/three")
    for name in names:
        github.add(name, {PATH: deployment(ETCD)})
    configured(runner, github, repositories=[{"forge": "github", "owner": "acme"}])
    (runner.workspace / "redigest.yaml").rename(runner.workspace / "fleet.yaml")
    jobs = [runner.act({"config": "fleet.yaml", "shard": f"{number}/2"}) for number in (1, 2)]
    assert [job.code for job in jobs] == [0, 0]
    assert sorted(told["repository"] for job in jobs for told in proposals_of(job)) == sorted(f"{github.host}/{name}" for name in names)


def test_writes_nothing_in_a_dry_run(github: FakeForge, runner: Runner) -> None:
    github.add("acme/deploy", {PATH: deployment(ETCD)})
    job = runner.act({"mapping": "schema1.csv", "dry-run": "true"})
    assert (job.code, job.outputs["swapped"], job.outputs["remaining"], job.outputs["proposals"]) == (0, "0", "1", "[]")
    assert github.writes() == []


def test_a_check_fails_where_digests_are_to_be_swapped_and_shows_where(github: FakeForge, runner: Runner) -> None:
    (runner.workspace / "k8s").mkdir()
    (runner.workspace / PATH).write_bytes(deployment(ETCD))
    job = runner.act({"mode": "check", "mapping": "schema1.csv"})
    assert (job.code, job.outputs["swapped"], job.outputs["remaining"], job.outputs["proposals"]) == (1, "0", "1", "[]")
    sighting = next(one for one in report_of(job.outputs)["sightings"] if one["action"] == "would-swap")
    (said,) = job.annotations
    assert said.startswith(f"::error file={PATH},line={sighting['line']},col={sighting['column']},title=redigest::{ETCD.old} of {ETCD.name} is a schema 1")
    assert ETCD.before.encode() in (runner.workspace / PATH).read_bytes()
    assert github.log == []
    (runner.workspace / PATH).write_bytes(deployment(ETCD).replace(ETCD.old.hex.encode(), ETCD.new.hex.encode()))
    assert runner.act({"mode": "check", "mapping": "schema1.csv"}).code == 0


def test_the_summary_is_the_report_however_much_there_is_to_say(runner: Runner) -> None:
    images = [Image(f"registry.redhat.io/rhel7/image-{number}") for number in range(900)]
    (runner.workspace / "schema1.csv").write_text(mapping_csv(*images))
    (runner.workspace / "web.yaml").write_bytes(deployment(*images))
    job = runner.act({"mode": "check", "mapping": "schema1.csv"})
    assert job.code == 1
    assert LARGEST_SUMMARY * 0.99 < len(job.summary.encode()) <= LARGEST_SUMMARY
    assert job.summary == Path(job.outputs["report-json"]).with_suffix(".md").read_text(encoding="utf-8")
    assert images[0].after in job.summary
    assert job.summary.endswith("The rest has no room here; a report in JSON has all of it.\n")


UNKNOWN = f"image: {STRANGER.before}\nother: {ETCD.before}\n# {TOOLS.before}\n"


@pytest.mark.parametrize("mode", ["check", "propose"])
@pytest.mark.parametrize("strict", ["true", "false"])
def test_digests_of_unknown_kind_are_told_of(github: FakeForge, runner: Runner, mode: str, strict: str) -> None:
    """As in a pull request from a fork: secrets are empty there, and no registry is asked of an image of this host."""
    text = UNKNOWN.replace("registry.redhat.io", "registry.example").encode()
    github.add("acme/deploy", {PATH: text})
    plant(runner.workspace, {PATH: text})
    configured(runner, github, mapping=[])
    job = runner.act({"mode": mode, "mapping": "", "strict": strict})
    assert (job.code, job.outputs["remaining"]) == (1 if strict == "true" else 0, "0")
    level = "error" if strict == "true" else "warning"
    if (mode, strict) == ("check", "true"):
        assert [said.partition(",title=")[0] for said in job.annotations] == [
            f"::error file={PATH},line={line},col={column}" for line, column in ((1, 47), (2, 43))
        ]
        assert f"is pinned by {STRANGER.old}, and nothing tells whether that is schema 1: " in job.annotations[0]
    else:
        (said,) = job.annotations
        assert said.startswith(f"::{level} title=redigest::2 digests are of unknown kind: registry not configured: registry.example")


@pytest.mark.parametrize("strict", ["true", "false"])
def test_a_strict_check_shows_what_it_fails_for(runner: Runner, strict: str) -> None:
    reference = legacy(runner.workspace).replace(":7.6@", "@")
    (runner.workspace / "web.yaml").write_text(f"image: {reference}\nother: {ETCD.before}\n")
    (runner.workspace / "redigest.yaml").write_text("manifests: [m]\nmapping: [schema1.csv]\n")
    job = runner.act({"mode": "check", "strict": strict})
    assert job.code == 1
    assert [said.partition(",")[2].partition(",")[0] for said in job.annotations] == ["line=2", "line=1"][: 2 if strict == "true" else 1]


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        ("k8s", ["k8s/web.yaml"]),
        (".", ["--help/web.yaml", "a b'\"$(touch owned)/web.yaml", "k8s/web.yaml"]),
        ("--help", ["--help/web.yaml"]),
        ("  k8s/web.yaml\n\na b'\"$(touch owned)\n", ["a b'\"$(touch owned)/web.yaml", "k8s/web.yaml"]),
        ("k*/*.yaml", ["k8s/web.yaml"]),
    ],
)
def test_a_check_looks_at_the_paths_that_are_named(runner: Runner, paths: str, found: list[str]) -> None:
    repository(runner.workspace, {f"{folder}/web.yaml": deployment(ETCD) for folder in ("k8s", "--help", "a b'\"$(touch owned)")})
    job = runner.act({"mode": "check", "mapping": "schema1.csv", "paths": paths})
    assert job.code == 1
    assert [re.findall(r"file=(.*?),line=", said) for said in job.annotations] == [[path] for path in found]
    assert not list(runner.workspace.rglob("owned"))


def test_a_check_takes_the_defaults_of_what_it_does_not_use(runner: Runner) -> None:
    given = {"mode": "check", "mapping": "schema1.csv", "branches": "\n", "shard": " ", "dry-run": "false", "recreate": "FALSE"}
    job = runner.act(given)
    assert (job.code, job.annotations) == (0, [])


@pytest.mark.parametrize("unpin", ["true", "false"])
def test_a_check_fails_for_a_digest_that_is_to_be_dropped(runner: Runner, unpin: str) -> None:
    (runner.workspace / "web.yaml").write_text(f"image: {legacy(runner.workspace)}\n")
    (runner.workspace / "redigest.yaml").write_text("manifests: [m]\nmapping: [schema1.csv]\n")
    job = runner.act({"mode": "check", "unpin": unpin})
    assert (job.code, len(job.annotations)) == ((1, 1) if unpin == "true" else (0, 0)), job.log
    assert job.outputs["remaining"] == "1"


def test_each_use_in_a_job_has_reports_of_its_own(github: FakeForge, runner: Runner) -> None:
    github.add("acme/deploy", {PATH: deployment(ETCD, TOOLS)})
    (runner.workspace / "web.yaml").write_bytes(deployment(ETCD))
    check = {"mode": "check", "mapping": "schema1.csv"}
    jobs = [runner.act(given) for given in (check, {"mapping": "schema1.csv", "dry-run": "true"}, check, {**check, "mapping": "gone.csv"})]
    assert [job.code for job in jobs] == [1, 0, 1, 2]
    assert [{one["repository"] for one in report_of(job.outputs)["sightings"]} for job in jobs[:3]] == [{None}, {f"{github.host}/acme/deploy"}, {None}]
    assert len({job.outputs[name] for job in jobs[:3] for name in ("report-json", "report-html")}) == 6
    assert jobs[3].outputs["report-json"] == ""


def test_a_failed_repository_fails_the_step_and_is_named_on_the_page(github: FakeForge, runner: Runner) -> None:
    github.add("acme/one", {PATH: deployment(ETCD)})
    configured(runner, github, repositories=[{"forge": "github", "name": "acme/one"}, {"forge": "github", "name": "acme/missing"}])
    job = runner.act({"cache": "all"})
    assert job.code == 3
    assert [told["outcome"] for told in proposals_of(job)] == ["opened"]
    (said,) = job.annotations
    assert said.startswith("::error title=redigest::")
    assert "acme/missing: failed" in said
    assert [name for name, _ in job.used] == ["actions/setup-python", "actions/cache/restore", "actions/cache/save"], "a failure loses no cache"


@pytest.mark.parametrize(
    ("given", "names", "kept"),
    [
        ({}, [], "cache"),
        ({}, ["acme/deploy"], "cache"),
        ({}, ["acme/deploy", "acme/other"], "cache/facts-*.sqlite*"),
        ({}, ["acme/other"], "cache/facts-*.sqlite*"),
        ({"cache": "all"}, ["acme/other"], "cache"),
        ({"cache": "facts"}, [], "cache/facts-*.sqlite*"),
        ({"cache": "none"}, [], None),
    ],
)
def test_keeps_clones_of_other_repositories_only_if_it_is_told_to(
    github: FakeForge, runner: Runner, given: Mapping[str, str], names: list[str], kept: str | None
) -> None:
    for name in {*names, "acme/deploy"}:
        github.add(name, {PATH: deployment()})
    configured(runner, github, repositories=[{"forge": "github", "name": name} for name in names])
    job = runner.act(given)
    assert job.code == 0, job.log
    (cache,) = (runner.temporary / "redigest").glob("cache-*")
    paths = {step["path"] for name, step in job.used if name.startswith("actions/cache/")}
    assert paths == ({str(cache) + kept.removeprefix("cache")} if kept else set())
    assert (cache / "clones").is_dir()


def caches(job: Job) -> list[Mapping[str, str]]:
    """What the steps that fetch and keep the cache were given."""
    return [step for name, step in job.used if name.startswith("actions/cache/")]


def test_every_use_in_a_job_keeps_a_cache_of_its_own(github: FakeForge, runner: Runner) -> None:
    for name in ("acme/deploy", "acme/other"):
        github.add(name, {PATH: deployment()})
    configured(runner, github)
    (runner.workspace / "fleet.yaml").write_text((runner.workspace / "redigest.yaml").read_text() + "repositories: [{forge: github, name: acme/other}]\n")
    given = [{"config": "fleet.yaml"}, {}, {}, {"mode": "check"}, {"mode": "\n check "}, {"shard": "1/2", "config": "a,b.yaml"}]
    (runner.workspace / "a,b.yaml").write_text((runner.workspace / "fleet.yaml").read_text())
    jobs = [caches(runner.act(one)) for one in given]
    kept = [job[-1] for job in jobs if job]
    assert len({one["key"] for one in kept}) == len(given) - 1
    assert [len(job) for job in jobs] == [1, 2, 0, 1, 1, 1], (
        "what an earlier use has left is newer than what would be fetched; a check of no image leaves nothing, and without one there are no facts"
    )
    assert len({one["path"] for one in kept}) == 4
    assert all(re.fullmatch(r"redigest-Linux-(propose|check)-[0-9a-f]{16}-1-1-use-\w+", one["key"]) for one in kept)
    fetched = [one for job in jobs for one in job if "restore-keys" in one]
    assert len(fetched) == len(given) - 1
    assert all(one["key"].startswith(one["restore-keys"]) and one["restore-keys"].endswith("-") for one in fetched)


@pytest.mark.parametrize("cache", ["all", "facts", "none"])
def test_saves_a_cache_only_where_there_is_something_new(github: FakeForge, runner: Runner, cache: str) -> None:
    repo = github.add("acme/deploy", {PATH: deployment(STRANGER)})
    configured(runner, github)

    def act() -> list[str]:
        return [name.removeprefix("actions/cache/") for name, _ in runner.act({"cache": cache}).used if name.startswith("actions/cache/")]

    first, second = act(), act()
    repo.commit({PATH: deployment(STRANGER, TOOLS)}, branch="main", message="Add")
    third = act()
    assert (first, second, third) == {"all": (["restore", "save"], [], ["save"]), "facts": (["restore", "save"], [], []), "none": ([], [], [])}[cache]


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_a_hostile_input_is_a_value_and_nothing_more(github: FakeForge, runner: Runner, value: str) -> None:
    """Every input reaches bash in the same way, so two of them stand for all: one that must be a branch, and one that must be a file."""
    github.add("acme/deploy", {PATH: deployment()})
    configured(runner, github)
    for given in ({"branches": value}, {"mode": "check", "mapping": value}):
        job = runner.act(given)
        assert "Traceback" not in job.log
        assert not list(runner.workspace.rglob("owned"))
        assert not list(runner.temporary.rglob("owned"))
        assert not any(said.startswith("::error::owned") for said in job.annotations), job.log
        assert job.outputs["swapped"] in {"", "0"}
        assert github.token not in job.log
        assert job.code != 0 or value == "*"


@pytest.mark.parametrize("name", ["mode", "config", "shard", "registry-config", "cache", "dry-run", "annotations"])
def test_every_input_of_one_line_refuses_more_than_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"the input {name} must be"):
        inputs({f"INPUT_{name.upper().replace('-', '_')}": "a\nswapped=9"}, tmp_path)


def test_names_of_files_say_nothing_to_the_runner(runner: Runner) -> None:
    names = (
        "::error::owned.yaml",
        "a\n::add-mask::owned.yaml",
        "\x1b]0;owned\x07.yaml",
        "a,line=9::owned%0A.yaml",
        "##[error]owned.yaml",
        "${{ github.token }}.yaml",
    )
    for name in names:
        (runner.workspace / name).write_bytes(deployment(ETCD))
    job = runner.act({"mode": "check", "mapping": "schema1.csv"})
    assert job.code == 1
    assert len(job.annotations) == len(names)
    assert sorted(said.partition("=")[0] for said in job.annotations) == ["::error file"] * 4 + ["::error title"] * 2
    assert all(said.isprintable() for said in job.annotations)
    assert "\n::" not in job.summary


def test_what_stands_in_the_checkout_is_not_run(github: FakeForge, runner: Runner) -> None:
    github.add("acme/deploy", {PATH: deployment(ETCD)})
    for name in ("redigest", "yaml", "json", "multiprocessing", "concurrent", "click", "venv", "pip", "encodings"):
        (runner.workspace / name).mkdir()
        (runner.workspace / name / "__init__.py").write_text(f"open({str(runner.workspace / 'owned')!r}, 'w')")
    (runner.workspace / "sitecustomize.py").write_text(f"open({str(runner.workspace / 'owned')!r}, 'w')")
    assert runner.act({"mapping": "schema1.csv"}).code == 0
    assert not (runner.workspace / "owned").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mode": "check", "mapping": "gone.csv"}, "gone.csv: no such mapping file"),
        ({"mapping": "gone.csv"}, "gone.csv: no such mapping file"),
        ({"mapping": "schema1.csv", "token": ""}, "GITHUB_TOKEN"),
        ({"mapping": "schema1.csv", "registry-config": "gone.json"}, "gone.json: no such file of credentials"),
        ({"mode": "check", "mapping": "schema1.csv", "registry-config": "."}, "is a directory"),
    ],
)
def test_what_ends_the_step_is_one_line_that_stands_on_the_page(github: FakeForge, runner: Runner, given: Mapping[str, str], said: str) -> None:
    github.add("acme/deploy", {PATH: deployment(ETCD)})
    job = runner.act(given)
    assert job.code == 2
    (line,) = job.annotations
    assert line.startswith("::error title=redigest::")
    assert said in line


def test_an_unexpected_end_stands_on_the_page(runner: Runner, tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "bot" / "redigest", tmp_path / "damaged" / "redigest", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "damaged" / "redigest" / "cli" / "tree.py").write_text("raise ValueError('lost')\n")
    job = replace(runner, source=tmp_path / "damaged").act({"mode": "check"})
    assert job.code == 4
    assert job.annotations == ["::error title=redigest::unexpected ValueError; the log has more"]
    assert "lost" in job.log


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mode": "destroy"}, "the input mode must be one of propose, check"),
        ({"dry-run": "maybe"}, "the input dry-run must be true or false"),
        ({"shard": "3"}, "the input shard must be I/N"),
        ({"shard": "0/0"}, "the input shard must be I/N"),
        ({"shard": "3/2"}, "the input shard must be I/N"),
        ({"shard": "1/10000"}, "the input shard must be I/N"),
        ({"cache": "some"}, "the input cache must be one of all, facts, none"),
        ({"config": "gone.yaml"}, "gone.yaml: there is no such file"),
        ({"mode": "check", "dry-run": "maybe"}, "the input dry-run must be true or false"),
        ({"mode": "check", "recreate": "maybe"}, "the input recreate must be true or false"),
        ({"paths": "k8s"}, "the input paths is for the mode check, and says nothing in the mode propose; leave it out"),
        *(({"mode": "check", "paths": path}, "the input paths must be files, folders or patterns in the checkout") for path in ("/", "a/../..", "../*")),
        ({"mode": "check", "paths": "gone"}, "gone"),
        *(
            ({"mode": "check", name: value}, f"the input {name} is for the mode propose, and says nothing in the mode check; leave it out")
            for name, value in (("branches", "main"), ("shard", "1/2"), ("dry-run", "true"), ("recreate", "True"))
        ),
    ],
)
def test_a_wrong_input_is_named(runner: Runner, given: Mapping[str, str], said: str) -> None:
    job = runner.act(given)
    assert job.code == 2
    (line,) = job.annotations
    assert line.startswith("::error title=redigest::")
    assert said in line


def test_reads_outputs_as_strictly_as_github() -> None:
    assert read_outputs("a<<x\n1\n2\nx\nb<<y\n\ny\n") == {"a": "1\n2", "b": ""}
    with pytest.raises(AssertionError):
        read_outputs("a<<x\n1\n")
