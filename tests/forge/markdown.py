"""What a forge does because of a text: quick actions of GitLab, mentions, references and closing keywords."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_MENTION = re.compile(r"(?<![\w/`@.-])@([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:/[A-Za-z0-9._-]+)?)")
_REFERENCE = re.compile(r"(?<![\w&/])(?:#|GH-|!)([0-9]+)\b")
_CLOSING = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+(?:[\w./-]*)#([0-9]+)\b", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)

_ACTIONS = """
approve assign assign_reviewer award board_move cc child clear_health_status clear_milestone clear_weight clone close confidential copy_metadata
create_merge_request done draft due duplicate epic estimate health_status label labels link lock merge milestone move page parent publish ready react
reassign reassign_reviewer rebase relabel relate remove_assignees remove_due_date remove_estimate remove_milestone remove_parent remove_reviewer
reopen request_changes request_review review_commands shrug spend submit_review subscribe tableflip target_branch title todo unapprove unassign
unassign_reviewer unlabel unlock unsubscribe weight wip
"""
_QUICK_ACTION = re.compile(rf"/({'|'.join(_ACTIONS.split())})(?: ([^\n]*))?[ \t]*", re.IGNORECASE)
_QUOTED = re.compile(r"^>>>.*?\n>>> *$", re.DOTALL | re.MULTILINE)
_PROTECTED = re.compile(r"^```.+?\n``` *$|^<[^>]+>\n.+?\n</[^>]+>$", re.DOTALL | re.MULTILINE)
"""What older releases of GitLab leave alone besides quotes of several lines: fences of exactly three backticks, and blocks of HTML."""


@dataclass(frozen=True, slots=True)
class QuickAction:
    """A line that GitLab takes for an order."""

    name: str
    argument: str


def quick_actions(text: str) -> tuple[tuple[QuickAction, ...], str]:
    """Find quick actions as any release of GitLab would; give them and the text without them.

    Older releases look for lines outside what they protect, newer ones for lines of paragraphs that stand in nothing else.
    """
    lines = text.replace("\r", "").split("\n")
    whole = "\n".join(lines)
    quoted, protected = (_lines(pattern, whole) for pattern in (_QUOTED, _PROTECTED))
    paragraphs = {
        number for token in _MARKDOWN.parse(whole) if token.type == "paragraph_open" and token.level == 0 and token.map for number in range(*token.map)
    }
    found, kept = [], []
    for number, line in enumerate(lines):
        match = _QUICK_ACTION.fullmatch(line) if number not in quoted and (number not in protected or number in paragraphs) else None
        if match is None:
            kept.append(line)
        else:
            found.append(QuickAction(match[1].lower(), (match[2] or "").strip()))
    return tuple(found), "\n".join(kept) if found else text


def _lines(pattern: re.Pattern[str], text: str) -> set[int]:
    """The numbers of the lines, from 0, that an expression matches."""
    return {number for match in pattern.finditer(text) for number in range(text.count("\n", 0, match.start()), text.count("\n", 0, match.end()) + 1)}


def mentions(text: str) -> set[str]:
    """The users and teams that are told of a text."""
    return {match[1] for plain in _plain(text) for match in _MENTION.finditer(plain)}


def references(text: str) -> set[int]:
    """The issues and proposals that get a link back from a text."""
    return {int(match[1]) for plain in _plain(text) for match in _REFERENCE.finditer(plain)}


def closes(text: str) -> set[int]:
    """The issues that are closed with the proposal."""
    return {int(match[1]) for plain in _plain(text) for match in _CLOSING.finditer(plain)}


def _plain(text: str) -> Iterator[str]:
    """The text outside code and comments of HTML, by paragraphs."""
    for token in _MARKDOWN.parse(text):
        if token.type == "html_block":
            yield _COMMENT.sub("", token.content)
        elif token.children is not None:
            inline = "".join("\0" if child.type == "code_inline" else "\n" if child.type == "softbreak" else child.content for child in token.children)
            yield _COMMENT.sub("", inline)
