"""Programs that keep credentials: `docker-credential-NAME get` (docker-credential-helpers, README, section "Development")."""

import asyncio
import contextlib
import os
import re
import signal

from redigest.registry.json_object import json_object
from redigest.secret import Secret

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NOT_FOUND = b"credentials not found"
"""How the answer of a helper begins that has none; it ends with an error then, as it does when it fails."""


class HelperFailed(Exception):
    """A helper gave no usable answer; the message holds nothing that it wrote."""


async def ask_helper(name: str, server: str, *, seconds: float) -> tuple[str, Secret] | None:
    """Ask a helper for the user name and the secret of a server; `None` if it has none. Raises `HelperFailed`."""
    if not _NAME.fullmatch(name):
        raise HelperFailed("the name of a credential helper is not one")
    program = f"docker-credential-{name}"
    try:
        async with asyncio.timeout(seconds):
            returned, output = await _run(program, server)
    except TimeoutError:
        raise HelperFailed(f"{program} gave no answer in {seconds:g} seconds") from None
    except OSError as error:
        raise HelperFailed(f"{program} cannot be run: {error.strerror}") from None
    if returned != 0:
        if output.strip().lower().startswith(_NOT_FOUND):
            return None
        raise HelperFailed(f"{program} ended with {returned}")
    answer = json_object(output) or {}
    user, secret = answer.get("Username"), answer.get("Secret")
    if not isinstance(user, str) or not isinstance(secret, str):
        raise HelperFailed(f"{program} gave no answer that can be read")
    return (user, Secret(secret)) if user or secret else None


async def _run(program: str, question: str) -> tuple[int, bytes]:
    """Run in a process group of its own, which is ended when there is no time left."""
    process = await asyncio.create_subprocess_exec(
        program,
        "get",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output, _ = await process.communicate(question.encode())
        return await process.wait(), output
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
