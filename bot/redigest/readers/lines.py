"""Templates of YAML (Helm, Jinja) and YAML that no parser accepts, read line by line: indentation and punctuation tell what a digest stands in."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from redigest.document import Mapping, Path, Role, Scalar, Spot
from redigest.document import Sequence as Items
from redigest.readers.literals import LINE, comment_start, located, past, scalar_between
from redigest.readers.nodes import MAXIMUM_DEPTH
from redigest.readers.templates import Arm, Branch, Branches, template
from redigest.repetition import some
from redigest.text import FOREIGN, Text

_UNSETTLED = "{{ }}"
"""Stands for a value that the engine chooses."""
_REACH = 16
"""How many scalars before and after a place go into its parent: keys that make one reference stand close together, and a block can be very long."""

_BLANK = re.compile(r"\s")
_INDENTATION = re.compile(r"[ \t]*+")
_DASH = re.compile(r"-(?:[ \t]++|\Z)")
_PROPERTIES = re.compile(r"(?:[!&][^\s,\[\]{}]*+[ \t]++|)*+")
_QUOTED = re.compile(r""""(?:[^"\\]++|\\.|)*+"|'(?:[^']++|''|)*+'""")
_QUOTED_KEY = re.compile(rf"({_QUOTED.pattern})[ \t]*+:[ \t]*+")
_PLAIN_KEY = re.compile(r"""([^\s"'\[\]{},#|>@`%](?:[^:#]++|:(?=\S)|(?<=\S)\#|)*+):(?:[ \t]++|\Z)""")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*+[ \t]*+(?:\#.*+)?")
_JSON_LITERAL = re.compile(r'(?:true|false|null|[-+.0-9eE]++)[ \t]*+,[ \t]*+"')
_OPENING = re.compile(r"[\[{]")
_DOCUMENT_MARK = re.compile(r"(?:---|\.\.\.)(?![^ \t])")
_BLOCK_ENTRY = re.compile(r"""[ \t]*+(?:(?:-[ \t]++|)*+["']?[A-Za-z0-9_./-]++["']?:(?:[ \t]|\Z)|-[ \t]++[\[{])""")
"""A line in a block scalar that is one of YAML as well."""
_CONFLICT_MARK = re.compile(r"(?:<{7}|\|{7}|={7}|>{7})(?![^ \t])")
_CONFLICT_BRANCH = {"<": Branch.OPEN, "|": Branch.TURN, "=": Branch.TURN, ">": Branch.CLOSE}
_FLOW = re.compile(
    r"""(?P<blank>[ \t]++)
      | (?P<comment>(?<!\S)\#.*+)
      | (?P<open>[\[{])
      | (?P<close>[\]}])
      | (?P<comma>,)
      | (?P<colon>(?<=["']):|:(?=[\s,\[\]{}]|\Z))
      | (?P<quoted>"(?:[^"\\]++|\\.|)*+"?|'(?:[^']++|''|)*+'?)
      | (?P<plain>"""
    + some(r"[^,\[\]{}:\#]++|:(?![\s,\[\]{}]|\Z)|(?<=\S)\#")
    + ")",
    re.VERBOSE,
)


def read(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield, in order, one spot for each of `digests`, which are ascending indexes in `text`.

    A path is as good as the indentation. A parent holds the scalars that stand near under keys of the same mapping, without those in another
    arm of the same `if` or of the same merge conflict.
    """
    reading = _Reading(text.chars, digests)
    reading.read()
    for passage in reading.passages:
        parent = passage.parent()
        around = passage.around(parent)
        for value, at in located(text, passage.scalar, passage.digests):
            yield Spot(passage.role, value, at, passage.path, parent, around)


class _Level:
    """A mapping or a sequence that is open where the reading stands."""

    __slots__ = ("_node", "arms", "column", "entries", "held", "is_sequence", "key", "step")

    def __init__(self, column: int, *, is_sequence: bool) -> None:
        self.column = column
        self.is_sequence = is_sequence
        self.step: str | int | None = None
        """The key or the position that was read last."""
        self.key: Scalar | None = None
        """The key that was read last, while it has no value."""
        self.entries: list[tuple[Scalar, Scalar]] = []
        self.arms: list[Arm] = []
        """For each of the entries the arm in which it stands."""
        self.held: list[tuple[Scalar | None, _Level]] = []
        """The collections in it, those of a mapping with their keys."""
        self._node: Mapping | Items | None = None

    @property
    def rank(self) -> tuple[int, bool]:
        """What begins further in has the greater one."""
        return self.column, self.is_sequence

    def hold(self, level: "_Level") -> None:
        """Put a collection under the key that has no value yet, or behind the other items."""
        if self.is_sequence or self.key is not None:
            self.held.append((self.key, level))
            self.key = None

    def node(self) -> Mapping | Items:
        """The whole collection; to be asked for once everything is read."""
        if self._node is None:
            inner = [(key, level.node()) for key, level in self.held]
            if self.is_sequence:
                self._node = Items(0, 0, tuple(node for _, node in inner))
            else:
                self._node = Mapping(0, 0, (*self._settled(), *((key, node) for key, node in inner if key is not None)))
        return self._node

    def _settled(self) -> Iterable[tuple[Scalar, Scalar]]:
        """The entries with one value for each key: none is known of one that has several, each in its arm of a branching."""
        if len(set(self.arms)) < 2:
            return self.entries
        keys = Counter(key.value for key, _ in self.entries)
        return [(key, value if keys[key.value] == 1 else Scalar(value.start, value.end, _UNSETTLED)) for key, value in self.entries]


@dataclass(frozen=True, slots=True)
class _Passage:
    """A scalar in which digests stand; `levels` are the collections around it, and `position` entries of the innermost mapping came before."""

    role: Role
    scalar: Scalar
    digests: list[int]
    path: Path
    levels: tuple[_Level, ...]
    position: int
    arm: Arm
    own: Mapping | None = None
    """The dictionary of an action in which the scalar is a value."""

    def parent(self) -> Mapping | None:
        """The mapping of the scalars near the passage; to be asked for once everything is read."""
        level = _innermost_mapping(self.levels)
        if self.own is not None or level is None:
            return self.own
        window = slice(max(0, self.position - _REACH), self.position + _REACH)
        entries, arms = tuple(level.entries[window]), level.arms[window]
        if arms.count(self.arm) < len(arms):
            own = {key.value for (key, _), arm in zip(entries, arms, strict=True) if arm == self.arm}
            entries = tuple(entry for entry, arm in zip(entries, arms, strict=True) if arm == self.arm or (arm[0] != self.arm[0] and entry[0].value not in own))
        return Mapping(entries[0][0].start, entries[-1][1].end, entries) if entries else None

    def around(self, parent: Mapping | None) -> tuple[tuple[Mapping, int], ...]:
        """All mappings around the passage, of which `parent` is the innermost."""
        around: list[tuple[Mapping, int]] = []
        depth = 0
        for level in self.levels:
            if not level.is_sequence and isinstance(node := level.node(), Mapping):
                around.append((node, depth))
            depth += level.step is not None
        if self.own is None and around and parent is not None:
            around[-1] = (parent, around[-1][1])
        elif self.own is not None:
            around.append((self.own, len(self.path) - 1))
        return tuple(around)


def _innermost_mapping(levels: Sequence[_Level]) -> _Level | None:
    return next((level for level in reversed(levels) if not level.is_sequence), None)


class _Reading:
    """One way through a text, from line to line, with what is open at each."""

    def __init__(self, chars: str, digests: Sequence[int]) -> None:
        self.passages: list[_Passage] = []
        self._chars = chars
        self._template = template(chars)
        self._shape = self._template.shape
        self._digests = digests
        self._placed = 0
        self._levels: list[_Level] = []
        self._branches = Branches()
        self._block: int | None = None
        """The column that the lines of the block scalar that is open lie beyond."""
        self._too_deep = 0
        """How many brackets are open beyond the greatest depth."""
        self._line = Scalar(0, 0, "")
        self._narrow: tuple[tuple[int, int], Scalar] | None = None
        """The last extent between branchings, and what stands there."""

    def read(self) -> None:
        """Place every digest."""
        branches = iter(self._template.branches)
        coming = next(branches, None)
        for line in LINE.finditer(self._shape):
            while coming is not None and coming[0] < line.start():
                self._branches.take(coming[2])
                coming = next(branches, None)
            start, end = line.span()
            self._line = scalar_between(self._chars, start, end)
            self._read_line(start, end)
            self._claim(Role.TEXT, self._line, ())

    def _read_line(self, start: int, end: int) -> None:
        content = past(_INDENTATION, self._shape, start, end)
        column = content - start
        if mark := _CONFLICT_MARK.match(self._shape, start, end):
            self._branches.take(_CONFLICT_BRANCH[mark.group()[0]])
        elif content == end:
            return
        elif self._shape[content] == "#":
            self._claim_comment(content, end)
        elif self._block is not None and column > self._block:
            if _BLOCK_ENTRY.match(self._shape, start, end):
                self._read_entry(start, content, end)
            self._claim(Role.CODE, self._line, self._levels)
        elif not self._shape[content:end].rstrip().strip(FOREIGN):
            # A line of actions alone can stand at any indentation; it ends nothing.
            self._claim(Role.TEXT, self._line, [level for level in self._levels if level.column < column])
        elif _DOCUMENT_MARK.match(self._shape, start, end):
            self._levels = []
            self._block = None
        else:
            self._block = None
            self._read_entry(start, content, end)

    def _read_entry(self, start: int, position: int, end: int) -> None:
        """Read the line from `start` to `end`, of which everything before `position` is indentation."""
        shape = self._shape
        column = position - start
        is_item = False
        while dash := _DASH.match(shape, position, end):
            column = position - start
            self._enter(column, is_sequence=True)
            self._advance()
            is_item = True
            position = dash.end()
        position = past(_PROPERTIES, shape, position, end)
        if key := _QUOTED_KEY.match(shape, position, end) or _PLAIN_KEY.match(shape, position, end):
            column = position - start
            self._enter(column, is_sequence=False)
            self._take_key(self._scalar(*key.span(1)))
            self._read_value(past(_PROPERTIES, shape, key.end(), end), end, column=column)
        elif is_item:
            self._read_value(position, end, column=column)
        elif shape.startswith(("{", "["), position, end) or _QUOTED.match(shape, position, end):
            self._leave((column - 1, True))
            self._read_flow(position, end)
        elif self._levels and self._levels[-1].key is not None and column > self._levels[-1].column:
            self._read_value(position, end, column=column)
        else:
            self._claim_comment(comment_start(shape, position, end), end)

    def _read_value(self, start: int, end: int, *, column: int) -> None:
        """Read what stands behind a key or a dash at `column`; nothing there leaves the key open for the next line."""
        shape = self._shape
        if start == end or shape[start] == "#":
            self._claim_comment(start, end)
        elif _BLOCK_HEADER.fullmatch(shape, start, end):
            self._block = column
            self._claim_comment(comment_start(shape, start, end), end)
        elif shape[start] in "{[\"'" or _JSON_LITERAL.match(shape, start, end):
            self._read_flow(start, end)
        else:
            comment = comment_start(shape, start, end)
            value = self._scalar(start, comment)
            if value.value.endswith((",", "]", "}")) and not _OPENING.search(value.value):
                value = self._scalar(start, start + len(value.value.rstrip(" \t,]}")))
            self._take_value(value)
            self._claim_comment(comment, end)

    def _read_flow(self, start: int, end: int) -> None:
        """Read values in quotes and in brackets, and what follows them behind commas, up to the end of the line."""
        outer = len(self._levels)
        last: Scalar | None = None
        for token in _FLOW.finditer(self._shape, start, end):
            kind = token.lastgroup
            if kind == "blank":
                continue
            if last is not None:
                if kind == "colon":
                    self._take_key(last)
                else:
                    self._take_value(last)
                last = None
            if kind in ("quoted", "plain"):
                last = self._scalar(*token.span())
            elif kind == "comment":
                self._claim_comment(token.start(), end)
            else:
                self._punctuate(token.group(), outer)
        if last is not None:
            self._take_value(last)
        del self._levels[outer:]
        self._too_deep = 0

    def _punctuate(self, mark: str, outer: int) -> None:
        """Open, close or continue a collection in brackets; those beyond the greatest depth count as part of the one around them."""
        if mark in "[{":
            if len(self._levels) < MAXIMUM_DEPTH:
                self._open(_Level(-1, is_sequence=mark == "["))
                self._advance()
            else:
                self._too_deep += 1
        elif mark in "]}" and self._too_deep:
            self._too_deep -= 1
        elif mark in "]}" and len(self._levels) > outer:
            self._levels.pop()
        elif mark == "," and len(self._levels) > outer:
            self._advance()

    def _advance(self) -> None:
        level = self._levels[-1]
        if level.is_sequence:
            level.step = level.step + 1 if isinstance(level.step, int) else 0

    def _enter(self, column: int, *, is_sequence: bool) -> None:
        """Open the mapping or sequence that begins at `column` unless it is open; a sequence may begin at the column of the mapping around it."""
        self._leave((column, is_sequence))
        fits = self._levels and self._levels[-1].rank == (column, is_sequence)
        if not fits and len(self._levels) < MAXIMUM_DEPTH:
            self._open(_Level(column, is_sequence=is_sequence))

    def _open(self, level: _Level) -> None:
        if self._levels:
            self._levels[-1].hold(level)
        self._levels.append(level)

    def _leave(self, rank: tuple[int, bool]) -> None:
        while self._levels and self._levels[-1].rank > rank:
            self._levels.pop()

    def _take_key(self, key: Scalar) -> None:
        if self._levels and not self._levels[-1].is_sequence:
            self._levels[-1].key = key
            self._levels[-1].step = key.value
        self._claim(Role.KEY, key, self._levels)

    def _take_value(self, value: Scalar) -> None:
        level = self._levels[-1] if self._levels else None
        if level is not None and level.key is not None:
            level.entries.append((level.key, value))
            level.arms.append(self._branches.arm)
            level.key = None
        self._claim(Role.VALUE, value, self._levels)

    def _scalar(self, start: int, end: int) -> Scalar:
        """The value from `start` to `end`, without the comments of the template at its end."""
        quote = self._shape[start]
        end = start + len(self._shape[start:end].rstrip())
        is_quoted = quote in "\"'" and end - start > 1 and self._shape[end - 1] == quote
        return scalar_between(self._chars, start, end, quote if is_quoted else "")

    def _claim_comment(self, start: int, end: int) -> None:
        if start < end:
            self._claim(Role.COMMENT, scalar_between(self._chars, start, end), ())

    def _claim(self, role: Role, scalar: Scalar, levels: Sequence[_Level]) -> None:
        """Place every digest before the end of the scalar; those before its start are in nothing that is known."""
        while self._placed < len(self._digests) and self._digests[self._placed] < scalar.end:
            index = self._digests[self._placed]
            self._placed += 1
            if index >= scalar.start:
                self._place(index, role, scalar, levels)
            else:
                self._place(index, Role.TEXT, self._line, ())

    def _place(self, index: int, role: Role, scalar: Scalar, levels: Sequence[_Level]) -> None:
        """Put the digest at `index` into the scalar, or into the comment, the literal of an action or the arm of a branching around it more closely."""
        path = tuple(level.step for level in levels if level.step is not None)
        own: Mapping | None = None
        inset = self._template.inset_at(index)
        if inset is not None and inset.role is Role.COMMENT:
            role, scalar, path, levels = Role.COMMENT, inset.scalar, (), ()
        elif inset is not None and role in (Role.VALUE, Role.TEXT, Role.CODE):
            role, scalar = Role.VALUE, inset.scalar
            if inset.variable is not None:
                path, levels = (inset.variable,), ()
            if inset.key is not None:
                path, own = (*path, inset.key), inset.dictionary
        elif role in (Role.VALUE, Role.TEXT):
            role, scalar = self._narrowed(index, role, scalar)
        if self.passages and self.passages[-1].scalar is scalar:
            self.passages[-1].digests.append(index)
            return
        level = _innermost_mapping(levels)
        position = len(level.entries) if level is not None else 0
        self.passages.append(_Passage(role, scalar, [index], path, tuple(levels), position, self._branches.arm, own))

    def _narrowed(self, index: int, role: Role, scalar: Scalar) -> tuple[Role, Scalar]:
        """What stands in the same arm of a branching; one word alone, such as what a template that is defined gives, is a value."""
        arm = self._template.arm_around(index, scalar.start, scalar.end)
        if arm != (scalar.start, scalar.end):
            if self._narrow is None or self._narrow[0] != arm:
                self._narrow = arm, scalar_between(self._chars, *arm) if "\\" not in self._chars[slice(*arm)] else scalar
            scalar = self._narrow[1]
        is_word = role is Role.TEXT and not _BLANK.search(scalar.value)
        return Role.VALUE if is_word else role, scalar
