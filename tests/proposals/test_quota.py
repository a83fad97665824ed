"""How many proposals a run may open."""

from redigest.proposals.quota import Quota


def test_allows_no_more_in_one_run_than_the_limit() -> None:
    quota = Quota(per_run=2, at_once=100)
    assert [quota.take("a", str(number)) is None for number in range(3)] == [True, True, False]
    assert "limit-per-run" in (quota.take("b", "x") or "")


def test_counts_what_is_open_already_once() -> None:
    quota = Quota(per_run=100, at_once=3)
    quota.see("a", ["one", "two"])
    quota.see("a", ["two"])
    assert quota.take("b", "one") is None
    assert "limit-open" in (quota.take("b", "two") or "")
    quota.forget("a", ["one", "never seen"])
    assert quota.take("b", "two") is None
