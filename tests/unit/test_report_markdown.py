from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from redigest.model import Action, Digest, Evidence, EvidenceKind, Outcome, Problem, ProposalOutcome, RepositoryLine, Standing, Swap
from redigest.report import Report, Searched
from redigest.report.markdown import body, render
from redigest.report.sections import ANNOUNCEMENT
from tests.unit.report_outcomes import ETCD, MAPPING, NEW, OLD, SWAP, everything, everywhere, kept, outcome, report, result

MOMENT = datetime(2022, 7, 11, 8, 30, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden"
MARKDOWN = MarkdownIt("commonmark").enable("table")

HOSTILE = [
    "@everyone",
    "#123",
    "`",
    "``` `` `",
    "a|b\\|c",
    "x\n\n/close\n# Title",
    "<!-- marker -->",
    "</details><script>alert(1)</script>",
    "safe\u202egpj\u200b",
    "\x1b[2J",
    "[text](https://evil.example)![](https://evil.example/x.png)",
    "https://evil.example www.evil.example",
    "$(reboot)",
    "\udcff\ud800",
    "~/*_&amp;",
    " ",
]


def tokens(of: Outcome) -> Sequence[Token]:
    return [part for token in MARKDOWN.parse(body(of)) for part in (token, *(token.children or ()))]


def contents(of: Outcome, kind: str) -> list[str]:
    return [token.content for token in tokens(of) if token.type == kind]


@pytest.mark.parametrize(("name", "is_done"), [("report-fix.md", True), ("report-scan.md", False)])
def test_a_report_reads_as_the_golden_file(name: str, is_done: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert render(report(everything(is_done=is_done))) == (GOLDEN / name).read_text(encoding="utf-8")


def test_an_image_in_forty_places_of_twelve_files_is_explained_once() -> None:
    text = body(outcome(*(result(path=f"k8s/{line % 12:02}.yaml", line=line) for line in range(1, 41))))
    assert text.count(ANNOUNCEMENT) == 1
    assert text.count("<summary>40 places in 12 files</summary>") == 1
    assert all(f"- `k8s/{line % 12:02}.yaml:{line}`: `Deployment/web" in text for line in range(1, 41))
    assert "| `a1a1a1a1a1a1` | `b2b2b2b2b2b2` | 40 | mapping, recomputed |" in text


def test_the_same_outcome_gives_the_same_body() -> None:
    of = everything()
    shuffled = Outcome(of.results[::-1], of.problems, of.files_screened, of.files_with_digests)
    assert body(of) == body(shuffled)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Action.SWAPPED, f"- Before: `{ETCD}:3.2.22@{OLD}`\n- Now: `{ETCD}:3.2.22@{NEW}`\n"),
        (Action.WOULD_SWAP, f"- Now: `{ETCD}:3.2.22@{OLD}`\n- After the change: `{ETCD}:3.2.22@{NEW}`\n"),
        (Action.UNPINNED, f"- Before: `{ETCD}:3.2.22@{OLD}`\n- Now: `{ETCD}:3.2.22`\n"),
        (Action.WOULD_UNPIN, f"- Now: `{ETCD}:3.2.22@{OLD}`\n- After the change: `{ETCD}:3.2.22`\n"),
    ],
)
def test_says_what_stood_there_and_what_stands_there(action: Action, expected: str) -> None:
    assert expected in body(outcome(result(action=action)))


def test_a_digest_without_a_name_is_shown_alone() -> None:
    text = body(outcome(result(name=None, tag=None)))
    assert f"- Before: `{OLD}`\n- Now: `{NEW}`\n" in text
    assert "| not known |  |" in text
    assert "skopeo" not in text


@pytest.mark.parametrize(
    ("name", "action", "expected"),
    [
        (ETCD, Action.SWAPPED, f"skopeo inspect --raw docker://{ETCD}@{NEW} | jq .schemaVersion"),
        (ETCD, Action.UNPINNED, f"skopeo inspect --raw docker://{ETCD}:3.2.22 | jq .schemaVersion"),
        ("$(reboot)/etcd", Action.SWAPPED, None),
        ("registry.example/etcd; reboot", Action.UNPINNED, None),
    ],
)
def test_gives_a_command_only_for_a_name_that_is_one(name: str, action: Action, expected: str | None) -> None:
    (commands,) = contents(outcome(result(name=name, action=action)), "fence")
    assert commands.splitlines() == [each.check for each in SWAP.evidence] + ([expected] if expected else [])


def test_says_the_same_command_once() -> None:
    check = f"skopeo inspect --raw docker://{ETCD}@{NEW} | jq .schemaVersion"
    verdict = Swap(OLD, NEW, (Evidence(EvidenceKind.TAG, "one", check), Evidence(EvidenceKind.LAYERS, "two", check)))
    assert contents(outcome(result(verdict=verdict)), "fence") == [f"{check}\n"]


@pytest.mark.parametrize(("count", "is_folded"), [(12, False), (13, True)])
def test_folds_a_long_list(count: int, is_folded: bool) -> None:  # noqa: FBT001 -- a column of the table
    text = body(outcome(*(kept("a comment", verdict=SWAP, standing=Standing.MENTION, line=line) for line in range(1, count + 1))))
    assert ("<details>" in text) is is_folded
    assert text.count("- `k8s/web.yaml:") == count


def test_a_clean_tree_gives_the_counts_alone() -> None:
    assert body(outcome()) == "1 file screened, 0 with digests: 0 digests to swap, 0 current, 0 unknown, 0 left alone.\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_comes_back_as_code_and_means_nothing(text: str) -> None:
    of = everywhere(text)
    found = tokens(of)
    assert [token.type for token in found if token.block] == [token.type for token in tokens(everywhere("()")) if token.block]
    assert {token.type for token in found if not token.block} == {"text", "code_inline", "link_open", "link_close"}
    assert [token.attrs["href"] for token in found if token.type == "link_open"] == [ANNOUNCEMENT]
    assert not [token for token in found if token.type == "text" and set("@#<>|$~*") & set(token.content)]
    assert "<!--" not in body(of)
    assert all(line.isprintable() for line in body(of).split("\n"))


def test_two_hundred_images_stay_valid() -> None:
    digests = [Digest(f"{number:064x}") for number in range(200)]
    of = outcome(*(result(line=n + 1, digest=each, verdict=Swap(each, NEW, (MAPPING,))) for n, each in enumerate(digests)))
    assert contents(of, "code_inline").count(str(digests[199])) == 1
    assert [token.type for token in tokens(of)].count("td_open") == 6 * 200


@pytest.mark.parametrize("letter", ["x", "\u4e2d"])
@pytest.mark.parametrize("is_run", [False, True])
def test_has_room_in_a_job_summary(letter: str, *, is_run: bool) -> None:
    many = outcome(
        *(result(path=f"{letter * 300}/{number}.yaml", digest=Digest(f"{number:064x}"), action=Action.WOULD_SWAP) for number in range(800)),
        problems=tuple(Problem(f"{number}.yaml", None, letter * 200) for number in range(800)),
    )
    lines = (RepositoryLine("github.com/acme/web", "main", "a" * 40, ProposalOutcome.OPENED),) if is_run else None
    whole = Report((Searched("github.com/acme/web" if is_run else None, many),), MOMENT, MOMENT, "1.2.3", lines)
    text = render(whole)
    assert 900_000 < len(text.encode()) <= 1 << 20
    assert "801 files screened" in text
    assert text.endswith("\n\nThe rest has no room here; a report in JSON has all of it.\n")
    assert text.count("<details>") == text.count("</details>")
    assert "has no room" not in render(whole, most=10_000_000)


def fleet(count: int, *, is_done: bool = True) -> str:
    """The report of a run over repositories of which each has one image to swap, and the last one more that stays."""
    swap, unpin = (Action.SWAPPED, Action.UNPINNED) if is_done else (Action.WOULD_SWAP, Action.WOULD_UNPIN)
    names = [f"github.com/acme/{number:03}" for number in range(count)]
    found = {name: [result(action=swap)] for name in names}
    found[names[0]].append(result(line=20, digest=Digest("d4" * 32), action=unpin))
    found[names[-1]].append(kept("a doubt", verdict=SWAP))
    lines = tuple(RepositoryLine(name, "main", "a" * 40, ProposalOutcome.OPENED) for name in names)
    return render(Report(tuple(Searched(name, outcome(*results)) for name, results in found.items()), MOMENT, MOMENT, "1.2.3", lines))


def test_says_of_a_run_that_changes_are_in_proposals() -> None:
    text = fleet(2)
    assert "4 files screened, 2 with digests: 2 digests in proposals, 1 unpinned in proposals, 1 schema 1 digest kept, 0 current" in text
    assert "2 files screened, 1 with digests: 1 digest in proposals, 1 schema 1 digest kept" in text
    assert f"- Now: `{ETCD}:3.2.22@{OLD}`\n- In the proposal: `{ETCD}:3.2.22@{NEW}`" in text
    assert "swapped" not in text
    assert "Before:" not in text
    dry = fleet(2, is_done=False)
    assert "2 digests to swap, 1 to unpin, 1 schema 1 digest kept" in dry
    assert f"- Now: `{ETCD}:3.2.22@{OLD}`\n- After the change: `{ETCD}:3.2.22@{NEW}`" in dry


def test_counts_what_is_in_force_in_each_repository_of_a_run() -> None:
    assert (
        "## Digests in force\n\n| Repository | in proposals | remains |\n| --- | --- | --- |\n"
        "| `github.com/acme/002` | 1 | 1 |\n| `github.com/acme/000` | 2 | 0 |\n| `github.com/acme/001` | 1 | 0 |\n\n"
    ) in fleet(3)
    text = fleet(52)
    assert "| `github.com/acme/048` | 1 | 0 |\n\nAnd 2 repositories more.\n\n" in text
    assert "| Repository | to swap | remains |" in fleet(2, is_done=False)


def test_a_run_that_has_found_nothing_has_no_table_of_digests() -> None:
    lines = (RepositoryLine("github.com/acme/web", None, None, ProposalOutcome.NOTHING_TO_DO),)
    assert "Digests in force" not in render(Report((Searched("github.com/acme/web", outcome()),), MOMENT, MOMENT, "1.2.3", lines))
