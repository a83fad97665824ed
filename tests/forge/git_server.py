"""Git's own server, `git http-backend`, behind the fake forge: real packs of real repositories, streamed."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from tests.forge.http_server import Answer, Request


@cache
def _backend() -> Path:
    return Path(os.fsdecode(subprocess.check_output(["git", "--exec-path"])).strip(), "git-http-backend")


def is_write(request: Request) -> bool:
    """Whether it pushes, or asks for what a push begins with."""
    return request.path.endswith("/git-receive-pack") or request.query.get("service") == "git-receive-pack"


def serve(request: Request, repository: Path, *, path: str, login: str) -> Answer:
    """Let git answer; `path` is what follows the address of the repository, such as `/info/refs`."""
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(repository),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "PATH_INFO": path,
        "QUERY_STRING": urlsplit(request.target).query,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_USER": login,
    }
    if "git-protocol" in request.headers:
        environment["GIT_PROTOCOL"] = request.headers["git-protocol"]
    if request.headers.get("content-encoding") == "gzip":
        environment["HTTP_CONTENT_ENCODING"] = "gzip"
    with tempfile.TemporaryFile() as body:  # a pipe could be full while git waits to be read from
        body.write(request.body)
        body.seek(0)
        process = subprocess.Popen([_backend()], stdin=body, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    assert process.stdout is not None
    headers = {}
    while (line := process.stdout.readline().decode().rstrip("\r\n")) != "":
        name, _, value = line.partition(": ")
        headers[name] = value
    return Answer(int(headers.pop("Status", "200").split()[0]), _rest(process, process.stdout), headers)


def _rest(process: subprocess.Popen[bytes], output: IO[bytes]) -> Iterator[bytes]:
    with process:
        while part := output.read(1 << 16):
            yield part
