"""The languages of program sources, one row each: how comments, string literals and brackets are written."""

from dataclasses import dataclass, replace

from redigest.readers.sources.names import ASSIGNED, COMMAND, ELEMENT, GO, TYPED, WORD, Naming
from redigest.repetition import some


@dataclass(frozen=True, slots=True)
class Quote:
    """A kind of string literal.

    `after` is a pattern for what stands before `open` and tells this kind from others. `escape` is the character that takes the next one out of its
    meaning; in a raw literal it only keeps a quote from closing it. Each of `expansions` begins code inside the literal that goes up to its bracket.
    """

    open: str
    close: str
    escape: str = ""
    expansions: tuple[str, ...] = ()
    after: str = ""
    is_multiline: bool = False
    is_raw: bool = False

    @property
    def is_decoded(self) -> bool:
        """Backslashes in it stand for other characters."""
        return self.escape == "\\" and not self.is_raw


@dataclass(frozen=True, slots=True)
class Block:
    """A kind of comment that a mark ends and not its line; without a `close` it goes up to the end of the text.

    `only_if` is a pattern that must fit where it is to begin. Where it `nests`, each `open` inside asks for a `close` of its own.
    """

    open: str
    close: str
    nests: bool = False
    only_if: str = ""


@dataclass(frozen=True, slots=True)
class Language:
    """A row of the table; of two comments or literals that begin alike the longer one goes first.

    `comment_if` is a pattern that must fit where a comment is to begin. `opaque` holds, after its first character, the pattern of what is
    to be passed over as a whole. `heredoc` has the groups `name` and `indented`; the latter takes part where the end may be indented.
    `groups` holds, by the bracket around them, the operators that give values their names in a group of named values: a call, an object, a block;
    the empty bracket stands for the top of the text. `has_paths` is for languages of data, in which the way to a value leads through all of these.
    """

    comments: tuple[str, ...]
    blocks: tuple[Block, ...] = ()
    quotes: tuple[Quote, ...] = ()
    comment_if: str = ""
    opaque: tuple[tuple[str, str], ...] = ()
    heredoc: str = ""
    header: str = ""
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    naming: Naming = ASSIGNED
    has_paths: bool = False
    has_docstrings: bool = False
    is_run: bool = False
    """What stands outside of literals is run as commands."""


_CHARACTER = ("'", r"'(?:\\[^\r\n']{0,10}+.|[^\\'\r\n])'")
_ESCAPED = ("\\", r"\\(?:\r\n|[^\r])")
# After these a slash begins a regular expression and divides nothing. The lengths are bounded so that one that never ends costs little.
_BEFORE_PATTERN = r"(?:(?<=[(,=:\[!&|?{};\r\n~])|(?<=[(,=:\[!&|?{};~<>][ ])|(?<=return[ ])|(?<=return))"
_PATTERN = ("/", _BEFORE_PATTERN + r"/(?![*/])(?:[^/\\\[\r\n]|\\[^\r\n]|\[(?:[^\]\\\r\n]|\\[^\r\n]|){0,80}+\]|){1,200}+/")

_PLAIN = Quote('"', '"', "\\")
_SINGLE = Quote("'", "'", "\\")
_HEADER_PART = r""""(?:[^"\\\r\n]|\\.|)*+"|'[^'\r\n]*+'|[\w .\t-]"""
_HEREDOC_NAME = r"""[\\"'`]?(?P<name>[A-Za-z_][\w.-]*+)["'`]?"""
_C_BLOCKS = (Block("/*", "*/"),)
_NESTED = (Block("/*", "*/", nests=True),)

_LEVELS = tuple("=" * count for count in range(10))
"""What stands inside the long brackets of Lua, which may have any number of signs."""

_C = Language(comments=("//",), blocks=_C_BLOCKS, quotes=(Quote('"""', '"""', is_multiline=True), _PLAIN), opaque=(_CHARACTER,))

_SHELL = Language(
    comments=("#",),
    comment_if=r"(?<![^\s;|&(])",
    quotes=(
        Quote("'", "'", "\\", after=r"(?<=(?<!\$)\$)", is_multiline=True),
        Quote("'", "'", is_multiline=True),
        Quote('"', '"', "\\", expansions=("$(",), is_multiline=True),
    ),
    opaque=(_ESCAPED,),
    heredoc=r"(?<!<)<<(?P<indented>-)?(?!<)[ \t]*+" + _HEREDOC_NAME,
    naming=WORD,
    is_run=True,
)

_PYTHON = Language(
    comments=("#",),
    quotes=tuple(
        Quote(mark, mark, "\\", after=after, expansions=("{",) if is_formatted else (), is_multiline=len(mark) == 3, is_raw=is_raw)
        for after, is_formatted, is_raw in (
            (r"(?:(?<=\b[fF][rR])|(?<=\b[rR][fF]))", True, True),
            (r"(?<=\b[fF])", True, False),
            (r"(?:(?<=\b[rR])|(?<=\b[rR][bB])|(?<=\b[bB][rR]))", False, True),
            ("", False, False),
        )
        for mark in ('"""', "'''", '"', "'")
    ),
    groups=(("(", ("=",)), ("{", (":",))),
    naming=TYPED,
    has_docstrings=True,
)

LANGUAGES: dict[str, Language] = {
    "shell": _SHELL,
    "powershell": Language(
        comments=("#",),
        comment_if=r"(?<![^\s;|&(])",
        blocks=(Block("<#", "#>"),),
        quotes=(
            Quote('@"', '\n"@', "`", expansions=("$(",), is_multiline=True),
            Quote("@'", "\n'@", is_multiline=True),
            Quote('"', '"', "`", expansions=("$(",), is_multiline=True),
            Quote("'", "'", is_multiline=True),
        ),
        opaque=(("`", "`[^\r\n]"),),
        is_run=True,
    ),
    "toml": Language(
        comments=("#",),
        quotes=(Quote('"""', '"""', "\\", is_multiline=True), Quote("'''", "'''", is_multiline=True), _PLAIN, Quote("'", "'")),
        header=rf"(?<![^\r\n])[ \t]*+\[\[?+{some(_HEADER_PART)}\]\]?+(?=[ \t]*+(?:[#\r\n]|\Z))",
        groups=(("", ("=",)), ("{", ("=",))),
        has_paths=True,
    ),
    "hcl": Language(
        comments=("#", "//"),
        blocks=_C_BLOCKS,
        quotes=(replace(_PLAIN, expansions=("${", "%{")),),
        heredoc=r"<<(?P<indented>-?+)" + _HEREDOC_NAME,
        groups=(("", ("=",)), ("{", ("=", ":"))),
        has_paths=True,
    ),
    "starlark": replace(_PYTHON, has_paths=True),
    "python": _PYTHON,
    "go": replace(_C, quotes=(_PLAIN, Quote("`", "`", is_multiline=True)), groups=(("{", (":",)),), naming=GO),
    "javascript": Language(
        comments=("//",),
        blocks=_C_BLOCKS,
        quotes=(_PLAIN, _SINGLE, Quote("`", "`", "\\", expansions=("${",), is_multiline=True)),
        opaque=(_PATTERN,),
        groups=(("{", (":",)),),
        naming=TYPED,
    ),
    "groovy": Language(
        comments=("//",),
        blocks=_C_BLOCKS,
        quotes=(
            Quote('"""', '"""', "\\", expansions=("${",), is_multiline=True),
            Quote("'''", "'''", "\\", is_multiline=True),
            replace(_PLAIN, expansions=("${",)),
            _SINGLE,
        ),
        opaque=(_PATTERN,),
        groups=(("(", (":",)), ("[", (":",))),
        naming=COMMAND,
    ),
    "java": _C,
    "c": _C,
    "scala": replace(_C, blocks=_NESTED),
    "swift": replace(_C, blocks=_NESTED),
    "kotlin": replace(
        _C,
        blocks=_NESTED,
        quotes=(Quote('"""', '"""', expansions=("${",), is_multiline=True), replace(_PLAIN, expansions=("${",))),
        groups=(("(", ("=",)),),
        naming=TYPED,
    ),
    "csharp": replace(
        _C,
        comments=("//", *(f"#{directive}" for directive in ("region", "endregion", "error", "warning"))),  # those with a free text
        quotes=(
            Quote('"""', '"""', is_multiline=True),
            Quote('"', '"', after=r"(?:(?<=@)|(?<=@\$))", is_multiline=True),
            Quote('"', '"', "\\", after=r"(?<=(?<!@)\$)", expansions=("{",)),
            _PLAIN,
        ),
        groups=(("(", (":",)),),
    ),
    "rust": replace(
        _C,
        blocks=_NESTED,
        quotes=(
            Quote('#"', '"#', after=r"(?<=r)", is_multiline=True),
            Quote('"', '"', after=r"(?:(?<=\br)|(?<=\b[bc]r))", is_multiline=True),
            replace(_PLAIN, is_multiline=True),
        ),
        groups=(("{", (":",)),),
        naming=TYPED,
    ),
    "ruby": Language(
        comments=("#",),
        comment_if=r"(?!\#\{)",
        blocks=(Block("=begin", "=end"), Block("__END__", "", only_if=r"(?<![^\r\n])(?=\w++(?:[\r\n]|\Z))")),
        quotes=(replace(_PLAIN, expansions=("#{",)), _SINGLE),
        opaque=(_PATTERN, ("?", r"(?<![\w)])\?[\"'\#](?!\w)")),
        heredoc=r"<<(?P<indented>[~-])?[\"'`]?(?P<name>[A-Z_][A-Z0-9_]*+)[\"'`]?",
        groups=(("(", (":", "=>")), ("{", (":", "=>"))),
        naming=COMMAND,
    ),
    "jsonnet": Language(
        comments=("//", "#"),
        blocks=_C_BLOCKS,
        quotes=(
            Quote("|||", "|||", is_multiline=True),
            Quote('"', '"', after="(?<=@)", is_multiline=True),
            Quote("'", "'", after="(?<=@)", is_multiline=True),
            replace(_PLAIN, is_multiline=True),
            replace(_SINGLE, is_multiline=True),
        ),
        groups=(("{", (":",)),),
    ),
    "cue": Language(
        comments=("//",),
        quotes=(
            Quote('"""', '"""', "\\", expansions=("\\(",), is_multiline=True),
            Quote("'''", "'''", "\\", expansions=("\\(",), is_multiline=True),
            replace(_PLAIN, expansions=("\\(",)),
            _SINGLE,
        ),
        groups=(("", (":",)), ("{", (":",))),
    ),
    "dhall": Language(
        comments=("--",),
        blocks=(Block("{-", "-}", nests=True),),
        quotes=(Quote("''", "''", expansions=("${",), is_multiline=True), replace(_PLAIN, expansions=("${",))),
        groups=(("{", ("=",)),),
    ),
    "php": Language(
        comments=("//", "#"),
        comment_if=r"(?!\#\[)",
        blocks=_C_BLOCKS,
        quotes=(replace(_PLAIN, is_multiline=True), replace(_SINGLE, is_multiline=True)),
        groups=(("(", (":",)), ("[", ("=>",))),
    ),
    "lua": Language(
        comments=("--",),
        blocks=tuple(Block(f"--[{level}[", f"]{level}]") for level in _LEVELS),
        quotes=(*(Quote(f"[{level}[", f"]{level}]", is_multiline=True) for level in _LEVELS), _PLAIN, _SINGLE),
        groups=(("{", ("=",)),),
    ),
    "xml": Language(
        comments=(),
        blocks=(Block("!--", "-->"),),  # behind the bracket, which ends the text before it
        quotes=(Quote('"', '"', is_multiline=True), Quote(">", "<", is_multiline=True)),
        naming=ELEMENT,
    ),
    "sql": Language(comments=("--",), blocks=_C_BLOCKS, quotes=(Quote("'", "'", is_multiline=True), Quote('"', '"'))),
}
"""Languages by name; Make and the formats of `key = value` lines have readers of their own, since they have no literals."""
