"""Reports of redigest that were left in a tree: they are records, told by how they begin; those in JSON a rule tells by their keys."""

import re

REASON = "a report of redigest"

_BEGINNINGS = {
    ".md": re.compile(
        rb"# (?:Image digests\r?\n\r?\nredigest [^\s,]{1,80}, \d{4}-\d\d-\d\d "
        rb"|redigest verify\r?\n\r?\n(?:`?[0-9a-f]{12}\.\.[0-9a-f]{12}`?|the patch on `?[0-9a-f]{12}`?) (?:passes|does not pass): )"
    ),
    ".html": re.compile(
        rb'\s*<!DOCTYPE html>(?s:.){1,2000}?<meta name="generator" content="redigest [^"\n]{1,80}">\s*<title>(?:Image digests|Check of a change)'
    ),
    ".sarif": re.compile(rb'\{"\$schema": "[^"\n]{1,200}",\r?\n"version": "2\.1\.0",\r?\n"runs": \[\{"tool": \{"driver": \{"name": "redigest", '),
}
"""By suffix: in another file, such as a manifest, the same beginning would hide what follows."""


def is_own_report(path: str, data: bytes) -> bool:
    """Tell a report by the name and the first bytes of a file."""
    beginning = next((pattern for suffix, pattern in _BEGINNINGS.items() if path.lower().endswith(suffix)), None)
    return beginning is not None and beginning.match(data) is not None
