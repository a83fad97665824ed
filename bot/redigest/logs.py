"""What `-v` shows of the work inside: log records on standard error, ours and those of the libraries, with no secret in them."""

import logging
import sys

from redigest.report.safety import visible
from redigest.secret import scrubbed

_LIBRARIES = ("github", "gitlab", "httpx", "httpcore", "urllib3", "requests", "stamina", "hpack", "h2")


def show(verbose: int) -> None:
    """Show what is logged: our warnings by default, what we do with `-v`, and what the libraries do as well with `-vv`."""
    root = logging.getLogger()
    if not verbose:
        ours = logging.StreamHandler(sys.stderr)
        ours.setLevel(logging.WARNING)
        ours.setFormatter(_Scrubbing("redigest: %(message)s"))
        logging.getLogger("redigest").addHandler(ours)
        root.addHandler(logging.NullHandler())  # or Python writes the warnings of libraries to standard error
        return
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(_Scrubbing("%(asctime)s %(threadName)s %(name)s: %(message)s"))
    root.addHandler(stream)
    logging.getLogger("redigest").setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    logging.getLogger("git").setLevel(logging.WARNING)  # it shows whole environments by name; what is run we say ourselves
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG if verbose > 1 else logging.WARNING)


class _Scrubbing(logging.Formatter):
    """Masks secrets in the whole text of a record, its traceback included, and lets no foreign text move the cursor."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(visible(line) for line in scrubbed(super().format(record)).split("\n"))
