"""Comments in texts whose language is not known, as shells, YAML and Dockerfiles write them."""

import re

_REACH = 1000
"""Characters of a line before a place that are looked at."""
_QUOTE_OR_HASH = re.compile(r"['\"#]")


def is_commented(chars: str, at: int) -> bool:
    """Tell whether the line up to `at` has begun a comment, as shells, YAML and Dockerfiles write it."""
    floor = max(0, at - _REACH)
    start = max(floor, chars.rfind("\n", floor, at) + 1, chars.rfind("\r", floor, at) + 1)
    line = chars[start:at]
    if line.lstrip().startswith(("#", "//")):
        return True
    if "#" not in line:
        return False
    quote = ""
    for match in _QUOTE_OR_HASH.finditer(line):
        char = match.group()
        if quote:
            quote = "" if char == quote else quote
        elif char != "#":
            quote = char
        elif line[match.start() - 1] in " \t":
            return True
    return False
