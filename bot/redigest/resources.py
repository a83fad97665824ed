"""Where the data that come with the program are, however it was installed."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from redigest.errors import RedigestError


def locate_rules() -> Traversable:
    """Find the directory of the rule files that come with redigest.

    A wheel holds them inside the package; in a checkout, which an editable install runs from as well, they stand beside `bot/`.
    Raises `RedigestError` where neither directory exists.
    """
    shipped = files("redigest") / "rules"
    checkout = Path(__file__).parents[2] / "rules"
    for candidate in (shipped, checkout):
        if candidate.is_dir():
            return candidate
    raise RedigestError(f"the rules of redigest are missing, neither {shipped} nor {checkout} is a directory: install redigest again")
