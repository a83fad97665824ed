"""Judges what passes through the fake forge by the description of the API that it stands for."""

from collections.abc import Iterator

from tests.forge import github_description, gitlab_description
from tests.forge.http_server import Answer, Request
from tests.forge.model import Kind


class Judge:
    """Complains of requests that the real forge would not take so, and of replies that it would not give."""

    def __init__(self, kind: Kind) -> None:
        self._complain = github_description.complaints if kind == "github" else gitlab_description.complaints

    def complaints(self, request: Request, path: str, answer: Answer) -> Iterator[str]:
        """One line for each fault; `path` is as the description has it."""
        return (f"{request.method} {request.target}: {complaint}" for complaint in self._complain(request, path, answer))
