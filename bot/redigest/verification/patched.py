"""The tree that a patch makes of a commit; the repository and its work tree stay as they are."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from redigest.clones import folders
from redigest.clones.command import Failed, Surroundings, run
from redigest.clones.refusals import cited
from redigest.errors import UsageError
from redigest.report.safety import printed
from redigest.verification import patch_form
from redigest.verification.judgement import Head
from redigest.verification.revisions import Repository


@contextlib.contextmanager
def patched(repository: Repository, commit: str, patch: bytes) -> Iterator[Head]:
    """Apply a patch to a commit, and give the tree, for a while.

    Git itself applies it, so that the tree is the one that others get who apply it. Raises `UsageError` for a patch that does not apply, or
    in which other programs could find something else.
    """
    form = patch_form.read(patch)
    with tempfile.TemporaryDirectory(prefix="redigest-") as folder:
        bare = Path(folder, "patched.git")
        folders.make(bare, id_length=len(commit))
        _lend_objects(repository, bare)
        try:
            tree = _tree(bare, commit, form.text)
        except Failed as failed:
            if _without_returns(bare, commit, form.text) is not None:
                raise UsageError(
                    f"the patch does not apply to {commit[:12]}: its lines end in a carriage return and those of the commit do not, as where git converts "
                    "the ends of lines in a work tree; give what `git diff` writes of the change"
                ) from None
            raise UsageError(f"the patch does not apply to {commit[:12]} ({printed(cited(failed.complaint))}); name the commit that it was made from") from None
        if _without_returns(bare, commit, form.text) not in (tree, None):
            raise UsageError("the patch makes another tree without the carriage returns at the ends of its lines, which `git am` takes away; make it anew")
        yield Head(bare, tree, form.violations)


def _tree(bare: Path, commit: str, text: bytes) -> str:
    """The id of the tree that a patch makes of a commit. Raises `Failed`."""
    surroundings = Surroundings(variables={"GIT_INDEX_FILE": f"{bare}/patched"})
    run("read-tree", commit, repository=bare, surroundings=surroundings)
    if text:
        run("apply", "--cached", "-p1", "-", repository=bare, surroundings=surroundings, fed=text)
    return run("write-tree", "--missing-ok", repository=bare, surroundings=surroundings).decode("ascii").strip()


def _without_returns(bare: Path, commit: str, text: bytes) -> str | None:
    """The tree that a patch makes without the carriage returns at the ends of its lines, `None` where it has none or applies with them alone."""
    plain = text.replace(b"\r\n", b"\n")
    try:
        return _tree(bare, commit, plain) if plain != text else None
    except Failed:
        return None


def _lend_objects(repository: Repository, bare: Path) -> None:
    """Have the objects of one repository read in another (gitrepository-layout(5), `objects/info/alternates`)."""
    place = run("rev-parse", "--git-path", "objects", repository=repository.folder).removesuffix(b"\n")
    if b"\n" in place or not place.startswith(b"/"):
        raise UsageError("the path of the repository holds a line end, so its objects cannot be read from elsewhere; move it")
    (bare / "objects/info").mkdir(exist_ok=True)
    (bare / "objects/info/alternates").write_bytes(place + b"\n")
