"""A page that needs nothing but itself, fetches nothing, and runs no script but its own: templates filled with text from anywhere."""

import base64
import hashlib
import re
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from redigest import __version__
from redigest.report import summary
from redigest.report.grouping import short
from redigest.report.safety import shown

_THIN = "\u202f"
"""The narrow space that does not break: between thousands, in every language (ISO 80000-1)."""

_SEPARATOR = re.compile(r"[/@](?!/)|:(?!/|\d+(?:/|$))")
"""Behind these a path or a reference can be broken; a port and the number of a line are no words. None of them is in an entity of HTML."""


def fill(
    template: str, *, started: datetime, finished: datetime, version: str = __version__, script: str | None = None, is_large: bool = False, **values: object
) -> str:
    """Write a page by a template that stands here, with one of the scripts that do.

    Its Content-Security-Policy names the hashes of its one style and its one script, so that nothing else can be applied or run.
    """
    style, code = _text("page.css"), _text(script) if script is not None else None
    applied = {"style-src": style, "script-src": code}
    sources = "; ".join(f"{directive} {_hash(text)}" for directive, text in applied.items() if text is not None)
    return (
        _environment()
        .get_template(template)
        .render(
            started=started,
            finished=finished,
            version=version,
            style=Markup(style),  # noqa: S704 -- ours
            script=Markup(code) if code is not None else None,  # noqa: S704 -- ours
            policy=f"default-src 'none'; img-src data:; {sources}; base-uri 'none'; form-action 'none'",
            is_large=is_large,
            **values,
        )
    )


def number(count: int) -> str:
    """Write a number with narrow spaces between thousands."""
    return f"{count:,}".replace(",", _THIN)


def plural(count: int, noun: str) -> str:
    """Write a number and what is counted."""
    return summary.plural(count, noun).replace(str(count), number(count), 1)


def _breakable(text: str) -> Markup:
    """A path or a reference as `shown`, with the places at which a line should break before it breaks within a word."""
    return Markup(_SEPARATOR.sub(r"\g<0><wbr>", str(escape(shown(text)))))  # noqa: S704 -- it is escaped


def _hash(text: str) -> str:
    """The source expression of an inline script or style (Content Security Policy Level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True, loader=FunctionLoader(_text), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"breakable": _breakable, "number": number, "plural": plural, "shown": shown, "short": short, "time": _time}
    return environment
