"""Patterns for paths: `*` and `?` stay within a folder, `**` crosses folders."""

import re
from collections.abc import Callable, Iterable

_PART = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|/|[^*?\[/]+|\[")
_MEANING = {"**/": "(?:[^/]+/)*", "**": ".*", "?": "[^/]", "[": r"\["}
_MEMBER = re.compile(r"(.)-(.)|(.)", re.DOTALL)


def compile_globs(patterns: Iterable[str], *, anchored: bool) -> re.Pattern[str]:
    """One expression for all patterns, to be matched against a whole path.

    An anchored pattern begins at the top of the tree; any other at the start of any part of the path.
    """
    start = "" if anchored else "(?:.*/)?"
    return re.compile("|".join(start + _translate(pattern) for pattern in patterns) or r"(?!)", re.DOTALL)


def takes(include: Iterable[str], exclude: Iterable[str]) -> Callable[[str], bool]:
    """Make what tells whether a file is included and not excluded, by its path from the top; a pattern without stars is a folder with all in it, too."""
    included, excluded = _choosing(include), _choosing(exclude)
    return lambda path: included.fullmatch(path) is not None and excluded.fullmatch(path) is None


def _choosing(patterns: Iterable[str]) -> re.Pattern[str]:
    names = [pattern.strip("/") or "**" for pattern in patterns]
    return compile_globs([*names, *(f"{name}/**" for name in names if not is_glob(name))], anchored=True)


class Globs:
    """Patterns for paths, compiled at the first path that holds all the letters of one of them: of many patterns a run meets files for few."""

    __slots__ = ("_expression", "_letters", "_patterns")

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(patterns)
        self._letters = tuple(tuple(filter(_is_literal, _PART.findall(pattern))) for pattern in self._patterns)
        self._expression: re.Pattern[str] | None = None

    def fit(self, path: str) -> bool:
        """Tell whether one of them fits a whole path from the start of any part of it."""
        if self._expression is None:
            if not any(all(letters in path for letters in pattern) for pattern in self._letters):
                return False
            self._expression = compile_globs(self._patterns, anchored=False)
        return self._expression.fullmatch(path) is not None


def is_glob(pattern: str) -> bool:
    """Whether a pattern can fit more than the name that it is."""
    return not all(map(_is_literal, _PART.findall(pattern)))


def _is_literal(part: str) -> bool:
    return part[0] not in "*?["


def is_simple(pattern: str) -> bool:
    """Whether `**` stands only at the beginning and at the end, as `**/` and `/**`.

    Then the time to match grows no faster than with the length of the pattern times that of the path, even if both are made for harm.
    """
    return "**" not in pattern.removeprefix("**/").removesuffix("/**") or pattern == "**"


def _translate(pattern: str) -> str:
    parts = [match.group() for match in _PART.finditer(pattern)]
    translated = []
    for position, part in enumerate(parts):
        if part != "*":
            translated.append(_literally(part))
            continue
        rest = parts[position + 1 :]
        length = next((number for number, other in enumerate(rest) if other in ("*", "/", "**", "**/")), len(rest))
        is_followed = length < len(rest) and rest[length] == "*"
        if is_followed:  # the first place where what stands between two stars fits is as good as any later one, so none of those is tried
            translated.append(f"(?>[^/]*?{''.join(map(_literally, rest[:length]))})")
            parts[position + 1 : position + 1 + length] = [""] * length
        else:
            translated.append("[^/]*")
    return "".join(translated)


def _literally(part: str) -> str:
    return _MEANING.get(part) or (_one_of(part) if part.startswith("[") else re.escape(part))


def _one_of(brackets: str) -> str:
    """A character from `[a-z_]`, or after `!` none of them; never `/`, and as in a shell a range from high to low holds nothing."""
    is_negated = brackets[1] in "!^" and len(brackets) > len("[!]")
    members = _MEMBER.findall(brackets[1 + is_negated : -1])
    chosen = "".join(re.escape(single) or f"{re.escape(low)}-{re.escape(high)}" for low, high, single in members if low <= high)
    if not chosen:
        return "[^/]" if is_negated else "(?!)"
    return f"(?!/)[{'^' if is_negated else ''}{chosen}]"
