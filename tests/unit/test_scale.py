"""What the documentation says a fleet costs is what the simulation makes of the constants that were measured."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
import yaml

from redigest.cli import main
from tests.bench.constants import CASES, Usage
from tests.bench.scale import CONNECTION, LIMITS, Fleet, Limit, Measured, binding, machine_hours, markdown, total
from tests.bench.scale import main as scale

PAGE = (Path(__file__).parents[2] / "docs/scale.md").read_text(encoding="utf-8")
ONE = Usage(reads=1, writes=2, graphql=0, git=4, connections=2, received=1000, sent=10, processor=0.5)
SAME = Usage(reads=0, writes=0, graphql=0, git=2, connections=1, received=300, sent=5, processor=0.25)
USAGES = dict.fromkeys((*CASES, "first held"), ONE) | {"same": SAME}
MEASURED = Measured("2026-11-28", 40, 100, {"github": USAGES, "gitlab": USAGES}, {100: 50_000_000, 1000: 51_000_000}, {"finished": 8000, "clones": 80_000})


def test_the_tables_are_those_of_the_simulation() -> None:
    _, _, tables = PAGE.partition("<!-- tables -->\n")
    assert tables == f"{markdown(Measured.read(), Fleet())}\n", "run `make scale`"


def test_the_text_has_the_numbers_of_the_simulation() -> None:
    fleet = Fleet()
    [daily] = re.findall(r"finds (.+) repositories changed, opens (.+) proposals, sees that (.+) were merged and (.+) are open, updates (.+), and", PAGE)
    cases = fleet.runs()["daily"]
    assert [int(number.replace(",", "")) for number in daily] == [cases[case] for case in ("changed", "opened", "merged", "open", "updated")]
    assert f"| {fleet.repositories:,}, selected" in PAGE
    assert f"| {CONNECTION:,} bytes" in PAGE
    assert f"takes {fleet.latency} s" in PAGE
    assert f"{fleet.shards} shards with two processors each, `--jobs {fleet.jobs}`" in PAGE


def test_the_help_says_what_each_flag_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        scale(["--help"])
    told = re.findall(r"^  --([a-z]+) N\s+(\S[^(]+) \(", capsys.readouterr().out, re.MULTILINE)
    assert [name for name, _ in told] == [field.name for field in fields(Fleet)]


def test_adds_up_what_every_repository_costs() -> None:
    assert total(USAGES, {"opened": 3, "same": 2}) == Usage(3, 6, 0, 16, 8, 3600, 40, 2.0)


@pytest.mark.parametrize("fleet", [Fleet(), Fleet(repositories=1000), Fleet(due=0.0), Fleet(opened=10_000)])
def test_has_every_repository_in_one_case(fleet: Fleet) -> None:
    for run, cases in fleet.runs().items():
        assert sum(cases.values()) == fleet.repositories, run
        assert min(cases.values()) >= 0, run


def test_a_run_lists_everything_in_every_shard_and_clones_whole_repositories() -> None:
    spent = MEASURED.run("github", {"first": 10, "same": 90}, Fleet(repositories=100, shards=3, size=5000))
    assert spent.reads == 10 + 3
    assert spent.received == 10 * (1000 + 5000 - 100) + 90 * 300 + (20 + 90) * CONNECTION
    assert spent.writes == 20


def test_a_limit_counts_what_it_names() -> None:
    assert Limit("points", 100, reads=1, writes=5).hours(replace(ONE, reads=50, writes=10)) == 1.0
    assert Limit("git", 400, git=1).hours(ONE) == 0.01


def test_machines_share_what_they_wait_for_and_compute() -> None:
    spent = Usage(reads=1800, writes=0, graphql=0, git=1800, connections=0, received=0, sent=0, processor=7200)
    one, two = Fleet(shards=1, jobs=1, cores=1, latency=1.0), Fleet(shards=2, jobs=1, cores=1, latency=1.0)
    assert machine_hours(spent, one) == {"waiting for answers": 1.0, "processors": 2.0, "a second between two writes": 0.0}
    assert machine_hours(spent, two)["processors"] == 1.0
    assert binding("gitlab", spent, one) == ("processors", 2.0)
    assert binding("github", replace(spent, writes=10_000), two) == ("500 requests an hour that create content", 20.0)


def test_what_binds_is_in_force() -> None:
    flood = replace(ONE, git=10**9)
    assert binding("gitlab", flood, Fleet(jobs=10**6))[0] == "10,000 requests of git over HTTPS a minute"
    assert all(any(limit.in_force for limit in limits) for limits in LIMITS.values())


@pytest.mark.parametrize("number", [0, 1])
def test_the_examples_split_a_fleet_as_the_command_line_takes_it(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    example = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[number]
    assert yaml.safe_load(example)
    [shard] = re.findall(r'--shard "?([^"\n]+)', example)
    values = {"${{ matrix.shard }}": "3", "$CI_NODE_INDEX": "3", "$CI_NODE_TOTAL": "4"}
    for name, value in values.items():
        shard = shard.replace(name, value)
    assert shard == "3/4"
    assert main(["run", "--shard", shard]) == 2  # there is no configuration here, which is found out after the flags


def test_every_case_was_measured_on_both_forges() -> None:
    measured = Measured.read()
    assert set(CASES) - set(measured.usages["github"]) == set()
    assert set(CASES) - set(measured.usages["gitlab"]) == {"verified"}
    for usages in measured.usages.values():
        assert (usages["same"].reads, usages["same"].writes, usages["same"].git) == (0, 0, 2), "a look is one `git ls-remote`"
        assert (usages["open"].reads, usages["open"].writes) == (1, 0), "and one question whether the proposal is open"
        assert usages["changed"].received < measured.payload / 10, "a fetch brings only what is new"
