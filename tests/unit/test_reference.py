"""The grammar of image references, and looking back from a digest for the reference that it pins."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redigest.reference import parse, pinned_at

HEX = "86e0e091d0da6bde2456dbb48306f3956bbeb2eae1b5b9a43045843f69fe4aaa"
DIGEST = f"sha256:{HEX}"
LONGEST_PATH = "a/" * 127 + "a"

# The cases of reference_test.go and regexp_test.go of the distribution project, with the name split as its normalize.go splits it.
REFERENCES = [
    ("test_com", None, "test_com", None, False),
    ("test.com:tag", None, "test.com", "tag", False),
    ("test.com:5000", None, "test.com", "5000", False),
    ("test.com/repo:tag", "test.com", "repo", "tag", False),
    ("test:5000/repo", "test:5000", "repo", None, False),
    ("test:5000/repo:tag", "test:5000", "repo", "tag", False),
    ("test:5000/repo@DIGEST", "test:5000", "repo", None, True),
    ("test:5000/repo:tag@DIGEST", "test:5000", "repo", "tag", True),
    ("lowercase:Uppercase", None, "lowercase", "Uppercase", False),
    ("domain/library/app", None, "domain/library/app", None, False),
    ("sub-dom1.foo.com/bar/baz/quux", "sub-dom1.foo.com", "bar/baz/quux", None, False),
    ("sub-dom1.foo.com/bar/baz/quux:some-long-tag", "sub-dom1.foo.com", "bar/baz/quux", "some-long-tag", False),
    ("b.gcr.io/test.example.com/my-app:test.example.com", "b.gcr.io", "test.example.com/my-app", "test.example.com", False),
    ("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com", False),
    ("foo_bar.com:8080", None, "foo_bar.com", "8080", False),
    ("foo/foo_bar.com:8080", None, "foo/foo_bar.com", "8080", False),
    ("localhost/repo@DIGEST", "localhost", "repo", None, True),
    ("localhost:5000/repo", "localhost:5000", "repo", None, False),
    ("asdf.com/foo__bar/a--b/c.d-e", "asdf.com", "foo__bar/a--b/c.d-e", None, False),
    ("FOO.COM/bar", "FOO.COM", "bar", None, False),
    ("FOO:80/bar", "FOO:80", "bar", None, False),
    ("192.168.1.1", None, "192.168.1.1", None, False),
    ("192.168.1.1:tag", None, "192.168.1.1", "tag", False),
    ("192.168.1.1/repo", "192.168.1.1", "repo", None, False),
    ("192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", "5050", False),
    ("[2001:db8::1]/repo", "[2001:db8::1]", "repo", None, False),
    ("[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6]", "repo", "tag", False),
    ("[2001:db8::1]:5000/repo:tag@DIGEST", "[2001:db8::1]:5000", "repo", "tag", True),
    ("[::1]:5000/repo@DIGEST", "[::1]:5000", "repo", None, True),
    (LONGEST_PATH, None, LONGEST_PATH, None, False),
    (f"{LONGEST_PATH}:{'t' * 128}@DIGEST", None, LONGEST_PATH, "t" * 128, True),
]

NO_REFERENCES = {
    "nothing": "",
    "a tag alone": ":justtag",
    "a digest alone": "@DIGEST",
    "a digest that is too short": f"repo@sha256:{HEX[:34]}",
    "a digest that is too long": "repo@DIGEST0",
    "another algorithm": f"validname@sha512:{HEX}{HEX}",
    "an unknown algorithm": f"validname@invaliddigest:{HEX}{HEX}",
    "capital hex digits": f"repo@sha256:{HEX.upper()}",
    "capitals in a name": "Uppercase:tag",
    "a registry in capitals without a dot or a port, which the project itself calls an accident": "Uppercase/lowercase:tag",
    "capitals in a path": "test:5000/Uppercase/lowercase:tag",
    "odd characters": "aa/asdf$$^/aa",
    "a blank before": " etcd",
    "a line feed behind": "etcd\n",
    "an empty part": "a//b",
    "a slash at the start": "/a",
    "a slash at the end": "quay.io/",
    "a hyphen at the start": "-foo/bar",
    "a dot at the end": "foo./bar",
    "three underscores": "a___b",
    "two dots": "a..b",
    "a hyphen at the end of a part": "mongodb-36-centos7-@DIGEST",
    "a registry that ends in a dot": "registry.redhat.io./rhel7/etcd@DIGEST",
    "a registry that begins with a hyphen": "-foo.com/bar",
    "a port without digits": "foo.com:/bar",
    "an address without a repository": "[2001:db8::1]:5000",
    "an address with a zone": "[fe80::1%eth0]:5000/repo",
    "an address without its bracket": "2001:db8::1]/repo",
    "two digests": "repo@DIGEST@DIGEST",
    "a tag behind the digest": "repo@DIGEST:tag",
    "a tag of 129 characters": f"a:{'t' * 129}",
    "a name of 257 characters": f"{'a/' * 128}a",
    "a scheme": "docker://quay.io/a/b",
    "letters that are not ASCII": "quay.io/é",
}


@pytest.mark.parametrize(("written", "registry", "repository", "tag", "has_digest"), REFERENCES)
def test_parses_what_the_distribution_project_parses(written: str, registry: str | None, repository: str, tag: str | None, *, has_digest: bool) -> None:
    reference = parse(written.replace("DIGEST", DIGEST))
    assert reference is not None
    assert (reference.registry, reference.repository, reference.tag) == (registry, repository, tag)
    assert (str(reference.digest) if reference.digest else None) == (DIGEST if has_digest else None)


@pytest.mark.parametrize("written", NO_REFERENCES.values(), ids=NO_REFERENCES)
def test_parses_nothing_else(written: str) -> None:
    assert parse(written.replace("DIGEST", DIGEST)) is None


LABEL = st.from_regex(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,5}[a-zA-Z0-9])?", fullmatch=True)
PORT = st.from_regex(r"(?::[0-9]{1,5})?", fullmatch=True)
HOST = st.one_of(st.lists(LABEL, min_size=2, max_size=4).map(".".join), st.sampled_from(["localhost", "[::1]", "[2001:db8::7]"]))
REGISTRY = st.one_of(st.tuples(HOST, PORT).map("".join), st.tuples(LABEL, st.integers(0, 65535)).map(lambda parts: f"{parts[0]}:{parts[1]}"))
PART = st.from_regex(r"[a-z0-9]{1,4}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}", fullmatch=True)
PATH = st.lists(PART, min_size=1, max_size=4).map("/".join)
TAG = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}", fullmatch=True)


@given(REGISTRY, PATH, st.none() | TAG, st.sampled_from(["", f"@{DIGEST}"]))
def test_a_reference_prints_as_it_was_written(registry: str, path: str, tag: str | None, digest: str) -> None:
    written = f"{registry}/{path}{f':{tag}' if tag is not None else ''}{digest}"
    reference = parse(written)
    assert reference is not None
    assert (reference.registry, reference.repository, reference.tag) == (registry, path, tag)
    assert str(reference) == written


@given(st.text("abAB09._-/:@[]" + DIGEST[:8], max_size=30))
def test_whatever_parses_prints_as_it_was_written(written: str) -> None:
    assert str(parse(written) or written) == written


# In each string the reference that DIGEST pins begins at the `|`, which is not part of it.
PINNED = [
    ("|etcd@DIGEST", "etcd", None),
    ("|quay.io/a/b:1.2@DIGEST", "quay.io/a/b", "1.2"),
    ("|quay.io:443/a/b@DIGEST", "quay.io:443/a/b", None),
    ("|[::1]:5000/a:1@DIGEST", "[::1]:5000/a", "1"),
    ("--image=|quay.io/a/b@DIGEST", "quay.io/a/b", None),
    ("a=|quay.io/a@DIGEST,b=quay.io/b@DIGEST", "quay.io/a", None),
    ('{"image":"|quay.io/a/b@DIGEST"}', "quay.io/a/b", None),
    ("--images=[|quay.io/a/b@DIGEST]", "quay.io/a/b", None),
    ("pull (|quay.io/a/b@DIGEST)", "quay.io/a/b", None),
    ("é|quay.io/a/b@DIGEST", "quay.io/a/b", None),
    ("docker://|quay.io/a/b@DIGEST", "quay.io/a/b", None),
    ("docker-pullable://|etcd@DIGEST", "etcd", None),
    ("oci:|quay.io/a/b@DIGEST", "quay.io/a/b", None),
    ("oci::|quay.io/a/b@DIGEST", "quay.io/a/b", None),
    ("oci:|registry.example.com:5000/a/b:1@DIGEST", "registry.example.com:5000/a/b", "1"),
    ("image:|quay.io/a/b@DIGEST", "quay.io/a/b", None),
    ("|host:5000/a@DIGEST", "host:5000/a", None),
    ("${X:-|quay.io/a/b:1@DIGEST}", "quay.io/a/b", "1"),
    ("${X-|quay.io/a/b@DIGEST}", "quay.io/a/b", None),
    ("${X:=|quay.io/a/b@DIGEST}", "quay.io/a/b", None),
    ("|${REGISTRY}/a/b@DIGEST", None, None),
    ("|${REGISTRY}/a/b:2@DIGEST", None, "2"),
    ("|${REGISTRY:-quay.io}/a/b@DIGEST", "quay.io/a/b", None),
    ("|quay.io/a/b:${TAG:-7.8}@DIGEST", "quay.io/a/b", "7.8"),
    ("|quay.io/a/b:${TAG}@DIGEST", "quay.io/a/b", None),
    ("|quay.io/a/b:v$(TAG)@DIGEST", "quay.io/a/b", None),
    ("x |$REGISTRY/a/b@DIGEST", None, None),
    ("|$IMAGE@DIGEST", None, None),
    ("|{{ .Values.image }}@DIGEST", None, None),
    ("|{{ .Values.registry }}/a/b:1@DIGEST", None, "1"),
    ("|${{ env.REGISTRY }}/a@DIGEST", None, None),
    ("|%REGISTRY%/a@DIGEST", None, None),
    ("|${A}/${B}/c:${D:-4}@DIGEST", None, "4"),
    ("|{REGISTRY}/a/b:1@DIGEST", None, "1"),
    ("|{}/a/b@DIGEST", None, None),
    ("|{self.registry}/a/b:{tag}@DIGEST", None, None),
    ('|#{ENV["REGISTRY"]}/a/b@DIGEST', None, None),
    ("{% endif %}|quay.io/a/b@DIGEST", "quay.io/a/b", None),
    ("{a: b}|quay.io/a/b@DIGEST", "quay.io/a/b", None),
    ("data:,pause_image%20%3D%20|quay.io/a/b@DIGEST", "quay.io/a/b", None),
    ("data:,%5Bcrio%5D%0A|quay.io/a/b:1@DIGEST", "quay.io/a/b", "1"),
    ("data:,image%3Dquay.io%2Fa|%2Fb@DIGEST", None, None),
    ("|3.11@DIGEST", None, "3.11"),
    ("|v1@DIGEST", None, "v1"),
    ("|1.2.3-alpine@DIGEST", None, "1.2.3-alpine"),
    ("|latest@DIGEST", None, "latest"),
    ("|3proxy@DIGEST", "3proxy", None),
    ("|latest/a@DIGEST", "latest/a", None),
    ("|quay.io@DIGEST", "quay.io", None),
]

NOT_PINNED = {
    "no at sign": "DIGEST",
    "an at sign alone": "@DIGEST",
    "a blank before the at sign": "quay.io/a @DIGEST",
    "capitals in the path": "quay.io/Not/Valid@DIGEST",
    "a part that ends in a hyphen": "mongodb-36-centos7-@DIGEST",
    "a digest before the digest": "quay.io/a@DIGEST@DIGEST",
    "two at signs": "quay.io/a@@DIGEST",
    "a name of more than 255 characters": f"quay.io/{'a' * 250}@DIGEST",
    "a name beyond the look-back": f"quay.io/{'a/' * 600}a@DIGEST",
    "a default that is no name": "${X:-not a name}/a@DIGEST",
}


@pytest.mark.parametrize(("written", "name", "tag"), PINNED)
def test_finds_the_reference_that_a_digest_pins(written: str, name: str | None, tag: str | None) -> None:
    start = written.index("|")
    string = written.replace("|", "").replace("DIGEST", DIGEST)
    pinned = pinned_at(string, string.index(DIGEST))
    assert pinned is not None
    assert (pinned.start, pinned.name, pinned.tag) == (start, name, tag)


@pytest.mark.parametrize("written", NOT_PINNED.values(), ids=NOT_PINNED)
def test_finds_none_where_no_valid_reference_ends(written: str) -> None:
    string = written.replace("DIGEST", DIGEST)
    assert pinned_at(string, string.rindex(DIGEST)) is None


@given(REGISTRY, PATH, st.none() | TAG, st.text(max_size=20), st.text(max_size=20))
def test_a_reference_is_found_in_any_text_around_it(registry: str, path: str, tag: str | None, before: str, after: str) -> None:
    name = f"{registry}/{path}"
    string = f"{before} {name}{f':{tag}' if tag is not None else ''}@{DIGEST}{after}"
    pinned = pinned_at(string, string.rindex(f"@{DIGEST}{after}") + 1)
    assert pinned is not None
    assert (pinned.start, pinned.name, pinned.tag) == (len(before) + 1, name, tag)


@given(st.text("${}():-=%@ab/.[]A\0 ", max_size=700))
def test_looking_back_raises_nothing(before: str) -> None:
    pinned = pinned_at(f"{before}@{DIGEST}", len(before) + 1)
    assert pinned is None or 0 <= pinned.start <= len(before)


@pytest.mark.parametrize("before", ["a/", "a-", "${A", "${A}", "{A", "{A}", "#{A}", "{{ a }}", "$(", "%A", "[", "a.b:"], ids=repr)
def test_the_cost_of_looking_back_does_not_depend_on_what_stands_before(before: str) -> None:
    string = f"{before * (3_000_000 // len(before))}@{DIGEST}"
    started = time.process_time()
    for _ in range(100):
        pinned_at(string, len(string) - len(DIGEST))
    assert time.process_time() - started < 2


def test_the_cost_of_parsing_does_not_depend_on_the_length() -> None:
    written = "a." * 2_000_000
    started = time.process_time()
    for _ in range(100):
        assert parse(written) is None
    assert time.process_time() - started < 2
