"""Every schema 1 payload that a schema 2 image is known to have been converted to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from redigest.schema1.go_payload import Dialect, go_template
from redigest.schema1.images import Image
from redigest.schema1.pulp_payload import pulp_template
from redigest.schema1.refusals import Refused
from redigest.schema1.templates import Flavour, Template

_DIALECTS = (
    Dialect(Flavour.DISTRIBUTION, is_indented=True, keeps_authors=True, counts_diff_ids=True, knows_base_layers=True),
    Dialect(Flavour.DISTRIBUTION_NOAUTHOR, is_indented=True, keeps_authors=False, counts_diff_ids=True, knows_base_layers=True),
    Dialect(Flavour.CONTAINERS_IMAGE, is_indented=False, keeps_authors=True, counts_diff_ids=False, knows_base_layers=False),
)
_CONVERSIONS: tuple[tuple[Flavour, Callable[[Image], Template]], ...] = (
    *((dialect.flavour, partial(go_template, dialect=replace(dialect, go122=go122))) for dialect in _DIALECTS for go122 in (False, True)),
    (Flavour.PULP, pulp_template),
)
"""The programs, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The distinct templates in order of likelihood, each with the likeliest flavour that makes it, and why a flavour makes none."""

    templates: tuple[Template, ...]
    refusals: tuple[tuple[Flavour, str], ...]


def recompute(image: Image) -> Recomputed:
    """Convert the image as each of the programs does."""
    templates: dict[tuple[bytes, bytes, bytes], Template] = {}
    refusals: dict[Flavour, str] = {}
    for flavour, convert in _CONVERSIONS:
        try:
            template = convert(image)
        except Refused as refused:
            refusals[flavour] = str(refused)
        else:
            templates.setdefault((template.before, template.between, template.after), template)
    return Recomputed(tuple(templates.values()), tuple(refusals.items()))


def template_of(image: Image, flavour: Flavour) -> Template:
    """Convert the image as one program does, built with Go before 1.22 if it is one in Go. Raises `Refused`."""
    return next(convert for listed, convert in _CONVERSIONS if listed is flavour)(image)
