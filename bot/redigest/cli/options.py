"""The flags that mean the same for every command."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


def files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Let the shell complete the name of a file, for what may be a URL as well."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


_EVIDENCE = (
    click.option(
        "--mapping",
        "mapping",
        multiple=True,
        metavar="FILE_OR_URL",
        shell_complete=files,
        help="Schema 1 and schema 2 digests as CSV, also gzipped. Repeatable.",
    ),
    click.option("--offline", is_flag=True, help="Never open a connection."),
    click.option("--registry-config", metavar="FILE", type=_FILE, help="Credentials of registries, such as a pull secret."),
    click.option("--manifests", "manifests", multiple=True, metavar="DIR", type=_FOLDER, help="Saved manifests, by digest or as skopeo dir:. Repeatable."),
    click.option("--accept", multiple=True, metavar="KIND", type=click.Choice(["tag"]), help="Swap on weaker evidence as well: what the tag points to today."),
    click.option("--config", "config", metavar="FILE", type=_FILE, help="Configuration; redigest.yaml here, if it is there."),
)
_NO_CACHE = click.option("--no-cache", is_flag=True, help="Keep nothing for the next run of what registries say and files hold.")
_NO_COLOR = click.option("--no-color", is_flag=True, help="Write no colours; the variable NO_COLOR does the same.")
_RESOLVING = (
    *_EVIDENCE,
    _NO_CACHE,
    click.option("--strict", is_flag=True, help="Exit with 1 also when digests remain that are known to be schema 1, or of which nothing is known."),
)
_POLICY = (
    click.option("--unpin", is_flag=True, default=None, help="Drop a schema 1 digest without equivalent where a tag stands beside it."),
    click.option("--mentions", is_flag=True, default=None, help="Swap in comments and prose as well."),
    click.option("--generated", is_flag=True, default=None, help="Swap in files that .gitattributes marks as generated or vendored as well."),
    click.option("--rules", "rules", multiple=True, metavar="DIR", type=_FOLDER, help="Folder with rule files. Repeatable."),
)
_REPORT = click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FILE",
    type=_FILE,
    help="Write a report: .json, .md, .html, .sarif or .gl.json (Code Quality). Repeatable.",
)
_SHARED = (
    *_RESOLVING,
    *_POLICY,
    _REPORT,
    click.option(
        "--jobs", metavar="N", type=click.IntRange(1, 256), help="Processes that read files, one for each processor; for run, repositories at a time."
    ),
    click.option("--executor", metavar="dask://HOST:PORT", help="Have large trees read by the workers of a scheduler of Dask."),
    click.option("-v", "--verbose", count=True, help="Say more: every place."),
    click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong."),
    _NO_COLOR,
)

_SELECTING = (
    click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]..."),
    click.option("--since", metavar="REV", help="Only files that differ from the commit where the branch left REV, new ones among them."),
    click.option("--all", "ignored", is_flag=True, help="Look into files that git ignores as well."),
)


def selecting(command: _Command) -> _Command:
    """Give a command the paths it works on, and the flags that choose among the files there."""
    return _with(command, _SELECTING)


def resolving(command: _Command) -> _Command:
    """Give a command the flags that say how digests are resolved."""
    return _with(command, _RESOLVING)


def shared(command: _Command) -> _Command:
    """Give a command the flags that work on trees of files."""
    return _with(command, _SHARED)


def reporting(command: _Command) -> _Command:
    """Give a command the flag that names reports, and no other."""
    return _with(command, (_REPORT,))


def judging(command: _Command) -> _Command:
    """Give a command the flags that say what is evidence and what may be changed; it keeps nothing and has no colours, whether it is told so or not."""
    return _with(command, (*_EVIDENCE, _NO_CACHE, *_POLICY, _NO_COLOR))


def _with(command: _Command, options: Iterable[Callable[[_Command], _Command]]) -> _Command:
    for option in reversed(tuple(options)):
        command = option(command)
    return command
