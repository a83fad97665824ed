"""Running git where the repository is not trusted: nothing that its configuration names is run, and nothing is fetched."""

import hashlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile
from pathlib import Path

from redigest.errors import UsageError
from redigest.git_environment import SETTINGS, VARIABLES, inherited

_SETTINGS = {
    **SETTINGS,
    "diff.orderFile": "/dev/null",
    "diff.submodule": "short",  # the whole difference is told by a git of its own, which goes by the settings of the submodule
    "gpg.program": "false",
    "gpg.openpgp.program": "false",
    "gpg.ssh.defaultKeyCommand": "false",
    "gpg.ssh.program": "false",
    "gpg.x509.program": "false",
    "grep.fullName": "false",
    "safe.bareRepository": "explicit",
    "safe.directory": "*",  # git refuses the files of another person, as a checkout in a container is, for the programs that it would run
}
"""A checkout is not trusted: no program that its configuration names is run, no setting changes what the answer means, and none of its folders passes for a
bare repository (git 2.38 or newer), which can be committed as files."""

AS_USUAL = ("H 100644 ", "H 100755 ")
"""How `git ls-files -t -v --stage` describes a regular file with nothing to be said about it."""

_PERSONAL = frozenset(
    {
        *("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
        *("GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM"),
    }
)
"""Where the settings of the person are, which say what is ignored everywhere, and how far up a repository is looked for."""


def start(root: Path, *arguments: str, is_fed: bool = False, is_named: bool = False) -> "subprocess.Popen[bytes] | None":
    """Start git where it cannot fetch: for an object that a partial clone lacks it would run `core.sshCommand` or `remote.*.uploadpack`.

    No token reaches it, for none of its programs is to have one.

    `is_fed` gives it a standard input, which `answer` fills. `is_named` says that a person named `root` as a repository, so that it may be a bare one.
    """
    settings = _SETTINGS | ({"safe.bareRepository": "all"} if is_named else {})
    options = (option for name, value in settings.items() for option in ("-c", f"{name}={value}"))
    environment = {**inherited(_PERSONAL), **VARIABLES}
    try:
        command = ["git", "--no-pager", *options, *arguments]
        stdin = subprocess.PIPE if is_fed else subprocess.DEVNULL
        return subprocess.Popen(command, cwd=root, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError:
        return None


def answer(process: "subprocess.Popen[bytes] | None", fed: bytes | None = None, *, is_strict: bool = False, seconds: float | None = None) -> str | None:
    """What git says; `None` if there is no git or no repository, it cannot be read, takes longer than `seconds`, or (`is_strict`) complains."""
    if process is None:
        return None
    with process:
        try:
            said, complaint = process.communicate(fed, timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return None
    if process.returncode not in (0, 1) or (is_strict and complaint):  # 1: git grep has found nothing
        return None
    return os.fsdecode(said)


def around(folder: Path) -> Path | None:
    """The top of the nearest repository around a folder, be it one that git cannot read; looks as far up as git does."""
    ceilings = {Path(ceiling).resolve() for ceiling in os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep) if ceiling}
    inner = folder.resolve()
    above = (inner, *takewhile(lambda above: above not in ceilings, inner.parents))
    return next((top for top in above if os.path.lexists(top / ".git")), None)


def is_own(folder: Path) -> bool:
    """Tell whether a folder is one that git keeps for itself: in a folder `.git`, or in a bare repository that is in no checkout.

    A folder of a checkout can look like a bare repository, since that can be committed as files.
    """
    inner = folder.resolve()
    for above in (inner, *inner.parents):
        if above.name == ".git":
            return True
        if os.path.lexists(above / ".git"):
            return False
    return any(all(os.path.lexists(above / name) for name in ("HEAD", "objects", "refs")) for above in (inner, *inner.parents))


def blob_id(data: bytes, *, like: str = "") -> str:
    """The id that bytes have as a blob (gitformat-pack(5), "Object types"), by SHA-1, or by SHA-256 where the id `like` is of that."""
    total = hashlib.new("sha256" if len(like) == 64 else "sha1", f"blob {len(data)}\0".encode(), usedforsecurity=False)
    total.update(data)
    return total.hexdigest()


def top(folder: Path) -> Path:
    """The top of the work tree that a folder is in. Raises `UsageError`."""
    said = answer(start(folder, "rev-parse", "--show-toplevel"))
    if not said:
        raise UsageError(f"{folder}: not in a repository that git can read, so --since cannot tell what has changed; leave it out")
    return Path(said.removesuffix("\n"))


def blobs_since(root: Path, revision: str) -> Mapping[str, str]:
    """The ids of the files below `root` in the commit where HEAD and `revision` part, by path from there. Raises `UsageError`."""
    if revision.startswith("-"):
        raise UsageError(f"{revision}: no revision begins with a dash; --since takes a branch, a tag or a commit")
    named = (answer(start(root, "rev-parse", "--verify", "--quiet", revision)) or "").strip()  # first by itself: what follows `:/` is all a pattern
    commit = (answer(start(root, "rev-parse", "--verify", "--quiet", f"{named}^{{commit}}")) or "").strip() if named else ""
    if not commit:
        raise UsageError(f"{revision}: no such revision in this repository; fetch it first, or name another one with --since")
    parting = (answer(start(root, "merge-base", commit, "HEAD")) or "").strip()
    if not parting:
        raise UsageError(f"{revision}: has no commit in common with HEAD here; where the clone is shallow, fetch more of its history")
    listed = answer(start(root, "ls-tree", "-r", "-z", parting), is_strict=True)
    if listed is None:
        raise UsageError(f"{revision}: the files of {parting} cannot be listed, since the clone lacks them; fetch more of its history")
    entries = (entry.partition("\t") for entry in listed.split("\0") if entry)
    return {path: described.split()[2] for described, _, path in entries if described.startswith("100")}


def untouched(root: Path) -> Mapping[str, str]:
    """The ids of the contents of the files below `root` in the index, by path, of those that git takes for unchanged since; no filter is run to tell."""
    listed = answer(start(root, "ls-files", "-z", "-t", "-v", "--stage")) or ""
    drivers = answer(start(root, "config", "--null", "--name-only", "--get-regexp", r"^filter\."))
    names = {name.rpartition(".")[0] for name in (drivers or "").split("\0") if name}
    if drivers is None or any("=" in name or "\n" in name for name in names):  # an option could not name these
        return {}
    off = tuple(option for name in sorted(names) for key in ("clean=", "process=", "required=false") for option in ("-c", f"{name}.{key}"))
    modified = answer(start(root, *off, "ls-files", "-z", "--modified"))
    if modified is None:
        return {}
    entries = (entry.partition("\t") for entry in listed.split("\0") if entry.startswith(AS_USUAL))
    staged = {path: described.split()[2] for described, _, path in entries}
    return {path: staged[path] for path in staged.keys() - set(modified.split("\0"))}


def ask(root: Path, *arguments: str, is_strict: bool = False) -> Callable[[], str | None]:
    """Have git work on a question while something else goes on; what it says is read meanwhile, and given, as by `answer`, by the function that is returned."""
    process = start(root, *arguments)
    said: list[str | None] = []
    listener = threading.Thread(target=lambda: said.append(answer(process, is_strict=is_strict)), daemon=True)
    listener.start()

    def wait() -> str | None:
        listener.join()
        return said[0]

    return wait


def attributes(root: Path, paths: Iterable[str], names: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """The values that gitattributes(5) gives to each of `paths`, relative to `root`, by the name of the attribute; those that are not specified are left out.

    Outside of a repository the files `.gitattributes` below `root` count. Nothing is said where there is no git.
    """
    fed = b"".join(os.fsencode(path) + b"\0" for path in paths)
    said = _check_attributes(root, fed, names)
    if said is None:
        import tempfile

        with tempfile.TemporaryDirectory(prefix="redigest-") as folder:
            if answer(start(root, "init", "--quiet", "--bare", "--template=", folder)) is None:
                return {}
            said = _check_attributes(root, fed, names, f"--git-dir={folder}", "--work-tree=.")
    fields = (said or "").split("\0")[:-1]
    found: dict[str, dict[str, str]] = {}
    for path, name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
        if value != "unspecified":
            found.setdefault(path, {})[name] = value
    return found


def _check_attributes(root: Path, fed: bytes, names: Iterable[str], *options: str) -> str | None:
    return answer(start(root, *options, "check-attr", "-z", "--stdin", *names, is_fed=True), fed)
