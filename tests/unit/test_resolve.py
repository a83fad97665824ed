from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pytest

from redigest.model import Current, Evidence, EvidenceKind, Problem, Swap, Unknown, Verdict
from redigest.resolve import NO_CONTEXT, Context, Question, resolve
from tests.samples import ETCD, TOOLS, Known, digest

ASKED = Question(ETCD.old, ETCD.name, None)
ROW = Evidence(EvidenceKind.MAPPING, "a row", "grep")
BODY = Evidence(EvidenceKind.LAYERS, "a body", "skopeo")
SWAP = Swap(ETCD.old, ETCD.new, (ROW,))
ELSEWHERE = Swap(ETCD.old, digest("another"), (BODY,))
NOTHING = "no source of evidence knows this digest"
CONFLICT = "conflict: the sources of evidence contradict each other"


class Says:
    """A source that has one verdict for everything, or none."""

    problems: Sequence[Problem] = ()

    def __init__(self, verdict: Verdict | None) -> None:
        self.verdict = verdict
        self.known: Mapping[Question, Verdict] = {}

    def answer(self, questions: Collection[Question], context: Context = NO_CONTEXT, /) -> Mapping[Question, Verdict]:
        self.known = context.known
        return {} if self.verdict is None else dict.fromkeys(questions, self.verdict)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ([], Unknown(NOTHING)),
        ([None, None], Unknown(NOTHING)),
        ([SWAP], SWAP),
        ([None, SWAP], SWAP),
        ([SWAP, Swap(ETCD.old, ETCD.new, (BODY,))], Swap(ETCD.old, ETCD.new, (ROW, BODY))),
        ([SWAP, ELSEWHERE], Unknown(CONFLICT, (ROW, BODY), is_schema_1=True, is_conflict=True)),
        ([Current((ROW,)), Current((BODY,))], Current((ROW, BODY))),
        ([SWAP, Current((BODY,))], Unknown(CONFLICT, (ROW, BODY), is_schema_1=True, is_conflict=True)),
        ([Unknown("schema 1", is_schema_1=True), Current((BODY,))], Unknown(CONFLICT, (BODY,), is_schema_1=True, is_conflict=True)),
        ([SWAP, Unknown("the tag is gone", (BODY,))], SWAP),
        ([Unknown("rows differ", (ROW,), is_conflict=True), SWAP], Unknown("rows differ", (ROW, ROW), is_schema_1=True, is_conflict=True)),
        ([Unknown("rows differ", (ROW,), is_schema_1=True)], Unknown("rows differ", (ROW,), is_schema_1=True)),
        ([Current((BODY,)), Unknown("it is gone")], Current((BODY,))),
        ([Unknown("rows differ"), Unknown("it is gone"), Unknown("rows differ")], Unknown("rows differ; it is gone")),
    ],
)
def test_weighs_what_the_sources_say(said: list[Verdict | None], verdict: Verdict) -> None:
    assert resolve([ASKED], [Says(item) for item in said]) == {ASKED: verdict}


def test_asks_every_source_once_for_each_distinct_question() -> None:
    tagged = Question(ETCD.old, ETCD.name, "3.2")
    other = Question(TOOLS.old, None, None)
    sources = Known(ETCD), Known(TOOLS)
    verdicts = resolve([ASKED, tagged, ASKED, other, tagged], sources)
    assert [source.asked for source in sources] == [[(ASKED, tagged, other)]] * 2
    assert verdicts == {ASKED: ETCD.swap, tagged: ETCD.swap, other: TOOLS.swap}


def test_asks_nobody_when_there_is_no_question() -> None:
    source = Known(ETCD)
    assert resolve([], [source]) == {}
    assert source.asked == []


TAG = Evidence(EvidenceKind.TAG, "the tag", "skopeo")
SUGGESTED = Unknown("nothing ties it", (TAG,), suggestion=ETCD.new)


def test_takes_what_the_tag_points_to_only_if_that_is_accepted() -> None:
    assert resolve([ASKED], [Says(SUGGESTED)]) == {ASKED: SUGGESTED}
    assert resolve([ASKED], [Says(SUGGESTED)], accept_tag=True) == {ASKED: Swap(ETCD.old, ETCD.new, (TAG,))}
    assert resolve([ASKED], [Says(ELSEWHERE), Says(SUGGESTED)], accept_tag=True) == {ASKED: replace(ELSEWHERE, evidence=(BODY,))}
    conflict = Unknown("rows differ", is_conflict=True)
    assert resolve([ASKED], [Says(conflict), Says(SUGGESTED)], accept_tag=True) == {ASKED: Unknown("rows differ", (TAG,), is_conflict=True)}
    assert resolve([ASKED], [Says(None)], accept_tag=True) == {ASKED: Unknown(NOTHING)}


def test_tells_a_source_what_those_before_it_have_said() -> None:
    last = Says(None)
    resolve([ASKED], [Says(SWAP), Says(None), last])
    assert last.known == {ASKED: SWAP}
