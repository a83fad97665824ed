"""Which repositories a run works on."""

from collections.abc import Iterator

import pytest

from redigest.config import Config
from redigest.errors import RepositoryError
from redigest.forges.local import Local
from redigest.forges.model import Repository
from redigest.model import ProposalOutcome, RepositoryLine
from redigest.sources import Shard, Wanted, forge_names, repositories


class Listed(Local):
    """A forge that lists two repositories, or fails."""

    host = "forge.example"

    def __init__(self, *names: str, fails: bool = False) -> None:
        self._names = names
        self._fails = fails

    def select(self, selection: object) -> Iterator[Repository]:
        for name in self._names:
            yield Repository(name, "main")
        if self._fails:
            raise RepositoryError("sources", "the rest cannot be listed")


def config(*entries: dict[str, object]) -> Config:
    return Config.model_validate({"repositories": entries})


def found(of: Config, forge: Listed) -> list[str]:
    wanted = repositories(of, {"github": forge, "gitlab": forge}, Local())
    return [each.label if isinstance(each, Wanted) else f"{each.repository} {each.outcome}" for each in wanted]


def test_takes_each_repository_once_in_the_order_of_the_configuration() -> None:
    entries = config({"path": "../one"}, {"forge": "github", "name": "acme/b"}, {"forge": "github", "owner": "acme"}, {"path": "../one"})
    assert found(entries, Listed("acme/a", "acme/b")) == ["../one", "forge.example/acme/b", "forge.example/acme/a"]
    assert list(forge_names(entries)) == ["github"]


def test_keeps_what_was_listed_before_a_listing_failed() -> None:
    entries = config({"forge": "gitlab", "group": "acme/apps"}, {"path": "here"})
    assert found(entries, Listed("acme/apps/a", fails=True)) == ["forge.example/acme/apps/a", "forge.example/acme/apps failed", "here"]


def test_a_failed_listing_says_where_and_why() -> None:
    [line] = repositories(config({"forge": "github", "owner": "acme"}), {"github": Listed(fails=True)}, Local())
    assert line == RepositoryLine("forge.example/acme", None, None, ProposalOutcome.FAILED, stage="sources", message="the rest cannot be listed")


@pytest.mark.parametrize("count", [1, 2, 7])
def test_every_name_is_in_one_shard_whatever_others_there_are(count: int) -> None:
    names = [f"github.com/acme/{number}" for number in range(200)]
    owners = [[shard.index for index in range(1, count + 1) if (shard := Shard(index, count)).has(name)] for name in names]
    assert all(len(each) == 1 for each in owners)
    assert {each[0] for each in owners} == set(range(1, count + 1))


def test_another_shard_takes_its_part_from_the_others_and_moves_nothing_else() -> None:
    names = [f"github.com/acme/{number}" for number in range(400)]
    before, after = ([next(index for index in range(1, count + 1) if Shard(index, count).has(name)) for name in names] for count in (4, 5))
    moved = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert {new for _, new in moved} == {5}
    assert {old for old, _ in moved} == {1, 2, 3, 4}
    assert 40 < len(moved) < 120
