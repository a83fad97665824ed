"""The command line: `redigest` and the table of its commands, each imported when it is called."""

import contextlib
import errno
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from redigest import __version__
from redigest.cli import streams
from redigest.errors import RedigestError

if TYPE_CHECKING:
    from redigest.report import Report

_COMMANDS = {
    "scan": "redigest.cli.tree:scan",
    "fix": "redigest.cli.tree:fix",
    "run": "redigest.cli.run:run",
    "explain": "redigest.cli.explain:explain",
    "verify": "redigest.cli.verify:verify",
    "mapping": "redigest.cli.mapping:mapping",
    "rules": "redigest.cli.rules:rules",
    "config": "redigest.cli.config:config",
    "demo": "redigest.cli.demo:demo",
}


_FAILED = 4


class _Commands(click.Group):
    """A group whose commands are imported when they are called, so that `--version` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click calls it so
        target = _COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, _, name = target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="redigest")
def redigest() -> None:
    """Swap schema 1 image digests for the equivalent schema 2 ones.

    Every swap has evidence, and nothing but the digest changes.
    """


def _unheard(_: str, /) -> None:
    """Nobody but a person at standard error is told what ends a run."""


def main(arguments: Sequence[str] | None = None, *, hear: Callable[[str], object] = _unheard, see: "Callable[[Report], object] | None" = None) -> int:
    """Run the command line and give the exit code.

    `hear` gets in words what ends the run, of which standard error has as much or more, and `see` gets what reports on trees and runs are written from.
    """
    if arguments is None:  # the process is ours
        os.environ.setdefault("PYTHONSAFEPATH", "1")  # or the Python of each process that we start imports from the current directory, which may be anybody's
        streams.take_over()
    try:
        code = _run(arguments, hear, see)
    except OSError:  # what was to be said of the end could not be written either
        code = _FAILED
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries again at exit, and exits with 120
        code = code if code == _FAILED else _unwritable(error)
    return code


def _unwritable(error: OSError) -> int:
    """Say in one line that standard output takes nothing more, unless its reader has seen enough; give the exit code."""
    if error.errno != errno.EPIPE:
        with contextlib.suppress(OSError):
            click.echo(f"redigest: standard output cannot be written: {error.strerror}", err=True)
    return _FAILED


def _run(arguments: Sequence[str] | None, hear: Callable[[str], object], see: "Callable[[Report], object] | None") -> int:  # noqa: PLR0911 -- one for each way to end
    try:
        with _ended_like_interrupted():
            code = redigest.main(args=list(arguments) if arguments is not None else None, standalone_mode=False, obj=see)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("redigest: interrupted", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        hear(error.format_message())
        return 2
    except RedigestError as error:
        click.echo(_said(error), err=True)
        hear(str(error))
        return error.exit_code
    except SystemExit as end:  # how click ends after shell completion, and when nobody reads what it writes
        return _FAILED if end.code else 0
    except BrokenPipeError:
        return _FAILED
    except streams.Unwritable as error:
        return _unwritable(error)
    except Exception as error:  # noqa: BLE001 -- the last resort: Python would exit with 1, which says something else
        from redigest.logs import unexpected

        hear(f"unexpected {type(error).__name__}; the log has more")
        with contextlib.suppress(OSError):  # standard error may be full
            click.echo(unexpected(error), err=True)
        return _FAILED
    return code if isinstance(code, int) else 0


def _said(error: RedigestError) -> str:
    """An error in lines for people; it may hold foreign text."""
    from redigest.report.safety import log_line, visible

    return "\n".join(log_line(visible(f"redigest: {line}")) for line in str(error).split("\n"))


@contextlib.contextmanager
def _ended_like_interrupted() -> Iterator[None]:
    """A runner that cancels a job sends SIGTERM: what was begun is undone as for a person who presses Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():  # only there a signal can be handled
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
