"""The tables of a TOML document as its headers begin them, one after another (toml.io v1.0.0, "Table" and "Array of Tables")."""

import re
from dataclasses import dataclass, field

from redigest.document import Path

_KEY = re.compile(r""""(?:[^"\\]++|\\.|)*+"|'[^']*+'|[\w-]++""")


@dataclass(slots=True)
class Table:
    """A table, or the whole document: the tables below it by name, and how many there are of it if it is an array of tables."""

    below: "dict[str, Table]" = field(default_factory=dict)
    count: int = 0

    def enter(self, header: str) -> Path:
        """Begin the table of a header (`[a.b]`, `[[a]]`); its path has the position of the last table of each array on the way."""
        table, path = self, list[str | int]()
        for key in _KEY.findall(header):
            if table.count:
                path.append(table.count - 1)
            name = key[1:-1] if key[0] in "\"'" else key
            table = table.below.setdefault(name, Table())
            path.append(name)
        if header.lstrip().startswith("[["):
            table.below = {}
            path.append(table.count)
            table.count += 1
        return tuple(path)
