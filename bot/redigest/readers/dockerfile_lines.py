"""The lines of a Dockerfile: directives, comments, instructions joined over their continuations, the bodies of heredocs, and the words in them.

Follows the parser of BuildKit: frontend/dockerfile/parser and frontend/dockerfile/shell of https://github.com/moby/buildkit.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from redigest.repetition import some
from redigest.text import Piece, Text

_DIRECTIVE = re.compile(r"[ \t]*+#\s*+(?P<name>syntax|escape|check)\s*+=\s*+(?P<value>\S++)", re.IGNORECASE)
_KEYWORD = re.compile(r"\s*+(?P<keyword>\S*+)\s*+")
_BLANKS = re.compile(r"\s*+")
_PLAIN_WORD = re.compile(r"\S++")
_FIELD = re.compile(r'(?:"(?P<quoted>(?:[^"]++|""|)*+)"|(?P<plain>[^,]*+))(?:,|\Z)')
_DOUBLED_QUOTE = re.compile(r'""')
_SHELL_WORD_PART = r"""[^\s'"\\<]++|\\(?:.|\Z)|'[^']*+'|"(?:[^"\\]++|\\.|)*+"|<<[ \t\r]*+|<"""
_SHELL_WORD = re.compile(rf"{some(_SHELL_WORD_PART)}|(?P<open>['\"])", re.DOTALL)
_HEREDOC = re.compile(r"\d*+<<(?P<dash>-?)\s*+(?P<name>[^<]++)")
_TAKES_HEREDOCS = {"RUN", "COPY", "ADD"}


class Kind(Enum):
    """What a line is that is no instruction."""

    SYNTAX = auto()
    """The value of the directive that names the image of the frontend."""
    COMMENT = auto()
    BODY = auto()
    """A line inside a heredoc."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is no instruction, or what counts of it, from `start` to `end`; `steps` are those of the instruction whose heredoc it stands in."""

    kind: Kind
    start: int
    end: int
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag of an instruction: `--from` and its value. Where it has no value, that is the flag as a whole."""

    name: str
    value: Text


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction, without the comments and empty lines inside it.

    `steps` are its keyword in upper case, after `ONBUILD` where it is a trigger; `arguments` are what follows the flags, `escape` is the escape character.
    """

    steps: tuple[str, ...]
    line: Text
    flags: tuple[Flag, ...]
    arguments: Text
    escape: str

    @property
    def keyword(self) -> str:
        return self.steps[-1]


def parts(text: Text) -> Iterator[Line | Instruction]:
    """Yield the instructions in order, each after the comments inside it and before the lines of its heredocs, and what stands between them.

    A heredoc that never ends is none; an instruction that is continued at the end ends there. Lines end in LF or CRLF, or in CR where there is no LF.
    """
    return _Lexer(text).parts()


class _Lexer:
    """The way through the lines of a text."""

    def __init__(self, text: Text) -> None:
        self.chars = text.chars
        self.whole = text.slice(0, len(text.chars))
        self.lines = list(_physical_lines(text.chars))
        self.next = 0
        self.escape = "\\"
        self.numbers: dict[bool, dict[str, list[int]]] = {}

    def parts(self) -> Iterator[Line | Instruction]:
        yield from self._directives()
        while self.next < len(self.lines):
            line = yield from self._logical_line()
            if line.chars.strip():
                instruction = _instruction(line, self.escape)
                yield instruction
                for name, is_indented in _heredocs(instruction):
                    yield from self._body(instruction, name, is_indented=is_indented)

    def _directives(self) -> Iterator[Line]:
        """Nothing but a shebang may stand before a directive. After a shebang BuildKit still takes `syntax`, but no longer `escape`."""
        has_shebang = self.chars.startswith("#!")
        if has_shebang:
            yield Line(Kind.COMMENT, *self.lines[0])
            self.next = 1
        while self.next < len(self.lines) and (directive := _DIRECTIVE.match(self.chars, *self.lines[self.next])):
            self.next += 1
            name, value = directive["name"].lower(), directive["value"]
            if name == "syntax":
                yield Line(Kind.SYNTAX, *directive.span("value"))
            elif name == "escape" and value in _WORDS and not has_shebang:
                self.escape = value

    def _logical_line(self) -> Generator[Line, None, Text]:
        """Yield the comments on the way to the end of the next instruction and return its text, which is empty at the end of the file."""
        spans: list[tuple[int, int]] = []
        is_continued = True
        while is_continued and self.next < len(self.lines):
            start, end = self.lines[self.next]
            self.next += 1
            written = self.chars[start:end].lstrip()
            if written.startswith("#"):
                yield Line(Kind.COMMENT, start, end)
            elif written:
                kept = written.rstrip(" \t")
                is_continued = kept.endswith(self.escape) and not kept.endswith(self.escape * 2)
                spans.append((start, end - len(written) + len(kept) - 1 if is_continued else end))
        return selected(self.whole, spans)

    def _body(self, instruction: Instruction, name: str, *, is_indented: bool) -> Iterator[Line]:
        """The lines up to the one that is `name` and no more, tabs before it left out where the heredoc is indented."""
        if is_indented not in self.numbers:
            self.numbers[is_indented] = self._numbers(before="\t" if is_indented else "")
        numbers = self.numbers[is_indented].get(name, [])
        index = bisect_left(numbers, self.next)
        if index < len(numbers):
            for start, end in self.lines[self.next : numbers[index]]:
                yield Line(Kind.BODY, start, end, instruction.steps)
            self.next = numbers[index] + 1

    def _numbers(self, *, before: str) -> dict[str, list[int]]:
        """The numbers of the lines by what stands in them, so that looking for the end of many heredocs costs no more than for one."""
        numbers: dict[str, list[int]] = {}
        for number, (start, end) in enumerate(self.lines):
            numbers.setdefault(self.chars[start:end].lstrip(before), []).append(number)
        return numbers


def _physical_lines(chars: str) -> Iterator[tuple[int, int]]:
    """Where each line begins and, without its end, ends."""
    start = 0
    for line in chars.split("\n" if "\n" in chars else "\r"):
        yield start, start + len(line.rstrip("\r"))
        start += len(line) + 1


def _instruction(line: Text, escape: str) -> Instruction:
    keyword, flags, start = _command(line, 0, escape)
    steps: tuple[str, ...] = (keyword,)
    if keyword == "ONBUILD":
        keyword, flags, start = _command(line, start, escape)
        steps = ("ONBUILD", keyword)
    return Instruction(steps, line, flags, selected(line, [(start, len(line.chars.rstrip()))]), escape)


def _command(line: Text, start: int, escape: str) -> tuple[str, tuple[Flag, ...], int]:
    """The keyword at `start`, its flags, and the index of what follows them."""
    match = _KEYWORD.match(line.chars, start)
    keyword, position = (match["keyword"].upper(), match.end()) if match else ("", start)
    flags: list[Flag] = []
    while line.chars.startswith("--", position) and (word := _FLAGS[escape].word.match(line.chars, position)):
        position = _after_blanks(line.chars, word.end())
        value = _unquoted(line, word.span(), _FLAGS[escape])
        if value.chars == "--":
            break
        name, equals, _ = value.chars.partition("=")
        flags.append(Flag(name, selected(value, [(len(name) + 1, len(value.chars))]) if equals else value))
    return keyword, tuple(flags), position


def _after_blanks(chars: str, start: int) -> int:
    match = _BLANKS.match(chars, start)
    return match.end() if match else start


def _end_of_word(chars: str) -> int:
    match = _PLAIN_WORD.match(chars)
    return match.end() if match else 0


def _heredocs(instruction: Instruction) -> list[tuple[str, bool]]:
    """The names that end the heredocs of an instruction, in order, each with whether tabs may stand before it.

    As in BuildKit the escape character is the backslash here whatever the directive says, and a quote that is never closed means that there are none. The
    JSON form, which has none either, needs no look: all of it is in quotes.
    """
    chars = instruction.line.chars
    if instruction.keyword not in _TAKES_HEREDOCS or "<<" not in chars:
        return []
    found: list[tuple[str, bool]] = []
    for word in _SHELL_WORD.finditer(chars):
        if word["open"]:
            return []
        heredoc = _HEREDOC.fullmatch(chars, *word.span())
        if heredoc and (name := _unquoted(instruction.line, heredoc.span("name"), _WORDS["\\"]).chars):
            found.append((name, bool(heredoc["dash"])))
    return found


@dataclass(frozen=True, slots=True)
class _Quoting:
    """One of the ways in which BuildKit reads words: what a word is, its stretches by quotes, and the escapes in each kind of stretch."""

    word: re.Pattern[str]
    stretch: re.Pattern[str]
    escapes: dict[str, re.Pattern[str] | None]


def _quoting(escape: str, *, is_flag: bool) -> _Quoting:
    """Make the rules for flags (`extractBuilderFlags`), or those for other words (`parseWords`, then `shell.Lex.ProcessWord`)."""
    e = re.escape(escape)
    blank = r"|\s"
    plain = rf"[^\s'\"{e}]++|{e}(?:.|\Z)"
    double = rf"(?:[^\"{e}]++|{e}(?:.|\Z)|)*+"
    single = rf"(?:[^'{e}]++|{e}(?:.|\Z)|)*+" if is_flag else "[^']*+"
    any_escape = re.compile(rf"{e}(?:.|\Z)", re.DOTALL)
    return _Quoting(
        word=re.compile(some(rf"{plain}|'{single}'?|\"{double}\"?"), re.DOTALL),
        stretch=re.compile(rf"'(?P<single>{single})'?|\"(?P<double>{double})\"?|(?P<plain>{some(plain + blank)})", re.DOTALL),
        escapes={"plain": any_escape, "single": any_escape if is_flag else None, "double": any_escape if is_flag else re.compile(rf"{e}[\"${e}]")},
    )


_FLAGS = {escape: _quoting(escape, is_flag=True) for escape in "\\`"}
_WORDS = {escape: _quoting(escape, is_flag=False) for escape in "\\`"}


def _unquoted(text: Text, span: tuple[int, int], quoting: _Quoting) -> Text:
    """What a stretch of `text` says; variables are left as they are written."""
    return selected(text, _unquoted_spans(text.chars, span, quoting))


def _unquoted_spans(chars: str, span: tuple[int, int], quoting: _Quoting) -> Iterator[tuple[int, int]]:
    for stretch in quoting.stretch.finditer(chars, *span):
        kind = stretch.lastgroup or "plain"
        yield from _unescaped_spans(chars, stretch.span(kind), quoting.escapes[kind])


def _unescaped_spans(chars: str, span: tuple[int, int], escape: re.Pattern[str] | None) -> Iterator[tuple[int, int]]:
    """What is left when the first character of every escape goes."""
    start, end = span
    for match in escape.finditer(chars, start, end) if escape else ():
        yield start, match.start()
        start = match.start() + 1
    yield start, end


def first_argument(instruction: Instruction) -> Text:
    """The first argument without its quotes; empty where there is none."""
    return _unquoted(instruction.arguments, (0, _end_of_word(instruction.arguments.chars)), _WORDS[instruction.escape])


def assignments(instruction: Instruction) -> Iterator[tuple[str, Text]]:
    """Yield the names that are assigned to, in order, each with its value unquoted; a name without a value is left out.

    Beside `NAME=value …`, `ENV` and `LABEL` have an old form for a single name: `NAME value with blanks`.
    """
    arguments, quoting = instruction.arguments, _WORDS[instruction.escape]
    chars = arguments.chars
    words = [word.span() for word in quoting.word.finditer(chars)]
    if words and instruction.keyword != "ARG" and "=" not in chars[slice(*words[0])]:
        end = _end_of_word(chars)
        pairs = [((0, end), (_after_blanks(chars, end), len(chars)))]
    else:
        equals = [(start, chars.find("=", start, end), end) for start, end in words]
        pairs = [((start, middle), (middle + 1, end)) for start, middle, end in equals if middle > start]
    for name, value in pairs:
        yield _unquoted(arguments, name, quoting).chars, _unquoted(arguments, value, quoting)


def fields(mount: Text) -> Iterator[tuple[str, Text]]:
    """Yield the keys, in lower case, and the values of the fields of `--mount`, which is a line of CSV; a key without a value is left out."""
    for match in _FIELD.finditer(mount.chars):
        kind = match.lastgroup or "plain"
        field = selected(mount, _unescaped_spans(mount.chars, match.span(kind), _DOUBLED_QUOTE if kind == "quoted" else None))
        key, equals, _ = field.chars.partition("=")
        if equals:
            yield key.lower(), selected(field, [(len(key) + 1, len(field.chars))])


def selected(text: Text, spans: Iterable[tuple[int, int]]) -> Text:
    """Make the text of the characters of `text` in `spans`, which ascend and do not touch; it stands beside `text`, in the same parent."""
    chars: list[str] = []
    pieces: list[Piece] = []
    length = 0
    for start, end in spans:
        for origin, count in _origins(text, start, end):
            pieces.append(Piece(length, origin))
            length += count
        chars.append(text.chars[start:end])
    return Text("".join(chars), tuple(pieces) or (Piece(0, 0),), text.parent)


def _origins(text: Text, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where in the parent the runs between `start` and `end` begin, and their lengths."""
    index = bisect_right(text.pieces, start, key=_start) - 1
    while start < end:
        index += 1
        stop = min(end, text.pieces[index].start) if index < len(text.pieces) else end
        yield start + text.pieces[index - 1].origin - text.pieces[index - 1].start, stop - start
        start = stop


def index_in(text: Text, index: int) -> int | None:
    """Where in `text` the character at `index` of its parent stands; `None` if it is not there. The pieces of `text` must ascend in the parent."""
    number = bisect_right(text.pieces, index, key=_origin) - 1
    if number < 0:
        return None
    piece = text.pieces[number]
    end = text.pieces[number + 1].start if number + 1 < len(text.pieces) else len(text.chars)
    found = piece.start + index - piece.origin
    return found if found < end else None


def _start(piece: Piece) -> int:
    return piece.start


def _origin(piece: Piece) -> int:
    return piece.origin
