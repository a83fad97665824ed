"""What a fleet costs in requests, bytes, processor time and hours, from what one repository costs (scale.json) and the published limits of the forges."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import ceil
from pathlib import Path
from typing import Self, get_args

sys.path.insert(0, str(Path(__file__).parents[2]))  # a script is in no package, and the tests import what they share as `tests.…`

from tests.bench.constants import CASES, RESULTS, Usage
from tests.forge.model import Kind

CONNECTION = 6_000
"""Bytes of a connection beside what the bodies hold: the handshake of TLS with its certificates, and headers. This is general knowledge, not measured."""

_PAGE = 100
"""How many repositories a page of a listing holds, as redigest asks for; every shard lists all of them."""

_NAMES = {
    "first": "first run, nothing to swap",
    "same": "nothing changed, no proposal",
    "changed": "changed, nothing to swap",
    "held": "nothing changed, a proposal held back by a limit",
    "opened": "proposal opened, cloned for it",
    "verified": "the same with `through-api`",
    "open": "nothing changed, a proposal is open",
    "updated": "proposal updated",
    "merged": "proposal merged since",
}
_FORGES: Mapping[Kind, str] = {"github": "GitHub", "gitlab": "GitLab"}
_RUNS = {"first": "first run", "daily": "daily run while proposals are opened", "quiet": "daily run when all are merged"}
_SHARDS = (1, 2, 4, 8, 16)
_FLAGS = {
    "repositories": "how many repositories there are",
    "changed": "share of them on whose branch somebody commits in a day, from 0 to 1",
    "due": "share of them that hold a schema 1 digest at the start, from 0 to 1",
    "opened": "how many proposals a run opens at most",
    "size": "bytes of the files of a repository, as git packs them",
    "latency": "seconds until a forge answers",
    "jobs": "how many repositories each machine works on at the same time",
    "cores": "processors of each machine",
    "shards": "machines, among which the repositories are split",
}
"""What the fields of a fleet are, for the help."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So much of something that a forge lets through an hour: what of it each request counts for."""

    name: str
    hourly: int
    reads: int = 0
    writes: int = 0
    graphql: int = 0
    git: int = 0
    in_force: bool = True

    def hours(self, usage: Usage) -> float:
        spent = usage.reads * self.reads + usage.writes * self.writes + usage.graphql * self.graphql + usage.git * self.git
        return spent / self.hourly


LIMITS: Mapping[Kind, Sequence[Limit]] = {
    "github": (
        Limit("5,000 requests of REST an hour, token of a person", 5_000, reads=1, writes=1),
        Limit("15,000 requests of REST an hour, App of an organisation of Enterprise Cloud", 15_000, reads=1, writes=1, in_force=False),
        Limit("900 points of REST a minute; reading is 1, writing 5", 900 * 60, reads=1, writes=5),
        Limit("80 requests a minute that create content", 80 * 60, writes=1, graphql=1),
        Limit("500 requests an hour that create content", 500, writes=1, graphql=1),
    ),
    "gitlab": (
        Limit("2,000 requests of the API a minute", 2_000 * 60, reads=1, writes=1),
        Limit("10,000 requests of git over HTTPS a minute", 10_000 * 60, git=1),
        Limit("2,000 requests a minute from one address, if git counts", 2_000 * 60, reads=1, writes=1, git=1, in_force=False),
        Limit("15,000 requests an hour, API and git; proposed for Premium", 15_000, reads=1, writes=1, git=1, in_force=False),
    ),
}
"""Per user. Those that are not in force for everybody are shown, and do not count as what binds."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """What a fleet is like: shares of its repositories, proposals that a run opens, bytes of the files of a repository as git packs them, and machines."""

    repositories: int = 100_000
    changed: float = 0.02
    due: float = 0.05
    opened: int = 200
    size: int = 1_000_000
    latency: float = 0.15
    jobs: int = 8
    cores: int = 2
    shards: int = 8

    def runs(self) -> dict[str, dict[str, int]]:
        """Of each run, how many repositories are in which case."""
        due = round(self.repositories * self.due)
        opened = min(self.opened, due)
        held = max(0, due - 4 * opened)  # a run in the middle: some were opened and merged on the days before
        daily = {"opened": opened, "open": opened, "merged": opened, "updated": opened // 10, "held": held, "changed": round(self.repositories * self.changed)}
        quiet = {"changed": round(self.repositories * self.changed)}
        return {
            "first": {"opened": opened, "first held": due - opened, "first": self.repositories - due},
            "daily": {**daily, "same": self.repositories - sum(daily.values())},
            "quiet": {**quiet, "same": self.repositories - sum(quiet.values())},
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """What scale.json holds: the usage of one repository in each case, by forge, the memory of a run by their number, and what each leaves on the disk."""

    date: str
    count: int
    payload: int
    usages: Mapping[Kind, Mapping[str, Usage]]
    memory: Mapping[int, int]
    disk: Mapping[str, int]

    @classmethod
    def read(cls) -> Self:
        found = json.loads(RESULTS.read_bytes())
        usages = {kind: {case: Usage(**usage) for case, usage in found[kind].items()} for kind in get_args(Kind)}
        for known in usages.values():
            known["first held"] = total(known, {"first": 1, "held": 1, "same": -1})
        memory = {int(count): held for count, held in found["memory"].items()}
        return cls(found["measured"], found["repositories"], found["payload"], usages, memory, found["disk"])

    def run(self, kind: Kind, cases: Mapping[str, int], fleet: Fleet) -> Usage:
        """What a run costs; the files of repositories that are cloned anew have the size of the fleet, and connections have their price."""
        spent = total(self.usages[kind], cases)
        cloned = sum(cases.get(case, 0) for case in ("first", "first held", "opened"))
        received = spent.received + cloned * (fleet.size - self.payload) + spent.connections * CONNECTION
        return replace(spent, reads=spent.reads + fleet.shards * ceil(fleet.repositories / _PAGE), received=received)


def total(usages: Mapping[str, Usage], cases: Mapping[str, int]) -> Usage:
    """Add up so many of each case."""
    return Usage(*(sum(getattr(usages[case], field.name) * count for case, count in cases.items()) for field in fields(Usage)))


def machine_hours(usage: Usage, fleet: Fleet) -> dict[str, float]:
    """What the machines take for a run, each thing for itself: waiting for answers, computing, and the second between two writes."""
    waits = usage.reads + usage.writes + usage.graphql + usage.git + 2 * usage.connections  # a connection begins with two of its own, of TCP and TLS
    return {
        "waiting for answers": waits * fleet.latency / (fleet.jobs * fleet.shards) / 3600,
        "processors": usage.processor / (fleet.cores * fleet.shards) / 3600,
        "a second between two writes": (usage.writes + usage.graphql) / fleet.shards / 3600,
    }


def binding(kind: Kind, usage: Usage, fleet: Fleet) -> tuple[str, float]:
    """What a run takes longest for, and how many hours."""
    forge = {limit.name: limit.hours(usage) for limit in LIMITS[kind] if limit.in_force}
    return max({**forge, **machine_hours(usage, fleet)}.items(), key=lambda entry: entry[1])


def markdown(measured: Measured, fleet: Fleet) -> str:
    """All tables."""
    return "\n".join((*_constants(measured), *_costs(measured, fleet), *_hours(measured, fleet), *_shards(measured, fleet), *_keeping(measured, fleet)))


def _constants(measured: Measured) -> Iterator[str]:
    yield "### What one repository costs\n"
    yield f"Measured on {measured.date} over {measured.count} repositories on each forge of the tests, with a file of {measured.payload:,} bytes of noise.\n"
    yield "| forge | case | API, reads | API, writes | GraphQL | git, requests | git, connections | bytes received | bytes sent | processor |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for kind, usages in measured.usages.items():
        for case in CASES:
            if (one := usages.get(case)) is not None:
                counts = (one.reads, one.writes, one.graphql, one.git, one.connections)
                counted = " | ".join(f"{count:.3g}" for count in counts)
                yield f"| {_FORGES[kind]} | {_NAMES[case]} | {counted} | {one.received:,.0f} | {one.sent:,.0f} | {one.processor:.3f} s |"
    yield ""


def _costs(measured: Measured, fleet: Fleet) -> Iterator[str]:
    yield "### What a run costs\n"
    yield "| forge | run | API, reads | API, writes | git, requests | received | sent | processor |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for kind in measured.usages:
        for run, cases in fleet.runs().items():
            one = measured.run(kind, cases, fleet)
            row = (
                f"{one.reads:,.0f} | {one.writes:,.0f} | {one.git:,.0f} | {one.received / 1e9:.2f} GB | {one.sent / 1e6:.0f} MB | {one.processor / 3600:.1f} h"
            )
            yield f"| {_FORGES[kind]} | {_RUNS[run]} | {row} |"
    yield ""


def _hours(measured: Measured, fleet: Fleet) -> Iterator[str]:
    runs = fleet.runs()
    yield "### How long that takes at least, by each limit\n"
    yield f"| what bounds it | {' | '.join(_RUNS[run] for run in runs)} |"
    yield f"|---|{'--:|' * len(runs)}"
    for kind in measured.usages:
        usages = [measured.run(kind, cases, fleet) for cases in runs.values()]
        for limit in LIMITS[kind]:
            yield f"| {_FORGES[kind]}: {limit.name} | {' | '.join(f'{limit.hours(usage):.2f} h' for usage in usages)} |"
        for name in machine_hours(usages[0], fleet):
            yield f"| {_FORGES[kind]}: {name}, {fleet.shards} shards | {' | '.join(f'{machine_hours(usage, fleet)[name]:.2f} h' for usage in usages)} |"
    yield ""


def _shards(measured: Measured, fleet: Fleet) -> Iterator[str]:
    yield "### How many shards\n"
    yield "| forge | shards | first run | bound by | daily run | bound by |"
    yield "|---|--:|--:|---|--:|---|"
    for kind in measured.usages:
        for shards in _SHARDS:
            split = replace(fleet, shards=shards)
            bounds = (binding(kind, measured.run(kind, split.runs()[run], split), split) for run in ("first", "daily"))
            yield f"| {_FORGES[kind]} | {shards} | {' | '.join(f'{hours:.2f} h | {name}' for name, hours in bounds)} |"
    yield ""


def _keeping(measured: Measured, fleet: Fleet) -> Iterator[str]:
    least, most = min(measured.memory), max(measured.memory)
    slope = (measured.memory[most] - measured.memory[least]) / (most - least)
    whole = measured.memory[least] + slope * (fleet.repositories - least)
    record, clone = measured.disk["finished"], measured.disk["clones"]
    yield "### Memory and disk\n"
    yield "| repositories | most memory of redigest |"
    yield "|--:|--:|"
    for count, held in measured.memory.items():
        yield f"| {count:,} | {held / 1e6:.1f} MB |"
    yield f"\nEach repository takes {slope / 1e3:.1f} kB of memory more, so {fleet.repositories:,} in one run take {whole / 1e6:.0f} MB."
    yield f"On the disk each leaves a record of {record / 1e3:.0f} kB, and a clone of {clone / 1e3:.0f} kB beside its files."


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables for the fleet that the arguments describe."""
    parser = argparse.ArgumentParser(description=__doc__)
    for field in fields(Fleet):
        parser.add_argument(f"--{field.name}", metavar="N", type=type(field.default), default=field.default, help=f"{_FLAGS[field.name]} (%(default)s)")
    print(markdown(Measured.read(), Fleet(**vars(parser.parse_args(arguments)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
