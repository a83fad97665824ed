"""The messages of commits, and how ours are known again."""

import pytest

from redigest.clones.clone import Author, CommitFacts
from redigest.config import Commit
from redigest.model import Outcome, Swap
from redigest.proposals.commits import is_conventional, is_sealed, message
from tests.unit.report_outcomes import ETCD, NEW, OLD, TAG, result

TREE, PARENT = "1" * 40, "2" * 40
OUTCOME = Outcome((result(), result(name="`@ann fixes #1`", line=14)), (), 1, 1)


def written(commit: Commit, subjects: tuple[str, ...] = ()) -> str:
    return message(OUTCOME, commit, tree=TREE, parent=PARENT, subjects=subjects)


def facts(text: str, *, tree: str = TREE, parents: tuple[str, ...] = (PARENT,)) -> CommitFacts:
    return CommitFacts(Author("a", "a@example"), Author("a", "a@example"), message=text, parents=parents, tree=tree)


def test_names_images_and_nothing_that_could_mean_something_to_a_forge() -> None:
    text = written(Commit())
    assert text.startswith("Swap 1 schema 1 image digest\n\n")
    assert ETCD in text
    assert "@ann" not in text
    assert "#1" not in text


def test_a_swap_by_tag_alone_is_not_called_the_same_image() -> None:
    by_tag = Outcome((result(verdict=Swap(OLD, NEW, (TAG,))),), (), 1, 1)
    text = message(by_tag, Commit(), tree=TREE, parent=PARENT, subjects=())
    assert "Each is replaced by the digest that its tag points to today, which nothing proves to be the same image:" in text
    assert "Each is replaced by the schema 2 digest of the same image:" in written(Commit())


def test_signs_off_when_told_to() -> None:
    text = written(Commit.model_validate({"sign-off": True, "name": "Ann", "email": "ann@example.com"}))
    assert "\nSigned-off-by: Ann <ann@example.com>\nRedigest-Seal: " in text
    assert "Signed-off-by" not in written(Commit())


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        ((), False),
        (("feat: one", "fix(api)!: two", "Update three"), True),
        (("feat: one", "Update two", "Update three"), False),
        (("Merge branch 'x'", "Merge pull request #1", "chore: one"), True),
        (("note: one", "todo: two"), False),
    ],
)
def test_sees_conventional_commits(subjects: tuple[str, ...], *, expected: bool) -> None:
    assert is_conventional(subjects) is expected


def test_follows_the_history_or_the_prefix_that_it_is_given() -> None:
    conventional = ("feat: one", "fix: two")
    assert written(Commit(), conventional).startswith("fix: swap 1 schema 1 image digest\n")
    assert written(Commit(prefix="deps:"), conventional).startswith("deps: swap 1")
    assert written(Commit(conventional=False), conventional).startswith("Swap 1")


def test_knows_its_own_commit_until_somebody_changes_or_moves_it() -> None:
    text = written(Commit())
    assert is_sealed(facts(text))
    assert not is_sealed(facts(text, tree="3" * 40))
    assert not is_sealed(facts(text, parents=("3" * 40,)))
    assert not is_sealed(facts(text, parents=(PARENT, "3" * 40)))
    assert not is_sealed(facts("by hand"))
