"""The CSV records of a mapping file, each with the line and the text that it was read from."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from redigest.errors import UsageError
from redigest.mapping.blocks import Block


class Record(NamedTuple):
    """One record: the number of its first line, its text with the line ends, its cells as the csv module reads them."""

    line: int
    text: str
    cells: list[str]

    def position(self, index: int, delimiter: str) -> tuple[int, int]:
        """Line and column (in characters), from 1, at which the cell of this index, from 0, begins; the end of the record if it has fewer cells."""
        text = self.text.rstrip("\n")
        cell = re.compile(rf'[^{delimiter}"]*+(?:"[^"]*"?[^{delimiter}"]*+|)*+{delimiter}?')
        at = 0
        for _ in range(min(index, len(text))):
            match = cell.match(text, at)
            at = match.end() if match else at
        return self.line + text.count("\n", 0, at), at - text.rfind("\n", 0, at)


def lines_of(blocks: Iterable[Block]) -> Iterator[str]:
    """Decode blocks line by line; undecodable bytes become U+FFFD, and only LF ends a line."""
    for block in blocks:
        yield from io.StringIO(block.lines.decode("utf-8", "replace"))


def records(file: str, lines: Iterable[str], delimiter: str, *, line: int = 1) -> Iterator[Record]:
    """Read records from whole lines, the first of which has the number `line`; a quoted cell may hold line breaks.

    Raises `UsageError` where a quote is not closed before the lines end or the cell has 131,072 characters: from there on nothing tells what is a row.
    """
    held: list[str] = []
    ended = False

    def noted() -> Iterator[str]:
        nonlocal ended
        for text in lines:
            held.append(text)
            yield text
        ended = True

    reader = csv.reader(noted(), delimiter=delimiter, skipinitialspace=True)
    while True:
        held.clear()
        start = line + reader.line_num
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            message = f"a quote that is opened in this row is not closed ({problem}); close or remove it"
            raise UsageError.at(file, line=start, message=message) from problem
        if cells is None:
            return
        if ended:  # the reader asked for more lines although it had begun a record
            raise UsageError.at(file, line=start, message="a quote that is opened in this row is not closed; close or remove it")
        yield Record(start, "".join(held), cells)
