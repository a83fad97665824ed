"""The blocks of a page in Markdown, and what becomes of a reader who follows it: the one home for running what the documentation shows.

What a test has to know of a block stands right above it in comments that no reader sees:

`<!-- not run: REASON -->`        the block cannot be run here; `not run below` says it of all that follow
`<!-- exits with 1 -->`           the codes of those commands in the block that do not end with 0, in their order
`<!-- file: NAME -->`             the reader writes the block, which is no command, into this file
`<!-- first: COMMAND -->`         what happens to the reader's files before the block
`<!-- no output: REASON -->`      a block of text that is not what the commands before it say

A block `text` behind a block `sh` is what the commands say, or some of its lines: `…` stands for any part of a line, a line `...` for any lines,
and the abbreviated ids of two commits for any others.
"""

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

CHECKOUT = Path(__file__).parents[2]
PAGES = tuple(sorted(path.relative_to(CHECKOUT).as_posix() for path in (*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md"))))
_COMMENT = re.compile(r"<!-- (.*?) -->", re.DOTALL)
_ANY = re.compile(r"(?P<lines>^\\\.\\\.\\\.\n)|(?P<part>…)|(?P<ids>\b[0-9a-f]{12}\\\.\\\.[0-9a-f]{12}\b)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block, with the comments right above it."""

    page: str
    line: int
    language: str
    text: str
    comments: tuple[str, ...]

    def told(self, word: str) -> str | None:
        """What the first comment that begins with this word says behind it, `None` without one."""
        return next((comment.removeprefix(word).strip() for comment in self.comments if comment.startswith(word)), None)

    @property
    def is_run(self) -> bool:
        return self.language == "sh" and self.told("not run:") is None

    @property
    def exits(self) -> list[int]:
        return [int(code) for code in re.findall(r"\d+", self.told("exits with") or "")]


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """The blocks of a page, whose path is that from the top of the checkout."""
    found = []
    comments: list[str] = []
    below: list[str] = []
    for token in MarkdownIt("commonmark").parse((CHECKOUT / page).read_text(encoding="utf-8")):
        if token.type == "html_block":
            comments += _COMMENT.findall(token.content)
            below += [comment.replace(" below", "", 1) for comment in comments if comment.startswith("not run below:")]
        elif token.type == "fence":
            assert token.map is not None
            found.append(Block(page, token.map[0] + 1, token.info.strip(), token.content, (*comments, *below)))
            comments = []
        elif token.nesting >= 0:
            comments = []
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a block of commands, and what the page shows of that."""

    block: Block
    codes: list[int]
    said: str
    shown: tuple[str, ...]
    instead: Mapping[str, str]

    def faults(self) -> Iterator[str]:
        """What is not as the page says."""
        where = f"{self.block.page}:{self.block.line}"
        if self.codes != self.block.exits:
            yield f"{where}: ended with {self.codes}, not with {self.block.exits}, and said:\n{self.said}"
        for shown in self.shown:
            if not says(self.said, swapped(shown, self.instead)):
                yield f"{where}: shows\n{shown}but said\n{self.said}"


def says(said: str, shown: str) -> bool:
    """Whether the lines that are shown stand in what was said."""
    wanted = {"lines": r"(?:.*\n)*?", "part": ".*", "ids": r"[0-9a-f]{12}\.\.[0-9a-f]{12}"}
    pattern = _ANY.sub(lambda match: wanted[str(match.lastgroup)], re.escape(shown).replace("\\\n", "\n"))
    return re.search(f"^{pattern}", said if said.endswith("\n") else f"{said}\n", re.MULTILINE) is not None


def swapped(text: str, instead: Mapping[str, str]) -> str:
    """The text with other words in place of some of its own."""
    for here, there in instead.items():
        text = text.replace(here, there)
    return text


def follow(page: str, folder: Path, *, environment: Mapping[str, str], instead: Mapping[str, str] | None = None) -> list[Ran]:
    """Follow a page from its top to its end, in one shell that begins in `folder`, with other words in place of some of its own."""
    steps = [block for block in blocks(page) if block.is_run or block.told("file:")]
    outputs = folder.parent / f"{folder.name}.said"
    outputs.mkdir()
    script = outputs / "script"
    script.write_text("\n".join(line for number, step in enumerate(steps) for line in _lines(step, outputs / str(number), instead or {})))
    subprocess.run(["bash", "--noprofile", "--norc", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=True, timeout=300)
    return [
        Ran(step, [*map(int, (outputs / f"{number}.codes").read_text().split())], (outputs / str(number)).read_text(), _shown(step), instead or {})
        for number, step in enumerate(steps)
        if step.is_run
    ]


def _lines(step: Block, output: Path, instead: Mapping[str, str]) -> Iterator[str]:
    text = swapped(step.text, instead)
    yield from (comment.removeprefix("first:").strip() for comment in step.comments if comment.startswith("first:"))
    if (name := step.told("file:")) is not None:
        yield f"cat > {shlex.quote(name)} <<'END OF FILE'\n{text}END OF FILE"
        return
    yield f": > {shlex.quote(f'{output}.codes')}; exec 3>&1 4>&2 > {shlex.quote(str(output))} 2>&1"
    yield f"trap 'echo $? >> {shlex.quote(f'{output}.codes')}' ERR"
    yield text
    yield "trap - ERR; exec >&3 2>&4"


def _shown(step: Block) -> tuple[str, ...]:
    """The blocks of text behind this one and before the next commands."""
    behind = blocks(step.page)[blocks(step.page).index(step) + 1 :]
    following = next((number for number, block in enumerate(behind) if block.language == "sh"), len(behind))
    return tuple(block.text for block in behind[:following] if block.language == "text" and block.told("no output:") is None)
