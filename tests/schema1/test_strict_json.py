"""JSON that programs could read in two ways is refused, and so is what costs too much."""

import json
from collections.abc import Callable, Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redigest.schema1.refusals import Malformed
from redigest.schema1.strict_json import MAXIMUM_SIZE, check_spelling, child, flag, objects, raw_members, read_object, strings, text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"{}{}", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 01}', "not JSON"),
        (b'{"a": "\n"}', "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"a": "\xff"}', "not valid UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not valid UTF-8"),
        (b'{"a": "\\ud83d"}', "surrogate"),
        (b'{"\\ude00\\ud83d": 1}', "surrogate"),
        (b'{"a": 1, "a": 1}', "same key twice"),
        (b'{"a": 1, "\\u0061": 1}', "same key twice"),
        (b'{"b": [{"a": 1, "a": 2}]}', "same key twice"),
        (b'{"a": NaN}', "not a number"),
        (b'{"a": -Infinity}', "not a number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"a": ' + b"[" * 64 + b"]" * 64 + b"}", "deeper than"),
        (b"[" * MAXIMUM_SIZE, "values"),
        (b'{"a": [' + b"0," * 100_000 + b"0]}", "values"),
        (b'"' * MAXIMUM_SIZE, "quotes"),
        (b'{"a": "' + b"a" * MAXIMUM_SIZE + b'"}', "larger than"),
    ],
)
def test_refuses(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read_object(body)


@pytest.mark.parametrize(
    ("body", "members"),
    [
        (b" { } ", {}),
        (b'{"a": "[[[[\\"[[[["}', {"a": '[[[["[[[['}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"Name": 1, "name": 2}', {"Name": 1, "name": 2}),
        (b'{"a": ' + b"[" * 60 + b"]" * 60 + b"}", None),
    ],
)
def test_reads(body: bytes, members: dict[str, object] | None) -> None:
    assert read_object(body) == (json.loads(body) if members is None else members)


@given(st.one_of(st.binary(max_size=60), st.text('{}[]":,\\u d83etrufalsn0123456789.-', max_size=60).map(str.encode)))
@example(b'{"a":"\\')
@example(b'"\\"\\"')
def test_reads_what_json_reads_or_refuses_it(body: bytes) -> None:
    try:
        members = read_object(body)
    except Malformed:
        return
    assert members == json.loads(body)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), st.text(st.characters(codec="utf-8"), max_size=4), max_size=4))
def test_gives_the_values_as_they_are_written(members: dict[str, str]) -> None:
    written = {key: json.dumps({"a": [value, 1.50]}, indent=2) for key, value in members.items()}
    body = "\n,\t".join(f" {json.dumps(key)} : {value} " for key, value in written.items())
    assert raw_members(f" {{{body}}}\n".encode()) == written


def test_refuses_a_key_that_go_takes_for_another() -> None:
    check_spelling(["history", "other"], ["history"])
    check_spelling(["Name", "name"], ["history"])
    for key in ("History", "HISTORY", "hi\u017ftory"):  # the long s is an s to Go
        with pytest.raises(Malformed, match="`history` but for case"):
            check_spelling([key], ["history"])


FITTING: list[tuple[Callable[[Mapping[str, object], str], object], object, list[object]]] = [
    (text, "", ["a"]),
    (flag, False, [True, False]),
    (strings, [], [[], ["a"]]),
    (objects, [], [[], [{}]]),
    (child, {}, [{}, {"b": 1}]),
]


@pytest.mark.parametrize("value", ["a", True, False, 0, 1.5, [], ["a"], [None], [{}], ["a", {}], {}, {"b": 1}], ids=repr)
def test_reads_members_by_their_types_or_refuses_them(value: object) -> None:
    for read, absent, fitting in FITTING:
        assert read({}, "a") == read({"a": None}, "a") == absent
        if any(value == fit and type(value) is type(fit) for fit in fitting):
            assert read({"a": value}, "a") == value
        else:
            with pytest.raises(Malformed, match="`a` is not "):
                read({"a": value}, "a")
