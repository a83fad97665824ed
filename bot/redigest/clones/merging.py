"""Whether a commit that changes contents of files applies to another commit, as a merge would see it."""

import tempfile
from pathlib import Path

from redigest.clones.command import Failed, run
from redigest.clones.objects import Objects

_FILES = ("100644", "100755")


def applies(repository: Path, objects: Objects, *, commit: str, parent: str, base: str) -> bool:
    """Tell whether what `commit` does to its parent can be done to `base` without a conflict; all three are here. Raises `Failed`."""
    said = run("diff-tree", "-r", "-z", "--no-renames", "--raw", "--full-index", parent, commit, "--", repository=repository).split(b"\0")[:-1]
    tree = objects.tree_of(base)
    for described, path in zip(said[::2], said[1::2], strict=True):
        old_mode, new_mode, old, new, status = described.decode().removeprefix(":").split()
        if status != "M" or old_mode not in _FILES or new_mode != old_mode:
            return False
        there = objects.find(tree, path)
        if there is None or not there.is_file:
            return False
        if there.id not in (old, new) and not _merges(objects, old=old, ours=there.id, theirs=new):
            return False
    return True


def _merges(objects: Objects, *, old: str, ours: str, theirs: str) -> bool:
    with tempfile.TemporaryDirectory(prefix="redigest-") as folder:
        files = [Path(folder, name) for name in ("ours", "old", "theirs")]
        for file, blob in zip(files, (ours, old, theirs), strict=True):
            file.write_bytes(objects.read("blob", blob))
        try:
            run("merge-file", "-p", *map(str, files), repository=None)
        except Failed as failed:
            if 0 < failed.status < 128 or "Cannot merge binary files" in failed.complaint:  # the number of conflicts
                return False
            raise
    return True
