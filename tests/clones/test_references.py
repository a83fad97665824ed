"""What a remote says of its branches, and what it says when it does not."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from redigest.clones.command import Limits
from redigest.clones.references import NotFound, References, references
from redigest.clones.remote import Remote
from redigest.errors import RepositoryError
from redigest.secret import Secret
from tests.clones.remotes import QUICK, bare, commit, head
from tests.clones.smart_server import TOKEN, Answer, Asked, SmartServer, basic, serve
from tests.samples import git

pytestmark = pytest.mark.needs("git")


def test_lists_branches_and_the_default_one(server: SmartServer, target: Path) -> None:
    first = head(target)
    second = commit(target, "release/1", {"x": "y"})
    git(target, "tag", "v1", second)
    git(target, "update-ref", "refs/pull/1/head", second)
    assert references(server.remote(), QUICK) == References({"main": first, "release/1": second}, "main")


def test_one_question_is_asked(server: SmartServer) -> None:
    references(server.remote(), QUICK)
    assert [asked.method for asked in server.asked] == ["GET", "POST"]  # the capabilities, the branches


@pytest.mark.parametrize("name", ["-x", "--upload-pack=x", "HEAD", "a/HEAD", "refs/heads/main", "ü", "a\u2028b", "\udcff", "a'b\"c", "$(touch${IFS}x)"])
def test_keeps_the_name_of_a_branch(name: str, server: SmartServer, target: Path) -> None:
    git(target, "update-ref", os.fsencode(f"refs/heads/{name}"), head(target))
    assert references(server.remote(), QUICK) == References({"main": head(target), name: head(target)}, "main")


def test_there_may_be_no_default_branch(server: SmartServer, target: Path) -> None:
    git(target, "update-ref", "--no-deref", "HEAD", head(target))
    assert references(server.remote(), QUICK) == References({"main": head(target)}, None)


def test_an_empty_repository_has_no_branches(server: SmartServer) -> None:
    bare(server.root / "empty.git")
    assert references(server.remote("empty.git"), QUICK) == References({}, None)


def test_a_repository_with_tags_alone_has_no_branches(server: SmartServer, target: Path) -> None:
    git(target, "tag", "v1", head(target))
    git(target, "update-ref", "-d", "refs/heads/main")
    assert references(server.remote(), QUICK) == References({}, None)


def test_a_page_to_sign_in_is_no_empty_repository(server: SmartServer) -> None:
    server.fault = lambda asked: Answer(200, {"Content-Type": "text/html"}, b"<html>Sign in</html>")
    with pytest.raises(RepositoryError, match="web page answers") as caught:
        references(server.remote(), QUICK)
    assert not isinstance(caught.value, NotFound)
    assert {asked.authorization for asked in server.asked} == {basic(TOKEN).reveal()}


ABSENT: dict[str, Callable[[SmartServer], Remote]] = {
    "unknown": lambda server: server.remote("other.git"),
    "no token": lambda server: server.remote(token=None),
    "bad token": lambda server: server.remote(token="bad"),
    "bad scheme": lambda server: Remote(server.remote().url, Secret("Bearer x")),
    "no such folder": lambda server: Remote((server.root / "other.git").as_uri()),
    "no repository": lambda server: Remote(server.root.as_uri()),
}


@pytest.mark.parametrize("remote", ABSENT.values(), ids=ABSENT)
def test_what_is_not_there_or_may_not_be_seen_is_not_found(remote: Callable[[SmartServer], Remote], server: SmartServer) -> None:
    with pytest.raises(NotFound, match="no such repository, or these credentials may not see it") as caught:
        references(remote(server), QUICK)
    assert caught.value.stage == "tree"
    assert len(server.asked) <= 2, "it is not asked again"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_not_found(status: int, server: SmartServer) -> None:
    server.fault = lambda asked: Answer(status)
    with pytest.raises(NotFound):
        references(server.remote(), QUICK)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int, server: SmartServer, tmp_path: Path) -> None:
    bare(tmp_path / "elsewhere/deploy.git", {"a": "b"})
    with serve(tmp_path / "elsewhere", is_open=True) as elsewhere:
        server.fault = lambda asked: Answer(status, {"Location": elsewhere.url + asked.target})
        with pytest.raises(NotFound, match=rf"the server sends elsewhere \({status}\)"):
            references(server.remote(), QUICK)
        assert elsewhere.asked == []


@pytest.mark.parametrize("status", [None, 429, 500, 502, 503, 504])
def test_what_can_pass_is_tried_again(status: int | None, server: SmartServer, target: Path) -> None:
    server.fault = lambda asked: Answer(status) if len(server.asked) < QUICK.attempts else None
    assert references(server.remote(), QUICK).heads == {"main": head(target)}
    server.fault = lambda asked: Answer(status)
    with pytest.raises(RepositoryError, match=r"several times; run again later") as caught:
        references(server.remote(), QUICK)
    assert str(status or "connection") in str(caught.value)
    assert not isinstance(caught.value, NotFound)


def test_a_port_that_nobody_listens_at_is_tried_again(tmp_path: Path) -> None:
    with serve(tmp_path) as gone:
        pass
    with pytest.raises(RepositoryError, match="the connection fails"):
        references(gone.remote(), QUICK)


def test_a_server_that_never_answers_is_given_up(server: SmartServer) -> None:
    over = threading.Event()

    def wait(_: Asked) -> Answer | None:
        over.wait(30)
        return Answer()

    server.fault = wait
    try:
        with pytest.raises(RepositoryError, match=r"git ls-remote has not ended in 0.2 seconds"):
            references(server.remote(), Limits(command=0.2, attempts=1))
    finally:
        over.set()


@pytest.mark.parametrize(
    "url",
    [
        *("git://127.0.0.1/x", "ext::sh -c id", "ext::touch x", "--upload-pack=touch x", "-x", "/srv/x.git", "x.git", "host:x.git", "ftp://127.0.0.1/x", ""),
        *("http://forge.example/x", "https://user:pass@forge.example/x", "https://token@forge.example/x", "https://forge.example/x?y", "https://a b/x"),
        *("ssh://-oProxyCommand=id/x", "ssh://git@-x/y", "ssh://git:pass@host/x", "ssh://host/x y", "ssh://host", "file://host/x", "file:x", "https:///x"),
        *("https://forge.example/x\n", "https://forge.example/x#y", "transport::https://forge.example/x", "fd::1"),
    ],
)
def test_nothing_else_is_a_remote(url: str) -> None:
    with pytest.raises(RepositoryError, match="a repository is reached by"):
        references(Remote(url), QUICK)
