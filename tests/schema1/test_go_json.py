"""Strings, raw values and times as Go writes them; the references are the tests and the documentation of `encoding/json` and `time`."""

import pytest

from redigest.schema1.go_json import compacted, quoted, timestamp
from redigest.schema1.refusals import Unconvertible


@pytest.mark.parametrize(
    ("chars", "written"),
    [
        ("", '""'),
        ("a b", '"a b"'),
        ('"\\/', r'"\"\\/"'),
        ("\n\r\t", r'"\n\r\t"'),
        ("\b\f", r'"\u0008\u000c"'),
        ("\\b\\\b", r'"\\b\\\u0008"'),
        ("\x00\x1f\x7f", '"\\u0000\\u001f\x7f"'),
        ("<>&'", r'"\u003c\u003e\u0026' + "'\""),
        ("\u2028\u2029\u2027", '"\\u2028\\u2029\u2027"'),
        ("é😀\ufffd\ufeff\x85", '"é😀\ufffd\ufeff\x85"'),
    ],
)
def test_quotes_as_go_does(chars: str, written: str) -> None:
    assert quoted(chars) == written


def test_quotes_two_control_characters_shorter_from_go_1_22_on() -> None:
    assert quoted("\b\f\n\x01", go122=True) == r'"\b\f\n\u0001"'


@pytest.mark.parametrize(
    ("raw", "written"),
    [
        (' { "b" : [ 1.50e+3 ,\n"a  b" ] ,\t"a":null }\r\n', '{"b":[1.50e+3,"a  b"],"a":null}'),
        (r'"\u00e9 \/ \b \" \\" ', r'"\u00e9 \/ \b \" \\"'),
        ('{"<" : "\u2028 &"}', r'{"\u003c":"\u2028 \u0026"}'),
        ('"\\\\" : " "', '"\\\\":" "'),
    ],
)
def test_compacts_raw_values_as_go_does(raw: str, written: str) -> None:
    assert compacted(raw) == written


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (None, "0001-01-01T00:00:00Z"),
        ("2015-10-31T22:22:54.690851950Z", "2015-10-31T22:22:54.69085195Z"),
        ("2015-10-31T22:22:55.000000000Z", "2015-10-31T22:22:55Z"),
        ("2015-10-31T22:22:55.0+00:00", "2015-10-31T22:22:55Z"),
        ("2015-10-31T22:22:55-00:00", "2015-10-31T22:22:55Z"),
        ("2015-10-31T22:22:55.5+02:00", "2015-10-31T22:22:55.5+02:00"),
        ("2016-02-29T23:59:59-23:59", "2016-02-29T23:59:59-23:59"),
    ],
)
def test_prints_times_as_go_does(value: object, printed: str) -> None:
    assert timestamp(value) == printed


NO_TIMES = """
now|2015-10-31|2015-10-31 22:22:55Z|2015-10-31t22:22:55z|2015-10-31T22:22:55|2015-10-31T22:22:55.Z|2015-10-31T22:22:55,5Z|2015-10-31T2:22:55Z
2015-02-29T00:00:00Z|2015-13-01T00:00:00Z|0000-01-01T00:00:00Z|2015-01-01T24:00:00Z|2015-01-01T00:00:60Z
2015-01-01T00:00:00.1234567890Z|2015-01-01T00:00:00+24:00|2015-01-01T00:00:00+0000|\uff12015-01-01T00:00:00Z
""".strip().replace("\n", "|")


@pytest.mark.parametrize("value", ["", 0, "2015-01-01T00:00:00Z\n", *NO_TIMES.split("|")])
def test_refuses_times_that_go_refuses_or_versions_of_it_read_differently(value: object) -> None:
    with pytest.raises(Unconvertible, match="a time is"):
        timestamp(value)
