"""What a check found, for the terminal and in files: which suffix gets which writer."""

import json as encoder
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from redigest import __version__
from redigest.errors import UsageError
from redigest.model import Decision
from redigest.report import files
from redigest.report.findings import Finding, Level
from redigest.report.safety import code, printed, prose, table, visible
from redigest.report.summary import plural
from redigest.verification.judgement import Judgement
from redigest.verification.revisions import Range
from redigest.verification.violations import Violation


@dataclass(frozen=True, slots=True)
class Moments:
    """When a check began and ended."""

    started: datetime
    finished: datetime


_MOST_PLACES = 3
"""Places that the last line names; the reports have them all."""

Writer = Callable[[Range, Judgement, Moments], str]


def show(span: Range, judgement: Judgement, *, quiet: bool, verbose: int) -> None:
    """Print a line for each violation to standard output, and the rest to standard error.

    At the end there stands a line with the counts, which `quiet` leaves out where nothing is wrong.
    """
    wrong = (*judgement.violations, *judgement.undecided)
    sys.stdout.writelines(f"{line_of(violation)}\n" for violation in wrong)
    sys.stdout.flush()  # both can go to one log
    lines = [] if quiet else list(_problems(judgement, verbose=verbose))
    if verbose:
        lines += [line for decision in judgement.swaps for line in _evidence(decision)]
    if not quiet or wrong:
        lines.append(summary(span, judgement))
    sys.stderr.writelines(f"{line}\n" for line in lines)


def _problems(judgement: Judgement, *, verbose: int) -> Iterator[str]:
    """The problems of files that have to do with the change, and how many others there are."""
    shown = [problem for problem in judgement.problems if verbose or problem.is_outside or problem.path in judgement.touched]
    yield from (printed(f"problem: {problem.place}: {problem.reason}") for problem in shown)
    if more := len(judgement.problems) - len(shown):
        yield f"{plural(more, 'more problem' if shown else 'problem')} of files that the change does not touch; name {'it' if more == 1 else 'them'} with -v"


def line_of(violation: Violation) -> str:
    """A violation as compilers write errors; no line begins with what a CI system takes for an order."""
    return f"{_path(violation.path)}:{violation.line}:{violation.column}: {printed(violation.message)}"


def summary(span: Range, judgement: Judgement) -> str:
    """The last line: what came of the check, and the counts."""
    what = f"{span.base[:12]}..{span.head[:12]}" if span.head else f"the patch on {span.base[:12]}"
    wrong, open_ = len(judgement.violations), len(judgement.undecided)
    if wrong or open_:
        counts = [plural(wrong, "violation")] if wrong else []
        counts += [f"{plural(open_, 'digest')} that a registry could not be asked about"] if open_ else []
        return f"{what} does not pass: {', '.join(counts)}{_kept(judgement)}"
    if not judgement.swaps:
        return f"{what} passes: nothing was changed"
    kinds = Counter(kind for decision in judgement.swaps for kind in {item.kind for item in decision.verdict.evidence})
    named = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    evidence = f", with evidence ({named})" if named else ""
    return f"{what} passes: {plural(len(judgement.swaps), 'digest')} in {plural(judgement.files, 'file')}{evidence}; nothing else was changed{_kept(judgement)}"


def _kept(judgement: Judgement) -> str:
    if not judgement.kept:
        return ""
    places = [f"{_path(item.sighting.path)}:{item.sighting.line}:{item.sighting.column}" for item in judgement.kept[:_MOST_PLACES]]
    more = [f"{len(judgement.kept) - _MOST_PLACES} more"] if len(judgement.kept) > _MOST_PLACES else []
    return f"; digests that were swapped stay in {plural(len(judgement.kept), 'place')} where redigest cannot swap: {', '.join([*places, *more])}"


def _path(path: str) -> str:
    text = printed(path)
    return f"./{text}" if text[:1] in (":", "#", "-", " ") else text


def _evidence(decision: Decision) -> Iterator[str]:
    sighting = decision.sighting
    yield f"{_path(sighting.path)}:{sighting.line}:{sighting.column}: {printed(sighting.text)} became {_new(decision) or 'a tag alone'}"
    for item in decision.verdict.evidence:
        yield f"  {item.kind}: {printed(item.detail)}"
        yield from (f"    $ {printed(command, len(command))}" for command in item.check.split("\n") if command)


def _new(decision: Decision) -> str | None:
    return str(decision.edit.new) if decision.edit is not None and decision.edit.new is not None else None


def _json(span: Range, judgement: Judgement, _moments: Moments) -> str:
    record = {
        "version": 1,
        "kind": "verification",
        "tool": {"name": "redigest", "version": __version__},
        "base": span.named,
        "merge_base": span.base,
        "head": span.head,
        "passed": not judgement.violations and not judgement.undecided,
        "violations": list(map(_violation, (*judgement.violations, *judgement.undecided))),
        "swaps": list(map(_swap, judgement.swaps)),
        "kept": list(map(_swap, judgement.kept)),
        "problems": [{"path": visible(problem.path), "line": problem.line, "reason": visible(problem.words)} for problem in judgement.problems],
    }
    return encoder.dumps(record, indent=2) + "\n"


def _violation(violation: Violation) -> Mapping[str, object]:
    position = {"path": visible(violation.path), "line": violation.line, "column": violation.column, "offset": violation.offset}
    return {"rule": violation.fault.value, **position, "message": visible(violation.message)}


def _swap(decision: Decision) -> Mapping[str, object]:
    sighting = decision.sighting
    return {
        "path": visible(sighting.path),
        "line": sighting.line,
        "column": sighting.column,
        "image": sighting.name,
        "tag": sighting.tag,
        "digest": sighting.text,
        "replacement": _new(decision),
        "reason": visible(decision.reason) if decision.reason is not None else None,
        "evidence": [{"kind": item.kind.value, "detail": visible(item.detail), "check": visible(item.check)} for item in decision.verdict.evidence],
    }


def _markdown(span: Range, judgement: Judgement, _moments: Moments) -> str:
    from redigest.report.layout import between, fitted, paragraphs

    wrong = ((f"{code(item.path)} {item.line}:{item.column}", item.fault.value, prose(item.message)) for item in (*judgement.violations, *judgement.undecided))
    tables = (
        table(("where", "rule", "what is wrong"), wrong),
        table(("where", "digest", "became", "evidence"), map(_row, judgement.swaps)),
        table(("where", "digest that stays", "why"), map(_stay, judgement.kept)),
    )
    return fitted(paragraphs("# redigest verify", prose(summary(span, judgement)), *(between(lines, first=2) for lines in tables)))


def _stay(decision: Decision) -> Sequence[str]:
    sighting = decision.sighting
    return f"{code(sighting.path)} {sighting.line}:{sighting.column}", code(sighting.text), prose(decision.reason or "")


def _row(decision: Decision) -> Sequence[str]:
    sighting = decision.sighting
    kinds = ", ".join(dict.fromkeys(item.kind for item in decision.verdict.evidence))
    return f"{code(sighting.path)} {sighting.line}:{sighting.column}", code(sighting.text), code(_new(decision) or "a tag alone"), kinds


def _sarif(span: Range, judgement: Judgement, moments: Moments) -> str:
    from redigest.report import sarif
    from redigest.report.violations import KINDS

    notices = [sarif.Notice(Level.WARNING, f"{problem.place}: {problem.reason}") for problem in judgement.problems]
    checked = sarif.Checked("redigest/verify/", _findings(judgement), tuple(KINDS.values()), notices, is_successful=not judgement.undecided, head=span.head)
    return sarif.write([checked], version=__version__, started=moments.started, finished=moments.finished)


def _code_quality(_span: Range, judgement: Judgement, _moments: Moments) -> str:
    from redigest.report import code_quality

    return code_quality.write(_findings(judgement))


def _html(span: Range, judgement: Judgement, moments: Moments) -> str:
    from redigest.report.html import check

    return check.render(span, judgement, lead=summary(span, judgement), started=moments.started, finished=moments.finished)


def _findings(judgement: Judgement) -> Sequence[Finding]:
    from redigest.report.violations import finding_of

    return tuple(map(finding_of, (*judgement.violations, *judgement.undecided)))


WRITERS: Mapping[str, Writer] = {".gl.json": _code_quality, ".html": _html, ".json": _json, ".md": _markdown, ".sarif": _sarif}
"""The first suffix that fits counts."""


def check(path: Path, within: Sequence[Path]) -> None:
    """Before anything is asked: raise `UsageError` for a report that has no writer, or that cannot be written, or would be written through a link."""
    files.writer_for(path, WRITERS)
    if path.is_symlink():  # whoever made it, a check that decides on merging follows none
        raise UsageError(f"{path}: this is a symbolic link, and a report is not written through one; name a file")
    files.check(path, within)


def write(span: Range, judgement: Judgement, path: Path, moments: Moments) -> None:
    """Write a report in the form that the suffix asks for. Raises `UsageError`."""
    files.write(path, files.writer_for(path, WRITERS)(span, judgement, moments))
