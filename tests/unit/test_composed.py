"""References that are put together on the spot."""

import time

import pytest

from redigest.composed import composed_at

COMPOSED = {
    "format with two strings": ('{{ printf "%s@%s" "r.io/a" "PIN" }}', "r.io/a", None),
    "format with all parts": ('{{ printf "%s/%s:%s@%s" "r.io" "a/b" "1" "PIN" | quote }}', "r.io/a/b", "1"),
    "format with a fixed name": ('{{ printf "r.io/a@%s" "PIN" }}', "r.io/a", None),
    "format with a value from elsewhere": ('{{ printf "%s@%s" .Values.repository "PIN" }}', None, None),
    "format with a call": ('{{ printf "%s@%s" (include "x" .) "PIN" }}', None, None),
    "format of Go": ('fmt.Sprintf("%s@%s", "r.io/a", "PIN")', "r.io/a", None),
    "format of Go with a variable": ('fmt.Sprintf("%s:%s@%s", repository, "1", "PIN")', None, "1"),
    "two strings": ('{{ print "r.io/a:1@" "PIN" }}', "r.io/a", "1"),
    "two strings with a plus": ('image = "r.io/a@" + "PIN"', "r.io/a", None),
    "template behind an at sign": ('image: r.io/a:1@{{ "PIN" }}', "r.io/a", "1"),
    "default behind an at sign": ('image: r.io/a@{{ .Values.digest | default "PIN" }}', "r.io/a", None),
    "templates on both sides of an at sign": ('image: "{{ .x }}@{{ .y | default "PIN" }}"', None, None),
}


@pytest.mark.parametrize(("source", "name", "tag"), COMPOSED.values(), ids=COMPOSED)
def test_finds_the_reference_that_a_digest_completes(source: str, name: str | None, tag: str | None) -> None:
    pinned = composed_at(source, source.index("PIN"))
    assert pinned is not None
    assert (pinned.name, pinned.tag) == (name, tag)


NOTHING = {
    "string alone": '"PIN"',
    "list of strings": '["r.io/a@", "PIN"]',
    "strings without an at sign": '"r.io/a" "PIN"',
    "format of something else": '{{ printf "%s-%s" "r.io/a" "PIN" }}',
    "format with too few arguments": '{{ printf "%s/%s@%s" "r.io" "PIN" }}',
    "format with too many arguments": '{{ printf "%s@%s" "r.io" "x" "PIN" }}',
    "default that no at sign is before": '{{ .x | default "PIN" }}',
}


@pytest.mark.parametrize("source", NOTHING.values(), ids=NOTHING)
def test_finds_none_where_a_digest_completes_none(source: str) -> None:
    assert composed_at(source, source.index("PIN")) is None


@pytest.mark.parametrize("piece", ['"%s@%s" ', '"%s@%s', '"a@" ', "@{{ ", "( ", "'`\"", '"%s@%s" ' + "a " * 8])
def test_takes_the_same_time_however_much_stands_before(piece: str) -> None:
    source = piece * 50_000 + '"'
    start = time.process_time()
    for _ in range(200):
        composed_at(source, len(source))
    assert time.process_time() - start < 2, "each looks at a few hundred characters"
