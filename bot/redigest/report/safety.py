"""Text from repositories and registries, made safe to show on a terminal and in the Markdown of GitHub and GitLab.

Nothing that a file, a tag or a registry says may move the cursor, hide or reorder what stands around it, end the table it stands in, notify a person,
link an issue, or pass for a marker of ours.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

LONGEST = 1000
"""Characters of one path, name or place that are shown; the JSON report has them all."""

_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""What `str.isprintable` lets pass although it has no ink (Unicode, Default_Ignorable_Code_Point, and the blank Braille pattern)."""

_UNDECODED = range(0xDC80, 0xDD00)
"""How Python keeps the bytes 0x80 to 0xff of an undecodable file name (PEP 383)."""

_WORD = re.compile(r"(?![a-fA-F]{7,40}(?![A-Za-z]))[A-Za-z]+(?:['-][A-Za-z]+)*|[0-9]{1,6}")
"""What means nothing to a forge; letters that could be the short name of a commit are no word."""

_PLAIN = re.compile(r"[^A-Za-z0-9 ._/:]")
_BACKTICKS = re.compile("`+")

_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'*+,;=%\[\]-]+")

_LONG_RUN = re.compile("`{17,}")
"""Backticks that no fence is to be longer than: GitHub and GitLab read no code span whose fence has more than 80, and take 256 for the end of a block."""


def visible(text: str) -> str:
    r"""Write every character that is no ink and no space as an escape: `\x1b`, `\u202e`, and `\xff` for an undecodable byte of a file name."""
    if text.isprintable() and (text.isascii() or not _UNSEEN.search(text)):
        return text
    return "".join(char if char.isprintable() and not _UNSEEN.match(char) else _escaped(char) for char in text)


def shown(text: str, longest: int = LONGEST) -> str:
    """Make `text` visible and cut it at a length that people can read."""
    seen = visible(text[: longest + 1])
    if len(text) <= longest and len(seen) <= longest:
        return seen
    ends = accumulate(len(visible(char)) for char in text[:longest])
    return f"{visible(text[: sum(end <= longest for end in ends)])}..."


def printed(text: str, longest: int = LONGEST) -> str:
    """Make `text` shown in a log that a runner of GitHub Actions reads: it obeys `##[` anywhere in a line, and `::` only at its beginning."""
    return _without_command(shown(text, longest))


def log_line(text: str) -> str:
    """Make a line for people one in which a runner of GitHub Actions finds no order: it obeys `##[` anywhere in a line, and `::` behind nothing but blanks.

    A path at the beginning stays a path.
    """
    bare = text.lstrip()
    heard = f"{text[: len(text) - len(bare)]}./{bare}" if bare.startswith("::") else text
    return _without_command(heard)


def is_web_address(text: str) -> bool:
    """Tell a URL of the web, all of whose characters are such as a URL has (RFC 3986, section 2), from anything else that could be made a link."""
    return _WEB_ADDRESS.fullmatch(text) is not None


def code(text: str, longest: int = LONGEST) -> str:
    """Make a Markdown code span that holds `text` as `shown` (CommonMark, section 6.1)."""
    content = _tame(shown(text, longest))
    if not content:
        return "(empty)"
    fence = _fence(content, 1)
    needs_padding = content.strip(" ") and (content[0] in "` " or content[-1] in "` ")
    padding = " " if needs_padding else ""
    return f"{fence}{padding}{content}{padding}{fence}"


def html(text: str, longest: int = LONGEST) -> str:
    """Make the HTML element `code` that holds `text` as `shown`, for the few places where Markdown is not read."""
    return f"<code>{_PLAIN.sub(lambda match: f'&#{ord(match.group())};', shown(text, longest)) or '(empty)'}</code>"


def block(lines: Iterable[str], language: str) -> list[str]:
    """Make the lines of a Markdown code block; a line feed inside a line begins a new one.

    A line that begins with `/` gets a space before it: GitLab takes some for orders, before release 17 in code blocks with long fences too.
    """
    content = [_without_order(_tame(visible(line))) for text in lines for line in text.split("\n")]
    fence = _fence("\n".join(content), 3)
    return [f"{fence}{language}", *content, fence]


def prose(text: str, longest: int = LONGEST) -> str:
    """Make text for the middle of a Markdown line: words stay words, and what could mean something to Markdown or to a forge becomes a code span."""
    words: list[str] = []
    left = longest
    for word in text[: longest + 1].split():
        left -= len(shown(word, longest)) + bool(words)
        if left < 0:
            return " ".join([*(words or [code(word, longest)]), "..."])
        words.append(_prose_word(word))
    return " ".join([*words, *(["..."] if len(text) > longest else [])])


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Make the lines of a Markdown table from cells that are Markdown (GitHub Flavored Markdown, section 4.10)."""
    return [_row(header), _row(["---"] * len(header)), *map(_row, rows)]


def _row(cells: Iterable[str]) -> str:
    """A `|` ends a cell even in a code span, unless a backslash stands before it; the backslash is gone before the span is read."""
    escaped = " | ".join(cell.replace("|", "\\|") for cell in cells)
    return f"| {escaped} |"


def _prose_word(word: str) -> str:
    bare = word.lstrip("(\"'")
    opening = word[: len(word) - len(bare)]
    inner = bare.rstrip(".,;:)\"'")
    closing = bare[len(inner) :]
    if not inner or _WORD.fullmatch(inner):
        return word
    return f"{opening}{code(inner)}{closing}"


def _fence(content: str, shortest: int) -> str:
    longest_run = max(map(len, _BACKTICKS.findall(content)), default=0)
    return "`" * max(shortest, longest_run + 1)


def _tame(text: str) -> str:
    """Write as escapes what has a meaning even in code: long runs of backticks, and the comments between which a body is updated, found as plain text."""
    return _LONG_RUN.sub(lambda run: rf"\x60{{{len(run.group())}}}", text).replace("<!--", r"\u003c!--")


def _without_command(text: str) -> str:
    return text.replace("##[", r"#\x23[")


def _without_order(line: str) -> str:
    return f" {line}" if line.startswith("/") else line


def _escaped(char: str) -> str:
    point = ord(char)
    if point in _UNDECODED:
        point -= 0xDC00
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
