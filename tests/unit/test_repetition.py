"""Repetition that gives nothing back is right on every Python that the package is for."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from re import _constants, _parser  # type: ignore[attr-defined]  # there is no other way to see what a pattern is made of
from typing import Any

import pytest

import redigest
from redigest.readers.sources.languages import LANGUAGES
from redigest.readers.sources.tokens import tokens_of
from redigest.repetition import some


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns that modules keep, by name, and those of the languages."""
    for module in pkgutil.walk_packages(redigest.__path__, "redigest."):
        if not module.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(module.name)).items():
                yield from ((f"{module.name}.{name}", pattern) for pattern in within(value))
    for language in LANGUAGES:
        yield from ((language, pattern) for pattern in within(tokens_of(language)))


def within(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from within(each)
    elif isinstance(value, dict):
        yield from within(list(value.values()))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from within([getattr(value, field.name) for field in fields(value)])


def faults(parsed: Any) -> Iterator[Any]:
    """What is repeated, gives nothing back, and could fail after it has taken something."""
    for operation, argument in parsed:
        if operation is _constants.POSSESSIVE_REPEAT and not is_single(argument[2]) and not has_way_out(argument[2]):
            yield argument[2]
        for part in parts(argument):
            yield from faults(part)


def parts(argument: Any) -> Iterator[Any]:
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, (list, tuple)):
        for each in argument:
            yield from parts(each)


def is_single(parsed: Any) -> bool:
    """One character and nothing else."""
    return len(parsed) == 1 and parsed[0][0] in (_constants.IN, _constants.LITERAL, _constants.NOT_LITERAL, _constants.ANY, _constants.CATEGORY)


def has_way_out(parsed: Any) -> bool:
    """Alternatives of which the last takes nothing."""
    if len(parsed) == 1 and parsed[0][0] is _constants.SUBPATTERN:
        return has_way_out(parsed[0][1][-1])
    return len(parsed) == 1 and parsed[0][0] is _constants.BRANCH and len(parsed[0][1][1][-1]) == 0


def test_no_repeated_group_can_fail_in_its_middle() -> None:
    found = list(patterns())
    assert len({name for name, _ in found}) > 100
    assert {name: str(each) for name, pattern in found if (each := [*faults(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))])} == {}


@pytest.mark.parametrize(
    ("pattern", "is_fault"), [(r"(?:a?b)*+", True), (r"x(?:(?:a?b)++|c)", True), (r"(?:a?b|)*+", False), (r"[ab]*+", False), (r"a++", False)]
)
def test_sees_what_could_fail(pattern: str, is_fault: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert any(faults(_parser.parse(pattern))) is is_fault


@pytest.mark.parametrize(("text", "taken"), [("acabcab", "acabc"), ("ab", None), ("", None), ("abcx", "abc")])
def test_some_takes_whole_ones_and_at_least_one(text: str, taken: str | None) -> None:
    found = re.match(some("ab?c"), text)
    assert (found and found[0]) == taken
