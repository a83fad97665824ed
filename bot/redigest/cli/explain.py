"""`redigest explain`: how one reference resolves, evidence by evidence."""

import json
from dataclasses import asdict
from typing import Any

import click

from redigest import reference
from redigest.cli import sources
from redigest.cli.options import resolving
from redigest.cli.setup import load_config, named_mappings
from redigest.errors import UsageError
from redigest.model import Current, Swap, Unknown, Verdict
from redigest.report.safety import log_line, shown, visible
from redigest.resolve import Question, resolve


@click.command()
@click.argument("written", metavar="REFERENCE")
@resolving
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Text, or JSON on standard output.")
def explain(written: str, form: str, **flags: Any) -> int:
    """Say how REFERENCE, an image with a digest, resolves.

    It says what was asked, what was answered, and what that comes to. The digest may stand behind a tag: registry.redhat.io/rhel7/etcd:3.2@sha256:...
    """
    image = reference.parse(written.removeprefix("docker://"))
    if image is None or image.digest is None:
        raise UsageError(f"{shown(written)}: not an image with a digest; give one such as registry.redhat.io/rhel7/etcd@sha256:...")
    config = load_config(flags["config"])
    question = Question(image.digest, image.name, image.tag)
    mappings = named_mappings(flags["mapping"] or (config.mapping if config else ()))
    with sources.opened(sources.mapping_files(mappings, flags, config), flags, config) as opened:
        accept_tag = bool(flags["accept"] or (config and config.accept))
        verdict = resolve([question], opened, accept_tag=accept_tag)[question]
        problems = [problem for source in opened for problem in source.problems]
    if form == "json":
        click.echo(json.dumps(_record(question, verdict), indent=2))
    else:
        for line in _lines(question, verdict):
            click.echo(log_line(visible(line)))
    for problem in problems:
        click.echo(log_line(shown(f"{problem.place}: {problem.reason}")), err=True)
    return 1 if flags["strict"] and isinstance(verdict, Unknown) else 0


def _record(question: Question, verdict: Verdict) -> dict[str, object]:
    return {
        "image": question.name,
        "tag": question.tag,
        "digest": str(question.digest),
        "verdict": _word(verdict),
        "replacement": str(verdict.new) if isinstance(verdict, Swap) else None,
        "suggestion": str(verdict.suggestion) if isinstance(verdict, Unknown) and verdict.suggestion else None,
        "schema_1": isinstance(verdict, Swap) or (isinstance(verdict, Unknown) and verdict.is_schema_1),
        "reason": None if isinstance(verdict, Swap) else verdict.reason,
        "evidence": [asdict(item) for item in verdict.evidence],
        "tried": [asdict(trial) for trial in verdict.trials],
    }


def _lines(question: Question, verdict: Verdict) -> list[str]:
    tag = f":{question.tag}" if question.tag else ""
    lines = [f"{question.name}{tag}@{question.digest}", ""]
    lines += ["tried:"] if verdict.trials else []
    for trial in verdict.trials:
        lines += [f"  {trial.name}: {trial.asked}", f"    {trial.answer}"]
    lines += ["evidence:"] if verdict.evidence else []
    for item in verdict.evidence:
        lines += [f"  {item.kind}: {item.detail}", f"    $ {item.check}"]
    lines.append(f"verdict: {_word(verdict)}")
    lines.append(f"  {_meaning(question, verdict)}")
    return lines


def _meaning(question: Question, verdict: Verdict) -> str:
    if not isinstance(verdict, Swap):
        return verdict.reason
    if verdict.is_suggestion:
        return f"{verdict.new} is what the tag {question.tag} points to today; nothing proves that it is the same image"
    return f"{verdict.new} is the schema 2 digest of the same image"


def _word(verdict: Verdict) -> str:
    match verdict:
        case Swap():
            return "swap"
        case Current():
            return "current"
        case Unknown():
            return "unknown"
