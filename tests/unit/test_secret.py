"""Secrets: shown nowhere, and taken out of what other people's code says."""

import contextlib
import json
import logging
import sys

import pytest

from redigest import logs
from redigest.secret import Secret, scrubbed

LOGGERS = ("redigest", "git", "github", "gitlab", "httpx", "httpcore", "urllib3", "requests", "stamina", "hpack", "h2")


def test_takes_every_secret_out_of_a_text() -> None:
    secret = Secret("Basic cGxhbnRlZDpwbGFudGVk")
    assert scrubbed("fatal: Basic cGxhbnRlZDpwbGFudGVk and cGxhbnRlZDpwbGFudGVk") == "fatal: *** and ***"
    assert "cGxhbnRl" not in f"{secret} {secret!r}"


def test_does_not_take_short_words_for_secrets() -> None:
    Secret("main")
    assert scrubbed("the branch main") == "the branch main"


def test_logs_neither_secrets_nor_what_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    Secret("planted-in-a-log-0123456789")
    root = logging.getLogger()
    before, levels = (
        list(root.handlers),
        {name: logging.getLogger(name).level for name in LOGGERS},
    )
    try:
        logs.show(2)
        try:
            int("planted-in-a-log-0123456789")
        except ValueError:
            logging.getLogger("urllib3.pool").debug("Popen(%s) \x1b[2J", ["git", "planted-in-a-log-0123456789"], exc_info=True)
        logs.show(0)
    finally:
        root.handlers = before
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    said = capsys.readouterr().err
    assert "urllib3.pool" in said
    assert "Traceback" in said
    assert "planted" not in said
    assert "\x1b" not in said


def test_the_traceback_of_an_unexpected_error_is_as_safe() -> None:
    Secret("planted-in-an-error-0123456789")
    with pytest.raises(ValueError, match="invalid literal") as raised:
        int("\x1b[2J ##[error]x planted-in-an-error-0123456789\n::error::x")
    said = logs.unexpected(raised.value)
    assert said.startswith("Traceback (most recent call last):\n")
    assert "invalid literal for int()" in said
    assert [word for word in ("planted", "\x1b", "##[") if word in said] == []
    assert [line for line in said.splitlines() if line.lstrip().startswith("::")] == []


def test_an_object_is_told_for_what_has_no_line_feed(capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.closing(logs.JsonLines(sys.stderr)) as lines:
        lines.write("begun\nand not ended")
        lines.flush()
    assert [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()] == ["begun", "and not ended"]
