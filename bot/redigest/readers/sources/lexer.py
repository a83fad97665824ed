"""From the characters of a program source to the literals and comments in which digests stand, and the brackets around them."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter

from redigest.document import Path
from redigest.readers.literals import LINE
from redigest.readers.sources.languages import Quote
from redigest.readers.sources.tokens import CLOSING, Tokens, tokens_of
from redigest.readers.sources.toml_tables import Table

_BRACKETS_BACK = 16
"""How many brackets that were never closed are given up for one that fits a closing one."""


@dataclass(slots=True, eq=False)
class Bracket:
    """An open bracket, the code that an expansion such as `${` begins inside a literal, or (with an empty `mark`) the top of the text.

    `position` counts the commas before it in `holder`, the bracket around it. `literal` is the nearest literal around it. `path` is that of the table
    that a header has begun.
    """

    pattern: re.Pattern[str]
    mark: str = ""
    start: int = 0
    holder: "Bracket | None" = None
    position: int = 0
    literal: "Literal | None" = None
    path: Path = ()
    commas: int = 0
    literals: "list[Literal]" = field(default_factory=list)
    """Those right in it and in no other bracket, in order; only where they can have names."""


@dataclass(slots=True, eq=False)
class Literal:
    """A string literal; `start` is that of its quotes (of `<<` for a heredoc, which has no `quote`), its content goes from `inside` to `end`."""

    pattern: re.Pattern[str]
    quote: Quote | None
    start: int
    inside: int
    holder: Bracket
    position: int
    end: int | None = None
    """`None` while it is open, and for ever if nothing closes it."""


@dataclass(frozen=True, slots=True, eq=False)
class Comment:
    """A comment with its marks."""

    start: int
    end: int


Region = Literal | Comment | None
"""What a digest stands in; `None` is the code around literals and comments."""


class Lines:
    """The lines of a text that are not empty, without their ends."""

    def __init__(self, chars: str) -> None:
        self._chars = chars
        self._spans = [line.span() for line in LINE.finditer(chars)]

    def around(self, index: int) -> tuple[int, int]:
        """The extent of the line in which the character at `index` stands."""
        return self._spans[bisect_right(self._spans, index, key=itemgetter(0)) - 1]

    def next_equal(self, line: str, index: int, *, indented: bool) -> tuple[int, int] | None:
        """The extent of the first line after `index` that reads like this, `indented` or not."""
        spans = self._by_content[indented].get(line, [])
        position = bisect_right(spans, index, key=itemgetter(0))
        return spans[position] if position < len(spans) else None

    @cached_property
    def _by_content(self) -> tuple[dict[str, list[tuple[int, int]]], dict[str, list[tuple[int, int]]]]:
        exact: dict[str, list[tuple[int, int]]] = {}
        stripped: dict[str, list[tuple[int, int]]] = {}
        for start, end in self._spans:
            line = self._chars[start:end]
            exact.setdefault(line, []).append((start, end))
            stripped.setdefault(line.strip(), []).append((start, end))
        return exact, stripped


def place(chars: str, digests: Sequence[int], name: str, lines: Lines) -> list[tuple[int, Region]]:
    """Give each of `digests`, which are ascending indexes, with the innermost literal or the comment around it, in the language called `name`."""
    return _Lexer(chars, digests, tokens_of(name), lines).placed()


class _Lexer:
    """One way through a text, from token to token, with the brackets and literals that are open at each."""

    def __init__(self, chars: str, digests: Sequence[int], tokens: Tokens, lines: Lines) -> None:
        self._chars = chars
        self._digests = digests
        self._tokens = tokens
        self._lines = lines
        self._placed: list[tuple[int, Region]] = []
        self._named_in = {bracket for bracket, _ in tokens.language.groups}
        self._stack: list[Bracket | Literal] = [Bracket(tokens.top)]
        self._heredocs: list[tuple[re.Match[str], Literal]] = []
        self._last: dict[str, int] = {}
        self._tables = Table()
        self._quiet_for = -1
        self._quiet_end = 0

    def placed(self) -> list[tuple[int, Region]]:
        position = 0
        while position < len(self._chars) and not self._is_done():
            top = self._stack[-1]
            if isinstance(top, Bracket):
                position = self._pass_quiet(position)
            token = top.pattern.match(self._chars, position)
            position = self._take(token, top) if token else position + 1
        return self._placed

    def _is_done(self) -> bool:
        """Tell whether every digest has its place and nothing around one is open any more, so that the rest of the text has nothing to say."""
        return len(self._placed) == len(self._digests) and len(self._stack) == 1 and not self._heredocs and "" not in self._named_in

    def _pass_quiet(self, position: int) -> int:
        """Pass over comments and what means nothing, up to the line of the next digest at most: most of a long source, in one step each."""
        if self._tokens.quiet is None:
            return position
        if self._quiet_for != len(self._placed):
            self._quiet_for = len(self._placed)
            self._quiet_end = self._next_line(position)
        skipped = self._tokens.quiet.match(self._chars, position, self._quiet_end)
        return skipped.end() if skipped else position

    def _next_line(self, position: int) -> int:
        """The start of the line in which the next digest stands, `position` if that is in it."""
        if len(self._placed) == len(self._digests):
            return len(self._chars)
        digest = self._digests[len(self._placed)]
        return max(position, *(self._chars.rfind(mark, position, digest) + 1 for mark in "\r\n"))

    def _take(self, token: re.Match[str], top: Bracket | Literal) -> int:
        """Follow a token, and give the index at which the next one begins."""
        kind, (start, end) = token.lastgroup, token.span()
        if kind == "comment":
            self._claim(end, Comment(start, end))
            return end
        self._claim(end, top if isinstance(top, Literal) else top.literal)
        if kind is None:
            return end
        if isinstance(top, Literal):
            return self._take_inside(kind, token, top)
        match kind:
            case "open":
                self._stack.append(Bracket(self._tokens.code, token.group(), start, top, top.commas, top.literal))
            case "close":
                self._close(token.group())
            case "comma":
                top.commas += 1
            case "heredoc":
                self._heredocs.append((token, Literal(top.pattern, None, start, end, top, top.commas)))
            case "line":
                return self._take_heredocs(end) if self._heredocs else end
            case "header":
                self._stack = [Bracket(self._tokens.top, start=end, path=self._tables.enter(token.group()))]
            case _ if kind.startswith("quote"):
                self._open(int(kind.removeprefix("quote")), start, end, top)
            case _:
                return self._skip_block(int(kind.removeprefix("block")), start, end)
        return end

    def _take_inside(self, kind: str, token: re.Match[str], literal: Literal) -> int:
        match kind:
            case "close":
                literal.end = token.start()
                self._stack.pop()
            case "line":
                self._stack.pop()
            case _:
                self._stack.append(Bracket(self._tokens.code, token.group(), literal.start, literal.holder, literal.position, literal))
        return token.end()

    def _open(self, kind: int, start: int, end: int, top: Bracket) -> None:
        quote = self._tokens.language.quotes[kind]
        if quote.is_multiline and not self._is_closed(quote.close, end):
            return
        literal = Literal(self._tokens.inside[kind], quote, start, end, top, top.commas)
        self._stack.append(literal)
        if top.mark in self._named_in:
            top.literals.append(literal)

    def _close(self, mark: str) -> None:
        """Close the nearest bracket that the mark fits, and those inside it that lack theirs; a mark that fits none means nothing."""
        for back, opened in enumerate(reversed(self._stack[-_BRACKETS_BACK:]), 1):
            if isinstance(opened, Literal):
                return
            if opened.mark and CLOSING[opened.mark[-1]] == mark:
                del self._stack[-back:]
                return

    def _skip_block(self, kind: int, start: int, end: int) -> int:
        """Pass over a comment; one that is closed, but not as often as others begin in it, goes up to the last mark, and is the last of its kind.

        So nothing is looked through twice.
        """
        close = self._tokens.language.blocks[kind].close
        if not self._is_closed(close, end):
            return end
        depth = 1
        for mark in self._tokens.blocks[kind].finditer(self._chars, end):
            if mark.lastgroup == "open":
                depth += 1
                continue
            end = mark.end()
            depth -= 1
            if depth == 0:
                break
        else:
            self._last[close] = -1
        self._claim(end, Comment(start, end))
        return end

    def _take_heredocs(self, position: int) -> int:
        """Read the bodies of the heredocs that the line before `position` has begun; one that never ends is none."""
        for token, literal in self._heredocs:
            terminator = self._lines.next_equal(token["name"], position - 1, indented=token["indented"] is not None)
            if terminator is not None:
                literal.inside, (literal.end, after) = position, terminator
                self._claim(literal.end, literal)
                position = after
        self._heredocs.clear()
        return position

    def _is_closed(self, mark: str, index: int) -> bool:
        """Tell whether the mark stands anywhere from `index` on; only then does it pay to look for it."""
        if mark not in self._last:
            self._last[mark] = self._chars.rfind(mark)
        return self._last[mark] >= index

    def _claim(self, end: int, region: Region) -> None:
        """Place the digests before `end` that have no place yet."""
        while len(self._placed) < len(self._digests) and self._digests[len(self._placed)] < end:
            self._placed.append((self._digests[len(self._placed)], region))
