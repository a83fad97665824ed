"""Markdown as a person at a terminal reads it."""

from rich.console import Console, JustifyMethod
from rich.markdown import Markdown, TableDataElement


class _Cell(TableDataElement):
    """A cell that goes on below where it is too long for its column: names of images differ at their ends."""

    def __init__(self, justify: JustifyMethod) -> None:
        super().__init__(justify)
        self.content.overflow = "fold"


class _Whole(Markdown):
    """Markdown of whose tables nothing is cut off."""

    elements = {**Markdown.elements, "td_open": _Cell, "th_open": _Cell}  # noqa: RUF012 -- as the library declares it


def show(text: str) -> None:
    """Print Markdown on standard output, in the width of the terminal."""
    Console().print(_Whole(text))
