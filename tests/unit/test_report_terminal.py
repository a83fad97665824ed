import io
import re

import pytest

from redigest.model import Action, Outcome, Swap
from redigest.report.terminal import Verb, print_outcome
from tests.unit.report_outcomes import CONTAINER, ETCD, SWAP, TAG, everything, everywhere, outcome, result


class Terminal(io.StringIO):
    """A stream that says that a person looks at it."""

    def isatty(self) -> bool:
        return True


def printed(of: Outcome, *, verb: Verb = "fix", quiet: bool = False, verbose: int = 0, color: bool = True, stream: io.StringIO | None = None) -> list[str]:
    stream = stream or io.StringIO()
    print_outcome(of, verb=verb, stream=stream, color=color, quiet=quiet, verbose=verbose)
    return stream.getvalue().splitlines()


def places(count: int) -> Outcome:
    return outcome(*(result(line=line) for line in range(1, count + 1)))


def test_says_each_image_once_and_ends_with_the_counts() -> None:
    assert printed(places(2)) == [
        f"{ETCD}:3.2.22  a1a1a1a1a1a1 -> b2b2b2b2b2b2  mapping, recomputed  2 places",
        f"  k8s/web.yaml:1:20  {CONTAINER}",
        f"  k8s/web.yaml:2:20  {CONTAINER}",
        "2 files screened, 1 with digests: 2 digests swapped, 0 current, 0 unknown, 0 left alone",
    ]


@pytest.mark.parametrize(("count", "verbose", "shown", "rest"), [(5, 0, 5, None), (6, 0, 5, "  and 1 more"), (40, 0, 5, "  and 35 more"), (40, 1, 40, None)])
def test_shows_the_first_places_and_says_how_many_more(count: int, verbose: int, shown: int, rest: str | None) -> None:
    lines = printed(places(count), verbose=verbose)
    assert sum(line.startswith("  k8s/web.yaml:") for line in lines) == shown
    assert [line for line in lines if "more" in line] == ([rest] if rest else [])


def test_says_what_was_left_alone_by_reason() -> None:
    lines = printed(everything())
    assert lines[lines.index("left alone:") + 1 :][:2] == [
        "  13 places: a checksum in a lock file",
        "  1 place: a comment (1 with the digest of a schema 1 image)",
    ]
    assert not [line for line in lines if "poetry.lock" in line]


def test_shows_every_place_and_the_evidence_when_asked() -> None:
    lines = printed(everything(), verbose=1)
    assert [line for line in lines if "poetry.lock" in line] == [f"    poetry.lock:{line}:20  files" for line in range(1, 14)]
    assert "  recomputed: the schema 1 payload hashes to the old digest" in lines
    assert f"    $ redigest explain {ETCD}@{SWAP.old}" in lines


def test_says_why_a_schema_1_digest_is_kept() -> None:
    lines = printed(everything())
    assert lines[lines.index("schema 1, and kept:") + 1 :][:3] == [
        f"{ETCD}:3.2.22  d4d4d4d4d4d4 -> b2b2b2b2b2b2  tag  1 place",
        f"  k8s/web.yaml:12:20  {CONTAINER}",
        "  because: only the tag speaks for the suggestion; --accept tag takes it",
    ]


def test_an_unpinned_image_stays_on_its_tag() -> None:
    assert printed(outcome(result(action=Action.UNPINNED)))[0] == f"{ETCD}:3.2.22  a1a1a1a1a1a1 -> tag only  mapping, recomputed  1 place"


def test_an_image_without_a_name_says_so() -> None:
    assert printed(outcome(result(name=None)))[0].startswith("name not known  a1a1a1a1a1a1 -> ")


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ((), None),
        ((Action.KEPT,), None),
        ((Action.WOULD_SWAP,), '1 digest is schema 1 and has an equivalent; run "redigest fix" to swap it'),
        ((Action.WOULD_SWAP,) * 3, '3 digests are schema 1 and have an equivalent; run "redigest fix" to swap them'),
        ((Action.WOULD_SWAP, Action.WOULD_UNPIN), '1 digest is schema 1 and has an equivalent; run "redigest fix" to swap it'),
        ((Action.WOULD_UNPIN,), '1 digest is schema 1 and has only a tag; run "redigest fix --unpin" to remove it'),
    ],
)
def test_scan_says_in_one_line_what_to_do_next(actions: tuple[Action, ...], expected: str | None) -> None:
    of = outcome(*(result(line=line, action=action) for line, action in enumerate(actions, 1)))
    scanned, fixed = printed(of, verb="scan"), printed(of, verb="fix")
    assert scanned == [*fixed[:-1], *([expected] if expected else []), fixed[-1]]


@pytest.mark.parametrize(
    ("proven", "by_tag", "before", "pointing", "them"),
    [(0, 1, "1 digest", "its tag points", "it"), (1, 2, "1 digest is schema 1 and has an equivalent, and 2 digests", "their tags point", "them")],
)
def test_scan_counts_apart_what_is_swapped_by_its_tag_alone(proven: int, by_tag: int, before: str, pointing: str, them: str) -> None:
    verdicts = [SWAP] * proven + [Swap(SWAP.old, SWAP.new, (TAG,))] * by_tag
    of = outcome(*(result(line=line, verdict=verdict, action=Action.WOULD_SWAP) for line, verdict in enumerate(verdicts, 1)))
    doubt = f"can be swapped for what {pointing} to today, which nothing proves to be the same image"
    assert printed(of, verb="scan")[-2] == f'{before} {doubt}; run "redigest fix --accept tag" to swap {them}'


def test_quiet_prints_what_is_left_to_do_and_the_problems() -> None:
    lines = printed(everything(), verb="scan", quiet=True)
    assert lines[0] == "schema 1, and kept:"
    assert lines[-2:] == ["given up: k8s/broken.yaml:3: not YAML: a mapping does not end", "problem: k8s/web.yaml: read as text"]
    assert printed(outcome(result()), quiet=True) == []


def test_colours_on_a_terminal_and_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")
    coloured = printed(everything(), stream=Terminal())
    assert any("\x1b[" in line for line in coloured)
    assert [strip(line) for line in coloured] == printed(everything())
    assert printed(outcome(), quiet=True, stream=Terminal()) == []


@pytest.mark.parametrize(("stream", "color"), [(Terminal, False), (io.StringIO, True)])
def test_no_colour_without_a_terminal_or_a_wish_for_it(stream: type[io.StringIO], color: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert printed(everything(), stream=stream(), color=color) == printed(everything())


@pytest.mark.parametrize("text", ["\x1b[2J\x1b]0;title\x07", "a\nfake line", "a\rb", "\u202etxt", "[bold]x[/bold] :smile:", "\udcff\ud800", "\x9b31m"])
def test_foreign_text_moves_nothing(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    plain = printed(everywhere(text), verbose=1)
    assert all(line.isprintable() for line in plain)
    assert [strip(line) for line in printed(everywhere(text), verbose=1, stream=Terminal())] == plain
    assert len(plain) == len(printed(everywhere("harmless"), verbose=1))


def strip(line: str) -> str:
    """Take out what rich puts in for colour, and nothing else."""
    return re.sub(r"\x1b\[[0-9;]*m", "", line)
