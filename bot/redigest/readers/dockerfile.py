"""Dockerfiles, Containerfiles and Earthfiles: the operand, command, comment or embedded file that each digest stands in."""

import re
from bisect import bisect_left, bisect_right
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from redigest.document import Path, Role, Spot
from redigest.readers.dockerfile_lines import Instruction, Kind, Line, assignments, fields, first_argument, index_in, parts, selected
from redigest.reference import parse, pinned_at
from redigest.text import FOREIGN, Text, line_extent

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DIGEST_LENGTH = len("sha256:") + 64
_VARIABLE = re.compile(r"\$(?:(?P<bare>\w++)|\{(?P<name>\w++)(?:(?P<operator>:?-)(?P<word>[^{}$]*+))?\})")
_LONGEST = 512
"""The variables in a longer value are not looked up: it is no reference, and values that double one another would grow without end."""

_RUN = {"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL"}
_ASSIGN = {"ARG", "ENV", "LABEL"}
_COPY = {"COPY", "ADD"}
_EARTHLY = {"BUILD", "DO", "FOR", "IF", "ELSE", "LET", "SAVE", "SET", "WITH"}
"""What an Earthfile has beside these (https://docs.earthly.dev/docs/earthfile); there images stand in flags and in arguments of targets."""
_KNOWN = {"FROM", *_RUN, *_ASSIGN, *_COPY, "EXPOSE", "MAINTAINER", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}


@dataclass(frozen=True, slots=True)
class _Expanded:
    """A value with the defaults of build arguments in place of its variables, and `FOREIGN` in place of one that has none.

    `digests` are the indexes in the file at which the digests begin that came in with a default, or that this default brings along.
    """

    chars: str
    digests: tuple[int, ...] = ()

    @property
    def name(self) -> str | None:
        """Registry and repository if this is a reference, which it is not while a variable in it is unknown."""
        reference = parse(self.chars)
        return reference.name if reference else None

    @property
    def digest(self) -> str | None:
        """The digest by which this pins an image."""
        digest = self.chars[-_DIGEST_LENGTH:]
        return digest if _DIGEST.fullmatch(digest) and self.chars.endswith("@", 0, -_DIGEST_LENGTH) else None


@dataclass(frozen=True, slots=True)
class _Operand:
    """What means something by itself; `role` is `None` where the value that is assigned decides it."""

    role: Role | None
    path: Path
    value: Text
    expanded: _Expanded = _Expanded("")


@dataclass(frozen=True, slots=True)
class _Found:
    """A digest and what it stands in; `at` is its index in the operand's value."""

    operand: _Operand
    at: int


def read(text: Text, digests: Sequence[int]) -> Iterator[Spot]:
    """Yield a spot for each digest, in order; also for one that a line continuation breaks, which nobody sees who does not join the lines."""
    arguments = _Arguments(text.chars)
    found: dict[int, _Found] = {}
    for part in parts(text):
        found.update(_in_line(part, text, digests) if isinstance(part, Line) else _in_instruction(part, arguments, digests))
    for index in sorted({*digests, *found}):
        if index in found:
            yield arguments.spot(found[index], index)
        else:
            start, end = line_extent(text.chars, index)
            yield Spot(Role.TEXT, text.slice(start, end), index - start)


def _in_line(line: Line, text: Text, digests: Sequence[int]) -> dict[int, _Found]:
    inside = _between(digests, line.start, line.end)
    if not inside:
        return {}
    operand = _of_line(line, text.slice(line.start, line.end))
    return {index: _Found(operand, index - line.start) for index in inside}


def _of_line(line: Line, value: Text) -> _Operand:
    match line.kind:
        case Kind.SYNTAX:
            return _Operand(Role.VALUE, ("syntax",), value)
        case Kind.COMMENT:
            return _Operand(Role.COMMENT, (), value)
        case Kind.BODY if line.steps[-1] != "RUN":
            return _Operand(Role.TEXT, line.steps, value)
        case Kind.BODY:
            return _Operand(Role.COMMENT if value.chars.lstrip().startswith("#") else Role.CODE, line.steps, value)
        case _ as unreachable:
            assert_never(unreachable)


def _in_instruction(instruction: Instruction, arguments: "_Arguments", digests: Sequence[int]) -> dict[int, _Found]:
    rest = _Operand(Role.TEXT, instruction.steps if instruction.keyword in _KNOWN else (), instruction.line)
    operands = [rest, *(operand for operand in _operands(instruction, arguments) if operand.value.chars)]
    starts = [operand.value.pieces[0].origin for operand in operands]
    found: dict[int, _Found] = {}
    for index, at in _digests_in(instruction.line, digests):
        nearest = operands[bisect_right(starts, index) - 1]
        inside = index_in(nearest.value, index)
        found[index] = _Found(rest, at) if inside is None else _Found(nearest, inside)
    return found


def _digests_in(line: Text, digests: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield where in the file and where in the line its digests begin, also those that its pieces break; comments inside it are no part of it."""
    last = line.pieces[-1]
    for index in _between(digests, line.pieces[0].origin, last.origin + len(line.chars) - last.start):
        if (at := index_in(line, index)) is not None:
            yield index, at
    for match in _DIGEST.finditer(line.chars) if len(line.pieces) > 1 else ():
        start = line.in_parent(match.start(), 1)
        if start is not None and line.in_parent(match.start(), _DIGEST_LENGTH) is None:
            yield start, match.start()


def _between(digests: Sequence[int], start: int, end: int) -> Sequence[int]:
    return digests[bisect_left(digests, start) : bisect_left(digests, end)]


def _operands(instruction: Instruction, arguments: "_Arguments") -> Iterator[_Operand]:
    """The operands of an instruction in order."""
    steps, keyword = instruction.steps, instruction.keyword
    if keyword in _EARTHLY:
        yield _Operand(Role.CODE, steps, instruction.line)
        return
    for flag in instruction.flags:
        if keyword in _COPY and flag.name == "--from":
            yield arguments.image((*steps, flag.name), flag.value)
        elif keyword == "RUN" and flag.name == "--mount":
            for key, value in fields(flag.value):
                path = (*steps, flag.name, key)
                yield arguments.image(path, value) if key == "from" else _Operand(Role.TEXT, path, value)
        else:
            yield _Operand(Role.TEXT, (*steps, flag.name), flag.value)
    if keyword == "FROM":
        yield arguments.base(steps, first_argument(instruction))
    elif keyword in _ASSIGN:
        for name, value in assignments(instruction):
            yield arguments.assigned(steps, name, value)
    elif keyword in _RUN:
        yield _Operand(Role.CODE, steps, instruction.arguments)


class _Arguments:
    """The build arguments that are in force, and what the images that use them make of the digests in their defaults.

    In a `FROM` those go first that stand before the first one, anywhere else those that do not. BuildKit knows no others in a `FROM` and none in
    `--from`; other builders do, and whoever writes such a variable means the same.
    """

    def __init__(self, chars: str) -> None:
        self._chars = chars
        self._before_stages: dict[str, _Expanded] = {}
        self._in_stages: dict[str, _Expanded] = {}
        self._has_stage = False
        self._used: dict[int, _Expanded] = {}

    def base(self, path: Path, value: Text) -> _Operand:
        """The image that a stage begins from."""
        self._has_stage = True
        return self._image(path, value, ChainMap(self._before_stages, self._in_stages))

    def image(self, path: Path, value: Text) -> _Operand:
        """An image inside a stage."""
        return self._image(path, value, ChainMap(self._in_stages, self._before_stages))

    def assigned(self, steps: tuple[str, ...], name: str, value: Text) -> _Operand:
        """What `ARG`, `ENV` or `LABEL` gives a name; `ARG` makes it a default."""
        expanded = _expanded(value, ChainMap(self._in_stages, self._before_stages))
        if steps[-1] == "ARG":
            defaults = self._in_stages if self._has_stage else self._before_stages
            defaults[name] = expanded
        return _Operand(None, (*steps, name), value, expanded)

    def spot(self, found: _Found, index: int) -> Spot:
        """The spot of the digest that begins at `index` in the file, once all instructions have been seen."""
        operand, at = found.operand, found.at
        chars, used = operand.value.chars, self._used.get(index)
        if operand.role is None and used is not None and used.chars != operand.expanded.chars:
            digest = selected(operand.value, [(at, at + _DIGEST_LENGTH)])
            return Spot(Role.VALUE, digest, 0, operand.path, repository=used.name)
        repository = operand.expanded.name if "$" in chars else None
        return Spot(operand.role or _role_of_value(chars, at), operand.value, at, operand.path, repository=repository)

    def _image(self, path: Path, value: Text, defaults: Mapping[str, _Expanded]) -> _Operand:
        expanded = _expanded(value, defaults)
        if digest := expanded.digest:
            for index in expanded.digests:
                is_known = index in self._used and self._used[index].name is not None
                if self._chars.startswith(digest, index) and not is_known:
                    self._used[index] = expanded
        return _Operand(Role.VALUE, path, value, expanded)


def _role_of_value(chars: str, at: int) -> Role:
    """The role of a value that is assigned to a name and that no image uses as a part of a reference."""
    if not _DIGEST.fullmatch(chars, at):
        return Role.CODE
    pinned = pinned_at(chars, at)
    if pinned is not None and pinned.start == 0:
        return Role.VALUE
    return Role.CODE if at else Role.TEXT


def _expanded(value: Text, defaults: Mapping[str, _Expanded]) -> _Expanded:
    """Replace the variables in a value; of the operators only `-` and `:-` are known."""
    digests: list[int] = []

    def meaning(variable: re.Match[str]) -> str:
        default = defaults.get(variable["bare"] or variable["name"])
        if variable["operator"] and (default is None or (variable["operator"] == ":-" and not default.chars)):
            return variable["word"]
        if default is None:
            return FOREIGN
        digests.extend(default.digests)
        return default.chars

    if len(value.chars) > _LONGEST:
        return _Expanded(FOREIGN)
    chars = _VARIABLE.sub(meaning, value.chars)
    own = value.in_parent(len(value.chars) - _DIGEST_LENGTH, _DIGEST_LENGTH) if _DIGEST.fullmatch(value.chars[-_DIGEST_LENGTH:]) else None
    if own is not None:
        digests.append(own)
    return _Expanded(chars, tuple(digests)) if len(chars) <= _LONGEST else _Expanded(FOREIGN)
