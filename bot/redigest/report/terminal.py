"""What a person sees while working: plain lines, with colour on a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TextIO

from redigest.model import Action, Outcome, Problem, Result, Standing, Swap
from redigest.report import Report
from redigest.report.grouping import ImageSection, by_fate, by_image, by_reason, short
from redigest.report.safety import log_line, shown, visible
from redigest.report.summary import Fate, in_words, plural
from redigest.report.tables import print_registries

Verb = Literal["scan", "fix", "run"]

Span = tuple[str, str]
"""Text and how it looks: a style as rich names it, or nothing."""

Line = Sequence[Span]

_FEW = 5
"""How many places of an image, and how many of its names, are shown without `-v`."""


def print_outcome(
    outcome: Outcome,
    *,
    verb: Verb,
    stream: TextIO,
    color: bool,
    quiet: bool,
    verbose: int,
    table: Report | None = None,
) -> None:
    """Print what was found and done; with `quiet` only the problems and what is left to do, with `verbose` every place and the evidence in full.

    Colour needs both `color` and a `stream` that is a terminal; lines are never wrapped. What is in force by registry stands in a table before the last
    line, where a report for it is given.
    """
    if quiet:
        _print(_brief(outcome), stream, color=color)
        return
    _print(_lines(outcome, verb=verb, is_verbose=verbose > 0), stream, color=color)
    if table is not None:
        print_registries(table, stream=stream, color=color)
    _print([[(in_words(outcome), "bold")]], stream, color=color)


def details(outcome: Outcome, *, verbose: int) -> Iterator[str]:
    """Say what is or would be changed, image by image, in lines that are not yet fit for a log; with `verbose` also what stays, and every place."""
    fates = by_fate(outcome)
    lines = _kept_and_changed(fates, is_verbose=True) if verbose else _changed(fates, is_verbose=False)
    yield from ("".join(text for text, _ in line) for line in lines)


def _brief(outcome: Outcome) -> Iterator[Line]:
    """What went wrong, what is left to do, and what somebody else has decided to leave."""
    fates = by_fate(outcome)
    yield from _remaining(fates[Fate.REMAINING], is_verbose=False)
    forbidden = [result for result in fates[Fate.IGNORED] if result.sighting.standing is Standing.PROTECTED and isinstance(result.verdict, Swap)]
    yield from _reasons("left alone", forbidden, shows_places=False, is_verbose=False)
    yield from _problems(outcome.problems)


def _print(lines: Iterable[Line], stream: TextIO, *, color: bool) -> None:
    unheard = map(_without_order, lines)
    if not (color and stream.isatty()):
        stream.writelines(f"{''.join(text for text, _ in line)}\n" for line in unheard)
        return
    from rich.console import Console
    from rich.text import Text

    text = Text.assemble(*(span for line in unheard for span in (*line, ("\n", ""))))
    Console(file=stream, no_color=False).print(text, soft_wrap=True, end="")


def _without_order(line: Line) -> Line:
    """A line that a runner of CI would obey gets other words, and no colours."""
    text = "".join(span for span, _ in line)
    return line if (unheard := log_line(text)) == text else [(unheard, "")]


def _lines(outcome: Outcome, *, verb: Verb, is_verbose: bool) -> Iterator[Line]:
    yield from _kept_and_changed(by_fate(outcome), is_verbose=is_verbose)
    yield from _problems(outcome.problems)
    if verb == "scan":
        yield from _next_step(outcome.results)


def _changed(fates: Mapping[Fate, Sequence[Result]], *, is_verbose: bool) -> Iterator[Line]:
    for section in by_image(fates[Fate.CHANGED]):
        yield from _image(section, is_verbose=is_verbose)


def _kept_and_changed(fates: Mapping[Fate, Sequence[Result]], *, is_verbose: bool) -> Iterator[Line]:
    yield from _changed(fates, is_verbose=is_verbose)
    yield from _remaining(fates[Fate.REMAINING], is_verbose=is_verbose)
    yield from _reasons("unknown", fates[Fate.UNKNOWN], shows_places=True, is_verbose=is_verbose)
    yield from _reasons("current", fates[Fate.CURRENT], shows_places=is_verbose, is_verbose=is_verbose)
    yield from _reasons("left alone", fates[Fate.IGNORED], shows_places=is_verbose, is_verbose=is_verbose)


def _remaining(results: Iterable[Result], *, is_verbose: bool) -> Iterator[Line]:
    if remaining := by_image(results):
        yield [("schema 1, and kept:", "bold")]
        for section in remaining:
            yield from _image(section, is_verbose=is_verbose)
            yield from ([("  because: ", ""), (shown(reason), "yellow")] for reason in section.reasons)


def _image(section: ImageSection, *, is_verbose: bool) -> Iterator[Line]:
    names = _some([shown(name) for name in section.references], "and {} more names", is_verbose=is_verbose)
    new = "tag only" if section.is_unpinned else short(str(section.new)) if section.new is not None else "no replacement"
    kinds = ", ".join(dict.fromkeys(item.kind for item in section.evidence))
    details = [f"{short(section.old)} -> {new}", kinds, plural(len(section.results), "place")]
    yield [(", ".join(names) or "name not known", "bold cyan"), *((f"  {detail}", "") for detail in details if detail)]
    yield from ([(f"  {text}", "")] for text in _some(list(map(_place, section.results)), "and {} more", is_verbose=is_verbose))
    if is_verbose:
        for item in section.evidence:
            yield [(f"  {item.kind}: ", "green"), (shown(item.detail), "")]
            yield from ([(f"    $ {visible(command)}", "")] for command in item.check.split("\n") if command)


def _reasons(title: str, results: Sequence[Result], *, shows_places: bool, is_verbose: bool) -> Iterator[Line]:
    if results:
        yield [(f"{title}:", "bold")]
    for section in by_reason(results):
        known = sum(isinstance(result.verdict, Swap) for result in section.results)
        hint = f" ({known} with the digest of a schema 1 image)" if known else ""
        yield [(f"  {plural(len(section.results), 'place')}: {shown(section.reason)}{hint}", "")]
        if shows_places or any(_is_open(result) for result in section.results):
            yield from ([(f"    {place}", "")] for place in _some(list(map(_place, section.results)), "and {} more", is_verbose=is_verbose))


def _is_open(result: Result) -> bool:
    """The digest of a schema 1 image, at a place of which nothing says that it is none: a person should look there."""
    return isinstance(result.verdict, Swap) and result.sighting.standing is Standing.UNPLACED


def _problems(problems: Iterable[Problem]) -> Iterator[Line]:
    for problem in problems:
        yield [("given up: " if problem.failed else "problem: ", "red"), (f"{shown(problem.place)}: {shown(problem.reason)}", "")]


def _next_step(results: Sequence[Result]) -> Iterator[Line]:
    """The line that goes with exit code 1."""
    swaps = [result for result in results if result.action is Action.WOULD_SWAP]
    by_tag = sum(isinstance(result.verdict, Swap) and result.verdict.is_suggestion for result in swaps)
    if swaps:
        proven = len(swaps) - by_tag
        parts = [f"{plural(proven, 'digest')} {'is schema 1 and has' if proven == 1 else 'are schema 1 and have'} an equivalent"] if proven else []
        today = "its tag points" if by_tag == 1 else "their tags point"
        parts += [f"{plural(by_tag, 'digest')} can be swapped for what {today} to today, which nothing proves to be the same image"] if by_tag else []
        flag = " --accept tag" if by_tag else ""
        yield [(f'{", and ".join(parts)}; run "redigest fix{flag}" to swap {"it" if len(swaps) == 1 else "them"}', "yellow")]
    elif unpins := sum(result.action is Action.WOULD_UNPIN for result in results):
        has, them = ("is schema 1 and has", "it") if unpins == 1 else ("are schema 1 and have", "them")
        yield [(f'{plural(unpins, "digest")} {has} only a tag; run "redigest fix --unpin" to remove {them}', "yellow")]


def _place(result: Result) -> str:
    sighting = result.sighting
    return f"{shown(sighting.path)}:{sighting.line}:{sighting.column}  {shown(sighting.place)}".rstrip()


def _some(texts: Sequence[str], rest: str, *, is_verbose: bool) -> Sequence[str]:
    """All texts, or the first few and how many more there are."""
    if is_verbose or len(texts) <= _FEW:
        return texts
    return [*texts[:_FEW], rest.format(len(texts) - _FEW)]
