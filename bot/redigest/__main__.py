"""`python -m redigest` is the command `redigest`."""

import sys

from redigest.cli import main

if __name__ == "__main__":  # worker processes import this module under another name
    sys.exit(main())
