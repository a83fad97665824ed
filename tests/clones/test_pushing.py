"""Pushes that are refused, cut off, or aimed at what would run something."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from redigest.clones.clone import BranchMoved, Clone, Clones
from redigest.clones.command import Limits
from redigest.clones.references import NotFound
from redigest.clones.remote import Remote
from redigest.errors import RepositoryError
from tests.clones.remotes import KEY, changed, commit, head
from tests.clones.smart_server import READER, TOKEN, Answer, Asked, SmartServer, basic
from tests.samples import git, repository

pytestmark = pytest.mark.needs("git")

NEW = {"a.yaml": b"image: a@sha256:1\n"}
BRANCH = "redigest/schema-2"


@pytest.fixture
def made(clone: Clone, target: Path) -> str:
    return changed(clone, head(target), NEW)


def hook(repository: Path, script: str, name: str = "pre-receive") -> None:
    file = repository / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def refusal(clone: Clone, made: str, branch: str = BRANCH, expected: str | None = None) -> RepositoryError:
    with pytest.raises(RepositoryError) as caught:
        clone.push(made, branch, expected=expected)
    assert caught.value.stage == "commit"
    assert not isinstance(caught.value, BranchMoved)
    return caught.value


SAID = [
    ("remote: error: GH006: Protected branch update failed for refs/heads/x.", "the branch is protected"),
    ("GitLab: You are not allowed to push code to protected branches on this project.", "the branch is protected"),
    ("GitLab: You are not allowed to push code to this project.", "may not write there"),
    (
        "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission",
        "may not change workflow files",
    ),
    ("refusing to allow an OAuth App to create or update workflow `.github/workflows/ci.yml` without `workflow` scope", "may not change workflow files"),
    ("This repository was archived so it is read-only.", "can only be read"),
    ("error: GH001: Large files detected.", "no room"),
    ("Your push to this repository would cause it to exceed its size limit.", "no room"),
    ("please ask the release team first", "a hook of the server declines it"),
    ("error: GH013: Repository rule violations found for refs/heads/x.", "the branch is protected"),
]


@pytest.mark.parametrize(("said", "words"), SAID)
def test_a_refusal_says_what_to_do(said: str, words: str, clone: Clone, made: str, target: Path) -> None:
    hook(target, f"echo '{said}' >&2; exit 1")
    error = refusal(clone, made)
    assert said.rsplit(maxsplit=1)[-1] in str(error), "the first words of the server are cited"
    assert re.search(words, str(error))
    assert not head(target, BRANCH)


def test_the_words_of_a_hook_are_cited_without_control_characters_and_token(clone: Clone, made: str, target: Path) -> None:
    hook(target, rf"printf '\033[31mno %s\033]0;x\007\r\n{TOKEN} {basic(TOKEN).reveal()}\n\n second line' >&2; exit 1")
    text = str(refusal(clone, made))
    assert text.isprintable()
    assert TOKEN not in text
    assert basic(TOKEN).reveal()[6:] not in text
    assert "second line" in text
    hook(target, "yes 'on and on' | head -c 3000000 >&2; exit 1")
    assert len(str(refusal(clone, made))) < 1000


def test_one_branch_is_refused_by_the_other_side(clone: Clone, made: str, target: Path) -> None:
    hook(target, "exit 1", name="update")
    assert "hook" in str(refusal(clone, made))
    (target / "hooks/update").unlink()
    git(target, "config", "receive.denyDeletes", "true")
    clone.push(made, BRANCH, expected=None)
    with pytest.raises(RepositoryError, match=r"is refused: .*deletion"):
        clone.delete(BRANCH, expected=made)


def test_a_token_that_only_reads_cannot_push(clones: Clones, server: SmartServer, target: Path) -> None:
    with clones.open(server.remote(token=READER), KEY) as clone:
        made = changed(clone, head(target), NEW)
        assert "give the token the permission to push" in str(refusal(clone, made))
    assert not head(target, BRANCH)


@pytest.mark.parametrize("is_late", [True, False])
@pytest.mark.parametrize("status", [None, 502, 503, 429])
def test_a_push_that_is_cut_off_is_done_once(status: int | None, clone: Clone, made: str, server: SmartServer, target: Path, *, is_late: bool) -> None:
    faults = iter([Answer(status, is_late=is_late)])
    posts: list[Asked] = []

    def fault(asked: Asked) -> Answer | None:
        if asked.method != "POST" or asked.service != "git-receive-pack" or len(asked.body) <= 4:  # git first asks whether it gets in
            return None
        posts.append(asked)
        return next(faults, None)

    server.fault = fault
    clone.push(made, BRANCH, expected=None)
    assert head(target, BRANCH) == made
    by_us = 1 if is_late else 2
    assert len(posts) == (by_us if status is not None else 2), "what has got through is not sent again, but by libcurl where a connection just ends"


@pytest.mark.parametrize("is_done", [True, False])
def test_a_push_that_takes_too_long_may_be_done(clones: Clones, server: SmartServer, target: Path, *, is_done: bool) -> None:
    over = threading.Event()

    def fault(asked: Asked) -> Answer | None:
        is_push = asked.method == "POST" and asked.service == "git-receive-pack" and len(asked.body) > 4
        return Answer(is_late=is_done, held=over) if is_push else None

    server.fault = fault
    try:
        with Clones(clones._folder, Limits(command=2.0, attempts=1)).open(server.remote(), KEY) as clone:
            made = changed(clone, head(target), NEW)
            if is_done:
                clone.push(made, BRANCH, expected=None)
            else:
                assert "has not ended in 2 seconds" in str(refusal(clone, made))
    finally:
        over.set()
    assert head(target, BRANCH) == (made if is_done else "")


def test_a_push_that_is_cut_off_every_time_is_given_up(clone: Clone, made: str, server: SmartServer, target: Path) -> None:
    server.fault = lambda asked: Answer() if asked.service == "git-receive-pack" and asked.method == "POST" else None
    assert "several times" in str(refusal(clone, made))
    assert not head(target, BRANCH)


def test_somebody_else_may_be_first_while_the_connection_is_lost(clone: Clone, made: str, server: SmartServer, target: Path) -> None:
    theirs: list[str] = []

    def fault(asked: Asked) -> Answer | None:
        if asked.method == "POST" and asked.service == "git-receive-pack" and len(asked.body) > 4 and not theirs:
            theirs.append(commit(target, BRANCH, {"x": "y"}))
            return Answer()
        return None

    server.fault = fault
    with pytest.raises(BranchMoved):
        clone.push(made, BRANCH, expected=None)
    assert head(target, BRANCH) == theirs[0]


def test_somebody_else_may_be_first_between_the_look_and_the_push(clone: Clone, made: str, server: SmartServer, target: Path) -> None:
    theirs: list[str] = []

    def fault(asked: Asked) -> Answer | None:
        if asked.method == "POST" and asked.service == "git-receive-pack" and len(asked.body) > 4 and not theirs:
            theirs.append(commit(target, BRANCH, {"x": "y"}))
        return None

    server.fault = fault
    with pytest.raises(BranchMoved):
        clone.push(made, BRANCH, expected=None)
    assert head(target, BRANCH) == theirs[0]


def test_what_is_there_already_is_pushed_and_deleted_without_complaint(clone: Clone, made: str, target: Path) -> None:
    clone.push(made, BRANCH, expected=None)
    clone.push(made, BRANCH, expected=None)
    clone.push(made, BRANCH, expected=made)
    clone.delete(BRANCH, expected=made)
    clone.delete(BRANCH, expected=made)
    assert not head(target, BRANCH)


def test_a_page_is_no_answer_to_a_push(clone: Clone, made: str, server: SmartServer) -> None:
    server.fault = lambda asked: Answer(200, {"Content-Type": "text/html"}, b"<html>") if asked.service == "git-receive-pack" else None
    assert "git" in str(refusal(clone, made))


def test_a_repository_that_has_moved_is_not_pushed_to(clone: Clone, made: str, server: SmartServer) -> None:
    server.fault = lambda asked: Answer(301, {"Location": "http://127.0.0.1:1/x"})
    with pytest.raises(NotFound, match="sends elsewhere"):
        clone.push(made, BRANCH, expected=None)


@pytest.mark.parametrize("branch", ["-x", "--mirror", "-", "a-b/ü", "x;id", "$(id)", "HEAD", "refs/heads/x", "@", "a'b"])
def test_any_name_that_git_takes_is_a_branch(branch: str, clone: Clone, made: str, target: Path) -> None:
    clone.push(made, branch, expected=None)
    assert git(target, "for-each-ref", "--format=%(refname)", "--points-at", made).decode() == f"refs/heads/{branch}\n"
    clone.delete(branch, expected=made)
    assert not git(target, "for-each-ref", "--points-at", made)


@pytest.mark.parametrize("branch", ["", "a b", "a..b", "a:b", ":x", "+x", "a~1", "x.lock", "/x", "x/", "a\n", "*", "a^", "@{x}"])
def test_any_other_name_is_an_error(branch: str, clone: Clone, made: str, server: SmartServer) -> None:
    asked = len(server.asked)
    if branch == "+x":  # a plus sign is part of the name, not of a refspec
        clone.push(made, branch, expected=None)
        return
    with pytest.raises(RepositoryError, match="is no name that a branch can have"):
        clone.push(made, branch, expected=None)
    assert len(server.asked) == asked


def test_a_branch_with_the_name_of_a_folder_of_branches_is_refused(clone: Clone, made: str, target: Path) -> None:
    commit(target, "redigest", {"x": "y"})
    with pytest.raises(RepositoryError):
        clone.push(made, "redigest/schema-2", expected=None)
    assert not head(target, "redigest/schema-2")


def test_a_server_that_takes_no_shallow_push_still_takes_ours(clone: Clone, made: str, target: Path) -> None:
    git(target, "config", "receive.shallowUpdate", "false")
    clone.push(made, BRANCH, expected=None)
    assert head(target, BRANCH) == made


class TestOnThisDisk:
    """Repositories of somebody on this machine."""

    @pytest.fixture
    def checkout(self, tmp_path: Path) -> Path:
        return repository(tmp_path / "a b" / "check'out", {"a.yaml": "image: a@sha256:0\n", "b": "c"})

    @pytest.fixture
    def opened(self, clones: Clones, checkout: Path) -> Iterator[Clone]:
        with clones.open(Remote(checkout.as_uri()), "local") as clone:
            yield clone

    def test_takes_a_branch_of_ours(self, opened: Clone, checkout: Path) -> None:
        made = changed(opened, head(checkout), NEW)
        opened.push(made, BRANCH, expected=None)
        assert head(checkout, BRANCH) == made
        assert (git(checkout, "status", "--porcelain"), git(checkout, "symbolic-ref", "HEAD")) == (b"", b"refs/heads/main\n")

    @pytest.mark.parametrize("deny", [None, "ignore", "warn", "updateInstead", "refuse"])
    def test_refuses_the_branch_that_is_checked_out(self, deny: str | None, opened: Clone, checkout: Path) -> None:
        base = head(checkout)
        if deny is not None:
            git(checkout, "config", "receive.denyCurrentBranch", deny)
        made = changed(opened, base, NEW)
        assert "is checked out there" in str(refusal(opened, made, "main", base))
        assert head(checkout) == base
        assert (checkout / "a.yaml").read_text() == "image: a@sha256:0\n"

    def test_a_hook_that_would_have_to_run_is_an_error(self, opened: Clone, checkout: Path, tmp_path: Path) -> None:
        hook(checkout / ".git", f"touch '{tmp_path}/sprung'", "proc-receive")
        git(checkout, "config", "receive.procReceiveRefs", "refs/heads")
        made = changed(opened, head(checkout), NEW)
        assert "is refused" in str(refusal(opened, made))
        assert not (tmp_path / "sprung").exists()

    def test_runs_nothing_of_its_own(self, opened: Clone, checkout: Path, tmp_path: Path) -> None:
        trap = tmp_path / "trap"
        trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'-$(basename \"$0\")\ncat >/dev/null\nexit 0\n")
        trap.chmod(0o755)
        for name in ("pre-receive", "update", "post-receive", "post-update", "reference-transaction", "push-to-checkout", "proc-receive", "pre-auto-gc"):
            hook(checkout / ".git", f"exec '{trap}'", name)
        other = repository(tmp_path / "other", {"x": "y"})
        (checkout / ".git/objects/info").mkdir(exist_ok=True)
        (checkout / ".git/objects/info/alternates").write_text(f"{other}/.git/objects\n")
        settings = {
            "core.hooksPath": ".git/hooks",
            "core.fsmonitor": f"{trap}",
            "core.sshCommand": f"{trap}",
            "core.alternateRefsCommand": f"{trap}",
            "core.pager": f"{trap}",
            "core.gitProxy": f"{trap}",
            "uploadpack.packObjectsHook": f"{trap}",
            "receive.denyCurrentBranch": "updateInstead",
            "receive.autogc": "true",
            "gc.auto": "1",
            "gpg.program": f"{trap}",
            "extensions.partialClone": "origin",
            "remote.origin.url": f"ext::{trap}",
            "remote.origin.promisor": "true",
            "remote.origin.uploadpack": f"{trap}",
            "protocol.ext.allow": "always",
            "url.ext::trap.insteadOf": checkout.as_uri(),
        }
        git(checkout, "config", "core.repositoryFormatVersion", "1")
        for name, value in settings.items():
            git(checkout, "config", name, value)
        made = changed(opened, head(checkout), NEW)
        opened.push(made, BRANCH, expected=None)
        opened.delete(BRANCH, expected=made)
        opened.subjects(head(checkout), 3)
        assert not list(tmp_path.glob("sprung*"))


def test_the_trap_springs_for_those_who_are_not_careful(tmp_path: Path) -> None:
    checkout = repository(tmp_path / "checkout", {"a": "b"})
    hook(checkout / ".git", f"touch '{tmp_path}/sprung'", "pre-receive")
    git(checkout, "push", "--quiet", checkout.as_uri(), "HEAD:refs/heads/x")
    assert (tmp_path / "sprung").exists()
