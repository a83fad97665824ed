"""Repetition in regular expressions that gives nothing back, for every Python 3.11.

Before 3.11.5 `(?:X)*+` forgets to go back to where an attempt that fails in the middle of `X` began (https://github.com/python/cpython/issues/106052).
With an empty alternative at its end no attempt fails: it takes nothing, and that ends the repetition. All groups that are repeated so have one.
An atomic group around a plain repetition would do as well, but remembers each round: 700 MB for a string of nine million characters.
"""


def some(pattern: str) -> str:
    """One or more of a pattern that has no named groups, as many as there are: what `(?:pattern)++` means."""
    return f"(?:{pattern})(?:{pattern}|)*+"
