"""Settings of a repository that name programs: each has git run one, and none is run when redigest asks git."""

import contextlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from redigest.errors import UsageError
from redigest.pipeline import diff, fix, scan
from redigest.tree import WorkTree
from tests.samples import ETCD, git, harvest, plant, repository, search

pytestmark = pytest.mark.needs("git")

OLD, NEW = f"image: {ETCD.before}\n", f"image: {ETCD.after}\n"
AWAY = "away/deep/web.yaml"

PGP, X509, SSH = "PGP SIGNATURE", "SIGNED MESSAGE", "SSH SIGNATURE"
PROMISED = {"core.repositoryFormatVersion": "1", "extensions.partialClone": "origin", "remote.origin.promisor": "true", "protocol.allow": "always"}


@dataclass(frozen=True, slots=True)
class Poison:
    """Settings that have `command` run the program PROGRAM, where the last commit has a signature and, it may be, an object is missing."""

    settings: Mapping[str, str]
    command: tuple[str, ...]
    signature: str = PGP
    lacks: str | None = None


STATUS, DIFF, LOG, LS_TREE = ("status",), ("diff",), ("log", "-p", "-Ssha256"), ("ls-tree", "-r", "HEAD")

POISONS = {
    "core.fsmonitor": Poison({"core.fsmonitor": "PROGRAM"}, STATUS),
    "core.hooksPath": Poison({"core.hooksPath": "HOOKS"}, STATUS),
    "include.path": Poison({"include.path": "INCLUDED"}, STATUS),
    "filter.clean": Poison({"filter.x.clean": "PROGRAM", "filter.x.required": "true"}, DIFF),
    "filter.smudge": Poison({"filter.x.smudge": "PROGRAM"}, ("checkout-index", "--force", "web.yaml")),
    "filter.process": Poison({"filter.x.process": "PROGRAM"}, DIFF),
    "diff.external": Poison({"diff.external": "PROGRAM"}, DIFF),
    "diff.command": Poison({"diff.x.command": "PROGRAM"}, DIFF),
    "diff.textconv": Poison({"diff.x.textconv": "PROGRAM"}, LOG),
    "diff.textconv cached": Poison({"diff.x.textconv": "PROGRAM", "diff.x.cachetextconv": "true"}, LOG),
    "gpg.program": Poison({"log.showSignature": "true", "gpg.program": "PROGRAM"}, LOG),
    "gpg.openpgp.program": Poison({"log.showSignature": "true", "gpg.openpgp.program": "PROGRAM"}, LOG),
    "gpg.x509.program": Poison({"log.showSignature": "true", "gpg.x509.program": "PROGRAM"}, LOG, X509),
    "gpg.ssh.program": Poison({"log.showSignature": "true", "gpg.ssh.program": "PROGRAM", "gpg.ssh.allowedSignersFile": "/dev/null"}, LOG, SSH),
    "format.pretty": Poison({"format.pretty": "%G?", "gpg.program": "PROGRAM"}, LOG),
    "alias": Poison({"alias.x": "!PROGRAM"}, ("x",)),
    "core.alternateRefsCommand": Poison({"core.alternateRefsCommand": "PROGRAM"}, ("rev-list", "--alternate-refs")),
    "core.gitProxy": Poison({"core.gitProxy": "PROGRAM", "remote.origin.url": "git://host.example/x"}, ("fetch",)),
    "core.sshCommand": Poison({"core.sshCommand": "PROGRAM", "remote.origin.url": "host.example:x"}, ("fetch",)),
    "core.sshCommand, a tree lacks": Poison(
        {**PROMISED, "core.sshCommand": "PROGRAM", "remote.origin.url": "ssh://host.example/x"}, LS_TREE, lacks="HEAD:away"
    ),
    "remote.uploadpack, a tree lacks": Poison({**PROMISED, "remote.origin.uploadpack": "PROGRAM", "remote.origin.url": "."}, LS_TREE, lacks="HEAD:away"),
    "remote.uploadpack, a file lacks": Poison({**PROMISED, "remote.origin.uploadpack": "PROGRAM", "remote.origin.url": "."}, LOG, lacks="HEAD~:web.yaml"),
    "remote.url, a tree lacks": Poison({**PROMISED, "protocol.ext.allow": "always", "remote.origin.url": "ext::PROGRAM"}, LS_TREE, lacks="HEAD:away"),
    "remote.uploadpack, a commit lacks": Poison({**PROMISED, "remote.origin.uploadpack": "PROGRAM", "remote.origin.url": "."}, LOG, lacks="HEAD~"),
}
every_poison = pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """What a program that is run makes."""
    return tmp_path / "marker"


def poisoned(root: Path, poison: Poison, marker: Path) -> Path:
    """Make a repository with changed files and these settings, in which git has looked at no file yet."""
    tree = repository(root, {"web.yaml": f"image: {ETCD.name}:3\n", AWAY: OLD, ".gitattributes": "* filter=x diff=x\n"})
    plant(tree, {"web.yaml": OLD})
    git(tree, "commit", "--quiet", "--all", "--message", "newer")
    commit = git(tree, "cat-file", "commit", "HEAD").partition(b"\n\n")
    signature = f"\ngpgsig -----BEGIN {poison.signature}-----\n \n eA==\n -----END {poison.signature}-----\n\n".encode()
    git(tree, "reset", "--quiet", "--soft", git(tree, "hash-object", "-t", "commit", "-w", "--stdin", stdin=commit[0] + signature + commit[2]).decode().strip())
    if poison.lacks is not None:
        missing = git(tree, "rev-parse", poison.lacks).decode().strip()
        (tree / ".git/objects" / missing[:2] / missing[2:]).unlink()
    places = {name: tree / ".git" / name for name in ("PROGRAM", "HOOKS", "INCLUDED")}
    lender = repository(root.with_name(f"{root.name}-lender"), {"a": "a"})
    script = f"#!/bin/sh\necho \"$0 $@ $FORGE_TOKEN\" >> '{marker}'\n"
    plant(tree / ".git", {"PROGRAM": script, "HOOKS/post-index-change": script, "INCLUDED": f"[core]\nfsmonitor = '{places['PROGRAM']}'\n"})
    plant(tree / ".git", {"objects/info/alternates": f"{lender}/.git/objects\n"})
    for program in ("PROGRAM", "HOOKS/post-index-change"):
        (tree / ".git" / program).chmod(0o755)
    for key, value in poison.settings.items():
        for name, place in places.items():
            value = value.replace(name, str(place))  # noqa: PLW2901 -- one name after the other
        git(tree, "config", key, value)
    plant(tree, {"web.yaml": f"# changed\n{OLD}", "new.yaml": OLD})
    os.utime(tree / ".gitattributes", (1, 1))
    return tree


def asked(root: Path) -> None:
    """Ask git everything that is ever asked about a tree."""
    tree = WorkTree.at([root])
    scan(tree, search())
    diff(tree, search())
    tree.prefix()
    tree.derived(["web.yaml"])
    for path in ("web.yaml", AWAY):
        tree.earlier_lines(path, ETCD.old.hex)
    for revision in ("HEAD", "HEAD~"):
        with contextlib.suppress(UsageError):
            scan(tree.changed_since(revision), search())
    fix(tree, search())


def raw(root: Path, poison: Poison) -> None:
    """Have git itself do what runs the program."""
    subprocess.run(["git", *poison.command], cwd=root, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=30)


@every_poison
def test_no_setting_of_a_repository_has_a_program_run(poison: Poison, marker: Path, tmp_path: Path) -> None:
    tree = poisoned(tmp_path / "tree", poison, marker)
    asked(tree)
    assert not marker.exists(), marker.read_text()
    assert (tree / "new.yaml").read_text() == NEW
    raw(poisoned(tmp_path / "other", poison, marker), poison)
    assert marker.exists(), "the poison does not work"


def embedded(root: Path) -> Path:
    """Turn a repository into files that git takes for one without `.git`, which can be committed to another one."""
    for path in (root / ".git").iterdir():
        path.rename(root / path.name)
    (root / ".git").rmdir()
    for name in ("config", "INCLUDED"):
        (root / name).write_text((root / name).read_text().replace(f"{root}/.git/", f"{root}/"))
    git(root, "config", "--file", "config", "core.worktree", ".")
    return root


@every_poison
def test_no_folder_that_looks_like_a_repository_has_a_program_run(poison: Poison, marker: Path, tmp_path: Path) -> None:
    repository(tmp_path / "tree", {"web.yaml": OLD})
    inner = embedded(poisoned(tmp_path / "tree/charts/web", poison, marker))
    asked(inner)
    assert not marker.exists(), marker.read_text()
    assert (inner / "new.yaml").read_text() == NEW
    raw(embedded(poisoned(tmp_path / "other", poison, marker)), poison)
    assert marker.exists(), "the poison does not work"


def test_git_gets_no_token_of_ours(marker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets so little of our environment that even a program that is run has nothing to take."""
    program = plant(tmp_path, {"bin/git": f"#!/bin/sh\nenv >> '{marker}'\nexit 1\n"}) / "bin"
    (program / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{program}:{os.environ['PATH']}")
    for name in ("FORGE_TOKEN", "GIT_EXTERNAL_DIFF", "GIT_CONFIG_PARAMETERS", "GIT_DIR", "CI_JOB_TOKEN", "https_proxy"):
        monkeypatch.setenv(name, "secret")
    scan(WorkTree.at([plant(tmp_path / "tree", {"web.yaml": OLD})]), search())
    assert "GIT_ALLOW_PROTOCOL=none" in marker.read_text()
    assert "secret" not in marker.read_text()
    assert harvest(tmp_path / "tree") == {"web.yaml": OLD.encode()}
