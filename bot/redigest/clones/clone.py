"""Bare, shallow clones, and the cache that they are kept in."""

import contextlib
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from redigest.clones import access, commits, folders, merging, pushing, trees
from redigest.clones.command import DEFAULT_LIMITS, Damaged, Failed, Limits, damaged, run
from redigest.clones.commit_tree import CommitTree
from redigest.clones.commits import Author, CommitFacts, Signing
from redigest.clones.objects import Objects
from redigest.clones.references import HEADS, is_object_id
from redigest.clones.refusals import BranchMoved, persist, reading
from redigest.clones.remote import Remote
from redigest.errors import RepositoryError

__all__ = ["Author", "BranchMoved", "Clone", "Clones", "CommitFacts", "Signing"]

_KEPT = "refs/redigest/"
"""Where a clone keeps what was fetched or made, each commit under its own id, so that git does not take it for waste."""

_MOST_PACKS = 50
"""Each fetch leaves a pack; with more than these a clone is packed anew."""

_Result = TypeVar("_Result")


class Clones:
    """The cache of bare clones below a folder, which others cannot enter."""

    def __init__(self, folder: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self._folder = folder.absolute()
        self._limits = limits

    @contextlib.contextmanager
    def open(self, remote: Remote, key: str) -> Iterator["Clone"]:
        """Open the clone of a remote, `key` telling it from every other, such as `github.com/acme/deploy`; one process or thread at a time has it.

        It may be new and empty; what is wanted of it is to be fetched. Raises `RepositoryError`.
        """
        access.surroundings(remote)
        with folders.held(self._folder, key) as folder:
            clone = Clone(folder, remote, self._limits)
            try:
                yield clone
                clone.tidy()
            except Damaged:
                folders.give_up(folder)
                raise
            finally:
                clone.close()


class Clone:
    """One clone, open for this process."""

    def __init__(self, folder: Path, remote: Remote, limits: Limits) -> None:
        self._folder = folder
        self._remote = remote
        self._limits = limits
        self._objects = Objects(folder)
        self._trees: list[CommitTree] = []
        self._wanted: set[str] = set()
        self._is_prepared = False

    def fetch(self, wanted: Collection[str]) -> None:
        """Have these commits here, with all their files and no history; those that are here already are not asked for. Raises `RepositoryError`.

        What earlier runs have fetched, and this one does not ask for, goes at the end.
        """
        commits_wanted = {_checked(commit) for commit in wanted}
        if not commits_wanted:
            return
        length = len(next(iter(commits_wanted)))
        if not self._is_prepared:
            folders.prepare(self._folder, id_length=length)
            self._is_prepared = True
        self._wanted |= commits_wanted
        try:
            self._fetch(sorted(commits_wanted - self._here()))
        except Damaged:
            self._objects.close()
            folders.make(self._folder, id_length=length)
            self._objects = Objects(self._folder)
            self._fetch(sorted(self._wanted))

    def subjects(self, commit: str, most: int) -> Sequence[str]:
        """The first lines of the messages of a commit and those before it, the newest first, `most` at most; they are fetched, without any files."""
        name = _checked(commit)
        with tempfile.TemporaryDirectory(prefix="redigest-") as temporary:
            folder = Path(temporary, "history")
            folders.make(folder, id_length=len(name))
            self._from_remote(folder, f"--depth={most}", "--filter=tree:0", names=[name])
            said = self._local("log", "-z", "--format=%s", f"--max-count={most}", name, "--", repository=folder)
        return said.decode("utf-8", "replace").removesuffix("\0").split("\0")

    def facts(self, commit: str) -> CommitFacts:
        """What stands in a commit that is here."""
        return commits.facts(self._objects.read("commit", _checked(commit)))

    def tree(self, commit: str, *, include: Sequence[str] = ("**",), exclude: Sequence[str] = ()) -> CommitTree:
        """The files of a commit that is here; those whose path fits `include` and not `exclude`."""
        tree = CommitTree(self._folder, _checked(commit), include=include, exclude=exclude)
        self._trees.append(tree)
        return tree

    def write(self, base: str, changes: Mapping[str, bytes]) -> str:
        """Store the tree of a commit that is here with new contents for some of its regular files, and give its id."""
        return self._stored(lambda: trees.write(self._folder, self._objects, self._objects.tree_of(_checked(base)), changes))

    def commit(self, tree: str, *, parent: str, message: str, author: Author, signing: Signing | None = None) -> str:
        """Make a commit of a tree on a parent that is here, and give its id; the author is the committer too."""
        made = commits.create(self._folder, _checked(tree), parent=_checked(parent), message=message, author=author, signing=signing)
        self._stored(lambda: self._keep([made]))
        self._wanted.add(made)
        return made

    def push(self, commit: str, branch: str, *, expected: str | None) -> None:
        """Point a branch of the remote at a commit, if it is still at the commit `expected`, or with `None` not there.

        Raises `BranchMoved`, and `RepositoryError`.
        """
        lease = _checked(expected) if expected is not None else None
        pushing.push(self._folder, self._remote, self._limits, commit=_checked(commit), branch=self._branch(branch), expected=lease)

    def delete(self, branch: str, *, expected: str) -> None:
        """Delete a branch of the remote, if it is still at the commit `expected`. Raises `BranchMoved`, and `RepositoryError`."""
        pushing.push(self._folder, self._remote, self._limits, commit=None, branch=self._branch(branch), expected=_checked(expected))

    def merges_cleanly(self, commit: str, base: str) -> bool:
        """Whether what a commit that is here does to the files of its parent can be done to those of `base`; what is missing of the three is fetched."""
        needed = [_checked(commit), _checked(base)]
        parents = self.facts(commit).parents
        if len(parents) != 1:
            return False
        self.fetch([*needed, parents[0]])
        return self._stored(lambda: merging.applies(self._folder, self._objects, commit=commit, parent=parents[0], base=base))

    def tidy(self) -> None:
        """Let go of what earlier runs have fetched and this one has not asked for."""
        if not self._wanted or not self._is_prepared:
            return
        unwanted = self._names() - self._wanted
        if unwanted:
            self._local("update-ref", "--stdin", "-z", fed=b"".join(f"delete {_KEPT}{name}\0\0".encode() for name in sorted(unwanted)))
        if len(list((self._folder / "objects/pack").glob("*.pack"))) > _MOST_PACKS:
            self._local("gc", "--quiet", "--prune=now")

    def close(self) -> None:
        """End all processes that read."""
        self._objects.close()
        for tree in self._trees:
            tree.close()

    def _here(self) -> set[str]:
        """Those of the commits that were kept that can be read."""
        names = self._names()
        said = self._local("cat-file", "--batch-check", fed="".join(f"{name}^{{tree}}\n" for name in sorted(names)).encode())
        if said.count(b" tree ") != len(names):
            raise damaged(self._folder, "a commit is missing")
        return names

    def _names(self) -> set[str]:
        return set(self._local("for-each-ref", "--format=%(objectname)", _KEPT).decode().split())

    def _fetch(self, names: Sequence[str]) -> None:
        if names:
            self._from_remote(self._folder, "--depth=1", names=names)

    def _from_remote(self, folder: Path, *options: str, names: Sequence[str]) -> None:
        always = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules", "--refmap=", "--stdin")
        other_side = access.other_side(self._remote, "upload-pack")
        refspecs = "".join(f"+{name}:{_KEPT}{name}\n" for name in names).encode()

        def fetch() -> None:
            try:
                run(
                    *("fetch", *always, *options, *other_side, "--", self._remote.url),
                    repository=folder,
                    surroundings=access.surroundings(self._remote),
                    fed=refspecs,
                    seconds=self._limits.command,
                )
            except Failed as failed:
                raise reading(failed, self._remote, stage="tree") from None

        persist(fetch, self._limits)

    def _keep(self, names: Sequence[str]) -> None:
        run("update-ref", "--stdin", "-z", repository=self._folder, fed=b"".join(f"update {_KEPT}{name}\0{name}\0\0".encode() for name in names))

    def _local(self, *arguments: str, repository: Path | None = None, fed: bytes = b"") -> bytes:
        return self._stored(lambda: run(*arguments, repository=repository or self._folder, fed=fed, seconds=self._limits.command))

    def _stored(self, act: Callable[[], _Result]) -> _Result:
        """Act on the clone alone; what fails there is the fault of the clone."""
        try:
            return act()
        except Failed as failed:
            raise damaged(self._folder, failed.complaint) from None

    def _branch(self, branch: str) -> str:
        try:
            run("check-ref-format", HEADS + branch, repository=None)
        except Failed:
            raise RepositoryError("commit", f"{branch!r} is no name that a branch can have; choose another prefix with proposals.branch") from None
        return branch


def _checked(name: str) -> str:
    """Refuse what is no id of an object, and so might be an option."""
    if not is_object_id(name):
        raise RepositoryError("tree", f"{name!r} is not the id of a commit; give all 40 or 64 hex digits")
    return name
