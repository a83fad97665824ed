"""`redigest verify`: whether a range of commits, or a patch, holds nothing but swaps that there is evidence for."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redigest.cli.options import judging, reporting
from redigest.errors import RepositoryError, UsageError

if TYPE_CHECKING:
    from redigest.clones.commit_tree import CommitTree
    from redigest.mapping import MappingFile
    from redigest.verification.checkouts import Checkouts
    from redigest.verification.judgement import Head, Judgement, Terms
    from redigest.verification.revisions import Range, Repository
    from redigest.verification.trusted import Trusted

_FILE_OR_DASH = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("revisions", required=False, metavar="BASE..HEAD")
@click.option("--patch", metavar="FILE", type=_FILE_OR_DASH, help="Check a unified diff, - for standard input, against one commit: the one named, or HEAD.")
@click.option("--repository", metavar="DIR", type=_FOLDER, help="The repository, where it is not the one here.")
@judging
@reporting
@click.option("--jobs", metavar="N", type=click.IntRange(1, 256), help="Processes that read files, one for each processor.")
@click.option("-v", "--verbose", count=True, help="Say more: every swap, with its evidence.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what is wrong.")
def verify(revisions: str | None, *, patch: Path | None, repository: Path | None, reports: tuple[Path, ...], **flags: Any) -> int:
    """Check that BASE..HEAD holds nothing but swaps with evidence.

    Nothing but digests may change, each to one that redigest itself finds evidence for.

    What counts is what HEAD has changed since it parted from BASE. Configuration, mapping and rules in the work tree are read as BASE has them, and nothing
    that HEAD says is believed. The work tree is not touched, and nothing is kept for the next run.

    Exits with 1 for violations, each in a line PATH:LINE:COLUMN on standard output, and with 3 when a registry could not be asked about a digest.
    """
    from redigest.clones.command import Damaged, Failed
    from redigest.report import verification as report
    from redigest.report.safety import printed
    from redigest.verification import revisions as ranges
    from redigest.verification.checkouts import Checkouts

    started = datetime.now(UTC)
    opened = ranges.opened(repository)
    checkouts = Checkouts(opened)
    for path in reports:
        checkouts.check_writable(path)
        report.check(path, [repository or Path()])
    try:
        span, judgement = _checked(opened, checkouts, revisions, patch=patch, flags=flags)
    except (Damaged, Failed) as error:
        what = printed(error.complaint if isinstance(error, Failed) else error.what or str(error))
        raise RepositoryError("tree", f"{opened.folder}: not everything is here that the commits hold ({what}); fetch them whole, without --filter") from None
    report.show(span, judgement, quiet=flags["quiet"], verbose=flags["verbose"])
    for path in reports:
        report.write(span, judgement, path, report.Moments(started, datetime.now(UTC)))
    if judgement.violations:
        return 1
    return 3 if judgement.undecided else 0


def _checked(opened: "Repository", checkouts: "Checkouts", revisions: str | None, *, patch: Path | None, flags: Mapping[str, Any]) -> "tuple[Range, Judgement]":
    from redigest.clones.commit_tree import CommitTree
    from redigest.verification.judgement import judge
    from redigest.verification.trusted import Trusted

    span = _span(opened, revisions, is_patch=patch is not None)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="redigest-")))
        named, base = (stack.enter_context(contextlib.closing(CommitTree(opened.folder, commit))) for commit in (span.named, span.base))
        head = stack.enter_context(_head(opened, span, patch))
        tree, terms = stack.enter_context(_terms(Trusted(checkouts, named, folder / "base"), base, named, flags=flags, cache=folder / "cache"))
        return span, judge(tree, head, terms)


def _span(opened: "Repository", revisions: str | None, *, is_patch: bool) -> "Range":
    from redigest.verification.revisions import Range, commit, range_of

    if is_patch:
        base = commit(opened, revisions or "HEAD")
        return Range(base, base, None)
    if revisions is None:
        raise UsageError("name the commits to check as BASE..HEAD, such as origin/main..HEAD, or a patch with --patch FILE")
    return range_of(opened, revisions)


@contextlib.contextmanager
def _head(opened: "Repository", span: "Range", patch: Path | None) -> "Iterator[Head]":
    from redigest.clones.objects import Objects
    from redigest.verification.judgement import Head
    from redigest.verification.patched import patched

    if span.head is not None:
        with contextlib.closing(Objects(opened.folder)) as objects:
            tree = objects.tree_of(span.head)
        yield Head(opened.folder, tree)
        return
    with patched(opened, span.base, _content(patch)) as head:
        yield head


def _content(patch: Path | None) -> bytes:
    try:
        content = sys.stdin.buffer.read() if patch is None or str(patch) == "-" else patch.read_bytes()
    except OSError as error:
        raise UsageError(f"{patch}: the patch cannot be read: {error.strerror}") from error
    if not content.strip():  # what a program leaves that was to write it and failed
        raise UsageError("the patch is empty; see whether what writes it says why")
    return content


@contextlib.contextmanager
def _terms(trusted: "Trusted", base: "CommitTree", named: "CommitTree", *, flags: Mapping[str, Any], cache: Path) -> "Iterator[tuple[CommitTree, Terms]]":
    """What is looked at of the base, and how the change is judged, as for a run of the bot over it; the sources of digests are open for a while."""
    from redigest.cli import sources
    from redigest.cli.setup import Setup, load_rules
    from redigest.settings import fingerprint
    from redigest.verification import guidance
    from redigest.verification.judgement import Terms

    config = guidance.configuration(trusted, flags["config"], cache=cache)
    names = [_mapping(trusted, name) for name in flags["mapping"] or config.mapping]
    found = {**guidance.flags_of(trusted, flags), "mapping": (), "reports": (), "no_color": True, "no_cache": True}
    setup = Setup.over(config.model_copy(update={"mapping": ()}), found)
    if not names and setup.flags["offline"] and not setup.manifest_folders:
        click.echo("redigest: no mapping was given and no registry may be asked, so there is no evidence: name one with --mapping FILE_OR_URL", err=True)
    bounds = guidance.bounds(base, named, config)
    mapping = sources.mapping_files(names, setup.flags, config)
    try:
        blobs = fingerprint(mappings=mapping.files(), rules=(), files=(), folders=(), others={}).blobs
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be read: {error.strerror}") from error
    with sources.opened(mapping, setup.flags, config) as opened:
        own = {path for tree in (bounds.tree, bounds.later) if tree for path, blob in tree.blobs().items() if blob in blobs}
        search = setup.judged_by(load_rules(setup.rule_folders), opened, own_files=own, workflows=config.paths.workflows)
        yield bounds.tree, Terms(search, by=bounds.by, depth=config.proposals.folder_depth, forbidden=bounds.forbidden, later=bounds.later)


def _mapping(trusted: "Trusted", name: Path | str) -> "Path | str | MappingFile":
    """A mapping by the name that it was given; one in the work tree as the base has it. Raises `UsageError`."""
    from redigest.cli.setup import named_mappings
    from redigest.mapping import MappingFile
    from redigest.urls import is_url

    if (isinstance(name, str) and is_url(name)) or trusted.place_of(Path(name)) is None:
        return named_mappings([name])[0]
    return MappingFile(str(name), trusted.file(Path(name)))
