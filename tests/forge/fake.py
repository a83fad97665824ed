"""The fake forge as tests see it: what it holds, what it was asked, how it fails, and what it complains about."""

import contextlib
import json
import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.forge import git_server, github, gitlab
from tests.forge.app import App
from tests.forge.http_server import Answer, Request, json_answer, listen
from tests.forge.model import Access, Comment, Kind, Label, Milestone, Proposal, Team
from tests.forge.routing import Dialect
from tests.forge.state import Repository, State
from tests.forge.validation import Judge

TOKEN = "fake-token-of-the-bot-41d8"
READER = "fake-token-that-only-reads-9b02"
STRANGER = "fake-token-of-a-stranger-7c6e"

_GIT = re.compile(r"/(?P<name>.+?)(?:\.git)?(?P<rest>/info/refs|/git-upload-pack|/git-receive-pack|/HEAD|/objects/.*)")
_LONGEST_KEPT = 1 << 20


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with the answer to it; of git's packs only the beginning is kept of the one, and nothing of the other."""

    method: str
    path: str
    query: Mapping[str, str]
    who: str | None
    status: int
    request_body: bytes
    reply: bytes
    headers: Mapping[str, str]
    is_write: bool

    @property
    def fields(self) -> Mapping[str, object]:
        """The body of the request as a JSON object."""
        found = json.loads(self.request_body or b"{}")
        assert isinstance(found, dict)
        return found


@dataclass(slots=True)
class _Fault:
    method: str | None
    pattern: re.Pattern[str]
    answer: Answer
    left: float
    is_late: bool = False
    cut: int | None = None

    def strikes(self, request: Request) -> bool:
        return self.left > 0 and self.method in {None, request.method} and self.pattern.search(request.path) is not None


class FakeForge(State):
    """A running forge of one dialect."""

    def __init__(self, kind: Kind, root: Path) -> None:
        super().__init__(kind, root)
        self.host = ""
        self.token = TOKEN
        self.bot = "redigest-bot"
        self.log: list[Exchange] = []
        self.violations: list[str] = []
        self._dialect: Dialect = github if kind == "github" else gitlab
        self._judge = Judge(kind)
        self._faults: list[_Fault] = []
        for login in (self.bot, "alice", "bob", "reader", "stranger"):
            self.add_user(login)
        self.collaborators |= {"alice", "bob"}
        self.tokens[TOKEN] = Access(self.account(self.bot))
        self.tokens[READER] = Access(self.account("reader"), may_write=False)
        self.tokens[STRANGER] = Access(self.account("stranger"), may_write=False, sees_private=False)

    @property
    def git_url(self) -> str:
        return f"http://{self.host}"

    @property
    def api_url(self) -> str:
        return self.git_url + github.API if self.kind == "github" else self.git_url

    def config(self, name: str = "corp", /, **more: object) -> dict[str, object]:
        """An entry of `forges`; with `app` it has no token."""
        token = {} if "app" in more else {"token-env": "FORGE_TOKEN"}
        entry = {"name": name, "kind": self.kind, "url": self.api_url, "git-url": self.git_url, **token, "write-pause": 0}
        return {**entry, **{key.replace("_", "-"): value for key, value in more.items()}}

    def add(
        self,
        name: str,
        files: Mapping[str, bytes] | None = None,
        *,
        branch: str | None = "main",
        archived: bool = False,
        fork: bool = False,
        private: bool = True,
        topics: Sequence[str] = (),
    ) -> Repository:
        """Make a repository with one commit; without files or a branch it is empty."""
        with self.lock:
            made = self.add_repository(name, branch=branch)
            made.is_archived, made.is_fork, made.is_private, made.topics = archived, fork, private, tuple(topics)
            if files and branch is not None:
                made.commit(files, branch=branch, message="Begin")
            return made

    def rename(self, old: str, new: str) -> None:
        """Give a repository another name; under the old one the forge sends on."""
        self.move(old, new)

    def labels(self, repository: Repository) -> dict[str, Label]:
        """The labels of a repository by name."""
        return {label.name: label for label in repository.labels.values()}

    def add_group_milestone(self, group: str, title: str) -> Milestone:
        """Make a milestone of a group of GitLab."""
        made = Milestone(self.next_id(), len(self.group_milestones) + 1, title, group=group)
        self.group_milestones.append(made)
        return made

    def add_team(self, name: str) -> Team:
        """Make a team of an organisation, such as `acme/platform`."""
        organisation, _, slug = name.partition("/")
        made = self.teams[name] = Team(self.next_id(), organisation, slug)
        return made

    def merge(self, repository: Repository, number: int, *, author: str = "alice") -> str:
        """Merge as a person does on the page of the proposal; give the commit."""
        with self.lock:
            return self.merge_proposal(repository, self._open(repository, number), author=author)

    def close(self, repository: Repository, number: int) -> None:
        with self.lock:
            self.close_proposal(self._open(repository, number))

    def reopen(self, repository: Repository, number: int) -> None:
        with self.lock:
            one = self._proposal(repository, number)
            assert one.state == "closed", one.state
            head = repository.head(one.branch)
            assert head is not None, one.branch
            one.state, one.closed, one.head = "open", None, head

    def edit(self, repository: Repository, number: int, *, title: str | None = None, body: str | None = None) -> None:
        """Change texts as a person does."""
        with self.lock:
            self.rewrite(self._proposal(repository, number), title=title, body=body)

    def label(self, repository: Repository, number: int, name: str) -> None:
        with self.lock:
            one = self._proposal(repository, number)
            label = repository.labels.get(name.casefold()) or repository.add_label(name)
            one.labels.append(label.name)

    def say(self, repository: Repository, number: int, text: str, *, author: str = "alice") -> Comment:
        """Comment as a person does."""
        with self.lock:
            self.add_user(author)
            return self.write_comment(self._proposal(repository, number), text, author=author)

    def install_app(self, *owners: str, slug: str = "redigest-app") -> App:
        """Make a GitHub App that these owners have installed."""
        with self.lock:
            self.app = App(self.next_id(), slug)
            self.add_user(f"{slug}[bot]", is_bot=True)
            self.app.installations.update({self.next_id(): self.add_user(owner, is_organisation=True).login for owner in owners})
            return self.app

    def writes(self) -> list[Exchange]:
        """What was asked that changes something, whether it was refused or not."""
        return [exchange for exchange in self.log if exchange.is_write]

    def fail(
        self,
        method: str | None,
        path: str,
        *,
        status: int,
        headers: Mapping[str, str] | None = None,
        body: str | bytes | Mapping[str, object] = b"",
        times: float = 1,
        late: bool = False,
    ) -> None:
        """Answer the next requests whose path the expression finds with something else; `late` when they have been done all the same."""
        if isinstance(body, Mapping):
            answer = json_answer(status, body, headers)
        else:
            answer = Answer(status, body.encode() if isinstance(body, str) else body, {"Content-Type": "text/html", **(headers or {})})
        self._faults.append(_Fault(method, re.compile(path), answer, times, is_late=late))

    def limit(self, method: str | None, path: str, *, wait: int = 0, times: float = 1) -> None:
        """Hold requests back as the forge does to one who asks too often; `wait` is in seconds."""
        words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        if self.kind == "github":
            body = {"message": words, "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"}
            self.fail(method, path, status=403, headers={"Retry-After": str(wait)}, body=body, times=times)
        else:
            self.fail(method, path, status=429, headers={"Retry-After": str(wait), "Content-Type": "text/plain"}, body="Retry later\n", times=times)

    def drop(self, method: str | None, path: str, *, after_bytes: int = -1, times: float = 1, late: bool = True) -> None:
        """Break the connection off after so many bytes of the body; below zero before the answer. The request has been done, unless it is not `late`."""
        self._faults.append(_Fault(method, re.compile(path), Answer(502), times, is_late=late, cut=after_bytes))

    def redirect(self, path: str, *, to: str, status: int = 302, times: float = float("inf")) -> None:
        """Send requests elsewhere."""
        self._faults.append(_Fault(None, re.compile(path), Answer(status, b"", {"Location": to}), times))

    def heal(self) -> None:
        """Take back every fault."""
        self._faults.clear()

    def answer(self, request: Request) -> Answer:
        """Answer one request, and write it down."""
        with self.lock:
            access = self._who(request)
            is_api = self._dialect.is_api(request.path)
            fault = next((fault for fault in self._faults if fault.strikes(request)), None)
            if fault is not None:
                fault.left -= 1
            try:
                answer = self._struck(request, access, fault) if fault is not None else self._answer(request, access)
            except Exception:  # noqa: BLE001, whatever it is, the test is told
                self.violations.append(f"{request.method} {request.target}: the fake fails\n{traceback.format_exc()}")
                answer = json_answer(500, {"message": "the fake forge fails"})
            is_write = self._dialect.is_write(request) if is_api else request.path.endswith("/git-receive-pack")
            reply = answer.body if isinstance(answer.body, bytes) else b""
            who = access.user.login if access is not None else None
            body = request.body[:_LONGEST_KEPT]
            self.log.append(Exchange(request.method, request.path, request.query, who, answer.status, body, reply, request.headers, is_write))
            return answer

    def _struck(self, request: Request, access: Access | None, fault: _Fault) -> Answer:
        if not fault.is_late:
            return replace(fault.answer, cut=fault.cut)
        done = self._answer(request, access)
        if not isinstance(done.body, bytes):
            done = replace(done, body=b"".join(done.body))
        return replace(fault.answer if fault.cut is None else done, cut=fault.cut)

    def _answer(self, request: Request, access: Access | None) -> Answer:
        if not self._dialect.is_api(request.path):
            return self._git(request, access)
        answer = self._dialect.answer(self, request, access)
        if answer is None:
            self.violations.append(f"{request.method} {request.target}: a path that the fake does not know")
            return json_answer(500, {"message": "the fake forge does not know this path"})
        self.violations += self._judge.complaints(request, self._dialect.described(self, request.path), answer)
        return answer

    def _git(self, request: Request, access: Access | None) -> Answer:
        match = _GIT.fullmatch(request.path)
        if match is None:
            self.violations.append(f"{request.method} {request.target}: neither the API nor git")
            return Answer(500)
        found, moved = self.find(match["name"]), self.renamed(match["name"])
        if found is None and moved is not None and self.may_see(access, moved):
            rest = request.target.removeprefix(request.path)
            return Answer(301, b"", {"Location": f"{request.root}/{moved.name}.git{match['rest']}{rest}"})
        refusal = self._dialect.git_refusal(self, request, access, found, is_push=git_server.is_write(request))
        if refusal is not None or found is None:
            return refusal or Answer(404)
        return git_server.serve(request, found.path, path=match["rest"], login=access.user.login if access is not None else "")

    def _who(self, request: Request) -> Access | None:
        credential = request.credential
        if credential is None:
            return None
        if self.app is not None and self.app.has_signed(credential):
            return Access(self.account(f"{self.app.slug}[bot]"), may_write=False, sees_private=False, is_app=True)
        access = self.tokens.get(credential)
        return access if access is None or access.ends is None or access.ends > datetime.now(UTC) else None

    def _proposal(self, repository: Repository, number: int) -> Proposal:
        found = repository.proposal(number)
        assert found is not None, number
        return found

    def _open(self, repository: Repository, number: int) -> Proposal:
        found = self._proposal(repository, number)
        assert found.state == "open", found.state
        return found


@contextlib.contextmanager
def running(kind: Kind, root: Path) -> Iterator[FakeForge]:
    """Run a forge whose repositories are below a folder."""
    made = FakeForge(kind, root)
    with listen(made.answer) as host:
        made.host = host
        yield made
