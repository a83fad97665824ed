"""A hook of git that refuses pushes as forges do; `refusals.json` of the bare repository that it is run in says what is refused.

As `pre-receive` it refuses the whole push with words.
As `proc-receive` (githooks, section proc-receive) it also gives the reason that stands beside the branch.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def workflow(new: str) -> str | None:
    """The first workflow file that commits new to the repository change."""
    if not new.strip("0"):
        return None
    arguments = ["git", "log", "--format=", "--name-only", "-m", new, "--not", "--branches", "--", ".github/workflows"]
    return next(iter(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.splitlines()), None)


def packets() -> Iterator[str]:
    """The lines up to the next flush packet (gitprotocol-common)."""
    while (length := int(sys.stdin.buffer.read(4), 16)) >= 4:
        yield sys.stdin.buffer.read(length - 4).decode().rstrip("\n")


def packet(text: str) -> None:
    sys.stdout.buffer.write(f"{len(text.encode()) + 4:04x}{text}".encode())


def flush() -> None:
    sys.stdout.buffer.write(b"0000")
    sys.stdout.buffer.flush()


def judge(reference: str, new: str, refusals: dict[str, object]) -> tuple[str, str] | None:
    """What is told, and the reason beside the branch; `None` for a push that is taken."""
    protected = refusals["protected"]
    assert isinstance(protected, list)
    if reference.removeprefix("refs/heads/") in protected:
        told = f"error: GH006: Protected branch update failed for {reference}.\nerror: Changes must be made through a pull request."
        return told, "protected branch hook declined"
    if refusals["workflows"] and (path := workflow(new)) is not None:
        return "", f"refusing to allow a Personal Access Token to create or update workflow `{path}` without `workflow` scope"
    return None


def pre_receive(refusals: dict[str, object]) -> int:
    if refusals["words"] is not None:
        print(refusals["words"], file=sys.stderr)
        return 1
    protected = refusals["protected"]
    assert isinstance(protected, list)
    pushed = {line.split()[2].removeprefix("refs/heads/") for line in sys.stdin}
    if refusals["kind"] == "gitlab" and pushed & set(protected):
        print("GitLab: You are not allowed to push code to protected branches on this project.", file=sys.stderr)
        return 1
    return 0


def proc_receive(refusals: dict[str, object]) -> int:
    list(packets())
    packet("version=1")
    flush()
    for command in list(packets()):
        _, new, reference = command.split(" ", 2)
        refusal = judge(reference, new, refusals)
        if refusal is None:
            packet(f"ok {reference}")
            packet("option fall-through")
        else:
            print(refusal[0], file=sys.stderr)
            packet(f"ng {reference} {refusal[1]}")
    flush()
    return 0


if __name__ == "__main__":
    settings = json.loads(Path("refusals.json").read_text())
    sys.exit(pre_receive(settings) if sys.argv[1] == "pre-receive" else proc_receive(settings))
