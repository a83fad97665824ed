"""The tokens of a language, as patterns made from its row in the table."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from redigest.readers.sources.languages import LANGUAGES, Block, Language, Quote
from redigest.repetition import some

CLOSING = {"(": ")", "[": "]", "{": "}"}
"""The bracket that closes each one."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The patterns of a language: of a token at the top of the text, in brackets, and inside each kind of literal, in the order of the table.

    The group that takes a token names its kind: `comment`, `block` and `quote` (each with a position in the table), `heredoc`, `header`, `open`,
    `close`, `comma`, `line`; inside of literals `close`, `expansion`, and `line` where a line end ends them. What no group takes means
    nothing, and so does a character at which no token begins.
    """

    language: Language
    top: re.Pattern[str]
    code: re.Pattern[str]
    inside: tuple[re.Pattern[str], ...]
    blocks: tuple[re.Pattern[str], ...]
    """The marks that count inside each kind of block; the group `open` takes those that begin another one."""
    quiet: re.Pattern[str] | None
    """What may be passed over in brackets if no digest is in it: comments up to their line ends, and what means nothing. `None` where line ends count."""


@cache
def tokens_of(name: str) -> Tokens:
    """Make the patterns of the language called `name`; at first use, since there are many."""
    language = LANGUAGES[name]
    code = "|".join(_in_code(language))
    top = f"(?P<header>{language.header})|{code}" if language.header else code
    inside = (re.compile("|".join(_in_literal(quote)), re.DOTALL) for quote in language.quotes)
    quiet = None if "\n" in _beginnings(language) else re.compile(_quiet(language), re.DOTALL)
    return Tokens(language, re.compile(top, re.DOTALL), re.compile(code, re.DOTALL), tuple(inside), tuple(map(_in_block, language.blocks)), quiet)


def _in_code(language: Language) -> Iterator[str]:
    yield _run_without(_beginnings(language))
    for position, block in enumerate(language.blocks):
        yield f"(?P<block{position}>{_beginning_of(block)})"
    if language.comments:
        yield f"(?P<comment>{_comment(language)})"
    for position, quote in enumerate(language.quotes):
        yield f"(?P<quote{position}>{quote.after}{re.escape(quote.open)})"
    yield from (pattern for _, pattern in language.opaque)
    if language.heredoc:
        yield f"(?P<heredoc>{language.heredoc})"
    yield _one_of("open", CLOSING.keys())
    yield _one_of("close", CLOSING.values())
    yield from ("(?P<comma>,)", r"(?P<line>\r\n?|\n)")


def _quiet(language: Language) -> str:
    unless_block = f"(?!{'|'.join(map(_beginning_of, language.blocks))})" if language.blocks else ""
    comment = f"|{unless_block}{_comment(language)}" if language.comments else ""
    return some(_run_without(_beginnings(language)) + comment)


def _beginning_of(block: Block) -> str:
    return block.only_if + re.escape(block.open)


def _comment(language: Language) -> str:
    return rf"{language.comment_if}(?:{'|'.join(map(re.escape, language.comments))})[^\r\n]*+"


def _one_of(kind: str, characters: Iterable[str]) -> str:
    return f"(?P<{kind}>[{re.escape(''.join(characters))}])"


def _beginnings(language: Language) -> set[str]:
    """The first characters of all tokens that mean something."""
    opens = (*(block.open for block in language.blocks), *(quote.open for quote in language.quotes))
    marks = [*language.comments, *opens, *(mark for mark, _ in language.opaque)]
    line_ends = "\r\n" if language.heredoc or language.header else ""
    return {
        *(mark[0] for mark in marks),
        *CLOSING.keys(),
        *CLOSING.values(),
        *line_ends,
        *("<" if language.heredoc else ""),
        *("," if language.has_paths else ""),
    }


def _in_literal(quote: Quote) -> Iterator[str]:
    line_ends = "" if quote.is_multiline else "\r\n"
    yield _run_without({quote.close[0], *quote.escape, *(mark[0] for mark in quote.expansions), *line_ends})
    if quote.escape:
        yield rf"{re.escape(quote.escape)}(?:\r\n|.)"
    yield f"(?P<close>{re.escape(quote.close)})"
    if quote.expansions:
        yield "(?P<expansion>" + "|".join(map(_expansion, quote.expansions)) + ")"
    if line_ends:
        yield r"(?P<line>[\r\n])"


def _in_block(block: Block) -> re.Pattern[str]:
    close = re.escape(block.close) or r"\Z"
    return re.compile(rf"(?P<open>{re.escape(block.open)})|{close}" if block.nests else close)


def _expansion(mark: str) -> str:
    """What begins code inside a literal, but not where it is doubled and stands for itself: `$${` in HCL, `{{` in Python."""
    doubled = re.escape(mark[0])
    return f"(?<!{doubled}){re.escape(mark)}" + (f"(?!{doubled})" if len(mark) == 1 else "")


def _run_without(characters: set[str]) -> str:
    return f"[^{re.escape(''.join(sorted(characters)))}]++"
