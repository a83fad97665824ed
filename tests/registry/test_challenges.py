from time import perf_counter

import pytest

from redigest.registry.challenges import Challenge, parse

REALM = "https://auth.example/token"


def bearer(**parameters: str) -> Challenge:
    return Challenge("bearer", {"realm": REALM, **parameters})


BASIC = Challenge("basic", {"realm": "lab"})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (['Basic realm="lab"'], [BASIC]),
        (["Basic realm=lab"], [BASIC]),
        (['BASIC  Realm = "lab"'], [BASIC]),
        ([f'Bearer realm="{REALM}",service="registry"'], [bearer(service="registry")]),
        ([f'Bearer realm="{REALM}", scope="repository:a/b:pull,push"'], [bearer(scope="repository:a/b:pull,push")]),
        ([f'Bearer realm="{REALM}",scope="repository:a:pull repository:b:pull"'], [bearer(scope="repository:a:pull repository:b:pull")]),
        ([f'Bearer realm="{REALM}",error="invalid_token"'], [bearer(error="invalid_token")]),
        ([f'Basic realm="lab", Bearer realm="{REALM}"'], [BASIC, bearer()]),
        ([f'Bearer realm="{REALM}"', 'Basic realm="lab"'], [bearer(), BASIC]),
        (['Negotiate, Basic realm="lab"'], [Challenge("negotiate", {}), BASIC]),
        (['Negotiate YWJj==, Basic realm="lab"'], [Challenge("negotiate", {}), BASIC]),
        ([',, ,Basic ,realm="lab",'], [BASIC]),
        (['Basic realm="a \\"quoted\\" lab"'], [Challenge("basic", {"realm": 'a "quoted" lab'})]),
        (['Basic realm="lab", realm="other"'], [BASIC]),
        (['Basic realm=""'], [Challenge("basic", {"realm": ""})]),
        ([], []),
        ([""], []),
        (['realm="lab"'], []),
        (['Basic realm="lab", foo="never closed'], [BASIC]),
        (["Basic realm=lab other"], [Challenge("basic", {})]),
        (["\x00\xff", 'Basic realm="lab"'], [BASIC]),
    ],
)
def test_reads_challenges(headers: list[str], expected: list[Challenge]) -> None:
    assert list(parse(headers)) == expected


def test_splits_scopes_at_spaces_only() -> None:
    (challenge,) = parse(['Bearer realm="r",scope="repository:a:pull,push repository:b:pull"'])
    assert challenge.scopes == {"repository:a:pull,push", "repository:b:pull"}


@pytest.mark.parametrize("header", ["a " * 50_000, "," * 100_000, 'a b="' + "\\" * 100_000, 'a b="c",' * 20_000, "a " + " " * 100_000, "a=" * 50_000])
def test_reads_a_hostile_header_in_no_time(header: str) -> None:
    started = perf_counter()
    parse([header])
    assert perf_counter() - started < 0.5
